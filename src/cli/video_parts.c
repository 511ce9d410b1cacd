/*
 * video_parts.c - the folder and its journal: a line "anew video parts 1 RUN", then for each part "part NUMBER FRAMES BYTES",
 * RUN in hexadecimal. A line without its end was being written when the process died, and does not count.
 */
#include "cli/video_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/memory.h"

#define TITLE "anew video parts 1"

/* ---- names -------------------------------------------------------------------------------------------------- */

static char *name(const cli_parts *p, const char *what, int number, const char *ending)
{
    const size_t bytes = strlen(p->folder) + 48;
    char *path = anew_alloc(bytes);
    if (path != NULL)
        (void)snprintf(path, bytes, "%s/%s-%06d%s", p->folder, what, number, ending);
    return path;
}

char *cli_parts_path(const cli_parts *p, int number)
{
    return name(p, "part", number, "");
}

char *cli_parts_state(const cli_parts *p, int number)
{
    return name(p, "state", number, "");
}

char *cli_parts_unfinished(const cli_parts *p)
{
    char *path = name(p, "part", p->count + 1, ".unfinished");
    if (path != NULL)
        (void)unlink(path); /* who still writes into it since a break does so where nobody looks */
    return path;
}

static void remove_named(char *path)
{
    if (path != NULL)
        (void)unlink(path);
    anew_free(path);
}

static anew_status fail(const cli_parts *p, const char *doing, anew_error *error)
{
    const int code = errno;
    return anew_fail_system(error, code, "%s: cannot %s: %s", p->folder, doing, strerror(code));
}

/* ---- the journal -------------------------------------------------------------------------------------------- */

static anew_status append(const cli_parts *p, const char *line, anew_error *error)
{
    const size_t bytes = strlen(line);
    if (write(p->journal, line, bytes) != (ssize_t)bytes || fsync(p->journal) != 0)
        return fail(p, "write its journal", error);
    return ANEW_OK;
}

/* Whether the part is there as its line says. */
static bool is_whole(const cli_parts *p, int number, long long bytes)
{
    struct stat facts;
    char *path = cli_parts_path(p, number);
    const bool there = path != NULL && stat(path, &facts) == 0 && (long long)facts.st_size == bytes;
    anew_free(path);
    return there;
}

/* Reads the journal; what is behind the last whole line of a whole part is cut off. */
static anew_status read_journal(cli_parts *p, uint64_t run, anew_error *error)
{
    uint64_t was = 0;
    char line[128];
    long long kept = 0;
    const int copy = dup(p->journal);
    FILE *file = copy < 0 ? NULL : fdopen(copy, "rb");
    if (file == NULL) {
        if (copy >= 0)
            (void)close(copy);
        return fail(p, "read its journal", error);
    }
    bool titled = false, good = true;
    while (good && fgets(line, sizeof line, file) != NULL && strchr(line, '\n') != NULL) {
        int number = 0;
        long frames = 0;
        long long bytes = 0;
        if (!titled) {
            titled = good = sscanf(line, TITLE " %16" SCNx64, &was) == 1;
        } else {
            good = sscanf(line, "part %9d %18ld %18lld", &number, &frames, &bytes) == 3 &&
                   number == p->count + 1 && frames > 0 && is_whole(p, number, bytes);
            p->count += good;
            p->frames += good ? frames : 0;
        }
        kept += good ? (long long)strlen(line) : 0;
    }
    (void)fclose(file);
    if (titled && was != run)
        return anew_fail(error, ANEW_ERROR_ARGUMENT,
                         "%s: parts of another run: the video, an option, the model or anew itself "
                         "was another; remove the folder to begin anew",
                         p->folder);
    if (ftruncate(p->journal, (off_t)kept) != 0 || lseek(p->journal, 0, SEEK_END) < 0)
        return fail(p, "write its journal", error);
    if (titled)
        return ANEW_OK;
    (void)snprintf(line, sizeof line, TITLE " %016" PRIx64 "\n", run);
    return append(p, line, error);
}

