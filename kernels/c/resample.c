/* resample.c - the two passes of a separable resize, each output one chain of multiply-adds. */
#include <math.h>

#include "kernels/c/suffix.h"
#include "kernels/implementations.h"

void ANEW_KERNEL(anew_resample_vertical)(float *destination, const float *const *rows,
                                         const float *weight, int taps, int width)
{
    for (int x = 0; x < width; x++) {
        float sum = rows[0][x] * weight[0];
        for (int t = 1; t < taps; t++)
            sum = fmaf(rows[t][x], weight[t], sum);
        destination[x] = sum;
    }
}

void ANEW_KERNEL(anew_resample_horizontal)(float *destination, const float *source,
                                           const int32_t *first, const float *weight, int taps,
                                           int width)
{
    for (int x = 0; x < width; x++) {
        const float *from = source + first[x];
        float sum = from[0] * weight[x];
        for (int t = 1; t < taps; t++)
            sum = fmaf(from[t], weight[(size_t)t * (size_t)width + (size_t)x], sum);
        destination[x] = sum;
    }
}
