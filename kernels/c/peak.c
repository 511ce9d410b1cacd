/*
 * peak.c - the yardsticks of peaks.h for CPUs without a loop of their own: vectors of four floats, as the compiler
 * makes them of the baseline. Where that has a fused multiply-add (Arm), it is one (the Makefile lets this
 * file's multiplications and additions be joined).
 */
#include "kernels/c/suffix.h"
#include "kernels/peaks.h"

#include "kernels/implementations.h"

typedef float four __attribute__((vector_size(16)));

#define LANES               4
#define CHAINS              12
#define vector              four
#define vector_repeat(v)    ((four){v, v, v, v})
#define vector_fma(a, b, c) ((a) * (b) + (c))
#define vector_add(a, b)    ((a) + (b))
#define vector_load(p)      (*(const four *)(const void *)(p))
#define vector_store(p, v)  (*(four *)(void *)(p) = (v))

#define NAME ANEW_KERNEL(anew_peak)
#define LOAD ANEW_KERNEL(anew_load)
#define COPY ANEW_KERNEL(anew_copy)
#include "kernels/peak_body.h"
#include "kernels/peak_memory_body.h"
