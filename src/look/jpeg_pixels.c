/*
 * jpeg_pixels.c - was this picture a JPEG once, with which grid and which quality; from its pixels alone.
 *
 * A JPEG's coefficients are whole multiples of a step q(u, v). What is decoded and rounded to pixels still has them,
 * up to the rounding, where the transform meets the blocks of old:
 *
 *     count
 *       |      .            .            .           coefficients of one frequency lie at 0, q, 2q ...
 *       |     .|.          .|.          .|.          blurred by what the rounding of pixels adds (SPREAD)
 *       +------0------------q------------2q---
 *
 * The grid: of the 64 places where it may begin, that one where most coefficients of higher frequencies are nearly 0
 * (Luo, Huang and Qiu 2010, "JPEG error analysis and its applications to digital image forensics", section III).
 * The quality: that one whose steps make the coefficients most likely (after Fan and de Queiroz 2003, "Identification of
 * bitmap compression history", IEEE Trans. Image Processing 12(2)), against the hypothesis of no steps at all.
 */
#include <math.h>

#include "core/memory.h"
#include "look/dct.h"
#include "look/functions.h"
#include "look/parts.h"

/* Frequencies 1 .. FREQUENCIES of the zigzag are asked for the quality. */
#define FREQUENCIES 24

/* Coefficients are counted up to LARGEST in bins of 1 / BINS_A_STEP; larger ones say little more. */
#define LARGEST     160
#define BINS_A_STEP 4
#define BINS        (LARGEST * BINS_A_STEP)

/* Standard deviation that rounding to pixels gives a coefficient: of Y, Cb, Cr by the decoder, then of R, G, B. */
#define SPREAD 0.42

/* The share of coefficients that something else has changed: clipping, for example. */
#define STRANGERS 0.02

/* Places at which the grid is looked for; blocks of which the quality is taken. */
#define GRID_PLACES    1200
#define QUALITY_BLOCKS 40000

typedef struct histogram {
    double mean[FREQUENCIES + 1]; /* of the absolute coefficients */
    int32_t count[FREQUENCIES + 1][BINS];
    int32_t blocks;
} histogram;

/* ---- the grid --------------------------------------------------------------------------------------- */

static bool spoiled(const anew_look_tile *tile, int x, int y, int size)
{
    int clipped = 0, low = 65535, high = 0;
    for (int i = 0; i < size; i++)
        for (int k = 0; k < size; k++) {
            const size_t at = (size_t)(y + i) * (size_t)tile->width + (size_t)(x + k);
            const int value = tile->luma[at];
            clipped += tile->clipped[at];
            low = value < low ? value : low;
            high = value > high ? value : high;
        }
    return clipped > 0 || high - low < 3 * (int)LOOK_STEP;
}

/* How many small coefficients each beginning of the grid has, over places that are spread over the tiles. */
static int count_small(double small[64], const anew_look_samples *samples)
{
    int places = 0;
    int64_t possible = 0;
    for (int i = 0; i < samples->count; i++)
        possible += (int64_t)(samples->tiles[i].width / 8 - 1) * (samples->tiles[i].height / 8 - 1);
    const int64_t each = possible / GRID_PLACES + 1;
    int64_t number = 0;
    for (int i = 0; i < samples->count; i++) {
        const anew_look_tile *tile = &samples->tiles[i];
        const int first_x = (8 - tile->x % 8) % 8, first_y = (8 - tile->y % 8) % 8;
        for (int y = first_y; y + 16 <= tile->height; y += 8)
            for (int x = first_x; x + 16 <= tile->width; x += 8) {
                if ((number++ * 7919) % each != 0 || spoiled(tile, x, y, 16))
                    continue;
                places++;
                for (int place = 0; place < 64; place++) {
                    double block[64];
                    const size_t at =
                        (size_t)(y + place / 8) * (size_t)tile->width + (size_t)(x + place % 8);
                    anew_look_dct(block, tile->luma + at, tile->width);
                    for (int f = 6; f < 64; f++)
                        small[place] += fabs(block[anew_look_zigzag[f]]) < 0.6 ? 1.0 : 0.0;
                }
            }
    }
    return places;
}

/* The beginning of the grid that stands out, y * 8 + x, and by how many standard deviations of the others. */
static int find_grid(double *certainty, const anew_look_samples *samples)
{
    double small[64] = {0}, sum = 0.0, squares = 0.0;
    int best = 0;
    *certainty = 0.0;
    if (count_small(small, samples) < 12)
        return 0;
    for (int i = 1; i < 64; i++)
        best = small[i] > small[best] ? i : best;
    /* Those of its own row and column meet half of its blocks' edges; they are no measure of chance. */
    int others = 0;
    for (int i = 0; i < 64; i++)
        if (i / 8 != best / 8 && i % 8 != best % 8) {
            sum += small[i];
            squares += small[i] * small[i];
            others++;
        }
    const double mean = sum / others, variance = squares / others - mean * mean;
    *certainty = (small[best] - mean) / sqrt((variance > 0.0 ? variance : 0.0) + mean + 1.0);
    return best;
}

