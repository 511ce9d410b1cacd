/*
 * periods.c - the trace that enlarging leaves: how much neighbours differ repeats with the factor.
 *
 * Between two samples of old lie pixels at different distances from them, and an interpolated pixel is the smoother
 * the farther it lies: along a row, the differences of neighbours are the larger and the smaller by turns, once in
 * `factor` pixels (Gallagher 2005, "Detection of linear and cubic interpolation in JPEG compressed images"; there, of
 * second differences. Where the old samples' centres lie symmetrically, as with a factor of 2, only first differences
 * show it, so both are looked at). Averaged over all rows this is one curve over the columns, whose Fourier transform
 * has a line at 1 / factor. Edges are held down by x / (x + c), so that a few do not decide.
 */
#include <math.h>

#include "core/memory.h"
#include "look/parts.h"

/* Columns and rows beyond these are not looked at. */
#define LONGEST  16384
#define SHORTEST 64

typedef struct curve {
    double *sum;   /* [2][length]: of first and of second differences */
    double *count; /* [length] */
    int length;
} curve;

/* Differences across the lines of one direction: along the row (along = 1), or down. */
static void add_differences(curve *c, const anew_look_tile *tile, int along)
{
    const int width = tile->width, height = tile->height;
    const int step = along ? 1 : width, first = along ? tile->x : tile->y;
    for (int y = along ? 0 : 1; y + (along ? 0 : 1) < height; y++)
        for (int x = along ? 1 : 0; x + along < width; x++) {
            const uint16_t *at = tile->luma + (size_t)y * (size_t)width + (size_t)x;
            const int place = first + (along ? x : y);
            if (place >= c->length)
                continue;
            const double before = at[-step], here = at[0], after = at[step];
            const double one = fabs(after - here), two = fabs(before + after - 2.0 * here);
            c->sum[place] += one / (one + 3.0 * LOOK_STEP);
            c->sum[c->length + place] += two / (two + 3.0 * LOOK_STEP);
            c->count[place] += 1.0;
        }
}

/* Deviation from the mean of 31 neighbours, as a share of it; 0 where nothing was looked at. */
static void flatten(double *out, const double *sum, const double *count, int length)
{
    for (int i = 0; i < length; i++) {
        double around = 0.0, weight = 0.0;
        for (int k = i - 15; k <= i + 15; k++)
            if (k >= 0 && k < length) {
                around += sum[k];
                weight += count[k];
            }
        out[i] =
            count[i] > 0.0 && around > 0.0 ? (sum[i] / count[i]) / (around / weight) - 1.0 : 0.0;
        out[i] = out[i] > 0.5 ? 0.5 : out[i] < -0.5 ? -0.5 : out[i];
    }
}

/* Both curves' power at size / 2 + 1 frequencies, each as a multiple of its mean in the neighbourhood. */
static anew_status power_of(double **power, int *length, const curve *c, anew_error *error)
{
    int size = SHORTEST;
    while (size < 2 * c->length)
        size *= 2;
    double *data = anew_alloc(anew_size_mul((size_t)size * 4 + (size_t)c->length, sizeof(double)));
    *power = anew_alloc_zero(anew_size_mul((size_t)size / 2 + 1, sizeof(double)));
    if (data == NULL || *power == NULL) {
        anew_free(data);
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory to look for periods in a picture");
    }
    double *cosines = data + 2 * (size_t)size, *raw = cosines + size, *flat = raw + size;
    anew_look_cosines(cosines, size);
    const int bins = size / 2 + 1, reach = size / 24;
    for (int kind = 0; kind < 2; kind++) {
        flatten(flat, c->sum + (size_t)kind * (size_t)c->length, c->count, c->length);
        for (int i = 0; i < size; i++) {
            data[2 * i] = i < c->length ? flat[i] : 0.0;
            data[2 * i + 1] = 0.0;
        }
        anew_look_fft(data, size, cosines);
        double sum = 0.0;
        for (int i = 0; i < bins; i++)
            raw[i] = data[2 * i] * data[2 * i] + data[2 * i + 1] * data[2 * i + 1];
        for (int i = 0; i < bins && i < reach; i++)
            sum += raw[i];
        for (int i = 0, from = 0, to = reach < bins ? reach : bins; i < bins; i++) {
            /* A line of its own should not raise what it is measured by: what is near it is left out. */
            for (; to < bins && to <= i + reach; to++)
                sum += raw[to];
            for (; from < i - reach; from++)
                sum -= raw[from];
            double near = 0.0;
            int left_out = 0;
            for (int k = i - 6; k <= i + 6; k++)
                if (k >= from && k < to) {
                    near += raw[k];
                    left_out++;
                }
            const double level =
                (sum - near) / (to - from - left_out > 0 ? to - from - left_out : 1);
            (*power)[i] += 0.5 * raw[i] / (level + 1e-9);
        }
    }
    *length = bins;
    anew_free(data);
    return ANEW_OK;
}

anew_status anew_look_periods_find(anew_look_periods *periods, const anew_look_samples *samples,
                                   anew_error *error)
{
    anew_status status = ANEW_OK;
    *periods = (anew_look_periods){{0, 0}, {NULL, NULL}};
    for (int along = 0; along < 2 && status == ANEW_OK; along++) {
        const int size = along ? samples->width : samples->height;
        curve c = {.length = size < LONGEST ? size : LONGEST};
        if (size < SHORTEST)
            continue;
        c.sum = anew_alloc_zero(anew_size_mul((size_t)c.length, 3 * sizeof(double)));
        if (c.sum == NULL)
            return anew_fail(error, ANEW_ERROR_MEMORY,
                             "no memory to look for periods in a picture");
        c.count = c.sum + 2 * (size_t)c.length;
        for (int i = 0; i < samples->count; i++)
            add_differences(&c, &samples->tiles[i], along);
        status = power_of(&periods->power[along], &periods->length[along], &c, error);
        anew_free(c.sum);
    }
    return status;
}

void anew_look_periods_free(anew_look_periods *periods)
{
    anew_free(periods->power[0]);
    anew_free(periods->power[1]);
    *periods = (anew_look_periods){{0, 0}, {NULL, NULL}};
}
