/*
 * naturalness.c - how far a picture's statistics are from those of good photos, without another picture to compare it with:
 * NIQE.
 *
 * Mittal, Soundararajan, Bovik: Making a "completely blind" image quality analyzer (2013). In words: the luma, each pixel
 * less the Gaussian mean around it and divided by the deviation there, is nearly Gaussian in photos, and products of
 * neighbours have a shape of their own; blur, noise, blocks and invented texture change both. Each patch of 96 pixels
 * gives 18 numbers that describe these shapes, and 18 more at half the size. Their mean and covariance over the picture
 * are held against those of sharp patches of good photos (naturalness_model.inc, fitted by
 * bench/quality/naturalness.py, which also is what this file is checked against).
 */
#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "image/measure_rows.h"

#define PATCH    96
#define FEATURES 36
#define HALF     (FEATURES / 2)
#define REACH    3
#define TAPS     (2 * REACH + 1)
#define SPREAD   (7.0 / 6.0)

/* Shapes of generalised Gaussians that are told apart: 0.2 to 10 by 0.001. */
#define SHAPES 9801

static double shape_of(int index)
{
    return (200 + index) / 1000.0;
}

/* The 36 means, then their covariance. */
static const double natural[FEATURES + FEATURES * FEATURES] = {
#include "image/naturalness_model.inc"
};

typedef struct plane {
    int width, height;
    float *at;
} plane;

typedef struct work {
    double taps[TAPS];
    double ratios[SHAPES]; /* E(|v|)^2 / E(v^2) of each shape, which rises */
    double sums[FEATURES], products[FEATURES][FEATURES];
    int patches;
} work;

/* ---- mean and deviation around each pixel ------------------------------------------------------------- */

static int within(int i, int count)
{
    return i < 0 ? 0 : i < count ? i : count - 1;
}

/* What flat areas leave of rounding has no sign of its own. */
#define NOTHING 1e-4

/* to = (from - mean) / (deviation + 1); `columns` holds 2 * (width + 2 * REACH) numbers. */
static void normalise(plane *to, const plane *from, const double *taps, double *columns)
{
    const int width = from->width, wide = width + 2 * REACH;
    double *sums = columns, *squares = columns + wide;
    for (int y = 0; y < from->height; y++) {
        for (int x = 0; x < wide; x++) {
            double sum = 0, square = 0;
            for (int k = -REACH; k <= REACH; k++) {
                const double v =
                    (double)from->at[(size_t)within(y + k, from->height) * (size_t)width +
                                     (size_t)within(x - REACH, width)];
                sum += taps[k + REACH] * v;
                square += taps[k + REACH] * v * v;
            }
            sums[x] = sum;
            squares[x] = square;
        }
        for (int x = 0; x < width; x++) {
            double mean = 0, square = 0;
            for (int k = 0; k < TAPS; k++) {
                mean += taps[k] * sums[x + k];
                square += taps[k] * squares[x + k];
            }
            const size_t i = (size_t)y * (size_t)width + (size_t)x;
            const double v =
                ((double)from->at[i] - mean) / (sqrt(fmax(square - mean * mean, 0)) + 1);
            to->at[i] = fabs(v) < NOTHING ? 0 : (float)v;
        }
    }
}

/* ---- shapes --------------------------------------------------------------------------------------------- */

typedef struct moments {
    double count, below, above; /* values; those on each side of 0 */
    double left, right;         /* sums of squares on each side */
    double absolute;
} moments;

static void add_value(moments *m, double v)
{
    m->count++;
    m->below += v < 0;
    m->above += v > 0;
    m->left += v < 0 ? v * v : 0;
    m->right += v > 0 ? v * v : 0;
    m->absolute += fabs(v);
}

/* Shape and both scales of an asymmetric generalised Gaussian of these moments (Lasmar, Stitou, Berthoumieu 2009). */
static void fit(double *shape, double *left, double *right, const moments *m, const work *w)
{
    *left = m->below > 0 ? sqrt(m->left / m->below) : 0;
    *right = m->above > 0 ? sqrt(m->right / m->above) : 0;
    *shape = 10;
    if (!(*left > 0) || !(*right > 0))
        return;
    const double gamma = *left / *right, square = (m->left + m->right) / m->count;
    const double absolute = m->absolute / m->count;
    const double ratio = absolute * absolute / square * (gamma * gamma * gamma + 1) * (gamma + 1) /
                         ((gamma * gamma + 1) * (gamma * gamma + 1));
    int low = 0, high = SHAPES - 1; /* the nearest: ratios rise */
    while (high - low > 1) {
        const int middle = (low + high) / 2;
        *(w->ratios[middle] <= ratio ? &low : &high) = middle;
    }
    *shape = shape_of(fabs(w->ratios[high] - ratio) < fabs(w->ratios[low] - ratio) ? high : low);
    const double spread = exp(0.5 * (lgamma(1 / *shape) - lgamma(3 / *shape)));
    *left *= spread;
    *right *= spread;
}

/* The 18 numbers of a square of `side` pixels at (left, top). */
static void describe(double features[HALF], const plane *p, int left, int top, int side,
                     const work *w)
{
    static const int steps[4][2] = {{0, 1}, {1, 0}, {1, 1}, {1, -1}}; /* down, right */
    moments single = {0}, pairs[4] = {{0}};
    for (int y = 0; y < side; y++)
        for (int x = 0; x < side; x++) {
            const size_t i = (size_t)(top + y) * (size_t)p->width + (size_t)(left + x);
            const double v = (double)p->at[i];
            add_value(&single, v);
            for (int k = 0; k < 4; k++) {
                const int py = y + steps[k][0], px = x + steps[k][1];
                if (py < side && px >= 0 && px < side)
                    add_value(&pairs[k], v * (double)p->at[(size_t)(top + py) * (size_t)p->width +
                                                           (size_t)(left + px)]);
            }
        }
    double shape, low, high;
    fit(&shape, &low, &high, &single, w);
    *features++ = shape;
    *features++ = (low + high) / 2;
    for (int k = 0; k < 4; k++) {
        fit(&shape, &low, &high, &pairs[k], w);
        *features++ = shape;
        *features++ = (high - low) * exp(lgamma(2 / shape) - lgamma(1 / shape));
        *features++ = low;
        *features++ = high;
    }
}

