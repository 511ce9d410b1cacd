/*
 * rung1_naive.c - the definition, written down.
 *
 * For each output the products of its 3 x 3 x 64 inputs are summed one after the other. Each addition
 * must wait for the one before it (four clocks or so), and only one lane of the vector unit is used:
 * a few percent of what the machine can do, however fast its memory.
 */
#include <string.h>

#include "bench/ladder/ladder.h"

static size_t naive_floats(int height, int width)
{
    (void)height, (void)width;
    return (size_t)CHANNELS * CHANNELS * TAPS;
}

static void naive_prepare(float *workspace, const float *weights)
{
    memcpy(workspace, weights, (size_t)CHANNELS * CHANNELS * TAPS * sizeof(float));
}

static void naive_run(float *out, const float *in, float *workspace, int height, int width)
{
    const float *weights = workspace;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            for (int oc = 0; oc < CHANNELS; oc++) {
                float sum = 0;
                for (int ky = 0; ky < 3; ky++)
                    for (int kx = 0; kx < 3; kx++)
                        for (int ic = 0; ic < CHANNELS; ic++)
                            sum += in[((y + ky) * (width + 2) + x + kx) * CHANNELS + ic] *
                                   weights[((oc * CHANNELS + ic) * 3 + ky) * 3 + kx];
                out[(y * width + x) * CHANNELS + oc] = sum;
            }
}

const rung rung_naive = {
    .name = "naive",
    .idea = "six loops",
    .tolerance = 0,
    .threads = 1,
    .floats = naive_floats,
    .prepare = naive_prepare,
    .run = naive_run,
};
