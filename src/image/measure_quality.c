/* measure_quality.c - blur, noise and blocking of one picture's luma. */
#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "image/measure.h"
#include "image/measure_rows.h"

#define SQUARE 16 /* pixels that noise is estimated of at a time */
#define BLOCK  8  /* JPEG's */
#define BOX    9  /* taps of the blur that blur is measured by */

typedef struct luma {
    int width, height;
    float *at; /* [height][width], 0 .. 255 */
} luma;

static double pixel(const luma *l, int x, int y)
{
    const int column = x < 0 ? 0 : x < l->width ? x : l->width - 1;
    const int row = y < 0 ? 0 : y < l->height ? y : l->height - 1;
    return (double)l->at[(size_t)row * (size_t)l->width + (size_t)column];
}

/* Along one direction: of all steps between neighbours, the share that is left after a blur along that direction. */
static double blur_along(const luma *l, int dx, int dy)
{
    double all = 0, lost = 0;
    for (int y = 1; y < l->height; y++)
        for (int x = 1; x < l->width; x++) {
            /* The blurred step telescopes: a mean of BOX pixels less that of the window beside it. */
            const double step = fabs(pixel(l, x, y) - pixel(l, x - dx, y - dy));
            const int ahead = BOX / 2, behind = BOX / 2 + 1;
            const double blurred = fabs(pixel(l, x + ahead * dx, y + ahead * dy) -
                                        pixel(l, x - behind * dx, y - behind * dy)) /
                                   BOX;
            all += step;
            lost += fmax(step - blurred, 0);
        }
    return all > 0 ? (all - lost) / all : 1;
}

static int by_value(const void *a, const void *b)
{
    const double p = *(const double *)a, q = *(const double *)b;
    return (p > q) - (p < q);
}

/* Immerkaer's mask, the difference of two Laplacians, leaves nothing of planes and curves of second order. */
static double noise_of_square(const luma *l, int left, int top)
{
    double sum = 0;
    for (int y = top + 1; y < top + SQUARE - 1; y++)
        for (int x = left + 1; x < left + SQUARE - 1; x++)
            sum += fabs(pixel(l, x - 1, y - 1) - 2 * pixel(l, x, y - 1) + pixel(l, x + 1, y - 1) -
                        2 * pixel(l, x - 1, y) + 4 * pixel(l, x, y) - 2 * pixel(l, x + 1, y) +
                        pixel(l, x - 1, y + 1) - 2 * pixel(l, x, y + 1) + pixel(l, x + 1, y + 1));
    return sqrt(3.14159265358979323846 / 2) * sum / (6.0 * (SQUARE - 2) * (SQUARE - 2));
}

static anew_status noise_of(double *noise, const luma *l, anew_error *error)
{
    const int across = l->width / SQUARE, down = l->height / SQUARE;
    const size_t count = (size_t)across * (size_t)down;
    *noise = NAN;
    if (count == 0)
        return ANEW_OK;
    double *squares = anew_alloc(anew_size_mul(count, sizeof(double)));
    if (squares == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory to measure a picture");
    for (size_t i = 0; i < count; i++)
        squares[i] = noise_of_square(l, (int)(i % (size_t)across) * SQUARE,
                                     (int)(i / (size_t)across) * SQUARE);
    qsort(squares, count, sizeof(double), by_value);
    *noise = squares[count / 4];
    anew_free(squares);
    return ANEW_OK;
}

static double blocking_of(const luma *l)
{
    double sums[2] = {0, 0}, counts[2] = {0, 0}; /* within squares, across their lines */
    if (l->width < 2 * BLOCK || l->height < 2 * BLOCK)
        return NAN;
    for (int y = 0; y < l->height; y++)
        for (int x = 0; x < l->width; x++)
            for (int direction = 0; direction < 2; direction++) {
                const int dx = direction == 0, dy = 1 - dx, along = dx ? x : y;
                if (along == 0)
                    continue;
                const int line = along % BLOCK == 0;
                sums[line] += fabs(pixel(l, x, y) - pixel(l, x - dx, y - dy));
                counts[line]++;
            }
    return sums[0] > 0 ? sums[1] / counts[1] / (sums[0] / counts[0]) : sums[1] > 0 ? HUGE_VAL : 1;
}

anew_status anew_image_quality(anew_quality *quality, const anew_image *image, anew_error *error)
{
    luma l = {image->width, image->height, NULL};
    double *row = anew_alloc(anew_size_mul((size_t)image->width, sizeof(double)));
    anew_status status = ANEW_OK;
    l.at = anew_alloc(
        anew_size_mul(anew_size_mul((size_t)image->width, (size_t)image->height), sizeof(float)));
    if (row == NULL || l.at == NULL) {
        status = anew_fail(error, ANEW_ERROR_MEMORY, "no memory to measure a picture");
        goto out;
    }
    for (int y = 0; y < image->height; y++) {
        anew_measure_luma_row(row, image, y);
        for (int x = 0; x < image->width; x++)
            l.at[(size_t)y * (size_t)image->width + (size_t)x] = (float)row[x];
    }
    quality->blur = fmax(blur_along(&l, 1, 0), blur_along(&l, 0, 1));
    quality->blocking = blocking_of(&l);
    ANEW_TRY_GOTO(noise_of(&quality->noise, &l, error), out);
    status = anew_measure_naturalness(&quality->naturalness, image, error);
out:
    anew_free(row);
    anew_free(l.at);
    return status;
}
