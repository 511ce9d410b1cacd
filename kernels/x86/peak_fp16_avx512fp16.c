/*
 * peak_fp16_avx512fp16.c - fused multiply-adds of fp16, sums in fp16 too (vfmadd...ph), on registers alone.
 */
#include "kernels/implementations.h"

#if defined(__AVX512FP16__)
#include <immintrin.h>

#define CHAINS 24

double anew_peak_fp16_avx512(long turns)
{
    __m512h sum[CHAINS];
    unsigned short out[32];
    /* 0x3bff is just below 1, 0x1000 about 0.0005: the sums stay where they are. */
    const __m512h factor = _mm512_castsi512_ph(_mm512_set1_epi16(0x3bff)),
                  step = _mm512_castsi512_ph(_mm512_set1_epi16(0x1000));
    ANEW_UNROLL for (int i = 0; i < CHAINS; i++) sum[i] =
        _mm512_castsi512_ph(_mm512_set1_epi16((short)(0x3c00 + i)));
    for (long turn = 0; turn < turns; turn++)
        ANEW_UNROLL for (int i = 0; i < CHAINS; i++) sum[i] = _mm512_fmadd_ph(sum[i], factor, step);
    ANEW_UNROLL for (int i = 1; i < CHAINS; i++) sum[0] = _mm512_add_ph(sum[0], sum[i]);
    _mm512_storeu_si512(out, _mm512_castph_si512(sum[0]));
    return (double)turns * CHAINS * 32 * 2 + (out[0] == 0xffff ? 1 : 0);
}
#else
double anew_peak_fp16_avx512(long turns)
{
    (void)turns;
    return -1; /* this build's compiler does not know it */
}
#endif
