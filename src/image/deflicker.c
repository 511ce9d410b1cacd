/*
 * deflicker.c - recursive smoothing along the motion (E. Dubois, S. Sabri, "Noise reduction in image sequences using
 * motion-compensated temporal filtering", IEEE Trans. Commun. 32(7), 1984), guided by the source and not by what was made
 * of it, as N. Bonneel et al. do ("Blind video temporal consistency", ACM Trans. Graph. 34(6), 2015):
 *
 *     r(t) = c(t) + k (p - c(t)),  p = r(t - 1) moved,  k = 0.9 strength exp(-(e / tau)^2)
 *
 * c is what the network made, and e, how far the source of this frame and that of the frame before, moved, differ around
 * the place beyond the source's own noise. What moves and was found, or rests, is smoothed; what appears, is uncovered or
 * was not found has a large e and stays as it was made: bounded by what the source shows, nothing leaves a ghost.
 *
 * Brightness of the whole frame: I(t) = a I(t - 1) + b is fitted. Up and down is flicker, and smoothed; one direction is a
 * fade, and p follows it. A cut between scenes begins anew.
 *
 * The measure is the warping error of W.-S. Lai et al. ("Learning blind video temporal consistency", ECCV 2018), as a mean
 * of differences.
 */
#include "image/deflicker.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "core/parallel.h"
#include "image/motion.h"

#define MOST_KEPT     0.9f  /* of the frame before, at strength 1 */
#define TAU           2.0f  /* steps of 255 */
#define MOST_NOISE    8.0f  /* of the source, that is put down to noise */
#define LARGE_ERROR   10.0  /* of sources, on the average */
#define LARGE_SHIFT   16.0f /* of brightness: a lamp, no flicker */
#define HISTOGRAM     32
#define AGREES        0.5f /* from that weight on it is measured */
#define NEVER         1e9f /* a difference of what is out of the frame */
#define STATE_VERSION 1

/* Where a colour's samples lie in a frame. */
typedef struct plane {
    size_t first, step; /* in samples */
    int width, height, sub_x, sub_y;
    bool is_chroma;
} plane;

/* What of a state is no frame. */
typedef struct numbers {
    double version, strength, width, height, bits;
    double has_before, trend, swing; /* mean shift of brightness so far, and of its size */
    double sum_before, sum_after, count, frames, cuts;
    double age;   /* frames of this scene so far */
    double usual; /* mean difference of sources so far */
} numbers;

struct anew_deflicker {
    anew_video source, made;
    float strength;
    int threads;
    plane planes[3];
    int plane_count, measured; /* the plane that is brightness, or nearest to it */
    size_t samples;            /* of a frame */
    anew_motion motion;
    float *now, *before; /* brightness of the source, 0 .. 255 */
    float *errors, *agreement;
    anew_vector *vectors;    /* for each pixel of the source */
    uint16_t *result, *last; /* r(t), r(t - 1): 16 bits, those below the video's are a fraction */
    uint16_t *made_last;     /* c(t - 1), the measured plane */
    uint16_t *made_now;
    double *row_sums; /* three for each row of the measured plane */
    float gain, offset;
    bool follows; /* p goes with the brightness */
    numbers n;
};

/* ---- life --------------------------------------------------------------------------------------------------- */

static void lay_out(anew_deflicker *d)
{
    const anew_video *v = &d->made;
    const size_t pixels = (size_t)v->width * (size_t)v->height;
    const int width = (v->width + v->sub_x - 1) / v->sub_x;
    const int height = (v->height + v->sub_y - 1) / v->sub_y;
    const size_t chroma = (size_t)width * (size_t)height;
    const bool rgb = v->kind == ANEW_VIDEO_RGB;
    d->plane_count = v->kind == ANEW_VIDEO_MONO ? 1 : 3;
    d->measured = rgb ? 1 : 0; /* green */
    for (int i = 0; i < d->plane_count; i++)
        d->planes[i] =
            rgb || i == 0
                ? (plane){rgb ? (size_t)i : 0, rgb ? 3 : 1, v->width, v->height, 1, 1, false}
                : (plane){pixels + (size_t)(i - 1) * chroma,
                          1,
                          width,
                          height,
                          v->sub_x,
                          v->sub_y,
                          true};
    d->samples = rgb ? 3 * pixels : d->plane_count == 1 ? pixels : pixels + 2 * chroma;
}

