/*
 * match.c - a cast is the mean of the difference around each pixel, taken over the face alone (normalised
 * convolution: Knutsson and Westin 1993), and is subtracted.
 *
 * Grain: restorers take it away, and a smooth face in a grainy photo looks glued in. What is given back is the
 * crop's own: its deviations from a low-pass where they are no larger than grain is, so that spectrum and colour are
 * right. As much is given back as makes the face as grainy as its surroundings, and no more than it was itself.
 */
#include "faces/match.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "faces/blur.h"

/* ---- grain ---------------------------------------------------------------------------------------------- */

/* Responses are counted in steps of RANGE / BINS; the largest that grain can give is far below RANGE. */
#define BINS  8192
#define RANGE 4.0

/* The filter [1 -2 1] in both directions has a norm of 6 (Immerkaer 1996). A quarter of the responses to Gaussian
 * noise lies below 0.3186 standard deviations: the quarter rather than the half, for texture is in the larger ones. */
#define FILTER_NORM   6.0
#define QUARTER_BELOW 0.31864

double anew_grain(const float *plane, const anew_planes *mask, float low, float high, int step)
{
    unsigned int counts[BINS] = {0};
    unsigned int total = 0;
    const int width = mask->width, height = mask->height;
    for (int y = step; y < height - step; y++) {
        const float *row = plane + (size_t)y * (size_t)width;
        const float *above = row - (size_t)step * (size_t)width;
        const float *below = row + (size_t)step * (size_t)width;
        const float *inside = mask->data + (size_t)y * (size_t)width;
        for (int x = step; x < width - step; x++) {
            if (!(inside[x] >= low && inside[x] <= high))
                continue;
            const float response = above[x - step] - 2 * above[x] + above[x + step] -
                                   2 * (row[x - step] - 2 * row[x] + row[x + step]) +
                                   below[x - step] - 2 * below[x] + below[x + step];
            const double size = fabs((double)response);
            counts[size < RANGE ? (int)(size * (BINS / RANGE)) : BINS - 1]++;
            total++;
        }
    }
    if (total < 64)
        return 0;
    unsigned int below = 0;
    int bin = 0;
    while (below + counts[bin] < total / 4)
        below += counts[bin++];
    const double part = (total / 4.0 - below) / fmax(counts[bin], 1);
    return (bin + part) * (RANGE / BINS) / (QUARTER_BELOW * FILTER_NORM);
}

/* What the selection of small deviations takes from grain is made up for, no more. */
#define MOST_GAIN 1.5

static void luma_of(float *luma, const anew_planes *colour)
{
    const size_t plane = (size_t)colour->height * (size_t)colour->width;
    const float *p = colour->data;
    for (size_t i = 0; i < plane; i++)
        luma[i] = 0.299f * p[i] + 0.587f * p[plane + i] + 0.114f * p[2 * plane + i];
}

