/* batch.c - jobs, the door, and the order of pictures that have to do with one another. */
#include "cli/batch.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/memory.h"
#include "core/parallel.h"
#include "core/threads.h"

/* ---- which pictures must wait for which ---------------------------------------------------------------- */

/* Picture `index` reads or writes the file of that name. */
typedef struct name_use {
    char *name;
    size_t index;
    int which; /* 0 reads, 1 writes */
} name_use;

static int by_name(const void *a, const void *b)
{
    const name_use *left = a, *right = b;
    const int order = strcmp(left->name, right->name);
    return order != 0                    ? order
           : left->index != right->index ? (left->index < right->index ? -1 : 1)
                                         : left->which - right->which;
}

/* The same text for the same file, however its folder is spelled, there or not yet there: device and number of the
 * nearest folder above it that is there, and the rest of the path. NULL without memory. */
static char *key_of(const char *path)
{
    struct stat facts;
    char *folder = anew_text_copy(path);
    size_t rest = strlen(path);
    if (folder == NULL)
        return NULL;
    for (bool found = false; !found;) {
        while (rest > 0 && path[rest - 1] != '/')
            rest--;
        folder[rest] = '\0';
        found = stat(rest == 0 ? "." : folder, &facts) == 0 || rest == 0;
        if (!found)
            while (rest > 0 && path[rest - 1] == '/')
                rest--;
    }
    anew_free(folder);
    const size_t bytes = strlen(path + rest) + 48;
    char *key = anew_alloc(bytes);
    if (key != NULL)
        (void)snprintf(key, bytes, "%llx:%llx/%s", (unsigned long long)facts.st_dev,
                       (unsigned long long)facts.st_ino, path + rest);
    return key;
}

#define LONGEST_PATH 4096
#define MOST_LINKS   8

/* That of what a link leads to, there or not yet there. */
static char *key_of_input(const char *path)
{
    char name[LONGEST_PATH], target[LONGEST_PATH];
    const int length = snprintf(name, sizeof name, "%s", path);
    for (int i = 0; i < MOST_LINKS && length < LONGEST_PATH; i++) {
        const ssize_t bytes = readlink(name, target, sizeof target - 1);
        const char *slash = strrchr(name, '/');
        const size_t folder = slash == NULL ? 0 : (size_t)(slash + 1 - name);
        if (bytes <= 0 || folder + (size_t)bytes >= sizeof name)
            break;
        target[bytes] = '\0';
        memcpy(name + (target[0] == '/' ? 0 : folder), target, (size_t)bytes + 1);
    }
    return key_of(length < LONGEST_PATH ? name : path);
}

/* Each picture comes after the last one before it that reads or writes a file that it reads or writes, and so after
 * all of them. False without memory. */
static bool find_order(cli_batch *batch, const cli_inputs *inputs, const cli_options *options,
                       int model_scale)
{
    const size_t count = inputs->count, uses = anew_size_mul(2, count);
    name_use *use = anew_alloc_zero(anew_size_mul(uses, sizeof *use));
    bool fine = use != NULL;
    for (size_t i = 0; i < uses && fine; i++) {
        const cli_input *input = &inputs->list[i / 2];
        char *result = i % 2 == 0 ? NULL : cli_derived_path(input, options, model_scale);
        use[i] = (name_use){.index = i / 2, .which = i % 2 != 0};
        if (i % 2 == 0)
            use[i].name = key_of_input(input->path);
        else if (result != NULL)
            use[i].name = key_of(result);
        fine = use[i].name != NULL;
        anew_free(result);
    }
    if (fine)
        qsort(use, uses, sizeof *use, by_name);
    for (size_t i = 0; i < uses && fine; i++) {
        const bool first = i == 0 || strcmp(use[i - 1].name, use[i].name) != 0;
        /* Of a picture that reads and writes the same file both uses wait for the one before. */
        const size_t before = first                              ? use[i].index
                              : use[i - 1].index != use[i].index ? use[i - 1].index
                                                                 : batch->after[use[i].index][0];
        batch->after[use[i].index][use[i].which] = before;
    }
    for (size_t i = 0; i < uses && use != NULL; i++)
        anew_free(use[i].name);
    anew_free(use);
    return fine;
}

/* ---- how many ------------------------------------------------------------------------------------------ */

/* A picture of so many pixels keeps one thread busy without anybody to wait for; a larger one is faster with more,
 * and a job for each thread would take the more memory (measured: bench/NOTES.md). */
#define PIXELS_OF_A_THREAD 262144.0

void cli_batch_open(cli_batch *batch, const cli_options *options)
{
    const int threads =
        options->enhance.threads > 0 ? options->enhance.threads : anew_parallel_threads();
    int parts = options->jobs > 0 ? options->jobs : threads;
    *batch = (cli_batch){.threads = threads,
                         .by_size = options->jobs == 0,
                         .mutex = PTHREAD_MUTEX_INITIALIZER,
                         .changed = PTHREAD_COND_INITIALIZER,
                         .door = PTHREAD_MUTEX_INITIALIZER};
    if (parts > CLI_MOST_JOBS - 1 && batch->by_size)
        parts = CLI_MOST_JOBS - 1;
    /* The restorer of faces serves one picture at a time. */
    if (options->mend_faces || !anew_threads_possible())
        parts = 1;
    batch->parts = batch->free_parts = parts;
    /* One more than there are parts, for the file that is being completed. */
    batch->jobs = parts > 1 && batch->by_size ? parts + 1 : parts;
}

