/*
 * measure_ssim.c - structural similarity of lumas, in double, row by row, at one scale and at five.
 *
 * The first scale is read from the pictures; of the others only half the size and less is in memory.
 */
#include <math.h>

#include "core/memory.h"
#include "image/measure_rows.h"

#define WINDOW 11
#define SIGMA  1.5
#define SCALES 5

/* Exponents of the scales: Wang, Simoncelli and Bovik 2003, section 4. */
static const double exponents[SCALES] = {0.0448, 0.2856, 0.3001, 0.2363, 0.1333};

/* Lumas of one scale: of an image, or in memory. */
typedef struct scale {
    int width, height;
    const anew_image *image;
    double *lumas; /* [height][width]; NULL: of the image */
} scale;

static void row_of(double *row, const scale *s, int y)
{
    if (s->lumas == NULL) {
        anew_measure_luma_row(row, s->image, y);
        return;
    }
    for (int x = 0; x < s->width; x++)
        row[x] = s->lumas[(size_t)y * (size_t)s->width + (size_t)x];
}

/* The moments whose smoothed values make SSIM, of one pixel pair. */
enum { MEAN_A, MEAN_B, SQUARE_A, SQUARE_B, PRODUCT, MOMENTS };

/* Moments of row y smoothed along the row: row[moment][x] for windows that begin at x. */
static void smooth_row(double *row, const scale *a, const scale *b, int y, const double *weight,
                       double *lumas)
{
    const int width = a->width, windows = width - WINDOW + 1;
    row_of(lumas, a, y);
    row_of(lumas + width, b, y);
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

/* The two factors of SSIM: luminance, and contrast with structure (equation 13 there). */
static void factors_of(double *luminance, double *structure, const double m[MOMENTS])
{
    const double c1 = 0.01 * 255 * 0.01 * 255, c2 = 0.03 * 255 * 0.03 * 255;
    const double variance_a = m[SQUARE_A] - m[MEAN_A] * m[MEAN_A];
    const double variance_b = m[SQUARE_B] - m[MEAN_B] * m[MEAN_B];
    const double covariance = m[PRODUCT] - m[MEAN_A] * m[MEAN_B];
    *luminance =
        (2 * m[MEAN_A] * m[MEAN_B] + c1) / (m[MEAN_A] * m[MEAN_A] + m[MEAN_B] * m[MEAN_B] + c1);
    *structure = (2 * covariance + c2) / (variance_a + variance_b + c2);
}

/* Means over all windows: of SSIM, and of contrast and structure alone. */
static anew_status means_of(double *ssim, double *structure, const scale *a, const scale *b,
                            anew_error *error)
{
    double weight[WINDOW], total = 0, sums[2] = {0, 0};
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
        smooth_row(rows + (size_t)(y % WINDOW) * row, a, b, y, weight, lumas);
        for (size_t x = 0; y >= WINDOW - 1 && x < windows; x++) {
            double moments[MOMENTS] = {0}, l = 0, cs = 0;
            for (int k = 0; k < WINDOW; k++)
                for (int m = 0; m < MOMENTS; m++)
                    moments[m] +=
                        weight[k] *
                        rows[(size_t)((y + 1 + k) % WINDOW) * row + (size_t)m * windows + x];
            factors_of(&l, &cs, moments);
            sums[0] += l * cs;
            sums[1] += cs;
        }
    }
    const double count = (double)windows * (a->height - WINDOW + 1);
    *ssim = sums[0] / count;
    *structure = sums[1] / count;
out:
    anew_free(rows);
    anew_free(lumas);
    return status;
}

/* The next scale: means of 2x2 pixels; an odd last row or column is left out. Replaces *s. */
static anew_status halve(scale *s, anew_error *error)
{
    const int width = s->width / 2, height = s->height / 2;
    double *half =
        anew_alloc(anew_size_mul(anew_size_mul((size_t)width, (size_t)height), sizeof(double)));
    double *rows = anew_alloc(anew_size_mul((size_t)s->width, 2 * sizeof(double)));
    if (half == NULL || rows == NULL) {
        anew_free(half);
        anew_free(rows);
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory to compare");
    }
    const double *below = rows + s->width;
    for (int y = 0; y < height; y++) {
        row_of(rows, s, 2 * y);
        row_of(rows + s->width, s, 2 * y + 1);
        for (int x = 0; x < width; x++) {
            const size_t left = 2 * (size_t)x;
            half[(size_t)y * (size_t)width + (size_t)x] =
                (rows[left] + rows[left + 1] + below[left] + below[left + 1]) / 4;
        }
    }
    anew_free(rows);
    anew_free(s->lumas);
    *s = (scale){width, height, NULL, half};
    return ANEW_OK;
}

anew_status anew_measure_ssim(double *ssim, double *ms_ssim, const anew_image *a,
                              const anew_image *b, anew_error *error)
{
    scale first = {a->width, a->height, a, NULL}, second = {b->width, b->height, b, NULL};
    anew_status status = ANEW_OK;
    double product = 1;
    *ssim = NAN;
    *ms_ssim = NAN;
    for (int i = 0; i < SCALES; i++) {
        double mean = 0, structure = 0;
        if (first.width < WINDOW || first.height < WINDOW)
            goto out;
        ANEW_TRY_GOTO(means_of(&mean, &structure, &first, &second, error), out);
        if (i == 0)
            *ssim = mean;
        /* A negative mean has no root: pictures that are each other's negatives are not alike at all. */
        product *= pow(fmax(i == SCALES - 1 ? mean : structure, 0), exponents[i]);
        if (i == SCALES - 1)
            break;
        ANEW_TRY_GOTO(halve(&first, error), out);
        ANEW_TRY_GOTO(halve(&second, error), out);
    }
    *ms_ssim = product;
out:
    anew_free(first.lumas);
    anew_free(second.lumas);
    return status;
}
