/*
 * light_lines.c - pieces of lines, what sets each apart from its surroundings, and the verdict.
 *
 * Pictures are full of thin light lines: hairs, feathers, veins, frames. Not its shape tells damage from them, but that it
 * has nothing to do with the picture. A feather is one among many, a scratch an exception; an edge parts two things, a
 * scratch has the same thing on both of its sides, and crosses several. And where many lines are looked at, some stand out
 * by chance, so that the evidence must grow with their number (a contrario: Desolneux, Moisan and Morel, "Meaningful
 * alignments", 2000; for scratches of films: Newson, Almansa, Gousseau and Perez, "Robust automatic line scratch detection
 * in films", 2014).
 */
#include "finish/light_lines.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/parallel.h"

#define DIRECTIONS 16 /* of half a turn */
#define HALF_TURN  3.14159265358979

/* Where pieces are looked for. */
#define CONTRAST 0.05f /* least top-hat */
#define TIMES    1.5f  /* of its local mean */
#define STANDING 0.03f /* least height of the line's mean over both of its sides' */
#define ALIKE    2     /* directions: so much may neighbours of a piece differ */

/* Which pieces are measured, in pixels. */
#define LEAST_COUNT  12
#define LEAST_EXTENT 20.0

/* Who is around: so far, in times the reach, to either side, and so high, by a pixel's own height. By CHANCE so many of the
 * pixels that see a line at all see one of their own direction. */
#define AROUND     8
#define OF_A_RIVAL 0.5f
#define CHANCE     0.4

#define TOO_SMALL INT32_MAX
#define ROUNDS    4
#define HEIGHTS   64 /* steps of the height in the count of all lines */

#define MOST_TAPS (2 * (2 * ANEW_MOST_REACH + 3) + 1)

typedef struct offset {
    int x, y;
} offset;

/* A direction's line through a pixel, the lines beside it, and the way across. */
typedef struct direction {
    double x, y;
    offset on[MOST_TAPS], left[MOST_TAPS], right[MOST_TAPS];
} direction;

enum measure {
    SIDES,   /* how far left and right of it differ, by how much what it covers varies along it */
    COLOUR,  /* how much more colour it has than what is around */
    PROFILE, /* how unlike a thin line's its height is over both sides, by that over the opening */
    LENGTH,  /* by its thickness, log */
    RARITY,  /* its share of all lines of its direction and height, log */
    PATTERN, /* share of it with a line of its own direction beside it, beyond what chance explains */
    MEASURES
};

/* Log-odds that a piece is damage: a logistic regression on 46 photographs, clean, halved, as JPEG, and with scratches,
 * cracks and hairs drawn into them (docs/finishing.md). */
static const double weights[MEASURES] = {
    [SIDES] = -1.48, [COLOUR] = -8.92, [PROFILE] = -3.83,
    [LENGTH] = 0.87, [RARITY] = 0.29,  [PATTERN] = -6.43,
};
#define BIAS (-0.78)

/* A print counts as damaged where the sum of all positive log-odds exceeds the log of the number of pieces by this. */
#define EVIDENCE 0.3

#define SURE      2.2  /* log-odds of what is taken where it does not */
#define LIKELY    -0.4 /* where it does */
#define CONTINUED 1.0  /* less, of what goes on from a taken one */

typedef struct piece {
    size_t first, count; /* of its pixels in `members` */
    double extent, measures[MEASURES];
    bool taken;
} piece;

typedef struct search {
    const anew_light_detail *d;
    direction directions[DIRECTIONS];
    int half, aside;   /* taps to either end; pixels from the line to its sides */
    float *height;     /* [height][width] over the higher side; 0: not on a line */
    float *difference; /* [height][width] of both sides */
    uint8_t *turn;     /* [height][width]: the index of its direction */
    int32_t *piece_of; /* [height][width]: -1 none, else an index of pieces, or TOO_SMALL */
    int32_t *members;  /* pixels, piece by piece */
    piece *pieces;
    int32_t count;
    double others[DIRECTIONS][HEIGHTS + 1]; /* pixels of lines not taken, of that height and more */
} search;

static int within(int i, int count)
{
    return i < 0 ? 0 : i < count ? i : count - 1;
}

static size_t pixel_at(const anew_light_detail *d, int x, int y)
{
    return (size_t)within(y, d->height) * (size_t)d->width + (size_t)within(x, d->width);
}

