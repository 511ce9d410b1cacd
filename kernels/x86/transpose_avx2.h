/* transpose_avx2.h - a matrix of 8 by 8 floats transposed in registers. */
#include <immintrin.h>

static inline __attribute__((always_inline)) void transpose(__m256 m[8])
{
    __m256 pairs[8], fours[8];
    /* Within each half of 128 bits, four rows as a matrix of 4 by 4 floats. */
    for (int i = 0; i < 8; i += 2) {
        pairs[i] = _mm256_unpacklo_ps(m[i], m[i + 1]);
        pairs[i + 1] = _mm256_unpackhi_ps(m[i], m[i + 1]);
    }
    for (int i = 0; i < 8; i += 4) {
        fours[i] = _mm256_shuffle_ps(pairs[i], pairs[i + 2], 0x44);
        fours[i + 1] = _mm256_shuffle_ps(pairs[i], pairs[i + 2], 0xee);
        fours[i + 2] = _mm256_shuffle_ps(pairs[i + 1], pairs[i + 3], 0x44);
        fours[i + 3] = _mm256_shuffle_ps(pairs[i + 1], pairs[i + 3], 0xee);
    }
    /* Then the halves. */
    for (int i = 0; i < 4; i++) {
        m[i] = _mm256_permute2f128_ps(fours[i], fours[i + 4], 0x20);
        m[i + 4] = _mm256_permute2f128_ps(fours[i], fours[i + 4], 0x31);
    }
}
