/*
 * rung2_im2col.c - a convolution is a matrix product, if the inputs are copied for it.
 *
 * im2col writes the 576 inputs of each output pixel into a row of their own ("image to columns"), nine
 * copies of the picture. What remains is [pixels x 576] times [576 x 64], and the weights are turned
 * round so that the innermost loop runs over 64 outputs that lie side by side: the compiler makes
 * vectors of it, and no addition waits for another. It is how many frameworks began.
 *
 * What holds it back: the compiler keeps a pixel's 64 sums in eight vector registers, but each vector
 * of weights that it loads is used once, for that one pixel. A load for each multiply-add is all that
 * the machine can load even from its first-level cache, and 144 KiB of weights do not fit into that. Nor
 * does the copied matrix, nine times the picture, fit into any cache: it goes through memory twice.
 */
#include <string.h>

#include "bench/ladder/ladder.h"

#define ROW (TAPS * CHANNELS)

static size_t im2col_floats(int height, int width)
{
    return (size_t)ROW * CHANNELS + (size_t)height * (size_t)width * ROW;
}

/* [oc][ic][tap] to [tap][ic][oc]. */
static void im2col_prepare(float *workspace, const float *weights)
{
    for (int tap = 0; tap < TAPS; tap++)
        for (int ic = 0; ic < CHANNELS; ic++)
            for (int oc = 0; oc < CHANNELS; oc++)
                *workspace++ = weights[(oc * CHANNELS + ic) * TAPS + tap];
}

static void copy_columns(float *columns, const float *in, int height, int width)
{
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            for (int ky = 0; ky < 3; ky++) {
                /* Three neighbours of 64 channels lie in one piece. */
                memcpy(columns, in + ((y + ky) * (width + 2) + x) * CHANNELS,
                       3 * CHANNELS * sizeof(float));
                columns += 3 * CHANNELS;
            }
}

/* out[rows][64] = a[rows][576] * b[576][64] */
static void multiply(float *restrict out, const float *restrict a, const float *restrict b,
                     int rows)
{
    for (int row = 0; row < rows; row++) {
        for (int oc = 0; oc < CHANNELS; oc++)
            out[row * CHANNELS + oc] = 0;
        for (int k = 0; k < ROW; k++)
            for (int oc = 0; oc < CHANNELS; oc++)
                out[row * CHANNELS + oc] += a[row * ROW + k] * b[k * CHANNELS + oc];
    }
}

static void im2col_run(float *out, const float *in, float *workspace, int height, int width)
{
    float *columns = workspace + ROW * CHANNELS;
    copy_columns(columns, in, height, width);
    multiply(out, columns, workspace, height * width);
}

const rung rung_im2col = {
    .name = "im2col",
    .idea = "copy, then one matrix product",
    .tolerance = 1e-5,
    .threads = 1,
    .floats = im2col_floats,
    .prepare = im2col_prepare,
    .run = im2col_run,
};