static bool inside(const anew_light_detail *d, int x, int y)
{
    return x >= 0 && y >= 0 && x < d->width && y < d->height;
}

static void lay_out(search *s)
{
    s->half = 2 * s->d->reach + 3;
    s->aside = s->d->reach + 2;
    for (int t = 0; t < DIRECTIONS; t++) {
        direction *to = &s->directions[t];
        to->x = cos(HALF_TURN * t / DIRECTIONS);
        to->y = sin(HALF_TURN * t / DIRECTIONS);
        for (int k = -s->half; k <= s->half; k++) {
            const double x = k * to->x, y = k * to->y;
            const double across_x = -s->aside * to->y, across_y = s->aside * to->x;
            to->on[k + s->half] = (offset){(int)lrint(x), (int)lrint(y)};
            to->left[k + s->half] = (offset){(int)lrint(x + across_x), (int)lrint(y + across_y)};
            to->right[k + s->half] = (offset){(int)lrint(x - across_x), (int)lrint(y - across_y)};
        }
    }
}

static float mean_along(const search *s, const offset *offsets, int x, int y)
{
    float sum = 0;
    for (int k = 0; k <= 2 * s->half; k++)
        sum += s->d->luma[pixel_at(s->d, x + offsets[k].x, y + offsets[k].y)];
    return sum / (float)(2 * s->half + 1);
}

/* The direction in which a pixel's line stands out most from the higher of its sides. */
static void find_rows(void *context, int first, int last, int worker)
{
    search *s = context;
    const anew_light_detail *d = s->d;
    (void)worker;
    for (int y = first; y < last; y++)
        for (int x = 0; x < d->width; x++) {
            const size_t at = (size_t)y * (size_t)d->width + (size_t)x;
            s->height[at] = 0;
            if (!(d->tophat[at] >= CONTRAST && d->tophat[at] >= TIMES * d->expected[at]))
                continue;
            for (int t = 0; t < DIRECTIONS; t++) {
                const float on = mean_along(s, s->directions[t].on, x, y);
                const float left = mean_along(s, s->directions[t].left, x, y);
                const float right = mean_along(s, s->directions[t].right, x, y);
                const float height = on - (left > right ? left : right);
                if (height < STANDING || height <= s->height[at])
                    continue;
                s->height[at] = height;
                s->difference[at] = fabsf(left - right);
                s->turn[at] = (uint8_t)t;
            }
        }
}

static int turn_between(int a, int b)
{
    const int turn = abs(a - b);
    return turn <= DIRECTIONS / 2 ? turn : DIRECTIONS - turn;
}

/* Adds to members, from `first` on, what is connected to their first and bends little from pixel to pixel. */
static size_t gather(search *s, size_t first, int32_t index)
{
    const anew_light_detail *d = s->d;
    size_t end = first + 1;
    for (size_t next = first; next < end; next++) {
        const int32_t here = s->members[next];
        const int x = here % d->width, y = here / d->width;
        for (int i = 0; i < 9; i++) {
            const int px = x + i % 3 - 1, py = y + i / 3 - 1;
            if (!inside(d, px, py))
                continue;
            const size_t at = pixel_at(d, px, py);
            if (s->height[at] == 0 || s->piece_of[at] >= 0 ||
                turn_between(s->turn[at], s->turn[here]) > ALIKE)
                continue;
            s->piece_of[at] = index;
            s->members[end++] = (int32_t)at;
        }
    }
    return end - first;
}

static double extent_of(const search *s, const int32_t *members, size_t count)
{
    int left = s->d->width, right = 0, top = s->d->height, bottom = 0;
    for (size_t i = 0; i < count; i++) {
        const int x = members[i] % s->d->width, y = members[i] / s->d->width;
        left = x < left ? x : left;
        right = x > right ? x : right;
        top = y < top ? y : top;
        bottom = y > bottom ? y : bottom;
    }
    return hypot(right - left + 1, bottom - top + 1);
}

