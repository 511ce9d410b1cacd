/*
 * samples_body.h - between a picture's interleaved samples and planar floats, written once on vectors; an including file
 * brings the vector vocabulary and KERNEL(name). A row's ragged end is a vector moved left over pixels already done.
 */
#include <string.h>

#define SAMPLES_AT_A_TIME 64 /* a multiple of LANES */

/* Every step-th sample as whole numbers; with `step` known to the compiler it makes vectors of the loop. */
#define PICK(type)                                                                                 \
    static inline __attribute__((always_inline)) void pick_##type(int32_t *to, const type *from,   \
                                                                  const size_t step, int count)    \
    {                                                                                              \
        for (size_t i = 0; i < (size_t)count; i++)                                                 \
            to[i] = from[i * step];                                                                \
    }
PICK(uint8_t)
PICK(uint16_t)
#undef PICK

static inline __attribute__((always_inline)) void pick_floats(float *to, const float *from,
                                                              const size_t step, int count)
{
    for (size_t i = 0; i < (size_t)count; i++)
        to[i] = from[i * step];
}

/* The usual distances, else as it comes. */
#define WITH_STEP(function, ...)                                                                   \
    do {                                                                                           \
        if (step == 3)                                                                             \
            function(__VA_ARGS__, 3, count);                                                       \
        else if (step == 1)                                                                        \
            function(__VA_ARGS__, 1, count);                                                       \
        else                                                                                       \
            function(__VA_ARGS__, (size_t)step, count);                                            \
    } while (0)

void KERNEL(anew_samples_to_row)(float *row, const void *samples, int depth, int step, int width)
{
    if (depth == 32) {
        const int count = width;
        WITH_STEP(pick_floats, row, (const float *)samples);
        return;
    }
    const vector full = vector_repeat(depth == 16 ? 65535.0f : 255.0f);
    for (int x = 0; x < width; x += SAMPLES_AT_A_TIME) {
        int32_t whole[SAMPLES_AT_A_TIME];
        float there[SAMPLES_AT_A_TIME];
        const int count = width - x < SAMPLES_AT_A_TIME ? width - x : SAMPLES_AT_A_TIME;
        const size_t first = (size_t)x * (size_t)step;
        for (int i = count / LANES * LANES; i < SAMPLES_AT_A_TIME; i++)
            whole[i] = 0;
        if (depth == 16)
            WITH_STEP(pick_uint16_t, whole, (const uint16_t *)samples + first);
        else
            WITH_STEP(pick_uint8_t, whole, (const uint8_t *)samples + first);
        float *to = count < SAMPLES_AT_A_TIME ? there : row + x;
        for (int i = 0; i < count; i += LANES)
            vector_store(to + i, vector_div(vector_load_whole(whole + i), full));
        if (to == there)
            memcpy(row + x, there, (size_t)count * sizeof(float));
    }
}
#undef WITH_STEP

/* To 0 .. 1; NaN becomes 0. */
static inline __attribute__((always_inline)) vector clamped(vector v)
{
    const vector one = vector_repeat(1.0f);
    v = vector_positive_or(v, vector_repeat(0.0f));
    return vector_less(one, v, one, v);
}

/* Three channels of pixels that have no more: the vectors' lanes are shuffled. Returns the pixels done. */
static inline int three_channels(void *samples, int depth, const float *const *rows, int width)
{
    const vector full = vector_repeat(255.0f);
    int x = 0;
    while (depth != 16 && width >= LANES && x < width) {
        if (x > width - LANES)
            x = width - LANES;
        const vector red = clamped(vector_load(rows[0] + x)),
                     green = clamped(vector_load(rows[1] + x)),
                     blue = clamped(vector_load(rows[2] + x));
        if (depth == 32)
            vector_store_three((float *)samples + 3 * x, red, green, blue);
        else
            vector_store_three_bytes((uint8_t *)samples + 3 * x, vector_mul(red, full),
                                     vector_mul(green, full), vector_mul(blue, full));
        x += LANES;
    }
    return x;
}

void KERNEL(anew_rows_to_samples)(void *samples, int depth, int step, const float *const *rows,
                                  int channels, int width)
{
    const vector full = vector_repeat(depth == 16 ? 65535.0f : 255.0f);
    const int done = channels == 3 && step == 3 ? three_channels(samples, depth, rows, width) : 0;
    for (int c = 0; c < channels; c++)
        for (int x = done; x < width; x += SAMPLES_AT_A_TIME) {
            int32_t whole[SAMPLES_AT_A_TIME];
            float real[SAMPLES_AT_A_TIME] = {0};
            const int count = width - x < SAMPLES_AT_A_TIME ? width - x : SAMPLES_AT_A_TIME;
            memcpy(real, rows[c] + x, (size_t)count * sizeof(float));
            for (int i = 0; i < count; i += LANES) {
                const vector v = clamped(vector_load(real + i));
                if (depth == 32)
                    vector_store(real + i, v);
                else
                    vector_store_whole(whole + i, vector_mul(v, full));
            }
            const size_t first = (size_t)x * (size_t)step + (size_t)c;
            for (size_t i = 0; i < (size_t)count; i++) {
                const size_t at = first + i * (size_t)step;
                if (depth == 32)
                    ((float *)samples)[at] = real[i];
                else if (depth == 16)
                    ((uint16_t *)samples)[at] = (uint16_t)whole[i];
                else
                    ((uint8_t *)samples)[at] = (uint8_t)whole[i];
            }
        }
}
