/* texture.c - local statistics of the input, and synthetic grain. */
#include "finish/texture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "finish/project.h"
#include "finish/smooth.h"
#include "image/resize.h"

/* ---- the guard ------------------------------------------------------------------------------------------ */

#define FINE   1.5 /* pixels of the input: finer is detail */
#define AROUND 3.0 /* within which it is measured */

static size_t plane_of(const anew_planes *p)
{
    return (size_t)p->height * (size_t)p->width;
}

static void luma_of(float *luma, const anew_planes *p)
{
    const size_t plane = plane_of(p);
    for (size_t i = 0; i < plane; i++)
        luma[i] = p->channels == 1 ? p->data[i]
                                   : 0.299f * p->data[i] + 0.587f * p->data[plane + i] +
                                         0.114f * p->data[2 * plane + i];
}

/* 1 where the input is flat, 0 where it has texture. */
static anew_status flatness(anew_planes *flat, const anew_planes *input, int threads,
                            anew_error *error)
{
    anew_planes smooth = {0};
    anew_status status = ANEW_OK;
    const size_t plane = plane_of(input);
    ANEW_TRY_GOTO(anew_planes_create(flat, 1, input->height, input->width, error), out);
    ANEW_TRY_GOTO(anew_planes_create(&smooth, 1, input->height, input->width, error), out);
    luma_of(flat->data, input);
    memcpy(smooth.data, flat->data, plane * sizeof(float));
    ANEW_TRY_GOTO(anew_smooth_planes(&smooth, FINE, threads, error), out);
    for (size_t i = 0; i < plane; i++) {
        const float d = flat->data[i] - smooth.data[i];
        flat->data[i] = d * d;
    }
    ANEW_TRY_GOTO(anew_smooth_planes(flat, AROUND, threads, error), out);
    for (size_t i = 0; i < plane; i++) {
        const double deviation = sqrt((double)flat->data[i]);
        double t = (deviation - ANEW_FLAT) / (ANEW_TEXTURED - ANEW_FLAT);
        t = t < 0 ? 0 : t > 1 ? 1 : t;
        flat->data[i] = (float)(1 - t * t * (3 - 2 * t));
    }
out:
    anew_planes_free(&smooth);
    return status;
}

typedef struct blend {
    anew_image *result;
    float share;
} blend;

/* The last channel of the rows is how flat they are. */
static anew_status blend_rows(void *context, int y, const anew_plane_rows *rows, anew_error *error)
{
    const blend *b = context;
    const size_t step = (size_t)b->result->channels;
    const int colours = rows->channels - 1;
    (void)error;
    for (int i = 0; i < rows->height; i++) {
        const float *row = rows->data + (size_t)i * rows->row_stride;
        const float *flat = row + (size_t)colours * rows->plane_stride;
        float *to = (float *)b->result->pixels + (size_t)(y + i) * (size_t)b->result->width * step;
        for (int x = 0; x < rows->width; x++) {
            const float f = flat[x] < 0 ? 0 : flat[x] > 1 ? 1 : flat[x];
            for (int c = 0; c < colours; c++) {
                float *sample = &to[(size_t)x * step + (size_t)c];
                const float plain = row[(size_t)c * rows->plane_stride + (size_t)x];
                const float v = *sample + b->share * f * (plain - *sample);
                *sample = v < 0 ? 0 : v > 1 ? 1 : v;
            }
        }
    }
    return ANEW_OK;
}

anew_status anew_guard_flat(anew_image *result, const anew_planes *input, double share,
                            const anew_finish_machine *machine, anew_error *error)
{
    anew_planes flat = {0}, both = {0};
    anew_resizer *resizer = NULL;
    anew_status status = ANEW_OK;
    blend b = {result, (float)share};
    const size_t plane = plane_of(input), colours = (size_t)input->channels;
    ANEW_TRY_GOTO(flatness(&flat, input, machine->threads, error), out);
    ANEW_TRY_GOTO(
        anew_planes_create(&both, input->channels + 1, input->height, input->width, error), out);
    memcpy(both.data, input->data, colours * plane * sizeof(float));
    memcpy(both.data + colours * plane, flat.data, plane * sizeof(float));
    const anew_resize_shape shape = {.channels = both.channels,
                                     .src_width = input->width,
                                     .src_height = input->height,
                                     .dst_width = result->width,
                                     .dst_height = result->height,
                                     .dst_last = result->width,
                                     .src_last = input->width,
                                     .filter = ANEW_FILTER_LANCZOS3};
    const anew_plane_rows all = {both.data,  both.channels, both.height,
                                 both.width, plane,         (size_t)both.width};
    ANEW_TRY_GOTO(anew_resizer_create(&resizer, &shape, machine->kernels, machine->threads, error),
                  out);
    status = anew_resizer_push(resizer, &all, blend_rows, &b, error);
out:
    anew_resizer_free(&resizer);
    anew_planes_free(&flat);
    anew_planes_free(&both);
    return status;
}

/* ---- the input's grain ------------------------------------------------------------------------------------ */