void anew_deflicker_free(anew_deflicker **deflicker)
{
    anew_deflicker *d = *deflicker;
    if (d == NULL)
        return;
    anew_motion_free(&d->motion);
    anew_free(d->now);
    anew_free(d->before);
    anew_free(d->errors);
    anew_free(d->agreement);
    anew_free(d->vectors);
    anew_free(d->result);
    anew_free(d->last);
    anew_free(d->made_last);
    anew_free(d->made_now);
    anew_free(d->row_sums);
    anew_free(d);
    *deflicker = NULL;
}

anew_status anew_deflicker_create(anew_deflicker **deflicker, const anew_video *source,
                                  const anew_video *made, double strength, int threads,
                                  anew_error *error)
{
    anew_deflicker *d = anew_alloc_zero(sizeof *d);
    const size_t pixels = anew_size_mul((size_t)source->width, (size_t)source->height);
    const size_t large = anew_size_mul((size_t)made->width, (size_t)made->height);
    *deflicker = d;
    if (d == NULL)
        goto no_memory;
    d->source = *source;
    d->made = *made;
    d->strength = (float)strength;
    d->threads = threads > 0 ? threads : anew_parallel_threads();
    d->n = (numbers){.version = STATE_VERSION,
                     .strength = strength,
                     .width = made->width,
                     .height = made->height,
                     .bits = made->bits};
    lay_out(d);
    if (anew_motion_create(&d->motion, source->width, source->height, error) != ANEW_OK)
        goto no_memory;
    d->now = anew_alloc(anew_size_mul(pixels, sizeof(float)));
    d->before = anew_alloc(anew_size_mul(pixels, sizeof(float)));
    d->errors = anew_alloc(anew_size_mul(pixels, sizeof(float)));
    d->agreement = anew_alloc(anew_size_mul(pixels, sizeof(float)));
    d->vectors = anew_alloc(anew_size_mul(pixels, sizeof(anew_vector)));
    d->result = anew_alloc(anew_size_mul(d->samples, 2));
    d->last = anew_alloc_zero(anew_size_mul(d->samples, 2));
    d->made_last = anew_alloc_zero(anew_size_mul(large, 2));
    d->made_now = anew_alloc(anew_size_mul(large, 2));
    d->row_sums = anew_alloc(anew_size_mul(3 * (size_t)made->height, sizeof(double)));
    if (d->now == NULL || d->before == NULL || d->errors == NULL || d->agreement == NULL ||
        d->vectors == NULL || d->result == NULL || d->last == NULL || d->made_last == NULL ||
        d->made_now == NULL || d->row_sums == NULL)
        goto no_memory;
    return ANEW_OK;
no_memory:
    anew_deflicker_free(deflicker);
    return anew_fail(error, ANEW_ERROR_MEMORY, "no memory to smooth frames of %dx%d pixels",
                     made->width, made->height);
}

/* ---- the source --------------------------------------------------------------------------------------------- */

static unsigned int sample_of(const uint8_t *frame, size_t i, int bits)
{
    return bits == 8 ? frame[i] : (unsigned int)(frame[2 * i] | frame[2 * i + 1] << 8);
}

static void read_brightness(float *to, const anew_video *v, const uint8_t *frame)
{
    const size_t pixels = (size_t)v->width * (size_t)v->height;
    const float step = 1.0f / (float)(1 << (v->bits - 8));
    for (size_t i = 0; i < pixels; i++)
        to[i] = v->kind == ANEW_VIDEO_RGB
                    ? 0.299f * frame[3 * i] + 0.587f * frame[3 * i + 1] + 0.114f * frame[3 * i + 2]
                    : step * (float)sample_of(frame, i, v->bits);
}

static int clamp(int value, int most)
{
    return value < 0 ? 0 : value > most ? most : value;
}

/* The source of the frame before at a place between its pixels. */
static float before_at(const anew_deflicker *d, float x, float y)
{
    const int w = d->source.width, h = d->source.height;
    const int left = (int)floorf(x), top = (int)floorf(y);
    const float px = x - (float)left, py = y - (float)top;
    const float *a = d->before + (size_t)clamp(top, h - 1) * (size_t)w;
    const float *b = d->before + (size_t)clamp(top + 1, h - 1) * (size_t)w;
    const int i = clamp(left, w - 1), k = clamp(left + 1, w - 1);
    const float up = a[i] + px * (a[k] - a[i]), down = b[i] + px * (b[k] - b[i]);
    return up + py * (down - up);
}

