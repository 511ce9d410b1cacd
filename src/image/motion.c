/*
 * motion.c - hierarchical block matching (M. Bierling, "Displacement estimation by hierarchical blockmatching", SPIE 1001,
 * 1988), and to fractions of a pixel by gradients (B. Lucas, T. Kanade, "An iterative image registration technique", 1981,
 * in the inverse form of S. Baker and I. Matthews, 2004).
 *
 * Windows overlap: 12x12 pixels for a block of 8x8. What is compared is what differs beyond brightness, for that may
 * flicker: the sum of squares around the mean difference, and a tenth of the mean's. A vector of zero is preferred, so that
 * what rests is not moved by noise.
 */
#include "image/motion.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "core/memory.h"
#include "core/parallel.h"

#define BLOCK  ANEW_MOTION_BLOCK
#define MARGIN 2
#define WINDOW (BLOCK + 2 * MARGIN)
#define REACH  4 /* of the search at the coarsest level; below it, one around the best candidate */

static int clamp(int value, int most)
{
    return value < 0 ? 0 : value > most ? most : value;
}

static int blocks_of(int side)
{
    return (side + BLOCK - 1) / BLOCK;
}

anew_status anew_motion_create(anew_motion *m, int width, int height, anew_error *error)
{
    *m = (anew_motion){.width = width, .height = height};
    for (int w = width, h = height; m->level_count < ANEW_MOTION_LEVELS; m->level_count++) {
        const int l = m->level_count;
        if (l > 0 && (w < 2 * WINDOW || h < 2 * WINDOW))
            break;
        const size_t pixels = anew_size_mul((size_t)w, (size_t)h);
        m->levels[l].width = w;
        m->levels[l].height = h;
        m->levels[l].columns = blocks_of(w);
        m->levels[l].rows = blocks_of(h);
        m->levels[l].vectors = anew_alloc_zero(anew_size_mul(
            (size_t)m->levels[l].columns * (size_t)m->levels[l].rows, sizeof(anew_vector)));
        if (l > 0) {
            m->levels[l].now = anew_alloc(anew_size_mul(pixels, sizeof(float)));
            m->levels[l].before = anew_alloc(anew_size_mul(pixels, sizeof(float)));
        }
        if (m->levels[l].vectors == NULL ||
            (l > 0 && (m->levels[l].now == NULL || m->levels[l].before == NULL))) {
            m->level_count++;
            anew_motion_free(m);
            return anew_fail(error, ANEW_ERROR_MEMORY, "no memory for the motion of %dx%d pixels",
                             width, height);
        }
        w = (w + 1) / 2;
        h = (h + 1) / 2;
    }
    m->columns = m->levels[0].columns;
    m->rows = m->levels[0].rows;
    m->vectors = m->levels[0].vectors;
    return ANEW_OK;
}

void anew_motion_free(anew_motion *m)
{
    for (int l = 0; l < m->level_count; l++) {
        anew_free(m->levels[l].vectors);
        if (l > 0) {
            anew_free(m->levels[l].now);
            anew_free(m->levels[l].before);
        }
    }
    *m = (anew_motion){0};
}

static void halve(float *to, const float *from, int width, int height)
{
    const int w = (width + 1) / 2, h = (height + 1) / 2;
    for (int y = 0; y < h; y++) {
        const float *top = from + (size_t)(2 * y) * (size_t)width;
        const float *low = from + (size_t)clamp(2 * y + 1, height - 1) * (size_t)width;
        for (int x = 0; x < w; x++) {
            const int right = clamp(2 * x + 1, width - 1);
            to[(size_t)y * (size_t)w + (size_t)x] =
                0.25f * (top[2 * x] + top[right] + low[2 * x] + low[right]);
        }
    }
}

/* ---- one level ---------------------------------------------------------------------------------------------- */

typedef struct level {
    const float *now, *before;
    int width, height, columns, rows;
    anew_vector *vectors;
    const anew_vector *coarse; /* of the level above; NULL: this is the coarsest */
    int coarse_columns, coarse_rows;
    bool finest;
} level;

/* The window around a block, of `now`, and its gradients; beyond the edge, the edge's pixels. */
typedef struct window {
    float now[WINDOW * WINDOW];
    int left, top;
} window;

