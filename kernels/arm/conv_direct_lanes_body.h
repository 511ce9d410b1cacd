/*
 * conv_direct_lanes_body.h - direct convolution where a multiply-add takes one of its factors from a lane, so that a pixel's
 * channels are loaded as many at a time as a register holds, and never repeated over a vector. An including file
 * brings the vector vocabulary and:
 *
 *     NAME          the function's name
 *     TILE_PIXELS   pixels of the wide tile, at most MOST_PIXELS, and SMALL_PIXELS of that at the ragged end
 *     TILE_VECTORS  vectors of outputs of the tile: a block's 16 outputs take one tile or more
 *     channels      a register of CHANNELS channels of a pixel: channels_load(p), channels_repeat(value)
 *     multiply_lane(sum, weights, channels, lane)
 *     TOGETHER      vectors of weights that are loaded together
 *     IN_ORDER(row) true: done by a kernel for cores that take instructions in order
 *
 * In each turn of the inner loop a few channels of the pixels meet their weights; the last ones of a block go one by one, each
 * pixel's value loaded into all lanes.
 *
 * Rows that are not a multiple of the tile end as in x86/conv_direct_body.h: with small tiles, or with a wide one
 * where these would not be less work, the last one moved left over pixels already done.
 */
#include "kernels/implementations.h"
#include "kernels/sums_body.h"

/* Sum i belongs to vector i / pixels of the block and to pixel i % pixels: the weights pass, the pixels stay. */
#define STEP(i, statement)                                                                         \
    if ((i) < pixels * TILE_VECTORS) {                                                             \
        statement;                                                                                 \
    }
#define PIXEL(i) ((i) % pixels)
#define LANE(i)  (lane + (i) / pixels * LANES)
#define BLOCK(i) block
#define PLACE(i) ((x + PIXEL(i)) * ANEW_BLOCK + LANE(i))

#define START(i)      STEP(i, sum[i] = vector_load(row->bias + block * ANEW_BLOCK + LANE(i)))
#define STORE(i)      STEP(i, vector_store(row->destinations[block] + PLACE(i), sum[i]))
#define MOST_PIXELS   6
#define EACH_PIXEL(f) f(0) f(1) f(2) f(3) f(4) f(5)
#define LOAD(i)                                                                                    \
    if ((i) < pixels)                                                                              \
        pixel[i] = channels_load(source + (i)*stride * ANEW_BLOCK);
/* Of weights in pairs one instruction loads both. */
#define MULTIPLY(i, channel)                                                                       \
    STEP(                                                                                          \
        i,                                                                                         \
        if ((i) % (TOGETHER * pixels) == 0) {                                                      \
            weights[0] = vector_load(weight + (channel)*ANEW_BLOCK + LANE(i));                     \
            if (TOGETHER > 1)                                                                      \
                weights[1] = vector_load(weight + (channel)*ANEW_BLOCK + LANE(i) + LANES);         \
        } sum[i] =                                                                                 \
            multiply_lane(sum[i], weights[(i) / pixels % TOGETHER], pixel[PIXEL(i)], channel))
#define MULTIPLY_0(i) MULTIPLY(i, 0)
#define MULTIPLY_1(i) MULTIPLY(i, 1)
#define MULTIPLY_2(i) MULTIPLY(i, 2)
#define MULTIPLY_3(i) MULTIPLY(i, 3)
#define ONE(i)                                                                                     \
    if ((i) < pixels)                                                                              \
        pixel[i] = channels_repeat(source[(i)*stride * ANEW_BLOCK]);

/* Pixels x .. x + pixels - 1 of the outputs from `lane` on of one block. */
INLINE void tile(const anew_conv_row *row, int block, int lane, size_t block_floats, int x,
                 const int pixels, const ptrdiff_t stride)
{
    vector sum[MOST_SUMS], weights[TOGETHER];
    channels pixel[MOST_PIXELS];
    const float *weight = row->weights + (size_t)block * block_floats;
    EACH_SUM(START)
    for (int ky = 0; ky < row->kernel_height; ky++) {
        for (int kx = 0; kx < row->kernel_width; kx++) {
            const ptrdiff_t shift =
                (x * stride + (kx - row->kernel_width / 2) * row->dilation) * ANEW_BLOCK;
            for (int b = 0; b < row->source_blocks; b++) {
                const float *source = row->sources[b * row->kernel_height + ky] + shift;
                int left = row->source_channels[b];
                for (; left >= CHANNELS; left -= CHANNELS) {
                    EACH_PIXEL(LOAD)
                    EACH_SUM(MULTIPLY_0)
                    EACH_SUM(MULTIPLY_1)
#if CHANNELS > 2
                    EACH_SUM(MULTIPLY_2)
                    EACH_SUM(MULTIPLY_3)
#endif
                    source += CHANNELS;
                    weight += CHANNELS * ANEW_BLOCK;
                }
                for (; left > 0; left--) {
                    EACH_PIXEL(ONE)
                    EACH_SUM(MULTIPLY_0)
                    source++;
                    weight += ANEW_BLOCK;
                }
            }
        }
    }
    EACH_EPILOGUE(row)
    EACH_SUM(STORE)
}

/* All pixels of the outputs from `lane` on of one block. */
INLINE void outputs_of_row(const anew_conv_row *row, int block, int lane, size_t block_floats,
                           const ptrdiff_t stride)
{
    const int width = row->x1 - row->x0;
    int x = row->x0;
    while (x < row->x1) {
        const int left = row->x1 - x;
        if (width >= TILE_PIXELS && left > SMALL_PIXELS) {
            x = left < TILE_PIXELS ? row->x1 - TILE_PIXELS : x;
            tile(row, block, lane, block_floats, x, TILE_PIXELS, stride);
            x += TILE_PIXELS;
        } else if (width >= SMALL_PIXELS) {
            x = left < SMALL_PIXELS ? row->x1 - SMALL_PIXELS : x;
            tile(row, block, lane, block_floats, x, SMALL_PIXELS, stride);
            x += SMALL_PIXELS;
        } else {
            tile(row, block, lane, block_floats, x, 1, stride);
            x++;
        }
    }
}

void NAME(const anew_conv_row *row)
{
    if (IN_ORDER(row))
        return;
    int in_channels = 0;
    for (int b = 0; b < row->source_blocks; b++)
        in_channels += row->source_channels[b];
    const size_t block_floats =
        (size_t)row->kernel_height * (size_t)row->kernel_width * (size_t)in_channels * ANEW_BLOCK;
    for (int block = 0; block < row->out_blocks; block++)
        for (int lane = 0; lane < ANEW_BLOCK; lane += TILE_VECTORS * LANES)
            if (row->stride == 1)
                outputs_of_row(row, block, lane, block_floats, 1);
            else
                outputs_of_row(row, block, lane, block_floats, row->stride);
}
