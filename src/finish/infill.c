/*
 * infill.c - Telea's method: fast marching for the distance T from the mask's border (equation 3 there, solved by
 * upwind differences), a heap for the order, and the weights direction x distance x level (section 2.2).
 *
 * The distance is also marched outwards, as far as neighbourhoods reach, and negative there, so that its gradient is
 * smooth at the border. Ties in the heap are broken by the place, so that there is one result.
 */
#include "finish/infill.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "image/planes.h"

enum { KNOWN, BAND, INSIDE };

#define FAR 1e6f

typedef struct node {
    float distance;
    int32_t at; /* y * width + x */
} node;

typedef struct filling {
    anew_planes planes;
    int width, height;
    const uint8_t *mask;
    uint8_t *state;  /* [height][width] */
    float *distance; /* [height][width] */
    node *heap;      /* smallest first */
    size_t count, capacity;
} filling;

/* ---- the heap ------------------------------------------------------------------------------------------- */

static bool before(const node *a, const node *b)
{
    return a->distance < b->distance || (!(b->distance < a->distance) && a->at < b->at);
}

static anew_status push(filling *f, float distance, int32_t at, anew_error *error)
{
    node *grown = anew_grow(f->heap, &f->capacity, f->count + 1, sizeof *f->heap);
    if (grown == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory to fill in a picture");
    f->heap = grown;
    const node new = {distance, at};
    size_t i = f->count++;
    for (; i > 0 && before(&new, &f->heap[(i - 1) / 2]); i = (i - 1) / 2)
        f->heap[i] = f->heap[(i - 1) / 2];
    f->heap[i] = new;
    return ANEW_OK;
}

static node pop(filling *f)
{
    const node first = f->heap[0], last = f->heap[--f->count];
    size_t i = 0;
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= f->count)
            break;
        if (child + 1 < f->count && before(&f->heap[child + 1], &f->heap[child]))
            child++;
        if (!before(&f->heap[child], &last))
            break;
        f->heap[i] = f->heap[child];
        i = child;
    }
    f->heap[i] = last;
    return first;
}

/* ---- distances ------------------------------------------------------------------------------------------ */

static const int steps[4][2] = {{-1, 0}, {0, -1}, {1, 0}, {0, 1}};

static bool is_inside(const filling *f, int x, int y)
{
    return x >= 0 && y >= 0 && x < f->width && y < f->height;
}

static float distance_at(const filling *f, int x, int y)
{
    if (!is_inside(f, x, y) || f->state[(size_t)y * (size_t)f->width + (size_t)x] == INSIDE)
        return FAR;
    return f->distance[(size_t)y * (size_t)f->width + (size_t)x];
}

/* |grad T| = 1 from one neighbour along each axis. */
static float solve(float a, float b)
{
    if (a >= FAR && b >= FAR)
        return FAR;
    const float low = a < b ? a : b, high = a < b ? b : a;
    if (high - low >= 1)
        return low + 1;
    return (low + high + sqrtf(2 - (high - low) * (high - low))) / 2;
}

static float arrival(const filling *f, int x, int y)
{
    float best = FAR;
    for (int k = 0; k < 4; k++) {
        const float along = distance_at(f, x + (k & 1 ? 1 : -1), y);
        const float across = distance_at(f, x, y + (k & 2 ? 1 : -1));
        const float t = solve(along, across);
        best = t < best ? t : best;
    }
    return best;
}

/* ---- values --------------------------------------------------------------------------------------------- */

static bool is_known(const filling *f, int x, int y)
{
    return is_inside(f, x, y) && f->state[(size_t)y * (size_t)f->width + (size_t)x] != INSIDE;
}

/* The change per pixel along one axis, of the differences to both neighbours, or of one where the other is not known:
 * their mean, or with `limited` the smaller one, and nothing where they differ in sign, so that an edge is not carried on
 * as a slope. */
static float slope(const filling *f, const float *values, int x, int y, int dx, int dy,
                   bool limited)
{
    const ptrdiff_t at = (ptrdiff_t)y * f->width + x, step = (ptrdiff_t)dy * f->width + dx;
    const bool has_ahead = is_known(f, x + dx, y + dy), has_behind = is_known(f, x - dx, y - dy);
    const float ahead = has_ahead ? values[at + step] - values[at] : 0;
    const float behind = has_behind ? values[at] - values[at - step] : 0;
    if (!has_ahead || !has_behind)
        return ahead + behind;
    if (!limited)
        return (ahead + behind) / 2;
    if (ahead * behind <= 0)
        return 0;
    return fabsf(ahead) < fabsf(behind) ? ahead : behind;
}

/* Weights are at least this, so that no neighbour is lost where the direction says nothing. */
#define LEAST 1e-6f