static void cut_out(window *w, const level *l, int column, int row)
{
    w->left = column * BLOCK - MARGIN;
    w->top = row * BLOCK - MARGIN;
    for (int y = 0; y < WINDOW; y++) {
        const float *from = l->now + (size_t)clamp(w->top + y, l->height - 1) * (size_t)l->width;
        for (int x = 0; x < WINDOW; x++)
            w->now[y * WINDOW + x] = from[clamp(w->left + x, l->width - 1)];
    }
}

/* The window of `before` displaced by whole pixels. */
static void displaced(float *to, const level *l, int left, int top)
{
    if (left >= 0 && top >= 0 && left + WINDOW <= l->width && top + WINDOW <= l->height) {
        for (int y = 0; y < WINDOW; y++)
            memcpy(to + y * WINDOW, l->before + (size_t)(top + y) * (size_t)l->width + left,
                   WINDOW * sizeof(float));
        return;
    }
    for (int y = 0; y < WINDOW; y++) {
        const float *from = l->before + (size_t)clamp(top + y, l->height - 1) * (size_t)l->width;
        for (int x = 0; x < WINDOW; x++)
            to[y * WINDOW + x] = from[clamp(left + x, l->width - 1)];
    }
}

/* ... by fractions: between four pixels. */
static void displaced_between(float *to, const level *l, const window *w, anew_vector v)
{
    const float fx = floorf(v.x), fy = floorf(v.y), px = v.x - fx, py = v.y - fy;
    const int left = w->left + (int)fx, top = w->top + (int)fy;
    for (int y = 0; y < WINDOW; y++) {
        const float *a = l->before + (size_t)clamp(top + y, l->height - 1) * (size_t)l->width;
        const float *b = l->before + (size_t)clamp(top + y + 1, l->height - 1) * (size_t)l->width;
        for (int x = 0; x < WINDOW; x++) {
            const int i = clamp(left + x, l->width - 1), k = clamp(left + x + 1, l->width - 1);
            const float up = a[i] + px * (a[k] - a[i]), down = b[i] + px * (b[k] - b[i]);
            to[y * WINDOW + x] = up + py * (down - up);
        }
    }
}

static float cost_of(const float *now, const float *before)
{
    float sum = 0, squares = 0;
    for (int i = 0; i < WINDOW * WINDOW; i++) {
        const float d = before[i] - now[i];
        sum += d;
        squares += d * d;
    }
    return squares - 0.9f * sum * sum / (WINDOW * WINDOW);
}

static float cost_at(const level *l, const window *w, anew_vector v)
{
    float before[WINDOW * WINDOW];
    displaced(before, l, w->left + (int)v.x, w->top + (int)v.y);
    return cost_of(w->now, before);
}

static void try_vector(anew_vector *best, float *least, const level *l, const window *w,
                       anew_vector v)
{
    const float cost = cost_at(l, w, v);
    if (cost < *least) {
        *least = cost;
        *best = v;
    }
}

/* Steps of Gauss-Newton from whole pixels on; taken where they lead to less. */
static void refine(anew_vector *v, float *least, const level *l, const window *w)
{
    float gx[WINDOW * WINDOW], gy[WINDOW * WINDOW], before[WINDOW * WINDOW];
    float xx = WINDOW * WINDOW, yy = WINDOW * WINDOW, xy = 0; /* what noise alone would have */
    anew_vector at = *v;
    for (int y = 0; y < WINDOW; y++)
        for (int x = 0; x < WINDOW; x++) {
            const int i = y * WINDOW + x;
            const int left = x > 0 ? i - 1 : i, right = x + 1 < WINDOW ? i + 1 : i;
            const int up = y > 0 ? i - WINDOW : i, down = y + 1 < WINDOW ? i + WINDOW : i;
            gx[i] = (w->now[right] - w->now[left]) / (float)(right - left);
            gy[i] = (w->now[down] - w->now[up]) / ((float)(down - up) / WINDOW);
            xx += gx[i] * gx[i];
            yy += gy[i] * gy[i];
            xy += gx[i] * gy[i];
        }
    const float determinant = xx * yy - xy * xy;
    for (int step = 0; step < 4 && determinant > 0; step++) {
        float mean = 0, sx = 0, sy = 0;
        displaced_between(before, l, w, at);
        for (int i = 0; i < WINDOW * WINDOW; i++)
            mean += (before[i] - w->now[i]) / (WINDOW * WINDOW);
        for (int i = 0; i < WINDOW * WINDOW; i++) {
            const float d = before[i] - w->now[i] - mean;
            sx += gx[i] * d;
            sy += gy[i] * d;
        }
        at.x -= (yy * sx - xy * sy) / determinant;
        at.y -= (xx * sy - xy * sx) / determinant;
        if (!(fabsf(at.x - v->x) <= 1 && fabsf(at.y - v->y) <= 1))
            return;
    }
    displaced_between(before, l, w, at);
    const float cost = cost_of(w->now, before);
    if (cost < *least) {
        *least = cost;
        *v = at;
    }
}

