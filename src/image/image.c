/*
 * image.c - creation of pictures, recognition by content, and the doors to the formats.
 */
#include "image/image.h"

#include <string.h>
#include <strings.h>

#include "core/file.h"
#include "core/memory.h"
#include "image/formats.h"

/* A side that no format of ours goes beyond in earnest; keeps width * channels in an int. */
#define MAX_SIDE       1000000
#define MAX_FILE_BYTES ((size_t)2 << 30)

anew_status anew_image_create(anew_image *image, int width, int height, int channels, int depth,
                              anew_error *error)
{
    *image = (anew_image){0};
    if (width < 1 || height < 1 || width > MAX_SIDE || height > MAX_SIDE || channels < 1 ||
        channels > 4 || (depth != 8 && depth != 16))
        return anew_fail(error, ANEW_ERROR_ARGUMENT,
                         "a picture of %dx%d pixels, %d channels, %d bits cannot be", width, height,
                         channels, depth);
    const size_t bytes = anew_size_mul(anew_size_mul((size_t)width, (size_t)height),
                                       (size_t)channels * (size_t)(depth / 8));
    void *pixels = anew_alloc(bytes);
    if (pixels == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory for a picture of %dx%d pixels", width,
                         height);
    *image = (anew_image){width, height, channels, depth, pixels};
    return ANEW_OK;
}

void anew_image_free(anew_image *image)
{
    anew_free(image->pixels);
    *image = (anew_image){0};
}

anew_status anew_image_check_size(int64_t width, int64_t height, const char *label,
                                  const anew_image_limits *limits, anew_error *error)
{
    const int64_t most =
        limits == NULL || limits->max_pixels == 0 ? ANEW_MAX_PIXELS : limits->max_pixels;
    if (width < 1 || height < 1)
        return anew_fail(error, ANEW_ERROR_FORMAT, "%s: a picture without pixels", label);
    if (width > MAX_SIDE || height > MAX_SIDE || width * height > most)
        return anew_fail(error, ANEW_ERROR_LIMIT,
                         "%s: %lldx%lld pixels, more than the limit of %lld", label,
                         (long long)width, (long long)height, (long long)most);
    return ANEW_OK;
}

/* ---- formats -------------------------------------------------------------------------------------- */

/* What each format's file offers; nothing where its library was left out of the build. */
#if ANEW_PNG
#define PNG_CODEC anew_png_decode, anew_png_encoder
#define PNG_NAME  "PNG, "
#else
#define PNG_CODEC NULL, NULL
#define PNG_NAME  ""
#endif
#if ANEW_JPEG
#define JPEG_CODEC anew_jpeg_decode, anew_jpeg_encoder
#define JPEG_NAME  "JPEG, "
#else
#define JPEG_CODEC NULL, NULL
#define JPEG_NAME  ""
#endif

static const struct {
    const char *name, *extension, *library;
    anew_status (*decode)(anew_image *image, const uint8_t *data, size_t size, const char *label,
                          const anew_image_limits *limits, anew_error *error);
    anew_status (*encoder)(anew_encoder *encoder, const anew_image *shape, anew_output *output,
                           const char *label, const anew_image_options *options, anew_error *error);
} codecs[] = {
    [ANEW_FORMAT_UNKNOWN] = {"none", "", "", NULL, NULL},
    [ANEW_FORMAT_PNG] = {"PNG", "png", "libpng", PNG_CODEC},
    [ANEW_FORMAT_JPEG] = {"JPEG", "jpg", "libjpeg", JPEG_CODEC},
    [ANEW_FORMAT_PNM] = {"PNM", "pnm", "", anew_pnm_decode, anew_pnm_encoder},
};

static anew_status check_built(anew_format format, const char *label, anew_error *error)
{
    if (codecs[format].decode == NULL)
        return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                         "%s: this build has no %s (%s was left out); it has %s", label,
                         codecs[format].name, codecs[format].library, anew_format_names());
    return ANEW_OK;
}

anew_format anew_format_default(void)
{
    return codecs[ANEW_FORMAT_PNG].encoder != NULL ? ANEW_FORMAT_PNG : ANEW_FORMAT_PNM;
}

const char *anew_format_extension(anew_format format)
{
    return codecs[format].extension;
}

const char *anew_format_names(void)
{
    return PNG_NAME JPEG_NAME "PNM";
}

anew_format anew_image_sniff(const uint8_t *data, size_t size)
{
    if (size >= 8 && memcmp(data, "\x89PNG\r\n\x1a\n", 8) == 0)
        return ANEW_FORMAT_PNG;
    if (size >= 3 && memcmp(data, "\xff\xd8\xff", 3) == 0)
        return ANEW_FORMAT_JPEG;
    if (size >= 3 && data[0] == 'P' && data[1] >= '2' && data[1] <= '7' && data[1] != '4' &&
        (data[2] == ' ' || data[2] == '\t' || data[2] == '\n' || data[2] == '\r' || data[2] == '#'))
        return ANEW_FORMAT_PNM;
    return ANEW_FORMAT_UNKNOWN;
}

