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

/* Variance that rounding to whole steps of 8 bits adds. */
#define ROUNDING (1.0 / 12.0)

typedef struct candidate {
    double low; /* energy */
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

static void transform(double block[64], const anew_look_samples *samples, const candidate *c, int plane)
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

/* All blocks without clipping, and their energy; *flat counts those without any, which are left out. */
static int list_blocks(candidate *list, int *flat, const anew_look_samples *samples, int plane, int allowed)
{
    int stride = 1, count = 0;
    *flat = 0;
    while (samples->pixels / (stride * stride) > MOST_BLOCKS)
        stride++;
    for (int i = 0; i < samples->count; i++)
        for (int y = 0; y + 8 <= samples->tiles[i].height; y += stride)
            for (int x = 0; x + 8 <= samples->tiles[i].width; x += stride) {
                double block[64], low = 0.0, high = 0.0;
                candidate *c = &list[count];
                *c = (candidate){0.0, i, x, y};
                if (has_clipped(samples, c, allowed))
                    continue;
                transform(block, samples, c, plane);
                for (int v = 0; v < 8; v++)
                    for (int u = 0; u < 8; u++) {
                        const double energy = block[v * 8 + u] * block[v * 8 + u];
                        low += u + v > 0 && u + v < HIGH ? energy : 0.0;
                        high += u + v >= HIGH ? energy : 0.0;
                    }
                if (low + high < 1e-3) {
                    ++*flat;
                    continue;
                }
                c->low = low;
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

/* Variance of the noise of one plane. */
static double variance_of(candidate *list, const anew_look_samples *samples, int plane)
{
    double energy[64] = {0}, high[64];
    int flat = 0, frequencies = 0, count = 0;
    for (int allowed = 0; allowed <= 16 && count < FEWEST; allowed = allowed * 2 + 1)
        count = list_blocks(list, &flat, samples, plane, allowed);
    /* Where a good part is exactly flat, nothing has added noise. */
    if (count < 16 || flat > count / 2)
        return 0.0;
    qsort(list, (size_t)count, sizeof *list, by_energy);
    int taken = (int)(count * SHARE);
    taken = taken < FEWEST ? FEWEST : taken;
    taken = taken < count ? taken : count;
    for (int i = 0; i < taken; i++) {
        double block[64];
        transform(block, samples, &list[i], plane);
        for (int f = 0; f < 64; f++)
            energy[f] += block[f] * block[f];
    }
    for (int v = 0; v < 8; v++)
        for (int u = 0; u < 8; u++)
            if (u + v >= HIGH)
                high[frequencies++] = energy[v * 8 + u] / taken;
    const double variance = median(high, frequencies) - (plane == 0 ? ROUNDING * 0.5 : ROUNDING);
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
