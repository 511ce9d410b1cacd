/* transfer.c - the two directions of sRGB's curve; powers by Newton's method. */
#include "image/transfer.h"

#include <math.h>

static double clamped(float value)
{
    return value >= 0.0f ? (value <= 1.0f ? (double)value : 1.0) : 0.0;
}

/* Steps from the straight lines below to the last bit of a float: an error e becomes about 2 e^2, from 0.05. */
#define STEPS 4

/* y^2.4 = y^2 r^2 with r = y^(1/5), for 0.09 <= y <= 1. */
static double power_2_4(double y)
{
    double r = 0.6 + 0.4 * y;
    for (int i = 0; i < STEPS; i++) {
        const double square = r * r;
        r = (4 * r + y / (square * square)) * 0.2;
    }
    return y * y * r * r;
}

/* v^(1/2.4) = v^(5/12) = c^5 with c the cube root of v^(1/4), for 0.003 <= v <= 1. */
static double root_2_4(double v)
{
    const double fourth = sqrt(sqrt(v));
    double c = 0.55 + 0.45 * fourth;
    for (int i = 0; i < STEPS; i++)
        c = (2 * c + fourth / (c * c)) * (1.0 / 3);
    const double square = c * c;
    return square * square * c;
}

void anew_srgb_to_linear(float *row, int count)
{
    for (int i = 0; i < count; i++) {
        const double v = clamped(row[i]);
        row[i] = (float)(v <= 0.04045 ? v / 12.92 : power_2_4((v + 0.055) / 1.055));
    }
}

void anew_linear_to_srgb(float *row, int count)
{
    for (int i = 0; i < count; i++) {
        const double v = clamped(row[i]);
        row[i] = (float)(v <= 0.0031308 ? v * 12.92 : 1.055 * root_2_4(v) - 0.055);
    }
}
