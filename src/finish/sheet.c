/* sheet.c - where two pictures differ most, and the sheet that shows it. */
#include "finish/sheet.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "image/letters.h"
#include "image/resize.h"

#define GAP         8   /* pixels between the parts */
#define FRAME       3   /* pixels of a frame */
#define CROP_HEIGHT 240 /* pixels; as wide as a panel */
#define CELL        16  /* places are looked for in steps of so many pixels */
#define COLUMN      96  /* pixels: no narrower, or no caption could be read */
#define WIDE_COLUMN 560 /* pixels: from here on letters of double size */
#define COLUMNS     3   /* a, b, difference */

static const uint8_t background[3] = {48, 48, 48};
static const uint8_t words[3] = {224, 224, 224};
static const uint8_t frames[ANEW_SHEET_CROPS][3] = {{255, 96, 32}, {64, 200, 255}, {160, 230, 60}};

/* Colour c of a pixel, 0 .. 255, on gray where it is transparent. */
static double shown(const anew_image *image, int x, int y, int c)
{
    const bool alpha = image->channels == 2 || image->channels == 4;
    const size_t at = ((size_t)y * (size_t)image->width + (size_t)x) * (size_t)image->channels;
    const size_t colour = at + (size_t)(image->channels >= 3 ? c : 0);
    const size_t last = at + (size_t)image->channels - 1;
    const double v = image->depth == 16 ? ((const uint16_t *)image->pixels)[colour] / 257.0
                                        : ((const uint8_t *)image->pixels)[colour];
    if (!alpha)
        return v;
    const double a = image->depth == 16 ? ((const uint16_t *)image->pixels)[last] / 65535.0
                                        : ((const uint8_t *)image->pixels)[last] / 255.0;
    return a * v + (1 - a) * 128;
}

static uint8_t rounded(double v)
{
    return (uint8_t)lrint(v < 0 ? 0 : v > 255 ? 255 : v);
}

/* ---- where they differ most ------------------------------------------------------------------------- */

static double square_at(const anew_image *a, const anew_image *b, int x, int y)
{
    double sum = 0;
    for (int c = 0; c < 3; c++) {
        const double d = shown(a, x, y, c) - shown(b, x, y, c);
        sum += d * d;
    }
    return sum;
}

/* Left top corner of the place along one axis that cell i stands for. */
static int corner(int i, int size, int crop)
{
    return i * CELL < size - crop ? i * CELL : size - crop;
}

/* sums[(j * (across + 1)) + i]: of all pixels above row j and left of column i, in cells. */
static void integrate(double *sums, const anew_image *a, const anew_image *b, int across, int down)
{
    const size_t row = (size_t)across + 1;
    memset(sums, 0, row * ((size_t)down + 1) * sizeof(double));
    for (int y = 0; y < a->height; y++)
        for (int x = 0; x < a->width; x++)
            sums[((size_t)(y / CELL) + 1) * row + (size_t)(x / CELL) + 1] += square_at(a, b, x, y);
    for (size_t j = 1; j <= (size_t)down; j++)
        for (size_t i = 1; i <= (size_t)across; i++)
            sums[j * row + i] +=
                sums[(j - 1) * row + i] + sums[j * row + i - 1] - sums[(j - 1) * row + i - 1];
}

static bool overlaps(const anew_sheet_places *p, int x, int y)
{
    for (int k = 0; k < p->count; k++)
        if (x < p->x[k] + p->width && p->x[k] < x + p->width && y < p->y[k] + p->height &&
            p->y[k] < y + p->height)
            return true;
    return false;
}

/* A crop's side: a part of the picture's, not too small to see something and at most `most`. */
static int part(int side, int parts, int most)
{
    const int share = side / parts > 96 ? side / parts : 96;
    return share > most ? most : share > side ? side : share;
}

