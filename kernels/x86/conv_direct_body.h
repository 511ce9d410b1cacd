/*
 * conv_direct_body.h - the direct convolution on vectors, written once; an including file brings the
 * vector vocabulary and its tile:
 *
 *     NAME         the function's name
 *     TILE_BLOCKS  output blocks of the wide tile (1 or 2)
 *     TILE_PIXELS  pixels of the wide tile
 *     LAST_PIXELS  pixels of the tile for a single last block
 *     SMALL_PIXELS pixels of the tile at the ragged end: few, but chains enough to hide the latency
 *
 * A tile is PIXELS x BLOCKS x 16 sums that stay in registers for the whole chain over ky, kx and all
 * source channels. In each turn of the inner loop one source channel meets its 16 x BLOCKS weights:
 * the weights are loaded once, each pixel's value is repeated across a vector, and every sum takes one
 * fused multiply-add. Weights are read front to back.
 *
 * A row that is not a multiple of the tile ends with small tiles, or with a wide one where these would
 * not be less work; the last one is moved left over pixels already done (the same values are stored
 * again). Rows narrower than the small tile go pixel by pixel.
 *
 * The source pixels of a tile are `stride` pixels apart. With stride 1, the rule, their distances are known to
 * the compiler; any other stride has the small tile alone, whose distances stay in general registers.
 */
#include "kernels/kernels.h"
#include "kernels/sums_body.h"

#define VECTORS (ANEW_BLOCK / LANES) /* of one block */

/* Sum i belongs to pixel i / vectors and to vector i % vectors of the tile's outputs; `vectors` and
 * `pixels` are constants once the tile is inlined. */
#define STEP(i, statement)                                                                         \
    if ((i) < pixels * vectors) {                                                                  \
        statement;                                                                                 \
    }
#define PIXEL(i) ((i) / vectors)
#define LANE(i)  ((i) % vectors * LANES) /* of the tile's outputs, 0 .. 16 or 31 */
#define BLOCK(i) (block + LANE(i) / ANEW_BLOCK)
/* Where sum i stands in a row of its block. */
#define PLACE(i) ((x + PIXEL(i)) * ANEW_BLOCK + LANE(i) % ANEW_BLOCK)

#define START(i) STEP(i, sum[i] = vector_load(row->bias + block * ANEW_BLOCK + LANE(i)))
#define MULTIPLY(i)                                                                                \
    STEP(i, sum[i] = vector_fma(vector_repeat(source[PIXEL(i) * stride * ANEW_BLOCK]),             \
                                (i) % vectors == 0 ? weight_0 : weight_1, sum[i]))
#define STORE(i) STEP(i, vector_store(row->destinations[BLOCK(i)] + PLACE(i), sum[i]))

/* Pixels x .. x + pixels - 1 of `blocks` output blocks from `block` on; pixels * vectors is at most
 * MOST_SUMS and vectors at most 2. */
INLINE void tile(const anew_conv_row *row, int block, size_t block_floats, int x, const int pixels,
                 const int blocks, const ptrdiff_t stride)
{
    const int vectors = blocks * VECTORS;
    vector sum[MOST_SUMS];
    const float *weight = row->weights + (size_t)block * block_floats;
    /* The second vector of weights: of the same block, or of the next one. */
    const size_t second = blocks > 1 ? block_floats : vectors > 1 ? LANES : 0;
    EACH_SUM(START)
    for (int ky = 0; ky < row->kernel_height; ky++) {
        for (int kx = 0; kx < row->kernel_width; kx++) {
            const ptrdiff_t shift =
                (x * stride + (kx - row->kernel_width / 2) * row->dilation) * ANEW_BLOCK;
            for (int b = 0; b < row->source_blocks; b++) {
                const float *source = row->sources[b * row->kernel_height + ky] + shift;
                const float *const end = source + row->source_channels[b];
                for (; source < end; source++) {
                    const vector weight_0 = vector_load(weight);
                    const vector weight_1 = vector_load(weight + second);
                    EACH_SUM(MULTIPLY)
                    weight += ANEW_BLOCK;
                }
            }
        }
    }
    EACH_EPILOGUE(row)
    EACH_SUM(STORE)
}

/* All pixels of `blocks` output blocks from `block` on. */
INLINE void blocks_of_row(const anew_conv_row *row, int block, size_t block_floats,
                          const int pixels, const int blocks, const ptrdiff_t stride)
{
    const int width = row->x1 - row->x0;
    int x = row->x0;
    while (x < row->x1) {
        const int left = row->x1 - x;
        const int by_small_tiles = (left + SMALL_PIXELS - 1) / SMALL_PIXELS * SMALL_PIXELS;
        if (width >= pixels && by_small_tiles >= pixels) {
            x = left < pixels ? row->x1 - pixels : x;
            tile(row, block, block_floats, x, pixels, blocks, stride);
            x += pixels;
        } else if (width >= SMALL_PIXELS) {
            x = left < SMALL_PIXELS ? row->x1 - SMALL_PIXELS : x;
            tile(row, block, block_floats, x, SMALL_PIXELS, blocks, stride);
            x += SMALL_PIXELS;
        } else {
            tile(row, block, block_floats, x, 1, blocks, stride);
            x++;
        }
    }
}

void NAME(const anew_conv_row *row)
{
    int in_channels = 0;
    for (int b = 0; b < row->source_blocks; b++)
        in_channels += row->source_channels[b];
    const size_t block_floats =
        (size_t)row->kernel_height * (size_t)row->kernel_width * (size_t)in_channels * ANEW_BLOCK;
    int block = 0;
    if (row->stride != 1) {
        for (; block + TILE_BLOCKS <= row->out_blocks; block += TILE_BLOCKS)
            blocks_of_row(row, block, block_floats, SMALL_PIXELS, TILE_BLOCKS, row->stride);
        for (; block < row->out_blocks; block++)
            blocks_of_row(row, block, block_floats, SMALL_PIXELS, 1, row->stride);
        return;
    }
    for (; block + TILE_BLOCKS <= row->out_blocks; block += TILE_BLOCKS)
        blocks_of_row(row, block, block_floats, TILE_PIXELS, TILE_BLOCKS, 1);
#if TILE_BLOCKS > 1
    if (block < row->out_blocks)
        blocks_of_row(row, block, block_floats, LAST_PIXELS, 1, 1);
#endif
}