/* A word for what else the bytes may be, to help the reader of the message. */
static const char *guess(const uint8_t *data, size_t size)
{
    if (size >= 12 && memcmp(data, "RIFF", 4) == 0 && memcmp(data + 8, "WEBP", 4) == 0)
        return "WebP is not supported by this build";
    if (size >= 4 && (memcmp(data, "II*\0", 4) == 0 || memcmp(data, "MM\0*", 4) == 0))
        return "TIFF is not supported by this build";
    if (size >= 6 && memcmp(data, "GIF8", 4) == 0)
        return "GIF is not supported by this build";
    if (size >= 2 && memcmp(data, "BM", 2) == 0)
        return "BMP is not supported by this build";
    if (size >= 12 && memcmp(data + 4, "ftyp", 4) == 0)
        return "HEIF and AVIF are not supported by this build";
    return "not a PNG, JPEG or PNM picture";
}

anew_status anew_image_decode(anew_image *image, const uint8_t *data, size_t size,
                              const char *label, const anew_image_limits *limits,
                              anew_format *format, anew_error *error)
{
    const anew_format found = anew_image_sniff(data, size);
    *image = (anew_image){0};
    if (format != NULL)
        *format = found;
    if (found != ANEW_FORMAT_UNKNOWN) {
        ANEW_TRY(check_built(found, label, error));
        return codecs[found].decode(image, data, size, label, limits, error);
    }
    return anew_fail(error, ANEW_ERROR_FORMAT, "%s: %s", label, guess(data, size));
}

anew_status anew_image_read(anew_image *image, const char *path, const anew_image_limits *limits,
                            anew_format *format, anew_error *error)
{
    anew_bytes file;
    *image = (anew_image){0};
    ANEW_TRY(anew_file_read(&file, path, MAX_FILE_BYTES, error));
    const anew_status status =
        anew_image_decode(image, file.data, file.size, path, limits, format, error);
    anew_bytes_free(&file);
    return status;
}

anew_format anew_format_of_path(const char *path)
{
    static const struct {
        const char *extension;
        anew_format format;
    } known[] = {{".png", ANEW_FORMAT_PNG}, {".jpg", ANEW_FORMAT_JPEG}, {".jpeg", ANEW_FORMAT_JPEG},
                 {".ppm", ANEW_FORMAT_PNM}, {".pgm", ANEW_FORMAT_PNM},  {".pnm", ANEW_FORMAT_PNM},
                 {".pam", ANEW_FORMAT_PNM}};
    const char *slash = strrchr(path, '/');
    const char *dot = strrchr(slash == NULL ? path : slash, '.');
    for (size_t i = 0; dot != NULL && i < sizeof known / sizeof known[0]; i++)
        if (strcasecmp(dot, known[i].extension) == 0)
            return known[i].format;
    return ANEW_FORMAT_UNKNOWN;
}

anew_status anew_format_accepts(anew_format format, int width, int height, int channels, int depth,
                                const char *path, anew_error *error)
{
    if (width < 1 || height < 1 || width > MAX_SIDE || height > MAX_SIDE)
        return anew_fail(error, ANEW_ERROR_LIMIT, "%s: %dx%d pixels are more than %d a side", path,
                         width, height, MAX_SIDE);
    if (format != ANEW_FORMAT_UNKNOWN)
        ANEW_TRY(check_built(format, path, error));
    if (format != ANEW_FORMAT_JPEG)
        return ANEW_OK;
    if (width > 65535 || height > 65535)
        return anew_fail(error, ANEW_ERROR_LIMIT,
                         "%s: %dx%d pixels, but JPEG ends at 65535 a side; write %s", path, width,
                         height, codecs[anew_format_default()].name);
    if (channels == 2 || channels == 4)
        return anew_fail(error, ANEW_ERROR_UNSUPPORTED, "%s: JPEG has no transparency; write %s",
                         path, codecs[anew_format_default()].name);
    (void)depth; /* 16 bits are rounded to 8 */
    return ANEW_OK;
}

/* ---- reading by rows -------------------------------------------------------------------------------- */

struct anew_image_reader {
    anew_bytes file;
    anew_image shape;
    anew_decoder decoder;
    anew_image whole; /* where the picture could not be read by rows */
    int next;
};

/* A decoder by rows where the format has one and the picture allows it. */
static anew_status open_rows(anew_image_reader *r, anew_format format, const char *path,
                             const anew_image_limits *limits, anew_error *error)
{
    (void)r;
    (void)path;
    (void)limits;
    (void)error;
#if ANEW_PNG
    if (format == ANEW_FORMAT_PNG)
        return anew_png_decoder(&r->decoder, &r->shape, r->file.data, r->file.size, path, limits,
                                error);
#endif
#if ANEW_JPEG
    if (format == ANEW_FORMAT_JPEG)
        return anew_jpeg_decoder(&r->decoder, &r->shape, r->file.data, r->file.size, path, limits,
                                 error);
#endif
    (void)format;
    return ANEW_OK;
}

