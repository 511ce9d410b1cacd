/* look_tone.c - colours and light: gray, sepia, drawing or photo, how much of the range is used, the paper's tint. */
#include <math.h>

#include "core/memory.h"
#include "look/parts.h"

#define LEVELS 256

/*
 * A drawing has flat squares, edges between two levels, and few shades. So have photos that were compressed: a JPEG's blocks
 * are flat where hardly anything was in them, and eight of them have few shades. But the blocks of a drawing's ground are all
 * of one level, those of a sky are not: so flat are squares that no block covers. The weights and the sum from which it is a
 * drawing were chosen on 162 photos and 128 drawings, screens and paintings, each as it is and as JPEG of quality 90, 75, 50
 * and 30: at each of these at most 3 % of the photos are taken for drawings, and 81 % or more of the rest are, paintings
 * included.
 */
#define FLAT_SQUARE 16
#define FLAT        0.7
#define SHADES      0.5
#define DRAWING     0.99

typedef struct tally {
    int64_t pixels;
    int64_t luma[LEVELS];
    int64_t colour[LEVELS];   /* of the larger colour difference, from 128 */
    int64_t level_pixels[32]; /* by luma / 8, with the sums of both differences */
    double level_sum[32][2];
    int64_t squares, flat; /* of 16x16 pixels; those with a range of 1 step at most */
    int64_t edges,
        two_levels; /* 8x8 blocks with a range of 40; of these, with 40 pixels at its two ends */
    int64_t shades[16 * 16 * 16]; /* by luma, blue and red difference */
} tally;

static int level_of(uint16_t sample)
{
    const int level = (sample + (int)LOOK_STEP / 2) / (int)LOOK_STEP;
    return level < LEVELS ? level : LEVELS - 1;
}

static void count_pixels(tally *t, const anew_look_tile *tile)
{
    const size_t pixels = (size_t)tile->width * (size_t)tile->height;
    t->pixels += (int64_t)pixels;
    for (size_t i = 0; i < pixels; i++) {
        const int luma = level_of(tile->luma[i]);
        const double blue = anew_look_value(tile->blue[i]) - 128.0;
        const double red = anew_look_value(tile->red[i]) - 128.0;
        const int strong = (int)(fmax(fabs(blue), fabs(red)) + 0.5);
        t->luma[luma]++;
        t->colour[strong < LEVELS ? strong : LEVELS - 1]++;
        t->level_pixels[luma / 8]++;
        t->level_sum[luma / 8][0] += blue;
        t->level_sum[luma / 8][1] += red;
        t->shades[(tile->luma[i] >> 12) * 256 + (tile->blue[i] >> 12) * 16 +
                  (tile->red[i] >> 12)]++;
    }
}

/* The least and the largest luma of a rectangle. */
static void range_of(int *low, int *high, const anew_look_tile *tile, int x, int y, int width,
                     int height)
{
    *low = 65535;
    *high = 0;
    for (int i = 0; i < height; i++) {
        const uint16_t *row = tile->luma + (size_t)(y + i) * (size_t)tile->width + x;
        for (int k = 0; k < width; k++) {
            *low = row[k] < *low ? row[k] : *low;
            *high = row[k] > *high ? row[k] : *high;
        }
    }
}

/* A tile that is smaller than a square is one. */
static void count_squares(tally *t, const anew_look_tile *tile)
{
    const int width = tile->width < FLAT_SQUARE ? tile->width : FLAT_SQUARE;
    const int height = tile->height < FLAT_SQUARE ? tile->height : FLAT_SQUARE;
    for (int y = 0; y + height <= tile->height; y += height)
        for (int x = 0; x + width <= tile->width; x += width) {
            int low, high;
            range_of(&low, &high, tile, x, y, width, height);
            t->squares++;
            t->flat += high - low <= (int)LOOK_STEP;
        }
}

/* Of a drawing's edges most pixels lie at one of the two ends, within a fifth of the range: ringing is less than that. */
static void count_edges(tally *t, const anew_look_tile *tile)
{
    for (int y = 0; y + 8 <= tile->height; y += 8)
        for (int x = 0; x + 8 <= tile->width; x += 8) {
            int low, high, ends = 0;
            range_of(&low, &high, tile, x, y, 8, 8);
            if (high - low < 40 * (int)LOOK_STEP)
                continue;
            for (int i = 0; i < 64; i++) {
                const int value =
                    tile->luma[(size_t)(y + i / 8) * (size_t)tile->width + (size_t)(x + i % 8)];
                ends += 5 * (value - low) < high - low || 5 * (high - value) < high - low;
            }
            t->edges++;
            t->two_levels += ends >= 40;
        }
}

/* The least level below which a share of the pixels lies. */
static int percentile(const int64_t counts[LEVELS], int64_t pixels, double share)
{
    const double wanted = share * (double)pixels;
    int64_t sum = 0;
    for (int i = 0; i < LEVELS; i++) {
        sum += counts[i];
        if ((double)sum > wanted)
            return i;
    }
    return LEVELS - 1;
}

