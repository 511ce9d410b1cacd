/*
 * reference_resize.c - OpenCV 4.6's resize without a low-pass: taps and weights of each axis in float, then for 8 bits
 * in fixed point of 11 bits, for 16 bits in float. Taps beyond the edges take the edge sample.
 */
#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "faces/reference_paste.h"

#define TAPS 8 /* of Lanczos4; linear uses two of them */

typedef struct axis_tap {
    int first; /* source index of tap 0 */
    float weights[TAPS];
} axis_tap;

/* A recurrence over quarter turns that gives OpenCV's bits of a windowed sinc. */
static void lanczos_weights(float weights[TAPS], float f)
{
    static const double half = 0.70710678118654752440084436210485;
    static const double turns[TAPS][2] = {{1, 0},  {-half, -half}, {0, 1},  {half, -half},
                                          {-1, 0}, {half, half},   {0, -1}, {-half, half}};
    memset(weights, 0, TAPS * sizeof *weights);
    if (f < 1.1920929e-7f) {
        weights[3] = 1;
        return;
    }
    const double quarter = 3.1415926535897932384626433832795 * 0.25;
    const volatile float moved = f + 3;
    const double y0 = -(double)moved * quarter, s0 = sin(y0), c0 = cos(y0);
    float sum = 0;
    for (int i = 0; i < TAPS; i++) {
        const volatile float at = moved - (float)i;
        const double y = -(double)at * quarter;
        weights[i] = (float)((turns[i][0] * s0 + turns[i][1] * c0) / (y * y));
        sum += weights[i];
    }
    sum = 1 / sum;
    for (int i = 0; i < TAPS; i++)
        weights[i] *= sum;
}

static void axis_of(axis_tap *taps, int from, int to, bool lanczos, bool across)
{
    const double scale = 1 / ((double)to / from);
    for (int d = 0; d < to; d++) {
        const volatile float position = (float)((d + 0.5) * scale - 0.5);
        int s = (int)floorf(position);
        float f = position - (float)s;
        if (lanczos) {
            lanczos_weights(taps[d].weights, f);
            taps[d].first = s - 3;
            continue;
        }
        if (across && s < 0) {
            s = 0;
            f = 0;
        }
        if (across && s >= from - 1) {
            s = from - 1;
            f = 0;
        }
        taps[d].first = s;
        taps[d].weights[0] = 1 - f;
        taps[d].weights[1] = f;
    }
}

static int clamped(int i, int size)
{
    return i < 0 ? 0 : i >= size ? size - 1 : i;
}

static int whole(float weight)
{
    return (int)rintf(weight * 2048);
}

/* Fixed point: 11 bits a pass. The linear form drops bits on the way. */
static uint8_t sample_u8(const anew_reference_picture *from, const axis_tap *across,
                         const axis_tap *down, int taps, int c)
{
    const uint8_t *p = from->samples;
    int64_t sum = 0;
    for (int r = 0; r < taps; r++) {
        const size_t row = (size_t)clamped(down->first + r, from->height) * (size_t)from->width;
        int t = 0;
        for (int k = 0; k < taps; k++)
            t +=
                whole(across->weights[k]) *
                p[(row + (size_t)clamped(across->first + k, from->width)) * (size_t)from->channels +
                  (size_t)c];
        const int b = whole(down->weights[r]);
        sum += taps == TAPS ? (int64_t)b * t : (b * (t >> 4)) >> 16;
    }
    sum = taps == TAPS ? (sum + (1 << 21)) >> 22 : (sum + 2) >> 2;
    return (uint8_t)(sum < 0 ? 0 : sum > 255 ? 255 : sum);
}

static uint16_t sample_u16(const anew_reference_picture *from, const axis_tap *across,
                           const axis_tap *down, int taps, int c)
{
    const uint16_t *p = from->samples;
    float sum = 0;
    for (int r = 0; r < taps; r++) {
        const size_t row = (size_t)clamped(down->first + r, from->height) * (size_t)from->width;
        float t = 0;
        for (int k = 0; k < taps; k++)
            t += across->weights[k] *
                 (float)p[(row + (size_t)clamped(across->first + k, from->width)) *
                              (size_t)from->channels +
                          (size_t)c];
        sum += down->weights[r] * t;
    }
    return (uint16_t)fminf(fmaxf(rintf(sum), 0), 65535);
}

anew_status anew_reference_resize(const anew_reference_picture *to,
                                  const anew_reference_picture *from, bool lanczos,
                                  anew_error *error)
{
    const bool wide = from->kind == ANEW_REFERENCE_U16;
    if (to->kind != from->kind || to->channels != from->channels ||
        (!wide && from->kind != ANEW_REFERENCE_U8))
        return anew_fail(error, ANEW_ERROR_ARGUMENT, "pictures of two kinds cannot be resized");
    if (to->width == from->width && to->height == from->height) {
        memcpy(to->samples, from->samples,
               (size_t)to->width * (size_t)to->height * (size_t)to->channels * (wide ? 2 : 1));
        return ANEW_OK;
    }
    axis_tap *across =
        anew_alloc(anew_size_mul((size_t)to->width + (size_t)to->height, sizeof(axis_tap)));
    if (across == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory to resize a picture");
    axis_tap *down = across + to->width;
    const int taps = lanczos ? TAPS : 2;
    axis_of(across, from->width, to->width, lanczos, true);
    axis_of(down, from->height, to->height, lanczos, false);
    size_t at = 0;
    for (int y = 0; y < to->height; y++)
        for (int x = 0; x < to->width; x++)
            for (int c = 0; c < to->channels; c++, at++) {
                if (wide)
                    ((uint16_t *)to->samples)[at] = sample_u16(from, &across[x], &down[y], taps, c);
                else
                    ((uint8_t *)to->samples)[at] = sample_u8(from, &across[x], &down[y], taps, c);
            }
    anew_free(across);
    return ANEW_OK;
}
