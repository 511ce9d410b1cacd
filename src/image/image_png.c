/*
 * image_png.c - PNG; the only file that sees libpng. Blocks and texts beside the pixels are read by png_blocks.c.
 *
 * Gray, palette, RGB, with alpha or tRNS, 1 to 16 bits, interlaced. Palettes and fewer bits become
 * 8-bit samples, tRNS becomes an alpha channel, 16 bits stay 16. libpng reports errors by longjmp:
 * everything that must survive it lives in the state struct, never in a local variable.
 */
#include <math.h>
#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h> /* Z_RLE, crc32 */

#include "core/memory.h"
#include "image/formats.h"
#include "image/texts.h"

typedef struct png_state {
    anew_input *input;
    uint64_t at;
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
    int y, rows, pass;
    uint8_t *pixels;
    int passes, left;            /* decoding: rows still to come */
    anew_block text, key, value; /* encoding; the last two of the text at work, in Latin-1 */
    const anew_block *exif;
    uint64_t exif_at; /* where it begins in the file; 0: there is none */
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
    if (anew_input_some(state->input, state->at, bytes, size) != size)
        png_error(png, "the file is cut");
    state->at += size;
}

static bool is_little_endian(void)
{
    const uint16_t one = 1;
    uint8_t first;
    memcpy(&first, &one, 1);
    return first == 1;
}

/* ---- metadata in ------------------------------------------------------------------------------------ */

/* What libpng has read by the first row. False without memory. */
static bool read_colour(anew_metadata *m, png_structp png, png_infop info)
{
    png_charp name = NULL;
    png_bytep profile = NULL;
    png_uint_32 length = 0, x = 0, y = 0;
    int compression = 0, unit = 0;
    png_fixed_point c[8], gamma = 0;
    if (png_get_iCCP(png, info, &name, &compression, &profile, &length) != 0 &&
        !anew_block_set(&m->icc, profile, length))
        return false;
    m->has_srgb = png_get_sRGB(png, info, &m->srgb_intent) != 0;
    m->has_gamma = png_get_gAMA_fixed(png, info, &gamma) != 0;
    m->gamma = gamma;
    m->has_chromaticities =
        png_get_cHRM_fixed(png, info, &c[0], &c[1], &c[2], &c[3], &c[4], &c[5], &c[6], &c[7]) != 0;
    for (int i = 0; m->has_chromaticities && i < 8; i++)
        m->chromaticities[i] = c[i];
    if (png_get_pHYs(png, info, &x, &y, &unit) != 0 && x > 0 && y > 0) {
        m->density = unit == PNG_RESOLUTION_METER ? ANEW_DENSITY_METRE : ANEW_DENSITY_ASPECT;
        m->density_x = x;
        m->density_y = y;
    }
    return true;
}

/* ---- decoding ---------------------------------------------------------------------------------------- */

static void refuse_for_memory(png_coder *d)
{
    d->state.status =
        anew_fail(d->state.error, ANEW_ERROR_MEMORY, "%s: no memory to decode it", d->state.label);
    png_longjmp(d->png, 1);
}

/* The part up to the first row; may leave by longjmp. */
static void read_header(png_coder *d, anew_metadata *metadata, const anew_image_limits *limits)
{
    /* Without bounds they could fill the memory from a small file. */
    static const png_byte ignored[] =
        "bKGD\0eXIf\0hIST\0iTXt\0oFFs\0pCAL\0sCAL\0sPLT\0tEXt\0tIME\0zTXt";
    png_structp png = d->png;
    png_infop info = d->info;
    png_set_read_fn(png, &d->state, on_read);
    png_set_user_limits(png, 0x7fffffff, 0x7fffffff);
    png_set_chunk_malloc_max(png, ANEW_PNG_BLOCK);
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, ignored, (int)(sizeof ignored / 5));
    png_read_info(png, info);
    const png_uint_32 width = png_get_image_width(png, info);
    const png_uint_32 height = png_get_image_height(png, info);
    d->state.status = anew_image_check_size(width, height, d->state.label, limits, d->state.error);
    if (d->state.status != ANEW_OK)
        png_longjmp(png, 1);
    if (!read_colour(metadata, png, info) || !anew_png_blocks(metadata, d->state.input))
        refuse_for_memory(d);

    png_set_expand(png); /* palette to RGB, fewer bits to 8, tRNS to alpha */
    if (png_get_bit_depth(png, info) == 16 && is_little_endian())
        png_set_swap(png); /* file order is big-endian */
    d->passes = png_set_interlace_handling(png);
    png_read_update_info(png, info);
    d->state.image = (anew_image){(int)width, (int)height, png_get_channels(png, info),
                                  png_get_bit_depth(png, info), NULL};
    d->left = d->state.image.height;
}

