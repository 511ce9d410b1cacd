/*
 * warp.c - one destination pixel at a time, from its source position (computed in double from the pixel's
 * coordinates, so that a part of the destination is the same as in the whole).
 *
 * Enlarging: 4x4 source pixels, the kernel along the source's axes; it interpolates: a destination pixel on a
 * source pixel is that pixel.
 *
 * Shrinking: let B be the linear part of the map with each column (a destination pixel's step, in source
 * pixels) made at least 1 long (and at most MOST_STEP). A source pixel at d from the position weighs h(p) h(q)
 * with (p, q) = B^-1 d: its distance in destination pixels along the destination's own axes. So the low-pass is
 * turned with the crop and is exactly as fine as its pixels. Weights are divided by their sum.
 *
 * A shrink by 2 or more is done in two: the source is first resized by a windowed sinc along its own axes
 * (image/resize.h: two passes of vectors), so that 1.6 remain; what that takes from the passband lies beyond the last
 * kernel's own. So a pixel is never made of more than some 100, of which the turned kernel has to be computed.
 */
#include "faces/warp.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "core/parallel.h"
#include "image/resize.h"

/* Support of the kernel, and the most source pixels in a row and in a column of the footprint. */
#define SUPPORT  2
#define MOST_ROW ANEW_FOOTPRINT_ROWS
#define LANES    ANEW_FOOTPRINT_LANES

/* Shrinks from here on are done in two, and what remains then. */
#define MOST_SHRINK 2.0
#define REMAINS     1.6

/* Longest step of a footprint. More than MOST_SHRINK remains only where the source cannot be reduced as far (it is a
 * few pixels large), or where one direction is shrunk far more than the other. */
#define MOST_STEP 10.0

struct anew_warper {
    anew_plane_rows source; /* the caller's or the reduced one */
    anew_planes reduced;
    anew_affine to_source; /* of that source */
    anew_warp_options options;
    const anew_row_kernels *kernels;
    bool shrinks;
    float inverse[2][2]; /* B^-1 */
    anew_point reach;
    int columns; /* of the footprint's bounding box, a multiple of LANES */
};

anew_plane_rows anew_planes_rows(const anew_planes *planes)
{
    return (anew_plane_rows){planes->data,
                             planes->channels,
                             planes->height,
                             planes->width,
                             (size_t)planes->height * (size_t)planes->width,
                             (size_t)planes->width};
}

/* ---- geometry ----------------------------------------------------------------------------------------------- */

/* Lengths of the source steps of one destination pixel to the right, and down. */
static anew_point steps(const anew_affine *a)
{
    return (anew_point){hypot(a->m[0][0], a->m[1][0]), hypot(a->m[0][1], a->m[1][1])};
}

/* B of the head comment, and whether it differs from the identity's footprint. */
static bool footprint(double b[2][2], const anew_affine *a)
{
    const anew_point step = steps(a);
    const double grow[2] = {fmin(fmax(step.x, 1), MOST_STEP) / step.x,
                            fmin(fmax(step.y, 1), MOST_STEP) / step.y};
    for (int r = 0; r < 2; r++)
        for (int c = 0; c < 2; c++)
            b[r][c] = a->m[r][c] * grow[c];
    /* Rounding of a map that keeps sizes must not decide. */
    return step.x > 1 + 1e-9 || step.y > 1 + 1e-9;
}

static anew_point reach_of(double b[2][2], bool shrinks)
{
    if (!shrinks)
        return (anew_point){SUPPORT, SUPPORT};
    return (anew_point){SUPPORT * (fabs(b[0][0]) + fabs(b[0][1])),
                        SUPPORT * (fabs(b[1][0]) + fabs(b[1][1]))};
}

double anew_warp_first_shrink(const anew_affine *to_source)
{
    const anew_point step = steps(to_source);
    const double shrink = fmin(step.x, step.y);
    return shrink < MOST_SHRINK ? 1 : fmin(shrink / REMAINS, 1 << 20);
}

anew_point anew_warp_reach(const anew_affine *to_source)
{
    double b[2][2];
    const bool shrinks = footprint(b, to_source);
    const anew_point reach = reach_of(b, shrinks);
    const double shrink = anew_warp_first_shrink(to_source);
    const double first = shrink > 1 ? 4 * shrink : 0; /* a sinc of 3 lobes, and a part of a pixel */
    return (anew_point){reach.x + first, reach.y + first};
}

