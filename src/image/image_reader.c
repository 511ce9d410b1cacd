/* image_reader.c - the door to the decoders: pictures row by row, or whole. */
#include <string.h>

#include "core/memory.h"
#include "image/colour.h"
#include "image/formats.h"

/* What is read whole: pipes, and formats that need it. */
#define MAX_WHOLE_BYTES ((size_t)2 << 30)

struct anew_image_reader {
    anew_input *input;
    anew_format format;
    anew_decoder decoder;
    anew_image shape;    /* as seen: turned */
    int next;            /* row of decoder.whole */
    anew_colour *colour; /* to sRGB; NULL: as stored */
};

/* A video by the first bytes of its file: ISO base media that is of no still (MP4, MOV), Matroska and WebM, AVI, Y4M, MPEG,
 * Flash. */
static bool is_video(const uint8_t *data, size_t size)
{
    static const char *const stills[] = {"heic", "heix", "heim", "heis", "hevc", "hevx",
                                         "mif1", "msf1", "avif", "avis", "crx "};
    static const struct {
        const char *bytes;
        size_t at, count;
    } kinds[] = {{"\x1a\x45\xdf\xa3", 0, 4},
                 {"AVI ", 8, 4},
                 {"YUV4MPEG2", 0, 9},
                 {"\x00\x00\x01\xba", 0, 4},
                 {"FLV\x01", 0, 4}};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (size >= kinds[i].at + kinds[i].count &&
            memcmp(data + kinds[i].at, kinds[i].bytes, kinds[i].count) == 0)
            return true;
    bool still = size < 12 || memcmp(data + 4, "ftyp", 4) != 0;
    for (size_t i = 0; i < sizeof stills / sizeof stills[0] && !still; i++)
        still = memcmp(data + 8, stills[i], 4) == 0;
    return !still;
}

/* A word for what else the bytes may be, to help the reader of the message. */
static const char *guess(const uint8_t *data, size_t size)
{
    if (is_video(data, size))
        return "is a video, not a picture; anew video IN OUT is for it";
    if (size >= 12 && memcmp(data + 4, "ftyp", 4) == 0)
        return "HEIF is not supported by this build";
    return "not a PNG, JPEG, WebP, TIFF, AVIF, JPEG XL, GIF, BMP or PNM picture";
}

static bool is_picture(const uint8_t *first, size_t size)
{
    return anew_image_sniff(first, size) != ANEW_FORMAT_UNKNOWN;
}

/* The stored rows into decoder.whole, turned. */
static anew_status decode_whole(anew_image_reader *r, anew_error *error)
{
    anew_decoder *d = &r->decoder;
    const char *label = anew_input_label(r->input);
    if (d->state != NULL) {
        ANEW_TRY(anew_image_create(&d->whole, d->shape.width, d->shape.height, d->shape.channels,
                                   d->shape.depth, error));
        ANEW_TRY(d->rows(d->state, d->whole.pixels, d->whole.height, error));
        d->release(d->state);
        d->state = NULL;
    }
    return anew_image_orient(&d->whole, d->orientation, label, error);
}

static anew_status start(anew_image_reader *r, const anew_image_limits *limits, anew_error *error)
{
    uint8_t first[64];
    const char *label = anew_input_label(r->input);
    const size_t size = anew_input_some(r->input, 0, first, sizeof first);
    r->format = anew_image_sniff(first, size);
    if (r->format == ANEW_FORMAT_UNKNOWN)
        return anew_fail(error, ANEW_ERROR_FORMAT, "%s: %s", label, guess(first, size));
    ANEW_TRY(anew_format_check(r->format, true, label, error));
    r->decoder.orientation = 1;
    ANEW_TRY(anew_format_decoder(r->format)(&r->decoder, r->input, limits, error));
    const int orientation = r->decoder.orientation;
    if (r->decoder.state == NULL || orientation != 1)
        ANEW_TRY(decode_whole(r, error));
    r->shape = r->decoder.state == NULL ? r->decoder.whole : r->decoder.shape;
    r->shape.pixels = NULL;
    anew_metadata *m = &r->decoder.metadata;
    anew_metadata_turned(m, orientation);
    if (m->provenance.data == NULL && !anew_xmp_provenance(&m->provenance, &m->xmp))
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory for its metadata", label);
    return ANEW_OK;
}

static anew_status open_reader(anew_image_reader **reader, anew_image *shape, anew_input *input,
                               const anew_image_limits *limits, anew_error *error)
{
    anew_image_reader *r = anew_alloc_zero(sizeof *r);
    *reader = NULL;
    if (r == NULL) {
        anew_input_close(&input);
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory to read a picture");
    }
    r->input = input;
    const anew_status status = start(r, limits, error);
    if (status != ANEW_OK) {
        anew_image_reader_close(&r);
        return status;
    }
    *shape = r->shape;
    *reader = r;
    return ANEW_OK;
}

