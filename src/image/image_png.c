/*
 * image_png.c - PNG; the only file that sees libpng.
 *
 * Gray, palette, RGB, with alpha or tRNS, 1 to 16 bits, interlaced. Palettes and fewer bits become
 * 8-bit samples, tRNS becomes an alpha channel, 16 bits stay 16. libpng reports errors by longjmp:
 * everything that must survive it lives in the state struct, never in a local variable.
 */
#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "image/formats.h"

typedef struct png_state {
    const uint8_t *data;
    size_t size, at;
    const char *label;
    anew_error *error;
    anew_status status;
    anew_image image;
    anew_output *output;
} png_state;

typedef struct png_coder {
    png_state state;
    png_structp png;
    png_infop info;
    /* Of the portion at work; here, since locals would not outlive a longjmp. */
    int y, rows;
    uint8_t *pixels;
    int passes, left; /* decoding: rows still to come */
} png_coder;

static void on_error(png_structp png, png_const_charp text)
{
    png_state *state = png_get_error_ptr(png);
    if (state->status == ANEW_OK)
        state->status =
            anew_fail(state->error, ANEW_ERROR_FORMAT, "%s: damaged PNG: %s", state->label, text);
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp text)
{
    (void)png;
    (void)text;
}

static void on_read(png_structp png, png_bytep bytes, size_t size)
{
    png_state *state = png_get_io_ptr(png);
    if (size > state->size - state->at)
        png_error(png, "the file is cut");
    memcpy(bytes, state->data + state->at, size);
    state->at += size;
}

static bool is_little_endian(void)
{
    const uint16_t one = 1;
    uint8_t first;
    memcpy(&first, &one, 1);
    return first == 1;
}

/* The part up to the first row; may leave by longjmp. Returns the number of passes. */
static int read_header(png_structp png, png_infop info, png_state *state,
                       const anew_image_limits *limits)
{
    png_set_read_fn(png, state, on_read);
    png_set_user_limits(png, 0x7fffffff, 0x7fffffff);
    png_set_chunk_malloc_max(png, 64u << 20);
    png_read_info(png, info);
    const png_uint_32 width = png_get_image_width(png, info);
    const png_uint_32 height = png_get_image_height(png, info);
    state->status = anew_image_check_size(width, height, state->label, limits, state->error);
    if (state->status != ANEW_OK)
        png_longjmp(png, 1);

    png_set_expand(png); /* palette to RGB, fewer bits to 8, tRNS to alpha */
    if (png_get_bit_depth(png, info) == 16 && is_little_endian())
        png_set_swap(png); /* file order is big-endian */
    const int passes = png_set_interlace_handling(png);
    png_read_update_info(png, info);
    state->image = (anew_image){(int)width, (int)height, png_get_channels(png, info),
                                png_get_bit_depth(png, info), NULL};
    return passes;
}

/* The part between setjmp and the last row; may leave by longjmp. */
static void read_picture(png_structp png, png_infop info, png_state *state,
                         const anew_image_limits *limits)
{
    const int passes = read_header(png, info, state, limits);
    const anew_image shape = state->image;
    state->status = anew_image_create(&state->image, shape.width, shape.height, shape.channels,
                                      shape.depth, state->error);
    if (state->status != ANEW_OK)
        png_longjmp(png, 1);
    const size_t row_bytes = png_get_rowbytes(png, info);
    uint8_t *pixels = state->image.pixels;
    for (int pass = 0; pass < passes; pass++)
        for (int y = 0; y < shape.height; y++)
            png_read_row(png, pixels + (size_t)y * row_bytes, NULL);
    png_read_end(png, NULL);
}

anew_status anew_png_decode(anew_image *image, const uint8_t *data, size_t size, const char *label,
                            const anew_image_limits *limits, anew_error *error)
{
    png_state *state = anew_alloc_zero(sizeof *state);
    if (state == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to decode it", label);
    *state = (png_state){.data = data, .size = size, .label = label, .error = error};
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, state, on_error, on_warning);
    png_infop info = png == NULL ? NULL : png_create_info_struct(png);
    if (info == NULL)
        state->status = anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to decode it", label);
    else if (setjmp(png_jmpbuf(png)) == 0)
        read_picture(png, info, state, limits);
    png_destroy_read_struct(&png, &info, NULL);
    const anew_status status = state->status;
    if (status == ANEW_OK)
        *image = state->image;
    else
        anew_image_free(&state->image);
    anew_free(state);
    return status;
}

/* ---- decoding by rows ----------------------------------------------------------------------------- */

