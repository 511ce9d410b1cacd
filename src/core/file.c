/*
 * file.c - reading whole files, and writing them through a temporary that is renamed when complete.
 */
#define _GNU_SOURCE /* O_TMPFILE, linkat's way to name such a file */
#include "core/file.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/memory.h"

/* A signal ends the process in one thread while others go on reading and writing (core/threads.h leaves signals to
 * the first thread). `ending` is set before the handler removes files: from then on no other thread makes a file with
 * a name, frees a name that the handler may be reading, or tells that a file is gone. */
static atomic_bool ending;
static atomic_int naming; /* threads that are making such a file now */

static void stop_if_ending(void)
{
    while (atomic_load(&ending))
        (void)pause(); /* the handler ends the process */
}

/* ---- reading ------------------------------------------------------------------------------------ */

static anew_status refuse(const char *path, const char *doing, int code, anew_error *error)
{
    stop_if_ending();
    return anew_fail_system(error, code, "%s: cannot %s: %s", path, doing, strerror(code));
}

/* Opens a regular file (pipes and devices are read like one) and tells its size, 0 if unknown. */
static anew_status open_for_reading(int *descriptor, size_t *size, const char *path,
                                    anew_error *error)
{
    struct stat facts;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return refuse(path, "open", errno, error);
    if (fstat(fd, &facts) != 0) {
        const int code = errno;
        (void)close(fd);
        return refuse(path, "read", code, error);
    }
    if (S_ISDIR(facts.st_mode)) {
        (void)close(fd);
        return anew_fail(error, ANEW_ERROR_IO, "%s: is a folder, not a file", path);
    }
    *descriptor = fd;
    *size = S_ISREG(facts.st_mode) && facts.st_size > 0 ? (size_t)facts.st_size : 0;
    return ANEW_OK;
}

/* Portions of a file whose length is not known; also the first one of a file whose kind is not. */
#define PORTION 65536

/* That much tells the kind. */
#define KIND_BYTES 64

static anew_status read_all(anew_bytes *bytes, int fd, size_t expected, const char *path,
                            size_t max_bytes, anew_file_kind *kind, anew_error *error)
{
    uint8_t *data = NULL;
    size_t size = 0, capacity = 0;
    while (kind == NULL || size < KIND_BYTES || kind(data, size)) {
        if (size >= KIND_BYTES)
            kind = NULL;
        size_t wanted = size < expected && kind == NULL ? expected : size + PORTION;
        uint8_t *larger = anew_grow(data, &capacity, wanted + 1, 1);
        if (larger == NULL) {
            anew_free(data);
            return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory for its %zu bytes", path,
                             wanted);
        }
        data = larger;
        const ssize_t got = read(fd, data + size, capacity - size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            const int code = errno;
            anew_free(data);
            return refuse(path, "read", code, error);
        }
        if (got == 0)
            break;
        size += (size_t)got;
        if (size > max_bytes) {
            anew_free(data);
            return anew_fail(error, ANEW_ERROR_LIMIT, "%s: larger than %zu bytes", path, max_bytes);
        }
    }
    if (size == 0) {
        anew_free(data);
        return anew_fail(error, ANEW_ERROR_FORMAT, "%s: is empty", path);
    }
    *bytes = (anew_bytes){.data = data, .size = size};
    return ANEW_OK;
}

anew_status anew_file_read(anew_bytes *bytes, const char *path, size_t max_bytes, anew_error *error)
{
    return anew_file_read_kind(bytes, path, max_bytes, NULL, error);
}

anew_status anew_file_read_kind(anew_bytes *bytes, const char *path, size_t max_bytes,
                                anew_file_kind *kind, anew_error *error)
{
    *bytes = (anew_bytes){0};
    if (strcmp(path, "-") == 0)
        return read_all(bytes, STDIN_FILENO, 0, "standard input", max_bytes, kind, error);
    int fd = -1;
    size_t expected = 0;
    ANEW_TRY(open_for_reading(&fd, &expected, path, error));
    anew_status status = ANEW_OK;
    if (expected > max_bytes)
        status = anew_fail(error, ANEW_ERROR_LIMIT, "%s: larger than %zu bytes", path, max_bytes);
    else
        status = read_all(bytes, fd, expected, path, max_bytes, kind, error);
    (void)close(fd);
    return status;
}

anew_status anew_file_map(anew_bytes *bytes, const char *path, anew_error *error)
{
    *bytes = (anew_bytes){0};
    int fd = -1;
    size_t size = 0;
    ANEW_TRY(open_for_reading(&fd, &size, path, error));
    anew_status status = ANEW_OK;
    if (size == 0) {
        status = anew_fail(error, ANEW_ERROR_FORMAT, "%s: is empty or no regular file", path);
    } else {
        void *data = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (data == MAP_FAILED)
            status = refuse(path, "map", errno, error);
        else
            *bytes = (anew_bytes){.data = data, .size = size, .mapped = true};
    }
    (void)close(fd);
    return status;
}

