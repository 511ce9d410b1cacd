/* transpose_avx512.h - a matrix of 16 by 16 floats transposed in registers. */
#include <immintrin.h>

/* Each group of four rows as a matrix of 4 by 4 pieces of 128 bits, transposed. */
static inline __attribute__((always_inline)) void transpose_pieces(__m512 *a, __m512 *b, __m512 *c,
                                                                   __m512 *d)
{
    const __m512 ab_low = _mm512_shuffle_f32x4(*a, *b, 0x88);  /* a0 a2 b0 b2 */
    const __m512 ab_high = _mm512_shuffle_f32x4(*a, *b, 0xdd); /* a1 a3 b1 b3 */
    const __m512 cd_low = _mm512_shuffle_f32x4(*c, *d, 0x88);
    const __m512 cd_high = _mm512_shuffle_f32x4(*c, *d, 0xdd);
    *a = _mm512_shuffle_f32x4(ab_low, cd_low, 0x88);   /* a0 b0 c0 d0 */
    *b = _mm512_shuffle_f32x4(ab_high, cd_high, 0x88); /* a1 b1 c1 d1 */
    *c = _mm512_shuffle_f32x4(ab_low, cd_low, 0xdd);   /* a2 b2 c2 d2 */
    *d = _mm512_shuffle_f32x4(ab_high, cd_high, 0xdd);
}

/* Within each piece of 128 bits, four rows as a matrix of 4 by 4 floats, transposed. */
static inline __attribute__((always_inline)) void transpose_within(__m512 *a, __m512 *b, __m512 *c,
                                                                   __m512 *d)
{
    const __m512 ab_low = _mm512_unpacklo_ps(*a, *b), ab_high = _mm512_unpackhi_ps(*a, *b);
    const __m512 cd_low = _mm512_unpacklo_ps(*c, *d), cd_high = _mm512_unpackhi_ps(*c, *d);
    *a = _mm512_shuffle_ps(ab_low, cd_low, 0x44);
    *b = _mm512_shuffle_ps(ab_low, cd_low, 0xee);
    *c = _mm512_shuffle_ps(ab_high, cd_high, 0x44);
    *d = _mm512_shuffle_ps(ab_high, cd_high, 0xee);
}

static inline __attribute__((always_inline)) void transpose(__m512 m[16])
{
    for (int i = 0; i < 16; i += 4)
        transpose_within(&m[i], &m[i + 1], &m[i + 2], &m[i + 3]);
    for (int i = 0; i < 4; i++)
        transpose_pieces(&m[i], &m[4 + i], &m[8 + i], &m[12 + i]);
}
