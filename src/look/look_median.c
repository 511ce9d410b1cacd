/* look_median.c - the median of several pictures' findings, figure by figure. */
#include "look/look_median.h"

#include <stdbool.h>
#include <stddef.h>

/* Between the darkest and the brightest luma of a picture that shows something, in steps. */
#define LEAST_RANGE 24.0

/* A figure's place among the findings. */
#define AT(name) offsetof(anew_findings, name)

static double real_of(const anew_findings *f, size_t at)
{
    return *(const double *)(const void *)((const char *)f + at);
}

static int whole_of(const anew_findings *f, size_t at)
{
    return *(const int *)(const void *)((const char *)f + at);
}

/* Sorts a few numbers and gives the lower one of the middle. */
static double lower_median(double *values, int count)
{
    for (int i = 1; i < count; i++)
        for (int k = i; k > 0 && values[k - 1] > values[k]; k--) {
            const double value = values[k];
            values[k] = values[k - 1];
            values[k - 1] = value;
        }
    return values[(count - 1) / 2];
}

/* The finding whose JPEG is the median one, no JPEG being the least of faults: its grid goes with its quality. */
static const anew_findings *median_jpeg(const anew_findings *const *list, int count)
{
    for (int i = 0; i < count; i++) {
        int better = 0, equal = 0;
        const int own = list[i]->jpeg_quality > 0 ? list[i]->jpeg_quality : 101;
        for (int k = 0; k < count; k++) {
            const int other = list[k]->jpeg_quality > 0 ? list[k]->jpeg_quality : 101;
            better += other > own;
            equal += other == own;
        }
        if (better <= (count - 1) / 2 && (count - 1) / 2 < better + equal)
            return list[i];
    }
    return list[0];
}

void anew_look_median(anew_findings *median, const anew_findings *list, int count)
{
    static const size_t reals[] = {AT(noise_luma), AT(noise_chroma), AT(enlarged), AT(detail),
                                   AT(blur),       AT(black),        AT(white),    AT(yellowing),
                                   AT(shadows),    AT(highlights)};
    static const size_t wholes[] = {AT(gray),  AT(sepia),    AT(drawing),
                                    AT(faded), AT(yellowed), AT(repeated)};
    const anew_findings *kept[ANEW_LOOK_MOST] = {list};
    double values[ANEW_LOOK_MOST] = {0};
    int64_t pixels = 0;
    int used = 0;
    count = count < ANEW_LOOK_MOST ? count : ANEW_LOOK_MOST;
    for (int pass = 0; pass < 2 && used == 0; pass++)
        for (int i = 0; i < count; i++)
            if (pass == 1 || list[i].white - list[i].black >= LEAST_RANGE)
                kept[used++] = &list[i];
    for (int i = 0; i < count; i++)
        pixels += list[i].pixels_seen;
    const anew_findings *jpeg = median_jpeg(kept, used);
    *median = *kept[0];
    median->pixels_seen = pixels;
    median->jpeg_quality = jpeg->jpeg_quality;
    median->jpeg_grid_x = jpeg->jpeg_grid_x;
    median->jpeg_grid_y = jpeg->jpeg_grid_y;
    for (size_t r = 0; r < sizeof reals / sizeof reals[0]; r++) {
        for (int i = 0; i < used; i++)
            values[i] = real_of(kept[i], reals[r]);
        *(double *)(void *)((char *)median + reals[r]) = lower_median(values, used);
    }
    for (size_t w = 0; w < sizeof wholes / sizeof wholes[0]; w++) {
        int so = 0;
        for (int i = 0; i < used; i++)
            so += whole_of(kept[i], wholes[w]) != 0;
        *(int *)(void *)((char *)median + wholes[w]) = 2 * so > used;
    }
}
