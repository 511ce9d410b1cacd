/* journal.c - the file, its lines, and a table of results by their output's text. */
#include "cli/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cause.h"
#include "cli/json.h"
#include "core/hash.h"
#include "core/memory.h"

static const char header[] = "{\"schema\":1,\"journal\":\"anew\"}\n";

/* What is known of a result. */
typedef struct record {
    uint64_t hash;  /* of output */
    char *output;   /* as cli_journal_entry's; NULL: no record here */
    char *identity; /* of the picture that it was written of last */
    bool done;      /* and not only begun to be written */
    uint64_t bytes; /* of the result, where it is done */
} record;

struct cli_journal {
    int descriptor; /* -1: there is no file, and none is to be made */
    char *path;
    uint64_t settings;
    bool looked;
    pthread_mutex_t mutex; /* of all below */
    bool torn;             /* the file does not end with a line's end */
    record *records;       /* open addressing; capacity is a power of two, at most half full */
    size_t count, capacity;
};

static anew_status system_failure(const cli_journal *j, const char *doing, int code,
                                  anew_error *error)
{
    return anew_fail_system(error, code, "%s: cannot %s: %s", j->path, doing, strerror(code));
}

static anew_status no_memory(const cli_journal *j, anew_error *error)
{
    return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory for the journal", j->path);
}

/* ---- the table ----------------------------------------------------------------------------------------- */

/* The record of an output, or the free place for it. The table is not full. */
static record *find(const cli_journal *j, const char *output, size_t length)
{
    const uint64_t hash = anew_hash_mixed(anew_hash(ANEW_HASH_START, output, length));
    for (size_t i = (size_t)hash & (j->capacity - 1);; i = (i + 1) & (j->capacity - 1)) {
        record *r = &j->records[i];
        if (r->output == NULL || (r->hash == hash && strncmp(r->output, output, length) == 0 &&
                                  r->output[length] == '\0')) {
            r->hash = hash;
            return r;
        }
    }
}

static bool make_room(cli_journal *j)
{
    if (2 * (j->count + 1) <= j->capacity)
        return true;
    const size_t capacity = j->capacity == 0 ? 64 : anew_size_mul(j->capacity, 2);
    record *records = anew_alloc_zero(anew_size_mul(capacity, sizeof *records));
    if (records == NULL)
        return false;
    for (size_t i = 0; i < j->capacity; i++) {
        size_t at = (size_t)j->records[i].hash & (capacity - 1);
        while (j->records[i].output != NULL && records[at].output != NULL)
            at = (at + 1) & (capacity - 1);
        if (j->records[i].output != NULL)
            records[at] = j->records[i];
    }
    anew_free(j->records);
    j->records = records;
    j->capacity = capacity;
    return true;
}

static char *copy_of(const char *text, size_t length)
{
    char *copy = anew_alloc(length + 1);
    if (copy != NULL) {
        memcpy(copy, text, length);
        copy[length] = '\0';
    }
    return copy;
}

/* A result of that picture is being written, or is done. False without memory. */
static bool set_record(cli_journal *j, const char *output, size_t output_length,
                       const char *identity, size_t identity_length, bool done, uint64_t bytes)
{
    if (!make_room(j))
        return false;
    record *r = find(j, output, output_length);
    char *copy = copy_of(identity, identity_length);
    if (copy != NULL && r->output == NULL) {
        r->output = copy_of(output, output_length);
        j->count += r->output != NULL;
    }
    if (copy == NULL || r->output == NULL) {
        anew_free(copy);
        return false;
    }
    anew_free(r->identity);
    r->identity = copy;
    r->done = done;
    r->bytes = bytes;
    return true;
}

/* ---- reading ------------------------------------------------------------------------------------------- */

/* No text of JSON has these in it, since its own quotes are escaped. */
static const char event_mark[] = ",\"event\":\"",
                  input_mark[] = "\",\"input\":", bytes_mark[] = ",\"output_bytes\":";

