/*
 * image_jpeg.c - JPEG; the only file that sees libjpeg-turbo.
 *
 * Gray, YCbCr of any subsampling, RGB, CMYK and YCCK (turned into RGB), baseline and progressive. The
 * EXIF orientation is applied. libjpeg goes on with gray pixels when data is missing; a picture that
 * would be half invented is refused here. Errors come by longjmp, so all state lives in a struct.
 */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>

#include "core/memory.h"
#include "image/formats.h"

#define DEFAULT_QUALITY 92

/* Quality from which colour is kept at full resolution. */
#define FULL_CHROMA_QUALITY 90

typedef struct jpeg_state {
    struct jpeg_error_mgr manager; /* first: libjpeg hands out its address */
    jmp_buf escape;
    const char *label;
    anew_error *error;
    anew_status status;
    anew_image image;
    uint8_t *row;
    uint8_t *encoded; /* malloc'ed by libjpeg */
    unsigned long encoded_bytes;
} jpeg_state;

static void on_fatal(j_common_ptr jpeg)
{
    jpeg_state *state = (jpeg_state *)(void *)jpeg->err;
    char text[JMSG_LENGTH_MAX];
    (*jpeg->err->format_message)(jpeg, text);
    if (state->status == ANEW_OK)
        state->status =
            anew_fail(state->error, ANEW_ERROR_FORMAT, "%s: damaged JPEG: %s", state->label, text);
    longjmp(state->escape, 1);
}

/* Level -1 is a warning about corrupt data; 0 and more are traces. */
static void on_message(j_common_ptr jpeg, int level)
{
    if (level >= 0)
        return;
    switch (jpeg->err->msg_code) {
    case JWRN_EXTRANEOUS_DATA: /* bytes between markers: harmless, and common */
    case JWRN_ADOBE_XFORM:
    case JWRN_JFIF_MAJOR:
        return;
    default:
        on_fatal(jpeg);
    }
}

static void set_handlers(jpeg_state *state, const char *label, anew_error *error)
{
    state->label = label;
    state->error = error;
    jpeg_std_error(&state->manager);
    state->manager.error_exit = on_fatal;
    state->manager.emit_message = on_message;
}

/* ---- decoding ------------------------------------------------------------------------------------ */

/* CMYK of Adobe files is stored inverted: 255 is no ink. Without a colour profile the product of the
 * two is what viewers show. */
static void ink_to_rgb(uint8_t *rgb, const uint8_t *cmyk, int width, bool inverted)
{
    for (int x = 0; x < width; x++, rgb += 3, cmyk += 4)
        for (int c = 0; c < 3; c++) {
            const unsigned int ink = inverted ? cmyk[c] : 255u - cmyk[c];
            const unsigned int black = inverted ? cmyk[3] : 255u - cmyk[3];
            rgb[c] = (uint8_t)((ink * black + 127) / 255);
        }
}

static int orientation_of(const struct jpeg_decompress_struct *jpeg)
{
    for (jpeg_saved_marker_ptr m = jpeg->marker_list; m != NULL; m = m->next)
        if (m->marker == JPEG_APP0 + 1 && m->data_length > 6 && memcmp(m->data, "Exif\0\0", 6) == 0)
            return anew_exif_orientation(m->data + 6, m->data_length - 6);
    return 1;
}

static void read_picture(struct jpeg_decompress_struct *jpeg, jpeg_state *state,
                         const uint8_t *data, size_t size, const anew_image_limits *limits)
{
    jpeg_mem_src(jpeg, data, (unsigned long)size);
    jpeg_save_markers(jpeg, JPEG_APP0 + 1, 0xffff);
    (void)jpeg_read_header(jpeg, TRUE);
    state->status = anew_image_check_size(jpeg->image_width, jpeg->image_height, state->label,
                                          limits, state->error);
    if (state->status != ANEW_OK)
        longjmp(state->escape, 1);
    const bool ink = jpeg->num_components == 4;
    if (ink)
        jpeg->out_color_space = JCS_CMYK;
    else
        jpeg->out_color_space = jpeg->num_components == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg->dct_method = JDCT_ISLOW;
    (void)jpeg_start_decompress(jpeg);
    const int width = (int)jpeg->output_width, channels = jpeg->num_components == 1 ? 1 : 3;
    state->status = anew_image_create(&state->image, width, (int)jpeg->output_height, channels, 8,
                                      state->error);
    if (state->status == ANEW_OK && ink) {
        state->row = anew_alloc((size_t)width * 4);
        if (state->row == NULL)
            state->status = anew_fail(state->error, ANEW_ERROR_MEMORY, "%s: no memory to decode it",
                                      state->label);
    }
    if (state->status != ANEW_OK)
        longjmp(state->escape, 1);
    while (jpeg->output_scanline < jpeg->output_height) {
        uint8_t *pixels = (uint8_t *)state->image.pixels +
                          (size_t)jpeg->output_scanline * (size_t)width * (size_t)channels;
        JSAMPROW row = ink ? state->row : pixels;
        (void)jpeg_read_scanlines(jpeg, &row, 1);
        if (ink)
            ink_to_rgb(pixels, state->row, width, jpeg->saw_Adobe_marker);
    }
    const int orientation = orientation_of(jpeg);
    (void)jpeg_finish_decompress(jpeg);
    state->status = anew_image_orient(&state->image, orientation, state->label, state->error);
}

