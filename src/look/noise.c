/*
 * noise.c - the standard deviation of white noise in luma and in the colour differences.
 *
 * The method of Ponomarenko, Lukin, Egiazarian and Astola (2003, "A method of estimation of variance of additive
 * noise"; as Colom and Buades analyse it, IPOL 3, 2013): blocks of 8x8 are transformed; those with the least energy
 * in low frequencies have the least texture; of these, the energy of each high frequency is that of the noise, which
 * is the same at all of them. Low and high frequencies of white noise are independent of each other: choosing by the
 * one does not bend the other. Two things keep texture out of what is left: of each frequency, the median over the
 * blocks is taken (a Gaussian's is known; Donoho and Johnstone 1994 do so with wavelets), and of the frequencies, those that have
 * the least, since texture adds to some and noise to all alike.
 *
 * Noise that reaches an end of the range is cut off there, and what is left of it is smaller. Leaving out the blocks in
 * which that happened would leave those in which the noise happens to be small; so blocks are chosen by their mean
 * colour, and what such a mean lets through is reckoned with (after Foi 2009, "Clipped noisy images", Signal
 * Processing 89).
 */
#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "look/dct.h"
#include "look/functions.h"
#include "look/parts.h"

/* Blocks that are transformed, at most; the share of them that is first taken for untextured, and the fewest. */
#define MOST_BLOCKS 65536
#define SHARE       0.008
#define FEWEST      120
/* Of more than these, every so many are measured. */
#define MOST_MEASURED 4096

/* Frequencies u + v below this are low. */
#define HIGH  9
#define LOW   42 /* so many of them, without the mean */
#define HIGHS 21

/* The frequency that is believed, of those in order of their energy from 0 on; and by how many standard deviations of
 * one frequency it lies below what they all stand for. That is 2.2 of blocks that overlap; of the luma, where texture
 * adds a little, less. */
#define BELIEVED     1
#define BELOW_LUMA   1.9
#define BELOW_COLOUR 2.2
#define MEDIAN       0.45494 /* of a squared Gaussian of variance 1 */

/* The least distance of a block's mean from an end of its range, in standard deviations of the noise. */
#define MARGIN 1.0

/* Variance that rounding to whole steps of 8 bits adds. */
#define ROUNDING (1.0 / 12.0)

#define ROUNDS 4

typedef struct candidate {
    float low;     /* energy in low frequencies of its plane, */
    float light;   /* and of the luma */
    float mean[3]; /* of red, green, blue: 0 .. 255 */
    int tile, x, y, clipped;
} candidate;

/* What is known of the noise so far, as variances: what is common to the channels, and what each has of its own. */
typedef struct noise_parts {
    double common, own;
} noise_parts;

typedef struct work {
    const anew_look_samples *samples;
    candidate *list[3]; /* of each plane, by itself: [count] */
    int count[3], flat[3];
} work;

/* The weights of red, green and blue in luma, blue and red difference. */
static const double WEIGHTS[3][3] = {
    {0.299, 0.587, 0.114},
    {-0.299 / 1.772, -0.587 / 1.772, 0.5},
    {0.5, -0.587 / 1.402, -0.114 / 1.402},
};

static int by_energy(const void *left, const void *right)
{
    const candidate *a = left, *b = right;
    if (a->low < b->low || a->low > b->low)
        return a->low < b->low ? -1 : 1;
    if (a->tile != b->tile)
        return a->tile < b->tile ? -1 : 1;
    if (a->y != b->y)
        return a->y < b->y ? -1 : 1;
    return a->x < b->x ? -1 : a->x > b->x;
}

static const uint16_t *plane_of(const anew_look_tile *tile, int plane)
{
    return plane == 0 ? tile->luma : plane == 1 ? tile->blue : tile->red;
}