/* How far each pixel's colour is from the mean colour of its level of light, in whole steps; -> the mean square. */
static double count_rests(int64_t rests[LEVELS], const tally *t, const anew_look_samples *samples)
{
    double squares = 0.0;
    for (int i = 0; i < samples->count; i++) {
        const anew_look_tile *tile = &samples->tiles[i];
        const size_t pixels = (size_t)tile->width * (size_t)tile->height;
        for (size_t k = 0; k < pixels; k++) {
            const int level = level_of(tile->luma[k]) / 8;
            const double n = (double)t->level_pixels[level];
            const double blue = anew_look_value(tile->blue[k]) - 128.0 - t->level_sum[level][0] / n;
            const double red = anew_look_value(tile->red[k]) - 128.0 - t->level_sum[level][1] / n;
            const double square = blue * blue + red * red;
            const int rest = (int)(sqrt(square) + 0.5);
            squares += square;
            rests[rest < LEVELS ? rest : LEVELS - 1]++;
        }
    }
    return squares / (double)t->pixels;
}

/* One tint, a little yellow or brown, at every level of light: what is left of the colours beside it and beside noise is
 * no more than a quarter of it, and hardly a pixel has another colour. Fur, sand and wood are brown, too, but not so
 * evenly; bounds are those that told 5 old photos from 250 of other brown things. */
static bool is_sepia(const tally *t, const anew_look_samples *samples, double noise)
{
    int64_t rests[LEVELS] = {0};
    double blue = 0.0, red = 0.0;
    for (int i = 0; i < 32; i++) {
        blue += t->level_sum[i][0] / (double)t->pixels;
        red += t->level_sum[i][1] / (double)t->pixels;
    }
    const double tint = sqrt(blue * blue + red * red);
    if (!(blue < -3.0 && red > -0.3 * fabs(blue)))
        return false;
    const double rest = count_rests(rests, t, samples) - 2.0 * noise * noise;
    return rest < tint * tint / 16.0 && percentile(rests, t->pixels, 0.99) < 14.0 + 3.0 * noise;
}

/* The mean tint of the brightest 2 % that are not clipped: how much less blue there is than red and green. */
static double yellowing_of(const anew_look_samples *samples, int from)
{
    double blue = 0.0;
    int64_t count = 0;
    for (int i = 0; i < samples->count; i++) {
        const anew_look_tile *tile = &samples->tiles[i];
        const size_t pixels = (size_t)tile->width * (size_t)tile->height;
        for (size_t k = 0; k < pixels; k++)
            if (level_of(tile->luma[k]) >= from) {
                blue += anew_look_value(tile->blue[k]) - 128.0;
                count++;
            }
    }
    /* Cb - 128 = (B - Y) / 1.772, which is (B - a) / 2 where R = G = a. */
    return count > 0 ? -2.0 * blue / (double)count : 0.0;
}

/* Whether hardly a pixel that is not dark has less than a third of the paper's tint for its light. */
static bool is_yellow_throughout(const anew_look_samples *samples, double yellowing, double white)
{
    const double paper = -0.5 * yellowing / (white > 1.0 ? white : 1.0);
    int64_t counted = 0, other = 0;
    for (int i = 0; i < samples->count; i++) {
        const anew_look_tile *tile = &samples->tiles[i];
        const size_t pixels = (size_t)tile->width * (size_t)tile->height;
        for (size_t k = 0; k < pixels; k++) {
            const double luma = anew_look_value(tile->luma[k]);
            if (luma < 32.0)
                continue;
            counted++;
            other += anew_look_value(tile->blue[k]) - 128.0 > 0.3 * paper * luma;
        }
    }
    return (double)other <= 0.002 * (double)counted;
}

/* The share of the pixels that the 8 most frequent shades have. */
static double share_of_shades(tally *t)
{
    int64_t sum = 0;
    for (int i = 0; i < 8; i++) {
        int most = 0;
        for (int k = 1; k < 16 * 16 * 16; k++)
            most = t->shades[k] > t->shades[most] ? k : most;
        sum += t->shades[most];
        t->shades[most] = 0;
    }
    return (double)sum / (double)t->pixels;
}

anew_status anew_look_tone(anew_findings *f, const anew_look_samples *samples, anew_error *error)
{
    tally *t = anew_alloc_zero(sizeof *t);
    if (t == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory to look at a picture's tones");
    for (int i = 0; i < samples->count; i++) {
        count_pixels(t, &samples->tiles[i]);
        count_squares(t, &samples->tiles[i]);
        count_edges(t, &samples->tiles[i]);
    }
    const double pixels = (double)t->pixels;
    f->gray = samples->channels < 3 || percentile(t->colour, t->pixels, 0.995) <= 3;
    f->sepia = !f->gray && is_sepia(t, samples, f->noise_chroma);
    f->black = percentile(t->luma, t->pixels, 0.005);
    f->white = percentile(t->luma, t->pixels, 0.995);
    f->shadows = (double)(t->luma[0] + t->luma[1]) / pixels;
    f->highlights = (double)(t->luma[254] + t->luma[255]) / pixels;
    f->yellowing = f->gray ? 0.0 : yellowing_of(samples, percentile(t->luma, t->pixels, 0.98));
    /* Yellow whites alone are a sunset or a banana; where nothing at all is neutral or blue, the paper is yellow. */
    f->yellowed = f->yellowing >= 20.0 && is_yellow_throughout(samples, f->yellowing, f->white);
    f->faded = f->white - f->black < 150.0 && f->black >= 30.0;
    const double flat = t->squares > 0 ? (double)t->flat / (double)t->squares : 0.0;
    const double two = t->edges > 0 ? (double)t->two_levels / (double)t->edges : 0.0;
    const double shades = share_of_shades(t);
    f->drawing = FLAT * flat + two + SHADES * shades > DRAWING;
    anew_free(t);
    return ANEW_OK;
}