/* Each pixel's vector, and the frame before moved by it (into `errors`, for the time being). */
static void move_rows(void *context, int first, int last, int worker)
{
    anew_deflicker *d = context;
    const int w = d->source.width, h = d->source.height;
    (void)worker;
    for (int y = first; y < last; y++)
        for (int x = 0; x < w; x++) {
            const size_t i = (size_t)y * (size_t)w + (size_t)x;
            const anew_vector v = d->vectors[i] = anew_motion_at(&d->motion, x, y);
            const float from_x = (float)x + v.x, from_y = (float)y + v.y;
            const bool inside = from_x > -0.75f && from_y > -0.75f && from_x < (float)w - 0.25f &&
                                from_y < (float)h - 0.25f;
            d->errors[i] = inside ? before_at(d, from_x, from_y) : NEVER;
        }
}

/* I(t) = gain I(t - 1) + offset by least squares, thrice, with less and less weight for what does not fit. */
static void fit_brightness(anew_deflicker *d)
{
    const size_t pixels = (size_t)d->source.width * (size_t)d->source.height;
    float gain = 1, offset = 0;
    for (int round = 0; round < 4; round++) {
        double weights = 0, x = 0, y = 0, xx = 0, xy = 0;
        for (size_t i = 0; i < pixels; i += 3) {
            const float was = d->errors[i], is = d->now[i];
            if (was >= NEVER)
                continue;
            const float off = (is - gain * was - offset) / 6;
            const double weight = round == 0 ? 1 : 1 / (1 + (double)(off * off));
            weights += weight;
            x += weight * (double)was;
            y += weight * (double)is;
            xx += weight * (double)was * (double)was;
            xy += weight * (double)was * (double)is;
        }
        if (weights <= 0)
            break;
        const double spread = xx - x * x / weights;
        const double slope = spread > 100 * weights ? (xy - x * y / weights) / spread : 1;
        gain = slope < 0.7 || slope > 1.4 ? 1 : (float)slope;
        offset = (float)((y - (double)gain * x) / weights);
    }
    d->gain = gain;
    d->offset = offset;
}

/* Whether the brightness goes one way, as in a fade, or so far that it is no flicker. */
static void judge_brightness(anew_deflicker *d)
{
    const size_t pixels = (size_t)d->source.width * (size_t)d->source.height;
    double mean = 0;
    for (size_t i = 0; i < pixels; i++)
        mean += (double)d->before[i] / (double)pixels;
    const double shift = ((double)d->gain - 1) * mean + (double)d->offset;
    d->n.trend = 0.8 * d->n.trend + 0.2 * shift;
    d->n.swing = 0.8 * d->n.swing + 0.2 * fabs(shift);
    d->follows = fabs(shift) > (double)LARGE_SHIFT ||
                 (fabs(shift) > 0.1 && fabs(d->n.trend) > 0.5 * d->n.swing);
}

/* What differs beyond the brightness; of every 8th pixel's size the middle is the noise. Returns it, and the mean. */
static float noise_of(anew_deflicker *d, double *mean)
{
    const size_t pixels = (size_t)d->source.width * (size_t)d->source.height;
    size_t counts[256] = {0}, seen = 0, below = 0;
    double sum = 0;
    for (size_t i = 0; i < pixels; i++) {
        if (d->errors[i] >= NEVER)
            continue;
        d->errors[i] = d->now[i] - d->gain * d->errors[i] - d->offset;
        sum += fabs((double)d->errors[i]);
        counts[clamp((int)(4 * fabsf(d->errors[i])), 255)]++;
        seen++;
    }
    *mean = seen == 0 ? 255 : sum / (double)seen;
    int middle = 0;
    while (middle < 255 && (below += counts[middle]) * 2 < seen)
        middle++;
    const float noise =
        1.18f * (float)middle / 4; /* of a normal distribution: the mean by the median */
    return noise > MOST_NOISE ? MOST_NOISE : noise;
}

