/* bench_convolutions.c - each convolution kernel on real layer shapes, one thread. */
#include <stdio.h>
#include <stdlib.h>

#include "bench/kernels/bench_parts.h"
#include "kernels/implementations.h"

#define ROWS 24 /* output rows of one measurement */

typedef struct layer {
    int kernel, in, out, width;
    int stride, dilation, groups; /* 0 is 1 */
} layer;

/* Numbers for the kernels on integers: sources of -0.5 to 0.5, weights likewise. */
#define MOST_CHANNELS 256
static float ones[MOST_CHANNELS], middle[MOST_CHANNELS];
static const anew_conv_int8 integers = {.scale = ones, .zero = middle, .row_scale = ones};

static anew_conv_shape shape_of(const layer *l)
{
    return (anew_conv_shape){.kernel_height = l->kernel,
                             .kernel_width = l->kernel,
                             .stride = l->stride > 0 ? l->stride : 1,
                             .dilation = l->dilation > 0 ? l->dilation : 1,
                             .groups = l->groups > 0 ? l->groups : 1,
                             .in_channels = l->in,
                             .out_channels = l->out,
                             .whole_blocks = true,
                             .int8 = &integers};
}

/* All that a run of ROWS rows needs. */
typedef struct convolution {
    const anew_conv_kernel *kernel;
    int width, in_blocks, out_blocks, source_rows, border;
    size_t row; /* floats */
    float *source, *result;
    const float **sources;
    float **destinations;
    anew_conv_row call;
} convolution;

static void convolve(void *context)
{
    convolution *c = context;
    const anew_conv_kernel *k = c->kernel;
    anew_conv_row *r = &c->call;
    for (int y = 0; y < ROWS; y += k->rows) {
        for (int b = 0; b < c->in_blocks; b++)
            for (int i = 0; i < c->source_rows; i++)
                c->sources[b * c->source_rows + i] =
                    c->source +
                    (size_t)((y * r->stride + i * r->dilation) * c->in_blocks + b) * c->row +
                    c->border * ANEW_BLOCK;
        for (int i = 0; i < k->rows; i++)
            for (int b = 0; b < c->out_blocks; b++)
                c->destinations[i * c->out_blocks + b] =
                    c->result + (size_t)((y + i) * c->out_blocks + b) * c->row;
        for (r->x0 = 0; r->x0 < c->width; r->x0 = r->x1) {
            r->x1 = c->width - r->x0 < k->piece ? c->width : r->x0 + k->piece;
            k->run(r);
        }
    }
}

static void bench_layer(const anew_conv_kernel *k, const layer *l, const bench_peaks *peaks,
                        int csv)
{
    const anew_conv_shape shape = shape_of(l);
    convolution c = {.kernel = k,
                     .width = l->width,
                     .in_blocks = (l->in + 15) / 16,
                     .out_blocks = (l->out + 15) / 16,
                     .source_rows = k->rows - 1 + l->kernel,
                     .border = k->border(&shape)};
    char text[64];
    int length = snprintf(text, sizeof text, "%dx%d %d -> %d width %d", l->kernel, l->kernel, l->in,
                          l->out, l->width);
    if (l->stride > 0)
        length += snprintf(text + length, sizeof text - (size_t)length, " stride %d", l->stride);
    if (l->dilation > 0)
        length +=
            snprintf(text + length, sizeof text - (size_t)length, " dilation %d", l->dilation);
    if (l->groups > 0)
        (void)snprintf(text + length, sizeof text - (size_t)length, " groups %d", l->groups);
    bench_result result = {.kernel = k->name,
                           .shape = text,
                           .bound = "multiply-adds",
                           .unit = "GFLOP/s",
                           .peak = peaks->arithmetic[k->isa][k->exactness][0]};
    c.row = ((size_t)l->width * (size_t)shape.stride + 2 * (size_t)c.border) * ANEW_BLOCK;
    const int high = ROWS * shape.stride + l->kernel * shape.dilation; /* rows of the source */
    float *plain = bench_floats((size_t)l->in * (size_t)l->out * (size_t)(l->kernel * l->kernel));
    float *packed = bench_floats(k->packed_floats(&shape));
    float *bias = bench_floats((size_t)c.out_blocks * ANEW_BLOCK);
    float *scratch = bench_floats(k->scratch_floats(&shape) + 1);
    int *channels = malloc((size_t)c.in_blocks * sizeof *channels);
    c.source = bench_floats(c.row * (size_t)c.in_blocks * (size_t)high);
    c.result = bench_floats(c.row * (size_t)c.out_blocks * ROWS);
    c.sources = malloc((size_t)(c.in_blocks * c.source_rows) * sizeof *c.sources);
    c.destinations = malloc((size_t)(c.out_blocks * k->rows) * sizeof *c.destinations);
    if (channels == NULL || c.sources == NULL || c.destinations == NULL)
        exit(1);
    for (int b = 0; b < c.in_blocks; b++)
        channels[b] = l->in - b * 16 < 16 ? l->in - b * 16 : 16;
    k->pack(packed, plain, &shape);
    const anew_epilogue epilogue = {.kind = ANEW_EPILOGUE_PRELU, .slope = bias};
    c.call = (anew_conv_row){.sources = c.sources,
                             .source_channels = channels,
                             .source_blocks = c.in_blocks,
                             .destinations = c.destinations,
                             .out_blocks = c.out_blocks,
                             .out_channels = l->out,
                             .groups = shape.groups,
                             .weights = packed,
                             .bias = bias,
                             .kernel_height = l->kernel,
                             .kernel_width = l->kernel,
                             .stride = shape.stride,
                             .dilation = shape.dilation,
                             .epilogue = &epilogue,
                             .epilogue_count = 1,
                             .scratch = scratch};
    const double operations =
        2.0 * l->kernel * l->kernel * l->in / shape.groups * l->out * (double)l->width * ROWS;
    const double floats = (double)(c.in_blocks + c.out_blocks) * ANEW_BLOCK * l->width * ROWS +
                          (double)k->packed_floats(&shape);
    result.intensity = operations / (floats * sizeof(float));
    bench_time(&result, convolve, &c, operations);
    bench_print(&result, csv);
    free(plain);
    free(packed);
    free(bias);
    free(scratch);
    free(channels);
    free(c.source);
    free(c.result);
    free((void *)c.sources);
    free(c.destinations);
}

