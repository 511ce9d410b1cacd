/*
 * conv_direct_body.h - the direct convolution on vectors, written once; an including file brings the
 * vector vocabulary and its tile:
 *
 *     NAME         the function's name
 *     TILE_BLOCKS  output blocks of the wide tile (1 or 2)
 *     TILE_PIXELS  pixels of the wide tile
 *     LAST_PIXELS  pixels of the tile for a single last block
 *     MOST_SUMS    vectors of sums of the largest tile
 *
 * A tile is PIXELS x BLOCKS x 16 sums that stay in registers for the whole chain over ky, kx and all
 * source channels. In each turn of the inner loop one source channel meets its 16 x BLOCKS weights:
 * the weights are loaded once, each pixel's value is repeated across a vector, and every sum takes one
 * fused multiply-add. Weights are read front to back.
 *
 * A row that is not a multiple of the tile ends with a tile moved left over pixels already done (the
 * same values are stored again); rows narrower than a tile take tiles of 4 and 1 pixels.
 */
#include "kernels/kernels.h"

#define VECTORS (ANEW_BLOCK / LANES) /* of one block */

#if defined(__clang__)
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 64")
#endif
#define INLINE static inline __attribute__((always_inline))

/* One epilogue on a tile's sums. */
INLINE void tile_epilogue(vector *sum, const anew_epilogue *e, int block, int x, const int pixels,
                          const int blocks)
{
    switch (e->kind) {
    case ANEW_EPILOGUE_PRELU:
        UNROLL for (int v = 0; v < blocks * VECTORS; v++)
        {
            const vector slope = vector_load(e->slope + block * ANEW_BLOCK + v * LANES);
            UNROLL for (int p = 0; p < pixels; p++)
            {
                vector *s = &sum[p * blocks * VECTORS + v];
                *s = vector_positive_or(*s, vector_mul(*s, slope));
            }
        }
        break;
    case ANEW_EPILOGUE_RELU:
        UNROLL for (int i = 0; i < pixels * blocks * VECTORS; i++) sum[i] =
            vector_positive_or(sum[i], vector_repeat(0.0f));
        break;
    case ANEW_EPILOGUE_SCALE:
        UNROLL for (int i = 0; i < pixels * blocks * VECTORS; i++) sum[i] =
            vector_mul(sum[i], vector_repeat(e->factor));
        break;
    case ANEW_EPILOGUE_ADD:
        UNROLL for (int v = 0; v < blocks * VECTORS; v++)
        {
            const float *added =
                e->rows[block + v / VECTORS] + x * ANEW_BLOCK + v % VECTORS * LANES;
            UNROLL for (int p = 0; p < pixels; p++)
            {
                vector *s = &sum[p * blocks * VECTORS + v];
                *s = vector_add(*s, vector_load(added + p * ANEW_BLOCK));
            }
        }
        break;
    }
}

INLINE void tile(const anew_conv_row *row, int block, size_t block_floats, int x, const int pixels,
                 const int blocks)
{
    const int vectors = blocks * VECTORS;
    vector sum[MOST_SUMS];
    const float *weight = row->weights + (size_t)block * block_floats;
    UNROLL for (int v = 0; v < vectors; v++)
    {
        const vector bias = vector_load(row->bias + block * ANEW_BLOCK + v * LANES);
        UNROLL for (int p = 0; p < pixels; p++) sum[p * vectors + v] = bias;
    }
    for (int ky = 0; ky < row->kernel_height; ky++) {
        for (int kx = 0; kx < row->kernel_width; kx++) {
            const int shift = (x + kx - row->kernel_width / 2) * ANEW_BLOCK;
            for (int b = 0; b < row->source_blocks; b++) {
                const float *source = row->sources[b * row->kernel_height + ky] + shift;
                const float *const end = source + row->source_channels[b];
                for (; source < end; source++) {
                    vector w[2 * VECTORS];
                    UNROLL for (int v = 0; v < vectors; v++) w[v] = vector_load(
                        weight + (size_t)(v / VECTORS) * block_floats + v % VECTORS * LANES);
                    UNROLL for (int p = 0; p < pixels; p++)
                    {
                        const vector value = vector_repeat(source[p * ANEW_BLOCK]);
                        UNROLL for (int v = 0; v < vectors; v++) sum[p * vectors + v] =
                            vector_fma(value, w[v], sum[p * vectors + v]);
                    }
                    weight += ANEW_BLOCK;
                }
            }
        }
    }
    for (int i = 0; i < row->epilogue_count; i++)
        tile_epilogue(sum, &row->epilogue[i], block, x, pixels, blocks);
    UNROLL for (int v = 0; v < vectors; v++)
    {
        float *destination =
            row->destinations[block + v / VECTORS] + x * ANEW_BLOCK + v % VECTORS * LANES;
        UNROLL for (int p = 0; p < pixels; p++)
            vector_store(destination + p * ANEW_BLOCK, sum[p * vectors + v]);
    }
}

/* All pixels of `blocks` output blocks from `block` on. */
INLINE void blocks_of_row(const anew_conv_row *row, int block, size_t block_floats,
                          const int pixels, const int blocks)
{
    int x = row->x0;
    if (row->x1 - x >= pixels) {
        for (; x + pixels <= row->x1; x += pixels)
            tile(row, block, block_floats, x, pixels, blocks);
        if (x < row->x1)
            tile(row, block, block_floats, row->x1 - pixels, pixels, blocks);
        return;
    }
    for (; x + 4 <= row->x1; x += 4)
        tile(row, block, block_floats, x, 4, blocks);
    for (; x < row->x1; x++)
        tile(row, block, block_floats, x, 1, blocks);
}

void NAME(const anew_conv_row *row)
{
    int in_channels = 0;
    for (int b = 0; b < row->source_blocks; b++)
        in_channels += row->source_channels[b];
    const size_t block_floats =
        (size_t)row->kernel_height * (size_t)row->kernel_width * (size_t)in_channels * ANEW_BLOCK;
    int block = 0;
    for (; block + TILE_BLOCKS <= row->out_blocks; block += TILE_BLOCKS)
        blocks_of_row(row, block, block_floats, TILE_PIXELS, TILE_BLOCKS);
#if TILE_BLOCKS > 1
    if (block < row->out_blocks)
        blocks_of_row(row, block, block_floats, LAST_PIXELS, 1);
#endif
}
