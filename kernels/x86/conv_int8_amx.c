/*
 * conv_int8_amx.c - direct convolution on integers of 8 bits (int8.h) on AMX's tiles: lines of 64 channels.
 */
#include "kernels/implementations.h"
#include "kernels/int8.h"
#include "kernels/tiles.h"
#include "kernels/x86/vector_avx512.h"

#define BLOCKS_OF_LINE      4
#define PIECE               ANEW_INT8_PIECE
#define MULTIPLY(sum, a, b) _tile_dpbusd(sum, a, b)

#include "kernels/x86/conv_tiles_amx_body.h"

/* A NaN takes the second operand of the maximum. Bytes of channels that are not there meet weights of 0. */
static void round_pixel(const convolution *c, float *to, int y, int line, int x)
{
    const anew_int8_packed p = anew_int8_parts(c->row);
    for (int b = 4 * line; b < 4 * line + 4; b++, to += 4) {
        __m128i bytes = _mm_setzero_si128();
        if (b < c->row->source_blocks) {
            const vector value =
                vector_load(c->row->sources[b * c->source_rows + y] + x * ANEW_BLOCK);
            const vector v =
                _mm512_max_ps(vector_fma(value, vector_load(p.inverse + b * ANEW_BLOCK),
                                         vector_load(p.zero + b * ANEW_BLOCK)),
                              _mm512_setzero_ps());
            bytes =
                _mm512_cvtusepi32_epi8(_mm512_cvtps_epi32(_mm512_min_ps(v, vector_repeat(255.0f))));
        }
        _mm_storeu_si128((__m128i *)(void *)to, bytes);
    }
}

static vector values_of(const convolution *c, const float *sums, int block)
{
    const anew_int8_packed p = anew_int8_parts(c->row);
    const __m512i sum = _mm512_sub_epi32(_mm512_loadu_si512(sums),
                                         _mm512_loadu_si512(p.offset + block * ANEW_BLOCK));
    return vector_fma(_mm512_cvtepi32_ps(sum), vector_load(p.factor + block * ANEW_BLOCK),
                      vector_load(c->row->bias + block * ANEW_BLOCK));
}

static const float *weights_of(const anew_conv_row *row)
{
    return (const float *)(const void *)anew_int8_parts(row).weights;
}

void anew_conv_int8_amx(const anew_conv_row *row)
{
    convolve_rows(row, ANEW_INT8_ROWS);
}

void anew_conv_int8_row_amx(const anew_conv_row *row)
{
    convolve_rows(row, 1);
}
