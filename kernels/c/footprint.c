/*
 * footprint.c - a pixel of a picture that is turned while it is shrunk: the low-pass lies along the new picture's axes,
 * so its weights are computed, row by row of the source. Loops over lanes are vectors to any compiler.
 */
#include <math.h>

#include "kernels/c/suffix.h"
#include "kernels/implementations.h"

#define LANES ANEW_FOOTPRINT_LANES

/* The larger of the value and 0, exactly; compilers make a branch of a comparison. */
static inline float positive(float value)
{
    return 0.5f * (value + fabsf(value));
}

/* Keys' kernel with a = -0.5 without branches. With s = max(2 - x, 0) and t = max(1 - x, 0) its outer piece, from 1 to
 * 2, is (1 - x) s^2 / 2; the inner one is that and t^2 (1 - 2 t). */
static inline float keys(float distance)
{
    const float x = fabsf(distance), s = positive(2 - x), t = positive(1 - x);
    return 0.5f * (1 - x) * (s * s) + (t * t) * (1 - 2 * t);
}

static float joined(const float lanes[LANES])
{
    return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) +
           ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

/* totals[0]: of the weights, totals[1 + c]: of channel c, weighted. */
void ANEW_KERNEL(anew_footprint_pixel)(float *totals, const anew_footprint *f)
{
    float sums[1 + ANEW_FOOTPRINT_PLANES][LANES] = {{0}};
    for (int y = 0; y < f->height; y++) {
        const float p = f->p0 + (float)y * f->py, q = f->q0 + (float)y * f->qy;
        for (int x = 0; x < f->width; x += LANES) {
            float weights[LANES];
            for (int k = 0; k < LANES; k++)
                weights[k] = keys(p + f->px * (float)(x + k)) * keys(q + f->qx * (float)(x + k));
            for (int k = 0; k < LANES; k++)
                sums[0][k] += weights[k];
            for (int c = 0; c < f->channels; c++) {
                const float *from =
                    f->source + (size_t)c * f->plane_stride + (size_t)y * f->row_stride + (size_t)x;
                for (int k = 0; k < LANES; k++)
                    sums[1 + c][k] += weights[k] * from[k];
            }
        }
    }
    for (int c = 0; c <= f->channels; c++)
        totals[c] = joined(sums[c]);
}
