/* measure_colours.c - CIEDE2000 over two pictures: rows by threads, sums in the order of the rows. */
#include <math.h>

#include "core/memory.h"
#include "core/parallel.h"
#include "image/colour_difference.h"
#include "image/measure_rows.h"
#include "image/transfer.h"

/* Differences are counted in steps of 0.001; two colours of sRGB are never further apart than 120 or so. */
#define STEPS_PER_UNIT 1000
#define BINS           (160 * STEPS_PER_UNIT)

typedef struct colours {
    const anew_image *pictures[2];
    double linear[256]; /* of samples of 8 bits */
    double *rows;       /* [height]: sums */
    uint32_t *bins;     /* [threads][BINS] */
} colours;

static double light_of(double encoded)
{
    float v = (float)encoded;
    anew_srgb_to_linear(&v, 1);
    return (double)v;
}

static anew_lab lab_at(const colours *c, const anew_image *image, int x, int y)
{
    double light[3];
    for (int k = 0; k < 3; k++) {
        const double v = anew_measure_sample(image, 3, x, y, k);
        light[k] = image->depth == 8 ? c->linear[(int)v] : light_of(v / 255);
    }
    return anew_lab_of_linear(light[0], light[1], light[2]);
}

static bool same(const colours *c, int x, int y)
{
    for (int k = 0; k < 3; k++)
        if (anew_measure_sample(c->pictures[0], 3, x, y, k) !=
            anew_measure_sample(c->pictures[1], 3, x, y, k))
            return false;
    return true;
}

static void measure_rows(void *context, int first, int last, int worker)
{
    const colours *c = context;
    uint32_t *bins = c->bins + (size_t)worker * BINS;
    for (int y = first; y < last; y++) {
        double sum = 0;
        for (int x = 0; x < c->pictures[0]->width; x++) {
            double difference = 0;
            if (!same(c, x, y)) {
                const anew_lab a = lab_at(c, c->pictures[0], x, y);
                const anew_lab b = lab_at(c, c->pictures[1], x, y);
                difference = anew_ciede2000(&a, &b);
            }
            sum += difference;
            const double bin = ceil(difference * STEPS_PER_UNIT);
            bins[bin < BINS ? (int)bin : BINS - 1]++;
        }
        c->rows[y] = sum;
    }
}

anew_status anew_measure_colours(double *mean, double *percentile, const anew_image *a,
                                 const anew_image *b, int threads, anew_error *error)
{
    colours c = {.pictures = {a, b}};
    const int workers = threads < 1 ? 1 : threads < 16 ? threads : 16;
    const double pixels = (double)a->width * a->height;
    anew_status status = ANEW_OK;
    for (int i = 0; i < 256; i++)
        c.linear[i] = light_of(i / 255.0);
    c.rows = anew_alloc(anew_size_mul((size_t)a->height, sizeof(double)));
    c.bins = anew_alloc_zero(anew_size_mul((size_t)workers * BINS, sizeof(uint32_t)));
    if (c.rows == NULL || c.bins == NULL) {
        status = anew_fail(error, ANEW_ERROR_MEMORY, "no memory to compare");
        goto out;
    }
    anew_parallel_for(workers, a->height, 8, measure_rows, &c);
    double sum = 0, reached = 0;
    for (int y = 0; y < a->height; y++)
        sum += c.rows[y];
    *mean = sum / pixels;
    for (int bin = 0; bin < BINS && reached < 0.95 * pixels; bin++) {
        for (int w = 0; w < workers; w++)
            reached += c.bins[(size_t)w * BINS + (size_t)bin];
        *percentile = (double)bin / STEPS_PER_UNIT;
    }
out:
    anew_free(c.rows);
    anew_free(c.bins);
    return status;
}
