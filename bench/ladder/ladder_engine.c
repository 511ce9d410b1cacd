/*
 * ladder_engine.c - the last row of the table: the kernel that the engine would choose, in its own layout
 * (kernels/kernels.h): blocks of 16 channels, rows by pointers.
 */
#include <stdlib.h>
#include <string.h>

#include "bench/ladder/ladder.h"
#include "kernels/kernels.h"

#define BLOCKS (CHANNELS / ANEW_BLOCK)

static const anew_conv_shape shape = {.kernel_height = 3,
                                      .kernel_width = 3,
                                      .stride = 1,
                                      .dilation = 1,
                                      .groups = 1,
                                      .in_channels = CHANNELS,
                                      .out_channels = CHANNELS,
                                      .whole_blocks = true};
static const anew_conv_kernel *kernel;

/* The workspace: weights, scratch, input rows, output rows; each row is [4 blocks][border + width +
 * border][16]. */
typedef struct regions {
    size_t scratch, in, out, end; /* in floats; weights begin at 0 */
    size_t line;                  /* of one block of one row */
    size_t border;                /* from a line's start to pixel 0 */
} regions;

static size_t round_up(size_t floats)
{
    return (floats + ANEW_BLOCK - 1) / ANEW_BLOCK * ANEW_BLOCK;
}

static regions regions_of(int height, int width)
{
    regions r = {0};
    const size_t pixels = (size_t)kernel->border(&shape);
    r.border = pixels * ANEW_BLOCK;
    r.line = ((size_t)width + 2 * pixels) * ANEW_BLOCK;
    r.scratch = round_up(kernel->packed_floats(&shape));
    r.in = r.scratch + round_up(kernel->scratch_floats(&shape));
    r.out = r.in + (size_t)(height + 2) * BLOCKS * r.line;
    r.end = r.out + (size_t)height * BLOCKS * r.line;
    return r;
}

static size_t engine_floats(int height, int width)
{
    return regions_of(height, width).end;
}

static void engine_prepare(float *workspace, const float *weights)
{
    kernel->pack(workspace, weights, &shape);
}

static void engine_enter(float *workspace, const float *in, int height, int width)
{
    const regions r = regions_of(height, width);
    float *rows = workspace + r.in;
    memset(rows, 0, (r.out - r.in) * sizeof(float));
    for (int y = 0; y < height + 2; y++)
        for (int x = -1; x <= width; x++)
            for (int block = 0; block < BLOCKS; block++)
                memcpy(rows + (size_t)(y * BLOCKS + block) * r.line + r.border + x * ANEW_BLOCK,
                       in + (y * (width + 2) + x + 1) * CHANNELS + block * ANEW_BLOCK,
                       ANEW_BLOCK * sizeof(float));
}

static void engine_leave(float *out, const float *workspace, int height, int width)
{
    const regions r = regions_of(height, width);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            for (int block = 0; block < BLOCKS; block++)
                memcpy(out + (y * width + x) * CHANNELS + block * ANEW_BLOCK,
                       workspace + r.out + (size_t)(y * BLOCKS + block) * r.line + r.border +
                           x * ANEW_BLOCK,
                       ANEW_BLOCK * sizeof(float));
}

static void engine_run(float *out, const float *in, float *workspace, int height, int width)
{
    static const float bias[CHANNELS];
    static const int channels[BLOCKS] = {ANEW_BLOCK, ANEW_BLOCK, ANEW_BLOCK, ANEW_BLOCK};
    const regions r = regions_of(height, width);
    const float *sources[BLOCKS * 8];
    float *destinations[BLOCKS * 8];
    const int source_rows = kernel->rows + 2;
    (void)out, (void)in;
    for (int y = 0; y < height; y += kernel->rows) {
        for (int block = 0; block < BLOCKS; block++) {
            for (int i = 0; i < source_rows; i++)
                sources[block * source_rows + i] =
                    workspace + r.in + (size_t)((y + i) * BLOCKS + block) * r.line + r.border;
            for (int i = 0; i < kernel->rows; i++)
                destinations[i * BLOCKS + block] =
                    workspace + r.out + (size_t)((y + i) * BLOCKS + block) * r.line + r.border;
        }
        anew_conv_row row = {.sources = sources,
                             .source_channels = channels,
                             .source_blocks = BLOCKS,
                             .destinations = destinations,
                             .out_blocks = BLOCKS,
                             .weights = workspace,
                             .bias = bias,
                             .kernel_height = 3,
                             .kernel_width = 3,
                             .stride = 1,
                             .dilation = 1,
                             .scratch = workspace + r.scratch};
        for (row.x0 = 0; row.x0 < width; row.x0 = row.x1) {
            row.x1 = width - row.x0 < kernel->piece ? width : row.x0 + kernel->piece;
            kernel->run(&row);
        }
    }
}

rung ladder_engine(void)
{
    const char *limit = getenv("ANEW_CPU");
    anew_isa isa;
    if (!anew_isa_detect(&isa, limit != NULL ? limit : "avx2"))
        (void)anew_isa_detect(&isa, NULL);
    kernel = anew_conv_select(&shape, isa, ANEW_FAST, false);
    return (rung){.name = kernel->name,
                  .idea = "the engine's own",
                  .tolerance = 1e-4,
                  .threads = 1,
                  .floats = engine_floats,
                  .prepare = engine_prepare,
                  .run = engine_run,
                  .enter = engine_enter,
                  .leave = engine_leave};
}
