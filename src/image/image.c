/*
 * image.c - creation of pictures, and what is known about formats.
 */
#include "image/image.h"

#include <string.h>
#include <strings.h>

#include "core/memory.h"
#include "image/formats.h"

/* A side that no format of ours goes beyond in earnest; keeps width * channels in an int. */
#define MAX_SIDE 1000000

anew_status anew_image_create(anew_image *image, int width, int height, int channels, int depth,
                              anew_error *error)
{
    *image = (anew_image){0};
    if (width < 1 || height < 1 || width > MAX_SIDE || height > MAX_SIDE || channels < 1 ||
        channels > 4 || (depth != 8 && depth != 16 && depth != 32))
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

/* What each format's file offers; NULL where its library was left out of the build. */
#if ANEW_PNG
#define PNG_CODEC anew_png_decoder, anew_png_encoder, anew_png_frames, anew_png_frames_encoder
#define PNG_NAME  "PNG, "
#else
#define PNG_CODEC NULL, NULL, NULL, NULL
#define PNG_NAME  ""
#endif
#if ANEW_JPEG
#define JPEG_CODEC anew_jpeg_decoder, anew_jpeg_encoder, NULL, NULL
#define JPEG_NAME  "JPEG, "
#else
#define JPEG_CODEC NULL, NULL, NULL, NULL
#define JPEG_NAME  ""
#endif
#if ANEW_WEBP
#define WEBP_CODEC anew_webp_decoder, anew_webp_encoder, anew_webp_frames, anew_webp_frames_encoder
#define WEBP_NAME  "WebP, "
#else
#define WEBP_CODEC NULL, NULL, NULL, NULL
#define WEBP_NAME  ""
#endif
#if ANEW_TIFF
#define TIFF_CODEC anew_tiff_decoder, anew_tiff_encoder, NULL, NULL
#define TIFF_NAME  "TIFF, "
#else
#define TIFF_CODEC NULL, NULL, NULL, NULL
#define TIFF_NAME  ""
#endif
#if ANEW_AVIF
#define AVIF_CODEC anew_avif_decoder, anew_avif_encoder, NULL, NULL
#define AVIF_NAME  "AVIF, "
#else
#define AVIF_CODEC NULL, NULL, NULL, NULL
#define AVIF_NAME  ""
#endif
#if ANEW_JXL
#define JXL_CODEC anew_jxl_decoder, anew_jxl_encoder, NULL, NULL
#define JXL_NAME  "JPEG XL, "
#else
#define JXL_CODEC NULL, NULL, NULL, NULL
#define JXL_NAME  ""
#endif

static const struct {
    const char *name, *extension, *library;
    anew_decoder_open *decoder;
    anew_encoder_open *encoder;
    anew_frames_open *frames;
    anew_frames_encoder_open *frames_encoder;
} codecs[ANEW_FORMAT_COUNT] = {
    [ANEW_FORMAT_UNKNOWN] = {"none", "", "", NULL, NULL, NULL, NULL},
    [ANEW_FORMAT_PNG] = {"PNG", "png", "libpng", PNG_CODEC},
    [ANEW_FORMAT_JPEG] = {"JPEG", "jpg", "libjpeg", JPEG_CODEC},
    [ANEW_FORMAT_PNM] = {"PNM", "pnm", "", anew_pnm_decoder, anew_pnm_encoder, NULL, NULL},
    [ANEW_FORMAT_WEBP] = {"WebP", "webp", "libwebp", WEBP_CODEC},
    [ANEW_FORMAT_BMP] = {"BMP", "bmp", "", anew_bmp_decoder, NULL, NULL, NULL},
    [ANEW_FORMAT_TIFF] = {"TIFF", "tif", "libtiff", TIFF_CODEC},
    [ANEW_FORMAT_AVIF] = {"AVIF", "avif", "libavif", AVIF_CODEC},
    [ANEW_FORMAT_JXL] = {"JPEG XL", "jxl", "libjxl", JXL_CODEC},
    [ANEW_FORMAT_GIF] = {"GIF", "gif", "", anew_gif_decoder, anew_gif_encoder, anew_gif_frames,
                         anew_gif_frames_encoder},
};

anew_decoder_open *anew_format_decoder(anew_format format)
{
    return codecs[format].decoder;
}

anew_encoder_open *anew_format_encoder(anew_format format)
{
    return codecs[format].encoder;
}

anew_frames_open *anew_format_frames(anew_format format)
{
    return codecs[format].frames;
}

anew_frames_encoder_open *anew_format_frames_encoder(anew_format format)
{
    return codecs[format].frames_encoder;
}

anew_status anew_format_check(anew_format format, bool read, const char *label, anew_error *error)
{
    if (read ? codecs[format].decoder != NULL : codecs[format].encoder != NULL)
        return ANEW_OK;
    if (codecs[format].decoder != NULL)
        return anew_fail(error, ANEW_ERROR_UNSUPPORTED, "%s: %s is not written; choose among %s",
                         label, codecs[format].name, anew_format_names(false));
    return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                     "%s: this build has no %s (%s was left out); it has %s", label,
                     codecs[format].name, codecs[format].library, anew_format_names(read));
}

