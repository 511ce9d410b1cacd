/*
 * batch.h - the pictures of a run, several at once where that is faster.
 *
 * A job is a thread that takes pictures one after another. Threads of the network and memory are cut into equal
 * parts; a picture waits at the door for its parts, holds them while it is in the network, and gives them back before
 * its file is completed, so that the disk works for one picture while the network works for the next.
 *
 *     job 0   | a at the door | a in the network | a's file completed | c at the door ...
 *     job 1   | b waits there                    | b in the network   | ...
 *
 * Results are those of one job: each picture's bytes do not depend on threads and memory, a picture that needs more
 * memory than its part is done again alone, and pictures that have a name in common go in their order.
 */
#ifndef ANEW_CLI_BATCH_H
#define ANEW_CLI_BATCH_H

#include <pthread.h>

#include "cli/inputs.h"

/* Also what --jobs allows: as many files may have names that a signal must find (core/file.c). */
#define CLI_MOST_JOBS 64

typedef struct cli_batch {
    size_t count; /* pictures */
    int jobs;
    int parts;    /* of threads and memory; 1: one picture at a time */
    int threads;  /* all of them */
    bool by_size; /* a larger picture takes more parts */
    size_t (*after)
        [2]; /* for each picture two that must be finished before; itself: none. NULL: one job */
    bool *finished;
    size_t next; /* picture */
    int free_parts;
    pthread_mutex_t mutex; /* of the three above */
    pthread_cond_t changed;
    pthread_mutex_t door;
    void (*one)(void *context, size_t index);
    void *context;
} cli_batch;

/* What a picture has of a batch. */
typedef struct cli_part {
    bool at_door;
    int parts; /* held now */
} cli_part;

/* Decides how many jobs there are; without memory to keep order, one. Freed with cli_batch_free. */
void cli_batch_create(cli_batch *batch, const cli_inputs *inputs, const cli_options *options,
                      int model_scale);

/* The same for pictures that come one by one: `jobs` says how many threads are to take them. */
void cli_batch_open(cli_batch *batch, const cli_options *options);
void cli_batch_free(cli_batch *batch);

/* Calls one(context, index) for every picture, each once, and returns when all are done. */
void cli_batch_run(cli_batch *batch, void (*one)(void *context, size_t index), void *context);

/* To the door, where one picture at a time is opened and waits: what waits may be decoded already, and many
 * such pictures would fill the memory. */
void cli_batch_arrive(cli_batch *batch, cli_part *part);

/* Waits for the parts of a picture of so many pixels, all of them if it is to be alone; leaves the door, and says
 * threads and memory. */
void cli_batch_enter(cli_batch *batch, cli_part *part, double pixels, bool alone,
                     anew_enhance_options *options);

/* Gives back what is held, if anything. */
void cli_batch_leave(cli_batch *batch, cli_part *part);

#endif