anew_status anew_image_reader_open(anew_image_reader **reader, anew_image *shape, const char *path,
                                   const anew_image_limits *limits, anew_error *error)
{
    anew_input *input = NULL;
    *reader = NULL;
    ANEW_TRY(anew_input_open(&input, path, MAX_WHOLE_BYTES, is_picture, error));
    return open_reader(reader, shape, input, limits, error);
}

static size_t row_bytes_of(const anew_image *shape)
{
    return (size_t)shape->width * (size_t)shape->channels * (size_t)(shape->depth / 8);
}

anew_status anew_image_reader_to_srgb(anew_image_reader *r, anew_error *error)
{
    const char *label = anew_input_label(r->input);
    ANEW_TRY(anew_colour_open(&r->colour, &r->decoder.metadata, &r->shape, label, error));
    if (!anew_metadata_now_srgb(&r->decoder.metadata))
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory for its metadata", label);
    return ANEW_OK;
}

anew_status anew_image_reader_rows(anew_image_reader *r, void *pixels, int rows, anew_error *error)
{
    const size_t row_bytes = row_bytes_of(&r->shape);
    if (r->decoder.state != NULL) {
        ANEW_TRY(r->decoder.rows(r->decoder.state, pixels, rows, error));
    } else {
        memcpy(pixels, (const uint8_t *)r->decoder.whole.pixels + (size_t)r->next * row_bytes,
               (size_t)rows * row_bytes);
        r->next += rows;
    }
    if (r->colour != NULL)
        anew_colour_convert(r->colour, pixels, (size_t)rows * (size_t)r->shape.width);
    return ANEW_OK;
}

anew_status anew_image_reader_all(anew_image_reader *r, anew_image *image, anew_error *error)
{
    *image = (anew_image){0};
    if (r->decoder.state != NULL)
        ANEW_TRY(decode_whole(r, error));
    *image = r->decoder.whole;
    r->decoder.whole = (anew_image){0};
    if (r->colour != NULL)
        anew_colour_convert(r->colour, image->pixels, (size_t)image->width * (size_t)image->height);
    return ANEW_OK;
}

anew_format anew_image_reader_format(const anew_image_reader *reader)
{
    return reader->format;
}

const anew_metadata *anew_image_reader_metadata(const anew_image_reader *reader)
{
    return &reader->decoder.metadata;
}

const anew_jpeg_facts *anew_image_reader_jpeg(const anew_image_reader *reader)
{
    return reader->decoder.jpeg.has_table ? &reader->decoder.jpeg : NULL;
}

/* ---- for animation.c --------------------------------------------------------------------------------- */

anew_input *anew_image_reader_input(anew_image_reader *reader)
{
    return reader->input;
}

int anew_image_reader_orientation(const anew_image_reader *reader)
{
    return reader->decoder.orientation;
}

void anew_image_reader_set_shape(anew_image_reader *r, const anew_image *shape)
{
    if (r->decoder.state != NULL)
        r->decoder.release(r->decoder.state);
    r->decoder.state = NULL;
    anew_image_free(&r->decoder.whole);
    r->shape = *shape;
}

void anew_image_reader_convert(const anew_image_reader *reader, void *pixels, size_t count)
{
    if (reader->colour != NULL)
        anew_colour_convert(reader->colour, pixels, count);
}

/* ------------------------------------------------------------------------------------------------------- */

void anew_image_reader_close(anew_image_reader **reader)
{
    anew_image_reader *r = *reader;
    if (r == NULL)
        return;
    if (r->decoder.state != NULL)
        r->decoder.release(r->decoder.state);
    anew_colour_close(&r->colour);
    anew_metadata_free(&r->decoder.metadata);
    anew_image_free(&r->decoder.whole);
    anew_input_close(&r->input);
    anew_free(r);
    *reader = NULL;
}

/* ---- whole pictures ---------------------------------------------------------------------------------- */

static anew_status read_image(anew_image *image, anew_input *input, const anew_image_limits *limits,
                              anew_format *format, anew_error *error)
{
    anew_image_reader *reader = NULL;
    anew_image shape;
    ANEW_TRY(open_reader(&reader, &shape, input, limits, error));
    if (format != NULL)
        *format = reader->format;
    const anew_status status = anew_image_reader_all(reader, image, error);
    anew_image_reader_close(&reader);
    return status;
}

anew_status anew_image_read(anew_image *image, const char *path, const anew_image_limits *limits,
                            anew_format *format, anew_error *error)
{
    anew_input *input = NULL;
    *image = (anew_image){0};
    ANEW_TRY(anew_input_open(&input, path, MAX_WHOLE_BYTES, is_picture, error));
    return read_image(image, input, limits, format, error);
}

anew_status anew_image_decode(anew_image *image, const uint8_t *data, size_t size,
                              const char *label, const anew_image_limits *limits,
                              anew_format *format, anew_error *error)
{
    anew_input *input = NULL;
    *image = (anew_image){0};
    ANEW_TRY(anew_input_open_memory(&input, data, size, label, error));
    return read_image(image, input, limits, format, error);
}
