/*
 * bench_kernels.c - each kernel against its own bound, measured on this machine in the same minute: convolutions
 * against the peak of multiply-adds, row kernels against the bandwidth of the second-level cache.
 *
 *     bench_kernels            tables
 *     bench_kernels --csv      the same as rows
 *     bench_kernels --peaks    the peaks only
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/kernels/bench_parts.h"

#define ROUNDS        11
#define ROUND_SECONDS 2e-3

/* That this thread had a processor: other programs do not count. */
static double seconds(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static int ascending(const void *a, const void *b)
{
    const double *left = a, *right = b;
    return (*left > *right) - (*left < *right);
}

float *bench_floats(size_t count)
{
    float *values = aligned_alloc(64, (count * sizeof(float) + 64) / 64 * 64);
    if (values == NULL)
        exit(1);
    for (size_t i = 0; i < count; i++)
        values[i] = (float)rand() / (float)RAND_MAX - 0.5f;
    return values;
}

void bench_time(bench_result *result, void (*function)(void *context), void *context, double amount)
{
    double times[ROUNDS];
    int calls = 1;
    for (double spent = 0; spent < ROUND_SECONDS / 2 && calls < 1 << 24; calls *= 2) {
        const double started = seconds();
        for (int i = 0; i < calls; i++)
            function(context);
        spent = seconds() - started;
    }
    for (int round = 0; round < ROUNDS; round++) {
        const double started = seconds();
        for (int i = 0; i < calls; i++)
            function(context);
        times[round] = (seconds() - started) / calls;
    }
    qsort(times, ROUNDS, sizeof times[0], ascending);
    result->best = amount / times[0] * 1e-9;
    result->median = amount / times[ROUNDS / 2] * 1e-9;
    result->spread = (times[ROUNDS * 3 / 4] - times[ROUNDS / 4]) / times[ROUNDS / 2];
}

void bench_print(const bench_result *r, int csv)
{
    const double share = r->peak > 0 ? 100 * r->best / (r->peak * 1e-9) : 0;
    if (csv)
        printf("%s,%s,%s,%s,%.2f,%.2f,%.1f,%.1f,%.2f\n", r->kernel, r->shape, r->bound, r->unit,
               r->best, r->median, 100 * r->spread, share, r->intensity);
    else
        printf("%-26s %-28s best %6.1f median %6.1f %-7s spread %4.1f %%  %5.1f %% of %s\n",
               r->kernel, r->shape, r->best, r->median, r->unit, 100 * r->spread, share, r->bound);
    (void)fflush(stdout);
}

int main(int count, char **words)
{
    const int csv = count > 1 && strcmp(words[1], "--csv") == 0;
    const int only_peaks = count > 1 && strcmp(words[1], "--peaks") == 0;
    bench_peaks peaks = {0};
    if (count > 1 && !csv && !only_peaks) {
        fprintf(stderr, "usage: bench_kernels [--csv | --peaks]\n");
        return 2;
    }
    if (csv)
        printf("kernel,shape,bound,unit,best,median,spread_percent,percent_of_bound,operations_per_"
               "byte\n");
    bench_measure_peaks(&peaks, csv);
    if (only_peaks)
        return 0;
    bench_convolutions(&peaks, csv);
    bench_row_kernels(&peaks, csv);
    return 0;
}