static void gather_all(search *s, size_t pixels)
{
    size_t end = 0;
    for (size_t i = 0; i < pixels; i++) {
        if (s->height[i] == 0 || s->piece_of[i] >= 0)
            continue;
        piece *to = &s->pieces[s->count];
        s->members[end] = (int32_t)i;
        s->piece_of[i] = s->count;
        *to = (piece){.first = end, .count = gather(s, end, s->count)};
        end += to->count;
        to->extent = extent_of(s, s->members + to->first, to->count);
        if (to->count >= LEAST_COUNT && to->extent >= LEAST_EXTENT)
            s->count++;
        else
            for (size_t k = to->first; k < end; k++)
                s->piece_of[s->members[k]] = TOO_SMALL;
    }
}

static bool is_taken(const search *s, size_t at)
{
    const int32_t index = s->piece_of[at];
    return index >= 0 && index != TOO_SMALL && s->pieces[index].taken;
}

static int height_step(double height)
{
    const double step = height * HEIGHTS;
    return step < HEIGHTS ? (int)step : HEIGHTS;
}

/* The lines that are the picture's own, as far as is known. */
static void count_others(search *s, size_t pixels)
{
    memset(s->others, 0, sizeof s->others);
    for (size_t i = 0; i < pixels; i++)
        if (s->height[i] > 0 && !is_taken(s, i))
            s->others[s->turn[i]][height_step(s->height[i])]++;
    for (int t = 0; t < DIRECTIONS; t++)
        for (int k = HEIGHTS; k > 0; k--)
            s->others[t][k - 1] += s->others[t][k];
}

/* What a piece's pixels see to both sides. */
typedef struct surroundings {
    double parallel, company; /* of its pixels: those that see one */
    double colour, seen;      /* of all that is seen */
} surroundings;

static void look_around(surroundings *sum, const search *s, int32_t here, int32_t own)
{
    const anew_light_detail *d = s->d;
    const direction *line = &s->directions[s->turn[here]];
    bool parallel = false, company = false;
    for (int side = -1; side <= 1; side += 2)
        for (int k = 2; k <= AROUND * d->reach; k++) {
            const int x = here % d->width - (int)lrint(side * k * line->y);
            const int y = here / d->width + (int)lrint(side * k * line->x);
            if (!inside(d, x, y))
                break;
            const size_t at = pixel_at(d, x, y);
            if (s->piece_of[at] == own || is_taken(s, at))
                continue;
            if (s->height[at] > 0 && s->height[at] >= OF_A_RIVAL * s->height[here]) {
                company = true;
                parallel = parallel || turn_between(s->turn[at], s->turn[here]) <= 1;
            }
            if (k < s->aside)
                continue;
            sum->colour += d->colour[at];
            sum->seen++;
        }
    sum->parallel += parallel;
    sum->company += company;
}

static double smaller(double a, double b)
{
    return a < b ? a : b;
}

static void measure(piece *p, const search *s)
{
    const anew_light_detail *d = s->d;
    const double count = (double)p->count;
    const int32_t own = s->piece_of[s->members[p->first]];
    double height = 0, tophat = 0, difference = 0, colour = 0, others = 0;
    double below = 0, below2 = 0;
    surroundings around = {0};
    for (size_t i = p->first; i < p->first + p->count; i++) {
        const int32_t at = s->members[i];
        const double under = (double)(d->luma[at] - d->tophat[at]);
        height += (double)s->height[at];
        tophat += (double)d->tophat[at];
        difference += (double)s->difference[at];
        colour += d->colour[at];
        below += under;
        below2 += under * under;
        look_around(&around, s, at, own);
    }
    height /= count;
    for (size_t i = p->first; i < p->first + p->count; i++)
        for (int turn = -1; turn <= 1; turn++)
            others += s->others[(s->turn[s->members[i]] + turn + DIRECTIONS) % DIRECTIONS]
                               [height_step(OF_A_RIVAL * height)];
    const double varies = sqrt(fmax(0, below2 / count - below / count * (below / count)));
    const double colour_around = around.seen > 0 ? around.colour / around.seen : 0;
    p->measures[SIDES] = smaller(3, difference / count / (varies + 0.03));
    p->measures[COLOUR] = (colour / count - colour_around) / 255;
    p->measures[PROFILE] = smaller(1, fabs(height * count / tophat - 0.75));
    p->measures[LENGTH] = log(p->extent * p->extent / count);
    p->measures[RARITY] = log(count / (others / count + 1));
    p->measures[PATTERN] = fmax(0, (around.parallel - CHANCE * around.company) / count);
}

static double verdict(const piece *p)
{
    double sum = BIAS;
    for (int m = 0; m < MEASURES; m++)
        sum += weights[m] * p->measures[m];
    return sum;
}

