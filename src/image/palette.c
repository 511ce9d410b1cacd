/*
 * palette.c - colours counted, cut into boxes, and found again.
 *
 * Colours are counted in cells of 32 x 32 x 32. Heckbert's cut (1982), by variance and not by number as in Wu's (1991): the
 * box whose colours differ most is cut across its widest variance at the mean, until there are enough. Every pixel, moved a
 * little by an 8x8 ordered pattern (Bayer, 1973), then takes the nearest colour.
 */
#include "image/palette.h"

#include <string.h>

#include "core/memory.h"

#define CELL_BITS 5
#define SIDE      (1 << CELL_BITS)
#define CELLS     (SIDE * SIDE * SIDE)
#define NEAR_BITS 6 /* of the table from colours to indices */
#define NEAR      (1 << (3 * NEAR_BITS))
#define SPREAD    12 /* of the pattern, from its lowest to its highest */

typedef struct cell {
    uint32_t count;
    uint64_t sum[3];
} cell;

/* Cells from `begin` to `end`, both of them in. */
typedef struct box {
    int begin[3], end[3];
    double count, sum[3], squares[3]; /* of the cells' means */
} box;

typedef struct palette_work {
    cell cells[CELLS];
    box boxes[256];
    int16_t near[NEAR]; /* -1: not looked for yet */
} palette_work;

static uint8_t narrow(const anew_image *image, size_t i)
{
    if (image->depth == 8)
        return ((const uint8_t *)image->pixels)[i];
    return (uint8_t)((((const uint16_t *)image->pixels)[i] * 255u + 32767u) / 65535u);
}

/* False for a transparent pixel. */
static bool colour_at(uint8_t colour[3], const anew_image *image, size_t pixel)
{
    const size_t channels = (size_t)image->channels, at = pixel * channels;
    for (size_t c = 0; c < 3; c++)
        colour[c] = narrow(image, at + (channels >= 3 ? c : 0));
    return channels % 2 != 0 || narrow(image, at + channels - 1) >= 128;
}

/* ---- few colours ------------------------------------------------------------------------------------------ */

static int find_exact(const anew_palette *p, const uint8_t colour[3])
{
    for (int i = 0; i < p->count; i++)
        if (i != p->transparent && memcmp(p->colours[i], colour, 3) == 0)
            return i;
    return -1;
}

/* False where there are too many. */
static bool make_exact(anew_palette *p, uint8_t *indices, const anew_image *image)
{
    const size_t pixels = (size_t)image->width * (size_t)image->height;
    int last = -1; /* most pixels are like the one before */
    for (size_t i = 0; i < pixels; i++) {
        uint8_t colour[3];
        if (!colour_at(colour, image, i)) {
            indices[i] = (uint8_t)p->transparent;
            continue;
        }
        if (last < 0 || memcmp(p->colours[last], colour, 3) != 0) {
            last = find_exact(p, colour);
            if (last < 0 && p->count == 256)
                return false;
            if (last < 0) {
                memcpy(p->colours[p->count], colour, 3);
                last = p->count++;
            }
        }
        indices[i] = (uint8_t)last;
    }
    return true;
}

/* ---- many colours ----------------------------------------------------------------------------------------- */

static cell *cell_at(palette_work *w, int r, int g, int b)
{
    return &w->cells[(r * SIDE + g) * SIDE + b];
}

static void count_colours(palette_work *w, const anew_image *image)
{
    const size_t pixels = (size_t)image->width * (size_t)image->height;
    for (size_t i = 0; i < pixels; i++) {
        uint8_t colour[3];
        if (!colour_at(colour, image, i))
            continue;
        cell *c = cell_at(w, colour[0] >> (8 - CELL_BITS), colour[1] >> (8 - CELL_BITS),
                          colour[2] >> (8 - CELL_BITS));
        c->count++;
        for (int k = 0; k < 3; k++)
            c->sum[k] += colour[k];
    }
}

/* Sums of the box's cells; empty cells at its sides are left out of it. */
static void measure(palette_work *w, box *b)
{
    box inner = {.begin = {SIDE, SIDE, SIDE}, .end = {-1, -1, -1}};
    for (int r = b->begin[0]; r <= b->end[0]; r++)
        for (int g = b->begin[1]; g <= b->end[1]; g++)
            for (int c = b->begin[2]; c <= b->end[2]; c++) {
                const cell *from = cell_at(w, r, g, c);
                const int at[3] = {r, g, c};
                if (from->count == 0)
                    continue;
                inner.count += from->count;
                for (int k = 0; k < 3; k++) {
                    const double sum = (double)from->sum[k];
                    inner.sum[k] += sum;
                    inner.squares[k] += sum * sum / from->count;
                    inner.begin[k] = at[k] < inner.begin[k] ? at[k] : inner.begin[k];
                    inner.end[k] = at[k] > inner.end[k] ? at[k] : inner.end[k];
                }
            }
    *b = inner;
}

