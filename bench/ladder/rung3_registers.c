/*
 * rung3_registers.c - weights that are used six times for each time they are loaded.
 *
 * A tile of 6 pixels x 16 outputs is twelve vectors of eight sums, which stay in registers until they
 * are finished. One turn of the inner loop loads two vectors of weights, and one input of each of six
 * pixels, repeated across a vector: 12 multiply-adds for 8 loads, where the rung before needed 12.
 * Twelve sums, two weights and one input are 15 of AVX2's 16 registers; and twelve independent sums hide
 * that each addition takes four clocks on two units. The weights of 16 outputs are 36 KiB, which stay
 * close while a whole row of pixels passes. Nothing is copied: a pixel's nine neighbours are read where
 * they lie.
 */
#include "bench/ladder/eight.h"
#include "bench/ladder/ladder.h"

#define PIXELS  6
#define OUTPUTS 16 /* two vectors */

static size_t registers_floats(int height, int width)
{
    (void)height, (void)width;
    return (size_t)CHANNELS * CHANNELS * TAPS;
}

/* [block of 16 outputs][tap][ic][16]: the inner loop reads it front to back. */
static void registers_prepare(float *workspace, const float *weights)
{
    for (int block = 0; block < CHANNELS; block += OUTPUTS)
        for (int tap = 0; tap < TAPS; tap++)
            for (int ic = 0; ic < CHANNELS; ic++)
                for (int oc = block; oc < block + OUTPUTS; oc++)
                    *workspace++ = weights[(oc * CHANNELS + ic) * TAPS + tap];
}

/* out and in point to the tile's first pixel (in: its window's upper left corner). */
static void tile(float *out, const float *in, const float *weights, int width)
{
    vector sums[PIXELS][2] = {{{0}}};
    for (int ky = 0; ky < 3; ky++)
        for (int kx = 0; kx < 3; kx++) {
            const float *pixel = in + (ky * (width + 2) + kx) * CHANNELS;
            for (int ic = 0; ic < CHANNELS; ic++) {
                const vector left = load(weights), right = load(weights + 8);
                for (int p = 0; p < PIXELS; p++) {
                    sums[p][0] += pixel[p * CHANNELS + ic] * left;
                    sums[p][1] += pixel[p * CHANNELS + ic] * right;
                }
                weights += OUTPUTS;
            }
        }
    for (int p = 0; p < PIXELS; p++) {
        store(out + p * CHANNELS, sums[p][0]);
        store(out + p * CHANNELS + 8, sums[p][1]);
    }
}

static void registers_run(float *out, const float *in, float *workspace, int height, int width)
{
    for (int y = 0; y < height; y++)
        for (int block = 0; block < CHANNELS; block += OUTPUTS)
            for (int x = 0; x < width; x += PIXELS)
                tile(out + (y * width + x) * CHANNELS + block,
                     in + (y * (width + 2) + x) * CHANNELS, workspace + block * CHANNELS * TAPS,
                     width);
}

const rung rung_registers = {
    .name = "registers",
    .idea = "6 pixels x 16 outputs in registers",
    .tolerance = 1e-5,
    .threads = 1,
    .floats = registers_floats,
    .prepare = registers_prepare,
    .run = registers_run,
};