static anew_status png_next_rows(void *state, void *pixels, int rows, anew_error *error)
{
    png_coder *d = state;
    d->state.error = error;
    d->pixels = pixels;
    d->rows = rows;
    if (setjmp(png_jmpbuf(d->png)) == 0) {
        for (d->y = 0; d->y < d->rows; d->y++)
            png_read_row(d->png, d->pixels + (size_t)d->y * png_get_rowbytes(d->png, d->info),
                         NULL);
        d->left -= d->rows;
        if (d->left == 0)
            png_read_end(d->png, NULL);
    }
    return d->state.status;
}

static void png_release_decoder(void *state)
{
    png_coder *d = state;
    png_destroy_read_struct(&d->png, &d->info, NULL);
    anew_free(d);
}

anew_status anew_png_decoder(anew_decoder *decoder, anew_image *shape, const uint8_t *data,
                             size_t size, const char *label, const anew_image_limits *limits,
                             anew_error *error)
{
    png_coder *d = anew_alloc_zero(sizeof *d);
    *decoder = (anew_decoder){NULL, png_next_rows, png_release_decoder};
    if (d == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to decode it", label);
    d->state = (png_state){.data = data, .size = size, .label = label, .error = error};
    d->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &d->state, on_error, on_warning);
    d->info = d->png == NULL ? NULL : png_create_info_struct(d->png);
    if (d->info == NULL)
        d->state.status = anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to decode it", label);
    else if (setjmp(png_jmpbuf(d->png)) == 0)
        d->passes = read_header(d->png, d->info, &d->state, limits);
    const anew_status status = d->state.status;
    *shape = d->state.image;
    d->left = shape->height;
    if (status == ANEW_OK && d->passes == 1)
        decoder->state = d;
    else
        png_release_decoder(d);
    return status;
}

/* ---- encoding -------------------------------------------------------------------------------------- */

static void on_write(png_structp png, png_bytep bytes, size_t size)
{
    png_state *state = png_get_io_ptr(png);
    state->status = anew_output_write(state->output, bytes, size, state->error);
    if (state->status != ANEW_OK)
        png_longjmp(png, 1);
}

static void on_flush(png_structp png)
{
    (void)png;
}

static void write_header(png_coder *e, const anew_image *shape, const anew_image_options *options)
{
    static const int colour_types[] = {0, PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA,
                                       PNG_COLOR_TYPE_RGB, PNG_COLOR_TYPE_RGB_ALPHA};
    png_set_write_fn(e->png, &e->state, on_write, on_flush);
    png_set_user_limits(e->png, 0x7fffffff, 0x7fffffff);
    if (options->png_compression >= 0)
        png_set_compression_level(e->png, options->png_compression);
    png_set_IHDR(e->png, e->info, (png_uint_32)shape->width, (png_uint_32)shape->height,
                 shape->depth, colour_types[shape->channels], PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(e->png, e->info);
    if (shape->depth == 16 && is_little_endian())
        png_set_swap(e->png);
}

static anew_status png_rows(void *state, const anew_image *part, anew_error *error)
{
    png_coder *e = state;
    const size_t row_bytes =
        (size_t)part->width * (size_t)part->channels * (size_t)(part->depth / 8);
    e->state.error = error;
    e->state.image = *part;
    if (setjmp(png_jmpbuf(e->png)) == 0)
        for (e->y = 0; e->y < e->state.image.height; e->y++)
            png_write_row(e->png,
                          (const uint8_t *)e->state.image.pixels + (size_t)e->y * row_bytes);
    return e->state.status;
}

static anew_status png_finish(void *state, anew_error *error)
{
    png_coder *e = state;
    e->state.error = error;
    if (setjmp(png_jmpbuf(e->png)) == 0)
        png_write_end(e->png, e->info);
    return e->state.status;
}

static void png_release(void *state)
{
    png_coder *e = state;
    png_destroy_write_struct(&e->png, &e->info);
    anew_free(e);
}

anew_status anew_png_encoder(anew_encoder *encoder, const anew_image *shape, anew_output *output,
                             const char *label, const anew_image_options *options,
                             anew_error *error)
{
    png_coder *e = anew_alloc_zero(sizeof *e);
    *encoder = (anew_encoder){NULL, png_rows, png_finish, png_release};
    if (e == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to encode it", label);
    e->state = (png_state){.output = output, .label = label, .error = error};
    e->png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &e->state, on_error, on_warning);
    e->info = e->png == NULL ? NULL : png_create_info_struct(e->png);
    if (e->info == NULL)
        e->state.status = anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to encode it", label);
    else if (setjmp(png_jmpbuf(e->png)) == 0)
        write_header(e, shape, options);
    const anew_status status = e->state.status;
    if (status == ANEW_OK)
        encoder->state = e;
    else
        png_release(e);
    return status;
}
