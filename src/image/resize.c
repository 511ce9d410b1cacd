/*
 * resize.c - separable resampling: per output row first the vertical pass over the source rows that
 * it needs, then the horizontal pass over that one row; nothing between the passes is rounded or
 * stored longer.
 *
 * Weights: the filter at the distance between the source pixel's centre and the output pixel's
 * centre, divided by the factor when shrinking (support grows with it: the filter then is the
 * anti-alias filter too), normalised to a sum of 1 in double. Taps beyond an edge repeat the edge
 * pixel.
 */
#include "image/resize.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "core/parallel.h"

#define PI 3.14159265358979323846

/* ---- filters ------------------------------------------------------------------------------------- */

static double support_of(anew_filter filter)
{
    switch (filter) {
    case ANEW_FILTER_LANCZOS3:
        return 3;
    case ANEW_FILTER_CUBIC:
    case ANEW_FILTER_MITCHELL:
        return 2;
    case ANEW_FILTER_TRIANGLE:
        return 1;
    case ANEW_FILTER_AREA:
        return 0.5;
    }
    return 1;
}

static double sinc(double x)
{
    return x == 0 ? 1 : sin(PI * x) / (PI * x);
}

/* The family of Mitchell and Netravali 1988, equation 8. */
static double cubic_spline(double x, double b, double c)
{
    if (x < 1)
        return ((12 - 9 * b - 6 * c) * x * x * x + (-18 + 12 * b + 6 * c) * x * x + (6 - 2 * b)) /
               6;
    if (x < 2)
        return ((-b - 6 * c) * x * x * x + (6 * b + 30 * c) * x * x + (-12 * b - 48 * c) * x +
                (8 * b + 24 * c)) /
               6;
    return 0;
}

static double weight_at(anew_filter filter, double distance)
{
    const double x = fabs(distance);
    switch (filter) {
    case ANEW_FILTER_LANCZOS3:
        return x < 3 ? sinc(x) * sinc(x / 3) : 0;
    case ANEW_FILTER_CUBIC: /* Keys' a = -0.5 is b = 0, c = 0.5 */
        return cubic_spline(x, 0, 0.5);
    case ANEW_FILTER_MITCHELL:
        return cubic_spline(x, 1.0 / 3, 1.0 / 3);
    case ANEW_FILTER_TRIANGLE:
        return x < 1 ? 1 - x : 0;
    case ANEW_FILTER_AREA: /* the half-open box, so that a border is counted once */
        return distance >= -0.5 && distance < 0.5 ? 1 : 0;
    }
    return 0;
}

/* Share of the source pixel [index, index + 1) that the output pixel [from, to) covers. */
static double covered(double from, double to, int index)
{
    const double low = from > index ? from : index, high = to < index + 1 ? to : index + 1;
    return high > low ? high - low : 0;
}

/* ---- weights of one axis --------------------------------------------------------------------------- */

typedef struct axis {
    int taps;
    int32_t *first; /* [dst]: the first source pixel; first + taps <= padded source */
    float *weights; /* [taps][dst] */
    int margin;     /* edge pixels to repeat before and after the source row */
} axis;

static void axis_free(axis *a)
{
    anew_free(a->first);
    anew_free(a->weights);
    *a = (axis){0};
}

static anew_status axis_create(axis *a, int src, int dst, anew_filter filter, anew_error *error)
{
    const double factor = (double)src / dst, stretch = factor > 1 ? factor : 1;
    const double support = support_of(filter) * stretch;
    /* An enlargement by area is the nearest pixel or a mix of two. */
    a->taps = (int)ceil(2 * support) + 1;
    a->margin = a->taps;
    a->first = anew_alloc(anew_size_mul((size_t)dst, sizeof(int32_t)));
    a->weights =
        anew_alloc(anew_size_mul(anew_size_mul((size_t)dst, (size_t)a->taps), sizeof(float)));
    if (a->first == NULL || a->weights == NULL) {
        axis_free(a);
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory to resize %d to %d pixels", src, dst);
    }
    for (int i = 0; i < dst; i++) {
        const double centre = (i + 0.5) * factor - 0.5;
        int first = (int)ceil(centre - support - 1e-9);
        if (filter == ANEW_FILTER_AREA)
            first = (int)floor(i * factor + 1e-9);
        double sum = 0;
        for (int pass = 0; pass < 2; pass++) {
            for (int t = 0; t < a->taps; t++) {
                const double weight = filter == ANEW_FILTER_AREA
                                          ? covered(i * factor, (i + 1) * factor, first + t)
                                          : weight_at(filter, (first + t - centre) / stretch);
                if (pass == 0)
                    sum += weight;
                else
                    a->weights[(size_t)t * (size_t)dst + (size_t)i] = (float)(weight / sum);
            }
        }
        a->first[i] = first;
    }
    return ANEW_OK;
}

