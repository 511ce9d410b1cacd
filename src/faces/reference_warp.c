/*
 * reference_warp.c - with m the inverse map, for each destination pixel, in integers:
 *   X = (rint((m01 y + m02) 1024) + 16 + rint(m00 x 1024)) >> 5, Y alike;
 * source pixel X >> 5 and fraction X & 31 in steps of 1/32. Samples of 8 bits are weighted by whole numbers, others
 * by float products of the two axes' weights, added left to right and top to bottom.
 */
#include "faces/reference_warp.h"

#include <math.h>
#include <stdint.h>

/* Fixed-point steps of positions: 1/1024 when formed, 1/32 when used (so 32 of the former). */
#define FINE   1024
#define COARSE 32

static int rest32(int64_t value)
{
    return (int)((value % 32 + 32) % 32);
}

/* A shift to the right by 5, also of negative numbers. */
static int64_t floor32(int64_t value)
{
    return (value - rest32(value)) / 32;
}

/* Far positions are all alike; this keeps shifts and additions within 64 bits. */
static int64_t fixed(double value)
{
    return (int64_t)rint(fmin(fmax(value * FINE, -1e15), 1e15));
}

static double sample_of(const anew_reference_picture *p, int64_t x, int64_t y, int c,
                        const double *border)
{
    if (x < 0 || y < 0 || x >= p->width || y >= p->height)
        return border[c];
    const size_t at = ((size_t)y * (size_t)p->width + (size_t)x) * (size_t)p->channels + (size_t)c;
    switch (p->kind) {
    case ANEW_REFERENCE_U8:
        return ((const uint8_t *)p->samples)[at];
    case ANEW_REFERENCE_U16:
        return ((const uint16_t *)p->samples)[at];
    case ANEW_REFERENCE_F32:
        return (double)((const float *)p->samples)[at];
    case ANEW_REFERENCE_F64:
        return ((const double *)p->samples)[at];
    }
    return 0;
}

/* One sample from its four neighbours (left to right, top to bottom). */
static void put(const anew_reference_picture *to, size_t at, const double v[4], int fx, int fy)
{
    if (to->kind == ANEW_REFERENCE_U8) {
        const int weights[4] = {(COARSE - fx) * (COARSE - fy), fx * (COARSE - fy),
                                (COARSE - fx) * fy, fx * fy};
        int sum = 0;
        for (int i = 0; i < 4; i++)
            sum += (int)v[i] * weights[i] * COARSE;
        ((uint8_t *)to->samples)[at] = (uint8_t)((sum + (1 << 14)) >> 15);
        return;
    }
    const float ax[2] = {1 - (float)fx / COARSE, (float)fx / COARSE};
    const float ay[2] = {1 - (float)fy / COARSE, (float)fy / COARSE};
    if (to->kind == ANEW_REFERENCE_F64) {
        double sum = 0;
        for (int i = 0; i < 4; i++)
            sum += v[i] * (double)(ay[i / 2] * ax[i % 2]);
        ((double *)to->samples)[at] = sum;
        return;
    }
    float sum = 0;
    for (int i = 0; i < 4; i++)
        sum += (float)v[i] * (ay[i / 2] * ax[i % 2]);
    if (to->kind == ANEW_REFERENCE_F32)
        ((float *)to->samples)[at] = sum;
    else
        ((uint16_t *)to->samples)[at] = (uint16_t)fminf(fmaxf(rintf(sum), 0), 65535);
}

anew_status anew_reference_warp(const anew_reference_picture *to,
                                const anew_reference_picture *from, const anew_affine *forward,
                                const double *border, anew_error *error)
{
    anew_affine m;
    ANEW_TRY(anew_affine_invert(&m, forward, error));
    for (int y = 0; y < to->height; y++) {
        const int64_t row_x = fixed(m.m[0][1] * y + m.m[0][2]) + 16;
        const int64_t row_y = fixed(m.m[1][1] * y + m.m[1][2]) + 16;
        for (int x = 0; x < to->width; x++) {
            const int64_t step_x = floor32(row_x + fixed(m.m[0][0] * x));
            const int64_t step_y = floor32(row_y + fixed(m.m[1][0] * x));
            const int fx = rest32(step_x), fy = rest32(step_y);
            const int64_t sx = floor32(step_x), sy = floor32(step_y);
            for (int c = 0; c < to->channels; c++) {
                const double v[4] = {sample_of(from, sx, sy, c, border),
                                     sample_of(from, sx + 1, sy, c, border),
                                     sample_of(from, sx, sy + 1, c, border),
                                     sample_of(from, sx + 1, sy + 1, c, border)};
                put(to,
                    ((size_t)y * (size_t)to->width + (size_t)x) * (size_t)to->channels + (size_t)c,
                    v, fx, fy);
            }
        }
    }
    return ANEW_OK;
}
