/*
 * resize.c - separable resampling of rows as they come: per output row first the vertical pass over the
 * source rows that it needs, then the horizontal pass over that one row; nothing between the passes is
 * rounded or stored longer. Source rows wait in a ring until the last output row that needs them.
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
    int count;      /* outputs */
    int32_t *first; /* [count]: the first source pixel; may lie outside the picture */
    float *weights; /* [taps][count] */
} axis;

static void axis_free(axis *a)
{
    anew_free(a->first);
    anew_free(a->weights);
    *a = (axis){0};
}

static int taps_of(int src, int dst, anew_filter filter)
{
    const double stretch = src > dst ? (double)src / dst : 1;
    /* An enlargement by area is the nearest pixel or a mix of two. */
    return (int)ceil(2 * support_of(filter) * stretch) + 1;
}

/* The first source pixel of output pixel i. */
static int first_of(int i, int src, int dst, anew_filter filter)
{
    const double factor = (double)src / dst, stretch = factor > 1 ? factor : 1;
    if (filter == ANEW_FILTER_AREA)
        return (int)floor(i * factor + 1e-9);
    return (int)ceil((i + 0.5) * factor - 0.5 - support_of(filter) * stretch - 1e-9);
}

/* Weights of the outputs from dst_first to dst_last - 1 of an axis of src to dst pixels. */
static anew_status axis_create(axis *a, int src, int dst, int dst_first, int dst_last,
                               anew_filter filter, anew_error *error)
{
    const double factor = (double)src / dst, stretch = factor > 1 ? factor : 1;
    const size_t count = (size_t)(dst_last - dst_first);
    a->taps = taps_of(src, dst, filter);
    a->count = dst_last - dst_first;
    a->first = anew_alloc(anew_size_mul(count, sizeof(int32_t)));
    a->weights = anew_alloc(anew_size_mul(anew_size_mul(count, (size_t)a->taps), sizeof(float)));
    if (a->first == NULL || a->weights == NULL) {
        axis_free(a);
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory to resize %d to %d pixels", src, dst);
    }
    for (size_t k = 0; k < count; k++) {
        const int i = dst_first + (int)k;
        const double centre = (i + 0.5) * factor - 0.5;
        const int first = first_of(i, src, dst, filter);
        double sum = 0;
        for (int pass = 0; pass < 2; pass++) {
            for (int t = 0; t < a->taps; t++) {
                const double weight = filter == ANEW_FILTER_AREA
                                          ? covered(i * factor, (i + 1) * factor, first + t)
                                          : weight_at(filter, (first + t - centre) / stretch);
                if (pass == 0)
                    sum += weight;
                else
                    a->weights[(size_t)t * count + k] = (float)(weight / sum);
            }
        }
        a->first[k] = first;
    }
    return ANEW_OK;
}

static int clamped(int value, int low, int high)
{
    return value < low ? low : value > high ? high : value;
}

void anew_resize_reach(int *src_first, int *src_last, int src, int dst, int dst_first, int dst_last,
                       anew_filter filter)
{
    *src_first = clamped(first_of(dst_first, src, dst, filter), 0, src - 1);
    *src_last = clamped(first_of(dst_last - 1, src, dst, filter) + taps_of(src, dst, filter) - 1, 0,
                        src - 1) +
                1;
}

/* ---- the resizer ------------------------------------------------------------------------------------ */

/* Output rows made at a time. */
#define BATCH 16

struct anew_resizer {
    anew_resize_shape shape;
    const anew_row_kernels *kernels;
    int threads;
    axis across, down;
    int window;                    /* source columns held: src_first .. src_last */
    int margin_left, margin_right; /* edge pixels repeated around the window */
    int capacity;                  /* rows of the ring */
    int received, made;
    float *ring;  /* [channels][capacity][window] */
    float *batch; /* [channels][BATCH][dst columns] */
    float *rows;  /* [threads][row_floats] */
    size_t row_floats;
    float *weights;         /* [threads][down.taps] */
    const float **pointers; /* [threads][down.taps] */
};

static bool same_size(const anew_resize_shape *s)
{
    return s->src_width == s->dst_width && s->src_height == s->dst_height;
}

static int ring_rows(const anew_resize_shape *s)
{
    /* What BATCH output rows see, and what one more needs while the next rows come in. */
    const double factor = (double)s->src_height / s->dst_height;
    return taps_of(s->src_height, s->dst_height, s->filter) + (int)ceil(BATCH * factor) + 1;
}

