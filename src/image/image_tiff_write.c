/*
 * image_tiff_write.c - writing TIFF: strips, deflated after a horizontal predictor, which loses nothing.
 *
 * The directory stands behind the rows, and the file's head says where; so libtiff goes back once. Where the output
 * cannot (a pipe), the file is kept in memory until it is complete. EXIF: texts into the first directory, those for
 * EXIF and GPS as they are, behind the rows; the file has the block's byte order for it (exif_move.c).
 */
#include <math.h>
#include <string.h>
#include <tiffio.h>

#include "core/memory.h"
#include "image/formats.h"

#define STRIP_BYTES ((size_t)256 << 10)

/* From so many bytes of pixels on a file is written that may go beyond 4 GB. */
#define LARGE ((double)(3ull << 30))

#define EXIF_DIRECTORY 0x8769
#define GPS_DIRECTORY  0x8825

typedef struct tiff_encoder {
    anew_output *output;
    uint64_t at, end;
    bool held; /* all bytes are in `bytes` */
    uint8_t *bytes;
    size_t capacity;
    const char *label;
    anew_error *error;
    anew_status status;
    TIFF *tiff;
    uint8_t *row; /* libtiff's predictor works in place */
    size_t row_bytes;
    uint32_t next;
    anew_block exif; /* a copy: the picture's metadata live as long, but say so nowhere */
    bool large;
} tiff_encoder;

/* ---- what libtiff calls ------------------------------------------------------------------------------- */

static int on_error(TIFF *tiff, void *user, const char *module, const char *format, va_list list)
    ANEW_PRINTF(4, 0);
static int on_error(TIFF *tiff, void *user, const char *module, const char *format, va_list list)
{
    tiff_encoder *e = user;
    char text[256];
    (void)tiff;
    (void)module;
    (void)vsnprintf(text, sizeof text, format, list);
    if (e->status == ANEW_OK)
        e->status = anew_fail(e->error, ANEW_ERROR_UNSUPPORTED, "%s: libtiff refuses it: %s",
                              e->label, text);
    return 1;
}

static int on_warning(TIFF *tiff, void *user, const char *module, const char *format, va_list list)
{
    (void)tiff;
    (void)user;
    (void)module;
    (void)format;
    (void)list;
    return 1;
}

static anew_status no_memory(tiff_encoder *e)
{
    return anew_fail(e->error, ANEW_ERROR_MEMORY, "%s: no memory to encode it", e->label);
}

static tmsize_t on_read(thandle_t handle, void *to, tmsize_t bytes)
{
    (void)handle;
    (void)to;
    (void)bytes;
    return 0;
}

/* At the end, or over what is there. */
static anew_status put(tiff_encoder *e, const void *from, size_t bytes)
{
    if (e->held) {
        uint8_t *more = anew_grow(e->bytes, &e->capacity, (size_t)e->at + bytes, 1);
        if (more == NULL)
            return no_memory(e);
        e->bytes = more;
        memcpy(e->bytes + e->at, from, bytes);
    } else {
        const size_t before = e->at >= e->end          ? 0
                              : bytes < e->end - e->at ? bytes
                                                       : (size_t)(e->end - e->at);
        ANEW_TRY(anew_output_rewrite(e->output, e->at, from, before, e->error));
        ANEW_TRY(
            anew_output_write(e->output, (const uint8_t *)from + before, bytes - before, e->error));
    }
    e->at += bytes;
    e->end = e->at > e->end ? e->at : e->end;
    return ANEW_OK;
}

static tmsize_t on_write(thandle_t handle, void *from, tmsize_t bytes)
{
    static const uint8_t zeros[16] = {0};
    tiff_encoder *e = handle;
    const uint64_t wanted = e->at;
    while (e->status == ANEW_OK &&
           e->end < wanted) { /* libtiff leaves a byte out to come to an even place */
        e->at = e->end;
        e->status = put(e, zeros,
                        wanted - e->end < sizeof zeros ? (size_t)(wanted - e->end) : sizeof zeros);
    }
    if (e->status == ANEW_OK && bytes > 0)
        e->status = put(e, from, (size_t)bytes);
    return e->status == ANEW_OK ? bytes : 0;
}

static toff_t on_seek(thandle_t handle, toff_t offset, int from)
{
    tiff_encoder *e = handle;
    e->at = from == SEEK_SET ? offset : from == SEEK_CUR ? e->at + offset : e->end + offset;
    return e->at;
}