void anew_bytes_free(anew_bytes *bytes)
{
    if (bytes->mapped)
        (void)munmap((void *)(uintptr_t)bytes->data, bytes->size);
    else
        anew_free((void *)(uintptr_t)bytes->data);
    *bytes = (anew_bytes){0};
}

/* ---- writing ------------------------------------------------------------------------------------ */

#define MAX_OPEN_OUTPUTS 64

struct anew_output {
    int descriptor;
    char *path;      /* "standard output" or the target */
    char *temporary; /* NULL for standard output */
    bool special;    /* what is no file was opened, and is to be closed */
    bool nameless;   /* the file has no name yet: whatever ends this process, nothing stays */
    int slot;        /* in open_temporaries, or -1 */
    bool keeps;      /* what the target has meanwhile become is not replaced */
    bool in_memory;  /* no file: bytes are kept in `data`, at most so many */
    uint8_t *data;
    size_t size, capacity, most;
};

/* Names of the temporaries that exist now, for the signal handler. A slot is claimed before its file
 * is made and released after it is gone, so that a signal finds every file. */
static _Atomic(char *) open_temporaries[MAX_OPEN_OUTPUTS];

static int claim_slot(char *temporary)
{
    for (int i = 0; i < MAX_OPEN_OUTPUTS; i++) {
        char *expected = NULL;
        if (atomic_compare_exchange_strong(&open_temporaries[i], &expected, temporary))
            return i;
    }
    return -1;
}

void anew_output_discard_all(void)
{
    for (int i = 0; i < MAX_OPEN_OUTPUTS; i++) {
        const char *temporary = atomic_load(&open_temporaries[i]);
        if (temporary != NULL)
            (void)unlink(temporary);
    }
}

#define NAMING_TURNS 1000 /* milliseconds to wait for them */

void anew_output_discard_and_end(int number)
{
    const struct timespec turn = {.tv_nsec = 1000000};
    atomic_store(&ending, true);
    for (int i = 0; atomic_load(&naming) > 0 && i < NAMING_TURNS; i++)
        (void)nanosleep(&turn, NULL);
    anew_output_discard_all();
    _exit(128 + number);
}

void anew_output_discard_on_signals(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};
    struct sigaction action = {.sa_handler = anew_output_discard_and_end};
    (void)sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        (void)sigaction(numbers[i], &action, NULL);
    (void)signal(SIGXFSZ, SIG_IGN);
}

static void release(anew_output **output, bool remove_temporary)
{
    anew_output *o = *output;
    if ((o->temporary != NULL || o->special) && o->descriptor >= 0)
        (void)close(o->descriptor);
    if (o->temporary != NULL && !o->nameless && o->temporary[0] != '\0' && remove_temporary)
        (void)unlink(o->temporary);
    if (o->slot >= 0)
        atomic_store(&open_temporaries[o->slot], NULL);
    if (!atomic_load(&ending))
        anew_free(o->temporary);
    anew_free(o->data);
    anew_free(o->path);
    anew_free(o);
    *output = NULL;
}

/* Calls `make` where no signal can come between: the handler waits for what other threads do here, and would wait
 * for its own for ever. Never returns when the process is ending. */
static int make_undisturbed(const anew_output *o, int (*make)(const anew_output *o))
{
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    (void)atomic_fetch_add(&naming, 1);
    if (atomic_load(&ending)) {
        (void)atomic_fetch_sub(&naming, 1);
        stop_if_ending();
    }
    const int made = make(o), code = errno;
    (void)atomic_fetch_sub(&naming, 1);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = code;
    return made;
}

/* Calls `make` with names in the target's folder, anew-PID-N.tmp, until it finds one that no file has; its file
 * stands in the slot before it is there. */
static int find_name(anew_output *o, int (*make)(const anew_output *o))
{
    static atomic_uint counter;
    const char *slash = strrchr(o->path, '/');
    const int folder = slash == NULL ? 0 : (int)(slash + 1 - o->path);
    for (int tries = 0; tries < 100; tries++) {
        (void)snprintf(o->temporary, strlen(o->path) + 64, "%.*sanew-%ld-%u.tmp", folder, o->path,
                       (long)getpid(), atomic_fetch_add(&counter, 1));
        o->slot = claim_slot(o->temporary);
        const int made = make_undisturbed(o, make);
        if (made >= 0)
            return made;
        const int code = errno;
        if (o->slot >= 0)
            atomic_store(&open_temporaries[o->slot], NULL);
        o->slot = -1;
        errno = code;
        if (code != EEXIST)
            break;
    }
    return -1;
}

