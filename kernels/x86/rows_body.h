/*
 * rows_body.h - element-by-element and resampling rows on vectors, written once; an including file
 * brings the vector vocabulary and KERNEL(name). A row's ragged end is a vector moved left over
 * values already done where the row is long enough, plain C otherwise.
 */
#include <math.h>

#include "kernels/epilogue_body.h"

void KERNEL(anew_map)(const anew_map_row *row)
{
    for (int b = 0; b < row->blocks; b++) {
        const float *source = row->sources[b];
        float *destination = row->destinations[b];
        for (int i = row->x0 * ANEW_BLOCK; i < row->x1 * ANEW_BLOCK; i += LANES) {
            const vector v =
                vector_epilogue(vector_load(source + i), row->epilogue, row->epilogue_count,
                                b * ANEW_BLOCK + i % ANEW_BLOCK, b, i);
            vector_store(destination + i, v);
        }
    }
}

void KERNEL(anew_resample_vertical)(float *destination, const float *const *rows,
                                    const float *weight, int taps, int width)
{
    int x = 0;
    while (width >= LANES && x < width) {
        if (x > width - LANES)
            x = width - LANES;
        vector sum = vector_mul(vector_load(rows[0] + x), vector_repeat(weight[0]));
        for (int t = 1; t < taps; t++)
            sum = vector_fma(vector_load(rows[t] + x), vector_repeat(weight[t]), sum);
        vector_store(destination + x, sum);
        x += LANES;
    }
    for (; x < width; x++) {
        float sum = rows[0][x] * weight[0];
        for (int t = 1; t < taps; t++)
            sum = fmaf(rows[t][x], weight[t], sum);
        destination[x] = sum;
    }
}

void KERNEL(anew_resample_horizontal)(float *destination, const float *source, const int32_t *first,
                                      const float *weight, int taps, int width)
{
    int x = 0;
    while (width >= LANES && x < width) {
        if (x > width - LANES)
            x = width - LANES;
        vector sum = vector_mul(vector_gather(source, first + x), vector_load(weight + x));
        for (int t = 1; t < taps; t++)
            sum = vector_fma(vector_gather(source + t, first + x),
                             vector_load(weight + (size_t)t * (size_t)width + (size_t)x), sum);
        vector_store(destination + x, sum);
        x += LANES;
    }
    for (; x < width; x++) {
        const float *from = source + first[x];
        float sum = from[0] * weight[x];
        for (int t = 1; t < taps; t++)
            sum = fmaf(from[t], weight[(size_t)t * (size_t)width + (size_t)x], sum);
        destination[x] = sum;
    }
}
