/* look_samples.c - placing the tiles, and filling them row by row. */
#include "look/look_samples.h"

#include <string.h>

#include "core/memory.h"

/* Where tile i of `count` begins, so that the first and the last touch the ends. */
static int place(int i, int count, int size, int tile)
{
    return count == 1 ? (size - tile) / 2 : (int)((int64_t)(size - tile) * i / (count - 1));
}

/* The tiles of a picture of this size. */
typedef struct layout {
    int tile_width, tile_height, across, down;
    size_t pixels; /* of a tile */
} layout;

static layout layout_of(int width, int height)
{
    const bool whole = (int64_t)width * height <= LOOK_WHOLE_PIXELS;
    layout l = {.tile_width = whole || width < LOOK_TILE ? width : LOOK_TILE,
                .tile_height = whole || height < LOOK_TILE ? height : LOOK_TILE};
    const int across = width / l.tile_width, down = height / l.tile_height;
    l.across = whole ? 1 : across < LOOK_TILES ? across : LOOK_TILES;
    l.down = whole ? 1 : down < LOOK_TILES ? down : LOOK_TILES;
    l.pixels = (size_t)l.tile_width * (size_t)l.tile_height;
    return l;
}

/* Of all tiles. */
static size_t bytes_of(const layout *l)
{
    return anew_size_mul(l->pixels * (3 * sizeof(uint16_t) + 1),
                         (size_t)l->across * (size_t)l->down);
}

size_t anew_look_bytes(int width, int height)
{
    const layout l = layout_of(width, height);
    return anew_size_add(bytes_of(&l), LOOK_OWN_BYTES);
}

anew_status anew_look_samples_create(anew_look_samples *samples, int width, int height,
                                     int channels, anew_error *error)
{
    const layout l = layout_of(width, height);
    const int across = l.across, down = l.down, tile_width = l.tile_width;
    const int tile_height = l.tile_height;
    const size_t pixels = l.pixels;
    *samples = (anew_look_samples){.width = width, .height = height, .channels = channels};
    samples->block = anew_alloc(bytes_of(&l));
    if (samples->block == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory to look at a picture of %dx%d pixels",
                         width, height);
    uint16_t *wide = samples->block;
    uint8_t *narrow = (uint8_t *)(wide + 3 * pixels * (size_t)across * (size_t)down);
    for (int i = 0; i < across * down; i++, wide += 3 * pixels, narrow += pixels)
        samples->tiles[i] = (anew_look_tile){.x = place(i % across, across, width, tile_width),
                                             .y = place(i / across, down, height, tile_height),
                                             .width = tile_width,
                                             .height = tile_height,
                                             .luma = wide,
                                             .blue = wide + pixels,
                                             .red = wide + 2 * pixels,
                                             .clipped = narrow};
    samples->count = across * down;
    samples->pixels = (int64_t)pixels * samples->count;
    return ANEW_OK;
}

void anew_look_samples_free(anew_look_samples *samples)
{
    anew_free(samples->block);
    *samples = (anew_look_samples){0};
}

/* Of 0 .. 255, in double. */
static double read_sample(const char *at, anew_sample sample)
{
    uint16_t wide;
    float real;
    switch (sample) {
    case ANEW_SAMPLE_U16:
        memcpy(&wide, at, sizeof wide);
        return wide / 257.0;
    case ANEW_SAMPLE_F32:
        memcpy(&real, at, sizeof real);
        return real > 0.0f ? real < 1.0f ? real * 255.0 : 255.0 : 0.0; /* NaN: 0 */
    default:
        return *(const unsigned char *)at;
    }
}

static uint16_t keep(double value)
{
    const double steps = value * LOOK_STEP + 0.5;
    return (uint16_t)(steps < 0.0 ? 0.0 : steps > 65535.0 ? 65535.0 : steps);
}

static void take(anew_look_tile *tile, int y, const anew_pixels *row)
{
    const size_t first = (size_t)(y - tile->y) * (size_t)tile->width;
    const bool colours = row->channels >= 3;
    const int alpha = row->channels % 2 == 0 ? row->channels - 1 : 0;
    const char *at = (const char *)row->data + tile->x * row->pixel_stride;
    for (int x = 0; x < tile->width; x++, at += row->pixel_stride) {
        double rgb[3] = {read_sample(at, row->sample)};
        for (int c = 1; c < 3; c++)
            rgb[c] = colours ? read_sample(at + c * row->channel_stride, row->sample) : rgb[0];
        const double luma = 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2];
        bool clipped =
            alpha > 0 && read_sample(at + alpha * row->channel_stride, row->sample) < 254.5;
        for (int c = 0; c < 3; c++)
            clipped = clipped || rgb[c] < 0.5 || rgb[c] > 254.5;
        tile->luma[first + (size_t)x] = keep(luma);
        tile->blue[first + (size_t)x] = keep(128.0 + (rgb[2] - luma) / 1.772);
        tile->red[first + (size_t)x] = keep(128.0 + (rgb[0] - luma) / 1.402);
        tile->clipped[first + (size_t)x] = clipped;
    }
}

void anew_look_samples_row(anew_look_samples *samples, int y, const anew_pixels *row)
{
    for (int i = 0; i < samples->count; i++)
        if (y >= samples->tiles[i].y && y < samples->tiles[i].y + samples->tiles[i].height)
            take(&samples->tiles[i], y, row);
}