void cli_batch_create(cli_batch *batch, const cli_inputs *inputs, const cli_options *options,
                      int model_scale)
{
    const bool measured = options->profile || options->profile_json || options->verbose;
    cli_batch_open(batch, options);
    batch->count = inputs->count;
    if ((size_t)batch->parts > inputs->count)
        batch->parts = (int)inputs->count;
    if (options->dry_run || measured)
        batch->parts = 1;
    if (batch->parts > 1) {
        batch->after = anew_alloc_zero(anew_size_mul(inputs->count, sizeof *batch->after));
        batch->finished = anew_alloc_zero(inputs->count);
        if (batch->after == NULL || batch->finished == NULL ||
            !find_order(batch, inputs, options, model_scale))
            batch->parts = 1;
    }
    if (batch->parts < 1)
        batch->parts = 1;
    batch->free_parts = batch->parts;
    batch->jobs = batch->parts > 1 && batch->by_size ? batch->parts + 1 : batch->parts;
}

void cli_batch_free(cli_batch *batch)
{
    anew_free((void *)batch->after);
    anew_free(batch->finished);
    batch->after = NULL;
    batch->finished = NULL;
}

/* ---- the door ------------------------------------------------------------------------------------------ */

void cli_batch_arrive(cli_batch *batch, cli_part *part)
{
    (void)pthread_mutex_lock(&batch->door);
    part->at_door = true;
}

static void leave_door(cli_batch *batch, cli_part *part)
{
    if (part->at_door)
        (void)pthread_mutex_unlock(&batch->door);
    part->at_door = false;
}

void cli_batch_enter(cli_batch *batch, cli_part *part, double pixels, bool alone,
                     anew_enhance_options *options)
{
    int parts = 1;
    if (batch->by_size) {
        const double threads = ceil(pixels / PIXELS_OF_A_THREAD);
        const double wanted = ceil(threads * batch->parts / batch->threads);
        parts = wanted < batch->parts ? (int)wanted : batch->parts;
    }
    if (alone || parts < 1)
        parts = alone ? batch->parts : 1;
    (void)pthread_mutex_lock(&batch->mutex);
    while (batch->free_parts < parts)
        (void)pthread_cond_wait(&batch->changed, &batch->mutex);
    batch->free_parts -= parts;
    (void)pthread_mutex_unlock(&batch->mutex);
    part->parts = parts;
    leave_door(batch, part);
    const int threads = (int)((int64_t)batch->threads * parts / batch->parts);
    options->threads = threads < 1 ? 1 : threads;
    options->memory_part = parts;
    options->memory_parts = batch->parts;
}

void cli_batch_leave(cli_batch *batch, cli_part *part)
{
    leave_door(batch, part);
    if (part->parts == 0)
        return;
    (void)pthread_mutex_lock(&batch->mutex);
    batch->free_parts += part->parts;
    (void)pthread_cond_broadcast(&batch->changed);
    (void)pthread_mutex_unlock(&batch->mutex);
    part->parts = 0;
}

/* ---- jobs ---------------------------------------------------------------------------------------------- */

/* The pictures before this one that it has to do with are finished. The mutex is held. */
static bool may_begin(const cli_batch *batch, size_t index)
{
    for (int i = 0; i < 2; i++)
        if (batch->after[index][i] != index && !batch->finished[batch->after[index][i]])
            return false;
    return true;
}

static void *work(void *context)
{
    cli_batch *batch = context;
    (void)pthread_mutex_lock(&batch->mutex);
    while (batch->next < batch->count) {
        const size_t index = batch->next++;
        while (!may_begin(batch, index))
            (void)pthread_cond_wait(&batch->changed, &batch->mutex);
        (void)pthread_mutex_unlock(&batch->mutex);
        batch->one(batch->context, index);
        (void)pthread_mutex_lock(&batch->mutex);
        batch->finished[index] = true;
        (void)pthread_cond_broadcast(&batch->changed);
    }
    (void)pthread_mutex_unlock(&batch->mutex);
    return NULL;
}

void cli_batch_run(cli_batch *batch, void (*one)(void *context, size_t index), void *context)
{
    pthread_t threads[CLI_MOST_JOBS];
    int started = 0;
    batch->one = one;
    batch->context = context;
    if (batch->jobs <= 1) {
        for (size_t i = 0; i < batch->count; i++)
            one(context, i);
        return;
    }
    while (started < batch->jobs - 1 && anew_thread_start(&threads[started], work, batch))
        started++;
    (void)work(batch);
    for (int i = 0; i < started; i++)
        (void)pthread_join(threads[i], NULL);
}
