/*
 * noise.c - the standard deviation of white noise in luma and in the colour differences.
 *
 * The method of Ponomarenko, Lukin, Egiazarian and Astola (2003, "A method of estimation of variance of additive
 * noise"; as Colom and Buades analyse it, IPOL 3, 2013): blocks of 8x8 are transformed; those with the least energy
 * in low frequencies have the least texture; of these, the energy of each high frequency is that of the noise, which
 * is the same at all of them, so that the median over frequencies leaves out what texture is left. Low and high
 * frequencies of white noise are independent of each other: choosing by the one does not bend the other.
 */
#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "look/dct.h"
#include "look/parts.h"

/* Blocks that are transformed, at most; the share of them that is taken for untextured, and the fewest. */
#define MOST_BLOCKS 65536
#define SHARE       0.008
#define FEWEST      120

/* Frequencies u + v below this are low. */
#define HIGH 9
#define LOW  42 /* so many of them, without the mean */

/* Variance that rounding to whole steps of 8 bits adds. */
#define ROUNDING (1.0 / 12.0)

typedef struct candidate {
    double low, mean; /* energy; 0 .. 255 */
    int tile, x, y;
} candidate;

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

static bool has_clipped(const anew_look_samples *samples, const candidate *c, int allowed)
{
    const anew_look_tile *tile = &samples->tiles[c->tile];
    int clipped = 0;
    for (int y = 0; y < 8; y++)
        for (int x = 0; x < 8; x++)
            clipped += tile->clipped[(size_t)(c->y + y) * (size_t)tile->width + (size_t)(c->x + x)];
    return clipped > allowed;
}

/* All blocks with at most `allowed` clipped pixels, and their energy in low frequencies; *flat counts those without
 * any energy, which are left out. */
static int list_blocks(candidate *list, int *flat, const anew_look_samples *samples, int plane,
                       int allowed)
{
    int stride = 1, count = 0;
    *flat = 0;
    while (samples->pixels / (stride * stride) > MOST_BLOCKS)
        stride++;
    for (int i = 0; i < samples->count; i++)
        for (int y = 0; y + 8 <= samples->tiles[i].height; y += stride)
            for (int x = 0; x + 8 <= samples->tiles[i].width; x += stride) {
                double block[64], all = 0.0;
                candidate *c = &list[count];
                *c = (candidate){.tile = i, .x = x, .y = y};
                if (has_clipped(samples, c, allowed))
                    continue;
                transform(block, samples, c, plane);
                for (int f = 1; f < 64; f++) {
                    const double energy = block[f] * block[f];
                    all += energy;
                    c->low += f / 8 + f % 8 < HIGH ? energy : 0.0;
                }
                c->mean = plane == 0 ? block[0] / 8.0 : 128.0;
                if (all < 1e-3)
                    ++*flat;
                else
                    count++;
            }
    return count;
}

static double median(double *values, int count)
{
    for (int i = 1; i < count; i++)
        for (int k = i; k > 0 && values[k] < values[k - 1]; k--) {
            const double swap = values[k];
            values[k] = values[k - 1];
            values[k - 1] = swap;
        }
    return count % 2 == 1 ? values[count / 2] : 0.5 * (values[count / 2 - 1] + values[count / 2]);
}

/* The variance that the first `taken` blocks of the list have in high frequencies. */
static double variance_in(const candidate *list, int taken, const anew_look_samples *samples,
                          int plane)
{
    double energy[64] = {0}, high[64];
    int frequencies = 0;
    for (int i = 0; i < taken; i++) {
        double block[64];
        transform(block, samples, &list[i], plane);
        for (int f = 0; f < 64; f++)
            energy[f] += block[f] * block[f];
    }
    for (int f = 0; f < 64; f++)
        if (f / 8 + f % 8 >= HIGH)
            high[frequencies++] = energy[f] / taken;
    return median(high, frequencies);
}

/* Brings those blocks to the front whose low frequencies hold no more than noise of that variance would (3 standard
 * deviations of a chi-squared distribution above it), and which it does not drive to an end of the range. */
static int choose_blocks(candidate *list, int count, double variance)
{
    const double most = variance * (LOW + 3.0 * sqrt(2.0 * LOW)), margin = 2.5 * sqrt(variance);
    int taken = 0;
    for (int i = 0; i < count; i++)
        if (list[i].low <= most && list[i].mean >= margin && list[i].mean <= 255.0 - margin) {
            const candidate swap = list[taken];
            list[taken++] = list[i];
            list[i] = swap;
        }
    return taken;
}

/* Variance of the noise of one plane. */
static double variance_of(candidate *list, const anew_look_samples *samples, int plane)
{
    int flat = 0, count = 0;
    for (int allowed = 0; allowed <= 16 && count < FEWEST; allowed = allowed * 2 + 1)
        count = list_blocks(list, &flat, samples, plane, allowed);
    /* Where a good part is exactly flat, nothing has added noise. */
    if (count < 16 || flat > count / 2)
        return 0.0;
    qsort(list, (size_t)count, sizeof *list, by_energy);
    int taken = (int)(count * SHARE);
    taken = taken < FEWEST ? FEWEST : taken;
    taken = taken < count ? taken : count;
    double variance = variance_in(list, taken, samples, plane);
    for (int round = 0; round < 3; round++) {
        taken = choose_blocks(list, count, variance);
        if (taken < FEWEST)
            break;
        variance = variance_in(list, taken, samples, plane);
    }
    variance -= plane == 0 ? 0.5 * ROUNDING : ROUNDING;
    return variance > 0.0 ? variance : 0.0;
}

anew_status anew_look_noise(anew_findings *findings, const anew_look_samples *samples,
                            anew_error *error)
{
    findings->noise_luma = findings->noise_chroma = 0.0;
    candidate *list = anew_alloc(anew_size_mul(MOST_BLOCKS + 1, sizeof *list));
    if (list == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory to look at a picture's noise");
    findings->noise_luma = sqrt(variance_of(list, samples, 0));
    if (samples->channels >= 3)
        findings->noise_chroma =
            sqrt(0.5 * (variance_of(list, samples, 1) + variance_of(list, samples, 2)));
    anew_free(list);
    return ANEW_OK;
}
