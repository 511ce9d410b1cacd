/*
 * sharpness.c - was this picture enlarged before, and by what; how blurred it is; how much detail it has.
 *
 * Two witnesses have to agree. Periods (periods.c) tell the factor exactly, but a line at frequency v may come of a factor
 * 1 / v, of 1 / (1 - v) or, as its second harmonic, of 2 / v. The spectrum (spectrum.c) tells which: enlarging leaves
 * next to nothing beyond the old limit c = 0.5 / factor but mirror images of what is below it, weakened by the
 * interpolation's own frequency response, which is known for the usual kernels:
 *
 *     log power
 *        |`-.__                      below c: as it was
 *        |     `--.
 *        |         |  .-.            images of it, times |K|^2, above a floor (the rounding to 8 bits)
 *        +---------c------2c-----    frequency
 */
#include <math.h>

#include "look/functions.h"
#include "look/parts.h"

#define PI 3.14159265358979323846

/* Power that rounding R, G and B to 8 bits leaves in the luma. */
#define FLOOR 0.045

/* The largest factor that is looked for. */
#define LARGEST_FACTOR 8.0

/* Power of a line in periods, both directions together, from which it is believed (chance gives 2, seldom 20), and the
 * least drop of the spectrum (natural logarithm of the power) from 0.75 c to 1.3 c that must go with it. */
#define LEAST_LINE 24.0
#define LEAST_EACH 5.0
#define SURE_LINE  80.0
/* The misfit of the smaller factor of a line, as a multiple of that of the larger one, between which both are possible. */
#define ALIKE_FROM 0.9
#define ALIKE_TO   1.25
#define LEAST_DROP 1.95
/* Linear interpolation by less than 1.5 drops less; its lines are strong. */
#define SLIGHT_DROP  1.6
#define CERTAIN_LINE 240.0
/* What the misfit is multiplied by where the curve of second differences is deeper than a kernel makes it, or less deep. */
#define TOO_DEEP 3.0
#define NOT_DEEP 1.1
/* What cubic kernels make of it; and where it is not asked for. */
#define LEAST_CUBIC   0.1
#define DEEPEST_CUBIC 0.29
#define UNKNOWN_DEPTH (-1.0)

/* Where no line is that strong: the share of the misfit of a picture that was not enlarged, the drop, and the line that
 * are asked for instead. */
#define ALONE_MISFIT        0.4
#define ALONE_DROP          2.4
#define WEAK_LINE           9.0
#define WEAK_LINE_OF_BLOCKS 16.0
/* Where the spectrum decides, its misfit to a Gaussian blur is at least this share of that to the enlargement. */
#define BLUR_WITH_LINE 0.3
#define BLUR_ALONE     0.5
/* So much neighbours within a JPEG's blocks differ at other places more than at those between (periods.c), where the
 * picture was enlarged by 2: of first differences; and by 4: of second ones, at the least with so much of first ones. */
#define LEAST_OF_TWO        0.04
#define LEAST_OF_FOUR       0.25
#define LEAST_FIRST_OF_FOUR 0.02
#define FOUR_BEFORE_TWO     2.5 /* where both are seen, four has so many times more */
#define LEAST_BLOCKS        200
#define SHARP_DROP          4.4 /* with this one, none: nothing but a kernel cuts so */

/* A picture that was made smaller has lines, too: each of its pixels lies elsewhere between those that it is the mean of. But
 * the mean of many is as smooth everywhere: the curve of second differences is not deep there, and no kernel cuts the spectrum
 * (44 photos made 1.2 to 2.5 times smaller by four kernels: depth 0.02, 0.06 at the most with few exceptions; drop 2.7, seldom
 * 3.1. Enlarged ones: linear and cubic kernels 0.06 and more, Lanczos a drop of 3.1 and more). At half the sampling rate the
 * curve has no depth; there the drop decides, or a strong line of what fits well. */
#define LEAST_DEPTH   0.055
#define LEAST_SHALLOW 0.03 /* together with ... */
#define SHALLOW_DROP  2.8
#define KERNELS_DROP  3.1
#define LEAST_ALONE                                                                                \
    1.75 /* told by the spectrum alone: what was made smaller falls like lesser factors */
#define DEPTHLESS_LINE 0.49
#define DEPTHLESS_DROP 2.6

