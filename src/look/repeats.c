/*
 * repeats.c - was this picture enlarged by repeating pixels (nearest neighbour, as pixel art and screens often are)?
 *
 * Then whole columns are exactly like the one before, and where they are not, the steps between are those of an even sampling:
 *
 *     columns   a a b b b c c d d d      by 2.5: steps of 2 and 3, never more than one off the straight line k * 2.5
 *
 * No photo has equal columns, and a drawing's are not so even. A flat stretch hides some steps, which are counted as so many
 * as fit. Exact to the picture's own length.
 */
#include <math.h>

#include "core/memory.h"
#include "look/parts.h"

/* Fewer steps say nothing; steps that are larger are of flat stretches. */
#define LEAST_STEPS  24
#define LARGEST_STEP 16
/* How far off the straight line moves may be: 1, and what its slope is not known to. */
#define EVEN 1.3
/* How far both directions' factors may differ. */
#define ALIKE 0.03

enum { UNSEEN = 0, STILL = 1, MOVED = 2 };

/* state[i]: whether column (or row) i of any tile differs from the one before. */
static void find_moves(uint8_t *state, const anew_look_tile *tile, int along)
{
    const int length = along ? tile->width : tile->height;
    const int lines = along ? tile->height : tile->width;
    const ptrdiff_t step = along ? 1 : tile->width, line = along ? tile->width : 1;
    uint8_t *of = state + (along ? tile->x : tile->y);
    for (int i = 1; i < length; i++) {
        const uint16_t *luma = tile->luma + i * step;
        const uint16_t *blue = tile->blue + i * step, *red = tile->red + i * step;
        if (of[i] == UNSEEN)
            of[i] = STILL;
        for (ptrdiff_t k = 0; k < lines * line && of[i] == STILL; k += line)
            if (luma[k] != luma[k - step] || blue[k] != blue[k - step] || red[k] != red[k - step])
                of[i] = MOVED;
    }
}

/* The steps from one move to the next, as many as there are without anything unseen between; the first move before them at
 * *from. The next run begins at the value returned, `length` at the end. */
static int next_run(const uint8_t *state, int length, int *from, int *to)
{
    int i = *from;
    while (i < length && state[i] != MOVED)
        i++;
    *from = *to = i;
    for (; i < length && state[i] != UNSEEN; i++)
        if (state[i] == MOVED)
            *to = i;
    return i;
}

/* The mean of the steps that are the smallest one or one more. */
static double first_guess(const uint8_t *state, int length)
{
    int64_t counts[LARGEST_STEP + 2] = {0};
    for (int from = 0, to = 0; from < length;) {
        const int next = next_run(state, length, &from, &to);
        for (int last = from, i = from + 1; i <= to; i++)
            if (state[i] == MOVED) {
                counts[i - last <= LARGEST_STEP ? i - last : 0]++;
                last = i;
            }
        from = next;
    }
    int least = 1;
    while (least < LARGEST_STEP && counts[least] == 0)
        least++;
    const int64_t count = counts[least] + counts[least + 1];
    return count < LEAST_STEPS
               ? 0.0
               : (double)(least * counts[least] + (least + 1) * counts[least + 1]) / (double)count;
}

/* How many steps of `factor` there are from the first move to the last of all runs, and pixels; and how far moves lie from the
 * straight line that rises by `slope` with each step, at most, from the lowest to the highest of a run. */
static double count_steps(int64_t *steps, int64_t *pixels, const uint8_t *state, int length,
                          double factor, double slope)
{
    double widest = 0.0;
    *steps = *pixels = 0;
    for (int from = 0, to = 0; from < length;) {
        const int next = next_run(state, length, &from, &to);
        double low = 0.0, high = 0.0;
        int64_t k = 0;
        for (int last = from, i = from + 1; i <= to; i++)
            if (state[i] == MOVED) {
                k += i - last <= factor + 1.0 ? 1 : (int64_t)floor((i - last) / factor + 0.5);
                last = i;
                low = fmin(low, i - from - (double)k * slope);
                high = fmax(high, i - from - (double)k * slope);
            }
        *steps += k;
        *pixels += to - from;
        widest = fmax(widest, high - low);
        from = next;
    }
    return widest;
}

/* The factor of one direction; 0: none. */
static double factor_along(const uint8_t *state, int length)
{
    int64_t steps, pixels;
    const double guess = first_guess(state, length);
    if (guess < LOOK_LEAST_FACTOR)
        return 0.0;
    count_steps(&steps, &pixels, state, length, guess, guess);
    if (steps < LEAST_STEPS)
        return 0.0;
    /* Both ends may be a pixel off. */
    double best = 0.0, least = EVEN;
    for (int i = -8; i <= 8; i++) {
        const double slope = ((double)pixels + i / 8.0) / (double)steps;
        const double off = count_steps(&steps, &pixels, state, length, guess, slope);
        if (off < least) {
            least = off;
            best = slope;
        }
    }
    return best;
}

anew_status anew_look_repeats(double *factor, const anew_look_samples *samples, anew_error *error)
{
    double found[2] = {0.0, 0.0};
    *factor = 1.0;
    for (int along = 0; along < 2; along++) {
        const int length = along ? samples->width : samples->height;
        uint8_t *state = anew_alloc_zero(anew_size_mul((size_t)length, 1));
        if (state == NULL)
            return anew_fail(error, ANEW_ERROR_MEMORY, "no memory to look for repeated pixels");
        for (int i = 0; i < samples->count; i++)
            find_moves(state, &samples->tiles[i], along);
        found[along] = factor_along(state, length);
        anew_free(state);
    }
    if (found[0] >= LOOK_LEAST_FACTOR && found[1] >= LOOK_LEAST_FACTOR &&
        fabs(found[0] - found[1]) < ALIKE * found[0])
        *factor = 0.5 * (found[0] + found[1]);
    return ANEW_OK;
}