static void transform(double block[64], const anew_look_samples *samples, const candidate *c,
                      int plane)
{
    const anew_look_tile *tile = &samples->tiles[c->tile];
    anew_look_dct(block, plane_of(tile, plane) + (size_t)c->y * (size_t)tile->width + (size_t)c->x,
                  tile->width);
}

/* The mean colour, and how many pixels are at an end of the range. */
static void describe(candidate *c, const anew_look_samples *samples)
{
    const anew_look_tile *tile = &samples->tiles[c->tile];
    int64_t luma = 0, blue = 0, red = 0;
    c->clipped = 0;
    for (int y = 0; y < 8; y++)
        for (int x = 0; x < 8; x++) {
            const size_t at = (size_t)(c->y + y) * (size_t)tile->width + (size_t)c->x + (size_t)x;
            luma += tile->luma[at];
            blue += tile->blue[at];
            red += tile->red[at];
            c->clipped += tile->clipped[at];
        }
    const double y = (double)luma / (64.0 * LOOK_STEP);
    const double b = y + 1.772 * ((double)blue / (64.0 * LOOK_STEP) - 128.0);
    const double r = y + 1.402 * ((double)red / (64.0 * LOOK_STEP) - 128.0);
    c->mean[0] = (float)r;
    c->mean[1] = (float)((y - 0.299 * r - 0.114 * b) / 0.587);
    c->mean[2] = (float)b;
}

/* All blocks and their energy in low frequencies; those without any energy are only counted. */
static void list_blocks(work *w, int planes)
{
    const anew_look_samples *samples = w->samples;
    int stride = 1;
    while (samples->pixels / (stride * stride) > MOST_BLOCKS)
        stride++;
    for (int i = 0; i < samples->count; i++)
        for (int y = 0; y + 8 <= samples->tiles[i].height; y += stride)
            for (int x = 0; x + 8 <= samples->tiles[i].width; x += stride) {
                candidate here = {.tile = i, .x = x, .y = y};
                describe(&here, samples);
                for (int plane = 0; plane < planes; plane++) {
                    double block[64], all = 0.0, low = 0.0;
                    transform(block, samples, &here, plane);
                    for (int f = 1; f < 64; f++) {
                        const double energy = block[f] * block[f];
                        all += energy;
                        low += f / 8 + f % 8 < HIGH ? energy : 0.0;
                    }
                    here.low = (float)low;
                    here.light = plane == 0 ? here.low : here.light;
                    if (all < 1e-3)
                        w->flat[plane]++;
                    else
                        w->list[plane][w->count[plane]++] = here;
                }
            }
}

/* ---- medians ------------------------------------------------------------------------------------------ */

/* Number `wanted` of the values in order, which it puts in another order (Hoare 1961). */
static float select_of(float *values, int count, int wanted)
{
    int first = 0, last = count - 1;
    while (first < last) {
        const float pivot = values[first + (last - first) / 2];
        int i = first, k = last;
        while (i <= k) {
            while (values[i] < pivot)
                i++;
            while (values[k] > pivot)
                k--;
            if (i <= k) {
                const float swap = values[i];
                values[i++] = values[k];
                values[k--] = swap;
            }
        }
        if (wanted <= k)
            last = k;
        else if (wanted >= i)
            first = i;
        else
            break;
    }
    return values[wanted];
}

/* The variance that the first `taken` blocks of a plane's list have in high frequencies. */
static double variance_in(work *w, int plane, int taken, float *squares)
{
    const int each = (taken + MOST_MEASURED - 1) / MOST_MEASURED;
    const int measured = (taken + each - 1) / each;
    float energy[HIGHS];
    for (int i = 0; i < measured; i++) {
        double block[64];
        int number = 0;
        transform(block, w->samples, &w->list[plane][i * each], plane);
        for (int f = 0; f < 64; f++)
            if (f / 8 + f % 8 >= HIGH)
                squares[number++ * MOST_MEASURED + i] = (float)(block[f] * block[f]);
    }
    for (int f = 0; f < HIGHS; f++)
        energy[f] = select_of(squares + f * MOST_MEASURED, measured, measured / 2);
    /* Medians of n squares have a standard deviation of 1.17 sqrt(2 / n) of themselves. */
    const double below = (plane == 0 ? BELOW_LUMA : BELOW_COLOUR) * 1.17 * sqrt(2.0 / measured);
    return select_of(energy, HIGHS, BELIEVED) / MEDIAN * (1.0 + below);
}

