/*
 * peak_int8_avx512vnni.c - dot products of four u8 by s8 added to s32 sums (vpdpbusd), on registers alone.
 */
#include "kernels/implementations.h"

#if defined(__AVX512VNNI__)
#include <immintrin.h>

#define CHAINS 24

double anew_peak_int8_avx512(long turns)
{
    __m512i sum[CHAINS];
    int out[16];
    const __m512i left = _mm512_set1_epi32(0x01000100), right = _mm512_set1_epi32(0x01ff00ff);
    ANEW_UNROLL for (int i = 0; i < CHAINS; i++) sum[i] = _mm512_set1_epi32(i);
    for (long turn = 0; turn < turns; turn++)
        /* By name: gcc 12 stores every sum of the built-in function in each turn, at 40 % of the speed. */
        ANEW_UNROLL for (int i = 0; i < CHAINS;
                         i++) __asm__("vpdpbusd %2, %1, %0" : "+v"(sum[i]) : "v"(left), "v"(right));
    ANEW_UNROLL for (int i = 1; i < CHAINS; i++) sum[0] = _mm512_xor_si512(sum[0], sum[i]);
    _mm512_storeu_si512(out, sum[0]);
    return (double)turns * CHAINS * 64 * 2 + (out[0] == 0x7fffffff ? 1 : 0);
}
#else
double anew_peak_int8_avx512(long turns)
{
    (void)turns;
    return -1; /* this build's compiler does not know it */
}
#endif