/* One line, without its end. Lines that are none of ours say nothing. */
static bool read_line(cli_journal *j, const char *line)
{
    const char *event = strstr(line, event_mark);
    if (strncmp(line, "{\"output\":\"", 11) != 0 || event == NULL || line[strlen(line) - 1] != '}')
        return true;
    const char *name = event + sizeof event_mark - 1;
    const char *input = strstr(name, input_mark);
    if (input == NULL)
        return true;
    const char *identity = input + 2;
    const size_t output_length = (size_t)(event - line), name_length = (size_t)(input - name);
    if (name_length == 7 && strncmp(name, "writing", 7) == 0)
        return set_record(j, line, output_length, identity, strlen(identity) - 1, false, 0);
    const char *bytes = strstr(identity, bytes_mark);
    if (name_length != 4 || strncmp(name, "done", 4) != 0 || bytes == NULL)
        return true;
    char *end = NULL;
    const uint64_t number = strtoull(bytes + sizeof bytes_mark - 1, &end, 10);
    if (strcmp(end, "}") != 0)
        return true;
    return set_record(j, line, output_length, identity, (size_t)(bytes - identity), true, number);
}

#define PORTION 65536

/* The file line by line, from its beginning, by the journal's own descriptor: closing another one of the same file
 * would give the lock back. */
static anew_status read_lines(cli_journal *j, anew_error *error)
{
    char *text = NULL;
    size_t size = 0, capacity = 0, read_so_far = 0;
    anew_status status = ANEW_OK;
    for (;;) {
        char *larger = anew_grow(text, &capacity, size + PORTION + 1, 1);
        if (larger == NULL) {
            status = no_memory(j, error);
            break;
        }
        text = larger;
        const ssize_t got = pread(j->descriptor, text + size, PORTION, (off_t)read_so_far);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            status = system_failure(j, "read", errno, error);
        if (got <= 0)
            break;
        const bool first = read_so_far == 0;
        size += (size_t)got;
        read_so_far += (size_t)got;
        const size_t known = size < sizeof header - 1 ? size : sizeof header - 1;
        if (first && memcmp(text, header, known) != 0) {
            status = anew_fail(error, ANEW_ERROR_ARGUMENT,
                               "%s: is no journal of anew; name another file", j->path);
            break;
        }
        char *line = text, *stop = NULL;
        while ((stop = memchr(line, '\n', size - (size_t)(line - text))) != NULL) {
            *stop = '\0';
            if (!read_line(j, line))
                break;
            line = stop + 1;
        }
        if (stop != NULL) {
            status = no_memory(j, error);
            break;
        }
        size -= (size_t)(line - text);
        memmove(text, line, size);
    }
    j->torn = size > 0;
    anew_free(text);
    return status;
}

/* ---- writing ------------------------------------------------------------------------------------------- */

/* With the mutex held, or before anybody else knows the journal. Whole lines only: after a failure the next line
 * begins anew. */
static anew_status append(cli_journal *j, const char *text, size_t size, bool sync,
                          anew_error *error)
{
    static const char end = '\n';
    if (j->torn && write(j->descriptor, &end, 1) != 1)
        return system_failure(j, "write", errno, error);
    j->torn = true;
    for (size_t done = 0; done < size;) {
        const ssize_t written = write(j->descriptor, text + done, size - done);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return system_failure(j, "write", errno, error);
        done += (size_t)written;
    }
    j->torn = false;
    if (sync && fdatasync(j->descriptor) != 0 && errno != EINVAL && errno != EROFS)
        return system_failure(j, "write", errno, error);
    return ANEW_OK;
}

/* The header, or what is missing of it where the machine stopped in the middle of it. */
static anew_status begin_file(cli_journal *j, anew_error *error)
{
    struct stat facts;
    if (fstat(j->descriptor, &facts) != 0)
        return system_failure(j, "read", errno, error);
    if ((size_t)facts.st_size >= sizeof header - 1)
        return ANEW_OK;
    j->torn = false;
    return append(j, header + facts.st_size, sizeof header - 1 - (size_t)facts.st_size, true,
                  error);
}

static void sync_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash == NULL ? anew_text_copy(".") : copy_of(path, (size_t)(slash + 1 - path));
    const int descriptor = folder == NULL ? -1 : open(folder, O_RDONLY | O_CLOEXEC);
    if (descriptor >= 0) {
        (void)fsync(descriptor);
        (void)close(descriptor);
    }
    anew_free(folder);
}