/* ---- the two passes --------------------------------------------------------------------------------- */

typedef struct resize_job {
    const anew_planes *src;
    anew_planes *dst;
    const anew_row_kernels *kernels;
    axis across, down;
    float *rows; /* [workers][margin + src width + margin] */
    size_t row_floats;
    float *weights;         /* [workers][down.taps] */
    const float **pointers; /* [workers][down.taps] */
} resize_job;

/* Rows of all planes, one after the other. */
static void resize_rows(void *context, int first, int last, int worker)
{
    const resize_job *job = context;
    const anew_planes *src = job->src;
    const int margin = job->across.margin, taps = job->down.taps;
    float *row = job->rows + (size_t)worker * job->row_floats + margin;
    float *weights = job->weights + (size_t)worker * (size_t)taps;
    const float **pointers = job->pointers + (size_t)worker * (size_t)taps;
    for (int i = first; i < last; i++) {
        const int plane = i / job->dst->height, y = i % job->dst->height;
        for (int t = 0; t < taps; t++) {
            int from = job->down.first[y] + t;
            from = from < 0 ? 0 : from >= src->height ? src->height - 1 : from;
            pointers[t] = src->data +
                          ((size_t)plane * (size_t)src->height + (size_t)from) * (size_t)src->width;
            weights[t] = job->down.weights[(size_t)t * (size_t)job->dst->height + (size_t)y];
        }
        job->kernels->resample_vertical(row, pointers, weights, taps, src->width);
        for (int x = 1; x <= margin; x++) {
            row[-x] = row[0];
            row[src->width - 1 + x] = row[src->width - 1];
        }
        job->kernels->resample_horizontal(job->dst->data + (size_t)i * (size_t)job->dst->width, row,
                                          job->across.first, job->across.weights, job->across.taps,
                                          job->dst->width);
    }
}

anew_status anew_planes_resize(anew_planes *dst, const anew_planes *src, anew_filter filter,
                               const anew_row_kernels *kernels, int threads, anew_error *error)
{
    if (dst->width == src->width && dst->height == src->height) {
        memcpy(dst->data, src->data,
               (size_t)src->channels * (size_t)src->height * (size_t)src->width * sizeof(float));
        return ANEW_OK;
    }
    anew_status status = ANEW_OK;
    resize_job job = {.src = src, .dst = dst, .kernels = kernels};
    ANEW_TRY_GOTO(axis_create(&job.across, src->width, dst->width, filter, error), out);
    ANEW_TRY_GOTO(axis_create(&job.down, src->height, dst->height, filter, error), out);
    const size_t workers = (size_t)threads;
    job.row_floats = anew_size_round_up((size_t)src->width + 2 * (size_t)job.across.margin, 16);
    job.rows = anew_alloc(anew_size_mul(anew_size_mul(job.row_floats, workers), sizeof(float)));
    job.weights = anew_alloc(anew_size_mul((size_t)job.down.taps * workers, sizeof(float)));
    job.pointers = anew_alloc(anew_size_mul((size_t)job.down.taps * workers, sizeof(float *)));
    if (job.rows == NULL || job.weights == NULL || job.pointers == NULL) {
        status = anew_fail(error, ANEW_ERROR_MEMORY, "no memory to resize to %dx%d pixels",
                           dst->width, dst->height);
        goto out;
    }
    anew_parallel_for(threads, dst->channels * dst->height, 16, resize_rows, &job);
out:
    axis_free(&job.across);
    axis_free(&job.down);
    anew_free(job.rows);
    anew_free(job.weights);
    anew_free((void *)(uintptr_t)job.pointers);
    return status;
}