static void add_patch(work *w, const plane *large, const plane *small, int x, int y)
{
    double features[FEATURES];
    describe(features, large, x * PATCH, y * PATCH, PATCH, w);
    describe(features + HALF, small, x * PATCH / 2, y * PATCH / 2, PATCH / 2, w);
    for (int i = 0; i < FEATURES; i++) {
        w->sums[i] += features[i];
        for (int k = 0; k < FEATURES; k++)
            w->products[i][k] += (features[i] - natural[i]) * (features[k] - natural[k]);
    }
    w->patches++;
}

/* ---- the distance ------------------------------------------------------------------------------------------ */

/* sqrt(d' M^-1 d) with M the mean of both covariances, by M = L L'. NaN where M is not positive definite. */
static double distance(const work *w)
{
    double m[FEATURES][FEATURES], d[FEATURES], sum = 0;
    const double n = w->patches;
    for (int i = 0; i < FEATURES; i++)
        d[i] = w->sums[i] / n - natural[i];
    for (int i = 0; i < FEATURES; i++)
        for (int k = 0; k < FEATURES; k++) {
            const double own = n > 1 ? (w->products[i][k] - n * d[i] * d[k]) / (n - 1) : 0;
            m[i][k] = (natural[FEATURES + i * FEATURES + k] + own) / 2;
        }
    for (int i = 0; i < FEATURES; i++) {
        for (int k = 0; k <= i; k++) {
            double rest = m[i][k];
            for (int j = 0; j < k; j++)
                rest -= m[i][j] * m[k][j];
            if (i > k)
                m[i][k] = rest / m[k][k];
            else if (rest > 0)
                m[i][i] = sqrt(rest);
            else
                return NAN;
        }
        for (int k = 0; k < i; k++)
            d[i] -= m[i][k] * d[k];
        d[i] /= m[i][i];
        sum += d[i] * d[i];
    }
    return sqrt(sum);
}

/* Mean of each 2x2 pixels. */
static void halve(plane *to, const plane *from)
{
    const size_t row = (size_t)from->width;
    for (int y = 0; y < to->height; y++)
        for (int x = 0; x < to->width; x++) {
            const float *at = from->at + (size_t)(2 * y) * row + (size_t)(2 * x);
            to->at[(size_t)y * (size_t)to->width + (size_t)x] =
                (at[0] + at[1] + at[row] + at[row + 1]) / 4;
        }
}

static void prepare(work *w)
{
    double sum = 0;
    for (int k = 0; k < TAPS; k++)
        sum += w->taps[k] = exp(-(k - REACH) * (k - REACH) / (2 * SPREAD * SPREAD));
    for (int k = 0; k < TAPS; k++)
        w->taps[k] /= sum;
    for (int i = 0; i < SHAPES; i++) {
        const double s = shape_of(i);
        w->ratios[i] = exp(2 * lgamma(2 / s) - lgamma(1 / s) - lgamma(3 / s));
    }
}

anew_status anew_measure_naturalness(double *score, const anew_image *image, anew_error *error)
{
    const int across = image->width / PATCH, down = image->height / PATCH;
    anew_status status = ANEW_OK;
    *score = NAN;
    if (across == 0 || down == 0)
        return ANEW_OK;
    plane luma = {across * PATCH, down * PATCH, NULL};
    plane half = {luma.width / 2, luma.height / 2, NULL}, large = luma, small = half;
    const size_t pixels = anew_size_mul((size_t)luma.width, (size_t)luma.height);
    work *w = anew_alloc_zero(sizeof *w);
    double *row = anew_alloc(anew_size_mul((size_t)image->width + 2 * REACH, 2 * sizeof(double)));
    luma.at = anew_alloc(anew_size_mul(pixels, sizeof(float)));
    large.at = anew_alloc(anew_size_mul(pixels, sizeof(float)));
    half.at = anew_alloc(anew_size_mul(pixels / 4, sizeof(float)));
    small.at = anew_alloc(anew_size_mul(pixels / 4, sizeof(float)));
    if (w == NULL || row == NULL || luma.at == NULL || large.at == NULL || half.at == NULL ||
        small.at == NULL) {
        status = anew_fail(error, ANEW_ERROR_MEMORY, "no memory to measure a picture");
        goto out;
    }
    prepare(w);
    for (int y = 0; y < luma.height; y++) {
        anew_measure_luma_row(row, image, y);
        for (int x = 0; x < luma.width; x++)
            luma.at[(size_t)y * (size_t)luma.width + (size_t)x] = (float)row[x];
    }
    halve(&half, &luma);
    normalise(&large, &luma, w->taps, row);
    normalise(&small, &half, w->taps, row);
    for (int y = 0; y < down; y++)
        for (int x = 0; x < across; x++)
            add_patch(w, &large, &small, x, y);
    *score = distance(w);
out:
    anew_free(w);
    anew_free(row);
    anew_free(luma.at);
    anew_free(large.at);
    anew_free(half.at);
    anew_free(small.at);
    return status;
}
