/* smooth.c - along the rows, then along the columns, each sum in a fixed order. */
#include "finish/smooth.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "core/parallel.h"

void anew_gaussian(float weights[ANEW_SMOOTH_RADIUS + 1], int *radius, double sigma)
{
    double exact[ANEW_SMOOTH_RADIUS + 1], sum = 0;
    const double reach = ceil(3 * sigma);
    *radius = reach < ANEW_SMOOTH_RADIUS ? (int)reach : ANEW_SMOOTH_RADIUS;
    for (int k = 0; k <= *radius; k++) {
        exact[k] = sigma > 0 ? exp(-(double)(k * k) / (2 * sigma * sigma)) : 1;
        sum += k == 0 ? exact[k] : 2 * exact[k];
    }
    for (int k = 0; k <= *radius; k++)
        weights[k] = (float)(exact[k] / sum);
}

typedef struct smoothing {
    anew_planes *planes;
    float *other; /* of the same size: rows smoothed */
    float weights[ANEW_SMOOTH_RADIUS + 1];
    int radius;
} smoothing;

static int within(int i, int count)
{
    return i < 0 ? 0 : i < count ? i : count - 1;
}

/* Indices count rows of all planes. */
static void smooth_rows(void *context, int first, int last, int worker)
{
    const smoothing *s = context;
    const int width = s->planes->width;
    (void)worker;
    for (int i = first; i < last; i++) {
        const float *from = s->planes->data + (size_t)i * (size_t)width;
        float *to = s->other + (size_t)i * (size_t)width;
        for (int x = 0; x < width; x++) {
            float sum = s->weights[0] * from[x];
            for (int k = 1; k <= s->radius; k++)
                sum += s->weights[k] * (from[within(x - k, width)] + from[within(x + k, width)]);
            to[x] = sum;
        }
    }
}

static void smooth_columns(void *context, int first, int last, int worker)
{
    const smoothing *s = context;
    const int width = s->planes->width, height = s->planes->height;
    (void)worker;
    for (int i = first; i < last; i++) {
        const int y = i % height;
        const float *plane = s->other + (size_t)(i - y) * (size_t)width;
        float *to = s->planes->data + (size_t)i * (size_t)width;
        for (int x = 0; x < width; x++)
            to[x] = s->weights[0] * plane[(size_t)y * (size_t)width + (size_t)x];
        for (int k = 1; k <= s->radius; k++) {
            const float *above = plane + (size_t)within(y - k, height) * (size_t)width;
            const float *below = plane + (size_t)within(y + k, height) * (size_t)width;
            for (int x = 0; x < width; x++)
                to[x] += s->weights[k] * (above[x] + below[x]);
        }
    }
}

anew_status anew_smooth_planes(anew_planes *planes, double sigma, int threads, anew_error *error)
{
    const size_t floats = anew_size_mul(
        anew_size_mul((size_t)planes->channels, (size_t)planes->height), (size_t)planes->width);
    smoothing s = {.planes = planes, .other = anew_alloc(anew_size_mul(floats, sizeof(float)))};
    if (s.other == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory to smooth %dx%d pixels",
                         planes->width, planes->height);
    anew_gaussian(s.weights, &s.radius, sigma);
    const int rows = planes->channels * planes->height;
    anew_parallel_for(threads, rows, 8, smooth_rows, &s);
    anew_parallel_for(threads, rows, 8, smooth_columns, &s);
    anew_free(s.other);
    return ANEW_OK;
}
