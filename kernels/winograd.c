/*
 * winograd.c - sizes and weights of the Winograd convolution (winograd.h): U = G g G^T in double, laid
 * out [36][out block][ic][16 outputs], so that each of the 36 products reads weights as a 1x1 direct
 * convolution does.
 */
#include "kernels/winograd.h"

#include "kernels/kernels.h"
#include "kernels/winograd_matrices.h"

static size_t blocks_of(int channels)
{
    return ((size_t)channels + ANEW_BLOCK - 1) / ANEW_BLOCK;
}

size_t anew_conv_winograd_packed_floats(const anew_conv_shape *shape)
{
    return ANEW_WINOGRAD_PRODUCTS * blocks_of(shape->out_channels) * ANEW_BLOCK *
           (size_t)shape->in_channels;
}

/* Transformed sources and products of one piece. */
size_t anew_conv_winograd_scratch_floats(const anew_conv_shape *shape)
{
    /* Sources may come in several parts, each rounded up to blocks. */
    const size_t blocks = ANEW_MAX_SOURCE_BLOCKS < blocks_of(shape->in_channels) + 8
                              ? ANEW_MAX_SOURCE_BLOCKS
                              : blocks_of(shape->in_channels) + 8;
    return ANEW_WINOGRAD_PRODUCTS * ANEW_WINOGRAD_PIECE_TILES * ANEW_BLOCK *
           (blocks + blocks_of(shape->out_channels));
}

/* The transform of 16 outputs' kernels at one input at a time, whose weights then are in registers or the first-level
 * cache for all 36 products. A term whose factor is 0, four in ten, adds nothing. */
void anew_conv_winograd_pack(float *packed, const float *weights, const anew_conv_shape *shape)
{
    const size_t in = (size_t)shape->in_channels, out = (size_t)shape->out_channels;
    const size_t blocks = blocks_of(shape->out_channels);
    for (size_t block = 0; block < blocks; block++)
        for (size_t ic = 0; ic < in; ic++) {
            double kernels[9][ANEW_BLOCK] = {{0}};
            for (size_t lane = 0; lane < ANEW_BLOCK && block * ANEW_BLOCK + lane < out; lane++)
                for (size_t k = 0; k < 9; k++)
                    kernels[k][lane] =
                        (double)weights[((block * ANEW_BLOCK + lane) * in + ic) * 9 + k];
            for (size_t product = 0; product < ANEW_WINOGRAD_PRODUCTS; product++) {
                const double *down = anew_winograd_g[product / ANEW_WINOGRAD_WINDOW];
                const double *across = anew_winograd_g[product % ANEW_WINOGRAD_WINDOW];
                float *to = packed + ((product * blocks + block) * in + ic) * ANEW_BLOCK;
                double sums[ANEW_BLOCK] = {0};
                for (size_t k = 0; k < 9; k++) {
                    const double factor = down[k / 3] * across[k % 3];
                    for (size_t lane = 0; factor != 0 && lane < ANEW_BLOCK; lane++)
                        sums[lane] += factor * kernels[k][lane];
                }
                for (size_t lane = 0; lane < ANEW_BLOCK; lane++)
                    to[lane] = (float)sums[lane];
            }
        }
}