static void match(const level *l, int column, int row)
{
    window w;
    anew_vector best = {0, 0};
    cut_out(&w, l, column, row);
    const float resting = cost_at(l, &w, best);
    float least = resting;
    if (l->coarse == NULL) {
        for (int y = -REACH; y <= REACH; y++)
            for (int x = -REACH; x <= REACH; x++)
                try_vector(&best, &least, l, &w, (anew_vector){(float)x, (float)y});
    } else {
        for (int y = -1; y <= 1; y++)
            for (int x = -1; x <= 1; x++) {
                const int r = clamp(row / 2 + y, l->coarse_rows - 1);
                const int c = clamp(column / 2 + x, l->coarse_columns - 1);
                const anew_vector v = l->coarse[(size_t)r * (size_t)l->coarse_columns + (size_t)c];
                try_vector(&best, &least, l, &w, (anew_vector){2 * v.x, 2 * v.y});
            }
        const anew_vector middle = best;
        for (int y = -1; y <= 1; y++)
            for (int x = -1; x <= 1; x++)
                try_vector(&best, &least, l, &w,
                           (anew_vector){middle.x + (float)x, middle.y + (float)y});
    }
    if (l->finest) {
        refine(&best, &least, l, &w);
        if (resting <= 1.15f * least + WINDOW * WINDOW)
            best = (anew_vector){0, 0};
    }
    l->vectors[(size_t)row * (size_t)l->columns + (size_t)column] = best;
}

static void match_rows(void *context, int first, int last, int worker)
{
    const level *l = context;
    (void)worker;
    for (int row = first; row < last; row++)
        for (int column = 0; column < l->columns; column++)
            match(l, column, row);
}

void anew_motion_find(anew_motion *m, const float *now, const float *before, int threads)
{
    for (int l = 1; l < m->level_count; l++) {
        const int w = m->levels[l - 1].width, h = m->levels[l - 1].height;
        halve(m->levels[l].now, l == 1 ? now : m->levels[l - 1].now, w, h);
        halve(m->levels[l].before, l == 1 ? before : m->levels[l - 1].before, w, h);
    }
    for (int l = m->level_count - 1; l >= 0; l--) {
        const bool coarsest = l == m->level_count - 1;
        level here = {.now = l == 0 ? now : m->levels[l].now,
                      .before = l == 0 ? before : m->levels[l].before,
                      .width = m->levels[l].width,
                      .height = m->levels[l].height,
                      .columns = m->levels[l].columns,
                      .rows = m->levels[l].rows,
                      .vectors = m->levels[l].vectors,
                      .coarse = coarsest ? NULL : m->levels[l + 1].vectors,
                      .coarse_columns = coarsest ? 0 : m->levels[l + 1].columns,
                      .coarse_rows = coarsest ? 0 : m->levels[l + 1].rows,
                      .finest = l == 0};
        anew_parallel_for(threads, here.rows, 2, match_rows, &here);
    }
}

anew_vector anew_motion_at(const anew_motion *m, int x, int y)
{
    const float fx = ((float)x + 0.5f) / BLOCK - 0.5f, fy = ((float)y + 0.5f) / BLOCK - 0.5f;
    const int left = (int)floorf(fx), top = (int)floorf(fy);
    const float px = fx - (float)left, py = fy - (float)top;
    const int c0 = clamp(left, m->columns - 1), c1 = clamp(left + 1, m->columns - 1);
    const anew_vector *a = m->vectors + (size_t)clamp(top, m->rows - 1) * (size_t)m->columns;
    const anew_vector *b = m->vectors + (size_t)clamp(top + 1, m->rows - 1) * (size_t)m->columns;
    return (anew_vector){(1 - py) * (a[c0].x + px * (a[c1].x - a[c0].x)) +
                             py * (b[c0].x + px * (b[c1].x - b[c0].x)),
                         (1 - py) * (a[c0].y + px * (a[c1].y - a[c0].y)) +
                             py * (b[c0].y + px * (b[c1].y - b[c0].y))};
}
