/*
 * peaks.h - loops that do nothing but what they are named after: the yardsticks for the kernels' speed. They are
 * measured by src/exec/machine_peak.c, for bench/ and for `anew --profile`.
 */
#ifndef ANEW_KERNELS_PEAKS_H
#define ANEW_KERNELS_PEAKS_H

#include "kernels/kernels.h"

/* Arithmetic on registers (AMX: on tiles) alone. */
typedef struct anew_peak {
    const char *name;
    /* Runs so many turns and returns the operations done, a multiplication and an addition counted as two. */
    double (*run)(long turns);
    /* NULL where this CPU, system and build can run it, else the reason why not. */
    const char *(*missing)(void);
} anew_peak;

/* All of this build; ends with a NULL name. */
extern const anew_peak anew_peaks[];

/* The multiply-add in f32 of a CPU level. */
const anew_peak *anew_peak_of(anew_isa isa);

/* What bounds a convolution kernel of this level and class: the same, but for products of bfloat16 and of
 * integers on instructions of their own. */
const anew_peak *anew_peak_of_kernels(anew_isa isa, anew_exactness exactness);

/* Reads `floats` (a multiple of 256) from `data` (aligned to 64 bytes), `turns` times, and does as little with
 * them as keeps the compiler from leaving it out. Returns the bytes read. */
typedef double (*anew_load_function)(const float *data, size_t floats, long turns);

/* Copies them likewise. Returns the bytes read and written. */
typedef double (*anew_copy_function)(float *destination, const float *source, size_t floats,
                                     long turns);

anew_load_function anew_load_of(anew_isa isa);
anew_copy_function anew_copy_of(anew_isa isa);

#endif
