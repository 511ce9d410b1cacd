/* ffmpeg.c - starting, tying and ending it. */
#include "cli/ffmpeg.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/ffmpeg_process.h"
#include "core/memory.h"

extern char **environ;

void cli_add(cli_words *w, const char *word)
{
    if (w->count < CLI_MOST_WORDS)
        w->list[w->count++] = word;
}

void cli_add_two(cli_words *w, const char *first, const char *second)
{
    cli_add(w, first);
    cli_add(w, second);
}

void cli_add_all(cli_words *w, const char *const *more)
{
    for (; *more != NULL; more++)
        cli_add(w, *more);
}

void cli_add_numbered(cli_words *w, const char *before, int number)
{
    if (w->made_count == CLI_MOST_WORDS)
        return;
    char *word = w->made[w->made_count++];
    (void)snprintf(word, sizeof w->made[0], "%s%d", before, number);
    cli_add(w, word);
}

char *cli_as_file(const char *path)
{
    const size_t bytes = strlen(path) + 6;
    char *name = anew_alloc(bytes);
    if (name != NULL)
        (void)snprintf(name, bytes, "file:%s", path);
    return name;
}

/* ---- starting ---------------------------------------------------------------------------------------------- */

#define TIMES_DESCRIPTOR 3

/* A pipe that the child does not inherit, but by what is said of it: ends above those that it gets. */
static bool make_pipe(int ends[2])
{
    int made[2];
    if (pipe(made) != 0)
        return false;
    for (int i = 0; i < 2; i++) {
        ends[i] = fcntl(made[i], F_DUPFD_CLOEXEC, TIMES_DESCRIPTOR + 1);
        (void)close(made[i]);
    }
    if (ends[0] >= 0 && ends[1] >= 0)
        return true;
    for (int i = 0; i < 2; i++)
        if (ends[i] >= 0)
            (void)close(ends[i]);
    return false;
}

static void close_both(const int ends[2])
{
    for (int i = 0; i < 2; i++)
        if (ends[i] >= 0)
            (void)close(ends[i]);
}

static int spawn(cli_ffmpeg *f, const cli_words *w, int its, bool reads, int times)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t usual;
    int code = posix_spawn_file_actions_init(&actions);
    if (code != 0)
        return code;
    code = posix_spawnattr_init(&attributes);
    if (code == 0) {
        (void)sigemptyset(&usual);
        (void)sigaddset(&usual, SIGPIPE); /* which is ignored here: who reads it is gone, it ends */
        (void)sigaddset(&usual, SIGINT);
        (void)sigaddset(&usual, SIGTERM);
        code =
            posix_spawn_file_actions_adddup2(&actions, its, reads ? STDOUT_FILENO : STDIN_FILENO);
        if (code == 0 && reads)
            code =
                posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        if (code == 0 && times >= 0)
            code = posix_spawn_file_actions_adddup2(&actions, times, TIMES_DESCRIPTOR);
        if (code == 0)
            code = posix_spawnattr_setsigdefault(&attributes, &usual);
        if (code == 0)
            code = posix_spawnattr_setpgroup(&attributes, 0);
        if (code == 0)
            code = posix_spawnattr_setflags(&attributes,
                                            POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
        if (code == 0)
            code = posix_spawnp(&f->process, w->list[0], &actions, &attributes,
                                (char *const *)(uintptr_t)w->list, environ);
        (void)posix_spawnattr_destroy(&attributes);
    }
    (void)posix_spawn_file_actions_destroy(&actions);
    if (code != 0)
        f->process = 0;
    return code;
}

/* The stream of our end, which is closed where there is none. */
static FILE *own(int *descriptor, const char *mode)
{
    FILE *file = fdopen(*descriptor, mode);
    if (file != NULL)
        *descriptor = -1;
    return file;
}

anew_status cli_start(cli_ffmpeg *f, const cli_words *w, bool reads, bool times, anew_error *error)
{
    int ends[2] = {-1, -1}, lines[2] = {-1, -1};
    anew_status status = ANEW_OK;
    int code = 0;
    if (w->count == CLI_MOST_WORDS)
        return anew_fail(error, ANEW_ERROR_LIMIT, "%s: too many streams", w->list[0]);
    if (!make_pipe(ends) || (times && !make_pipe(lines))) {
        code = errno;
        close_both(ends);
        return anew_fail(error, ANEW_ERROR_IO, "%s: no pipe: %s", w->list[0], strerror(code));
    }
    code = spawn(f, w, ends[reads ? 1 : 0], reads, lines[1]);
    if (code == ENOENT) {
        status = anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                           "%s is not installed; only Y4M and --raw go without it", w->list[0]);
    } else if (code != 0) {
        status = anew_fail(error, ANEW_ERROR_IO, "%s: cannot be started: %s", w->list[0],
                           strerror(code));
    } else {
        f->pipe = own(&ends[reads ? 0 : 1], reads ? "rb" : "wb");
        f->times = times ? own(&lines[0], "rb") : NULL;
        if (f->pipe == NULL || (times && f->times == NULL))
            status = anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory for a pipe", w->list[0]);
    }
    close_both(ends);
    close_both(lines);
    return status;
}

anew_status cli_ffmpeg_end(cli_ffmpeg *f, const char *path, anew_error *error)
{
    int result = 0;
    bool good = true;
    if (f->pipe != NULL)
        good = fclose(f->pipe) == 0;
    if (f->times != NULL)
        (void)fclose(f->times);
    f->pipe = f->times = NULL;
    if (f->process == 0)
        return ANEW_OK;
    pid_t ended = -1;
    do
        ended = waitpid(f->process, &result, 0);
    while (ended < 0 && errno == EINTR);
    f->process = 0;
    if (good && WIFEXITED(result) && WEXITSTATUS(result) == 0)
        return ANEW_OK;
    return anew_fail(error, ANEW_ERROR_FORMAT, "%s: ffmpeg failed", path);
}

void cli_ffmpeg_stop(cli_ffmpeg *f)
{
    anew_error ignored;
    if (f->process != 0)
        (void)kill(f->process, SIGKILL);
    if (cli_ffmpeg_end(f, "", &ignored) != ANEW_OK)
        return;
}
