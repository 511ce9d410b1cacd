/* face_draw.c - filled rectangles, of which lines, points and the letters of a small font are made. */
#include "pipeline/face_draw.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "image/planes.h"

#define GLYPH_WIDTH  3
#define GLYPH_HEIGHT 5

/* 15 bits a letter, rows from the top, the highest bit on the left. */
static const unsigned short digits[10] = {075557, 026227, 071747, 071717, 055711,
                                          074717, 074757, 071122, 075757, 075717};
static const unsigned short letters[26] = {
    025755, 065656, 034443, 065556, 074647, 074644, 034553, 055755, 072227,
    011156, 055655, 044447, 057755, 065555, 025552, 065644, 025573, 065655,
    034216, 072222, 055557, 055552, 055775, 055255, 055222, 071247,
};

typedef struct canvas {
    anew_image *image;
    float colour[3]; /* 0 .. 1 */
    int pen;         /* width of a line in pixels */
} canvas;

/* Columns left .. right - 1 and rows top .. bottom - 1, as far as they are in the picture. */
static void fill(const canvas *c, double left, double top, double right, double bottom)
{
    anew_image *image = c->image;
    const int x0 = (int)fmax(left, 0), x1 = (int)fmin(right, image->width);
    const int y0 = (int)fmax(top, 0), y1 = (int)fmin(bottom, image->height);
    const bool gray = image->channels < 3;
    const float luma = 0.299f * c->colour[0] + 0.587f * c->colour[1] + 0.114f * c->colour[2];
    for (int k = 0; k < image->channels; k++) {
        const bool alpha = k == image->channels - 1 && image->channels % 2 == 0;
        float value = alpha ? 1 : gray ? luma : c->colour[k];
        const anew_plane_rows sample = {&value, 1, 1, 1, 1, 1};
        for (int y = y0; y < y1; y++)
            for (int x = x0; x < x1; x++)
                anew_rows_to_image(image, &sample, k, y, x);
    }
}

static void frame(const canvas *c, double left, double top, double right, double bottom)
{
    fill(c, left, top, right, top + c->pen);
    fill(c, left, bottom - c->pen, right, bottom);
    fill(c, left, top, left + c->pen, bottom);
    fill(c, right - c->pen, top, right, bottom);
}

static unsigned int glyph_of(char c)
{
    return c >= '0' && c <= '9' ? digits[c - '0'] : c >= 'a' && c <= 'z' ? letters[c - 'a'] : 0;
}

/* On a dark ground; (left, bottom) is the corner of that. */
static void write_text(const canvas *c, const char *text, double left, double bottom)
{
    const int step = (GLYPH_WIDTH + 1) * c->pen, height = (GLYPH_HEIGHT + 2) * c->pen;
    const double width = (double)strlen(text) * step + c->pen;
    /* Kept inside the picture, so that it can be read. */
    const double x = fmax(fmin(left, c->image->width - width), 0);
    const double y = fmax(fmin(bottom, c->image->height) - height, 0);
    const canvas ground = {c->image, {0, 0, 0}, c->pen};
    fill(&ground, x, y, x + width, y + height);
    for (size_t i = 0; text[i] != '\0'; i++) {
        const unsigned int bits = glyph_of(text[i]);
        for (int k = 0; k < GLYPH_WIDTH * GLYPH_HEIGHT; k++) {
            const int column = k % GLYPH_WIDTH, row = k / GLYPH_WIDTH;
            const double px = x + c->pen + (double)i * step + column * c->pen;
            const double py = y + c->pen + row * c->pen;
            if ((bits >> (GLYPH_WIDTH * GLYPH_HEIGHT - 1 - k) & 1) != 0)
                fill(c, px, py, px + c->pen, py + c->pen);
        }
    }
}

void anew_faces_draw(anew_image *image, const anew_face_report *faces, int count, bool fates,
                     int width, int height)
{
    static const float green[3] = {0, 1, 0}, yellow[3] = {1, 1, 0}, red[3] = {1, 0.2f, 0.2f};
    const double sx = (double)image->width / width, sy = (double)image->height / height;
    const int longer = image->width > image->height ? image->width : image->height;
    canvas c = {.image = image, .pen = longer < 1200 ? 1 : longer / 600};
    for (int i = 0; i < count; i++) {
        const anew_face *f = &faces[i].face;
        char text[32];
        const float *colour = !fates || faces[i].fate == ANEW_FACE_RESTORED ? green
                              : faces[i].fate == ANEW_FACE_HELD_BACK        ? yellow
                                                                            : red;
        memcpy(c.colour, colour, sizeof c.colour);
        const double left = floor((double)f->box[0] * sx), top = floor((double)f->box[1] * sy);
        frame(&c, left, top, ceil((double)f->box[2] * sx), ceil((double)f->box[3] * sy));
        for (int k = 0; k < 5; k++) {
            const double x = floor((double)f->landmarks[k][0] * sx);
            const double y = floor((double)f->landmarks[k][1] * sy);
            fill(&c, x - c.pen, y - c.pen, x + 2 * c.pen, y + 2 * c.pen);
        }
        (void)snprintf(text, sizeof text, "%d%s%s", i + 1, fates ? " " : "",
                       fates ? anew_face_fate_name(faces[i].fate) : "");
        write_text(&c, text, left, top);
    }
}
