/*
 * tone.c - what is measured on the input, and the curves made of it.
 *
 * Fading: a print's dyes lose density, each at its own pace, so that black turns to a light brown and paper to yellow.
 * Each channel's blackest hundredth goes to 0, and the paper, the mean colour of the lightest hundredths, to a neutral
 * white: the stretch by percentiles of "automatic levels", with its white point common to the channels.
 *
 * White balance: shades of gray (Finlayson and Trezzi, "Shades of gray and colour constancy", 2004): the Minkowski mean
 * of power 6 of each channel in linear light is the light's colour; gains of von Kries bring it to gray.
 */
#include "finish/tone.h"

#include <math.h>
#include <string.h>

#include "image/transfer.h"

#define BINS 1024

/* The blackest and the lightest share of the pixels; the latter is paper where the picture shows any. */
#define BLACK_SHARE 0.005
#define PAPER_SHARE 0.02

/* Limits of what fading may have done: beyond these a picture is dark or light on purpose. A black of more than a third
 * and a white of less than a half are not believed, a paper's channel no further from its brightest one than a third. */
#define MOST_BLACK  0.35
#define LEAST_WHITE 0.5
#define MOST_YELLOW 0.35

/* Restored paper; white itself would burn what is lighter than its mean. */
#define PAPER 0.97

/* Gains of white balance. */
#define MOST_GAIN 2.0
#define MINKOWSKI 6.0
#define BURNT     0.98 /* a sample from here on says nothing of the light */

bool anew_tone_needs_input(const anew_tone_options *o)
{
    return o->white_balance || o->restore > 0;
}

bool anew_tone_is_on(const anew_tone_options *o)
{
    return anew_tone_needs_input(o) || o->levels || o->contrast != 0 || o->saturation != 0;
}

static double limited(double v, double low, double high)
{
    return v < low ? low : v > high ? high : v;
}

static double to_light(double encoded)
{
    float v = (float)encoded;
    anew_srgb_to_linear(&v, 1);
    return (double)v;
}

static double from_light(double light)
{
    float v = (float)light;
    anew_linear_to_srgb(&v, 1);
    return (double)v;
}

static double luma_of(const anew_planes *p, size_t i)
{
    const size_t plane = (size_t)p->height * (size_t)p->width;
    if (p->channels == 1)
        return (double)p->data[i];
    return 0.299 * (double)p->data[i] + 0.587 * (double)p->data[plane + i] +
           0.114 * (double)p->data[2 * plane + i];
}

static int bin_of(double v)
{
    return (int)limited(v * BINS, 0, BINS - 1);
}

/* ---- fading ------------------------------------------------------------------------------------------- */

/* The value that a share of the samples of one plane lies below. */
static double low_percentile(const float *plane, size_t count, double share)
{
    size_t bins[BINS] = {0}, reached = 0;
    int i = 0;
    for (size_t k = 0; k < count; k++)
        bins[bin_of((double)plane[k])]++;
    for (; i < BINS - 1; i++) {
        reached += bins[i];
        if ((double)reached > share * (double)count)
            break;
    }
    return (double)i / BINS;
}

/* Adds the mean colour of the lightest pixels to `paper`. */
static void paper_of(double paper[3], const anew_planes *p)
{
    const size_t plane = (size_t)p->height * (size_t)p->width;
    size_t bins[BINS] = {0}, count = 0;
    int lightest = BINS;
    for (size_t i = 0; i < plane; i++)
        bins[bin_of(luma_of(p, i))]++;
    while (lightest > 0 && (double)count < PAPER_SHARE * (double)plane)
        count += bins[--lightest];
    for (size_t i = 0; i < plane; i++)
        for (int c = 0; bin_of(luma_of(p, i)) >= lightest && c < p->channels; c++)
            paper[c] += (double)p->data[(size_t)c * plane + i] / (double)count;
}

static void find_fading(anew_tone *tone, const anew_planes *input)
{
    const size_t plane = (size_t)input->height * (size_t)input->width;
    double paper[3] = {0}, brightest = 0;
    paper_of(paper, input);
    for (int c = 0; c < input->channels; c++)
        brightest = fmax(brightest, paper[c]);
    for (int c = 0; c < input->channels; c++) {
        tone->black[c] = limited(
            low_percentile(input->data + (size_t)c * plane, plane, BLACK_SHARE), 0, MOST_BLACK);
        tone->white[c] = limited(fmax(paper[c], brightest - MOST_YELLOW), LEAST_WHITE, 1);
    }
}