size_t anew_resizer_bytes(const anew_resize_shape *s, int threads)
{
    if (same_size(s))
        return sizeof(anew_resizer);
    const size_t window = (size_t)(s->src_last - s->src_first), channels = (size_t)s->channels;
    const size_t columns = (size_t)(s->dst_last - s->dst_first);
    const size_t taps = (size_t)taps_of(s->src_width, s->dst_width, s->filter);
    const size_t down = (size_t)taps_of(s->src_height, s->dst_height, s->filter);
    size_t floats = channels * (size_t)ring_rows(s) * window + channels * BATCH * columns;
    floats += (size_t)threads * (window + 2 * taps + ANEW_BLOCK + 3 * down);
    floats += columns * (taps + 1) + (size_t)s->dst_height * (down + 1);
    return sizeof(anew_resizer) + floats * sizeof(float);
}

void anew_resizer_free(anew_resizer **resizer)
{
    anew_resizer *r = *resizer;
    if (r == NULL)
        return;
    axis_free(&r->across);
    axis_free(&r->down);
    anew_free(r->ring);
    anew_free(r->batch);
    anew_free(r->rows);
    anew_free(r->weights);
    anew_free((void *)(uintptr_t)r->pointers);
    anew_free(r);
    *resizer = NULL;
}

/* Makes the horizontal axis count from the window, and finds how far its taps leave it (only at the
 * picture's edges; elsewhere the window reaches far enough). */
static void fit_window(anew_resizer *r)
{
    for (int i = 0; i < r->across.count; i++) {
        int32_t *first = &r->across.first[i];
        *first -= r->shape.src_first;
        if (r->margin_left < -*first)
            r->margin_left = -*first;
        const int past = *first + r->across.taps - r->window;
        if (r->margin_right < past)
            r->margin_right = past;
    }
}

