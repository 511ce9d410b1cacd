/*
 * image_jpeg.c - JPEG; the only file that sees libjpeg-turbo.
 *
 * Gray, YCbCr of any subsampling, RGB, CMYK and YCCK (turned into RGB), baseline and progressive. libjpeg goes on with gray pixels when data is missing; a picture that
 * would be half invented is refused here. Errors come by longjmp, so all state lives in a struct.
 */
#include <math.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>

#include "core/memory.h"
#include "image/formats.h"
#include "image/texts.h"

#define DEFAULT_QUALITY 92

/* Quality from which colour is kept at full resolution. */
#define FULL_CHROMA_QUALITY 90

/* Progressive files have about ten scans, each of which passes over the whole picture; a few bytes a scan
 * would keep a decoder busy for minutes. */
#define MAX_SCANS 100

typedef struct jpeg_state {
    struct jpeg_error_mgr manager; /* first: libjpeg hands out its address */
    jmp_buf escape;
    struct jpeg_progress_mgr progress;
    const char *label;
    anew_error *error;
    anew_status status;
    anew_image image;
    uint8_t *row;
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

/* While a progressive picture is decoded. */
static void on_progress(j_common_ptr jpeg)
{
    jpeg_state *state = (jpeg_state *)(void *)jpeg->err;
    if (((j_decompress_ptr)jpeg)->input_scan_number <= MAX_SCANS)
        return;
    state->status = anew_fail(state->error, ANEW_ERROR_LIMIT,
                              "%s: a JPEG of more than %d scans, each as large as the picture",
                              state->label, MAX_SCANS);
    longjmp(state->escape, 1);
}

static void set_handlers(jpeg_state *state, const char *label, anew_error *error)
{
    state->label = label;
    state->error = error;
    jpeg_std_error(&state->manager);
    state->manager.error_exit = on_fatal;
    state->manager.emit_message = on_message;
}

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

/* ---- metadata in ------------------------------------------------------------------------------------ */

#define EXIF_HEAD "Exif\0" /* and the string's own zero */
#define XMP_HEAD  "http://ns.adobe.com/xap/1.0/"
#define IPTC_HEAD "Photoshop 3.0"

/* The first APP1 that begins with these bytes, without them, as a block; false without memory. */
static bool take_marker(anew_block *block, const struct jpeg_decompress_struct *jpeg,
                        const char *head, unsigned int head_bytes)
{
    for (jpeg_saved_marker_ptr m = jpeg->marker_list; m != NULL; m = m->next)
        if (m->marker == JPEG_APP0 + 1 && m->data_length > head_bytes &&
            memcmp(m->data, head, head_bytes) == 0)
            return anew_block_set(block, m->data + head_bytes, m->data_length - head_bytes);
    return true;
}

/* All APP13 that begin so, one behind the other: long lists are cut anywhere. False without memory. */
static bool take_iptc(anew_block *block, const struct jpeg_decompress_struct *jpeg)
{
    size_t bytes = 0;
    for (int turn = 0; turn < 2; turn++) {
        if (turn == 1) {
            block->data = bytes == 0 ? NULL : anew_alloc_zero(bytes + 1);
            if (block->data == NULL)
                return bytes == 0;
        }
        for (jpeg_saved_marker_ptr m = jpeg->marker_list; m != NULL; m = m->next) {
            if (m->marker != JPEG_APP0 + 13 || m->data_length <= sizeof IPTC_HEAD ||
                memcmp(m->data, IPTC_HEAD, sizeof IPTC_HEAD) != 0)
                continue;
            const size_t part = m->data_length - sizeof IPTC_HEAD;
            if (turn == 0) {
                bytes += part;
            } else {
                memcpy(block->data + block->size, m->data + sizeof IPTC_HEAD, part);
                block->size += part;
            }
        }
    }
    return true;
}

/* The first comment of ours; false without memory. */
static bool take_provenance(anew_block *block, const struct jpeg_decompress_struct *jpeg)
{
    for (jpeg_saved_marker_ptr m = jpeg->marker_list; m != NULL; m = m->next)
        if (m->marker == JPEG_COM && anew_is_provenance(m->data, m->data_length))
            return anew_block_set(block, m->data, m->data_length);
    return true;
}

/* All others, in UTF-8: no byte says which characters they are, and what is not UTF-8 is taken for Latin-1. False without
 * memory. */
static bool take_comments(anew_block *texts, const struct jpeg_decompress_struct *jpeg)
{
    bool memory = true;
    for (jpeg_saved_marker_ptr m = jpeg->marker_list; m != NULL && memory; m = m->next) {
        anew_block text = {0};
        if (m->marker != JPEG_COM || m->data_length == 0 ||
            anew_is_provenance(m->data, m->data_length))
            continue;
        memory = anew_block_set(&text, m->data, m->data_length);
        if (memory && !anew_is_utf8((const char *)text.data))
            memory = anew_utf8_of_latin1(&text, m->data, m->data_length);
        memory = memory && anew_texts_add(texts, "Comment", text.data, text.size);
        anew_free(text.data);
    }
    return memory;
}

/* False without memory. */
static bool read_metadata(anew_metadata *m, struct jpeg_decompress_struct *jpeg)
{
    JOCTET *profile = NULL;
    unsigned int bytes = 0;
    bool memory = true;
    if (jpeg_read_icc_profile(jpeg, &profile, &bytes)) {
        memory = anew_block_set(&m->icc, profile, bytes);
        free(profile);
    }
    if (jpeg->saw_JFIF_marker && jpeg->X_density > 0 && jpeg->Y_density > 0) {
        const double metre = jpeg->density_unit == 1   ? 1 / 0.0254
                             : jpeg->density_unit == 2 ? 100
                                                       : 1;
        m->density_x = jpeg->X_density * metre;
        m->density_y = jpeg->Y_density * metre;
        if (jpeg->density_unit != 0)
            m->density = ANEW_DENSITY_METRE;
        else if (jpeg->X_density != jpeg->Y_density)
            m->density = ANEW_DENSITY_ASPECT;
    }
    return memory && take_marker(&m->exif, jpeg, EXIF_HEAD, sizeof EXIF_HEAD) &&
           take_marker(&m->xmp, jpeg, XMP_HEAD, sizeof XMP_HEAD) && take_iptc(&m->iptc, jpeg) &&
           take_provenance(&m->provenance, jpeg) && take_comments(&m->texts, jpeg);
}

/* ---- decoding ------------------------------------------------------------------------------------ */

#define PORTION 65536

typedef struct jpeg_decoder {
    jpeg_state state;
    struct jpeg_decompress_struct jpeg;
    struct jpeg_source_mgr source;
    anew_input *input;
    uint64_t at; /* of the first byte behind the buffer */
    uint8_t buffer[PORTION];
} jpeg_decoder;

static void begin_input(j_decompress_ptr jpeg)
{
    (void)jpeg;
}

static boolean read_portion(j_decompress_ptr jpeg)
{
    jpeg_decoder *d = jpeg->client_data;
    const size_t bytes = anew_input_some(d->input, d->at, d->buffer, PORTION);
    if (bytes == 0)
        ERREXIT(jpeg, JERR_INPUT_EOF);
    d->at += bytes;
    d->source.next_input_byte = d->buffer;
    d->source.bytes_in_buffer = bytes;
    return TRUE;
}

static void skip_bytes(j_decompress_ptr jpeg, long count)
{
    jpeg_decoder *d = jpeg->client_data;
    const size_t bytes = count > 0 ? (size_t)count : 0;
    if (bytes <= d->source.bytes_in_buffer) {
        d->source.next_input_byte += bytes;
        d->source.bytes_in_buffer -= bytes;
    } else {
        d->at += bytes - d->source.bytes_in_buffer;
        d->source.bytes_in_buffer = 0;
    }
}

static void end_input(j_decompress_ptr jpeg)
{
    (void)jpeg;
}

static void refuse_for_memory(jpeg_state *state)
{
    state->status =
        anew_fail(state->error, ANEW_ERROR_MEMORY, "%s: no memory to decode it", state->label);
    longjmp(state->escape, 1);
}

/* libjpeg keeps tables row by row, not in the zigzag of the file. */
static void read_facts(anew_jpeg_facts *facts, const struct jpeg_decompress_struct *jpeg)
{
    const jpeg_component_info *luma = &jpeg->comp_info[0];
    const JQUANT_TBL *table = luma->quant_table; /* of its first scan */
    if (table == NULL)
        return;
    facts->has_table = true;
    for (int i = 0; i < 64; i++)
        facts->table[i] = table->quantval[i];
    facts->chroma_x = facts->chroma_y = 1;
    if (jpeg->num_components < 3)
        return;
    facts->chroma_x = jpeg->max_h_samp_factor / jpeg->comp_info[1].h_samp_factor;
    facts->chroma_y = jpeg->max_v_samp_factor / jpeg->comp_info[1].v_samp_factor;
}

/* Up to the first row; the shape into state.image. */
static void start_reading(jpeg_decoder *d, anew_metadata *metadata, const anew_image_limits *limits)
{
    struct jpeg_decompress_struct *jpeg = &d->jpeg;
    jpeg_state *state = &d->state;
    jpeg_create_decompress(jpeg);
    jpeg->client_data = d;
    d->source = (struct jpeg_source_mgr){.init_source = begin_input,
                                         .fill_input_buffer = read_portion,
                                         .skip_input_data = skip_bytes,
                                         .resync_to_restart = jpeg_resync_to_restart,
                                         .term_source = end_input};
    jpeg->src = &d->source;
    jpeg_save_markers(jpeg, JPEG_APP0 + 1, 0xffff);
    jpeg_save_markers(jpeg, JPEG_APP0 + 2, 0xffff);
    jpeg_save_markers(jpeg, JPEG_APP0 + 13, 0xffff);
    jpeg_save_markers(jpeg, JPEG_COM, 0xffff);
    (void)jpeg_read_header(jpeg, TRUE);
    state->progress.progress_monitor = on_progress;
    jpeg->progress = &state->progress;
    state->status = anew_image_check_size(jpeg->image_width, jpeg->image_height, state->label,
                                          limits, state->error);
    if (state->status != ANEW_OK)
        longjmp(state->escape, 1);
    if (!read_metadata(metadata, jpeg))
        refuse_for_memory(state);
    if (jpeg->num_components == 4)
        jpeg->out_color_space = JCS_CMYK;
    else
        jpeg->out_color_space = jpeg->num_components == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg->dct_method = JDCT_ISLOW;
    (void)jpeg_start_decompress(jpeg);
    state->image = (anew_image){(int)jpeg->output_width, (int)jpeg->output_height,
                                jpeg->num_components == 1 ? 1 : 3, 8, NULL};
    if (jpeg->num_components == 4) {
        state->row = anew_alloc((size_t)jpeg->output_width * 4);
        if (state->row == NULL)
            refuse_for_memory(state);
    }
}

static void read_rows(jpeg_decoder *d, uint8_t *pixels, int rows)
{
    struct jpeg_decompress_struct *jpeg = &d->jpeg;
    const int width = d->state.image.width;
    const size_t row_bytes = (size_t)width * (size_t)d->state.image.channels;
    for (int y = 0; y < rows; y++, pixels += row_bytes) {
        JSAMPROW row = d->state.row != NULL ? d->state.row : pixels;
        (void)jpeg_read_scanlines(jpeg, &row, 1);
        if (d->state.row != NULL)
            ink_to_rgb(pixels, d->state.row, width, jpeg->saw_Adobe_marker);
    }
    if (jpeg->output_scanline == jpeg->output_height)
        (void)jpeg_finish_decompress(jpeg);
}

static anew_status jpeg_next_rows(void *state, void *pixels, int rows, anew_error *error)
{
    jpeg_decoder *d = state;
    d->state.error = error;
    if (setjmp(d->state.escape) == 0)
        read_rows(d, pixels, rows);
    return d->state.status;
}

static void jpeg_release_decoder(void *state)
{
    jpeg_decoder *d = state;
    jpeg_destroy_decompress(&d->jpeg);
    anew_free(d->state.row);
    anew_free(d);
}

anew_status anew_jpeg_decoder(anew_decoder *decoder, anew_input *input,
                              const anew_image_limits *limits, anew_error *error)
{
    jpeg_decoder *d = anew_alloc_zero(sizeof *d);
    const char *label = anew_input_label(input);
    if (d == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to decode it", label);
    set_handlers(&d->state, label, error);
    d->jpeg.err = &d->state.manager;
    d->input = input;
    if (setjmp(d->state.escape) == 0)
        start_reading(d, &decoder->metadata, limits);
    const anew_status status = d->state.status;
    if (status == ANEW_OK)
        read_facts(&decoder->jpeg, &d->jpeg);
    decoder->state = d;
    decoder->rows = jpeg_next_rows;
    decoder->release = jpeg_release_decoder;
    decoder->shape = d->state.image;
    decoder->orientation =
        anew_exif_orientation(decoder->metadata.exif.data, decoder->metadata.exif.size);
    return status;
}

/* ---- encoding ------------------------------------------------------------------------------------ */

/* Pixels up to which the Huffman tables are optimised: libjpeg then holds all coefficients. */
#define OPTIMISED_PIXELS ((int64_t)32 << 20)

typedef struct jpeg_encoder {
    jpeg_state state;
    struct jpeg_compress_struct jpeg;
    struct jpeg_destination_mgr destination;
    anew_output *output;
    uint64_t at; /* bytes that have left the buffer */
    const anew_block *exif;
    uint64_t exif_at; /* where it begins in the file; 0: it was left out */
    uint8_t buffer[PORTION];
} jpeg_encoder;

static void begin_output(j_compress_ptr jpeg)
{
    jpeg_encoder *e = jpeg->client_data;
    e->destination.next_output_byte = e->buffer;
    e->destination.free_in_buffer = PORTION;
}

static void write_bytes(jpeg_encoder *e, size_t bytes)
{
    e->state.status = anew_output_write(e->output, e->buffer, bytes, e->state.error);
    if (e->state.status != ANEW_OK)
        longjmp(e->state.escape, 1);
    e->at += bytes;
}

/* The whole buffer is full, whatever free_in_buffer says (libjpeg.txt). */
static boolean write_portion(j_compress_ptr jpeg)
{
    jpeg_encoder *e = jpeg->client_data;
    write_bytes(e, PORTION);
    begin_output(jpeg);
    return TRUE;
}

static void end_output(j_compress_ptr jpeg)
{
    jpeg_encoder *e = jpeg->client_data;
    write_bytes(e, PORTION - e->destination.free_in_buffer);
}

/* JFIF holds whole dots an inch or a centimetre: the unit in which the density is whole, or inches. */
static void write_density(struct jpeg_compress_struct *jpeg, const anew_metadata *m)
{
    const double x = m->density_x, y = m->density_y;
    const bool inch = fabs(x * 0.0254 - round(x * 0.0254)) < 0.005;
    const bool centimetre = !inch && fabs(x / 100 - round(x / 100)) < 1e-6;
    const double unit = m->density == ANEW_DENSITY_ASPECT ? 1 : centimetre ? 0.01 : 0.0254;
    if (m->density == ANEW_DENSITY_NONE || x * unit < 0.5 || y * unit < 0.5 || x * unit > 65535 ||
        y * unit > 65535)
        return;
    jpeg->density_unit = m->density == ANEW_DENSITY_ASPECT ? 0 : centimetre ? 2 : 1;
    jpeg->X_density = (UINT16)lround(x * unit);
    jpeg->Y_density = (UINT16)lround(y * unit);
}

#define MARKER_BYTES 65533 /* thumbnail.c knows it, too */

static void write_marker(jpeg_encoder *e, int marker, const char *head, size_t head_bytes,
                         const uint8_t *data, size_t size)
{
    jpeg_write_m_header(&e->jpeg, marker, (unsigned int)(size + head_bytes));
    for (size_t i = 0; i < head_bytes; i++)
        jpeg_write_m_byte(&e->jpeg, head[i]);
    for (size_t i = 0; i < size; i++)
        jpeg_write_m_byte(&e->jpeg, data[i]);
}

/* What is longer than a marker cannot be in a JPEG, and is left out: false. */
static bool write_block(jpeg_encoder *e, const anew_block *block, const char *head,
                        size_t head_bytes)
{
    if (block->data == NULL || block->size + head_bytes > MARKER_BYTES)
        return false;
    write_marker(e, JPEG_APP0 + 1, head, head_bytes, block->data, block->size);
    return true;
}

/* A list of resources may go through several markers. */
static void write_iptc(jpeg_encoder *e, const anew_block *iptc)
{
    const size_t most = MARKER_BYTES - sizeof IPTC_HEAD;
    for (size_t at = 0; at < iptc->size; at += most)
        write_marker(e, JPEG_APP0 + 13, IPTC_HEAD, sizeof IPTC_HEAD, iptc->data + at,
                     iptc->size - at < most ? iptc->size - at : most);
}

/* Of the texts a JPEG has a place for one kind. */
static void write_comments(jpeg_encoder *e, const anew_block *texts)
{
    const char *key = NULL, *value = NULL;
    for (size_t at = 0; anew_texts_next(texts, &at, &key, &value);) {
        const size_t size = strlen(value);
        if (strcmp(key, "Comment") == 0 && size > 0 && size <= MARKER_BYTES)
            write_marker(e, JPEG_COM, NULL, 0, (const uint8_t *)value, size);
    }
}

static void start_picture(jpeg_encoder *e, const anew_image *shape, const anew_metadata *metadata,
                          const anew_image_options *options)
{
    const int quality = options->quality == 0 ? DEFAULT_QUALITY : options->quality;
    const bool full = options->jpeg_chroma == 444 ||
                      (options->jpeg_chroma == 0 && quality >= FULL_CHROMA_QUALITY);
    struct jpeg_compress_struct *jpeg = &e->jpeg;
    jpeg_create_compress(jpeg);
    jpeg->client_data = e;
    e->destination = (struct jpeg_destination_mgr){.init_destination = begin_output,
                                                   .empty_output_buffer = write_portion,
                                                   .term_destination = end_output};
    jpeg->dest = &e->destination;
    jpeg->image_width = (JDIMENSION)shape->width;
    jpeg->image_height = (JDIMENSION)shape->height;
    jpeg->input_components = shape->channels;
    jpeg->in_color_space = shape->channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(jpeg);
    jpeg_set_quality(jpeg, quality, TRUE);
    jpeg->optimize_coding = (int64_t)shape->width * shape->height <= OPTIMISED_PIXELS;
    jpeg->dct_method = JDCT_ISLOW;
    if (shape->channels == 3 && full) {
        jpeg->comp_info[0].h_samp_factor = 1;
        jpeg->comp_info[0].v_samp_factor = 1;
    }
    write_density(jpeg, metadata);
    jpeg_start_compress(jpeg, TRUE);
    e->exif = &metadata->exif;
    if (write_block(e, e->exif, EXIF_HEAD, sizeof EXIF_HEAD))
        e->exif_at = e->at + PORTION - e->destination.free_in_buffer - e->exif->size;
    (void)write_block(e, &metadata->xmp, XMP_HEAD, sizeof XMP_HEAD);
    write_iptc(e, &metadata->iptc);
    if (metadata->provenance.data != NULL)
        write_marker(e, JPEG_COM, NULL, 0, metadata->provenance.data, metadata->provenance.size);
    write_comments(e, &metadata->texts); /* last, so that ours is the first that looks like ours */
    if (metadata->icc.data != NULL)
        jpeg_write_icc_profile(jpeg, metadata->icc.data, (unsigned int)metadata->icc.size);
}

static void write_rows(jpeg_encoder *e, const anew_image *part)
{
    const size_t samples = (size_t)part->width * (size_t)part->channels;
    for (int y = 0; y < part->height; y++) {
        const size_t first = (size_t)y * samples;
        JSAMPROW row = (uint8_t *)part->pixels + first;
        if (part->depth == 16) {
            const uint16_t *wide = (const uint16_t *)part->pixels + first;
            for (size_t i = 0; i < samples; i++)
                e->state.row[i] = (uint8_t)((wide[i] * 255u + 32767u) / 65535u);
            row = e->state.row;
        }
        (void)jpeg_write_scanlines(&e->jpeg, &row, 1);
    }
}

static anew_status jpeg_rows(void *state, const anew_image *part, anew_error *error)
{
    jpeg_encoder *e = state;
    e->state.error = error;
    if (setjmp(e->state.escape) == 0)
        write_rows(e, part);
    return e->state.status;
}

static anew_status jpeg_finish(void *state, anew_error *error)
{
    jpeg_encoder *e = state;
    e->state.error = error;
    if (setjmp(e->state.escape) == 0)
        jpeg_finish_compress(&e->jpeg);
    return e->state.status;
}

static anew_status jpeg_rewrite_exif(void *state, anew_error *error)
{
    const jpeg_encoder *e = state;
    return e->exif_at == 0
               ? ANEW_OK
               : anew_output_rewrite(e->output, e->exif_at, e->exif->data, e->exif->size, error);
}

static void jpeg_release(void *state)
{
    jpeg_encoder *e = state;
    jpeg_destroy_compress(&e->jpeg);
    anew_free(e->state.row);
    anew_free(e);
}

anew_status anew_jpeg_encoder(anew_encoder *encoder, const anew_image *shape,
                              const anew_metadata *metadata, anew_output *output, const char *label,
                              const anew_image_options *options, anew_error *error)
{
    jpeg_encoder *e = anew_alloc_zero(sizeof *e);
    *encoder = (anew_encoder){NULL, jpeg_rows, jpeg_finish, jpeg_release, jpeg_rewrite_exif};
    if (e == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to encode it", label);
    set_handlers(&e->state, label, error);
    e->output = output;
    e->jpeg.err = &e->state.manager;
    e->state.row = anew_alloc(anew_size_mul((size_t)shape->width, (size_t)shape->channels));
    if (e->state.row == NULL)
        e->state.status = anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to encode it", label);
    else if (setjmp(e->state.escape) == 0)
        start_picture(e, shape, metadata, options);
    const anew_status status = e->state.status;
    if (status == ANEW_OK)
        encoder->state = e;
    else
        jpeg_release(e);
    return status;
}
