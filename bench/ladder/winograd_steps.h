/* winograd_steps.h - what rungs 4 and 5 share: rung 4's three passes, over any run of tiles. */
#ifndef ANEW_BENCH_WINOGRAD_STEPS_H
#define ANEW_BENCH_WINOGRAD_STEPS_H

#define TILE     4  /* outputs along a side */
#define WINDOW   6  /* inputs along a side */
#define PRODUCTS 36 /* 6 x 6 */

/* The packed weights, at the start of a workspace. */
#define WINOGRAD_WEIGHTS (PRODUCTS * CHANNELS * CHANNELS)

void winograd_prepare(float *workspace, const float *weights);

/* Tiles first .. first + count - 1 (row by row; count a multiple of 6). `between` has room for
 * 2 * 36 * count * 64 floats. */
void winograd_tiles(float *out, const float *in, const float *weights, float *between, int first,
                    int count, int width);

#endif