static int create_named(const anew_output *o)
{
    return open(o->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
}

/* Where a file of this process can be named from, or "" where the system does not say. */
static void own_descriptor(char path[48], int descriptor)
{
    (void)snprintf(path, 48, "/proc/self/fd/%d", descriptor);
    if (access(path, F_OK) != 0)
        path[0] = '\0';
}

static int give_name(const anew_output *o)
{
    char own[48];
    own_descriptor(own, o->descriptor);
    return linkat(AT_FDCWD, own, AT_FDCWD, o->temporary, AT_SYMLINK_FOLLOW);
}

/* The folder that the file is in; false where its name is too long. */
static bool folder_of(char *folder, size_t bytes, const char *path)
{
    const char *slash = strrchr(path, '/');
    const size_t length = slash == NULL ? 1 : slash == path ? 1 : (size_t)(slash - path);
    if (length >= bytes)
        return false;
    (void)snprintf(folder, bytes, "%.*s", (int)length, slash == NULL ? "." : path);
    return true;
}

static atomic_bool always_named;

void anew_output_always_named(bool always)
{
    atomic_store(&always_named, always);
}

/* A file without a name in the target's folder; -1 where the system or the file system has none. */
static int create_nameless(const char *path)
{
#ifdef O_TMPFILE
    char folder[4096], own[48];
    if (!folder_of(folder, sizeof folder, path) || atomic_load(&always_named))
        return -1;
    const int fd = open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
    if (fd >= 0) {
        own_descriptor(own, fd);
        if (own[0] != '\0')
            return fd;
        (void)close(fd);
    }
#else
    (void)path;
#endif
    return -1;
}

/* Whatever it stands for at the time, /dev/stdout is a link that is not to be replaced. */
static bool is_standard(const char *path)
{
    return strcmp(path, "-") == 0 || strcmp(path, "/dev/stdout") == 0;
}

bool anew_output_overwrites(const char *path)
{
    struct stat facts;
    if (is_standard(path) || lstat(path, &facts) != 0)
        return false;
    return stat(path, &facts) != 0 || !(S_ISCHR(facts.st_mode) || S_ISFIFO(facts.st_mode));
}

/* /dev/null, a terminal, a named pipe: what is written goes through. A file renamed over one would take its place in
 * the file system, for every program, whenever this one may write in that folder (as root may in /dev). */
static anew_status open_as_it_is(anew_output *o, const char *path, mode_t kind, anew_error *error)
{
    if (!S_ISCHR(kind) && !S_ISFIFO(kind))
        return anew_fail(error, ANEW_ERROR_IO, "%s: cannot write: it is a %s", path,
                         S_ISBLK(kind)    ? "disk"
                         : S_ISSOCK(kind) ? "socket"
                                          : "special file");
    o->descriptor = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    o->special = o->descriptor >= 0;
    return o->special ? ANEW_OK : refuse(path, "write", errno, error);
}

static anew_status create_temporary(anew_output *o, const char *path, anew_error *error)
{
    struct stat facts;
    const bool exists = stat(path, &facts) == 0;
    if (exists && S_ISDIR(facts.st_mode))
        return anew_fail(error, ANEW_ERROR_IO, "%s: cannot write: it is a folder", path);
    if (exists && !S_ISREG(facts.st_mode))
        return open_as_it_is(o, path, facts.st_mode, error);
    o->temporary = anew_alloc_zero(strlen(path) + 64);
    if (o->temporary == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to write it", path);
    o->descriptor = create_nameless(path);
    o->nameless = o->descriptor >= 0;
    if (!o->nameless)
        o->descriptor = find_name(o, create_named);
    return o->descriptor >= 0 ? ANEW_OK : refuse(path, "write", errno, error);
}

anew_status anew_output_open(anew_output **output, const char *path, anew_error *error)
{
    anew_output *o = anew_alloc_zero(sizeof *o);
    *output = NULL;
    if (o == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to write it", path);
    o->descriptor = -1;
    o->slot = -1;
    const bool standard = is_standard(path);
    o->path = anew_text_copy(standard ? "standard output" : path);
    anew_status status = ANEW_OK;
    if (o->path == NULL)
        status = anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to write it", path);
    else if (standard)
        o->descriptor = STDOUT_FILENO;
    else
        status = create_temporary(o, path, error);
    if (status != ANEW_OK)
        release(&o, false);
    *output = o;
    return status;
}

anew_status anew_output_open_memory(anew_output **output, const char *label, size_t most,
                                    anew_error *error)
{
    anew_output *o = anew_alloc_zero(sizeof *o);
    *output = NULL;
    if (o == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to write it", label);
    o->descriptor = -1;
    o->slot = -1;
    o->in_memory = true;
    o->most = most;
    o->path = anew_text_copy(label);
    if (o->path == NULL) {
        release(&o, false);
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to write it", label);
    }
    *output = o;
    return ANEW_OK;
}

void anew_output_take(anew_output **output, anew_bytes *bytes)
{
    anew_output *o = *output;
    *bytes = (anew_bytes){.data = o->data, .size = o->size};
    o->data = NULL;
    release(output, false);
}

static anew_status keep(anew_output *o, const void *data, size_t size, anew_error *error)
{
    const size_t all = anew_size_add(o->size, size);
    if (all > o->most) {
        anew_free(o->data);
        o->data = NULL;
        o->capacity = 0;
        o->size = all;
        return ANEW_OK;
    }
    uint8_t *larger = anew_grow(o->data, &o->capacity, all, 1);
    if (larger == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory for its %zu bytes", o->path, all);
    o->data = larger;
    memcpy(o->data + o->size, data, size);
    o->size = all;
    return ANEW_OK;
}

anew_status anew_output_write(anew_output *output, const void *data, size_t size, anew_error *error)
{
    const uint8_t *bytes = data;
    if (output->in_memory)
        return keep(output, data, size, error);
    while (size > 0) {
        const ssize_t written = write(output->descriptor, bytes, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return refuse(output->path, "write", errno, error);
        bytes += written;
        size -= (size_t)written;
    }
    return ANEW_OK;
}

const char *anew_output_temporary(const anew_output *output)
{
    return output->special ? output->path : output->nameless ? NULL : output->temporary;
}

bool anew_output_can_rewrite(const anew_output *output)
{
    return output->temporary != NULL;
}

anew_status anew_output_rewrite(anew_output *output, uint64_t offset, const void *data, size_t size,
                                anew_error *error)
{
    const uint8_t *bytes = data;
    while (size > 0) {
        const ssize_t written = pwrite(output->descriptor, bytes, size, (off_t)offset);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return refuse(output->path, "write", errno, error);
        bytes += written;
        offset += (uint64_t)written;
        size -= (size_t)written;
    }
    return ANEW_OK;
}

/* The rename lasts only when the folder itself has been written. Some file systems refuse to sync a
 * folder; the file is complete all the same. */
static void sync_folder_of(const char *path)
{
    char folder[4096];
    if (!folder_of(folder, sizeof folder, path))
        return;
    const int fd = open(folder, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        (void)fsync(fd);
        (void)close(fd);
    }
}

void anew_output_keep_existing(anew_output *output)
{
    output->keeps = true;
}

/* A hard link, other than rename, fails where there is something, without a moment between a look and the deed. Where the
 * file system has none (FAT, some shares), a look right before the rename must do. */
static anew_status put_where_nothing_is(const anew_output *o, anew_error *error)
{
    if (link(o->temporary, o->path) == 0) {
        (void)unlink(o->temporary);
        return ANEW_OK;
    }
    if (errno == EEXIST || anew_output_overwrites(o->path))
        return anew_fail(error, ANEW_ERROR_ARGUMENT,
                         "%s: exists now, made meanwhile; --force overwrites it", o->path);
    return rename(o->temporary, o->path) == 0 ? ANEW_OK : refuse(o->path, "write", errno, error);
}

static anew_status put_in_place(const anew_output *o, anew_error *error)
{
    if (o->keeps)
        return put_where_nothing_is(o, error);
    return rename(o->temporary, o->path) == 0 ? ANEW_OK : refuse(o->path, "write", errno, error);
}

anew_status anew_output_commit(anew_output **output, anew_error *error)
{
    anew_output *o = *output;
    anew_status status = ANEW_OK;
    if (o->temporary == NULL) {
        if (o->special && close(o->descriptor) != 0)
            status = refuse(o->path, "write", errno, error);
        o->special = false;
        release(output, false);
        return status;
    }
    struct stat facts;
    /* A file that is replaced keeps its permissions. */
    if (stat(o->path, &facts) == 0)
        (void)fchmod(o->descriptor, facts.st_mode & 0777);
    if (fsync(o->descriptor) != 0 && errno != EINVAL && errno != EROFS)
        status = refuse(o->path, "write", errno, error);
    if (status == ANEW_OK && o->nameless) {
        if (find_name(o, give_name) == 0)
            o->nameless = false;
        else
            status = refuse(o->path, "write", errno, error);
    }
    const int closed = close(o->descriptor);
    o->descriptor = -1;
    if (status == ANEW_OK && closed != 0)
        status = refuse(o->path, "write", errno, error);
    if (status == ANEW_OK)
        status = put_in_place(o, error);
    if (status == ANEW_OK)
        sync_folder_of(o->path);
    release(output, status != ANEW_OK);
    return status;
}

void anew_output_discard(anew_output **output)
{
    if (*output != NULL)
        release(output, true);
}