/* ---- white balance ------------------------------------------------------------------------------------ */

/* A sample without its fading. */
static double unfaded(const anew_tone *tone, double share, int c, double v)
{
    const double stretched = (v - tone->black[c]) / (tone->white[c] - tone->black[c]) * PAPER;
    return limited(v + share * (stretched - v), 0, 1);
}

static void find_gains(anew_tone *tone, const anew_planes *input, double restore)
{
    const size_t plane = (size_t)input->height * (size_t)input->width;
    double sums[3] = {0, 0, 0}, light[3];
    for (size_t i = 0; i < plane; i++) {
        bool burnt = false;
        for (int c = 0; c < 3; c++)
            burnt = burnt || (double)input->data[(size_t)c * plane + i] >= BURNT;
        for (int c = 0; !burnt && c < 3; c++) {
            const double v = unfaded(tone, restore, c, (double)input->data[(size_t)c * plane + i]);
            const double light_of = to_light(v), cube = light_of * light_of * light_of;
            sums[c] += cube * cube;
        }
    }
    for (int c = 0; c < 3; c++)
        light[c] = pow(sums[c] / (double)plane, 1 / MINKOWSKI);
    /* Brightness stays: that of the light's own colour. */
    const double gray = 0.2126729 * light[0] + 0.7151522 * light[1] + 0.0721750 * light[2];
    for (int c = 0; c < 3; c++)
        tone->gain[c] = light[c] > 0 ? limited(gray / light[c], 1 / MOST_GAIN, MOST_GAIN) : 1;
}

/* ---- curves --------------------------------------------------------------------------------------------- */

static double curve_at(const anew_tone *tone, const anew_tone_options *o, int c, double v)
{
    v = unfaded(tone, o->restore, c, v);
    if (tone->gain[c] != 1)
        v = from_light(to_light(v) * tone->gain[c]);
    if (o->levels)
        v = pow(limited((v - o->black) / (o->white - o->black), 0, 1), 1 / o->gamma);
    /* A cubic through 0, 1/2 and 1, steeper in the middle by half of the contrast; it never turns back. */
    return v + o->contrast * v * (1 - v) * (2 * v - 1);
}

void anew_tone_create(anew_tone *tone, const anew_planes *input, int channels,
                      const anew_tone_options *options)
{
    memset(tone, 0, sizeof *tone);
    tone->channels = channels >= 3 ? 3 : 1;
    tone->saturation = (float)options->saturation;
    for (int c = 0; c < 3; c++) {
        tone->white[c] = PAPER;
        tone->gain[c] = 1;
    }
    if (options->restore > 0)
        find_fading(tone, input);
    if (options->white_balance && tone->channels == 3)
        find_gains(tone, input, options->restore);
    for (int c = 0; c < tone->channels; c++)
        for (int i = 0; i <= ANEW_CURVE_NODES; i++)
            tone->curves[c][i] =
                (float)limited(curve_at(tone, options, c, (double)i / ANEW_CURVE_NODES), 0, 1);
}

/* More or less of each colour's distance from its luma; more only as far as no channel leaves 0 .. 1, so that hues
 * stay. */
static void saturate(float *const *rows, int width, float share)
{
    for (int x = 0; x < width; x++) {
        const float luma = 0.299f * rows[0][x] + 0.587f * rows[1][x] + 0.114f * rows[2][x];
        float factor = 1 + share;
        for (int c = 0; share > 0 && c < 3; c++) {
            const float d = rows[c][x] - luma, room = d > 0 ? 1 - luma : luma;
            const float size = d > 0 ? d : -d;
            if (factor * size > room)
                factor = room / size;
        }
        if (share > 0 && factor < 1)
            factor = 1;
        for (int c = 0; c < 3; c++) {
            const float v = luma + factor * (rows[c][x] - luma);
            rows[c][x] = v < 0 ? 0 : v > 1 ? 1 : v;
        }
    }
}

void anew_tone_row(float *const *rows, int width, const anew_tone *tone)
{
    for (int c = 0; c < tone->channels; c++) {
        const float *curve = tone->curves[c];
        for (int x = 0; x < width; x++) {
            const float at = rows[c][x] * ANEW_CURVE_NODES;
            const int node = at < ANEW_CURVE_NODES ? (int)at : ANEW_CURVE_NODES - 1;
            const float part = at - (float)node;
            rows[c][x] = curve[node] + part * (curve[node + 1] - curve[node]);
        }
    }
    if (tone->channels == 3 && tone->saturation != 0)
        saturate(rows, width, tone->saturation);
}
