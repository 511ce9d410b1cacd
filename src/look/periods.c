/*
 * periods.c - the trace that enlarging leaves: how much neighbours differ repeats with the factor.
 *
 * Between two samples of old lie pixels at different distances from them, and an interpolated pixel is the smoother
 * the farther it lies: along a row, the differences of neighbours are the larger and the smaller by turns, once in
 * `factor` pixels (Gallagher 2005, "Detection of linear and cubic interpolation in JPEG compressed images"; there, of
 * second differences. Where the old samples' centres lie symmetrically, as with a factor of 2, only first differences
 * show it, so both are looked at). Averaged over all rows this is one curve over the columns, whose Fourier transform
 * has a line at 1 / factor. Edges are held down by x / (x + c), so that a few do not decide.
 *
 * A JPEG that was made of it since has kept that only where there is much to see, and its blocks repeat, too. So there
 * whole blocks are taken that have texture enough, each with the same weight, and the curve is divided by what it is at
 * that place of a block everywhere. What repeats with the blocks themselves, as a factor of 2 or 4 does, is then gone; it is
 * seen in the profile of a block's inner places, where no edge between blocks is (sharpness.c).
 */
#include <math.h>

#include "core/memory.h"
#include "look/parts.h"

/* Columns and rows beyond these are not looked at. */
#define LONGEST  16384
#define SHORTEST 64

/* A block with less of first and of second differences, on the mean, has no texture. */
#define LEAST_FIRST  (3.0 * LOOK_STEP)
#define LEAST_SECOND (2.0 * LOOK_STEP)

/* Chroma of half the size repeats with 16 pixels. */
#define REPEATS 16

typedef struct curve {
    double *sum;   /* [2][length]: of first and of second differences */
    double *count; /* [2][length] */
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
            c->count[c->length + place] += 1.0;
        }
}

/* ---- within a JPEG's blocks --------------------------------------------------------------------------------- */

/* One block's differences along `step`, at each of its eight places, of eight lines that are `line` apart. */
static void differ(double differences[2][8], const uint16_t *block, int64_t step, int64_t line)
{
    for (int i = 0; i < 8; i++) {
        double one = 0.0, two = 0.0;
        for (int k = 0; k < 8; k++) {
            const uint16_t *at = block + i * step + k * line;
            const double before = at[-step], here = at[0], after = at[step];
            one += fabs(after - here);
            two += fabs(before + after - 2.0 * here);
        }
        differences[0][i] = one / 8.0;
        differences[1][i] = two / 8.0;
    }
}

static void add_block(curve *c, anew_look_periods *periods, int place, double differences[2][8])
{
    for (int kind = 0; kind < 2; kind++) {
        double mean = 0.0;
        for (int i = kind; i < 7; i++)
            mean += differences[kind][i] / (7 - kind);
        if (mean < (kind == 0 ? LEAST_FIRST : LEAST_SECOND))
            continue;
        periods->blocks[kind]++;
        for (int i = 0; i < 8; i++) {
            const double share = differences[kind][i] / mean;
            periods->profile[kind][i] += share;
            if (place + i < c->length) {
                c->sum[kind * c->length + place + i] += share;
                c->count[kind * c->length + place + i] += 1.0;
            }
        }
    }
}

static void add_blocks(curve *c, anew_look_periods *periods, const anew_look_tile *tile, int along,
                       const int grid[2])
{
    const int width = tile->width, height = tile->height;
    double differences[2][8];
    /* The first that has a neighbour before it. */
    const int left = ((grid[0] - tile->x - 1) % 8 + 8) % 8 + 1;
    const int top = ((grid[1] - tile->y - 1) % 8 + 8) % 8 + 1;
    for (int y = top; y + 8 < height; y += 8)
        for (int x = left; x + 8 < width; x += 8) {
            const uint16_t *block = tile->luma + (size_t)y * (size_t)width + (size_t)x;
            differ(differences, block, along ? 1 : width, along ? width : 1);
            add_block(c, periods, along ? tile->x + x : tile->y + y, differences);
        }
}