void bench_convolutions(const bench_peaks *peaks, int csv)
{
    static const layer layers[] = {{3, 64, 64, 256, 0, 0, 0},
                                   {3, 64, 64, 64, 0, 0, 0},
                                   {3, 3, 64, 256, 0, 0, 0},
                                   {3, 64, 48, 256, 0, 0, 0},
                                   {3, 64, 3, 256, 0, 0, 0},
                                   {3, 96, 32, 256, 0, 0, 0},
                                   {3, 192, 64, 256, 0, 0, 0},
                                   {1, 64, 32, 256, 0, 0, 0},
                                   {5, 16, 16, 256, 0, 0, 0},
                                   /* SPAN; its 112 channels side by side to 28 */
                                   {3, 28, 28, 256, 0, 0, 0},
                                   {1, 112, 28, 256, 0, 0, 0},
                                   /* few outputs */
                                   {3, 64, 1, 256, 0, 0, 0},
                                   {3, 64, 8, 256, 0, 0, 0},
                                   {5, 32, 3, 256, 0, 0, 0},
                                   /* large kernels, stride, dilation, groups, depthwise */
                                   {9, 3, 64, 256, 0, 0, 0},
                                   {17, 16, 16, 256, 0, 0, 0},
                                   {3, 64, 64, 256, 2, 0, 0},
                                   {3, 64, 64, 256, 3, 0, 0},
                                   {3, 64, 64, 256, 0, 2, 0},
                                   {3, 64, 64, 256, 0, 0, 4},
                                   {3, 60, 60, 256, 0, 0, 4},
                                   {3, 64, 64, 256, 0, 0, 16},
                                   {3, 64, 64, 256, 0, 0, 64},
                                   {7, 64, 64, 256, 0, 0, 64},
                                   {17, 64, 64, 256, 0, 0, 64},
                                   {3, 64, 64, 256, 2, 0, 64},
                                   {5, 64, 64, 256, 0, 3, 64}};
    for (int i = 0; i < MOST_CHANNELS; i++) {
        ones[i] = 1.0f / 255;
        middle[i] = 128;
    }
    for (const anew_conv_kernel *k = anew_conv_kernels; k->name != NULL; k++) {
        /* The baseline calls a library for each multiply-add: too slow to tell anything. */
        if (k->isa > peaks->isa || anew_isa_is_slow(k->isa))
            continue;
        const int most = k->isa > ANEW_ISA_FUSED ? (int)(sizeof layers / sizeof layers[0]) : 2;
        for (int i = 0; i < most; i++) {
            const anew_conv_shape shape = shape_of(&layers[i]);
            if (k->accepts(&shape))
                bench_layer(k, &layers[i], peaks, csv);
        }
    }
}