/* The innermost ring that is looked at, and the steepest fall of a picture's power, as a power of the ring. */
#define FIRST_RING 3
#define STEEPEST   3.6

/* Pictures that are sharp fall a little faster towards their limit: by exp(-DROOP) of their power. */
#define DROOP 0.6

typedef struct spectrum {
    double log_power[LOOK_RINGS];
    double floor; /* power that is everywhere */
} spectrum;

static double at(const spectrum *s, double ring)
{
    if (ring <= 1.0)
        return s->log_power[1];
    if (ring >= LOOK_RINGS - 1)
        return s->log_power[LOOK_RINGS - 1];
    const int i = (int)ring;
    const double t = ring - i;
    return (1.0 - t) * s->log_power[i] + t * s->log_power[i + 1];
}

static double drop_at(const spectrum *s, double limit)
{
    return at(s, 0.75 * limit) - at(s, 1.3 * limit);
}

/* ---- what enlarging does to a spectrum ---------------------------------------------------------------- */

/* Interpolation: linear; cubic (Keys 1981) with a = -0.5 and with a = -0.75; Lanczos (Duchon 1979) of 3 lobes. */
#define KERNELS 4

/* sin(pi x) / (pi x) */
static double sinc(double x)
{
    return fabs(x) < 1e-6 ? 1.0 : anew_look_cosine(0.5 * x - 0.25) / (PI * x);
}

static double kernel_at(int kernel, double t)
{
    const double a = kernel == 1 ? -0.5 : -0.75;
    if (kernel == 0)
        return t < 1.0 ? 1.0 - t : 0.0;
    if (kernel == 3)
        return t < 3.0 ? sinc(t) * sinc(t / 3.0) : 0.0;
    if (t < 1.0)
        return ((a + 2.0) * t - (a + 3.0)) * t * t + 1.0;
    return t < 2.0 ? ((a * t - 5.0 * a) * t + 8.0 * a) * t - 4.0 * a : 0.0;
}

/* The kernel's frequency response at x times the old sampling rate, squared: its cosine transform, by the midpoint rule. */
static double response(int kernel, double x)
{
    double sum = 0.0, all = 0.0;
    for (int i = 0; i < 72; i++) {
        const double t = (i + 0.5) / 24.0, weight = kernel_at(kernel, t);
        sum += weight * anew_look_cosine(x * t);
        all += weight;
    }
    return (sum / all) * (sum / all);
}

/*
 * How far the spectrum is from that of a sharp picture, A m^-b, enlarged by that kernel: the mean difference of the
 * logarithms of both powers, over all rings. `squared` is the kernel's response; A and b come of the rings below `fitted`
 * (least squares).
 */
static double misfit_to(const spectrum *s, double limit, double fitted,
                        const double squared[LOOK_RINGS])
{
    double n = 0.0, x = 0.0, y = 0.0, xx = 0.0, xy = 0.0, sum = 0.0;
    for (int m = FIRST_RING; m < fitted || m < FIRST_RING + 4; m++) {
        /* Rings are weighed as on a logarithmic axis. */
        const double ring = anew_look_log(m), weight = 1.0 / m;
        const double value =
            s->log_power[m] - anew_look_log(squared[m] + 1e-9) + DROOP * m * m / (limit * limit);
        n += weight;
        x += weight * ring;
        y += weight * value;
        xx += weight * ring * ring;
        xy += weight * ring * value;
    }
    double slope = (n * xy - x * y) / (n * xx - x * x);
    slope = slope > -1.0 ? -1.0 : slope < -STEEPEST ? -STEEPEST : slope;
    const double start = (y - slope * x) / n;
    for (int m = FIRST_RING; m < LOOK_RINGS; m++) {
        const double folded = fabs(m - 2.0 * limit * floor(m / (2.0 * limit) + 0.5));
        const double ring = folded < 1.0 ? 1.0 : folded;
        /* Of a ring of images only a part, folded / m, is as strong. */
        const double model = anew_look_exp(start + slope * anew_look_log(ring) -
                                           DROOP * ring * ring / (limit * limit)) *
                                 squared[m] * (ring < m ? ring / m : 1.0) +
                             s->floor;
        sum += fabs(anew_look_log(model) - s->log_power[m]);
    }
    return sum / (LOOK_RINGS - FIRST_RING);
}