anew_status anew_resizer_create(anew_resizer **resizer, const anew_resize_shape *shape,
                                const anew_row_kernels *kernels, int threads, anew_error *error)
{
    anew_status status = ANEW_OK;
    anew_resizer *r = anew_alloc_zero(sizeof *r);
    if (r == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory to resize");
    r->shape = *shape;
    r->kernels = kernels;
    r->threads = threads < 1 ? 1 : threads;
    r->window = shape->src_last - shape->src_first;
    if (same_size(shape)) {
        *resizer = r;
        return ANEW_OK;
    }
    ANEW_TRY_GOTO(axis_create(&r->across, shape->src_width, shape->dst_width, shape->dst_first,
                              shape->dst_last, shape->filter, error),
                  fail);
    ANEW_TRY_GOTO(axis_create(&r->down, shape->src_height, shape->dst_height, 0, shape->dst_height,
                              shape->filter, error),
                  fail);
    fit_window(r);
    r->capacity = ring_rows(shape);
    const size_t workers = (size_t)r->threads, channels = (size_t)shape->channels;
    const size_t taps = (size_t)r->down.taps;
    r->row_floats = anew_size_round_up(
        (size_t)r->window + (size_t)r->margin_left + (size_t)r->margin_right, ANEW_BLOCK);
    r->ring = anew_alloc(anew_size_mul(
        anew_size_mul(channels * (size_t)r->capacity, (size_t)r->window), sizeof(float)));
    r->batch = anew_alloc(anew_size_mul(channels * BATCH * (size_t)r->across.count, sizeof(float)));
    r->rows = anew_alloc(anew_size_mul(r->row_floats * workers, sizeof(float)));
    r->weights = anew_alloc(taps * workers * sizeof(float));
    r->pointers = anew_alloc(taps * workers * sizeof(float *));
    if (r->ring == NULL || r->batch == NULL || r->rows == NULL || r->weights == NULL ||
        r->pointers == NULL) {
        status = anew_fail(error, ANEW_ERROR_MEMORY, "no memory to resize to %dx%d pixels",
                           shape->dst_width, shape->dst_height);
        goto fail;
    }
    *resizer = r;
    return ANEW_OK;
fail:
    anew_resizer_free(&r);
    return status;
}

/* Indices count rows of this batch, all planes one after the other. */
static void resize_rows(void *context, int first, int last, int worker)
{
    const anew_resizer *r = context;
    const int taps = r->down.taps;
    float *row = r->rows + (size_t)worker * r->row_floats + r->margin_left;
    float *weights = r->weights + (size_t)worker * (size_t)taps;
    const float **pointers = r->pointers + (size_t)worker * (size_t)taps;
    for (int i = first; i < last; i++) {
        const int plane = i % r->shape.channels, y = r->made + i / r->shape.channels;
        const float *ring = r->ring + (size_t)plane * (size_t)r->capacity * (size_t)r->window;
        for (int t = 0; t < taps; t++) {
            const int from = clamped(r->down.first[y] + t, 0, r->shape.src_height - 1);
            pointers[t] = ring + (size_t)(from % r->capacity) * (size_t)r->window;
            weights[t] = r->down.weights[(size_t)t * (size_t)r->down.count + (size_t)y];
        }
        r->kernels->resample_vertical(row, pointers, weights, taps, r->window);
        for (int x = 1; x <= r->margin_left; x++)
            row[-x] = row[0];
        for (int x = 0; x < r->margin_right; x++)
            row[r->window + x] = row[r->window - 1];
        r->kernels->resample_horizontal(
            r->batch + ((size_t)plane * BATCH + (size_t)(y - r->made)) * (size_t)r->across.count,
            row, r->across.first, r->across.weights, r->across.taps, r->across.count);
    }
}

/* How many output rows, at most BATCH, have all their source rows. */
static int rows_ready(const anew_resizer *r)
{
    int count = 0;
    while (count < BATCH && r->made + count < r->shape.dst_height) {
        const int needed =
            clamped(r->down.first[r->made + count] + r->down.taps - 1, 0, r->shape.src_height - 1);
        if (needed >= r->received)
            break;
        count++;
    }
    return count;
}

/* The lowest source row that a row yet to be made needs. */
static int lowest_needed(const anew_resizer *r)
{
    return r->made == r->shape.dst_height
               ? r->received
               : clamped(r->down.first[r->made], 0, r->shape.src_height - 1);
}

anew_status anew_resizer_push(anew_resizer *r, const anew_plane_rows *rows,
                              anew_rows_function deliver, void *context, anew_error *error)
{
    if (same_size(&r->shape)) {
        anew_plane_rows part = *rows;
        part.data += r->shape.dst_first - r->shape.src_first;
        part.width = r->shape.dst_last - r->shape.dst_first;
        const int y = r->received;
        r->received += rows->height;
        return deliver(context, y, &part, error);
    }
    for (int taken = 0; taken < rows->height || rows_ready(r) > 0;) {
        /* As many as fit without losing one that is still needed. */
        for (; taken < rows->height && r->received - lowest_needed(r) < r->capacity; taken++) {
            for (int c = 0; c < r->shape.channels; c++)
                memcpy(r->ring +
                           ((size_t)c * (size_t)r->capacity + (size_t)(r->received % r->capacity)) *
                               (size_t)r->window,
                       rows->data + (size_t)c * rows->plane_stride +
                           (size_t)taken * rows->row_stride,
                       (size_t)r->window * sizeof(float));
            r->received++;
        }
        const int ready = rows_ready(r);
        if (ready == 0)
            continue;
        anew_parallel_for(r->threads, ready * r->shape.channels, 2, resize_rows, r);
        const anew_plane_rows made = {r->batch,
                                      r->shape.channels,
                                      ready,
                                      r->across.count,
                                      BATCH * (size_t)r->across.count,
                                      (size_t)r->across.count};
        const int y = r->made;
        r->made += ready;
        ANEW_TRY(deliver(context, y, &made, error));
    }
    return ANEW_OK;
}

/* ---- whole pictures ---------------------------------------------------------------------------------- */

static anew_status store_rows(void *context, int y, const anew_plane_rows *rows, anew_error *error)
{
    anew_planes *dst = context;
    (void)error;
    for (int c = 0; c < rows->channels; c++)
        for (int i = 0; i < rows->height; i++)
            memcpy(dst->data +
                       ((size_t)c * (size_t)dst->height + (size_t)(y + i)) * (size_t)dst->width,
                   rows->data + (size_t)c * rows->plane_stride + (size_t)i * rows->row_stride,
                   (size_t)dst->width * sizeof(float));
    return ANEW_OK;
}

anew_status anew_planes_resize(anew_planes *dst, const anew_planes *src, anew_filter filter,
                               const anew_row_kernels *kernels, int threads, anew_error *error)
{
    const anew_resize_shape shape = {.channels = src->channels,
                                     .src_width = src->width,
                                     .src_height = src->height,
                                     .dst_width = dst->width,
                                     .dst_height = dst->height,
                                     .dst_last = dst->width,
                                     .src_last = src->width,
                                     .filter = filter};
    const anew_plane_rows all = {src->data,
                                 src->channels,
                                 src->height,
                                 src->width,
                                 (size_t)src->height * (size_t)src->width,
                                 (size_t)src->width};
    anew_resizer *resizer = NULL;
    ANEW_TRY(anew_resizer_create(&resizer, &shape, kernels, threads, error));
    const anew_status status = anew_resizer_push(resizer, &all, store_rows, dst, error);
    anew_resizer_free(&resizer);
    return status;
}