anew_format anew_format_default(void)
{
    return codecs[ANEW_FORMAT_PNG].encoder != NULL ? ANEW_FORMAT_PNG : ANEW_FORMAT_PNM;
}

const char *anew_format_extension(anew_format format)
{
    return codecs[format].extension;
}

const char *anew_format_name(anew_format format)
{
    return codecs[format].name;
}

const char *anew_format_names(bool read)
{
    return read ? PNG_NAME JPEG_NAME WEBP_NAME TIFF_NAME AVIF_NAME JXL_NAME "GIF, BMP, PNM"
                : PNG_NAME JPEG_NAME WEBP_NAME TIFF_NAME AVIF_NAME JXL_NAME "GIF, PNM";
}

/* The first bytes of a Windows bitmap: "BM", and at 14 the length of one of the known headers. */
static bool is_bmp(const uint8_t *data, size_t size)
{
    return size >= 18 && memcmp(data, "BM", 2) == 0 && data[14] >= 12 && data[14] <= 124 &&
           data[15] == 0 && data[16] == 0 && data[17] == 0;
}

/* Byte order, then 42, or 43 for files beyond 4 GB (TIFF 6.0, section 2). */
static bool is_tiff(const uint8_t *data, size_t size)
{
    return size >= 4 && (memcmp(data, "II*\0", 4) == 0 || memcmp(data, "MM\0*", 4) == 0 ||
                         memcmp(data, "II+\0", 4) == 0 || memcmp(data, "MM\0+", 4) == 0);
}

/* A box of file types, among which is AVIF's (ISO/IEC 14496-12, section 4.3; AV1 Image File Format, section 6). */
static bool is_avif(const uint8_t *data, size_t size)
{
    if (size < 16 || memcmp(data + 4, "ftyp", 4) != 0)
        return false;
    const size_t box = (size_t)data[2] << 8 | data[3], end = box < size ? box : size;
    for (size_t at = 8; at + 4 <= end; at += 4)
        if (at != 12 && (memcmp(data + at, "avif", 4) == 0 || memcmp(data + at, "avis", 4) == 0))
            return true;
    return false;
}

/* A bare codestream, or a container (ISO/IEC 18181-2, section 9.1). */
static bool is_jxl(const uint8_t *data, size_t size)
{
    return (size >= 2 && memcmp(data, "\xff\x0a", 2) == 0) ||
           (size >= 12 && memcmp(data, "\0\0\0\x0cJXL \r\n\x87\n", 12) == 0);
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
    if (size >= 12 && memcmp(data, "RIFF", 4) == 0 && memcmp(data + 8, "WEBP", 4) == 0)
        return ANEW_FORMAT_WEBP;
    if (size >= 6 && (memcmp(data, "GIF87a", 6) == 0 || memcmp(data, "GIF89a", 6) == 0))
        return ANEW_FORMAT_GIF;
    if (is_tiff(data, size))
        return ANEW_FORMAT_TIFF;
    if (is_avif(data, size))
        return ANEW_FORMAT_AVIF;
    if (is_jxl(data, size))
        return ANEW_FORMAT_JXL;
    return is_bmp(data, size) ? ANEW_FORMAT_BMP : ANEW_FORMAT_UNKNOWN;
}

anew_format anew_format_of_path(const char *path)
{
    static const struct {
        const char *extension;
        anew_format format;
    } known[] = {
        {".png", ANEW_FORMAT_PNG},  {".jpg", ANEW_FORMAT_JPEG},  {".jpeg", ANEW_FORMAT_JPEG},
        {".ppm", ANEW_FORMAT_PNM},  {".pgm", ANEW_FORMAT_PNM},   {".pnm", ANEW_FORMAT_PNM},
        {".pam", ANEW_FORMAT_PNM},  {".webp", ANEW_FORMAT_WEBP}, {".bmp", ANEW_FORMAT_BMP},
        {".tif", ANEW_FORMAT_TIFF}, {".tiff", ANEW_FORMAT_TIFF}, {".avif", ANEW_FORMAT_AVIF},
        {".jxl", ANEW_FORMAT_JXL},  {".gif", ANEW_FORMAT_GIF},   {".apng", ANEW_FORMAT_PNG}};
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
        ANEW_TRY(anew_format_check(format, false, path, error));
    const int most = format == ANEW_FORMAT_JPEG || format == ANEW_FORMAT_GIF ? 65535
                     : format == ANEW_FORMAT_WEBP                            ? 16383
                     : format == ANEW_FORMAT_AVIF                            ? 65536
                                                                             : MAX_SIDE;
    if (width > most || height > most)
        return anew_fail(error, ANEW_ERROR_LIMIT,
                         "%s: %dx%d pixels, but %s ends at %d a side; write %s", path, width,
                         height, codecs[format].name, most, codecs[anew_format_default()].name);
    if (format == ANEW_FORMAT_JPEG && (channels == 2 || channels == 4))
        return anew_fail(error, ANEW_ERROR_UNSUPPORTED, "%s: JPEG has no transparency; write %s",
                         path, codecs[anew_format_default()].name);
    if (depth > 16)
        return anew_fail(error, ANEW_ERROR_UNSUPPORTED, "%s: no format here holds f32 samples",
                         path);
    return ANEW_OK;
}