anew_status anew_image_reader_open(anew_image_reader **reader, anew_image *shape, const char *path,
                                   const anew_image_limits *limits, anew_error *error)
{
    anew_status status = ANEW_OK;
    anew_image_reader *r = anew_alloc_zero(sizeof *r);
    *reader = NULL;
    if (r == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to read it", path);
    ANEW_TRY_GOTO(anew_file_read(&r->file, path, MAX_FILE_BYTES, error), fail);
    ANEW_TRY_GOTO(open_rows(r, anew_image_sniff(r->file.data, r->file.size), path, limits, error),
                  fail);
    if (r->decoder.state == NULL) {
        ANEW_TRY_GOTO(
            anew_image_decode(&r->whole, r->file.data, r->file.size, path, limits, NULL, error),
            fail);
        anew_bytes_free(&r->file);
        r->shape = r->whole;
        r->shape.pixels = NULL;
    }
    *shape = r->shape;
    *reader = r;
    return ANEW_OK;
fail:
    anew_image_reader_close(&r);
    return status;
}

static size_t row_bytes_of(const anew_image *shape)
{
    return (size_t)shape->width * (size_t)shape->channels * (size_t)(shape->depth / 8);
}

anew_status anew_image_reader_rows(anew_image_reader *r, void *pixels, int rows, anew_error *error)
{
    const size_t row_bytes = row_bytes_of(&r->shape);
    if (r->decoder.state != NULL)
        return r->decoder.rows(r->decoder.state, pixels, rows, error);
    memcpy(pixels, (const uint8_t *)r->whole.pixels + (size_t)r->next * row_bytes,
           (size_t)rows * row_bytes);
    r->next += rows;
    return ANEW_OK;
}

anew_status anew_image_reader_all(anew_image_reader *r, anew_image *image, anew_error *error)
{
    if (r->decoder.state == NULL) {
        *image = r->whole;
        r->whole = (anew_image){0};
        return ANEW_OK;
    }
    ANEW_TRY(anew_image_create(image, r->shape.width, r->shape.height, r->shape.channels,
                               r->shape.depth, error));
    const anew_status status =
        r->decoder.rows(r->decoder.state, image->pixels, image->height, error);
    if (status != ANEW_OK)
        anew_image_free(image);
    return status;
}

void anew_image_reader_close(anew_image_reader **reader)
{
    anew_image_reader *r = *reader;
    if (r == NULL)
        return;
    if (r->decoder.state != NULL)
        r->decoder.release(r->decoder.state);
    anew_bytes_free(&r->file);
    anew_image_free(&r->whole);
    anew_free(r);
    *reader = NULL;
}

/* ---- writing --------------------------------------------------------------------------------------- */

struct anew_image_writer {
    anew_output *output;
    anew_encoder encoder;
};

anew_status anew_image_writer_open(anew_image_writer **writer, const char *path, anew_format format,
                                   const anew_image *shape, const anew_image_options *options,
                                   anew_error *error)
{
    static const anew_image_options defaults = {.jpeg_quality = 0, .png_compression = -1};
    anew_status status = ANEW_OK;
    *writer = NULL;
    if (format == ANEW_FORMAT_UNKNOWN)
        return anew_fail(error, ANEW_ERROR_ARGUMENT, "%s: no picture format is named", path);
    ANEW_TRY(anew_format_accepts(format, shape->width, shape->height, shape->channels, shape->depth,
                                 path, error));
    anew_image_writer *w = anew_alloc_zero(sizeof *w);
    if (w == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to write it", path);
    ANEW_TRY_GOTO(anew_output_open(&w->output, path, error), fail);
    ANEW_TRY_GOTO(codecs[format].encoder(&w->encoder, shape, w->output, path,
                                         options == NULL ? &defaults : options, error),
                  fail);
    *writer = w;
    return ANEW_OK;
fail:
    anew_image_writer_discard(&w);
    return status;
}

anew_status anew_image_writer_rows(anew_image_writer *writer, const anew_image *part,
                                   anew_error *error)
{
    return writer->encoder.rows(writer->encoder.state, part, error);
}

anew_status anew_image_writer_commit(anew_image_writer **writer, anew_error *error)
{
    anew_image_writer *w = *writer;
    anew_status status = w->encoder.finish(w->encoder.state, error);
    if (status == ANEW_OK)
        status = anew_output_commit(&w->output, error);
    anew_image_writer_discard(writer);
    return status;
}

void anew_image_writer_discard(anew_image_writer **writer)
{
    anew_image_writer *w = *writer;
    if (w == NULL)
        return;
    if (w->encoder.state != NULL)
        w->encoder.release(w->encoder.state);
    anew_output_discard(&w->output);
    anew_free(w);
    *writer = NULL;
}

anew_status anew_image_write(const anew_image *image, const char *path, anew_format format,
                             const anew_image_options *options, anew_error *error)
{
    anew_image_writer *writer = NULL;
    ANEW_TRY(anew_image_writer_open(&writer, path, format, image, options, error));
    const anew_status status = anew_image_writer_rows(writer, image, error);
    if (status != ANEW_OK) {
        anew_image_writer_discard(&writer);
        return status;
    }
    return anew_image_writer_commit(&writer, error);
}
