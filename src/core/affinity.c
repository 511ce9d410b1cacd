/* affinity.c - the list, and who has which processor of it. */
#define _GNU_SOURCE /* sched_setaffinity */
#include "core/affinity.h"

#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __linux__

/* Processors with numbers below this one can be named. */
#define MOST CPU_SETSIZE

static struct {
    int count, list[MOST];
    cpu_set_t all;         /* of the list */
    bool taken[MOST];      /* by place in the list */
    pthread_mutex_t mutex; /* of `taken` */
} affinity = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static _Thread_local int depth; /* of pairs */
static _Thread_local int place =
    -2; /* in the list, to which this thread is kept; -1: to all of it */
static _Thread_local int latest = -1; /* place that it had, which is the best one to have again */
static _Thread_local bool owner;      /* of its place */

/* ---- lists --------------------------------------------------------------------------------------------- */

/* Adds the processors of a text like "0,2-3" to list[MOST] at *count, each once; false where it is no such text. */
static bool read_list(const char *text, int *list, int *count)
{
    cpu_set_t seen;
    CPU_ZERO(&seen);
    for (const char *p = text;; p++) {
        char *end = NULL;
        if (*p < '0' || *p > '9')
            return false;
        const long first = strtol(p, &end, 10);
        long last = first;
        if (*end == '-') {
            p = end + 1;
            if (*p < '0' || *p > '9')
                return false;
            last = strtol(p, &end, 10);
        }
        if (first > last || last >= MOST)
            return false;
        for (long i = first; i <= last; i++)
            if (!CPU_ISSET((size_t)i, &seen)) {
                CPU_SET((size_t)i, &seen);
                list[(*count)++] = (int)i;
            }
        p = end;
        if (*p == '\0' || *p == '\n')
            return true;
        if (*p != ',')
            return false;
    }
}

/* Whether an allowed processor with a lower number is of the same core. */
static bool is_second(int processor, const cpu_set_t *allowed)
{
    char path[96], line[1024];
    int siblings[MOST], count = 0;
    (void)snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list",
                   processor);
    FILE *file = fopen(path, "re");
    const bool read = file != NULL && fgets(line, sizeof line, file) != NULL;
    if (file != NULL)
        (void)fclose(file);
    if (!read || !read_list(line, siblings, &count))
        return false;
    for (int i = 0; i < count; i++)
        if (siblings[i] < processor && CPU_ISSET((size_t)siblings[i], allowed))
            return true;
    return false;
}

static void list_all(const cpu_set_t *allowed)
{
    for (int second = 0; second < 2; second++)
        for (int i = 0; i < MOST; i++)
            if (CPU_ISSET((size_t)i, allowed) && is_second(i, allowed) == (second != 0))
                affinity.list[affinity.count++] = i;
}

/* Fills the list from a text that is not "none". */
static anew_status choose(const char *text, const cpu_set_t *allowed, anew_error *error)
{
    if (strcmp(text, "auto") == 0)
        list_all(allowed);
    else if (!read_list(text, affinity.list, &affinity.count))
        return anew_fail(error, ANEW_ERROR_ARGUMENT,
                         "--affinity %s: must be none, auto, or processors like 0,2-3", text);
    CPU_ZERO(&affinity.all);
    for (int i = 0; i < affinity.count; i++) {
        if (!CPU_ISSET((size_t)affinity.list[i], allowed))
            return anew_fail(error, ANEW_ERROR_ARGUMENT,
                             "--affinity %s: the process may not use processor %d", text,
                             affinity.list[i]);
        CPU_SET((size_t)affinity.list[i], &affinity.all);
    }
    if (sched_setaffinity(0, sizeof affinity.all, &affinity.all) != 0)
        return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                         "--affinity %s: the system does not allow it", text);
    return ANEW_OK;
}

anew_status anew_affinity_set(const char *text, anew_error *error)
{
    cpu_set_t allowed;
    affinity.count = 0;
    if (strcmp(text, "none") == 0)
        return ANEW_OK;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0)
        return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                         "--affinity: the system does not say which processors there are");
    const anew_status status = choose(text, &allowed, error);
    if (status != ANEW_OK)
        affinity.count = 0;
    return status;
}

int anew_affinity_processors(void)
{
    return affinity.count;
}

/* ---- who has which ------------------------------------------------------------------------------------- */

/* Keeps this thread to one place of the list, or with -1 to all of it. */
static void keep_to(int wanted)
{
    cpu_set_t one;
    if (wanted == place)
        return;
    CPU_ZERO(&one);
    if (wanted >= 0)
        CPU_SET((size_t)affinity.list[wanted], &one);
    (void)sched_setaffinity(0, sizeof one, wanted >= 0 ? &one : &affinity.all);
    place = wanted;
}

void anew_affinity_take(void)
{
    if (affinity.count == 0 || depth++ > 0)
        return;
    (void)pthread_mutex_lock(&affinity.mutex);
    int chosen = latest;
    if (chosen < 0 || affinity.taken[chosen])
        for (chosen = 0; chosen < affinity.count && affinity.taken[chosen];)
            chosen++;
    owner = chosen < affinity.count;
    if (owner)
        affinity.taken[chosen] = true;
    (void)pthread_mutex_unlock(&affinity.mutex);
    keep_to(owner ? chosen : -1);
}

void anew_affinity_give_back(void)
{
    if (affinity.count == 0 || --depth > 0)
        return;
    const int had = place;
    keep_to(-1);
    if (!owner)
        return;
    (void)pthread_mutex_lock(&affinity.mutex);
    affinity.taken[had] = false;
    (void)pthread_mutex_unlock(&affinity.mutex);
    owner = false;
    latest = had;
}

#else

anew_status anew_affinity_set(const char *text, anew_error *error)
{
    if (strcmp(text, "none") == 0)
        return ANEW_OK;
    return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                     "--affinity: on this system a program cannot choose its processors");
}

int anew_affinity_processors(void)
{
    return 0;
}

void anew_affinity_take(void)
{
}
void anew_affinity_give_back(void)
{
}

#endif
