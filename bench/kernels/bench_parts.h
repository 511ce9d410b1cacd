/* bench_parts.h - the parts of the kernel benchmark: peaks, convolutions, row kernels. */
#ifndef BENCH_PARTS_H
#define BENCH_PARTS_H

#include <stddef.h>

#include "kernels/kernels.h"

/* What the machine gives, one thread and several: [0] one, [1] all. Operations and bytes in a second. */
typedef struct bench_peaks {
    anew_isa isa;
    int threads; /* of [1] */
    /* What bounds the kernels of a level and class. */
    double arithmetic[ANEW_ISA_COUNT][ANEW_INT8 + 1][2];
    double load_l1[2], load_l2[2], load_memory[2];
    double copy_l2[2], copy_memory[2]; /* bytes read and written */
    size_t l2_bytes;                   /* of a working set that stays there */
} bench_peaks;

/* One row of the table. */
typedef struct bench_result {
    const char *kernel, *shape, *bound;
    double best, median; /* of `unit` */
    const char *unit;
    double spread; /* (third quartile - first) / median, of the times */
    double peak;   /* of the bound, in `unit` */
    double
        intensity; /* operations for each byte read and written once; 0 where bytes are what is counted */
} bench_result;

/* Prints the peaks as they are measured. */
void bench_measure_peaks(bench_peaks *peaks, int csv);

void bench_convolutions(const bench_peaks *peaks, int csv);
void bench_row_kernels(const bench_peaks *peaks, int csv);

/* Runs function(context) often enough, and fills what the times say; `amount` is the operations or bytes of a call. */
void bench_time(bench_result *result, void (*function)(void *context), void *context,
                double amount);
void bench_print(const bench_result *result, int csv);

/* Random values from -0.5 to 0.5, aligned to 64 bytes; ends the program where there is no memory. */
float *bench_floats(size_t count);

#endif