/* How sure it is at each pixel that both frames show the same: by the mean size of 5x5 differences, and by the mean of 3x3,
 * in which noise is less and an edge is not. Returns the part of the picture where it is not. */
static double weigh(anew_deflicker *d, float noise)
{
    const int w = d->source.width, h = d->source.height;
    const float tau = TAU + 0.5f * noise;
    size_t lost = 0;
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            float sizes = 0, sum = 0;
            for (int dy = -2; dy <= 2; dy++) {
                const float *row = d->errors + (size_t)clamp(y + dy, h - 1) * (size_t)w;
                for (int dx = -2; dx <= 2; dx++) {
                    const float error = row[clamp(x + dx, w - 1)];
                    sizes += fabsf(error);
                    sum += dx * dx <= 1 && dy * dy <= 1 ? error : 0;
                }
            }
            const float wide = sizes / 25 - 1.3f * noise, near = fabsf(sum) / 9 - noise;
            const float e = wide > near ? wide : near, part = e > 0 ? e / tau : 0;
            const size_t i = (size_t)y * (size_t)w + (size_t)x;
            d->agreement[i] = part > 3 ? 0 : expf(-part * part);
            lost += part > 3;
        }
    return (double)lost / ((double)w * h);
}

/* Half the difference of both frames' histograms, 0 .. 1, after the brightness that was fitted. */
static double histogram_distance(const anew_deflicker *d)
{
    const size_t pixels = (size_t)d->source.width * (size_t)d->source.height;
    double counts[2][HISTOGRAM] = {{0}}, distance = 0;
    for (size_t i = 0; i < pixels; i++) {
        const float was = d->gain * d->before[i] + d->offset;
        counts[0][clamp((int)(d->now[i] * HISTOGRAM / 256), HISTOGRAM - 1)]++;
        counts[1][clamp((int)(was * HISTOGRAM / 256), HISTOGRAM - 1)]++;
    }
    for (int i = 0; i < HISTOGRAM; i++)
        distance += fabs(counts[0][i] - counts[1][i]) / 2;
    return distance / (double)pixels;
}

/* How far pixels are from their mean, on the average. */
static double activity_of(const anew_deflicker *d)
{
    const size_t pixels = (size_t)d->source.width * (size_t)d->source.height;
    double mean = 0, sum = 0;
    for (size_t i = 0; i < pixels; i++)
        mean += (double)d->now[i] / (double)pixels;
    for (size_t i = 0; i < pixels; i++)
        sum += fabs((double)d->now[i] - mean);
    return sum / (double)pixels;
}

/* Compares the sources; false: another scene. One that is taken for such, since too much moves too fast to be found, is
 * not smoothed, and no more. */
static bool compare_sources(anew_deflicker *d)
{
    double mean = 0;
    anew_motion_find(&d->motion, d->now, d->before, d->threads);
    anew_parallel_for(d->threads, d->source.height, 8, move_rows, d);
    fit_brightness(d);
    judge_brightness(d);
    const float noise = noise_of(d, &mean);
    const double lost = weigh(d, noise);
    const bool cut =
        (mean > LARGE_ERROR && mean > 2.5 * d->n.usual && mean > 0.4 * activity_of(d)) ||
        (lost > 0.35 && histogram_distance(d) > 0.4);
    if (!cut)
        d->n.usual = d->n.usual > 0 ? 0.8 * d->n.usual + 0.2 * mean : mean;
    return !cut;
}

/* ---- the frame ---------------------------------------------------------------------------------------------- */

/* Catmull-Rom's weights of four samples, the place being `part` behind the second. */
static void cubic(float weights[4], float part)
{
    const float p2 = part * part, p3 = p2 * part;
    weights[0] = 0.5f * (-part + 2 * p2 - p3);
    weights[1] = 0.5f * (2 - 5 * p2 + 3 * p3);
    weights[2] = 0.5f * (part + 4 * p2 - 3 * p3);
    weights[3] = 0.5f * (p3 - p2);
}

