/*
 * conv_bf16.c - the direct convolution in bfloat16 in plain C (tiles.h): what the tile kernel computes,
 * readable. Its sums differ from the tiles' by their order alone.
 */
#include <math.h>

#include "kernels/bf16.h"
#include "kernels/c/epilogue.h"
#include "kernels/c/suffix.h"
#include "kernels/implementations.h"
#include "kernels/tiles.h"

static float weight_at(const float *weights, size_t index)
{
    uint16_t half;
    memcpy(&half, (const unsigned char *)weights + index * sizeof half, sizeof half);
    return anew_bf16_to(half);
}

/* One pixel of one block of outputs; `y` counts rows of the call. */
static void convolve_pixel(const anew_conv_row *row, int rows, int block, int y, int x)
{
    const int source_rows = rows - 1 + row->kernel_height;
    const int lines = (row->source_blocks + 1) / 2; /* of 32 channels */
    const size_t tap = 2 * ANEW_TILES_FLOATS;       /* weights of one tap of a line */
    float sum[ANEW_BLOCK];
    for (int lane = 0; lane < ANEW_BLOCK; lane++)
        sum[lane] = row->bias[block * ANEW_BLOCK + lane];
    for (int ky = 0; ky < row->kernel_height; ky++)
        for (int b = 0; b < row->source_blocks; b++)
            for (int kx = 0; kx < row->kernel_width; kx++) {
                const float *source = row->sources[b * source_rows + y + ky] +
                                      (x + kx - row->kernel_width / 2) * ANEW_BLOCK;
                const size_t first =
                    (((size_t)block * (size_t)row->kernel_height + (size_t)ky) * (size_t)lines +
                     (size_t)(b / 2)) *
                        (size_t)row->kernel_width +
                    (size_t)kx;
                for (int ic = 0; ic < row->source_channels[b]; ic++) {
                    const int channel = b % 2 * ANEW_BLOCK + ic; /* of the line */
                    const float value = anew_bf16_to(anew_bf16_from(source[ic]));
                    for (int lane = 0; lane < ANEW_BLOCK; lane++)
                        sum[lane] =
                            fmaf(value,
                                 weight_at(row->weights,
                                           first * tap + (size_t)(channel / 2 * 2 * ANEW_BLOCK +
                                                                  lane * 2 + channel % 2)),
                                 sum[lane]);
                }
            }
    apply_epilogue(sum, row->epilogue, row->epilogue_count, block, y * row->out_blocks + block, x);
    memcpy(row->destinations[y * row->out_blocks + block] + x * ANEW_BLOCK, sum, sizeof sum);
}

static void convolve(const anew_conv_row *row, int rows)
{
    for (int y = 0; y < rows; y++)
        for (int block = 0; block < row->out_blocks; block++)
            for (int x = row->x0; x < row->x1; x++)
                if (row->destinations[y * row->out_blocks + block] != NULL)
                    convolve_pixel(row, rows, block, y, x);
}

void ANEW_KERNEL(anew_conv_bf16)(const anew_conv_row *row)
{
    convolve(row, ANEW_TILES_ROWS);
}

void ANEW_KERNEL(anew_conv_bf16_row)(const anew_conv_row *row)
{
    convolve(row, 1);
}
