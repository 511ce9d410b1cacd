/*
 * bench_rows.c - the row kernels on rows of 64 channels that lie in the second-level cache, one thread. What they
 * read and write, once each, is set against copying there; the elementary functions, sums over channels and
 * resampling do arithmetic besides, and stay below for that reason.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/kernels/bench_parts.h"
#include "kernels/implementations.h"

#define WIDTH    256
#define BLOCKS   4
#define CHANNELS (BLOCKS * ANEW_BLOCK)
#define FACTOR   4 /* of pixel shuffle and enlargement */
#define TAPS     12
#define ROW      (WIDTH * ANEW_BLOCK)

typedef struct rows {
    const anew_row_kernels *kernels;
    float *in[BLOCKS], *out[BLOCKS];
    float *planes[CHANNELS]; /* of WIDTH */
    float *slope;
    float *weight; /* [TAPS][WIDTH] */
    int32_t first[WIDTH];
    anew_pointwise_kind function;
} rows;

static void map(void *context)
{
    rows *r = context;
    const anew_epilogue prelu = {.kind = ANEW_EPILOGUE_PRELU, .slope = r->slope};
    r->kernels->map(&(anew_map_row){.sources = (const float *const *)r->in,
                                    .destinations = r->out,
                                    .blocks = BLOCKS,
                                    .x0 = 0,
                                    .x1 = WIDTH,
                                    .epilogue = &prelu,
                                    .epilogue_count = 1});
}

static void pointwise(void *context)
{
    rows *r = context;
    r->kernels->pointwise(&(anew_pointwise_row){.kind = r->function,
                                                .sources = (const float *const *)r->in,
                                                .destinations = r->out,
                                                .channels = CHANNELS,
                                                .width = WIDTH});
}

static void over_channels(rows *r, void (*function)(const anew_channel_row *row))
{
    const anew_channel_row row = {.sources = (const float *const *)r->in,
                                  .destinations = r->out,
                                  .channels = CHANNELS,
                                  .width = WIDTH,
                                  .weight = r->slope,
                                  .bias = r->slope,
                                  .epsilon = 1e-5};
    function(&row);
}

static void normalise(void *context)
{
    over_channels(context, ((rows *)context)->kernels->normalise);
}

static void softmax(void *context)
{
    over_channels(context, ((rows *)context)->kernels->softmax);
}

static void upsample(void *context)
{
    rows *r = context;
    for (int b = 0; b < BLOCKS; b++)
        r->kernels->upsample_nearest(r->out[b], r->in[b], WIDTH, FACTOR);
}

static void to_blocks(void *context)
{
    rows *r = context;
    r->kernels->planar_to_blocks(r->out, (const float *const *)r->planes, CHANNELS, 1, WIDTH);
}

static void to_planar(void *context)
{
    rows *r = context;
    r->kernels->blocks_to_planar(r->planes, (const float *const *)r->in, CHANNELS, 1, WIDTH, NULL,
                                 1);
}

/* The end of an x4 network: 48 channels to 3 x 4 rows of 4 x WIDTH. */
static void shuffle(void *context)
{
    rows *r = context;
    float *planes[3 * FACTOR];
    for (int i = 0; i < 3 * FACTOR; i++)
        planes[i] = r->planes[0] + (size_t)i * FACTOR * WIDTH;
    r->kernels->blocks_to_planar(planes, (const float *const *)r->in, 3, FACTOR, WIDTH, NULL, 1);
}

static void resample_vertical(void *context)
{
    rows *r = context;
    r->kernels->resample_vertical(r->out[0], (const float *const *)r->planes, r->weight, TAPS,
                                  WIDTH);
}

static void resample_horizontal(void *context)
{
    rows *r = context;
    r->kernels->resample_horizontal(r->out[0], r->in[0], r->first, r->weight, TAPS, WIDTH);
}

void bench_row_kernels(const bench_peaks *peaks, int csv)
{
    const double copied = 2.0 * BLOCKS * ROW * sizeof(float);
    const struct {
        const char *name, *shape;
        void (*function)(void *context);
        double bytes;
        anew_pointwise_kind kind;
    } list[] = {
        {"map", "PReLU of 64 channels", map, copied, ANEW_POINTWISE_EXP},
        {"pointwise", "SiLU of 64 channels", pointwise, copied, ANEW_POINTWISE_SILU},
        {"pointwise", "square root of 64 channels", pointwise, copied, ANEW_POINTWISE_SQRT},
        {"normalise", "64 channels", normalise, copied, ANEW_POINTWISE_EXP},
        {"softmax", "64 channels", softmax, copied, ANEW_POINTWISE_EXP},
        {"upsample_nearest", "x4 of 64 channels", upsample, copied * (1 + 1.0 / FACTOR) / 2,
         ANEW_POINTWISE_EXP},
        {"planar_to_blocks", "64 channels", to_blocks, copied, ANEW_POINTWISE_EXP},
        {"blocks_to_planar", "64 channels", to_planar, copied, ANEW_POINTWISE_EXP},
        {"blocks_to_planar", "48 channels with shuffle x4", shuffle, copied * 3 / 4,
         ANEW_POINTWISE_EXP},
        {"resample_vertical", "12 taps", resample_vertical, (TAPS + 1.0) * WIDTH * sizeof(float),
         ANEW_POINTWISE_EXP},
        {"resample_horizontal", "12 taps", resample_horizontal,
         (TAPS + 2.0) * WIDTH * sizeof(float), ANEW_POINTWISE_EXP},
    };
    rows r = {.slope = bench_floats(CHANNELS), .weight = bench_floats(TAPS * WIDTH)};
    float *planes = bench_floats((size_t)CHANNELS * WIDTH);
    for (int b = 0; b < BLOCKS; b++) {
        r.in[b] = bench_floats(ROW);
        r.out[b] = bench_floats(ROW);
    }
    for (int c = 0; c < CHANNELS; c++)
        r.planes[c] = planes + (size_t)c * WIDTH;
    for (int x = 0; x < WIDTH; x++)
        r.first[x] = x;
    for (int isa = (int)peaks->isa; isa >= 0; isa--) {
        if (anew_isa_is_slow((anew_isa)isa))
            continue;
        r.kernels = anew_row_kernels_for((anew_isa)isa);
        for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
            char name[64];
            (void)snprintf(name, sizeof name, "%s_%s", list[i].name, anew_isa_name((anew_isa)isa));
            bench_result result = {.kernel = name,
                                   .shape = list[i].shape,
                                   .bound = "copying in L2",
                                   .unit = "GB/s",
                                   .peak = peaks->copy_l2[0]};
            r.function = list[i].kind;
            /* Resampling writes a row that others read: fresh random values each time, no denormals. */
            for (int c = 0; c < CHANNELS * WIDTH; c++)
                planes[c] = (float)(c % 97) / 97 - 0.5f;
            bench_time(&result, list[i].function, &r, list[i].bytes);
            bench_print(&result, csv);
        }
    }
    for (int b = 0; b < BLOCKS; b++) {
        free(r.in[b]);
        free(r.out[b]);
    }
    free(planes);
    free(r.slope);
    free(r.weight);
}