static int on_close(thandle_t handle)
{
    (void)handle;
    return 0;
}

static toff_t on_size(thandle_t handle)
{
    const tiff_encoder *e = handle;
    return e->end;
}

static bool open_tiff(tiff_encoder *e, bool big)
{
    static const char *const modes[2][2] = {{"wl", "wb"}, {"w8l", "w8b"}};
    TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
    if (options == NULL)
        return false;
    TIFFOpenOptionsSetErrorHandlerExtR(options, on_error, e);
    TIFFOpenOptionsSetWarningHandlerExtR(options, on_warning, e);
    e->tiff = TIFFClientOpenExt(e->label, modes[e->large][big], e, on_read, on_write, on_seek,
                                on_close, on_size, NULL, NULL, options);
    TIFFOpenOptionsFree(options);
    return e->tiff != NULL;
}

/* ---- the head -------------------------------------------------------------------------------------------- */

static void set_block(TIFF *tiff, uint32_t tag, const anew_block *block)
{
    if (block->data != NULL && block->size <= UINT32_MAX)
        (void)TIFFSetField(tiff, tag, (uint32_t)block->size, block->data);
}

static void set_density(TIFF *tiff, const anew_metadata *m)
{
    if (m->density == ANEW_DENSITY_NONE)
        return;
    const bool metre = m->density == ANEW_DENSITY_METRE;
    (void)TIFFSetField(tiff, TIFFTAG_RESOLUTIONUNIT, metre ? RESUNIT_INCH : RESUNIT_NONE);
    (void)TIFFSetField(tiff, TIFFTAG_XRESOLUTION, m->density_x * (metre ? 0.0254 : 1));
    (void)TIFFSetField(tiff, TIFFTAG_YRESOLUTION, m->density_y * (metre ? 0.0254 : 1));
}

static void set_metadata(TIFF *tiff, const anew_metadata *m)
{
    static const uint16_t texts[] = {TIFFTAG_IMAGEDESCRIPTION, TIFFTAG_MAKE,     TIFFTAG_MODEL,
                                     TIFFTAG_SOFTWARE,         TIFFTAG_DATETIME, TIFFTAG_ARTIST,
                                     TIFFTAG_HOSTCOMPUTER,     TIFFTAG_COPYRIGHT};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const char *text = anew_exif_text(&m->exif, texts[i]);
        /* libtiff wants a date of 20 bytes. */
        if (text != NULL && (texts[i] != TIFFTAG_DATETIME || strlen(text) == 19))
            (void)TIFFSetField(tiff, texts[i], text);
    }
    if (m->provenance.data != NULL)
        (void)TIFFSetField(tiff, TIFFTAG_SOFTWARE, m->provenance.data);
    set_density(tiff, m);
    set_block(tiff, TIFFTAG_ICCPROFILE, &m->icc);
    set_block(tiff, TIFFTAG_XMLPACKET, &m->xmp);
    set_block(tiff, TIFFTAG_PHOTOSHOP, &m->iptc);
}

static void set_head(const tiff_encoder *e, const anew_image *shape)
{
    TIFF *tiff = e->tiff;
    const bool alpha = shape->channels % 2 == 0;
    const uint16_t kind = EXTRASAMPLE_UNASSALPHA;
    const size_t rows = STRIP_BYTES / e->row_bytes;
    const bool deflate = TIFFIsCODECConfigured(COMPRESSION_ADOBE_DEFLATE) != 0;
    (void)TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, (uint32_t)shape->width);
    (void)TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, (uint32_t)shape->height);
    (void)TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, shape->depth);
    (void)TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, shape->channels);
    (void)TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_UINT);
    (void)TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    (void)TIFFSetField(tiff, TIFFTAG_ORIENTATION,
                       anew_exif_orientation(e->exif.data, e->exif.size));
    (void)TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC,
                       shape->channels <= 2 ? PHOTOMETRIC_MINISBLACK : PHOTOMETRIC_RGB);
    if (alpha)
        (void)TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, (uint16_t)1, &kind);
    (void)TIFFSetField(tiff, TIFFTAG_COMPRESSION,
                       deflate ? COMPRESSION_ADOBE_DEFLATE : COMPRESSION_LZW);
    (void)TIFFSetField(tiff, TIFFTAG_PREDICTOR, PREDICTOR_HORIZONTAL);
    (void)TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, rows > 1 ? (uint32_t)rows : 1u);
}

