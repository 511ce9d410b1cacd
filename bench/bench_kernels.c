/*
 * bench_kernels.c - each convolution kernel on real layer shapes, against the peak of fused multiply-adds
 * measured on this machine in the same minute. One thread.
 *
 *     bench_kernels            a table
 *     bench_kernels --csv      the same as rows
 *     bench_kernels --peak     the peaks only, on one line
 *     bench_kernels few 64     only kernels with "few" in their name, and 64 source channels
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kernels/implementations.h"

#define ROUNDS 11
#define ROWS   24 /* output rows of one measurement */

static double seconds(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static double peak(double (*run)(long), long turns)
{
    double best = 0;
    for (int round = 0; round < ROUNDS; round++) {
        const double started = seconds();
        const double operations = run(turns);
        const double rate = operations / (seconds() - started) * 1e-9;
        if (rate > best)
            best = rate;
    }
    return best;
}

static int ascending(const void *a, const void *b)
{
    const double *left = a, *right = b;
    return (*left > *right) - (*left < *right);
}

static float *random_floats(size_t count)
{
    float *values = aligned_alloc(64, (count * sizeof(float) + 63) / 64 * 64);
    if (values == NULL)
        exit(1);
    for (size_t i = 0; i < count; i++)
        values[i] = (float)rand() / (float)RAND_MAX - 0.5f;
    return values;
}

typedef struct bench_shape {
    int kernel, in, out, width;
    int stride, dilation, groups; /* 0 is 1 */
} bench_shape;

static anew_conv_shape shape_of(const bench_shape *s)
{
    return (anew_conv_shape){.kernel_height = s->kernel,
                             .kernel_width = s->kernel,
                             .stride = s->stride > 0 ? s->stride : 1,
                             .dilation = s->dilation > 0 ? s->dilation : 1,
                             .groups = s->groups > 0 ? s->groups : 1,
                             .in_channels = s->in,
                             .out_channels = s->out,
                             .whole_blocks = true};
}

static void bench_one(const anew_conv_kernel *k, const bench_shape *s, double peak_rate, int csv)
{
    const anew_conv_shape shape = shape_of(s);
    const int in_blocks = (s->in + 15) / 16, out_blocks = (s->out + 15) / 16;
    const int border = k->border(&shape), source_rows = k->rows - 1 + s->kernel;
    const size_t row = ((size_t)s->width * (size_t)shape.stride + 2 * (size_t)border) * ANEW_BLOCK;
    const int reach =
        (s->kernel - 1) * (shape.dilation - 1); /* rows further than without dilation */
    float *plain = random_floats((size_t)s->in * (size_t)s->out * (size_t)(s->kernel * s->kernel));
    float *packed = random_floats(k->packed_floats(&shape));
    float *source =
        random_floats(row * (size_t)in_blocks * (size_t)(ROWS * shape.stride + s->kernel + reach));
    float *result = random_floats(row * (size_t)out_blocks * ROWS);
    float *bias = random_floats((size_t)out_blocks * ANEW_BLOCK);
    float *scratch = random_floats(k->scratch_floats(&shape) + 1);
    const float **sources = malloc((size_t)(in_blocks * source_rows) * sizeof *sources);
    float **destinations = malloc((size_t)(out_blocks * k->rows) * sizeof *destinations);
    int *channels = malloc((size_t)in_blocks * sizeof *channels);
    const anew_epilogue epilogue = {.kind = ANEW_EPILOGUE_PRELU, .slope = bias};
    double times[ROUNDS];
    k->pack(packed, plain, &shape);
    for (int b = 0; b < in_blocks; b++)
        channels[b] = s->in - b * 16 < 16 ? s->in - b * 16 : 16;
    for (int round = -1; round < ROUNDS; round++) {
        const double started = seconds();
        for (int y = 0; y < ROWS; y += k->rows) {
            for (int b = 0; b < in_blocks; b++)
                for (int i = 0; i < source_rows; i++)
                    sources[b * source_rows + i] =
                        source +
                        (size_t)((y * shape.stride + i * shape.dilation) * in_blocks + b) * row +
                        border * ANEW_BLOCK;
            for (int r = 0; r < k->rows; r++)
                for (int b = 0; b < out_blocks; b++)
                    destinations[r * out_blocks + b] =
                        result + (size_t)((y + r) * out_blocks + b) * row;
            anew_conv_row r = {.sources = sources,
                               .source_channels = channels,
                               .source_blocks = in_blocks,
                               .destinations = destinations,
                               .out_blocks = out_blocks,
                               .out_channels = s->out,
                               .groups = shape.groups,
                               .weights = packed,
                               .bias = bias,
                               .kernel_height = s->kernel,
                               .kernel_width = s->kernel,
                               .stride = shape.stride,
                               .dilation = shape.dilation,
                               .epilogue = &epilogue,
                               .epilogue_count = 1,
                               .scratch = scratch};
            for (r.x0 = 0; r.x0 < s->width; r.x0 = r.x1) {
                r.x1 = s->width - r.x0 < k->piece ? s->width : r.x0 + k->piece;
                k->run(&r);
            }
        }
        if (round >= 0)
            times[round] = seconds() - started;
    }
    qsort(times, ROUNDS, sizeof times[0], ascending);
    const double operations =
        2.0 * s->kernel * s->kernel * s->in / shape.groups * s->out * (double)s->width * ROWS;
    const double spread = 100 * (times[ROUNDS * 3 / 4] - times[ROUNDS / 4]) / times[ROUNDS / 2];
    const double best = operations / times[0] * 1e-9,
                 middle = operations / times[ROUNDS / 2] * 1e-9;
    const double share = peak_rate > 0 ? 100 * best / peak_rate : 0;
    if (csv)
        printf("%s,%d,%d,%d,%d,%d,%d,%d,%.2f,%.2f,%.1f,%.1f\n", k->name, s->kernel, s->in, s->out,
               s->width, shape.stride, shape.dilation, shape.groups, best, middle, spread, share);
    else
        printf("%-22s %2dx%-2d %4d ->%3d width %3d stride %d dilation %d groups %2d  best %6.1f "
               "median "
               "%6.1f GFLOP/s  spread %4.1f %%  %5.1f %% of peak\n",
               k->name, s->kernel, s->kernel, s->in, s->out, s->width, shape.stride, shape.dilation,
               shape.groups, best, middle, spread, share);
    free(plain);
    free(packed);
    free(source);
    free(result);
    free(bias);
    free(scratch);
    free((void *)sources);
    free(destinations);
    free(channels);
}

int main(int count, char **arguments)
{
    static const bench_shape shapes[] = {{3, 64, 64, 256, 0, 0, 0},
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
                                         {3, 64, 4, 256, 0, 0, 0},
                                         {3, 64, 8, 256, 0, 0, 0},
                                         {3, 16, 3, 256, 0, 0, 0},
                                         {5, 32, 3, 256, 0, 0, 0},
                                         /* large kernels, stride, dilation, groups, depthwise */
                                         {9, 3, 64, 256, 0, 0, 0},
                                         {9, 32, 3, 256, 0, 0, 0},
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
    const int csv = count > 1 && strcmp(arguments[1], "--csv") == 0;
    const int only_peak = count > 1 && strcmp(arguments[1], "--peak") == 0;
    const char *only_name = count > 1 && arguments[1][0] != '-' ? arguments[1] : "";
    const int only_in = count > 2 ? (int)strtol(arguments[2], NULL, 10) : 0;
    anew_isa isa;
    double peaks[ANEW_ISA_COUNT] = {0};
    (void)anew_isa_detect(&isa, NULL);
#if ANEW_HAVE_X86
    if (isa >= ANEW_ISA_AVX2)
        peaks[ANEW_ISA_CFMA] = peaks[ANEW_ISA_AVX2] = peak(anew_peak_avx2, 2000000);
    if (isa >= ANEW_ISA_AVX512)
        peaks[ANEW_ISA_AVX512] = peak(anew_peak_avx512, 1000000);
#endif
    if (!csv)
        printf("peak of one thread: AVX2 %.1f, AVX-512 %.1f GFLOP/s\n", peaks[ANEW_ISA_AVX2],
               peaks[ANEW_ISA_AVX512]);
    if (only_peak)
        return 0;
    if (csv)
        printf("kernel,size,in,out,width,stride,dilation,groups,best_gflops,median_gflops,spread_"
               "percent,percent_of_peak\n");
    for (const anew_conv_kernel *k = anew_conv_kernels; k->name != NULL; k++) {
        /* The baseline calls a library for each multiply-add: too slow to tell anything. */
        if (strstr(k->name, only_name) == NULL || k->isa > isa ||
            (ANEW_HAVE_X86 && k->isa == ANEW_ISA_C))
            continue;
        const int most = k->isa >= ANEW_ISA_AVX2 ? (int)(sizeof shapes / sizeof shapes[0]) : 2;
        for (int i = 0; i < most; i++) {
            const anew_conv_shape shape = shape_of(&shapes[i]);
            if (k->accepts(&shape) && (only_in == 0 || only_in == shapes[i].in))
                bench_one(k, &shapes[i], peaks[k->isa], csv);
        }
    }
    return 0;
}