/* ---- the warper --------------------------------------------------------------------------------------------- */

/* The source resized so that REMAINS is left of the shrink. */
static anew_status reduce(anew_warper *w, const anew_row_kernels *kernels, int threads,
                          anew_error *error)
{
    const anew_plane_rows *from = &w->source;
    const double shrink = anew_warp_first_shrink(&w->to_source);
    if (shrink <= 1)
        return ANEW_OK;
    const int width = (int)ceil(from->width / shrink), height = (int)ceil(from->height / shrink);
    anew_planes dense = {0};
    anew_status status = ANEW_OK;
    ANEW_TRY_GOTO(anew_planes_create(&dense, from->channels, from->height, from->width, error),
                  done);
    ANEW_TRY_GOTO(anew_planes_create(&w->reduced, from->channels, height, width, error), done);
    for (int c = 0; c < from->channels; c++)
        for (int y = 0; y < from->height; y++)
            memcpy(dense.data +
                       ((size_t)c * (size_t)from->height + (size_t)y) * (size_t)from->width,
                   from->data + (size_t)c * from->plane_stride + (size_t)y * from->row_stride,
                   (size_t)from->width * sizeof(float));
    ANEW_TRY_GOTO(
        anew_planes_resize(&w->reduced, &dense, ANEW_FILTER_LANCZOS3, kernels, threads, error),
        done);
    const anew_affine smaller =
        anew_affine_resize((double)width / from->width, (double)height / from->height);
    w->to_source = anew_affine_then(&w->to_source, &smaller);
    w->source = anew_planes_rows(&w->reduced);
done:
    anew_planes_free(&dense);
    return status;
}