/* ---- rows and the end ------------------------------------------------------------------------------------- */

static anew_status tiff_rows(void *state, const anew_image *part, anew_error *error)
{
    tiff_encoder *e = state;
    e->error = error;
    for (int y = 0; y < part->height && e->status == ANEW_OK; y++) {
        memcpy(e->row, (const uint8_t *)part->pixels + (size_t)y * e->row_bytes, e->row_bytes);
        if (TIFFWriteScanline(e->tiff, e->row, e->next++, 0) < 0 && e->status == ANEW_OK)
            e->status =
                anew_fail(error, ANEW_ERROR_UNSUPPORTED, "%s: libtiff refuses it", e->label);
    }
    return e->status;
}

/* A directory of the EXIF block behind everything, and the entry that says where. */
static anew_status append_directory(tiff_encoder *e, uint32_t source, uint32_t tag)
{
    anew_block directory = {0};
    const uint64_t base = (e->end + 1) & ~(uint64_t)1;
    if (base > UINT32_MAX - ((uint64_t)16 << 20))
        return ANEW_OK;
    if (!anew_exif_directory(&directory, &e->exif, source, (uint32_t)base))
        return no_memory(e);
    if (directory.data == NULL)
        return ANEW_OK;
    e->at = base;
    (void)on_write(e, directory.data, (tmsize_t)directory.size);
    anew_free(directory.data);
    if (e->status == ANEW_OK)
        (void)TIFFSetField(e->tiff, tag, (uint64_t)base);
    return e->status;
}

static anew_status tiff_finish(void *state, anew_error *error)
{
    tiff_encoder *e = state;
    e->error = error;
    if (TIFFFlushData(e->tiff) != 1 && e->status == ANEW_OK)
        e->status = anew_fail(error, ANEW_ERROR_UNSUPPORTED, "%s: libtiff refuses it", e->label);
    if (e->status == ANEW_OK && !e->large) {
        ANEW_TRY(append_directory(e, EXIF_DIRECTORY, TIFFTAG_EXIFIFD));
        ANEW_TRY(append_directory(e, GPS_DIRECTORY, TIFFTAG_GPSIFD));
    }
    if (e->status == ANEW_OK && TIFFFlush(e->tiff) != 1 && e->status == ANEW_OK)
        e->status = anew_fail(error, ANEW_ERROR_UNSUPPORTED, "%s: libtiff refuses it", e->label);
    if (e->status == ANEW_OK && e->held)
        e->status = anew_output_write(e->output, e->bytes, (size_t)e->end, error);
    return e->status;
}

static void tiff_release(void *state)
{
    tiff_encoder *e = state;
    anew_error ignored;
    e->error = &ignored;
    if (e->status == ANEW_OK)
        e->status = ANEW_ERROR_CANCELLED; /* nothing more is written */
    if (e->tiff != NULL)
        TIFFClose(e->tiff);
    anew_free(e->exif.data);
    anew_free(e->bytes);
    anew_free(e->row);
    anew_free(e);
}

anew_status anew_tiff_encoder(anew_encoder *encoder, const anew_image *shape,
                              const anew_metadata *metadata, anew_output *output, const char *label,
                              const anew_image_options *options, anew_error *error)
{
    tiff_encoder *e = anew_alloc_zero(sizeof *e);
    (void)options;
    *encoder = (anew_encoder){NULL, tiff_rows, tiff_finish, tiff_release, NULL};
    if (e == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to encode it", label);
    *e = (tiff_encoder){.output = output, .label = label, .error = error};
    e->held = !anew_output_can_rewrite(output);
    e->row_bytes = (size_t)shape->width * (size_t)shape->channels * (size_t)(shape->depth / 8);
    e->large = (double)e->row_bytes * shape->height > LARGE;
    e->row = anew_alloc(e->row_bytes);
    if (e->row == NULL || !anew_block_set(&e->exif, metadata->exif.data, metadata->exif.size) ||
        !open_tiff(e, anew_exif_is_big(&metadata->exif))) {
        if (e->status == ANEW_OK)
            e->status = no_memory(e);
    } else {
        set_head(e, shape);
        set_metadata(e->tiff, metadata);
    }
    const anew_status status = e->status;
    if (status == ANEW_OK)
        encoder->state = e;
    else
        tiff_release(e);
    return status;
}
