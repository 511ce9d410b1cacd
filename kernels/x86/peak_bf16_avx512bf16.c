/*
 * peak_bf16_avx512bf16.c - dot products of pairs of bf16 added to f32 sums (vdpbf16ps), on registers alone.
 */
#include "kernels/implementations.h"

#if defined(__AVX512BF16__)
#include <immintrin.h>

#define CHAINS 24

double anew_peak_bf16_avx512(long turns)
{
    __m512 sum[CHAINS];
    float out[16];
    const __m512bh factor = _mm512_cvtne2ps_pbh(_mm512_set1_ps(1e-3f), _mm512_set1_ps(-1e-3f));
    ANEW_UNROLL for (int i = 0; i < CHAINS; i++) sum[i] = _mm512_set1_ps((float)i);
    for (long turn = 0; turn < turns; turn++)
        ANEW_UNROLL for (int i = 0; i < CHAINS; i++) sum[i] =
            _mm512_dpbf16_ps(sum[i], factor, factor);
    ANEW_UNROLL for (int i = 1; i < CHAINS; i++) sum[0] = _mm512_add_ps(sum[0], sum[i]);
    _mm512_storeu_ps(out, sum[0]);
    return (double)turns * CHAINS * 32 * 2 + (out[0] < -1e30f ? 1 : 0);
}
#else
double anew_peak_bf16_avx512(long turns)
{
    (void)turns;
    return -1; /* this build's compiler does not know it */
}
#endif