/* Whether it goes on where a taken one ends. */
static bool continues(const search *s, const piece *p)
{
    const int reach = s->d->reach;
    for (size_t i = p->first; i < p->first + p->count; i++) {
        const int x = s->members[i] % s->d->width, y = s->members[i] / s->d->width;
        for (int v = -reach; v <= reach; v++)
            for (int u = -reach; u <= reach; u++)
                if (inside(s->d, x + u, y + v) && is_taken(s, pixel_at(s->d, x + u, y + v)))
                    return true;
    }
    return false;
}

/* Damage comes in numbers: what one line would not prove many do together. What is taken is no longer the picture's own,
 * which the next round's measures know. */
static void judge(search *s, size_t pixels)
{
    bool more = true;
    for (int round = 0; round < ROUNDS && more; round++) {
        double evidence = 0;
        more = false;
        count_others(s, pixels);
        for (int32_t i = 0; i < s->count; i++) {
            if (!s->pieces[i].taken)
                measure(&s->pieces[i], s);
            evidence += fmax(0, verdict(&s->pieces[i]));
        }
        const double sure = evidence < log1p(s->count) + EVIDENCE ? SURE : LIKELY;
        for (int32_t i = 0; i < s->count; i++) {
            piece *p = &s->pieces[i];
            if (p->taken)
                continue;
            const double sum = verdict(p);
            p->taken = sum > sure || (sum > sure - CONTINUED && continues(s, p));
            more = more || p->taken;
        }
    }
}

/* Lines have soft sides: the pixels beside them that stand out half as far, and one more all around. */
static void mark(uint8_t *mask, const search *s, const piece *p)
{
    const anew_light_detail *d = s->d;
    for (size_t i = p->first; i < p->first + p->count; i++) {
        const int32_t here = s->members[i];
        for (int v = -d->reach; v <= d->reach; v++)
            for (int u = -d->reach; u <= d->reach; u++) {
                const size_t at = pixel_at(d, here % d->width + u, here / d->width + v);
                if ((abs(u) <= 1 && abs(v) <= 1) || d->tophat[at] >= 0.5f * d->tophat[here])
                    mask[at] = 255;
            }
    }
}

anew_status anew_mark_light_lines(uint8_t *mask, int *count, const anew_light_detail *detail,
                                  int threads, anew_error *error)
{
    const size_t pixels = anew_size_mul((size_t)detail->width, (size_t)detail->height);
    size_t on_lines = 0;
    anew_status status = ANEW_OK;
    search s = {.d = detail};
    assert(detail->reach <= ANEW_MOST_REACH && pixels < INT32_MAX);
    lay_out(&s);
    s.height = anew_alloc(anew_size_mul(pixels, sizeof(float)));
    s.difference = anew_alloc(anew_size_mul(pixels, sizeof(float)));
    s.turn = anew_alloc(pixels);
    s.piece_of = anew_alloc(anew_size_mul(pixels, sizeof(int32_t)));
    if (s.height == NULL || s.difference == NULL || s.turn == NULL || s.piece_of == NULL) {
        status = anew_fail(error, ANEW_ERROR_MEMORY, "no memory to look for scratches");
        goto out;
    }
    anew_parallel_for(threads, detail->height, 8, find_rows, &s);
    for (size_t i = 0; i < pixels; i++) {
        on_lines += s.height[i] > 0;
        s.piece_of[i] = -1;
    }
    s.members = anew_alloc(anew_size_mul(anew_size_add(on_lines, 1), sizeof(int32_t)));
    s.pieces = anew_alloc(anew_size_mul(on_lines / LEAST_COUNT + 1, sizeof(piece)));
    if (s.members == NULL || s.pieces == NULL) {
        status = anew_fail(error, ANEW_ERROR_MEMORY, "no memory to look for scratches");
        goto out;
    }
    gather_all(&s, pixels);
    judge(&s, pixels);
    for (int32_t i = 0; i < s.count; i++)
        if (s.pieces[i].taken) {
            mark(mask, &s, &s.pieces[i]);
            ++*count;
        }
out:
    anew_free(s.height);
    anew_free(s.difference);
    anew_free(s.turn);
    anew_free(s.piece_of);
    anew_free(s.members);
    anew_free(s.pieces);
    return status;
}