/* A plane of 16 bits between its samples. */
static float between(const uint16_t *samples, const plane *p, float x, float y)
{
    float wx[4], wy[4], sum = 0;
    const int left = (int)floorf(x), top = (int)floorf(y);
    cubic(wx, x - (float)left);
    cubic(wy, y - (float)top);
    for (int r = 0; r < 4; r++) {
        const uint16_t *row =
            samples + (size_t)clamp(top - 1 + r, p->height - 1) * (size_t)p->width * p->step;
        float line = 0;
        for (int c = 0; c < 4; c++)
            line += wx[c] * (float)row[(size_t)clamp(left - 1 + c, p->width - 1) * p->step];
        sum += wy[r] * line;
    }
    return sum;
}

/* What the source says of a place in a plane: the weight, and the way in the plane's own samples. */
static float ask_source(anew_vector *v, const anew_deflicker *d, const plane *p, int x, int y)
{
    const int w = d->source.width, h = d->source.height;
    const float across = (float)d->made.width / (float)w, down = (float)d->made.height / (float)h;
    const float sx = ((float)(x * p->sub_x) + 0.5f * (float)p->sub_x) / across - 0.5f;
    const float sy = ((float)(y * p->sub_y) + 0.5f * (float)p->sub_y) / down - 0.5f;
    const int left = (int)floorf(sx), top = (int)floorf(sy);
    const float px = sx - (float)left, py = sy - (float)top;
    const size_t a = (size_t)clamp(top, h - 1) * (size_t)w;
    const size_t b = (size_t)clamp(top + 1, h - 1) * (size_t)w;
    const size_t i = (size_t)clamp(left, w - 1), k = (size_t)clamp(left + 1, w - 1);
    const size_t at[4] = {a + i, a + k, b + i, b + k};
    const float part[4] = {(1 - px) * (1 - py), px * (1 - py), (1 - px) * py, px * py};
    float weight = 0;
    *v = (anew_vector){0, 0};
    for (int n = 0; n < 4; n++) {
        weight += part[n] * d->agreement[at[n]];
        v->x += part[n] * d->vectors[at[n]].x;
        v->y += part[n] * d->vectors[at[n]].y;
    }
    v->x *= across / (float)p->sub_x;
    v->y *= down / (float)p->sub_y;
    return weight;
}

typedef struct blend {
    anew_deflicker *d;
    const plane *p;
    uint8_t *frame;
    bool measures;
    float kept; /* of the frame before, where it agrees */
} blend;

static float moved(const uint16_t *samples, const plane *p, int x, int y, anew_vector v)
{
    if (fabsf(v.x) < 1e-3f && fabsf(v.y) < 1e-3f)
        return samples[((size_t)y * (size_t)p->width + (size_t)x) * p->step];
    return between(samples, p, (float)x + v.x, (float)y + v.y);
}

/* `was` in the brightness of now. */
static float follow(const anew_deflicker *d, const plane *p, float was)
{
    const float middle = p->is_chroma ? 32768.0f : 0;
    return middle + d->gain * (was - middle) + (p->is_chroma ? 0 : 256 * d->offset);
}

static void put(uint8_t *frame, size_t i, int bits, float value)
{
    const long most = (1L << bits) - 1;
    long rounded = lrintf(value / (float)(1 << (16 - bits)));
    rounded = rounded < 0 ? 0 : rounded > most ? most : rounded;
    if (bits == 8) {
        frame[i] = (uint8_t)rounded;
    } else {
        frame[2 * i] = (uint8_t)rounded;
        frame[2 * i + 1] = (uint8_t)(rounded >> 8);
    }
}

static void blend_rows(void *context, int first, int last, int worker)
{
    const blend *b = context;
    anew_deflicker *d = b->d;
    const plane *p = b->p;
    const plane single = {0, 1, p->width, p->height, 1, 1, false};
    (void)worker;
    for (int y = first; y < last; y++) {
        double *sums = d->row_sums + 3 * (size_t)y;
        if (b->measures)
            sums[0] = sums[1] = sums[2] = 0;
        for (int x = 0; x < p->width; x++) {
            const size_t i = (size_t)y * (size_t)p->width + (size_t)x, at = p->first + i * p->step;
            const float c = d->result[at]; /* as it was made */
            anew_vector v;
            const float weight = ask_source(&v, d, p, x, y);
            const float keep = b->kept * weight;
            const bool counts = b->measures && weight >= AGREES && ((x | y) & 1) == 0;
            if (keep < 1e-3f && !counts)
                continue;
            const float was = moved(d->last + p->first, p, x, y, v);
            float r = c;
            if (keep >= 1e-3f) {
                r = c + keep * ((d->follows ? follow(d, p, was) : was) - c);
                r = r < 0 ? 0 : r > 65535 ? 65535 : r;
                d->result[at] = (uint16_t)lrintf(r);
                put(b->frame, at, d->made.bits, r);
            }
            if (counts) {
                sums[0] += fabs((double)(c - moved(d->made_last, &single, x, y, v))) / 256;
                sums[1] += fabs((double)(r - was)) / 256;
                sums[2]++;
            }
        }
    }
}