static anew_status find_places(anew_sheet_places *p, const anew_image *a, const anew_image *b,
                               anew_error *error)
{
    const int across = (a->width + CELL - 1) / CELL, down = (a->height + CELL - 1) / CELL;
    const size_t row = (size_t)across + 1;
    double *sums = anew_alloc(anew_size_mul(anew_size_mul(row, (size_t)down + 1), sizeof(double)));
    *p = (anew_sheet_places){.width = part(a->width, 2, ANEW_SHEET_PANEL),
                             .height = part(a->height, 3, CROP_HEIGHT)};
    if (sums == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory for a contact sheet");
    integrate(sums, a, b, across, down);
    while (p->count < ANEW_SHEET_CROPS) {
        double best = 0;
        for (int j = 0; j < down; j++)
            for (int i = 0; i < across; i++) {
                const int x = corner(i, a->width, p->width), y = corner(j, a->height, p->height);
                const size_t left = (size_t)(x / CELL), top = (size_t)(y / CELL);
                const size_t right = (size_t)((x + p->width + CELL - 1) / CELL);
                const size_t bottom = (size_t)((y + p->height + CELL - 1) / CELL);
                const double sum = sums[bottom * row + right] - sums[top * row + right] -
                                   sums[bottom * row + left] + sums[top * row + left];
                if (sum > best && !overlaps(p, x, y)) {
                    best = sum;
                    p->x[p->count] = x;
                    p->y[p->count] = y;
                }
            }
        if (!(best > 0))
            break;
        p->count++;
    }
    anew_free(sums);
    return ANEW_OK;
}

/* ---- the sheet ---------------------------------------------------------------------------------------- */

static void put(anew_image *sheet, int x, int y, const uint8_t colour[3])
{
    memcpy((uint8_t *)sheet->pixels + ((size_t)y * (size_t)sheet->width + (size_t)x) * 3, colour,
           3);
}

/* A part of the picture, pixel by pixel. */
static void show(anew_image *sheet, int left, int top, const anew_image *image, int x, int y,
                 int width, int height)
{
    for (int j = 0; j < height; j++)
        for (int i = 0; i < width; i++) {
            const uint8_t colour[3] = {rounded(shown(image, x + i, y + j, 0)),
                                       rounded(shown(image, x + i, y + j, 1)),
                                       rounded(shown(image, x + i, y + j, 2))};
            put(sheet, left + i, top + j, colour);
        }
}

/* Around left .. left + width - 1, inside of it. */
static void frame(anew_image *sheet, int left, int top, int width, int height,
                  const uint8_t colour[3])
{
    for (int j = 0; j < height; j++)
        for (int i = 0; i < width; i++)
            if (i < FRAME || j < FRAME || i >= width - FRAME || j >= height - FRAME)
                put(sheet, left + i, top + j, colour);
}

anew_status anew_image_at_size(anew_image *resized, const anew_image *image, int width, int height,
                               const anew_finish_machine *machine, anew_error *error)
{
    anew_planes from = {0}, to = {0};
    anew_status status = ANEW_OK;
    *resized = (anew_image){0};
    ANEW_TRY_GOTO(anew_planes_create(&from, image->channels, image->height, image->width, error),
                  out);
    ANEW_TRY_GOTO(anew_planes_create(&to, image->channels, height, width, error), out);
    anew_planes_from_image(&from, image, 0);
    ANEW_TRY_GOTO(anew_planes_resize(&to, &from, ANEW_FILTER_LANCZOS3, machine->kernels,
                                     machine->threads, error),
                  out);
    ANEW_TRY_GOTO(anew_image_create(resized, width, height, image->channels, image->depth, error),
                  out);
    anew_planes_to_image(resized, &to, 0);
out:
    anew_planes_free(&from);
    anew_planes_free(&to);
    return status;
}

/* ---- captions ------------------------------------------------------------------------------------------ */

/* Where the parts of a sheet lie, in pixels of it. */
typedef struct layout {
    int panel_width, panel_height;
    int column;  /* width of each */
    int letters; /* scale */
    int caption; /* height of one, with its gap to what it stands over */
} layout;

static layout lay_out(const anew_image *a, const anew_sheet_places *p)
{
    const double shrink =
        fmin(fmin((double)ANEW_SHEET_PANEL / a->width, (double)ANEW_SHEET_PANEL / a->height), 1);
    layout l = {.panel_width = (int)fmax(rint(a->width * shrink), 1),
                .panel_height = (int)fmax(rint(a->height * shrink), 1)};
    /* Crops lie in frames of their own, outside of their pixels. */
    const int crop = p->width + 2 * FRAME;
    l.column = crop > l.panel_width ? crop : l.panel_width;
    l.column = l.column > COLUMN ? l.column : COLUMN;
    l.letters = l.column >= WIDE_COLUMN ? 2 : 1;
    l.caption = ANEW_LETTER_HEIGHT * l.letters + FRAME;
    return l;
}

/* "head name tail" in one line of the column: a long name is shortened; where little of it would be left, the tail goes. */
static void caption(anew_image *sheet, const layout *l, int left, int top, const uint8_t colour[3],
                    const char *head, const char *name, const char *tail)
{
    char shortened[256], line[512];
    const int most = l->column / (ANEW_LETTER_WIDTH * l->letters);
    const int needed = strlen(name) < 12 ? (int)strlen(name) : 12;
    if ((int)(strlen(head) + strlen(tail)) + needed > most)
        tail = "";
    anew_letters_fit(shortened, sizeof shortened, name,
                     most - (int)strlen(head) - (int)strlen(tail));
    snprintf(line, sizeof line, "%s%s%s", head, shortened, tail);
    anew_letters_draw(sheet, left, top, l->letters, colour, line);
}

static const char *const columns[COLUMNS] = {"a", "b", "difference"};

static void panel_caption(anew_image *sheet, const layout *l, int left, int column,
                          const anew_sheet_caption captions[2], const anew_image *a)
{
    char head[16], gain[32], sizes[64], tail[96];
    snprintf(head, sizeof head, "%s: ", columns[column]);
    snprintf(gain, sizeof gain, "gray + %d (b - a)", ANEW_DIFFERENCE_GAIN);
    *sizes = 0;
    if (column < 2)
        snprintf(sizes, sizeof sizes, ", %dx%d", captions[column].width, captions[column].height);
    if (column < 2 && (captions[column].width != a->width || captions[column].height != a->height))
        snprintf(sizes + strlen(sizes), sizeof sizes - strlen(sizes), " as %dx%d", a->width,
                 a->height);
    snprintf(tail, sizeof tail, "%s at %.3g %%", sizes, 100.0 * l->panel_width / a->width);
    caption(sheet, l, left, GAP, words, head, column < 2 ? captions[column].name : gain, tail);
}

static void crop_caption(anew_image *sheet, const layout *l, int left, int top, int column,
                         const anew_sheet_places *p, int k)
{
    char head[32], tail[64];
    snprintf(head, sizeof head, "%s, crop %d", columns[column], k + 1);
    snprintf(tail, sizeof tail, ": %dx%d at %d,%d (100 %%)", p->width, p->height, p->x[k], p->y[k]);
    caption(sheet, l, left, top, frames[k], head, "", tail);
}

/* ---- the whole of it ----------------------------------------------------------------------------------- */

static anew_status show_panel(anew_image *sheet, const layout *l, int left, const anew_image *image,
                              const anew_sheet_places *p, const anew_finish_machine *machine,
                              anew_error *error)
{
    anew_image small = {0};
    const int width = l->panel_width, height = l->panel_height, above = GAP + l->caption;
    ANEW_TRY(anew_image_at_size(&small, image, width, height, machine, error));
    show(sheet, left, above, &small, 0, 0, width, height);
    anew_image_free(&small);
    const double across = (double)width / image->width, down = (double)height / image->height;
    for (int k = 0; k < p->count; k++) {
        const int x = (int)(p->x[k] * across), y = (int)(p->y[k] * down);
        const int right = (int)ceil((p->x[k] + p->width) * across);
        const int bottom = (int)ceil((p->y[k] + p->height) * down);
        frame(sheet, left + x, above + y, (right < width ? right : width) - x,
              (bottom < height ? bottom : height) - y, frames[k]);
    }
    return ANEW_OK;
}

anew_status anew_contact_sheet(anew_image *sheet, anew_sheet_places *places, const anew_image *a,
                               const anew_image *b, const anew_sheet_caption captions[2],
                               const anew_finish_machine *machine, anew_error *error)
{
    anew_sheet_places p;
    anew_image difference = {0};
    anew_status status = ANEW_OK;
    *sheet = (anew_image){0};
    ANEW_TRY(find_places(&p, a, b, error));
    const layout l = lay_out(a, &p);
    const int framed = p.height + 2 * FRAME, row = l.caption + framed + GAP;
    const int panels = GAP + l.caption + l.panel_height + GAP;
    ANEW_TRY_GOTO(anew_difference_picture(&difference, a, b, error), out);
    ANEW_TRY_GOTO(anew_image_create(sheet, COLUMNS * l.column + (COLUMNS + 1) * GAP,
                                    panels + p.count * row, 3, 8, error),
                  out);
    for (int y = 0; y < sheet->height; y++)
        for (int x = 0; x < sheet->width; x++)
            put(sheet, x, y, background);
    const anew_image *const pictures[COLUMNS] = {a, b, &difference};
    for (int column = 0; column < COLUMNS; column++) {
        const anew_image *image = pictures[column];
        const int left = GAP + column * (l.column + GAP);
        panel_caption(sheet, &l, left, column, captions, a);
        ANEW_TRY_GOTO(show_panel(sheet, &l, left, image, &p, machine, error), out);
        for (int k = 0; k < p.count; k++) {
            const int top = panels + k * row + l.caption;
            crop_caption(sheet, &l, left, panels + k * row, column, &p, k);
            frame(sheet, left, top, p.width + 2 * FRAME, framed, frames[k]);
            show(sheet, left + FRAME, top + FRAME, image, p.x[k], p.y[k], p.width, p.height);
        }
    }
    if (places != NULL)
        *places = p;
out:
    anew_image_free(&difference);
    if (status != ANEW_OK)
        anew_image_free(sheet);
    return status;
}

anew_status anew_difference_picture(anew_image *picture, const anew_image *a, const anew_image *b,
                                    anew_error *error)
{
    ANEW_TRY(anew_image_create(picture, a->width, a->height, 3, 8, error));
    for (int y = 0; y < a->height; y++)
        for (int x = 0; x < a->width; x++) {
            uint8_t colour[3];
            for (int c = 0; c < 3; c++)
                colour[c] =
                    rounded(128 + ANEW_DIFFERENCE_GAIN * (shown(b, x, y, c) - shown(a, x, y, c)));
            put(picture, x, y, colour);
        }
    return ANEW_OK;
}