/* ---- what the ends of the range cut off --------------------------------------------------------------- */

/* The share of a Gaussian's variance that is left where it is cut off, and its mean after that is t standard deviations
 * from there. The normal distribution after Abramowitz and Stegun, 26.2.17. */
static double left_of_variance(double t)
{
    double left = 1.0;
    if (t > 4.0)
        return left;
    double at = t > 0.0 ? t : 0.0;
    for (int round = 0; round < 2; round++) {
        const double density = 0.3989422804014327 * anew_look_exp(-0.5 * at * at);
        const double k = 1.0 / (1.0 + 0.2316419 * at);
        const double beyond =
            density * k *
            (0.319381530 +
             k * (-0.356563782 + k * (1.781477937 + k * (-1.821255978 + k * 1.330274429))));
        /* By so much cutting off has moved the mean; the first round only finds where it was. */
        const double moved = density - at * beyond;
        left = (1.0 - beyond) - at * density + at * at * beyond - moved * moved;
        at = at > moved ? at - moved : 0.0;
    }
    return left;
}

/* The variance that noise of these parts has in a plane where the mean colour is that of the block. */
static double seen_variance(const candidate *c, int plane, const noise_parts *parts)
{
    const double sigma = sqrt(parts->common + parts->own) + 1e-6;
    double common = 0.0, own = 0.0;
    for (int channel = 0; channel < 3; channel++) {
        const double left = left_of_variance(c->mean[channel] / sigma) *
                            left_of_variance((255.0 - c->mean[channel]) / sigma);
        const double weight = WEIGHTS[plane][channel];
        common += weight * sqrt(left);
        own += weight * weight * left;
    }
    return parts->common * common * common + parts->own * own;
}

/* ---- rounds ------------------------------------------------------------------------------------------- */

/* The first look: blocks with the least energy, with as few pixels at an end of the range as there are. */
static double first_variance(work *w, int plane, float *squares)
{
    candidate *list = w->list[plane];
    int count = 0;
    for (int allowed = 0; allowed <= 16 && count < FEWEST; allowed = allowed * 2 + 1) {
        count = 0;
        for (int i = 0; i < w->count[plane]; i++)
            if (list[i].clipped <= allowed) {
                const candidate swap = list[count];
                list[count++] = list[i];
                list[i] = swap;
            }
    }
    /* Where a good part is exactly flat, nothing has added noise. */
    if (count < 16 || w->flat[plane] > count / 2)
        return 0.0;
    qsort(list, (size_t)count, sizeof *list, by_energy);
    int taken = (int)(count * SHARE);
    taken = taken < FEWEST ? FEWEST : taken;
    return variance_in(w, plane, taken < count ? taken : count, squares);
}

/* Brings those blocks to the front whose low frequencies hold no more than noise of that variance would (3 standard
 * deviations of a chi-squared distribution above it), and whose mean is not too near an end. */
static int choose_blocks(work *w, int plane, const double variance[3], double margin, bool smooth)
{
    candidate *list = w->list[plane];
    const double share = LOW + 3.0 * sqrt(2.0 * LOW);
    const double most = variance[plane] * share, lightest = variance[0] * share;
    int taken = 0;
    for (int i = 0; i < w->count[plane]; i++) {
        const candidate *c = &list[i];
        bool inside = true;
        for (int channel = 0; channel < 3; channel++)
            inside = inside && c->mean[channel] >= margin && c->mean[channel] <= 255.0 - margin;
        if (c->low <= most && inside && (!smooth || c->light <= lightest)) {
            const candidate swap = list[taken];
            list[taken++] = list[i];
            list[i] = swap;
        }
    }
    return taken;
}