/* How far the colours of a box are from its mean, all together, along one side. */
static double spread(const box *b, int side)
{
    return b->begin[side] == b->end[side]
               ? 0
               : b->squares[side] - b->sum[side] * b->sum[side] / b->count;
}

/* Cuts the box with the widest side into two; false where no box has two cells. */
static bool cut_widest(palette_work *w, int boxes)
{
    int widest = -1, side = 0;
    double most = 0;
    for (int i = 0; i < boxes; i++)
        for (int k = 0; k < 3; k++)
            if (spread(&w->boxes[i], k) > most) {
                most = spread(&w->boxes[i], k);
                widest = i;
                side = k;
            }
    if (widest < 0)
        return false;
    box *low = &w->boxes[widest], *high = &w->boxes[boxes];
    int at = (int)(low->sum[side] / low->count) >> (8 - CELL_BITS);
    at = at < low->begin[side] ? low->begin[side] : at >= low->end[side] ? low->end[side] - 1 : at;
    *high = *low;
    low->end[side] = at;
    high->begin[side] = at + 1;
    measure(w, low);
    measure(w, high);
    return true;
}

static int nearest(const anew_palette *p, const int colour[3])
{
    int best = 0, least = -1;
    for (int i = 0; i < p->count; i++) {
        int distance = 0;
        for (int k = 0; k < 3; k++)
            distance += (colour[k] - p->colours[i][k]) * (colour[k] - p->colours[i][k]);
        if (i != p->transparent && (least < 0 || distance < least)) {
            least = distance;
            best = i;
        }
    }
    return best;
}

/* -SPREAD / 2 .. SPREAD / 2; bits of x ^ y and y, from the finest to the coarsest step. */
static int pattern(int x, int y)
{
    int value = 0;
    for (int bit = 0; bit < 3; bit++)
        value = value * 4 + (((x ^ y) >> bit & 1) * 2 + (y >> bit & 1));
    return (value * 2 - 63) * SPREAD / 126;
}

static void map_pixels(palette_work *w, const anew_palette *p, uint8_t *indices,
                       const anew_image *image, int left, int top)
{
    memset(w->near, 0xff, sizeof w->near);
    for (int y = 0; y < image->height; y++)
        for (int x = 0; x < image->width; x++) {
            const size_t i = (size_t)y * (size_t)image->width + (size_t)x;
            const int moved = pattern(left + x, top + y);
            uint8_t colour[3];
            int middle[3], at = 0;
            if (!colour_at(colour, image, i)) {
                indices[i] = (uint8_t)p->transparent;
                continue;
            }
            for (int k = 0; k < 3; k++) {
                int value = colour[k] + moved;
                value = value < 0 ? 0 : value > 255 ? 255 : value;
                at = at << NEAR_BITS | value >> (8 - NEAR_BITS);
                middle[k] = (value >> (8 - NEAR_BITS) << (8 - NEAR_BITS)) + (1 << (7 - NEAR_BITS));
            }
            if (w->near[at] < 0)
                w->near[at] = (int16_t)nearest(p, middle);
            indices[i] = (uint8_t)w->near[at];
        }
}

anew_status anew_palette_make(anew_palette *palette, uint8_t *indices, const anew_image *image,
                              int x, int y, anew_error *error)
{
    const bool alpha = image->channels % 2 == 0;
    const anew_palette empty = {.count = alpha ? 1 : 0, .transparent = alpha ? 0 : -1};
    *palette = empty;
    if (make_exact(palette, indices, image)) {
        palette->count += palette->count == 0;
        return ANEW_OK;
    }
    palette_work *w = anew_alloc_zero(sizeof *w);
    if (w == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory for a palette");
    *palette = empty;
    count_colours(w, image);
    w->boxes[0] = (box){.end = {SIDE - 1, SIDE - 1, SIDE - 1}};
    measure(w, &w->boxes[0]);
    int boxes = 1;
    while (boxes < 256 - empty.count && cut_widest(w, boxes))
        boxes++;
    for (int i = 0; i < boxes; i++, palette->count++)
        for (int k = 0; k < 3; k++)
            palette->colours[palette->count][k] =
                (uint8_t)(w->boxes[i].sum[k] / w->boxes[i].count + 0.5);
    map_pixels(w, palette, indices, image, x, y);
    anew_free(w);
    return ANEW_OK;
}
