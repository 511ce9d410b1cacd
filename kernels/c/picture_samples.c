/*
 * picture_samples.c - between a picture's interleaved samples and planar floats.
 */
#include <math.h>

#include "kernels/c/suffix.h"
#include "kernels/implementations.h"

void ANEW_KERNEL(anew_samples_to_row)(float *row, const void *samples, int depth, int step,
                                      int width)
{
    const size_t apart = (size_t)step, count = (size_t)width;
    if (depth == 32) {
        const float *real = samples;
        for (size_t i = 0; i < count; i++)
            row[i] = real[i * apart];
    } else if (depth == 16) {
        const uint16_t *wide = samples;
        for (size_t i = 0; i < count; i++)
            row[i] = (float)wide[i * apart] / 65535.0f;
    } else {
        const uint8_t *narrow = samples;
        for (size_t i = 0; i < count; i++)
            row[i] = (float)narrow[i * apart] / 255.0f;
    }
}

/* To 0 .. 1; NaN becomes 0. */
static float clamped(float value)
{
    return value >= 0.0f ? (value <= 1.0f ? value : 1.0f) : 0.0f;
}

/* Times `full`, rounded half to even; lrintf is one instruction where rintf is a call (x86 without SSE4.1). */
static unsigned int sample(float value, float full)
{
    return (unsigned int)lrintf(clamped(value) * full);
}

void ANEW_KERNEL(anew_rows_to_samples)(void *samples, int depth, int step, const float *const *rows,
                                       int channels, int width)
{
    for (int c = 0; c < channels; c++) {
        const size_t apart = (size_t)step, count = (size_t)width;
        if (depth == 32) {
            float *real = (float *)samples + c;
            for (size_t i = 0; i < count; i++)
                real[i * apart] = clamped(rows[c][i]);
        } else if (depth == 16) {
            uint16_t *wide = (uint16_t *)samples + c;
            for (size_t i = 0; i < count; i++)
                wide[i * apart] = (uint16_t)sample(rows[c][i], 65535.0f);
        } else {
            uint8_t *narrow = (uint8_t *)samples + c;
            for (size_t i = 0; i < count; i++)
                narrow[i * apart] = (uint8_t)sample(rows[c][i], 255.0f);
        }
    }
}