/* Against another run; ends with the process. */
static anew_status hold(const cli_parts *p, anew_error *error)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    return fcntl(p->journal, F_SETLK, &lock) == 0
               ? ANEW_OK
               : anew_fail(error, ANEW_ERROR_ARGUMENT, "%s: another run is at work there",
                           p->folder);
}

anew_status cli_parts_open(cli_parts *p, const char *path, uint64_t run, anew_error *error)
{
    const size_t bytes = strlen(path) + 16;
    *p = (cli_parts){.journal = -1, .of = path, .folder = anew_alloc(bytes)};
    char *journal = anew_alloc(bytes + 16);
    anew_status status = ANEW_OK;
    if (p->folder == NULL || journal == NULL) {
        status = anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory", path);
        goto out;
    }
    (void)snprintf(p->folder, bytes, "%s.parts", path);
    (void)snprintf(journal, bytes + 16, "%s/journal", p->folder);
    if (mkdir(p->folder, 0777) != 0 && errno != EEXIST) {
        status = fail(p, "make the folder", error);
        goto out;
    }
    p->journal = open(journal, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (p->journal < 0)
        status = fail(p, "open its journal", error);
    else if ((status = hold(p, error)) == ANEW_OK &&
             (status = read_journal(p, run, error)) == ANEW_OK)
        status = hold(p, error); /* reading it closed a copy of the descriptor, which lets go */
out:
    anew_free(journal);
    if (status != ANEW_OK) { /* nothing of others is touched */
        if (p->journal >= 0)
            (void)close(p->journal);
        anew_free(p->folder);
        *p = (cli_parts){.journal = -1};
    }
    return status;
}

/* The bytes of a file that is on the disk; -1: it is not. */
static long long sync_file(const char *path)
{
    struct stat facts;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    const bool good = fd >= 0 && fsync(fd) == 0 && fstat(fd, &facts) == 0;
    if (fd >= 0)
        (void)close(fd);
    return good ? (long long)facts.st_size : -1;
}

anew_status cli_parts_add(cli_parts *p, long frames, anew_error *error)
{
    char line[96];
    char *from = name(p, "part", p->count + 1, ".unfinished"),
         *to = cli_parts_path(p, p->count + 1);
    char *state = cli_parts_state(p, p->count + 1);
    anew_status status = ANEW_OK;
    if (from == NULL || to == NULL || state == NULL) {
        status = anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory", p->folder);
        goto out;
    }
    const long long bytes = sync_file(from);
    if (bytes < 0 || rename(from, to) != 0 || (access(state, F_OK) == 0 && sync_file(state) < 0)) {
        status = fail(p, "write a part", error);
        goto out;
    }
    (void)snprintf(line, sizeof line, "part %d %ld %lld\n", p->count + 1, frames, bytes);
    ANEW_TRY_GOTO(append(p, line, error), out);
    p->count++;
    p->frames += frames;
    remove_named(cli_parts_state(p, p->count - 1));
out:
    anew_free(from);
    anew_free(to);
    anew_free(state);
    return status;
}

/* ---- the end ------------------------------------------------------------------------------------------------ */

static void remove_folder(cli_parts *p)
{
    const size_t bytes = strlen(p->folder) + 16;
    char *journal = anew_alloc(bytes);
    if (journal != NULL) {
        (void)snprintf(journal, bytes, "%s/journal", p->folder);
        (void)unlink(journal);
    }
    anew_free(journal);
    (void)rmdir(p->folder);
}

void cli_parts_close(cli_parts *p)
{
    if (p->folder == NULL)
        return;
    anew_free(cli_parts_unfinished(p));
    remove_named(cli_parts_state(p, p->count + 1));
    if (p->count == 0)
        remove_folder(p);
    (void)close(p->journal);
    anew_free(p->folder);
    *p = (cli_parts){.journal = -1};
}

void cli_parts_remove(cli_parts *p)
{
    if (p->folder == NULL)
        return;
    for (; p->count > 0; p->count--) {
        remove_named(cli_parts_path(p, p->count));
        remove_named(cli_parts_state(p, p->count));
    }
    cli_parts_close(p);
}
