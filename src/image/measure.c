/* measure.c - PSNR and SSIM, in double, row by row. */
#include "image/measure.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"

#define WINDOW 11
#define SIGMA  1.5

/* Sample c of pixel (x, y), 0 .. 255; `channels` are those that are compared. */
static double sample(const anew_image *image, int channels, int x, int y, int c)
{
    const bool alpha = image->channels == 2 || image->channels == 4;
    const bool wanted_alpha = (channels == 2 || channels == 4) && c == channels - 1;
    int from = c;
    if (wanted_alpha && alpha)
        from = image->channels - 1;
    else if (image->channels < 3)
        from = 0;
    const size_t at =
        ((size_t)y * (size_t)image->width + (size_t)x) * (size_t)image->channels + (size_t)from;
    if (image->depth == 16)
        return ((const uint16_t *)image->pixels)[at] / 257.0;
    return ((const uint8_t *)image->pixels)[at];
}

static double luma(const anew_image *image, int channels, int x, int y)
{
    if (channels < 3)
        return sample(image, channels, x, y, 0);
    return 0.299 * sample(image, channels, x, y, 0) + 0.587 * sample(image, channels, x, y, 1) +
           0.114 * sample(image, channels, x, y, 2);
}

static double decibels(double squares, double count)
{
    return squares == 0 ? HUGE_VAL : 10 * log10(255.0 * 255.0 * count / squares);
}

/* The moments whose smoothed values make SSIM, of one pixel pair. */
enum { MEAN_A, MEAN_B, SQUARE_A, SQUARE_B, PRODUCT, MOMENTS };

/* Moments of row y smoothed along the row: row[moment][x] for windows that begin at x. */
static void smooth_row(double *row, const anew_image *a, const anew_image *b, int channels, int y,
                       const double *weight, double *lumas)
{
    const int width = a->width, windows = width - WINDOW + 1;
    for (int x = 0; x < width; x++) {
        lumas[x] = luma(a, channels, x, y);
        lumas[width + x] = luma(b, channels, x, y);
    }
    for (int x = 0; x < windows; x++) {
        double moments[MOMENTS] = {0};
        for (int k = 0; k < WINDOW; k++) {
            const double p = lumas[x + k], q = lumas[width + x + k];
            moments[MEAN_A] += weight[k] * p;
            moments[MEAN_B] += weight[k] * q;
            moments[SQUARE_A] += weight[k] * p * p;
            moments[SQUARE_B] += weight[k] * q * q;
            moments[PRODUCT] += weight[k] * p * q;
        }
        for (int m = 0; m < MOMENTS; m++)
            row[(size_t)m * (size_t)windows + (size_t)x] = moments[m];
    }
}

static double ssim_of(const double m[MOMENTS])
{
    const double c1 = 0.01 * 255 * 0.01 * 255, c2 = 0.03 * 255 * 0.03 * 255;
    const double variance_a = m[SQUARE_A] - m[MEAN_A] * m[MEAN_A];
    const double variance_b = m[SQUARE_B] - m[MEAN_B] * m[MEAN_B];
    const double covariance = m[PRODUCT] - m[MEAN_A] * m[MEAN_B];
    return (2 * m[MEAN_A] * m[MEAN_B] + c1) * (2 * covariance + c2) /
           ((m[MEAN_A] * m[MEAN_A] + m[MEAN_B] * m[MEAN_B] + c1) * (variance_a + variance_b + c2));
}

static anew_status measure_ssim(double *ssim, const anew_image *a, const anew_image *b,
                                int channels, anew_error *error)
{
    *ssim = NAN;
    if (a->width < WINDOW || a->height < WINDOW)
        return ANEW_OK;
    double weight[WINDOW], total = 0, sum = 0;
    for (int k = 0; k < WINDOW; k++) {
        const int d = k - WINDOW / 2;
        weight[k] = exp(-(double)(d * d) / (2 * SIGMA * SIGMA));
        total += weight[k];
    }
    for (int k = 0; k < WINDOW; k++)
        weight[k] /= total;
    const size_t windows = (size_t)a->width - WINDOW + 1;
    const size_t row = anew_size_mul(windows, MOMENTS);
    double *rows = anew_alloc(anew_size_mul(anew_size_mul(row, WINDOW), sizeof(double)));
    double *lumas = anew_alloc(anew_size_mul((size_t)a->width, 2 * sizeof(double)));
    anew_status status = ANEW_OK;
    if (rows == NULL || lumas == NULL) {
        status = anew_fail(error, ANEW_ERROR_MEMORY, "no memory to compare");
        goto out;
    }
    for (int y = 0; y < a->height; y++) {
        smooth_row(rows + (size_t)(y % WINDOW) * row, a, b, channels, y, weight, lumas);
        for (size_t x = 0; y >= WINDOW - 1 && x < windows; x++) {
            double moments[MOMENTS] = {0};
            for (int k = 0; k < WINDOW; k++)
                for (int m = 0; m < MOMENTS; m++)
                    moments[m] +=
                        weight[k] *
                        rows[(size_t)((y + 1 + k) % WINDOW) * row + (size_t)m * windows + x];
            sum += ssim_of(moments);
        }
    }
    *ssim = sum / ((double)windows * (a->height - WINDOW + 1));
out:
    anew_free(rows);
    anew_free(lumas);
    return status;
}

anew_status anew_image_measure(anew_difference *difference, const anew_image *a,
                               const anew_image *b, anew_error *error)
{
    *difference = (anew_difference){0};
    if (a->width != b->width || a->height != b->height)
        return anew_fail(error, ANEW_ERROR_ARGUMENT,
                         "the pictures have different sizes: %dx%d and %dx%d", a->width, a->height,
                         b->width, b->height);
    if (a->channels % 2 != b->channels % 2)
        return anew_fail(error, ANEW_ERROR_ARGUMENT, "only one of the pictures has transparency");
    const int channels = a->channels > b->channels ? a->channels : b->channels;
    double squares = 0, luma_squares = 0;
    for (int y = 0; y < a->height; y++)
        for (int x = 0; x < a->width; x++) {
            for (int c = 0; c < channels; c++) {
                const double d = fabs(sample(a, channels, x, y, c) - sample(b, channels, x, y, c));
                squares += d * d;
                difference->differing += d != 0;
                difference->largest = fmax(difference->largest, d);
            }
            const double d = luma(a, channels, x, y) - luma(b, channels, x, y);
            luma_squares += d * d;
        }
    const double pixels = (double)a->width * a->height;
    difference->samples = (int64_t)a->width * a->height * channels;
    difference->psnr = decibels(squares, pixels * channels);
    difference->psnr_luma = decibels(luma_squares, pixels);
    return measure_ssim(&difference->ssim, a, b, channels, error);
}