/* Grain that is missing in the restored face: its amount, and that of the crop there. */
static anew_status missing_grain(double *missing, double *own, const anew_planes *restored,
                                 const anew_planes *crop, const anew_planes *mask, int step,
                                 anew_error *error)
{
    const size_t plane = (size_t)crop->height * (size_t)crop->width;
    float *luma = anew_alloc(anew_size_mul(plane, sizeof(float)));
    if (luma == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory to match a face");
    luma_of(luma, crop);
    *own = anew_grain(luma, mask, 0.5f, 1, step);
    const double around = anew_grain(luma, mask, 0, 0.05f, step);
    luma_of(luma, restored);
    const double left = anew_grain(luma, mask, 0.5f, 1, step);
    anew_free(luma);
    const double wanted = fmin(around, *own);
    *missing = wanted > left ? sqrt(wanted * wanted - left * left) : 0;
    return ANEW_OK;
}

static anew_status give_back_grain(anew_planes *difference, const anew_planes *restored,
                                   const anew_planes *crop, const anew_planes *mask,
                                   const anew_match_options *options, anew_error *error)
{
    const size_t plane = (size_t)crop->height * (size_t)crop->width;
    const int largest = (crop->width < crop->height ? crop->width : crop->height) / 8;
    const int step = (int)fmin(fmax(rint(options->pixel), 1), largest > 1 ? largest : 1);
    double missing, own;
    ANEW_TRY(missing_grain(&missing, &own, restored, crop, mask, step, error));
    if (!(missing > 0))
        return ANEW_OK;
    anew_planes grain;
    anew_status status = ANEW_OK;
    ANEW_TRY(anew_planes_create(&grain, 3, crop->height, crop->width, error));
    memcpy(grain.data, crop->data, 3 * plane * sizeof(float));
    for (int c = 0; c < 3; c++)
        ANEW_TRY_GOTO(
            anew_blur(grain.data + (size_t)c * plane, crop->height, crop->width, 1.5 * step, error),
            done);
    for (size_t i = 0; i < 3 * plane; i++) {
        const double deviation = (double)crop->data[i] - (double)grain.data[i];
        const double edge = deviation / (4 * own);
        grain.data[i] = (float)(deviation * exp(-edge * edge));
    }
    /* How much of it there is now, by the same measure. */
    double unused, made;
    ANEW_TRY_GOTO(missing_grain(&unused, &made, &grain, &grain, mask, step, error), done);
    const double share = made > 0 ? fmin(missing / made, MOST_GAIN) : 0;
    const float gain = (float)(share * (double)options->noise);
    for (size_t i = 0; i < 3 * plane; i++)
        difference->data[i] += gain * grain.data[i];
done:
    anew_planes_free(&grain);
    return status;
}

/* ---- cast ----------------------------------------------------------------------------------------------- */

static anew_status remove_cast(anew_planes *difference, const anew_planes *mask, float share,
                               anew_error *error)
{
    const size_t plane = (size_t)mask->height * (size_t)mask->width;
    const double sigma = mask->width / 10.0;
    anew_planes weight, mean;
    anew_status status = ANEW_OK;
    ANEW_TRY(anew_planes_create(&weight, 1, mask->height, mask->width, error));
    ANEW_TRY_GOTO(anew_planes_create(&mean, 1, mask->height, mask->width, error), free_weight);
    memcpy(weight.data, mask->data, plane * sizeof(float));
    ANEW_TRY_GOTO(anew_blur(weight.data, mask->height, mask->width, sigma, error), done);
    for (int c = 0; c < 3; c++) {
        float *d = difference->data + (size_t)c * plane;
        for (size_t i = 0; i < plane; i++)
            mean.data[i] = d[i] * mask->data[i];
        ANEW_TRY_GOTO(anew_blur(mean.data, mask->height, mask->width, sigma, error), done);
        for (size_t i = 0; i < plane; i++)
            if (mask->data[i] > 0 && weight.data[i] > 1e-6f)
                d[i] -= share * (mean.data[i] / weight.data[i]);
    }
done:
    anew_planes_free(&mean);
free_weight:
    anew_planes_free(&weight);
    return status;
}

/* ---- both ----------------------------------------------------------------------------------------------- */

static bool same_size(const anew_planes *a, const anew_planes *b, int channels)
{
    return a->width == b->width && a->height == b->height && b->channels == channels;
}

anew_status anew_face_difference(anew_planes *difference, const anew_planes *restored,
                                 const anew_planes *crop, const anew_planes *mask,
                                 const anew_match_options *options, anew_error *error)
{
    if (!same_size(difference, restored, 3) || !same_size(difference, crop, 3) ||
        !same_size(difference, mask, 1) || difference->channels != 3)
        return anew_fail(error, ANEW_ERROR_ARGUMENT,
                         "a face's crop, its restoration and its mask differ in size");
    const size_t samples = 3 * (size_t)crop->height * (size_t)crop->width;
    for (size_t i = 0; i < samples; i++) {
        const float d = restored->data[i] - crop->data[i];
        difference->data[i] = isfinite(d) ? d : 0;
    }
    if (options->colour > 0)
        ANEW_TRY(remove_cast(difference, mask, options->colour, error));
    if (options->noise > 0)
        ANEW_TRY(give_back_grain(difference, restored, crop, mask, options, error));
    return ANEW_OK;
}
