/*
 * rung5_tiles.c - the same arithmetic, but a few tiles at a time.
 *
 * Rung 4 does each pass over the whole picture, and what lies between two passes no longer fits into any
 * cache. Here all three passes are done for 24 tiles before the next 24: their inputs and products are
 * 2 * 36 * 24 * 64 floats, 432 KiB, which stay in the second-level cache from one pass to the next. Not
 * one operation is different, so the result is rung 4's, bit for bit. And as no run of tiles knows of
 * another, they can be shared out to threads.
 */
#include <pthread.h>

#include "bench/ladder/ladder.h"
#include "bench/ladder/winograd_steps.h"

#define RUN     24 /* tiles at a time */
#define BETWEEN (2 * PRODUCTS * RUN * CHANNELS)
#define THREADS 2

typedef struct share {
    float *out;
    const float *in;
    const float *weights;
    float *between;
    int first, last; /* tiles */
    int width;
} share;

static void *do_share(void *context)
{
    const share *s = context;
    for (int first = s->first; first < s->last; first += RUN)
        winograd_tiles(s->out, s->in, s->weights, s->between, first,
                       s->last - first < RUN ? s->last - first : RUN, s->width);
    return NULL;
}

static size_t tiles_floats(int height, int width)
{
    (void)height, (void)width;
    return WINOGRAD_WEIGHTS + (size_t)THREADS * BETWEEN;
}

static void tiles_run(float *out, const float *in, float *workspace, int height, int width)
{
    share all = {
        out, in, workspace, workspace + WINOGRAD_WEIGHTS, 0, height / TILE * (width / TILE), width};
    (void)do_share(&all);
}

/* The second half by a thread of its own. The middle lies at a multiple of 6 tiles. */
static void tiles_threads_run(float *out, const float *in, float *workspace, int height, int width)
{
    const int count = height / TILE * (width / TILE), middle = count / 2 / 6 * 6;
    float *between = workspace + WINOGRAD_WEIGHTS;
    share upper = {out, in, workspace, between, 0, middle, width};
    share lower = {out, in, workspace, between + BETWEEN, middle, count, width};
    pthread_t helper;
    if (pthread_create(&helper, NULL, do_share, &lower) != 0) {
        tiles_run(out, in, workspace, height, width);
        return;
    }
    (void)do_share(&upper);
    (void)pthread_join(helper, NULL);
}

const rung rung_tiles = {
    .name = "tiles",
    .idea = "24 tiles at a time, in the cache",
    .tolerance = 1e-4,
    .threads = 1,
    .floats = tiles_floats,
    .prepare = winograd_prepare,
    .run = tiles_run,
};

const rung rung_tiles_threads = {
    .name = "tiles, 2 threads",
    .idea = "each thread half of the tiles",
    .tolerance = 1e-4,
    .threads = THREADS,
    .floats = tiles_floats,
    .prepare = winograd_prepare,
    .run = tiles_threads_run,
};