static anew_status open_file(cli_journal *j, anew_error *error)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    struct stat facts;
    j->descriptor = j->looked ? open(j->path, O_RDONLY | O_CLOEXEC)
                              : open(j->path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (j->descriptor < 0 && j->looked && errno == ENOENT)
        return ANEW_OK;
    if (j->descriptor < 0 || fstat(j->descriptor, &facts) != 0)
        return anew_fail(error, ANEW_ERROR_ARGUMENT, "--journal %s: cannot open: %s", j->path,
                         strerror(errno));
    if (!S_ISREG(facts.st_mode))
        return anew_fail(error, ANEW_ERROR_ARGUMENT, "%s: is no file that can be a journal",
                         j->path);
    /* A file system without locks (ENOLCK, EINVAL) has to do without. */
    if (!j->looked && fcntl(j->descriptor, F_SETLK, &whole) != 0 &&
        (errno == EACCES || errno == EAGAIN))
        return anew_fail(error, ANEW_ERROR_ARGUMENT, "%s: another run writes this journal",
                         j->path);
    ANEW_TRY(read_lines(j, error));
    if (!j->looked) {
        ANEW_TRY(begin_file(j, error));
        sync_folder(j->path);
    }
    return ANEW_OK;
}

static void free_journal(cli_journal **journal)
{
    cli_journal *j = *journal;
    for (size_t i = 0; i < j->capacity; i++) {
        anew_free(j->records[i].output);
        anew_free(j->records[i].identity);
    }
    if (j->descriptor >= 0)
        (void)close(j->descriptor);
    (void)pthread_mutex_destroy(&j->mutex);
    anew_free(j->records);
    anew_free(j->path);
    anew_free(j);
    *journal = NULL;
}

anew_status cli_journal_open(cli_journal **journal, const char *path, uint64_t settings,
                             bool looked, anew_error *error)
{
    cli_journal *j = anew_alloc_zero(sizeof *j);
    *journal = NULL;
    if (j == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory for the journal", path);
    *j = (cli_journal){.descriptor = -1,
                       .path = anew_text_copy(path),
                       .settings = settings,
                       .looked = looked,
                       .mutex = PTHREAD_MUTEX_INITIALIZER};
    anew_status status = j->path == NULL
                             ? anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory", path)
                             : open_file(j, error);
    if (status == ANEW_OK && !make_room(j))
        status = no_memory(j, error);
    if (status != ANEW_OK)
        free_journal(&j);
    *journal = j;
    return status;
}

anew_status cli_journal_close(cli_journal **journal, anew_error *error)
{
    cli_journal *j = *journal;
    anew_status status = ANEW_OK;
    if (j == NULL)
        return ANEW_OK;
    if (!j->looked && fdatasync(j->descriptor) != 0 && errno != EINVAL && errno != EROFS)
        status = system_failure(j, "write", errno, error);
    free_journal(journal);
    return status;
}

/* ---- pictures ------------------------------------------------------------------------------------------ */

/* "name":"value", and its bytes where JSON cannot show them. */
static void put_path(FILE *to, const char *name, const char *path)
{
    fprintf(to, "\"%s\":", name);
    json_string(to, path);
    if (json_is_text(path))
        return;
    fprintf(to, ",\"%s_hex\":\"", name);
    for (const char *p = path; *p != '\0'; p++)
        fprintf(to, "%02x", (unsigned int)(unsigned char)*p);
    fputc('"', to);
}

/* What a memory stream has made as a block of ours; NULL where there was no memory. */
static char *take_stream(FILE *stream, char *const *text)
{
    if (stream == NULL)
        return NULL;
    const bool whole = ferror(stream) == 0;
    if (fclose(stream) != 0 || !whole || *text == NULL) {
        free(*text);
        return NULL;
    }
    char *copy = anew_text_copy(*text);
    free(*text);
    return copy;
}

static char *output_text(const char *output)
{
    char *text = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&text, &size);
    if (to != NULL) {
        fputc('{', to);
        put_path(to, "output", output);
    }
    return take_stream(to, &text);
}

/* `facts` NULL: of a picture that is not there. */
static char *identity_text(const cli_journal *j, const char *input, const struct stat *facts)
{
    char *text = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&text, &size);
    if (to != NULL) {
        put_path(to, "input", input);
        if (facts == NULL)
            fprintf(to, ",\"bytes\":null,\"mtime\":null");
        else
            fprintf(to, ",\"bytes\":%llu,\"mtime\":\"%lld.%09ld\"",
                    (unsigned long long)facts->st_size, (long long)facts->st_mtim.tv_sec,
                    facts->st_mtim.tv_nsec);
        fprintf(to, ",\"settings\":\"%016llx\"", (unsigned long long)j->settings);
    }
    return take_stream(to, &text);
}