/* Divides each place by the mean of those a multiple of REPEATS from it. */
static void divide_repeats(curve *c)
{
    for (int kind = 0; kind < 2; kind++)
        for (int from = 0; from < REPEATS; from++) {
            double sum = 0.0, count = 0.0;
            const size_t first = (size_t)kind * (size_t)c->length;
            for (int i = from; i < c->length; i += REPEATS) {
                sum += c->sum[first + (size_t)i];
                count += c->count[first + (size_t)i];
            }
            for (int i = from; i < c->length && sum > 0.0; i += REPEATS)
                c->sum[first + (size_t)i] *= count / sum;
        }
}

/* ---- lines ------------------------------------------------------------------------------------------------ */

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

/* Both curves' power at size / 2 + 1 frequencies, each as a multiple of its mean in the neighbourhood; behind it the amplitude of
 * the second. */
static anew_status power_of(double **power, int *length, const curve *c, anew_error *error)
{
    int size = SHORTEST;
    while (size < 2 * c->length)
        size *= 2;
    double *data = anew_alloc(anew_size_mul((size_t)size * 4 + (size_t)c->length, sizeof(double)));
    *power = anew_alloc_zero(anew_size_mul(2 * ((size_t)size / 2 + 1), sizeof(double)));
    if (data == NULL || *power == NULL) {
        anew_free(data);
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory to look for periods in a picture");
    }
    double *cosines = data + 2 * (size_t)size, *raw = cosines + size, *flat = raw + size;
    anew_look_cosines(cosines, size);
    const int bins = size / 2 + 1, reach = size / 24;
    for (int kind = 0; kind < 2; kind++) {
        flatten(flat, c->sum + (size_t)kind * (size_t)c->length,
                c->count + (size_t)kind * (size_t)c->length, c->length);
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
            (*power)[bins + i] = kind == 1 ? 2.0 * sqrt(raw[i]) / c->length : 0.0;
        }
    }
    *length = bins;
    anew_free(data);
    return ANEW_OK;
}

anew_status anew_look_periods_find(anew_look_periods *periods, const anew_look_samples *samples,
                                   const anew_findings *findings, anew_error *error)
{
    anew_status status = ANEW_OK;
    const bool blocks = findings->jpeg_quality > 0 && findings->jpeg_grid_x >= 0;
    const int grid[2] = {findings->jpeg_grid_x, findings->jpeg_grid_y};
    *periods = (anew_look_periods){.length = {0, 0}};
    for (int along = 0; along < 2 && status == ANEW_OK; along++) {
        const int size = along ? samples->width : samples->height;
        curve c = {.length = size < LONGEST ? size : LONGEST};
        if (size < SHORTEST)
            continue;
        c.sum = anew_alloc_zero(anew_size_mul((size_t)c.length, 4 * sizeof(double)));
        if (c.sum == NULL)
            return anew_fail(error, ANEW_ERROR_MEMORY,
                             "no memory to look for periods in a picture");
        c.count = c.sum + 2 * (size_t)c.length;
        for (int i = 0; i < samples->count; i++)
            if (blocks)
                add_blocks(&c, periods, &samples->tiles[i], along, grid);
            else
                add_differences(&c, &samples->tiles[i], along);
        if (blocks)
            divide_repeats(&c);
        status = power_of(&periods->power[along], &periods->length[along], &c, error);
        periods->depth[along] = periods->power[along] + periods->length[along];
        anew_free(c.sum);
    }
    for (int kind = 0; kind < 2; kind++)
        for (int i = 0; i < 8 && periods->blocks[kind] > 0; i++)
            periods->profile[kind][i] /= (double)periods->blocks[kind];
    return status;
}

void anew_look_periods_free(anew_look_periods *periods)
{
    anew_free(periods->power[0]);
    anew_free(periods->power[1]);
    *periods = (anew_look_periods){.length = {0, 0}};
}
