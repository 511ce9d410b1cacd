/*
 * conv_direct_neon.c - direct convolution, 4 floats a vector, 32 registers:
 *
 *     24  sums: 6 pixels x 16 outputs
 *      6  four channels of each pixel
 *      2  weights of 4 outputs
 *
 * A multiply-add of AArch64 takes one of its factors from a lane, so that a pixel's channels are loaded four at a
 * time and never repeated over a vector: in each turn of the inner loop four source channels of the pixels meet
 * their 16 outputs' weights, 22 loads for 96 multiply-adds. The last one to three channels of a block go one by
 * one, each pixel's value loaded into all lanes.
 *
 * Rows that are not a multiple of the tile end as in x86/conv_direct_body.h: with small tiles, or with a wide one
 * where these would not be less work, the last one moved left over pixels already done.
 *
 * A core that takes instructions in order waits for these loads: conv_direct_inorder_neon.c is for such.
 */
#include "kernels/arm/vector_neon.h"
#include "kernels/implementations.h"
#include "kernels/sums_body.h"

#define TILE_PIXELS  6
#define SMALL_PIXELS 4 /* 16 sums hide the latency of a multiply-add */
#define VECTORS      (ANEW_BLOCK / LANES)

/* Sum i belongs to vector i / pixels of the block and to pixel i % pixels: the weights pass, the pixels stay. */
#define STEP(i, statement)                                                                         \
    if ((i) < pixels * VECTORS) {                                                                  \
        statement;                                                                                 \
    }
#define PIXEL(i) ((i) % pixels)
#define LANE(i)  ((i) / pixels * LANES)
#define BLOCK(i) block
#define PLACE(i) ((x + PIXEL(i)) * ANEW_BLOCK + LANE(i))

#define START(i)      STEP(i, sum[i] = vector_load(row->bias + block * ANEW_BLOCK + LANE(i)))
#define STORE(i)      STEP(i, vector_store(row->destinations[block] + PLACE(i), sum[i]))
#define EACH_PIXEL(f) f(0) f(1) f(2) f(3) f(4) f(5)
#define FOUR(i)                                                                                    \
    if ((i) < pixels)                                                                              \
        four[i] = vector_load(source + (i)*stride * ANEW_BLOCK);
/* Weights come in pairs, which one instruction loads. */
#define MULTIPLY(i, channel)                                                                       \
    STEP(                                                                                          \
        i, if ((i) % (2 * pixels) == 0) {                                                          \
            weights[0] = vector_load(weight + (channel)*ANEW_BLOCK + LANE(i));                     \
            weights[1] = vector_load(weight + (channel)*ANEW_BLOCK + LANE(i) + LANES);             \
        } sum[i] = vfmaq_laneq_f32(sum[i], weights[(i) / pixels % 2], four[PIXEL(i)], channel))
#define MULTIPLY_0(i) MULTIPLY(i, 0)
#define MULTIPLY_1(i) MULTIPLY(i, 1)
#define MULTIPLY_2(i) MULTIPLY(i, 2)
#define MULTIPLY_3(i) MULTIPLY(i, 3)
#define ONE(i)                                                                                     \
    if ((i) < pixels)                                                                              \
        four[i] = vector_repeat(source[(i)*stride * ANEW_BLOCK]);

/* Pixels x .. x + pixels - 1 of one output block. */
INLINE void tile(const anew_conv_row *row, int block, size_t block_floats, int x, const int pixels,
                 const ptrdiff_t stride)
{
    vector sum[MOST_SUMS], four[TILE_PIXELS], weights[2];
    const float *weight = row->weights + (size_t)block * block_floats;
    EACH_SUM(START)
    for (int ky = 0; ky < row->kernel_height; ky++) {
        for (int kx = 0; kx < row->kernel_width; kx++) {
            const ptrdiff_t shift =
                (x * stride + (kx - row->kernel_width / 2) * row->dilation) * ANEW_BLOCK;
            for (int b = 0; b < row->source_blocks; b++) {
                const float *source = row->sources[b * row->kernel_height + ky] + shift;
                int left = row->source_channels[b];
                for (; left >= LANES; left -= LANES) {
                    EACH_PIXEL(FOUR)
                    EACH_SUM(MULTIPLY_0)
                    EACH_SUM(MULTIPLY_1)
                    EACH_SUM(MULTIPLY_2)
                    EACH_SUM(MULTIPLY_3)
                    source += LANES;
                    weight += LANES * ANEW_BLOCK;
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

/* All pixels of one output block. */
INLINE void block_of_row(const anew_conv_row *row, int block, size_t block_floats,
                         const ptrdiff_t stride)
{
    const int width = row->x1 - row->x0;
    int x = row->x0;
    while (x < row->x1) {
        const int left = row->x1 - x;
        if (width >= TILE_PIXELS && left > SMALL_PIXELS) {
            x = left < TILE_PIXELS ? row->x1 - TILE_PIXELS : x;
            tile(row, block, block_floats, x, TILE_PIXELS, stride);
            x += TILE_PIXELS;
        } else if (width >= SMALL_PIXELS) {
            x = left < SMALL_PIXELS ? row->x1 - SMALL_PIXELS : x;
            tile(row, block, block_floats, x, SMALL_PIXELS, stride);
            x += SMALL_PIXELS;
        } else {
            tile(row, block, block_floats, x, 1, stride);
            x++;
        }
    }
}

void anew_conv_direct_neon(const anew_conv_row *row)
{
    if (anew_cpu_is_in_order() && anew_conv_direct_inorder_neon(row))
        return;
    int in_channels = 0;
    for (int b = 0; b < row->source_blocks; b++)
        in_channels += row->source_channels[b];
    const size_t block_floats =
        (size_t)row->kernel_height * (size_t)row->kernel_width * (size_t)in_channels * ANEW_BLOCK;
    for (int block = 0; block < row->out_blocks; block++)
        if (row->stride == 1)
            block_of_row(row, block, block_floats, 1);
        else
            block_of_row(row, block, block_floats, row->stride);
}
