/*
 * guard.c - of a picture mixed as crop + share * (restored - crop), the mean chroma moves by exactly `share` of the
 * whole way, and landmarks nearly so: each measure beyond its limit allows limit / measure.
 */
#include "faces/guard.h"

#include <math.h>

/* The iris and its rim: a Gaussian of this deviation, in distances of the eyes (an iris is some 0.1 of it in radius). */
#define EYE_SIGMA 0.08

/* Mean chroma difference around a point; counts only pixels of the crop. */
static double chroma_change(const anew_planes *crop, const anew_planes *restored, anew_point eye,
                            double sigma)
{
    const size_t plane = (size_t)crop->height * (size_t)crop->width;
    const double reach = 3 * sigma;
    const int top = (int)fmax(ceil(eye.y - reach), 0);
    const int bottom = (int)fmin(floor(eye.y + reach), crop->height - 1);
    const int left = (int)fmax(ceil(eye.x - reach), 0);
    const int right = (int)fmin(floor(eye.x + reach), crop->width - 1);
    double total = 0, blue = 0, red = 0;
    for (int y = top; y <= bottom; y++)
        for (int x = left; x <= right; x++) {
            const size_t at = (size_t)y * (size_t)crop->width + (size_t)x;
            const double dx = (x - eye.x) / sigma, dy = (y - eye.y) / sigma;
            const double weight = exp(-(dx * dx + dy * dy) / 2);
            double d[3];
            for (int c = 0; c < 3; c++)
                d[c] = (double)restored->data[(size_t)c * plane + at] -
                       (double)crop->data[(size_t)c * plane + at];
            const double luma = 0.299 * d[0] + 0.587 * d[1] + 0.114 * d[2];
            blue += weight * (d[2] - luma) / 1.772;
            red += weight * (d[0] - luma) / 1.402;
            total += weight;
        }
    return total > 0 ? hypot(blue, red) / total : 0;
}

/* What of a change may stay, so that the measure does not exceed the limit. Not a number: nothing. */
static double kept(double measure, double limit)
{
    if (measure <= limit)
        return 1;
    return isfinite(measure) ? fmax(limit, 0) / measure : 0;
}

anew_status anew_guard_measure(anew_guard *guard, const anew_point before[ANEW_LANDMARKS],
                               const anew_point *after, const anew_planes *crop,
                               const anew_planes *restored, const anew_guard_limits *limits,
                               anew_error *error)
{
    const double eyes = hypot(before[1].x - before[0].x, before[1].y - before[0].y);
    if (crop->channels != 3 || restored->channels != 3 || crop->width != restored->width ||
        crop->height != restored->height)
        return anew_fail(error, ANEW_ERROR_ARGUMENT,
                         "a face's crop and its restoration differ in size");
    if (!(eyes > 0) || !isfinite(eyes))
        return anew_fail(error, ANEW_ERROR_ARGUMENT, "the eyes of a face coincide");
    *guard = (anew_guard){0};
    for (int i = 0; i < ANEW_LANDMARKS; i++) {
        const double way =
            after == NULL ? INFINITY : hypot(after[i].x - before[i].x, after[i].y - before[i].y);
        /* Written so that what is not a number is taken, too. */
        if (!(way / eyes <= guard->displacement))
            guard->displacement = isnan(way) ? INFINITY : way / eyes;
    }
    for (int i = 0; i < 2; i++) {
        const double change = chroma_change(crop, restored, before[i], EYE_SIGMA * eyes);
        if (!(change <= guard->eye_colour))
            guard->eye_colour = isnan(change) ? INFINITY : change;
    }
    guard->share = fmin(kept(guard->displacement, limits->displacement),
                        kept(guard->eye_colour, limits->eye_colour));
    return ANEW_OK;
}