/* Each pass of an interlaced picture fills in more of all rows. */
static void read_interlaced(png_coder *d)
{
    const anew_image shape = d->state.image;
    d->state.status = anew_image_create(&d->state.image, shape.width, shape.height, shape.channels,
                                        shape.depth, d->state.error);
    if (d->state.status != ANEW_OK)
        png_longjmp(d->png, 1);
    for (d->pass = 0; d->pass < d->passes; d->pass++)
        for (d->y = 0; d->y < d->state.image.height; d->y++)
            png_read_row(d->png,
                         (png_bytep)d->state.image.pixels +
                             (size_t)d->y * png_get_rowbytes(d->png, d->info),
                         NULL);
    png_read_end(d->png, NULL);
}

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

anew_status anew_png_decoder(anew_decoder *decoder, anew_input *input,
                             const anew_image_limits *limits, anew_error *error)
{
    png_coder *d = anew_alloc_zero(sizeof *d);
    const char *label = anew_input_label(input);
    if (d == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to decode it", label);
    d->state = (png_state){.input = input, .label = label, .error = error};
    d->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &d->state, on_error, on_warning);
    d->info = d->png == NULL ? NULL : png_create_info_struct(d->png);
    if (d->info == NULL)
        d->state.status = anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to decode it", label);
    else if (setjmp(png_jmpbuf(d->png)) == 0) {
        read_header(d, &decoder->metadata, limits);
        if (d->passes > 1)
            read_interlaced(d);
    }
    const anew_status status = d->state.status;
    decoder->shape = d->state.image;
    decoder->shape.pixels = NULL;
    decoder->orientation =
        anew_exif_orientation(decoder->metadata.exif.data, decoder->metadata.exif.size);
    if (status == ANEW_OK && d->passes == 1) {
        decoder->state = d;
        decoder->rows = png_next_rows;
        decoder->release = png_release_decoder;
    } else {
        decoder->whole = d->state.image; /* NULL pixels before the rows */
        png_release_decoder(d);
    }
    return status;
}

/* ---- encoding -------------------------------------------------------------------------------------- */

static void on_write(png_structp png, png_bytep bytes, size_t size)
{
    png_state *state = png_get_io_ptr(png);
    state->status = anew_output_write(state->output, bytes, size, state->error);
    if (state->status != ANEW_OK)
        png_longjmp(png, 1);
    state->at += size;
}

static void on_flush(png_structp png)
{
    (void)png;
}

static void refuse_text_for_memory(png_coder *e)
{
    e->state.status =
        anew_fail(e->state.error, ANEW_ERROR_MEMORY, "%s: no memory to encode it", e->state.label);
    png_longjmp(e->png, 1);
}

/* libpng copies all that it is given. */
static void write_texts(png_coder *e, const anew_block *texts)
{
    static char empty[] = "";
    const char *key = NULL, *value = NULL;
    for (size_t at = 0; anew_texts_next(texts, &at, &key, &value);) {
        png_text text = {0};
        bool key_fits = false, value_fits = false;
        if (!anew_latin1_of_utf8(&e->key, key, &key_fits) ||
            !anew_latin1_of_utf8(&e->value, value, &value_fits) ||
            (!value_fits && !anew_block_set(&e->value, value, strlen(value))))
            refuse_text_for_memory(e);
        if (!key_fits)
            continue;
        text.key = (png_charp)e->key.data;
        text.lang = text.lang_key = empty;
        text.compression = value_fits ? PNG_TEXT_COMPRESSION_NONE : PNG_ITXT_COMPRESSION_NONE;
        text.text = (png_charp)e->value.data;
        text.text_length = value_fits ? e->value.size : 0;
        text.itxt_length = value_fits ? 0 : e->value.size;
        png_set_text(e->png, e->info, &text, 1);
    }
}

/* Colour as the source said it, by a profile or else in PNG's own words. libpng looks through a profile; what it
 * finds wrong it says by a warning, and leaves the profile out. */