/* What the variances of the planes say of the parts. */
static noise_parts parts_of(const double variance[3])
{
    double own_luma = 0.0, own_colour = 0.0;
    for (int channel = 0; channel < 3; channel++) {
        own_luma += WEIGHTS[0][channel] * WEIGHTS[0][channel];
        own_colour += 0.5 * (WEIGHTS[1][channel] * WEIGHTS[1][channel] +
                             WEIGHTS[2][channel] * WEIGHTS[2][channel]);
    }
    noise_parts parts = {.own = 0.5 * (variance[1] + variance[2]) / own_colour};
    parts.common = variance[0] - own_luma * parts.own;
    parts.common = parts.common > 0.0 ? parts.common : 0.0;
    return parts;
}

static void measure(double variance[3], work *w, int planes, float *squares)
{
    double seen[3];
    for (int plane = 0; plane < planes; plane++)
        seen[plane] = variance[plane] = first_variance(w, plane, squares);
    for (int round = 0; round < ROUNDS; round++) {
        const noise_parts parts = parts_of(variance);
        const double sigma = sqrt(parts.common + parts.own);
        for (int plane = 0; plane < planes; plane++) {
            if (variance[plane] <= 0.0)
                continue;
            /* Where it is not smooth, parts of a block are nearer to an end than its mean. */
            int taken = choose_blocks(w, plane, variance, MARGIN * sigma + 0.6, true);
            if (taken < FEWEST)
                taken = choose_blocks(w, plane, variance, 0.5 * MARGIN * sigma + 0.6, plane == 0);
            if (taken < FEWEST)
                continue;
            seen[plane] = variance_in(w, plane, taken, squares);
            /* How much of it the ends have cut off, on average over the blocks. */
            double whole = 0.0, left = 0.0;
            const candidate middle = {.mean = {127.5f, 127.5f, 127.5f}};
            const int each = taken / 256 + 1;
            for (int i = 0; i < taken; i += each) {
                whole += seen_variance(&middle, plane, &parts);
                left += seen_variance(&w->list[plane][i], plane, &parts);
            }
            variance[plane] = left > 0.25 * whole ? seen[plane] * whole / left : seen[plane];
        }
    }
}

anew_status anew_look_noise(anew_findings *findings, const anew_look_samples *samples,
                            anew_error *error)
{
    const int planes = samples->channels >= 3 ? 3 : 1;
    work w = {.samples = samples};
    double variance[3] = {0};
    findings->noise_luma = findings->noise_chroma = 0.0;
    candidate *lists = anew_alloc(anew_size_mul((size_t)planes * (MOST_BLOCKS + 1), sizeof *lists));
    float *squares = anew_alloc((size_t)HIGHS * MOST_MEASURED * sizeof *squares);
    if (lists == NULL || squares == NULL) {
        anew_free(lists);
        anew_free(squares);
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory to look at a picture's noise");
    }
    for (int plane = 0; plane < planes; plane++)
        w.list[plane] = lists + (size_t)plane * (MOST_BLOCKS + 1);
    list_blocks(&w, planes);
    measure(variance, &w, planes, squares);
    /* Luma is rounded in three channels, whose weights' squares sum to 0.45. */
    variance[0] -= (planes == 3 ? 0.45 : 1.0) * ROUNDING;
    findings->noise_luma = variance[0] > 0.0 ? sqrt(variance[0]) : 0.0;
    const double colours = 0.5 * (variance[1] + variance[2]) - 0.39 * ROUNDING;
    findings->noise_chroma = colours > 0.0 ? sqrt(colours) : 0.0;
    anew_free(squares);
    anew_free(lists);
    return ANEW_OK;
}
