/* measure.c - samples, PSNR, and the one door to all measures of two pictures. */
#include "image/measure.h"

#include <math.h>

#include "image/measure_rows.h"

double anew_measure_sample(const anew_image *image, int channels, int x, int y, int c)
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

double anew_measure_luma(const anew_image *image, int channels, int x, int y)
{
    if (channels < 3)
        return anew_measure_sample(image, channels, x, y, 0);
    return 0.299 * anew_measure_sample(image, channels, x, y, 0) +
           0.587 * anew_measure_sample(image, channels, x, y, 1) +
           0.114 * anew_measure_sample(image, channels, x, y, 2);
}

void anew_measure_luma_row(double *row, const anew_image *image, int y)
{
    for (int x = 0; x < image->width; x++)
        row[x] = anew_measure_luma(image, image->channels, x, y);
}

static double decibels(double squares, double count)
{
    return squares == 0 ? HUGE_VAL : 10 * log10(255.0 * 255.0 * count / squares);
}

anew_status anew_image_measure(anew_difference *difference, const anew_image *a,
                               const anew_image *b, int threads, anew_error *error)
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
                const double d = fabs(anew_measure_sample(a, channels, x, y, c) -
                                      anew_measure_sample(b, channels, x, y, c));
                squares += d * d;
                difference->differing += d != 0;
                difference->largest = fmax(difference->largest, d);
            }
            const double d =
                anew_measure_luma(a, channels, x, y) - anew_measure_luma(b, channels, x, y);
            luma_squares += d * d;
        }
    const double pixels = (double)a->width * a->height;
    difference->samples = (int64_t)a->width * a->height * channels;
    difference->psnr = decibels(squares, pixels * channels);
    difference->psnr_luma = decibels(luma_squares, pixels);
    ANEW_TRY(
        anew_measure_colours(&difference->delta_e, &difference->delta_e_95, a, b, threads, error));
    return anew_measure_ssim(&difference->ssim, &difference->ms_ssim, a, b, error);
}
