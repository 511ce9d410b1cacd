/*
 * rows_body.h - element-by-element and resampling rows on vectors, written once; an including file
 * brings the vector vocabulary and KERNEL(name). A row's ragged end is a vector moved left over
 * values already done where the row is long enough, plain C otherwise.
 */
#include <math.h>

#include "kernels/epilogue_body.h"

static inline __attribute__((always_inline)) void
map_block(const anew_map_row *row, int b, const anew_epilogue *epilogue, int count)
{
    const float *source = row->sources[b];
    float *destination = row->destinations[b];
    for (int i = row->x0 * ANEW_BLOCK; i < row->x1 * ANEW_BLOCK; i += LANES)
        vector_store(destination + i, vector_epilogue(vector_load(source + i), epilogue, count,
                                                      b * ANEW_BLOCK + i % ANEW_BLOCK, b, i));
}

/* A single operation, the rule, is chosen once for the row. */
void KERNEL(anew_map)(const anew_map_row *row)
{
    for (int b = 0; b < row->blocks; b++) {
        anew_epilogue one = row->epilogue_count > 0 ? row->epilogue[0] : (anew_epilogue){0};
        switch (row->epilogue_count == 1 ? (int)one.kind : -1) {
#define CASE(the_kind)                                                                             \
    case the_kind:                                                                                 \
        one.kind = the_kind;                                                                       \
        map_block(row, b, &one, 1);                                                                \
        break;
            CASE(ANEW_EPILOGUE_PRELU)
            CASE(ANEW_EPILOGUE_RELU)
            CASE(ANEW_EPILOGUE_SCALE)
            CASE(ANEW_EPILOGUE_ADD)
#undef CASE
        default:
            map_block(row, b, row->epilogue, row->epilogue_count);
            break;
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
