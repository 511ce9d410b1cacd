/* eight.h - eight floats that are added and multiplied at once. */
#ifndef ANEW_BENCH_EIGHT_H
#define ANEW_BENCH_EIGHT_H

/* GCC and Clang turn this into AVX2, NEON or
 * plain instructions, whichever the flags allow; a scalar beside a vector is repeated. */
typedef float vector __attribute__((vector_size(32), aligned(4), may_alias));

static inline vector load(const float *from)
{
    return *(const vector *)from;
}

static inline void store(float *to, vector v)
{
    *(vector *)to = v;
}

#endif
