/*
 * ladder_peak.c - the yardstick: multiply-adds whose operands never leave the registers. Twelve sums,
 * as in rung 3, so that none waits for another.
 */
#include "bench/ladder/eight.h"
#include "bench/ladder/ladder.h"

#define SUMS 12

double ladder_peak(long turns)
{
    vector sums[SUMS];
    const vector factor = (vector){0} + 0.999999f, step = (vector){0} + 1e-6f;
    for (int i = 0; i < SUMS; i++)
        sums[i] = (vector){0} + (float)i;
    for (long turn = 0; turn < turns; turn++)
        for (int i = 0; i < SUMS; i++)
            sums[i] = sums[i] * factor + step;
    /* The sums must be used, or the compiler leaves the loop out. */
    for (int i = 1; i < SUMS; i++)
        sums[0] += sums[i];
    return (double)turns * SUMS * 8 * 2 + (sums[0][0] < -1e30f ? 1 : 0);
}