/* `limit` of LOOK_RINGS and kernel -1: not enlarged. */
static double misfit_of(const spectrum *s, double limit, int kernel)
{
    double squared[LOOK_RINGS];
    for (int m = 0; m < LOOK_RINGS; m++)
        squared[m] = kernel < 0 ? 1.0 : response(kernel, m / (2.0 * limit));
    return misfit_to(s, limit, 0.75 * limit, squared);
}

/* Not enlarged, but blurred by the Gaussian that suits it best. */
static double misfit_of_blur(const spectrum *s)
{
    double squared[LOOK_RINGS], least = 1e9;
    int above = FIRST_RING;
    while (above < LOOK_RINGS && s->log_power[above] > anew_look_log(4.0 * s->floor))
        above++;
    for (int i = 1; i <= 24; i++) {
        const double sigma = 0.15 * i;
        for (int m = 0; m < LOOK_RINGS; m++) {
            const double turn = 2.0 * PI * sigma * m / (2.0 * LOOK_RINGS);
            squared[m] = anew_look_exp(-turn * turn);
        }
        const double misfit = misfit_to(s, LOOK_RINGS, above < 48 ? above : 48, squared);
        least = misfit < least ? misfit : least;
    }
    return least;
}

/*
 * A line at v < 1 / 2 is that of 1 / v and that of 1 / (1 - v), and the spectrum may suit both, by different kernels. But the
 * kernels differ in how deep the curve of second differences is: linear interpolation by more than 2 has places where all
 * three samples lie on one straight line, by less than 2 it has none; cubic kernels make it less deep, Lanczos's still less.
 * The bounds hold for 28 photos at factors of 1.5 to 3. What is less deep than its kernel makes it may be so by noise.
 * Of all kernels, the least misfit.
 */
static double misfit_with_depth(const spectrum *s, double factor, double v, double depth)
{
    const double of_linear = 0.3 + 0.58 * fmax(v - 1.0 / 3.0, 0.0);
    const double of_lanczos = 0.135 + 0.6 * fmax(4.0 / 9.0 - v, 0.0);
    double least = 1e9;
    for (int kernel = 0; kernel < KERNELS; kernel++) {
        double misfit = misfit_of(s, LOOK_RINGS / factor, kernel);
        const bool linear = kernel == 0 && factor > 2.0;
        const double deepest = kernel == 3 ? of_lanczos : kernel == 0 ? of_linear : DEEPEST_CUBIC;
        if (!linear && depth > deepest)
            misfit *= TOO_DEEP;
        if (depth >= 0.0 && depth < (linear ? of_linear : kernel == 3 ? 0.0 : LEAST_CUBIC))
            misfit *= NOT_DEEP;
        least = misfit < least ? misfit : least;
    }
    return least;
}

static double misfit_at(const spectrum *s, double factor)
{
    return misfit_with_depth(s, factor, 0.5, UNKNOWN_DEPTH);
}

/* ---- lines -------------------------------------------------------------------------------------------- */

/* The strongest line of one direction within `reach` of a frequency. */
static double line_along(const anew_look_periods *p, int along, double frequency, double reach)
{
    const int last = p->length[along] - 1;
    const int from = (int)floor((frequency - reach) * 2.0 * last);
    const int to = (int)ceil((frequency + reach) * 2.0 * last);
    double most = 0.0;
    for (int i = from < 0 ? 0 : from; i <= to && i <= last; i++)
        most = p->power[along][i] > most ? p->power[along][i] : most;
    return most;
}

/* Of both directions together. */
static double line_at(const anew_look_periods *p, double frequency, double reach)
{
    return line_along(p, 0, frequency, reach) + line_along(p, 1, frequency, reach);
}

/* Of that direction in which it is weaker; textures repeat in one, seldom in both alike. */
static double weaker_line(const anew_look_periods *p, double frequency, double reach)
{
    const double rows = line_along(p, 0, frequency, reach),
                 columns = line_along(p, 1, frequency, reach);
    return p->length[0] < 2 ? columns : p->length[1] < 2 || rows < columns ? rows : columns;
}

/* The depth of second differences there, the mean of both directions. */
static double depth_at(const anew_look_periods *p, double frequency)
{
    double sum = 0.0;
    int directions = 0;
    for (int along = 0; along < 2; along++) {
        if (p->length[along] < 2)
            continue;
        const int last = p->length[along] - 1, middle = (int)(frequency * 2.0 * last + 0.5);
        double most = 0.0;
        for (int i = middle - 2; i <= middle + 2; i++)
            if (i >= 0 && i <= last && p->depth[along][i] > most)
                most = p->depth[along][i];
        sum += most;
        directions++;
    }
    return directions > 0 ? sum / directions : 0.0;
}

