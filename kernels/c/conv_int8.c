/*
 * conv_int8.c - the direct convolution on integers of 8 bits in plain C (int8.h): what the kernels on vectors and
 * tiles compute, readable. The same bits.
 */
#include <math.h>
#include <string.h>

#include "kernels/c/epilogue.h"
#include "kernels/c/suffix.h"
#include "kernels/implementations.h"
#include "kernels/int8.h"

/* NaN becomes 0, as in the vectors' maximum. */
static int byte_of(float value, float inverse, float zero)
{
    float v = fmaf(value, inverse, zero);
    v = v > 0.0f ? v : 0.0f;
    v = v < 255.0f ? v : 255.0f;
    return (int)nearbyintf(v);
}

/* One pixel of one block of outputs; `y` counts rows of the call. */
static void convolve_pixel(const anew_conv_row *row, const anew_int8_packed *p, int rows, int block,
                           int y, int x)
{
    const int source_rows = rows - 1 + row->kernel_height;
    int32_t sum[ANEW_BLOCK] = {0};
    for (int ky = 0; ky < row->kernel_height; ky++)
        for (int b = 0; b < row->source_blocks; b++)
            for (int kx = 0; kx < row->kernel_width; kx++) {
                const float *source = row->sources[b * source_rows + y + ky] +
                                      (x + kx - row->kernel_width / 2) * ANEW_BLOCK;
                const size_t tap =
                    (((size_t)block * (size_t)row->kernel_height + (size_t)ky) * (size_t)p->lines +
                     (size_t)(b / 4)) *
                        (size_t)row->kernel_width +
                    (size_t)kx;
                for (int ic = 0; ic < row->source_channels[b]; ic++) {
                    const int channel = b * ANEW_BLOCK + ic, in_line = b % 4 * ANEW_BLOCK + ic;
                    const int value = byte_of(source[ic], p->inverse[channel], p->zero[channel]);
                    const int8_t *weight =
                        p->weights + tap * ANEW_INT8_CHANNELS * ANEW_BLOCK +
                        (size_t)(in_line / ANEW_INT8_GROUP) * ANEW_BLOCK * ANEW_INT8_GROUP +
                        in_line % ANEW_INT8_GROUP;
                    for (int lane = 0; lane < ANEW_BLOCK; lane++)
                        sum[lane] += value * weight[lane * ANEW_INT8_GROUP];
                }
            }
    float result[ANEW_BLOCK];
    for (int lane = 0; lane < ANEW_BLOCK; lane++) {
        const int oc = block * ANEW_BLOCK + lane;
        result[lane] = fmaf((float)(sum[lane] - p->offset[oc]), p->factor[oc], row->bias[oc]);
    }
    apply_epilogue(result, row->epilogue, row->epilogue_count, block, y * row->out_blocks + block,
                   x);
    memcpy(row->destinations[y * row->out_blocks + block] + x * ANEW_BLOCK, result, sizeof result);
}

static void convolve(const anew_conv_row *row, int rows)
{
    const anew_int8_packed p = anew_int8_parts(row);
    for (int y = 0; y < rows; y++)
        for (int block = 0; block < row->out_blocks; block++)
            for (int x = row->x0; x < row->x1; x++)
                if (row->destinations[y * row->out_blocks + block] != NULL)
                    convolve_pixel(row, &p, rows, block, y, x);
}

void ANEW_KERNEL(anew_conv_int8)(const anew_conv_row *row)
{
    convolve(row, ANEW_INT8_ROWS);
}

void ANEW_KERNEL(anew_conv_int8_row)(const anew_conv_row *row)
{
    convolve(row, 1);
}
