/* child.c - posix_spawn, and what became of it. */
#include "cli/child.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_PATH 4096

extern char **environ;

/* The program of this name in the folder of this one; false where the system does not say or it is not there. */
static bool find_beside(char path[MAX_PATH], const char *name)
{
    const ssize_t length = readlink("/proc/self/exe", path, MAX_PATH - 1);
    if (length <= 0)
        return false;
    path[length] = '\0';
    char *slash = strrchr(path, '/');
    if (slash == NULL || (size_t)(slash + 1 - path) + strlen(name) >= MAX_PATH)
        return false;
    memcpy(slash + 1, name, strlen(name) + 1);
    return access(path, X_OK) == 0;
}

/* Signals end the child as usual, and this program lives to clean up after it. */
static int spawn(pid_t *child, const char *program, const char *const *words)
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
        (void)sigaddset(&usual, SIGINT);
        (void)sigaddset(&usual, SIGTERM);
        code = posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
        if (code == 0)
            code = posix_spawnattr_setsigdefault(&attributes, &usual);
        if (code == 0)
            code = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
        if (code == 0)
            code = posix_spawnp(child, program, &actions, &attributes,
                                (char *const *)(uintptr_t)words, environ);
        (void)posix_spawnattr_destroy(&attributes);
    }
    (void)posix_spawn_file_actions_destroy(&actions);
    return code;
}

anew_status cli_child_run(const char *const *words, bool beside, const char *doing,
                          anew_error *error)
{
    char path[MAX_PATH];
    const char *program = beside && find_beside(path, words[0]) ? path : words[0];
    void (*const before_int)(int) = signal(SIGINT, SIG_IGN);
    void (*const before_term)(int) = signal(SIGTERM, SIG_IGN);
    pid_t child = -1;
    int state = 0;
    const int code = spawn(&child, program, words);
    while (code == 0 && waitpid(child, &state, 0) < 0 && errno == EINTR)
        ;
    (void)signal(SIGINT, before_int);
    (void)signal(SIGTERM, before_term);
    if (code == ENOENT)
        return anew_fail(error, ANEW_ERROR_IO, "%s: %s is not installed", doing, words[0]);
    if (code != 0)
        return anew_fail(error, ANEW_ERROR_IO, "%s: cannot run %s: %s", doing, words[0],
                         strerror(code));
    if (WIFSIGNALED(state))
        return anew_fail(error, ANEW_ERROR_CANCELLED, "%s: %s was ended by signal %d", doing,
                         words[0], WTERMSIG(state));
    if (!WIFEXITED(state) || WEXITSTATUS(state) != 0)
        return anew_fail(error, ANEW_ERROR_IO, "%s: %s ended with %d", doing, words[0],
                         WEXITSTATUS(state));
    return ANEW_OK;
}