/* Where a factor has its line: at 1 / factor, folded at the half of the sampling rate. */
static double line_of(double factor)
{
    return factor < 2.0 ? 1.0 - 1.0 / factor : 1.0 / factor;
}

/* The blocks of a JPEG repeat, too, at every eighth, those of chroma of half the size at every sixteenth. */
static bool is_of_blocks(double frequency)
{
    const double eighths = frequency * 8.0, sixteenths = frequency * 16.0;
    return fabs(eighths - floor(eighths + 0.5)) < 0.08 ||
           fabs(sixteenths - floor(sixteenths + 0.5)) < 0.08;
}

/* Whether they do, of a JPEG whose quality is not seen: what is enlarged by a whole factor repeats at fewer of them. */
static bool has_blocks(const anew_look_periods *p)
{
    for (int i = 1; i <= 3; i++)
        if (line_at(p, i / 8.0, 0.001) < LEAST_LINE)
            return false;
    /* Blocks of 16: a JPEG that was enlarged by 2. */
    return line_at(p, 3.0 / 16.0, 0.001) < LEAST_LINE || line_at(p, 5.0 / 16.0, 0.001) < LEAST_LINE;
}

/* The frequency of the strongest line, 0 where there is none that can be believed. */
static double strongest_line(const anew_look_periods *p, bool jpeg)
{
    const int length = p->length[0] > p->length[1] ? p->length[0] : p->length[1];
    double best = 0.0, most = LEAST_LINE;
    for (int i = length / 5; i < length; i++) {
        const double frequency = 0.5 * i / (length - 1);
        if (frequency < 1.0 / LARGEST_FACTOR || (jpeg && is_of_blocks(frequency)))
            continue;
        const double line = line_at(p, frequency, 0.5 / length);
        if (line > most && weaker_line(p, frequency, 0.5 / length) > LEAST_EACH) {
            most = line;
            best = frequency;
        }
    }
    return best;
}

/* Whether a line and a drop are those of enlarging. */
static bool is_of_enlarging(double v, double depth, double drop, bool certain)
{
    if (drop >= KERNELS_DROP)
        return true;
    if (v >= DEPTHLESS_LINE)
        return certain || drop >= DEPTHLESS_DROP;
    return depth >= LEAST_DEPTH || (depth >= LEAST_SHALLOW && drop >= SHALLOW_DROP);
}

/* The factor that a strong line and the spectrum agree on; 1: none; 0: one that is not known. */
static double factor_by_line(const anew_look_periods *p, const spectrum *s, bool jpeg)
{
    const double v = strongest_line(p, jpeg);
    const double plain = misfit_of(s, LOOK_RINGS, -1);
    double best = 1.0, least = plain;
    if (v <= 0.0)
        return 1.0;
    const double factors[] = {1.0 / v, 1.0 / (1.0 - v), 2.0 / v, 2.0 / (2.0 - v)};
    /* What repeats less clearly, as some textures do, must be explained better than by no enlarging. */
    const double line = line_at(p, v, 0.0005);
    least *= line < SURE_LINE ? 0.75 : 1.2;
    double misfits[4];
    for (int i = 0; i < 4; i++) {
        misfits[i] = 1e9;
        const double drop = drop_at(s, LOOK_RINGS / factors[i]);
        if (factors[i] < LOOK_LEAST_FACTOR || factors[i] > LARGEST_FACTOR || drop < SLIGHT_DROP)
            continue;
        /* A second harmonic has its first one, too. */
        if (i > 1 && line_at(p, line_of(factors[i]), 0.002) < LEAST_LINE / (i == 2 ? 2.0 : 1.0))
            continue;
        if (i == 3 && (jpeg || v < 0.47)) /* that of 4 / 3, which is that of 2 and of 4, too */
            continue;
        const double misfit = misfit_at(s, factors[i]);
        if (drop < LEAST_DROP && (jpeg || line < CERTAIN_LINE || misfit > 0.6 * plain))
            continue;
        misfits[i] = misfit;
        if (misfit < least) {
            least = misfits[i];
            best = factors[i];
        }
    }
    if (!jpeg && v > 0.3 && (best == factors[0] || best == factors[1]) &&
        fmax(misfits[0], misfits[1]) < 1e8) {
        const double depth = depth_at(p, v);
        best = factors[misfit_with_depth(s, factors[1], v, depth) <
                       misfit_with_depth(s, factors[0], v, depth)];
    }
    /* What a JPEG has left of the spectrum may suit both alike: then neither is said. */
    const double ratio = misfits[1] / misfits[0];
    if (jpeg && factors[0] > 1.1 * factors[1] && ratio > ALIKE_FROM && ratio < ALIKE_TO)
        return 0.0;
    /* A JPEG that was enlarged has lines of its blocks, too, at k / (8 factor). */
    least *= 0.7;
    for (int k = 1; k < 8; k++) {
        const double factor = k / (8.0 * v);
        if (factor < 1.3 || factor > 6.0 || drop_at(s, LOOK_RINGS / factor) < LEAST_DROP ||
            line_at(p, line_of(factor), 0.001) < LEAST_LINE ||
            (k == 4 && line_at(p, 3.0 / (8.0 * factor), 0.001) < LEAST_LINE))
            continue; /* half a block's line alone may be that of 4 / 3, too */
        const double misfit = misfit_at(s, factor);
        if (misfit < least) {
            least = misfit;
            best = factor;
        }
    }
    const bool certain = line >= CERTAIN_LINE && misfit_at(s, best) <= 0.6 * plain;
    if (!jpeg && best > 1.0 &&
        !is_of_enlarging(v, depth_at(p, v), drop_at(s, LOOK_RINGS / best), certain))
        return 1.0;
    return best;
}

