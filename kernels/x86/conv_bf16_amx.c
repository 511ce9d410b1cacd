/*
 * conv_bf16_amx.c - direct convolution in bfloat16 on AMX's tiles: lines of 32 channels.
 */
#include "kernels/implementations.h"
#include "kernels/tiles.h"
#include "kernels/x86/vector_avx512.h"

#define BLOCKS_OF_LINE      2
#define PIECE               ANEW_TILES_PIECE
#define PARTS               1
#define PASSES              1
#define MULTIPLY(sum, a, b) _tile_dpbf16ps(sum, a, b)
static const size_t source_term[PASSES] = {0}, weight_term[PASSES] = {0};

#include "kernels/x86/conv_tiles_amx_body.h"
#include "kernels/x86/tiles_bf16_amx.h"

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