anew_status anew_warper_create(anew_warper **warper, const anew_plane_rows *source,
                               const anew_affine *to_source, const anew_warp_options *options,
                               const anew_row_kernels *kernels, int threads, anew_error *error)
{
    anew_status status = ANEW_OK;
    double b[2][2];
    anew_affine unused;
    *warper = NULL;
    if (source->channels < 1 || source->channels > ANEW_WARP_CHANNELS || source->width < 1 ||
        source->height < 1)
        return anew_fail(error, ANEW_ERROR_ARGUMENT, "%dx%d pixels of %d channels cannot be warped",
                         source->width, source->height, source->channels);
    ANEW_TRY(anew_affine_invert(&unused, to_source, error));
    anew_warper *w = anew_alloc_zero(sizeof *w);
    if (w == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory to align a face");
    w->source = *source;
    w->to_source = *to_source;
    w->options = *options;
    w->kernels = kernels;
    ANEW_TRY_GOTO(reduce(w, kernels, threads, error), fail);
    w->shrinks = footprint(b, &w->to_source);
    w->reach = reach_of(b, w->shrinks);
    const double area = b[0][0] * b[1][1] - b[0][1] * b[1][0];
    /* Steps are 1 to MOST_STEP long, so that a row fits; only a shear can be at fault. */
    w->columns = ((int)(2 * w->reach.x) + LANES) / LANES * LANES;
    if (!(w->columns <= MOST_ROW && 2 * w->reach.y + 2 <= MOST_ROW && fabs(area) >= 0.5)) {
        status = anew_fail(error, ANEW_ERROR_ARGUMENT, "a map of the plane folds it together");
        goto fail;
    }
    const double d = 1 / area;
    w->inverse[0][0] = (float)(b[1][1] * d);
    w->inverse[0][1] = (float)(-b[0][1] * d);
    w->inverse[1][0] = (float)(-b[1][0] * d);
    w->inverse[1][1] = (float)(b[0][0] * d);
    *warper = w;
    return ANEW_OK;
fail:
    anew_warper_free(&w);
    return status;
}

void anew_warper_free(anew_warper **warper)
{
    if (*warper == NULL)
        return;
    anew_planes_free(&(*warper)->reduced);
    anew_free(*warper);
    *warper = NULL;
}

bool anew_warper_borrows(const anew_warper *warper)
{
    return warper->reduced.data == NULL;
}

bool anew_warper_for_device(anew_device_warp *to, const anew_warper *warper)
{
    const anew_warper *w = warper;
    const anew_plane_rows *s = &w->source;
    static const int32_t borders[] = {[ANEW_BORDER_REPLICATE] = ANEW_DEVICE_BORDER_REPLICATE,
                                      [ANEW_BORDER_REFLECT] = ANEW_DEVICE_BORDER_REFLECT,
                                      [ANEW_BORDER_CONSTANT] = ANEW_DEVICE_BORDER_CONSTANT};
    *to = (anew_device_warp){.source = s->data,
                             .reach = {w->reach.x, w->reach.y},
                             .channels = s->channels,
                             .height = s->height,
                             .width = s->width,
                             .border = borders[w->options.border],
                             .shrinks = w->shrinks,
                             .columns = w->columns};
    memcpy(to->to_source, w->to_source.m, sizeof to->to_source);
    memcpy(to->inverse, w->inverse, sizeof to->inverse);
    memcpy(to->colour, w->options.colour, sizeof to->colour);
    return s->row_stride == (size_t)s->width &&
           s->plane_stride == (size_t)s->height * (size_t)s->width;
}

/* ---- source pixels ------------------------------------------------------------------------------------------ */

/* The index that stands for one beyond the edges, or -1 for the border's colour. */
static int bordered(int index, int size, anew_border border)
{
    if (index >= 0 && index < size)
        return index;
    if (border == ANEW_BORDER_CONSTANT)
        return -1;
    if (border == ANEW_BORDER_REPLICATE || size == 1)
        return index < 0 ? 0 : size - 1;
    const int period = 2 * (size - 1);
    int folded = index % period;
    folded = folded < 0 ? folded + period : folded;
    return folded < size ? folded : period - folded;
}

/* `count` samples of channel c from (x, y) on, some of which may lie beyond the edges: where all lie inside, a
 * pointer into the source, else copied to `room`. */
static const float *samples(const anew_warper *w, int c, int x, int y, int count, float *room)
{
    const anew_plane_rows *s = &w->source;
    const int row = bordered(y, s->height, w->options.border);
    const float *from =
        s->data + (size_t)c * s->plane_stride + (size_t)(row < 0 ? 0 : row) * s->row_stride;
    if (row >= 0 && x >= 0 && x <= s->width - count)
        return from + x;
    for (int i = 0; i < count; i++) {
        const int column = row < 0 ? -1 : bordered(x + i, s->width, w->options.border);
        room[i] = column < 0 ? w->options.colour[c] : from[column];
    }
    return room;
}

/* The larger of the value and 0, exactly; compilers make a branch of a comparison. */
static inline float positive(float value)
{
    return 0.5f * (value + fabsf(value));
}

/* Keys' kernel with a = -0.5 without branches, so that a row of them is vectors. With s = max(2 - x, 0) and t = max(1 -
 * x, 0) its outer piece, from 1 to 2, is (1 - x) s^2 / 2; the inner one is that and t^2 (1 - 2 t). */
static inline float kernel(float distance)
{
    const float x = fabsf(distance), s = positive(2 - x), t = positive(1 - x);
    return 0.5f * (1 - x) * (s * s) + (t * t) * (1 - 2 * t);
}

/* ---- pixels ------------------------------------------------------------------------------------------------- */

/* floor() without a call; the value fits an int. */
static inline int whole_below(double value)
{
    const int towards_zero = (int)value;
    return towards_zero - (value < towards_zero ? 1 : 0);
}

/* The 4 weights of the pixels floor(position) - 1 ... + 2; returns the first one's index. */
static int cubic_weights(float weights[4], double position)
{
    const int below = whole_below(position);
    const float f = (float)(position - below);
    for (int i = 0; i < 4; i++)
        weights[i] = kernel(f - (float)(i - 1));
    return below - 1;
}

static void interpolated(float *const *rows, size_t at, const anew_warper *w, anew_point position)
{
    float across[4], down[4], room[4];
    const int x = cubic_weights(across, position.x);
    const int y = cubic_weights(down, position.y);
    for (int c = 0; c < w->source.channels; c++) {
        float sums[4] = {0, 0, 0, 0};
        for (int r = 0; r < 4; r++) {
            const float *from = samples(w, c, x, y + r, 4, room);
            for (int i = 0; i < 4; i++)
                sums[i] += down[r] * from[i];
        }
        rows[c][at] = (across[0] * sums[0] + across[1] * sums[1]) +
                      (across[2] * sums[2] + across[3] * sums[3]);
    }
}

/* All rows of the footprint's bounding box have one length, a multiple of LANES, so that they are vectors; beyond the
 * footprint the kernel is 0. */
static void filtered(float *const *rows, size_t at, const anew_warper *w, anew_point position)
{
    float totals[1 + ANEW_WARP_CHANNELS], room[ANEW_WARP_CHANNELS * MOST_ROW * MOST_ROW];
    const anew_plane_rows *s = &w->source;
    const int channels = s->channels, columns = w->columns;
    const int x = -whole_below(w->reach.x - position.x);
    const int first = -whole_below(w->reach.y - position.y);
    const int height = whole_below(position.y + w->reach.y) - first + 1;
    const bool inside =
        x >= 0 && first >= 0 && x <= s->width - columns && first <= s->height - height;
    for (int i = 0; !inside && i < channels * height; i++) {
        float *row = room + i * columns;
        const float *from = samples(w, i / height, x, first + i % height, columns, row);
        if (from != row)
            memcpy(row, from, (size_t)columns * sizeof(float));
    }
    const float dx = (float)(x - position.x), dy = (float)(first - position.y);
    const anew_footprint pixel = {
        .source = inside ? s->data + (size_t)first * s->row_stride + (size_t)x : room,
        .plane_stride = inside ? s->plane_stride : (size_t)(height * columns),
        .row_stride = inside ? s->row_stride : (size_t)columns,
        .channels = channels,
        .height = height,
        .width = columns,
        .p0 = w->inverse[0][0] * dx + w->inverse[0][1] * dy,
        .px = w->inverse[0][0],
        .py = w->inverse[0][1],
        .q0 = w->inverse[1][0] * dx + w->inverse[1][1] * dy,
        .qx = w->inverse[1][0],
        .qy = w->inverse[1][1]};
    w->kernels->footprint(totals, &pixel);
    for (int c = 0; c < channels; c++)
        rows[c][at] = totals[1 + c] / totals[0];
}

/* Positions far outside (which tell nothing apart) are brought to where an int can hold them. */
static double bounded(double position, int size)
{
    const double far = 1e6 + 2.0 * size;
    return fmin(fmax(position, -far), far);
}

void anew_warper_row(const anew_warper *warper, float *const *rows, int y, int first, int last)
{
    for (int x = first; x < last; x++) {
        anew_point position = anew_affine_apply(&warper->to_source, x, y);
        position.x = bounded(position.x, warper->source.width);
        position.y = bounded(position.y, warper->source.height);
        if (warper->shrinks)
            filtered(rows, (size_t)(x - first), warper, position);
        else
            interpolated(rows, (size_t)(x - first), warper, position);
    }
}

/* ---- whole pictures ----------------------------------------------------------------------------------------- */

typedef struct whole {
    const anew_warper *warper;
    anew_planes *destination;
} whole;

static void warp_rows(void *context, int first, int last, int worker)
{
    const whole *job = context;
    const anew_planes *to = job->destination;
    (void)worker;
    for (int y = first; y < last; y++) {
        float *rows[ANEW_WARP_CHANNELS];
        for (int c = 0; c < job->warper->source.channels; c++)
            rows[c] = to->data + ((size_t)c * (size_t)to->height + (size_t)y) * (size_t)to->width;
        anew_warper_row(job->warper, rows, y, 0, to->width);
    }
}

anew_status anew_warp(anew_planes *destination, const anew_plane_rows *source,
                      const anew_affine *to_source, const anew_warp_options *options,
                      const anew_row_kernels *kernels, int threads, anew_error *error)
{
    anew_warper *warper;
    if (destination->channels != source->channels)
        return anew_fail(error, ANEW_ERROR_ARGUMENT, "%d channels cannot be warped into %d",
                         source->channels, destination->channels);
    ANEW_TRY(anew_warper_create(&warper, source, to_source, options, kernels, threads, error));
    anew_status status = ANEW_ERROR_LIMIT;
    anew_device_warp by_device;
    if (options->engine != NULL && anew_warper_for_device(&by_device, warper))
        status = options->engine->warp(options->engine, destination->data, &by_device,
                                       destination->height, destination->width, error);
    if (status == ANEW_ERROR_LIMIT) {
        whole job = {warper, destination};
        anew_error_clear(error);
        anew_parallel_for(threads, destination->height, 8, warp_rows, &job);
        status = ANEW_OK;
    }
    anew_warper_free(&warper);
    return status;
}
