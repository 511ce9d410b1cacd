/*
 * conv_depthwise_body.h - the convolution of each channel with a kernel of its own (as many groups as
 * channels), once for plain C and for every vector length. An including file brings the vector vocabulary
 * and:
 *
 *     NAME   the function's name
 *     PIXELS pixels of the tile: sums enough to hide the latency of a multiply-add
 *
 * A vector of a pixel meets the vector of its channels' weights: each multiply-add loads a vector, so that
 * small kernels wait for memory and large ones for the first-level cache.
 */
#include "kernels/implementations.h"
#include "kernels/sums_body.h"

#define VECTORS (ANEW_BLOCK / LANES) /* of one block */

/* Sum i belongs to pixel i / VECTORS and to vector i % VECTORS of its block. */
#define STEP(i, statement)                                                                         \
    if ((i) < pixels * VECTORS) {                                                                  \
        statement;                                                                                 \
    }
#define LANE(i)  ((i)*LANES % ANEW_BLOCK)
#define BLOCK(i) block
#define PLACE(i) ((x + (i) / VECTORS) * ANEW_BLOCK + LANE(i))
#define START(i) STEP(i, sum[i] = vector_load(row->bias + block * ANEW_BLOCK + LANE(i)))
#define MULTIPLY(i)                                                                                \
    STEP(i,                                                                                        \
         sum[i] = vector_fma(vector_load(source + (i) / VECTORS * stride * ANEW_BLOCK + LANE(i)),  \
                             vector_load(weight + LANE(i)), sum[i]))
#define STORE(i) STEP(i, vector_store(row->destinations[block] + PLACE(i), sum[i]))

/* Pixels x .. x + pixels - 1 of one block. */
INLINE void tile(const anew_conv_row *row, int block, int x, const int pixels,
                 const ptrdiff_t stride)
{
    vector sum[MOST_SUMS];
    const float *weight = row->weights + (size_t)block * (size_t)row->kernel_height *
                                             (size_t)row->kernel_width * ANEW_BLOCK;
    EACH_SUM(START)
    for (int ky = 0; ky < row->kernel_height; ky++) {
        const float *source = row->sources[block * row->kernel_height + ky] +
                              (x * stride - row->kernel_width / 2 * row->dilation) * ANEW_BLOCK;
        for (int kx = 0; kx < row->kernel_width; kx++) {
            EACH_SUM(MULTIPLY)
            source += row->dilation * ANEW_BLOCK;
            weight += ANEW_BLOCK;
        }
    }
    EACH_EPILOGUE(row)
    EACH_SUM(STORE)
}

INLINE void blocks_of_row(const anew_conv_row *row, const ptrdiff_t stride)
{
    for (int block = 0; block < row->out_blocks; block++) {
        int x = row->x0;
        /* The last tile is moved left over pixels already done. */
        while (row->x1 - row->x0 >= PIXELS && x < row->x1) {
            x = row->x1 - x < PIXELS ? row->x1 - PIXELS : x;
            tile(row, block, x, PIXELS, stride);
            x += PIXELS;
        }
        for (; x < row->x1; x++)
            tile(row, block, x, 1, stride);
    }
}

void NAME(const anew_conv_row *row)
{
    if (row->stride == 1)
        blocks_of_row(row, 1);
    else
        blocks_of_row(row, row->stride);
}