anew_status anew_jpeg_decode(anew_image *image, const uint8_t *data, size_t size, const char *label,
                             const anew_image_limits *limits, anew_error *error)
{
    struct jpeg_decompress_struct jpeg;
    jpeg_state *state = anew_alloc_zero(sizeof *state);
    if (state == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to decode it", label);
    memset(&jpeg, 0, sizeof jpeg);
    set_handlers(state, label, error);
    jpeg.err = &state->manager;
    if (setjmp(state->escape) == 0) {
        jpeg_create_decompress(&jpeg);
        read_picture(&jpeg, state, data, size, limits);
    }
    jpeg_destroy_decompress(&jpeg);
    const anew_status status = state->status;
    if (status == ANEW_OK)
        *image = state->image;
    else
        anew_image_free(&state->image);
    anew_free(state->row);
    anew_free(state);
    return status;
}

/* ---- encoding ------------------------------------------------------------------------------------ */

static void write_picture(struct jpeg_compress_struct *jpeg, jpeg_state *state, int quality)
{
    const anew_image *image = &state->image;
    jpeg_mem_dest(jpeg, &state->encoded, &state->encoded_bytes);
    jpeg->image_width = (JDIMENSION)image->width;
    jpeg->image_height = (JDIMENSION)image->height;
    jpeg->input_components = image->channels;
    jpeg->in_color_space = image->channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(jpeg);
    jpeg_set_quality(jpeg, quality, TRUE);
    jpeg->optimize_coding = TRUE;
    jpeg->dct_method = JDCT_ISLOW;
    if (image->channels == 3 && quality >= FULL_CHROMA_QUALITY) {
        jpeg->comp_info[0].h_samp_factor = 1;
        jpeg->comp_info[0].v_samp_factor = 1;
    }
    jpeg_start_compress(jpeg, TRUE);
    const size_t samples = (size_t)image->width * (size_t)image->channels;
    while (jpeg->next_scanline < jpeg->image_height) {
        const size_t first = (size_t)jpeg->next_scanline * samples;
        JSAMPROW row = (uint8_t *)image->pixels + first;
        if (image->depth == 16) {
            const uint16_t *wide = (const uint16_t *)image->pixels + first;
            for (size_t i = 0; i < samples; i++)
                state->row[i] = (uint8_t)((wide[i] * 255u + 32767u) / 65535u);
            row = state->row;
        }
        (void)jpeg_write_scanlines(jpeg, &row, 1);
    }
    jpeg_finish_compress(jpeg);
}

anew_status anew_jpeg_encode(const anew_image *image, anew_output *output, const char *label,
                             const anew_image_options *options, anew_error *error)
{
    struct jpeg_compress_struct jpeg;
    jpeg_state *state = anew_alloc_zero(sizeof *state);
    if (state == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to encode it", label);
    memset(&jpeg, 0, sizeof jpeg);
    set_handlers(state, label, error);
    state->image = *image;
    state->row = anew_alloc(anew_size_mul((size_t)image->width, (size_t)image->channels));
    if (state->row == NULL)
        state->status = anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to encode it", label);
    jpeg.err = &state->manager;
    if (state->status == ANEW_OK && setjmp(state->escape) == 0) {
        jpeg_create_compress(&jpeg);
        write_picture(&jpeg, state,
                      options->jpeg_quality == 0 ? DEFAULT_QUALITY : options->jpeg_quality);
    }
    jpeg_destroy_compress(&jpeg);
    anew_status status = state->status;
    if (status == ANEW_OK)
        status = anew_output_write(output, state->encoded, state->encoded_bytes, error);
    free(state->encoded);
    anew_free(state->row);
    anew_free(state);
    return status;
}
