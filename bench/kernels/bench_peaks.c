/*
 * bench_peaks.c - what this machine can do at most: arithmetic by kind of number, reading and copying by where the
 * data lie; with one thread, and with all that the process may use.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/kernels/bench_parts.h"
#include "core/parallel.h"
#include "exec/machine_peak.h"

#define PEAK_SECONDS   0.05
#define MEMORY_SECONDS 0.6
#define L1_BYTES       ((size_t)16 << 10)
#define L2_AT_LEAST    ((size_t)256 << 10)
#define MEMORY_BYTES                                                                               \
    ((size_t)256 << 20) /* of each thread: several times what a third level holds */

static void print(const char *what, const double rate[2], int threads, const char *unit, int csv)
{
    if (csv) {
        printf("peak,%s,1 thread,%s,%.2f,,,,\n", what, unit, rate[0] * 1e-9);
        if (threads > 1)
            printf("peak,%s,%d threads,%s,%.2f,,,,\n", what, threads, unit, rate[1] * 1e-9);
    } else {
        printf("peak of %-34s %8.1f", what, rate[0] * 1e-9);
        if (threads > 1)
            printf("  with %d threads %8.1f", threads, rate[1] * 1e-9);
        printf(" %s\n", unit);
    }
    (void)fflush(stdout);
}

static size_t half_of_l2(void)
{
#if defined(_SC_LEVEL2_CACHE_SIZE)
    const long bytes = sysconf(_SC_LEVEL2_CACHE_SIZE);
    if (bytes > (long)L2_AT_LEAST)
        return (size_t)bytes / 2;
#endif
    return L2_AT_LEAST / 2;
}

static void measure_arithmetic(bench_peaks *peaks, int csv)
{
    for (const anew_peak *peak = anew_peaks; peak->name != NULL; peak++) {
        const char *missing = peak->missing();
        double rates[2] = {0};
        if (missing != NULL) {
            printf(csv ? "peak,%s,not run: %s,,,,,,\n" : "peak of %-34s not run: %s\n", peak->name,
                   missing);
            continue;
        }
        rates[0] = anew_measure_peak(peak, 1, PEAK_SECONDS);
        if (peaks->threads > 1)
            rates[1] = anew_measure_peak(peak, peaks->threads, PEAK_SECONDS);
        print(peak->name, rates, peaks->threads, "Gop/s", csv);
        for (int isa = 0; isa <= (int)peaks->isa; isa++)
            for (int class = ANEW_EXACT; class <= (int)ANEW_INT8; class ++)
                if (anew_peak_of_kernels((anew_isa)isa, (anew_exactness) class) == peak)
                    memcpy(peaks->arithmetic[isa][class], rates, sizeof rates);
    }
}

typedef double (*memory_function)(anew_isa isa, size_t bytes, int threads, double seconds);

static void measure_memory(double rates[2], memory_function measure, const char *what, size_t bytes,
                           const bench_peaks *peaks, int csv)
{
    rates[0] = measure(peaks->isa, bytes, 1, MEMORY_SECONDS);
    if (peaks->threads > 1)
        rates[1] = measure(peaks->isa, bytes, peaks->threads, MEMORY_SECONDS);
    print(what, rates, peaks->threads, "GB/s", csv);
}

void bench_measure_peaks(bench_peaks *peaks, int csv)
{
    (void)anew_isa_detect(&peaks->isa, NULL);
    peaks->threads = anew_parallel_threads();
    peaks->l2_bytes = half_of_l2();
    measure_arithmetic(peaks, csv);
    measure_memory(peaks->load_l1, anew_measure_load, "reading the first-level cache", L1_BYTES,
                   peaks, csv);
    measure_memory(peaks->load_l2, anew_measure_load, "reading the second-level cache",
                   peaks->l2_bytes, peaks, csv);
    measure_memory(peaks->load_memory, anew_measure_load, "reading memory", MEMORY_BYTES, peaks,
                   csv);
    measure_memory(peaks->copy_l2, anew_measure_copy, "copying in the second-level cache",
                   peaks->l2_bytes / 2, peaks, csv);
    measure_memory(peaks->copy_memory, anew_measure_copy, "copying in memory", MEMORY_BYTES, peaks,
                   csv);
}
