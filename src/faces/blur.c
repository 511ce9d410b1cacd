/*
 * blur.c - three box filters along each axis, each of variance sigma^2 / 3; their ends weigh less than their middle so
 * that any width is possible (extended box filters: Gwosdek, Grewenig, Bruhn and Weickert 2011). Sums run along the
 * axis, in double.
 */
#include "faces/blur.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"

#define PASSES 3

/* 2 radius + 1 samples of weight `inner`, and one of weight `outer` on either side. */
typedef struct box {
    int radius;
    double inner, outer;
} box;

static box box_of(double sigma)
{
    const double variance = sigma * sigma / PASSES;
    const int r = (int)floor(0.5 * sqrt(12 * variance + 1) - 0.5);
    const double part = (2 * r + 1) * ((double)r * (r + 1) - 3 * variance) /
                        (6 * (variance - (double)(r + 1) * (r + 1)));
    const double inner = 1 / (2 * part + 2 * r + 1);
    return (box){r, inner, part * inner};
}

/* Vectors of `lanes` neighbouring samples, `step` apart along the axis; `sums` has room for `lanes`. A row is `lanes`
 * vectors of one column each, a column one sample wide. */
static void filter(float *to, const float *from, int count, int lanes, size_t step, box b,
                   double *sums)
{
    const int r = b.radius;
    memset(sums, 0, (size_t)lanes * sizeof *sums);
    for (int i = 0; i < r && i < count; i++)
        for (int k = 0; k < lanes; k++)
            sums[k] += (double)from[(size_t)i * step + (size_t)k];
    for (int i = 0; i < count; i++) {
        const float *in = i + r < count ? from + (size_t)(i + r) * step : NULL;
        const float *beyond = i + r + 1 < count ? from + (size_t)(i + r + 1) * step : NULL;
        const float *out = i - r - 1 >= 0 ? from + (size_t)(i - r - 1) * step : NULL;
        for (int k = 0; k < lanes; k++) {
            double ends = 0;
            if (in != NULL)
                sums[k] += (double)in[k];
            if (beyond != NULL)
                ends += (double)beyond[k];
            if (out != NULL) {
                sums[k] -= (double)out[k];
                ends += (double)out[k];
            }
            to[(size_t)i * step + (size_t)k] = (float)(b.inner * sums[k] + b.outer * ends);
        }
    }
}

anew_status anew_blur(float *plane, int height, int width, double sigma, anew_error *error)
{
    if (!(sigma > 0))
        return ANEW_OK;
    const size_t samples = anew_size_mul((size_t)height, (size_t)width);
    float *other = anew_alloc(anew_size_mul(samples, sizeof(float)));
    double *sums = anew_alloc(anew_size_mul((size_t)width, sizeof(double)));
    anew_status status = ANEW_OK;
    if (other == NULL || sums == NULL) {
        status =
            anew_fail(error, ANEW_ERROR_MEMORY, "no memory to blur %dx%d pixels", width, height);
        goto done;
    }
    const box b = box_of(sigma);
    float *from = plane, *to = other;
    for (int pass = 0; pass < 2 * PASSES; pass++) {
        if (pass % 2 == 0) {
            filter(to, from, height, width, (size_t)width, b, sums);
        } else {
            for (int y = 0; y < height; y++)
                filter(to + (size_t)y * (size_t)width, from + (size_t)y * (size_t)width, width, 1,
                       1, b, sums);
        }
        float *swapped = from;
        from = to;
        to = swapped;
    }
    /* An even number of passes: the result lies in `plane`. */
done:
    anew_free(other);
    anew_free(sums);
    return status;
}
