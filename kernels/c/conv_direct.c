/*
 * conv_direct.c - the blocked convolution in plain C: what the vector kernels do, readable.
 *
 * A call makes one row of the result (anew_conv_row in kernels.h says what lies where): sources are rows of
 * pixels of 16 channels each, weights lie in the order in which they are used, 16 outputs side by side. Stride
 * and dilation, the distances of outputs and of the pixels under a kernel, are 1 in all networks here. What
 * follows on the sums before they are stored is the epilogue (fuse.c, next on the tour).
 *
 * For one pixel and one block of 16 outputs the sums walk the exact class's chain; the 16 outputs are
 * the innermost loop, so that a compiler with vectors can use them without touching any chain.
 */
#include <math.h>

#include "kernels/c/epilogue.h"
#include "kernels/c/suffix.h"
#include "kernels/implementations.h"

static inline void convolve(const anew_conv_row *row, const bool fused)
{
    int in_channels = 0;
    for (int b = 0; b < row->source_blocks; b++)
        in_channels += row->source_channels[b];
    const size_t block_floats =
        (size_t)row->kernel_height * (size_t)row->kernel_width * (size_t)in_channels * ANEW_BLOCK;
    const int pad = row->kernel_width / 2 * row->dilation;

    for (int block = 0; block < row->out_blocks; block++) {
        for (int x = row->x0; x < row->x1; x++) {
            const float *weight = row->weights + (size_t)block * block_floats;
            float sum[ANEW_BLOCK];
            for (int lane = 0; lane < ANEW_BLOCK; lane++)
                sum[lane] = row->bias[block * ANEW_BLOCK + lane];
            for (int ky = 0; ky < row->kernel_height; ky++) {
                for (int kx = 0; kx < row->kernel_width; kx++) {
                    const int sx = x * row->stride + kx * row->dilation - pad;
                    for (int b = 0; b < row->source_blocks; b++) {
                        const float *source =
                            row->sources[b * row->kernel_height + ky] + sx * ANEW_BLOCK;
                        for (int ic = 0; ic < row->source_channels[b]; ic++) {
                            for (int lane = 0; lane < ANEW_BLOCK; lane++)
                                sum[lane] = fused ? fmaf(source[ic], weight[lane], sum[lane])
                                                  : source[ic] * weight[lane] + sum[lane];
                            weight += ANEW_BLOCK;
                        }
                    }
                }
            }
            apply_epilogue(sum, row->epilogue, row->epilogue_count, block, block, x);
            for (int lane = 0; lane < ANEW_BLOCK; lane++)
                row->destinations[block][x * ANEW_BLOCK + lane] = sum[lane];
        }
    }
}

void ANEW_KERNEL(anew_conv_direct)(const anew_conv_row *row)
{
    convolve(row, true);
}

/* Multiply, then add, each rounded: for CPUs without fused multiply-add, fast class. Against the
 * exact chain every term gains one rounding of half a unit in the last place. */
void ANEW_KERNEL(anew_conv_direct_muladd)(const anew_conv_row *row)
{
    convolve(row, false);
}