static void write_metadata(png_coder *e, const anew_metadata *m)
{
    static char name[] = "ICC profile", keyword[] = "XML:com.adobe.xmp", empty[] = "",
                resources[] = "Raw profile type iptc", software[] = "Software";
    const int32_t *c = m->chromaticities;
    if (m->icc.data != NULL) {
        png_set_iCCP(e->png, e->info, name, PNG_COMPRESSION_TYPE_BASE, m->icc.data,
                     (png_uint_32)m->icc.size);
    } else {
        if (m->has_gamma)
            png_set_gAMA_fixed(e->png, e->info, m->gamma);
        if (m->has_chromaticities)
            png_set_cHRM_fixed(e->png, e->info, c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7]);
        if (m->has_srgb)
            png_set_sRGB(e->png, e->info, m->srgb_intent);
    }
    if (m->density != ANEW_DENSITY_NONE)
        png_set_pHYs(
            e->png, e->info, (png_uint_32)lround(m->density_x), (png_uint_32)lround(m->density_y),
            m->density == ANEW_DENSITY_METRE ? PNG_RESOLUTION_METER : PNG_RESOLUTION_UNKNOWN);
    if (m->xmp.data != NULL) {
        png_text text = {0};
        text.compression = PNG_ITXT_COMPRESSION_NONE;
        text.key = keyword;
        text.text = (png_charp)m->xmp.data;
        text.itxt_length = m->xmp.size;
        text.lang = text.lang_key = empty;
        png_set_text(e->png, e->info, &text, 1);
    }
    if (m->provenance.data != NULL) {
        png_text text = {0};
        text.compression = PNG_TEXT_COMPRESSION_NONE;
        text.key = software;
        text.text = (png_charp)m->provenance.data;
        text.text_length = m->provenance.size;
        png_set_text(e->png, e->info, &text, 1);
    }
    if (m->iptc.data != NULL) {
        png_text text = {0};
        if (!anew_raw_profile_write(&e->text, "iptc", &m->iptc))
            refuse_text_for_memory(e);
        text.compression = PNG_TEXT_COMPRESSION_zTXt;
        text.key = resources;
        text.text = (png_charp)e->text.data;
        text.text_length = e->text.size;
        png_set_text(e->png, e->info, &text, 1);
    }
    write_texts(e, &m->texts);
}

#define CHUNK_HEAD 8 /* length and name */

static const uint8_t exif_name[] = "eXIf";

static void write_header(png_coder *e, const anew_image *shape, const anew_metadata *metadata,
                         const anew_image_options *options)
{
    static const int colour_types[] = {0, PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA,
                                       PNG_COLOR_TYPE_RGB, PNG_COLOR_TYPE_RGB_ALPHA};
    png_set_write_fn(e->png, &e->state, on_write, on_flush);
    png_set_user_limits(e->png, 0x7fffffff, 0x7fffffff);
    /* Of a photo's filtered rows little repeats but runs of zeros: looking for more makes the file 1 % smaller and
     * takes eight times as long, a third of a whole run (bench/NOTES.md). */
    if (options->png_compression >= 0)
        png_set_compression_level(e->png, options->png_compression);
    else
        png_set_compression_strategy(e->png, Z_RLE);
    png_set_IHDR(e->png, e->info, (png_uint_32)shape->width, (png_uint_32)shape->height,
                 shape->depth, colour_types[shape->channels], PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_set_benign_errors(e->png, 1);
    write_metadata(e, metadata);
    png_write_info_before_PLTE(e->png, e->info);
    /* Not by png_set_eXIf_1, which does not say where it comes to stand. */
    if (metadata->exif.data != NULL) {
        e->exif = &metadata->exif;
        e->exif_at = e->state.at + CHUNK_HEAD;
        png_write_chunk(e->png, exif_name, e->exif->data, e->exif->size);
    }
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

/* The chunk's data, and its checksum behind them. */
static anew_status png_rewrite_exif(void *state, anew_error *error)
{
    const png_coder *e = state;
    uint8_t sum[4];
    if (e->exif_at == 0)
        return ANEW_OK;
    png_save_uint_32(
        sum, (png_uint_32)crc32(crc32(0, exif_name, 4), e->exif->data, (uInt)e->exif->size));
    ANEW_TRY(anew_output_rewrite(e->state.output, e->exif_at, e->exif->data, e->exif->size, error));
    return anew_output_rewrite(e->state.output, e->exif_at + e->exif->size, sum, sizeof sum, error);
}

static void png_release(void *state)
{
    png_coder *e = state;
    png_destroy_write_struct(&e->png, &e->info);
    anew_free(e->text.data);
    anew_free(e->key.data);
    anew_free(e->value.data);
    anew_free(e);
}

anew_status anew_png_encoder(anew_encoder *encoder, const anew_image *shape,
                             const anew_metadata *metadata, anew_output *output, const char *label,
                             const anew_image_options *options, anew_error *error)
{
    png_coder *e = anew_alloc_zero(sizeof *e);
    *encoder = (anew_encoder){NULL, png_rows, png_finish, png_release, png_rewrite_exif};
    if (e == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to encode it", label);
    e->state = (png_state){.output = output, .label = label, .error = error};
    e->png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &e->state, on_error, on_warning);
    e->info = e->png == NULL ? NULL : png_create_info_struct(e->png);
    if (e->info == NULL)
        e->state.status = anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to encode it", label);
    else if (setjmp(png_jmpbuf(e->png)) == 0)
        write_header(e, shape, metadata, options);
    const anew_status status = e->state.status;
    if (status == ANEW_OK)
        encoder->state = e;
    else
        png_release(e);
    return status;
}
