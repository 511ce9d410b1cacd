/*
 * moving_avx512.c - between arrangements of channels, 16 pixels at a time: a block of 16 pixels is a matrix
 * of 16 by 16 floats that is transposed in registers. Ragged ends go through the plain C kernels.
 */
#include "kernels/implementations.h"
#include "kernels/x86/transpose_avx512.h"

#define INLINE static inline __attribute__((always_inline))

void anew_upsample_nearest_avx512(float *destination, const float *source, int width_out,
                                  int factor)
{
    int x = 0;
    for (; x + factor <= width_out; source += ANEW_BLOCK) {
        const __m512 pixel = _mm512_loadu_ps(source);
        for (int i = 0; i < factor; i++, x++)
            _mm512_storeu_ps(destination + x * ANEW_BLOCK, pixel);
    }
    for (; x < width_out; x++)
        _mm512_storeu_ps(destination + x * ANEW_BLOCK, _mm512_loadu_ps(source));
}

void anew_planar_to_blocks_avx512(float *const *destinations, const float *const *planes,
                                  int channels, int r, int width)
{
    const int lanes = channels * r * r;
    const __m512i steps =
        _mm512_mullo_epi32(_mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
                           _mm512_set1_epi32(r));
    for (int first = 0; first < lanes; first += ANEW_BLOCK) {
        float *const destination = destinations[first / ANEW_BLOCK];
        const int used = lanes - first < ANEW_BLOCK ? lanes - first : ANEW_BLOCK;
        for (int x = 0; x < width; x += ANEW_BLOCK) {
            const int pixels = width - x < ANEW_BLOCK ? width - x : ANEW_BLOCK;
            const __mmask16 there = (__mmask16)((1u << pixels) - 1);
            __m512 m[ANEW_BLOCK];
            for (int lane = 0; lane < ANEW_BLOCK; lane++) {
                const int channel = first + lane; /* c * r * r + i * r + j */
                m[lane] = _mm512_setzero_ps();
                if (lane >= used)
                    continue;
                const float *source = planes[channel / r] + channel % r + x * r;
                m[lane] = r == 1 ? _mm512_maskz_loadu_ps(there, source)
                                 : _mm512_mask_i32gather_ps(m[lane], there, steps, source, 4);
            }
            transpose(m);
            for (int i = 0; i < pixels; i++)
                _mm512_storeu_ps(destination + (x + i) * ANEW_BLOCK, m[i]);
        }
    }
}

/* A block that is one colour's 4 by 4 samples (r = 4): piece i of a pixel goes to row i. Returns the
 * pixels done. */
INLINE int four_rows(float *const *planes, const float *source, int width,
                     const float *const *residual, int factor)
{
    /* Four pixels' residuals, each four times (factor 4), or sixteen as they are (factor 1). */
    const __m512i repeat = _mm512_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3);
    int x = 0;
    for (; x + 4 <= width; x += 4) {
        __m512 row[4];
        for (int i = 0; i < 4; i++)
            row[i] = _mm512_loadu_ps(source + (x + i) * ANEW_BLOCK);
        transpose_pieces(&row[0], &row[1], &row[2], &row[3]);
        for (int i = 0; i < 4; i++) {
            if (residual != NULL && factor == 1)
                row[i] = _mm512_add_ps(row[i], _mm512_loadu_ps(residual[i] + x * 4));
            else if (residual != NULL)
                row[i] = _mm512_add_ps(
                    row[i], _mm512_permutexvar_ps(
                                repeat, _mm512_castps128_ps512(_mm_loadu_ps(residual[i] + x))));
            _mm512_storeu_ps(planes[i] + x * 4, row[i]);
        }
    }
    return x;
}

/* Channels `first` and up, at most 16 of them, to planes of the same size (r = 1). */
INLINE int sixteen_planes(float *const *planes, const float *source, int used, int width)
{
    int x = 0;
    for (; x + ANEW_BLOCK <= width; x += ANEW_BLOCK) {
        __m512 m[ANEW_BLOCK];
        for (int i = 0; i < ANEW_BLOCK; i++)
            m[i] = _mm512_loadu_ps(source + (x + i) * ANEW_BLOCK);
        transpose(m);
        for (int lane = 0; lane < used; lane++)
            _mm512_storeu_ps(planes[lane] + x, m[lane]);
    }
    return x;
}

void anew_blocks_to_planar_avx512(float *const *planes, const float *const *sources, int channels,
                                  int r, int width, const float *const *residual, int factor)
{
    const bool by_rows = r == 4 && (residual == NULL || factor == 4 || factor == 1);
    const bool by_planes = r == 1 && residual == NULL;
    if (!by_rows && !by_planes) {
        anew_blocks_to_planar_cfma(planes, sources, channels, r, width, residual, factor);
        return;
    }
    for (int first = 0; first < channels * r * r; first += ANEW_BLOCK) {
        const float *const source = sources[first / ANEW_BLOCK];
        const int left = channels * r * r - first, used = left < ANEW_BLOCK ? left : ANEW_BLOCK;
        float *const *to = planes + first / r;
        const float *const *added = residual == NULL ? NULL : residual + first / r;
        int x = by_rows ? four_rows(to, source, width, added, factor)
                        : sixteen_planes(to, source, used, width);
        for (; x < width; x++)
            for (int lane = 0; lane < used; lane++) {
                const float v = source[x * ANEW_BLOCK + lane];
                const int at = x * r + lane % r;
                to[lane / r][at] = added == NULL ? v : v + added[lane / r][at / factor];
            }
    }
}
