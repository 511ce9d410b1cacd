/*
 * ladder.c - runs every rung on the same random picture, holds each one against the naive rung, and prints how
 * fast each is.
 *
 *     ladder           a table, of 192 x 192 pixels
 *     ladder --check   no times: only the comparison, on 24 x 36 pixels; for the tests
 *
 * The rungs take turns, so that a busy machine is slow for all of them; the best of the rounds counts, and
 * so it does for the peak, which is measured in every round.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/ladder/ladder.h"
#include "kernels/kernels.h"

#define ROUNDS     7
#define PEAK_TURNS 1000000L
#define MOST_RUNGS 8

static double seconds(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static float *floats(size_t count)
{
    float *memory = aligned_alloc(64, (count * sizeof(float) + 63) / 64 * 64);
    if (memory == NULL) {
        fprintf(stderr, "ladder: no memory for %zu floats\n", count);
        exit(1);
    }
    return memory;
}

/* -1 .. 1, the same ones every time. */
static float random_value(unsigned *state)
{
    *state = *state * 1664525u + 1013904223u;
    return (float)(*state >> 8) / (float)(1 << 23) - 1;
}

/* Infinite where one of them is no number. */
static double largest_difference(const float *a, const float *b, size_t count)
{
    double largest = 0;
    for (size_t i = 0; i < count; i++) {
        const double difference = fabs((double)a[i] - (double)b[i]);
        largest = isnan(difference) ? INFINITY : fmax(largest, difference);
    }
    return largest;
}

int main(int count, char **arguments)
{
    const int check = count > 1 && strcmp(arguments[1], "--check") == 0;
    const int height = check ? 24 : 192, width = check ? 36 : 192;
    const rung rungs[] = {rung_naive, rung_im2col,        rung_registers, rung_winograd,
                          rung_tiles, rung_tiles_threads, ladder_engine()};
    const int rung_count = (int)(sizeof rungs / sizeof rungs[0]);
    const size_t in_floats = (size_t)(height + 2) * (size_t)(width + 2) * CHANNELS;
    const size_t out_floats = (size_t)height * (size_t)width * CHANNELS;
    anew_isa isa;
    (void)anew_isa_detect(&isa, NULL);
#if LADDER_NEEDS_AVX2
    if (isa < ANEW_ISA_AVX2) {
        printf("SKIP ladder: it is built for AVX2, which this CPU lacks\n");
        return 0;
    }
#endif
    unsigned state = 1;
    float *in = floats(in_floats), *out = floats(out_floats), *expected = floats(out_floats);
    float *weights = floats((size_t)CHANNELS * CHANNELS * TAPS);
    float *workspaces[MOST_RUNGS];
    double best[MOST_RUNGS], differences[MOST_RUNGS], peak = 0, largest = 0;
    for (size_t i = 0; i < in_floats; i++) {
        const size_t pixel = i / CHANNELS, line = (size_t)width + 2;
        const size_t y = pixel / line, x = pixel % line;
        const int border = y == 0 || y > (size_t)height || x == 0 || x > (size_t)width;
        in[i] = border ? 0 : random_value(&state);
    }
    for (size_t i = 0; i < (size_t)CHANNELS * CHANNELS * TAPS; i++)
        weights[i] = random_value(&state);

    int failed = 0;
    for (int i = 0; i < rung_count; i++) {
        const rung *r = &rungs[i];
        workspaces[i] = floats(r->floats(height, width));
        best[i] = INFINITY;
        r->prepare(workspaces[i], weights);
        if (r->enter != NULL)
            r->enter(workspaces[i], in, height, width);
        memset(out, 0xff, out_floats * sizeof(float)); /* NaN where nothing is written */
        r->run(out, in, workspaces[i], height, width);
        if (r->leave != NULL)
            r->leave(out, workspaces[i], height, width);
        if (i == 0) {
            memcpy(expected, out, out_floats * sizeof(float));
            for (size_t k = 0; k < out_floats; k++)
                largest = fmax(largest, fabs((double)out[k]));
        }
        differences[i] = largest_difference(out, expected, out_floats) / largest;
        if (!(differences[i] <= r->tolerance)) {
            fprintf(stderr,
                    "ladder: %s differs from naive by %.1e of the largest value, not %.0e\n",
                    r->name, differences[i], r->tolerance);
            failed = 1;
        }
    }
    for (int round = 0; round < ROUNDS && !check && !failed; round++) {
        double started = seconds();
        const double operations = ladder_peak(PEAK_TURNS);
        peak = fmax(peak, operations / (seconds() - started));
        for (int i = 0; i < rung_count; i++) {
            started = seconds();
            rungs[i].run(out, in, workspaces[i], height, width);
            best[i] = fmin(best[i], seconds() - started);
        }
    }
    if (!check && !failed) {
        /* Every rung is credited with the naive one's operations, whatever it really does. */
        const double operations = 2.0 * TAPS * CHANNELS * (double)out_floats;
        printf(
            "3x3, 64 -> 64 channels, %dx%d pixels, %.2f GFLOP; peak of one thread %.0f GFLOP/s\n\n",
            width, height, operations * 1e-9, peak * 1e-9);
        printf("%-20s %-36s %9s %9s %9s %9s %11s\n", "rung", "idea", "ms", "GFLOP/s", "of peak",
               "speed-up", "difference");
        for (int i = 0; i < rung_count; i++)
            printf("%-20s %-36s %9.1f %9.1f %8.0f%% %8.1fx %11.1e\n", rungs[i].name, rungs[i].idea,
                   best[i] * 1e3, operations / best[i] * 1e-9,
                   100 * operations / best[i] / (peak * rungs[i].threads), best[0] / best[i],
                   differences[i]);
    }
    for (int i = 0; i < rung_count; i++)
        free(workspaces[i]);
    free(in);
    free(out);
    free(expected);
    free(weights);
    if (check && !failed)
        printf("ladder: %d rungs agree with the naive one\n", rung_count - 1);
    return failed;
}
