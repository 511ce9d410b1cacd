/*
 * conv_bf16_amx.c - direct convolution in bfloat16 on AMX's tiles: lines of 32 channels.
 */
#include "kernels/implementations.h"
#include "kernels/tiles.h"
#include "kernels/x86/vector_avx512.h"

#define BLOCKS_OF_LINE      2
#define PIECE               ANEW_TILES_PIECE
#define MULTIPLY(sum, a, b) _tile_dpbf16ps(sum, a, b)

#include "kernels/x86/conv_tiles_amx_body.h"

/* Channels first .. first + 15 of pixel x, zeros where there are none; a mask because the lanes past the
 * channels may hold anything. */
INLINE vector channels_of(const anew_conv_row *row, int block, int source_rows, int y, int x)
{
    if (block >= row->source_blocks)
        return _mm512_setzero_ps();
    const __mmask16 used = (__mmask16)((1u << row->source_channels[block]) - 1);
    return _mm512_maskz_loadu_ps(used, row->sources[block * source_rows + y] + x * ANEW_BLOCK);
}

static vector values_of(const convolution *c, const float *sums, int block)
{
    return vector_add(vector_load(sums), vector_load(c->row->bias + block * ANEW_BLOCK));
}

static const float *weights_of(const anew_conv_row *row)
{
    return row->weights;
}

static void round_pixel(const convolution *c, float *to, int y, int line, int x)
{
    const vector low = channels_of(c->row, 2 * line, c->source_rows, y, x);
    const vector high = channels_of(c->row, 2 * line + 1, c->source_rows, y, x);
    _mm512_storeu_si512(to, (__m512i)_mm512_cvtne2ps_pbh(high, low));
}

void anew_conv_bf16_amx(const anew_conv_row *row)
{
    convolve_rows(row, ANEW_TILES_ROWS);
}

void anew_conv_bf16_row_amx(const anew_conv_row *row)
{
    convolve_rows(row, 1);
}