/* Two identities of one path. */
static bool is_same_input(const char *a, const char *b)
{
    const char *end = strstr(a, ",\"bytes\":");
    return end != NULL && strncmp(a, b, (size_t)(end - a) + 1) == 0;
}

anew_status cli_journal_look(cli_journal *journal, cli_journal_entry *entry,
                             cli_journal_state *state, const char *input, const char *output,
                             anew_error *error)
{
    struct stat in, out;
    *entry = (cli_journal_entry){0};
    *state = JOURNAL_UNKNOWN;
    if (journal == NULL || strcmp(input, "-") == 0)
        return ANEW_OK;
    const bool known = stat(input, &in) == 0;
    entry->output = output_text(output);
    entry->identity = identity_text(journal, input, known ? &in : NULL);
    if (entry->output == NULL || entry->identity == NULL) {
        cli_journal_forget(entry);
        return no_memory(journal, error);
    }
    const bool there = known && lstat(output, &out) == 0 && S_ISREG(out.st_mode);
    (void)pthread_mutex_lock(&journal->mutex);
    const record *r = find(journal, entry->output, strlen(entry->output));
    /* Of another size than what was written, it is what somebody else has made since; and of another picture, it is
     * that picture's result, which is not to be lost. */
    if (r->output != NULL && there && (!r->done || r->bytes == (uint64_t)out.st_size) &&
        is_same_input(r->identity, entry->identity))
        *state = r->done && strcmp(r->identity, entry->identity) == 0 ? JOURNAL_DONE : JOURNAL_OURS;
    (void)pthread_mutex_unlock(&journal->mutex);
    return ANEW_OK;
}

void cli_journal_forget(cli_journal_entry *entry)
{
    anew_free(entry->output);
    anew_free(entry->identity);
    *entry = (cli_journal_entry){0};
}

typedef enum line_kind { WRITING, DONE, FAILED } line_kind;

static anew_status write_line(cli_journal *j, const cli_journal_entry *entry, line_kind kind,
                              uint64_t bytes, const anew_error *failure, anew_error *error)
{
    static const char *const names[] = {"writing", "done", "failed"};
    char *text = NULL;
    size_t size = 0;
    if (j == NULL || j->looked || entry->output == NULL)
        return ANEW_OK;
    FILE *to = open_memstream(&text, &size);
    if (to != NULL) {
        fprintf(to, "%s,\"event\":\"%s\",%s", entry->output, names[kind], entry->identity);
        if (kind == DONE)
            fprintf(to, "%s%llu", bytes_mark, (unsigned long long)bytes);
        if (failure != NULL) {
            fprintf(to, ",\"cause\":\"%s\",\"error\":", cli_cause_name(cli_cause_of(failure)));
            json_string(to, failure->text);
        }
        fputs("}\n", to);
    }
    char *line = take_stream(to, &text);
    if (line == NULL)
        return no_memory(j, error);
    (void)pthread_mutex_lock(&j->mutex);
    /* A line of a result that is done need not be on the disk: without it the picture is done once more. */
    anew_status status = append(j, line, strlen(line), kind == WRITING, error);
    if (status == ANEW_OK && kind != FAILED &&
        !set_record(j, entry->output, strlen(entry->output), entry->identity,
                    strlen(entry->identity), kind == DONE, bytes))
        status = no_memory(j, error);
    (void)pthread_mutex_unlock(&j->mutex);
    anew_free(line);
    return status;
}

anew_status cli_journal_writing(cli_journal *journal, const cli_journal_entry *entry,
                                anew_error *error)
{
    return write_line(journal, entry, WRITING, 0, NULL, error);
}

anew_status cli_journal_done(cli_journal *journal, const cli_journal_entry *entry,
                             const char *output, anew_error *error)
{
    struct stat facts;
    if (journal == NULL || entry->output == NULL)
        return ANEW_OK;
    if (stat(output, &facts) != 0)
        return anew_fail_system(error, errno, "%s: cannot read: %s", output, strerror(errno));
    return write_line(journal, entry, DONE, (uint64_t)facts.st_size, NULL, error);
}

void cli_journal_failed(cli_journal *journal, const cli_journal_entry *entry,
                        const anew_error *failure)
{
    if (write_line(journal, entry, FAILED, 0, failure, NULL) != ANEW_OK)
        return;
}
