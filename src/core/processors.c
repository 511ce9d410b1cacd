/*
 * processors.c - affinity and quotas.
 *
 *     /proc/self/mountinfo   where the hierarchy of groups is mounted, and which of its groups that is
 *     /proc/self/cgroup      the process's own group in it
 *     mount/group/cpu.max    "quota period" or "max period" (version 2)
 *     mount/group/cpu.cfs_quota_us, cpu.cfs_period_us       (version 1; -1: none)
 *
 * What cannot be read or understood limits nothing.
 */
#define _GNU_SOURCE /* sched_getaffinity */
#include "core/processors.h"

#include <limits.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/affinity.h"

#define LINE 4096

/* ---- quotas ------------------------------------------------------------------------------------------ */

static bool first_line(char *line, const char *folder, const char *name)
{
    char path[2 * LINE];
    const int length = snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = length > 0 && (size_t)length < sizeof path ? fopen(path, "re") : NULL;
    if (file == NULL)
        return false;
    const bool read = fgets(line, LINE, file) != NULL;
    (void)fclose(file);
    return read;
}

static int rounded_up(long long quota, long long period)
{
    if (quota <= 0 || period <= 0)
        return INT_MAX;
    const long long processors = quota / period + (quota % period != 0);
    return processors < INT_MAX ? (int)processors : INT_MAX;
}

static int quota_of_group(const char *folder, int version)
{
    char line[LINE], *end = NULL;
    if (version == 2) {
        if (!first_line(line, folder, "cpu.max"))
            return INT_MAX;
        const long long quota = strtoll(line, &end, 10); /* "max" is 0 */
        return rounded_up(quota, strtoll(end, NULL, 10));
    }
    if (!first_line(line, folder, "cpu.cfs_quota_us"))
        return INT_MAX;
    const long long quota = strtoll(line, NULL, 10);
    if (!first_line(line, folder, "cpu.cfs_period_us"))
        return INT_MAX;
    return rounded_up(quota, strtoll(line, NULL, 10));
}

/* The group and all above it, up to the mount. */
static int quota_of_groups(char *folder, size_t mount_length, int version)
{
    int least = INT_MAX;
    for (;;) {
        const int here = quota_of_group(folder, version);
        least = here < least ? here : least;
        char *slash = strrchr(folder, '/');
        if (slash == NULL || slash < folder + mount_length)
            return least;
        *slash = '\0';
    }
}

/* ---- which group ------------------------------------------------------------------------------------- */

/* Whether a list like "cpu,cpuacct" has the word. */
static bool lists(const char *list, const char *word)
{
    const size_t length = strlen(word);
    for (const char *at = list; at != NULL; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, word, length) == 0 && (at[length] == ',' || at[length] == '\0'))
            return true;
    }
    return false;
}

/* The process's group in the hierarchy of this version, into path[LINE]. */
static bool own_group(char *path, const char *process_folder, int version)
{
    char name[LINE], line[LINE];
    (void)snprintf(name, sizeof name, "%s/cgroup", process_folder);
    FILE *file = fopen(name, "re");
    bool found = false;
    while (file != NULL && !found && fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        char *controllers = strchr(line, ':');
        char *group = controllers == NULL ? NULL : strchr(controllers + 1, ':');
        if (group == NULL || group[1] != '/')
            continue;
        *group++ = '\0';
        found = version == 2 ? strcmp(line, "0:") == 0 : lists(controllers + 1, "cpu");
        (void)snprintf(path, LINE, "%s", group);
    }
    if (file != NULL)
        (void)fclose(file);
    return found;
}

/* mountinfo writes a space as \040. */
static void unescape(char *text)
{
    char *to = text;
    for (const char *from = text; *from != '\0'; to++) {
        unsigned int code = 0;
        if (from[0] == '\\' && sscanf(from + 1, "%3o", &code) == 1 && code > 0 && code < 256) {
            *to = (char)code;
            from += 4;
        } else {
            *to = *from++;
        }
    }
    *to = '\0';
}

/* One line: number parent device ROOT MOUNT options... - KIND source OPTIONS. */
static int quota_of_mount(char *line, const char *process_folder)
{
    char *field[6] = {NULL}, *rest = NULL, group[LINE], folder[2 * LINE];
    char *tail = strstr(line, " - ");
    if (tail == NULL)
        return INT_MAX;
    *tail = '\0';
    const char *kind = strtok_r(tail + 3, " \n", &rest);
    (void)strtok_r(NULL, " \n", &rest);
    const char *options = strtok_r(NULL, " \n", &rest);
    const int version = kind == NULL                   ? 0
                        : strcmp(kind, "cgroup2") == 0 ? 2
                        : strcmp(kind, "cgroup") == 0 && options != NULL && lists(options, "cpu")
                            ? 1
                            : 0;
    field[0] = strtok_r(line, " ", &rest);
    for (int i = 1; i < 6 && field[i - 1] != NULL; i++)
        field[i] = strtok_r(NULL, " ", &rest);
    if (version == 0 || field[4] == NULL || !own_group(group, process_folder, version))
        return INT_MAX;
    char *root = field[3], *mount = field[4];
    unescape(root);
    unescape(mount);
    /* The mount may show a part of the hierarchy only; a group outside it is not to be seen. */
    const size_t root_length = strcmp(root, "/") == 0 ? 0 : strlen(root);
    const char *inside = group;
    if (strncmp(group, root, root_length) == 0 &&
        (group[root_length] == '/' || group[root_length] == '\0'))
        inside += root_length;
    else
        inside = "";
    if (strstr(inside, "/..") != NULL || strcmp(inside, "/") == 0)
        inside = "";
    (void)snprintf(folder, sizeof folder, "%s%s", mount, inside);
    return quota_of_groups(folder, strlen(mount), version);
}

int anew_quota_processors(const char *process_folder)
{
    char name[LINE], line[LINE];
    int least = INT_MAX;
    (void)snprintf(name, sizeof name, "%s/mountinfo", process_folder);
    FILE *file = fopen(name, "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        const int here = quota_of_mount(line, process_folder);
        least = here < least ? here : least;
    }
    if (file != NULL)
        (void)fclose(file);
    return least;
}

/* ---- affinity ---------------------------------------------------------------------------------------- */

static int allowed_processors(void)
{
    /* A machine may have more processors than a cpu_set_t has bits. */
    for (size_t bits = CPU_SETSIZE; bits <= (size_t)1 << 20; bits *= 2) {
        const size_t bytes = CPU_ALLOC_SIZE(bits);
        cpu_set_t *processors = CPU_ALLOC(bits);
        if (processors == NULL)
            break;
        const int count =
            sched_getaffinity(0, bytes, processors) == 0 ? (int)CPU_COUNT_S(bytes, processors) : 0;
        CPU_FREE(processors);
        if (count > 0)
            return count;
    }
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 && online < INT_MAX ? (int)online : 1;
}

int anew_processors(void)
{
    /* A thread that works may be kept to one of those that were chosen. */
    const int chosen = anew_affinity_processors();
    const int allowed = chosen > 0 ? chosen : allowed_processors();
    const int quota = anew_quota_processors("/proc/self");
    return allowed < quota ? allowed : quota;
}