/* ---- the quality ------------------------------------------------------------------------------------ */

static void count_coefficients(histogram *h, const anew_look_samples *samples, int grid)
{
    const int64_t each = samples->pixels / 64 / QUALITY_BLOCKS + 1;
    int64_t number = 0;
    for (int i = 0; i < samples->count; i++) {
        const anew_look_tile *tile = &samples->tiles[i];
        const int first_x = (8 + grid % 8 - tile->x % 8) % 8;
        const int first_y = (8 + grid / 8 - tile->y % 8) % 8;
        for (int y = first_y; y + 8 <= tile->height; y += 8)
            for (int x = first_x; x + 8 <= tile->width; x += 8) {
                double block[64];
                if (number++ % each != 0 || spoiled(tile, x, y, 8))
                    continue;
                anew_look_dct(block, tile->luma + (size_t)y * (size_t)tile->width + (size_t)x,
                              tile->width);
                h->blocks++;
                for (int f = 1; f <= FREQUENCIES; f++) {
                    const double value = fabs(block[anew_look_zigzag[f]]);
                    const int bin = (int)(value * BINS_A_STEP);
                    h->mean[f] += value;
                    if (bin < BINS)
                        h->count[f][bin]++;
                }
            }
    }
    for (int f = 1; f <= FREQUENCIES; f++)
        h->mean[f] /= h->blocks > 0 ? h->blocks : 1;
}

/*
 * Log-likelihood of the coefficients of one frequency if their step was `step`, less that of no step: coefficients of
 * Laplace's distribution with mean absolute value b, rounded to multiples n of the step, then spread by a Gaussian.
 */
static double gain_of_step(const int32_t count[BINS], double b, int step)
{
    const double q = step, gauss = 1.0 / (SPREAD * 2.5066282746310002);
    double sum = 0.0;
    if (b < 0.2)
        b = 0.2;
    for (int i = 0; i < BINS; i++) {
        if (count[i] == 0)
            continue;
        const double value = (i + 0.5) / BINS_A_STEP;
        const int n = (int)(value / q + 0.5);
        const double away = (value - n * q) / SPREAD;
        /* Folded to positive values, both signs together; half of the Gaussian at 0 is folded, too. */
        const double plain = anew_look_exp(-value / b) / b;
        const double mass =
            n == 0 ? 2.0 * (1.0 - anew_look_exp(-q / (2.0 * b)))
                   : anew_look_exp(-(n - 0.5) * q / b) - anew_look_exp(-(n + 0.5) * q / b);
        const double stepped = mass * gauss * anew_look_exp(-0.5 * away * away);
        sum += count[i] * anew_look_log((1.0 - STRANGERS) * stepped / (plain + 1e-300) + STRANGERS);
    }
    return sum;
}

/* The most likely quality; *gain: its log-likelihood over that of no JPEG, for each block. A picture that was laid on its
 * side after it had been a JPEG has the steps with their rows for columns: both are asked. */
static int find_quality(double *gain, const histogram *h)
{
    uint16_t tables[101][64];
    double total[2][101] = {{0}}, best = 0.0;
    int found = 100;
    for (int quality = 1; quality <= 100; quality++)
        anew_look_jpeg_table(tables[quality], quality, false);
    for (int f = 1; f <= FREQUENCIES; f++) {
        const int upright = anew_look_zigzag[f], turned = upright % 8 * 8 + upright / 8;
        double known[256];
        for (int i = 0; i < 256; i++)
            known[i] = NAN;
        for (int quality = 1; quality <= 100; quality++)
            for (int side = 0; side < 2; side++) {
                const int step = tables[quality][side == 0 ? upright : turned];
                if (isnan(known[step]))
                    known[step] = gain_of_step(h->count[f], h->mean[f], step);
                total[side][quality] += known[step];
            }
    }
    best = total[0][100];
    for (int side = 0; side < 2; side++)
        for (int quality = 100; quality >= 1; quality--)
            if (total[side][quality] > best) {
                best = total[side][quality];
                found = quality;
            }
    *gain = best / (h->blocks > 0 ? h->blocks : 1);
    return found;
}

anew_status anew_look_jpeg(anew_findings *findings, const anew_look_samples *samples,
                           anew_error *error)
{
    double certainty = 0.0, gain = 0.0;
    findings->jpeg_quality = 0;
    findings->jpeg_grid_x = findings->jpeg_grid_y = -1;
    histogram *h = anew_alloc_zero(sizeof *h);
    if (h == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory to look at a picture's blocks");
    const int grid = find_grid(&certainty, samples);
    count_coefficients(h, samples, grid);
    const int quality = find_quality(&gain, h);
    if (certainty > 3.0 && gain > 0.5 && quality < 97) {
        findings->jpeg_quality = quality;
        findings->jpeg_grid_x = grid % 8;
        findings->jpeg_grid_y = grid / 8;
    }
    anew_free(h);
    return ANEW_OK;
}