static void fill_pixel(filling *f, int x, int y)
{
    const size_t plane = (size_t)f->width * (size_t)f->height;
    const size_t at = (size_t)y * (size_t)f->width + (size_t)x;
    const float tx = slope(f, f->distance, x, y, 1, 0, false);
    const float ty = slope(f, f->distance, x, y, 0, 1, false);
    float sums[3] = {0}, lowest[3] = {1, 1, 1}, highest[3] = {0}, total = 0;
    for (int v = -ANEW_INFILL_REACH; v <= ANEW_INFILL_REACH; v++)
        for (int u = -ANEW_INFILL_REACH; u <= ANEW_INFILL_REACH; u++) {
            const int px = x + u, py = y + v, square = u * u + v * v;
            if (square == 0 || square > ANEW_INFILL_REACH * ANEW_INFILL_REACH ||
                !is_known(f, px, py))
                continue;
            const size_t from = (size_t)py * (size_t)f->width + (size_t)px;
            const float length = sqrtf((float)square);
            const float direction = fabsf(((float)u * tx + (float)v * ty) / length);
            const float near = 1 / (float)square;
            const float level = 1 / (1 + fabsf(f->distance[from] - f->distance[at]));
            const float weight = direction * near * level + LEAST;
            total += weight;
            for (int c = 0; c < f->planes.channels; c++) {
                const float *values = f->planes.data + (size_t)c * plane;
                const float here = values[from];
                sums[c] += weight * (here - (float)u * slope(f, values, px, py, 1, 0, true) -
                                     (float)v * slope(f, values, px, py, 0, 1, true));
                lowest[c] = here < lowest[c] ? here : lowest[c];
                highest[c] = here > highest[c] ? here : highest[c];
            }
        }
    /* Gradients carry a slope on; no further than what is around, for they add up from pixel to pixel. */
    for (int c = 0; total > 0 && c < f->planes.channels; c++) {
        const float v = sums[c] / total;
        f->planes.data[(size_t)c * plane + at] = v < lowest[c]    ? lowest[c]
                                                 : v > highest[c] ? highest[c]
                                                                  : v;
    }
}

/* ---- marching ------------------------------------------------------------------------------------------- */

/* Pixels of the region on the other side of whose border the march begins. */
static bool is_border(const filling *f, int x, int y)
{
    for (int k = 0; k < 4; k++) {
        const int px = x + steps[k][0], py = y + steps[k][1];
        if (is_inside(f, px, py) && f->mask[(size_t)py * (size_t)f->width + (size_t)px] != 0)
            return true;
    }
    return false;
}

/* Into the mask, filling; or out of it as far as neighbourhoods reach, for distances alone. */
static anew_status march(filling *f, bool inwards, anew_error *error)
{
    const size_t pixels = (size_t)f->width * (size_t)f->height;
    f->count = 0;
    for (size_t i = 0; i < pixels; i++) {
        const int x = (int)(i % (size_t)f->width), y = (int)(i / (size_t)f->width);
        const bool border = f->mask[i] == 0 && is_border(f, x, y);
        const bool goal = inwards == (f->mask[i] != 0);
        f->state[i] = border ? BAND : goal ? INSIDE : KNOWN;
        if (border) {
            f->distance[i] = 0;
            ANEW_TRY(push(f, 0, (int32_t)i, error));
        }
    }
    while (f->count > 0) {
        const node first = pop(f);
        const int x = first.at % f->width, y = first.at / f->width;
        f->state[first.at] = KNOWN;
        if (!inwards && first.distance > ANEW_INFILL_REACH)
            continue;
        for (int k = 0; k < 4; k++) {
            const int px = x + steps[k][0], py = y + steps[k][1];
            const size_t at = (size_t)py * (size_t)f->width + (size_t)px;
            if (!is_inside(f, px, py) || f->state[at] != INSIDE)
                continue;
            const float distance = arrival(f, px, py);
            f->distance[at] = distance;
            if (inwards)
                fill_pixel(f, px, py);
            f->state[at] = BAND;
            ANEW_TRY(push(f, distance, (int32_t)at, error));
        }
    }
    return ANEW_OK;
}

/* The changed pixels back into the picture. */
static void store(anew_image *image, const filling *f)
{
    const size_t plane = (size_t)f->width * (size_t)f->height;
    for (int y = 0; y < f->height; y++)
        for (int x = 0; x < f->width; x++) {
            const size_t at = (size_t)y * (size_t)f->width + (size_t)x;
            if (f->mask[at] == 0)
                continue;
            const anew_plane_rows one = {f->planes.data + at, f->planes.channels, 1, 1, plane, 1};
            anew_rows_to_image(image, &one, 0, y, x);
        }
}

anew_status anew_infill(anew_image *image, const uint8_t *mask, anew_error *error)
{
    filling f = {.width = image->width, .height = image->height, .mask = mask};
    const size_t pixels = anew_size_mul((size_t)f.width, (size_t)f.height);
    size_t masked = 0;
    anew_status status = ANEW_OK;
    for (size_t i = 0; i < pixels; i++)
        masked += mask[i] != 0;
    if (masked == 0)
        return ANEW_OK;
    if (masked == pixels)
        return anew_fail(error, ANEW_ERROR_ARGUMENT,
                         "the mask covers the whole picture: nothing is left to fill it from");
    if (pixels > INT32_MAX)
        return anew_fail(error, ANEW_ERROR_LIMIT, "%dx%d pixels are too many to fill in", f.width,
                         f.height);
    ANEW_TRY_GOTO(
        anew_planes_create(&f.planes, image->channels >= 3 ? 3 : 1, f.height, f.width, error), out);
    f.state = anew_alloc(pixels);
    f.distance = anew_alloc_zero(anew_size_mul(pixels, sizeof(float)));
    if (f.state == NULL || f.distance == NULL) {
        status = anew_fail(error, ANEW_ERROR_MEMORY, "no memory to fill in a picture");
        goto out;
    }
    anew_planes_from_image(&f.planes, image, 0);
    ANEW_TRY_GOTO(march(&f, false, error), out);
    for (size_t i = 0; i < pixels; i++)
        f.distance[i] = -f.distance[i];
    ANEW_TRY_GOTO(march(&f, true, error), out);
    store(image, &f);
out:
    anew_planes_free(&f.planes);
    anew_free(f.state);
    anew_free(f.distance);
    anew_free(f.heap);
    return status;
}