/* The factor whose spectrum it nearly is, with a line that may be weak; 1: none. */
static double factor_by_spectrum(const anew_look_periods *p, const spectrum *s, bool jpeg)
{
    const double plain = misfit_of(s, LOOK_RINGS, -1);
    double found = 1.0, least = ALONE_MISFIT * plain, most = 0.0;
    double factor = 1.3;
    for (int i = 0; i < 77; i++) { /* to 6 */
        const double misfit = misfit_at(s, factor);
        if (misfit < least && drop_at(s, LOOK_RINGS / factor) >= ALONE_DROP) {
            least = misfit;
            found = factor;
        }
        factor *= 1.02;
    }
    if (found <= 1.0)
        return 1.0;
    double best = found;
    factor = found / 1.08;
    for (int i = 0; i < 154; i++) { /* to found * 1.08 */
        const double folded = line_of(factor);
        const double line = jpeg && is_of_blocks(folded) ? 0.0 : line_at(p, folded, 0.0003);
        if (line > most) {
            most = line;
            best = factor;
        }
        factor *= 1.001;
    }
    /* A blur cuts off, too, but along another curve. */
    const double blurred = misfit_of_blur(s) / least;
    const bool sharp = !jpeg && drop_at(s, LOOK_RINGS / found) >= SHARP_DROP;
    if (!jpeg && !sharp && found < LEAST_ALONE)
        return 1.0;
    return (most >= (jpeg ? WEAK_LINE_OF_BLOCKS : WEAK_LINE) && blurred > BLUR_WITH_LINE) ||
                   (sharp && blurred > BLUR_ALONE)
               ? best
               : 1.0;
}

/*
 * The blocks of a JPEG hide the lines of 2 and 4, which are the usual factors, but within a block they are seen. Enlarged by
 * 2, what is between places 1 and 2, 3 and 4, 5 and 6 lies about a sample of old, and the rest between two:
 *
 *     first differences   0-1  1-2  2-3  3-4  4-5  5-6  6-7        (by 2: larger  ^    ^    ^)
 *     second ones              1    2    3    4    5    6          (by 4: larger  2 and 5 than 3 and 4)
 *
 * A blur, and what quantisation leaves of a smooth picture, make an arch instead, whose middle is not raised.
 */
