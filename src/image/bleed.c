/* bleed.c - see bleed.h. For each invisible pixel the smallest of five windows that holds anything visible. */
#include "image/bleed.h"

static double sample_at(const anew_image *image, int y, int x, int channel)
{
    const size_t at =
        ((size_t)y * (size_t)image->width + (size_t)x) * (size_t)image->channels + (size_t)channel;
    return image->depth == 32   ? (double)((const float *)image->pixels)[at]
           : image->depth == 16 ? ((const uint16_t *)image->pixels)[at]
                                : ((const uint8_t *)image->pixels)[at];
}

/* Mean colour of the window around (y, x), weighted by alpha; false where all of it is invisible. */
static bool window_mean(double *mean, const anew_image *image, int y, int x, int reach)
{
    const int colours = image->channels - 1;
    double weight = 0;
    for (int c = 0; c < colours; c++)
        mean[c] = 0;
    for (int wy = y < reach ? 0 : y - reach; wy <= y + reach && wy < image->height; wy++) {
        for (int wx = x < reach ? 0 : x - reach; wx <= x + reach && wx < image->width; wx++) {
            const double alpha = sample_at(image, wy, wx, colours);
            if (!(alpha > 0))
                continue;
            weight += alpha;
            for (int c = 0; c < colours; c++)
                mean[c] += alpha * sample_at(image, wy, wx, c);
        }
    }
    if (weight <= 0)
        return false;
    for (int c = 0; c < colours; c++)
        mean[c] /= weight * (image->depth == 32 ? 1 : image->depth == 16 ? 65535 : 255);
    return true;
}

/* Columns looked at together. */
#define CHUNK 256

/* counts[i + 1] - counts[k]: how many of the columns first + k .. first + i hold something visible in the
 * rows that row y may look at. */
static void count_visible(int counts[CHUNK + 2 * ANEW_BLEED_REACH + 1], const anew_image *image,
                          int y, int first)
{
    const int top = y < ANEW_BLEED_REACH ? 0 : y - ANEW_BLEED_REACH;
    const int bottom =
        y + ANEW_BLEED_REACH < image->height ? y + ANEW_BLEED_REACH : image->height - 1;
    counts[0] = 0;
    for (int i = 0; i < CHUNK + 2 * ANEW_BLEED_REACH; i++) {
        const int x = first + i;
        bool visible = false;
        for (int row = top; x >= 0 && x < image->width && !visible && row <= bottom; row++)
            visible = sample_at(image, row, x, image->channels - 1) > 0;
        counts[i + 1] = counts[i] + (visible ? 1 : 0);
    }
}

void anew_bleed_row(float *const *planes, const anew_image *image, int y, int x, int width)
{
    const int colours = image->channels - 1;
    int counts[CHUNK + 2 * ANEW_BLEED_REACH + 1], counted = -CHUNK;
    for (int i = 0; i < width; i++) {
        double mean[3] = {0};
        if (sample_at(image, y, x + i, colours) > 0)
            continue;
        /* Far from everything visible, nothing needs to be looked for. */
        if (i >= counted + CHUNK) {
            count_visible(counts, image, y, x + i - ANEW_BLEED_REACH);
            counted = i;
        }
        if (counts[i - counted + 2 * ANEW_BLEED_REACH + 1] == counts[i - counted])
            continue;
        bool found = false;
        for (int reach = 1; !found && reach <= ANEW_BLEED_REACH; reach *= 2)
            found = window_mean(mean, image, y, x + i, reach);
        for (int c = 0; found && c < 3; c++)
            planes[c][i] = (float)mean[c < colours ? c : 0];
    }
}
