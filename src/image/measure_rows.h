/* measure_rows.h - rows of a picture as measures see them; private to measure*.c. */
#ifndef ANEW_IMAGE_MEASURE_ROWS_H
#define ANEW_IMAGE_MEASURE_ROWS_H

#include "image/image.h"

/* Sample c of pixel (x, y), 0 .. 255; `channels` are those that are compared: gray counts as colour among colours. */
double anew_measure_sample(const anew_image *image, int channels, int x, int y, int c);

/* The luma of ITU-R BT.601, 0 .. 255, of a pixel and of row y. */
double anew_measure_luma(const anew_image *image, int channels, int x, int y);
void anew_measure_luma_row(double *row, const anew_image *image, int y);

/* SSIM of the lumas of two pictures (Wang et al. 2004), and over five scales (Wang, Simoncelli and Bovik 2003); each
 * NaN where the pictures are too small for its windows. */
ANEW_NODISCARD anew_status anew_measure_ssim(double *ssim, double *ms_ssim, const anew_image *a,
                                             const anew_image *b, anew_error *error);

/* NIQE's distance of one picture from good photos, in the model's own units: 0 and up, less is better. NaN below 96 pixels. */
ANEW_NODISCARD anew_status anew_measure_naturalness(double *score, const anew_image *image,
                                                    anew_error *error);

/* CIEDE2000 over all pixels: the mean, and what 95 % of them are at or below, to 0.001. Samples count as sRGB. */
ANEW_NODISCARD anew_status anew_measure_colours(double *mean, double *percentile,
                                                const anew_image *a, const anew_image *b,
                                                int threads, anew_error *error);

#endif