#define WINDOW 2.0 /* pixels: the Gaussian of local statistics */
#define EVERY  4   /* pixels between the places at which the noise is estimated */

static int by_value(const void *a, const void *b)
{
    const float p = *(const float *)a, q = *(const float *)b;
    return (p > q) - (p < q);
}

/* The noise's variance: the first quartile of local ones, for most windows of a photo hold more than noise. */
static anew_status noise_of(float *noise, const float *variance, int height, int width,
                            anew_error *error)
{
    const size_t across = ((size_t)width + EVERY - 1) / EVERY;
    const size_t down = ((size_t)height + EVERY - 1) / EVERY;
    float *some = anew_alloc(anew_size_mul(across * down, sizeof(float)));
    if (some == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory for grain");
    for (size_t i = 0; i < across * down; i++)
        some[i] = variance[i / across * EVERY * (size_t)width + i % across * EVERY];
    qsort(some, across * down, sizeof(float), by_value);
    *noise = some[across * down / 4];
    anew_free(some);
    return ANEW_OK;
}

anew_status anew_keep_grain(anew_image *result, const anew_planes *input, double share,
                            const anew_finish_machine *machine, anew_error *error)
{
    anew_planes mean = {0}, variance = {0};
    anew_status status = ANEW_OK;
    const size_t plane = plane_of(input), count = plane * (size_t)input->channels;
    ANEW_TRY_GOTO(anew_planes_create(&mean, input->channels, input->height, input->width, error),
                  out);
    ANEW_TRY_GOTO(
        anew_planes_create(&variance, input->channels, input->height, input->width, error), out);
    memcpy(mean.data, input->data, count * sizeof(float));
    ANEW_TRY_GOTO(anew_smooth_planes(&mean, WINDOW, machine->threads, error), out);
    for (size_t i = 0; i < count; i++) {
        const float d = input->data[i] - mean.data[i];
        variance.data[i] = d * d;
    }
    ANEW_TRY_GOTO(anew_smooth_planes(&variance, WINDOW, machine->threads, error), out);
    for (int c = 0; c < input->channels; c++) {
        float noise = 0;
        const size_t first = (size_t)c * plane;
        ANEW_TRY_GOTO(noise_of(&noise, variance.data + first, input->height, input->width, error),
                      out);
        /* Lee's filter keeps the share of a deviation by which its variance exceeds the noise's; grain is the rest. */
        for (size_t i = first; i < first + plane; i++) {
            const float v = variance.data[i], part = v > noise ? noise / v : 1;
            mean.data[i] = part * (input->data[i] - mean.data[i]);
        }
    }
    status = anew_add_enlarged(result, &mean, share, machine, error);
out:
    anew_planes_free(&mean);
    anew_planes_free(&variance);
    return status;
}

/* ---- synthetic grain ---------------------------------------------------------------------------------------- */

#define DEVIATION 0.05

/* Numbers that look random, from a place and a seed (the finishing steps of MurmurHash3). */
static uint32_t mixed(uint32_t v)
{
    v ^= v >> 16;
    v *= 0x85ebca6bu;
    v ^= v >> 13;
    v *= 0xc2b2ae35u;
    return v ^ v >> 16;
}

/* About normal, of variance 1: the sum of four uniform numbers. */
static float normal_at(int x, int y, uint32_t seed)
{
    const uint32_t a = mixed(mixed(mixed(seed) ^ (uint32_t)y) + (uint32_t)x);
    const uint32_t b = mixed(a ^ 0x9e3779b9u);
    const uint32_t sum = (a >> 16) + (a & 0xffff) + (b >> 16) + (b & 0xffff);
    /* A uniform number of 0 .. 65535 has a variance of 65536^2 / 12. */
    return ((float)sum - 2 * 65535.0f) * (1.7320508f / 65536);
}

void anew_grain_row(float *const *rows, size_t step, int channels, int y, int width, double share,
                    uint32_t seed)
{
    float columns[3] = {0}; /* [k]: column x - 1 + k smoothed by 1 2 1 */
    const float scale = (float)(share * DEVIATION / 0.375); /* what two 1 2 1 / 4 leave of 1 */
    for (int x = -2; x < width; x++) {
        columns[0] = columns[1];
        columns[1] = columns[2];
        columns[2] = 0.25f * (normal_at(x + 1, y - 1, seed) + normal_at(x + 1, y + 1, seed)) +
                     0.5f * normal_at(x + 1, y, seed);
        if (x < 0)
            continue;
        const size_t at = (size_t)x * step;
        const float luma = channels < 3
                               ? rows[0][at]
                               : 0.299f * rows[0][at] + 0.587f * rows[1][at] + 0.114f * rows[2][at];
        const float middle = luma > 0 && luma < 1 ? 2 * sqrtf(luma * (1 - luma)) : 0;
        const float grain =
            scale * middle * (0.25f * (columns[0] + columns[2]) + 0.5f * columns[1]);
        for (int c = 0; c < (channels < 3 ? 1 : 3); c++) {
            const float v = rows[c][at] + grain;
            rows[c][at] = v < 0 ? 0 : v > 1 ? 1 : v;
        }
    }
}