static void blend_frame(anew_deflicker *d, uint8_t *frame)
{
    /* In a scene's first frames no more than an even average of all so far. */
    const float most = (float)(d->n.age / (d->n.age + 1));
    const float kept = d->strength * (most < MOST_KEPT ? most : MOST_KEPT);
    for (int i = 0; i < d->plane_count; i++) {
        blend b = {d, &d->planes[i], frame, i == d->measured, kept};
        if (d->strength <= 0 && !b.measures)
            continue;
        anew_parallel_for(d->threads, b.p->height, 4, blend_rows, &b);
    }
    for (int y = 0; y < d->made.height; y++) {
        d->n.sum_before += d->row_sums[3 * (size_t)y];
        d->n.sum_after += d->row_sums[3 * (size_t)y + 1];
        d->n.count += d->row_sums[3 * (size_t)y + 2];
    }
}

void anew_deflicker_frame(anew_deflicker *d, const uint8_t *source, uint8_t *made)
{
    const plane *p = &d->planes[d->measured];
    const size_t pixels = (size_t)p->width * (size_t)p->height;
    read_brightness(d->now, &d->source, source);
    for (size_t i = 0; i < d->samples; i++)
        d->result[i] = (uint16_t)(sample_of(made, i, d->made.bits) << (16 - d->made.bits));
    for (size_t i = 0; i < pixels; i++)
        d->made_now[i] = d->result[p->first + i * p->step];
    if (d->n.has_before > 0) {
        if (compare_sources(d)) {
            blend_frame(d, made);
        } else {
            d->n.cuts++;
            d->n.trend = d->n.swing = d->n.age = 0;
        }
    }
    uint16_t *const result = d->result, *const now = d->made_now;
    float *const brightness = d->now;
    d->result = d->last;
    d->last = result;
    d->made_now = d->made_last;
    d->made_last = now;
    d->now = d->before;
    d->before = brightness;
    d->n.has_before = 1;
    d->n.frames++;
    d->n.age++;
}

anew_flicker anew_deflicker_measure(const anew_deflicker *d)
{
    const double count = d->n.count > 0 ? d->n.count : 1;
    return (anew_flicker){.before = d->n.sum_before / count,
                          .after = d->n.sum_after / count,
                          .frames = (long)d->n.frames,
                          .cuts = (long)d->n.cuts};
}

/* ---- a break ------------------------------------------------------------------------------------------------ */

size_t anew_deflicker_state_bytes(const anew_deflicker *d)
{
    return sizeof d->n + 2 * (d->samples + (size_t)d->made.width * (size_t)d->made.height);
}

void anew_deflicker_save(const anew_deflicker *d, uint8_t *state)
{
    memcpy(state, &d->n, sizeof d->n);
    memcpy(state + sizeof d->n, d->last, 2 * d->samples);
    memcpy(state + sizeof d->n + 2 * d->samples, d->made_last,
           2 * (size_t)d->made.width * (size_t)d->made.height);
}

bool anew_deflicker_load(anew_deflicker *d, const uint8_t *state, size_t bytes,
                         const uint8_t *source_before)
{
    numbers n;
    if (bytes != anew_deflicker_state_bytes(d))
        return false;
    memcpy(&n, state, sizeof n);
    if (memcmp(&n, &d->n, 5 * sizeof(double)) != 0) /* version to bits */
        return false;
    d->n = n;
    memcpy(d->last, state + sizeof n, 2 * d->samples);
    memcpy(d->made_last, state + sizeof n + 2 * d->samples,
           2 * (size_t)d->made.width * (size_t)d->made.height);
    read_brightness(d->before, &d->source, source_before);
    return true;
}