static double factor_within_blocks(const anew_look_periods *p, const spectrum *s)
{
    const double *first = p->profile[0], *second = p->profile[1];
    if (p->blocks[0] < LEAST_BLOCKS)
        return 1.0;
    const double between = 0.5 * (first[2] + first[4]);
    const double middle = first[3] - between, sides = 0.5 * (first[1] + first[5]) - between;
    const double two = middle < sides ? middle : sides;
    const double four = 0.5 * (second[2] + second[5] - second[3] - second[4]);
    if (p->blocks[1] >= LEAST_BLOCKS && four > LEAST_OF_FOUR && middle > LEAST_FIRST_OF_FOUR &&
        four > FOUR_BEFORE_TWO * two && drop_at(s, LOOK_RINGS / 4.0) >= LEAST_DROP)
        return 4.0;
    return two > LEAST_OF_TWO && drop_at(s, LOOK_RINGS / 2.0) >= LEAST_DROP ? 2.0 : 1.0;
}

/* `quality` of the JPEG that it was; 0: of none. */
static double factor_of(const anew_look_periods *p, const spectrum *s, int quality)
{
    const bool blocks = quality > 0 || has_blocks(p);
    double factor = quality > 0 ? factor_within_blocks(p, s) : 1.0;
    if (factor <= 1.0)
        factor = factor_by_line(p, s, blocks);
    if (factor > 0.0 && factor <= 1.0)
        factor = factor_by_spectrum(p, s, blocks);
    return factor < 1.0 ? 1.0 : factor;
}

/* ---- blur and detail ------------------------------------------------------------------------------------ */

/* The power of sharp pictures falls with the ring as m^-SHARP_FALL; a Gaussian of standard deviation sigma
 * multiplies it by exp(-(2 pi sigma v)^2). Least squares over the rings that stand above the floor. */
#define SHARP_FALL 2.3

static double blur_of(const spectrum *s, double limit, double floor_power)
{
    double n = 0.0, x = 0.0, y = 0.0, xx = 0.0, xy = 0.0;
    for (int m = 3; m < 0.9 * limit; m++) {
        if (s->log_power[m] < anew_look_log(8.0 * floor_power))
            break;
        const double frequency = m / 128.0, square = frequency * frequency;
        const double value = s->log_power[m] + SHARP_FALL * anew_look_log(m);
        n += 1.0;
        x += square;
        y += value;
        xx += square * square;
        xy += square * value;
    }
    if (n < 3.0)
        return 0.0;
    const double slope = (n * xy - x * y) / (n * xx - x * x);
    return slope < 0.0 ? sqrt(-slope) / (2.0 * PI) : 0.0;
}

/* Smaller pictures have too few rows to tell chance from a period: of 14 pictures of 64 pixels a side, as JPEGs of quality
 * 30, 4 seemed to have been enlarged; of 80 pixels 2; of 96 pixels and of 128 none and one. To make such a one smaller would
 * cost more than to leave as it is one that was enlarged. */
#define LEAST_SIDE 96

anew_status anew_look_sharpness(anew_findings *findings, const anew_look_samples *samples,
                                anew_error *error)
{
    anew_look_periods periods;
    double power[LOOK_RINGS];
    spectrum s;
    bool seen = false;
    findings->enlarged = findings->detail = 1.0;
    findings->blur = 0.0;
    double repeated;
    ANEW_TRY(anew_look_repeats(&repeated, samples, error));
    ANEW_TRY(anew_look_spectrum(&seen, power, samples, error));
    if (!seen)
        return ANEW_OK;
    const anew_status status = anew_look_periods_find(&periods, samples, findings, error);
    if (status == ANEW_OK) {
        s.floor = power[LOOK_RINGS - 1];
        for (int i = 0; i < LOOK_RINGS; i++) {
            s.log_power[i] = anew_look_log(power[i] + 1e-6);
            s.floor = power[i] < s.floor ? power[i] : s.floor;
        }
        findings->repeated = repeated > 1.0;
        const int shorter = samples->width < samples->height ? samples->width : samples->height;
        if (findings->repeated)
            findings->enlarged = repeated;
        else if (shorter >= LEAST_SIDE)
            findings->enlarged = factor_of(&periods, &s, findings->jpeg_quality);
        const double noise = findings->noise_luma * findings->noise_luma;
        const double floor_power = noise > FLOOR ? noise : FLOOR;
        int last = LOOK_RINGS;
        while (last > 1 && power[last - 1] < 3.0 * floor_power)
            last--;
        findings->detail = fmin((double)last / LOOK_RINGS, 1.0 / findings->enlarged);
        findings->blur = blur_of(&s, LOOK_RINGS / findings->enlarged, floor_power);
    }
    anew_look_periods_free(&periods);
    return status;
}
