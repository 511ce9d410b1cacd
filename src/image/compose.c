/* compose.c - drawing, clearing, restoring. */
#include "image/compose.h"

#include <string.h>

#include "core/memory.h"

static size_t pixel_bytes(const anew_image *image)
{
    return (size_t)image->channels * (size_t)(image->depth / 8);
}

static uint8_t *pixel_at(const anew_image *image, int x, int y)
{
    return (uint8_t *)image->pixels +
           ((size_t)y * (size_t)image->width + (size_t)x) * pixel_bytes(image);
}

anew_status anew_composer_begin(anew_composer *composer, const anew_image *shape, anew_error *error)
{
    *composer = (anew_composer){0};
    ANEW_TRY(anew_image_create(&composer->canvas, shape->width, shape->height, shape->channels,
                               shape->depth, error));
    memset(composer->canvas.pixels, 0,
           (size_t)shape->width * (size_t)shape->height * pixel_bytes(shape));
    return ANEW_OK;
}

static void clear_up(anew_composer *c)
{
    const size_t row_bytes = (size_t)c->area.width * pixel_bytes(&c->canvas);
    for (int y = 0; c->dispose != ANEW_DISPOSE_NONE && y < c->area.height; y++) {
        uint8_t *row = pixel_at(&c->canvas, c->area.x, c->area.y + y);
        if (c->dispose == ANEW_DISPOSE_BACKGROUND)
            memset(row, 0, row_bytes);
        else
            memcpy(row, pixel_at(&c->saved, 0, y), row_bytes);
    }
}

static anew_status save(anew_composer *c, anew_error *error)
{
    const size_t row_bytes = (size_t)c->area.width * pixel_bytes(&c->canvas);
    anew_image_free(&c->saved);
    ANEW_TRY(anew_image_create(&c->saved, c->area.width, c->area.height, c->canvas.channels,
                               c->canvas.depth, error));
    for (int y = 0; y < c->area.height; y++)
        memcpy(pixel_at(&c->saved, 0, y), pixel_at(&c->canvas, c->area.x, c->area.y + y),
               row_bytes);
    return ANEW_OK;
}

static uint64_t sample(const void *pixels, int depth, size_t i)
{
    return depth == 8 ? ((const uint8_t *)pixels)[i] : ((const uint16_t *)pixels)[i];
}

static void set_sample(void *pixels, int depth, size_t i, uint64_t value)
{
    if (depth == 8)
        ((uint8_t *)pixels)[i] = (uint8_t)value;
    else
        ((uint16_t *)pixels)[i] = (uint16_t)value;
}

/* One pixel upon another, neither premultiplied, rounded once. */
static void mix(uint8_t *to, const uint8_t *from, const anew_image *canvas)
{
    const int depth = canvas->depth;
    const size_t colours = (size_t)canvas->channels - 1;
    const uint64_t most = depth == 8 ? 255 : 65535;
    const uint64_t above = sample(from, depth, colours) * most;
    const uint64_t below =
        sample(to, depth, colours) * (most - sample(from, depth, colours)); /* what shows through */
    const uint64_t sum = above + below;
    for (size_t i = 0; sum > 0 && i < colours; i++)
        set_sample(to, depth, i,
                   (sample(from, depth, i) * above + sample(to, depth, i) * below + sum / 2) / sum);
    set_sample(to, depth, colours, (sum + most / 2) / most);
}

/* A row of a frame with alpha. */
static void draw_row(uint8_t *to, const uint8_t *from, int width, const anew_image *canvas)
{
    const size_t step = pixel_bytes(canvas), colours = (size_t)canvas->channels - 1;
    const uint64_t most = canvas->depth == 8 ? 255 : 65535;
    for (int x = 0; x < width; x++, to += step, from += step) {
        const uint64_t alpha = sample(from, canvas->depth, colours);
        if (alpha == most)
            memcpy(to, from, step);
        else if (alpha > 0)
            mix(to, from, canvas);
    }
}

/* A row of a frame without alpha. */
static void draw_opaque_row(uint8_t *to, const uint8_t *from, int width, const anew_image *canvas)
{
    const size_t step = pixel_bytes(canvas), alpha = (size_t)(canvas->depth / 8);
    for (int x = 0; x < width; x++, to += step, from += step - alpha) {
        memcpy(to, from, step - alpha);
        memset(to + step - alpha, 0xff, alpha);
    }
}

anew_status anew_compose(anew_composer *c, const anew_image *part, int x, int y, bool over,
                         anew_dispose dispose, anew_error *error)
{
    clear_up(c);
    c->area = (anew_rectangle){x, y, part->width, part->height};
    c->dispose = dispose;
    if (dispose == ANEW_DISPOSE_PREVIOUS)
        ANEW_TRY(save(c, error));
    for (int row = 0; row < part->height; row++) {
        uint8_t *to = pixel_at(&c->canvas, x, y + row);
        const uint8_t *from = pixel_at(part, 0, row);
        if (part->channels != c->canvas.channels)
            draw_opaque_row(to, from, part->width, &c->canvas);
        else if (over)
            draw_row(to, from, part->width, &c->canvas);
        else
            memcpy(to, from, (size_t)part->width * pixel_bytes(part));
    }
    return ANEW_OK;
}

void anew_composer_free(anew_composer *composer)
{
    anew_image_free(&composer->canvas);
    anew_image_free(&composer->saved);
}
