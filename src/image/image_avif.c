/*
 * image_avif.c - AVIF; the only file that sees libavif.
 *
 * Gray or colours, with and without alpha, 8 bits, and 10 or 12, which become 16; sequences are refused. A picture is
 * turned by irot and imir, which the format puts before EXIF's orientation (MIAF, ISO/IEC 23000-22, section 7.3.6.7).
 * libavif wants a whole picture on either side.
 */
#include <avif/avif.h>
#include <string.h>

#include "core/memory.h"
#include "image/formats.h"
#include "image/late.h"

#define MAX_BYTES           ((size_t)2 << 30)
#define DEFAULT_QUALITY     92
#define FULL_CHROMA_QUALITY 90

/* The same number always, so that a machine's processors do not change the file. */
#define THREADS 4

/* From slow and small to fast, 0 to 10. */
#define SPEED 6

/* The axis about which a picture is mirrored after it has been rotated: 0 keeps the columns, 1 the rows. */
#if AVIF_VERSION >= 1000000
#define MIRROR axis
#else
#define MIRROR mode
#endif

/* ---- the library, which is loaded when it is needed (late.h) ------------------------------------------- */

#ifdef ANEW_AVIF_SONAME
#define FUNCTIONS(ON)                                                                              \
    ON(avifDecoderCreate)                                                                          \
    ON(avifDecoderDestroy)                                                                         \
    ON(avifDecoderNextImage)                                                                       \
    ON(avifDecoderParse)                                                                           \
    ON(avifDecoderSetIOMemory)                                                                     \
    ON(avifEncoderCreate)                                                                          \
    ON(avifEncoderDestroy)                                                                         \
    ON(avifEncoderWrite)                                                                           \
    ON(avifImageCreate)                                                                            \
    ON(avifImageDestroy)                                                                           \
    ON(avifImageRGBToYUV)                                                                          \
    ON(avifImageSetMetadataExif)                                                                   \
    ON(avifImageSetMetadataXMP)                                                                    \
    ON(avifImageSetProfileICC)                                                                     \
    ON(avifImageYUVToRGB)                                                                          \
    ON(avifRGBImageSetDefaults)                                                                    \
    ON(avifRWDataFree)                                                                             \
    ON(avifResultToString)
#define POINTER(name) __typeof__(name) *name;
#define NAMED(name)   {#name, &late.name},

static struct {
    FUNCTIONS(POINTER)
} late;

static const anew_late_function functions[] = {FUNCTIONS(NAMED)};

static anew_late_library library = {.soname = ANEW_AVIF_SONAME,
                                    .format = "AVIF",
                                    .functions = functions,
                                    .count = sizeof functions / sizeof functions[0],
                                    .mutex = PTHREAD_MUTEX_INITIALIZER};

#define avifDecoderCreate        late.avifDecoderCreate
#define avifDecoderDestroy       late.avifDecoderDestroy
#define avifDecoderNextImage     late.avifDecoderNextImage
#define avifDecoderParse         late.avifDecoderParse
#define avifDecoderSetIOMemory   late.avifDecoderSetIOMemory
#define avifEncoderCreate        late.avifEncoderCreate
#define avifEncoderDestroy       late.avifEncoderDestroy
#define avifEncoderWrite         late.avifEncoderWrite
#define avifImageCreate          late.avifImageCreate
#define avifImageDestroy         late.avifImageDestroy
#define avifImageRGBToYUV        late.avifImageRGBToYUV
#define avifImageSetMetadataExif late.avifImageSetMetadataExif
#define avifImageSetMetadataXMP  late.avifImageSetMetadataXMP
#define avifImageSetProfileICC   late.avifImageSetProfileICC
#define avifImageYUVToRGB        late.avifImageYUVToRGB
#define avifRGBImageSetDefaults  late.avifRGBImageSetDefaults
#define avifRWDataFree           late.avifRWDataFree
#define avifResultToString       late.avifResultToString
#else
static anew_late_library library;
#endif

/* ---- decoding ---------------------------------------------------------------------------------------- */

static anew_status fail_reading(avifResult result, const char *label, anew_error *error)
{
    if (result == AVIF_RESULT_OUT_OF_MEMORY)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to decode it", label);
    return anew_fail(error, ANEW_ERROR_FORMAT, "%s: damaged AVIF: %s", label,
                     avifResultToString(result));
}

/* Rotation, against the clock in quarters, then a mirror, as one of EXIF's orientations. */
static int orientation_of(const avifImage *image)
{
    static const uint8_t rotated[4] = {1, 8, 3, 6};
    static const uint8_t mirrored[2][4] = {{4, 5, 2, 7}, {2, 7, 4, 5}};
    const int angle =
        (image->transformFlags & AVIF_TRANSFORM_IROT) != 0 ? image->irot.angle & 3 : 0;
    if ((image->transformFlags & AVIF_TRANSFORM_IMIR) == 0)
        return rotated[angle];
    return mirrored[image->imir.MIRROR & 1][angle];
}

static bool read_metadata(anew_metadata *m, const avifImage *image)
{
    return anew_block_set(&m->icc, image->icc.data, image->icc.size) &&
           anew_block_set(&m->exif, image->exif.data, image->exif.size) &&
           anew_block_set(&m->xmp, image->xmp.data, image->xmp.size);
}

/* The colours, and for a picture without colours one of three equal ones. */
static anew_status convert(anew_image *out, const avifImage *image, const char *label,
                           anew_error *error)
{
    avifRGBImage rgb;
    anew_image wide = {0};
    const bool alpha = out->channels % 2 == 0, gray = out->channels <= 2;
    anew_status status = ANEW_OK;
    avifRGBImageSetDefaults(&rgb, image);
    rgb.depth = (uint32_t)out->depth;
    rgb.format = alpha ? AVIF_RGB_FORMAT_RGBA : AVIF_RGB_FORMAT_RGB;
    if (gray)
        ANEW_TRY(
            anew_image_create(&wide, out->width, out->height, alpha ? 4 : 3, out->depth, error));
    const anew_image *to = gray ? &wide : out;
    rgb.pixels = to->pixels;
    rgb.rowBytes = (uint32_t)to->width * (uint32_t)to->channels * (uint32_t)(to->depth / 8);
    const avifResult result = avifImageYUVToRGB(image, &rgb);
    if (result != AVIF_RESULT_OK)
        status = fail_reading(result, label, error);
    const size_t sample = (size_t)out->depth / 8, pixels = (size_t)out->width * (size_t)out->height;
    for (size_t i = 0; status == ANEW_OK && gray && i < pixels; i++) {
        const uint8_t *from = (const uint8_t *)wide.pixels + i * (size_t)wide.channels * sample;
        uint8_t *pixel = (uint8_t *)out->pixels + i * (size_t)out->channels * sample;
        memcpy(pixel, from, sample);
        if (alpha)
            memcpy(pixel + sample, from + 3 * sample, sample);
    }
    anew_image_free(&wide);
    return status;
}

static anew_status decode(anew_decoder *decoder, avifDecoder *avif, const uint8_t *data,
                          size_t size, const char *label, const anew_image_limits *limits,
                          anew_error *error)
{
    avif->maxThreads = THREADS;
    avif->strictFlags &= ~(avifStrictFlags)AVIF_STRICT_PIXI_REQUIRED; /* old writers lack it */
    avif->imageSizeLimit = AVIF_DEFAULT_IMAGE_SIZE_LIMIT;
    avifResult result = avifDecoderSetIOMemory(avif, data, size);
    if (result == AVIF_RESULT_OK)
        result = avifDecoderParse(avif);
    if (result != AVIF_RESULT_OK)
        return fail_reading(result, label, error);
    const avifImage *image = avif->image;
    ANEW_TRY(anew_image_check_size(image->width, image->height, label, limits, error));
    if (avif->imageCount > 1)
        return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                         "%s: an animated AVIF; only single pictures are read", label);
    result = avifDecoderNextImage(avif);
    if (result != AVIF_RESULT_OK)
        return fail_reading(result, label, error);
    /* What was decoded, whatever the container said. */
    ANEW_TRY(anew_image_check_size(image->width, image->height, label, limits, error));
    if (!read_metadata(&decoder->metadata, image))
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to decode it", label);
    const bool gray = image->yuvFormat == AVIF_PIXEL_FORMAT_YUV400;
    const bool alpha = image->alphaPlane != NULL;
    ANEW_TRY(anew_image_create(&decoder->whole, (int)image->width, (int)image->height,
                               (gray ? 1 : 3) + (alpha ? 1 : 0), image->depth > 8 ? 16 : 8, error));
    decoder->orientation = orientation_of(image);
    return convert(&decoder->whole, image, label, error);
}

anew_status anew_avif_decoder(anew_decoder *decoder, anew_input *input,
                              const anew_image_limits *limits, anew_error *error)
{
    const char *label = anew_input_label(input);
    const uint8_t *data = NULL;
    size_t size = 0;
    ANEW_TRY(anew_late_load(&library, anew_input_label(input), error));
    ANEW_TRY(anew_input_whole(input, &data, &size, MAX_BYTES, error));
    avifDecoder *avif = avifDecoderCreate();
    if (avif == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to decode it", label);
    const anew_status status = decode(decoder, avif, data, size, label, limits, error);
    avifDecoderDestroy(avif);
    decoder->shape = decoder->whole;
    decoder->shape.pixels = NULL;
    return status;
}

/* ---- encoding ---------------------------------------------------------------------------------------- */

typedef struct avif_encoder {
    anew_image picture; /* 3 or 4 channels */
    bool gray;
    int rows; /* that are there */
    const anew_metadata *metadata;
    anew_image_options options;
    anew_output *output;
    const char *label;
} avif_encoder;

static anew_status avif_rows(void *state, const anew_image *part, anew_error *error)
{
    avif_encoder *e = state;
    (void)error;
    const size_t sample = (size_t)part->depth / 8,
                 pixels = (size_t)part->width * (size_t)part->height;
    const size_t from = (size_t)part->channels, to = (size_t)e->picture.channels;
    const uint8_t *in = part->pixels;
    uint8_t *out =
        (uint8_t *)e->picture.pixels + (size_t)e->rows * (size_t)part->width * to * sample;
    for (size_t i = 0; i < pixels; i++, in += from * sample, out += to * sample) {
        for (size_t c = 0; c < 3; c++)
            memcpy(out + c * sample, in + (from >= 3 ? c : 0) * sample, sample);
        if (to == 4)
            memcpy(out + 3 * sample, in + (from - 1) * sample, sample);
    }
    e->rows += part->height;
    return ANEW_OK;
}

/* EXIF's orientation as rotation and mirror, for those who look at nothing else. */
static void set_orientation(avifImage *image, int orientation)
{
    static const struct {
        uint8_t angle, mirror; /* 2: none */
    } ways[9] = {{0, 2}, {0, 2}, {0, 1}, {2, 2}, {0, 0}, {1, 0}, {3, 2}, {3, 0}, {1, 2}};
    if (ways[orientation].angle != 0) {
        image->transformFlags |= AVIF_TRANSFORM_IROT;
        image->irot.angle = ways[orientation].angle;
    }
    if (ways[orientation].mirror != 2) {
        image->transformFlags |= AVIF_TRANSFORM_IMIR;
        image->imir.MIRROR = ways[orientation].mirror;
    }
}

static void describe(avifImage *image, const avif_encoder *e)
{
    const anew_metadata *m = e->metadata;
    image->yuvRange = AVIF_RANGE_FULL;
    image->colorPrimaries = AVIF_COLOR_PRIMARIES_BT709;
    image->transferCharacteristics = AVIF_TRANSFER_CHARACTERISTICS_SRGB;
    image->matrixCoefficients = e->options.lossless && !e->gray ? AVIF_MATRIX_COEFFICIENTS_IDENTITY
                                                                : AVIF_MATRIX_COEFFICIENTS_BT601;
    if (m->icc.data != NULL)
        (void)avifImageSetProfileICC(image, m->icc.data, m->icc.size);
    if (m->exif.data != NULL)
        (void)avifImageSetMetadataExif(image, m->exif.data, m->exif.size);
    if (m->xmp.data != NULL)
        (void)avifImageSetMetadataXMP(image, m->xmp.data, m->xmp.size);
    image->transformFlags = AVIF_TRANSFORM_NONE;
    set_orientation(image, anew_exif_orientation(m->exif.data, m->exif.size));
}

static anew_status fail_writing(avifResult result, const char *label, anew_error *error)
{
    if (result == AVIF_RESULT_OUT_OF_MEMORY)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to encode it", label);
    return anew_fail(error, ANEW_ERROR_UNSUPPORTED, "%s: libavif refuses the picture: %s", label,
                     avifResultToString(result));
}

static anew_status compress(avif_encoder *e, avifImage *image, avifRWData *file, anew_error *error)
{
    avifRGBImage rgb;
    const int quality = e->options.quality == 0 ? DEFAULT_QUALITY : e->options.quality;
    describe(image, e);
    avifRGBImageSetDefaults(&rgb, image);
    rgb.depth = (uint32_t)e->picture.depth;
    rgb.format = e->picture.channels == 4 ? AVIF_RGB_FORMAT_RGBA : AVIF_RGB_FORMAT_RGB;
    rgb.pixels = e->picture.pixels;
    rgb.rowBytes = (uint32_t)e->picture.width * (uint32_t)e->picture.channels *
                   (uint32_t)(e->picture.depth / 8);
    avifResult result = avifImageRGBToYUV(image, &rgb);
    anew_image_free(&e->picture);
    if (result != AVIF_RESULT_OK)
        return fail_writing(result, e->label, error);
    avifEncoder *avif = avifEncoderCreate();
    if (avif == NULL)
        return fail_writing(AVIF_RESULT_OUT_OF_MEMORY, e->label, error);
    avif->maxThreads = THREADS;
    avif->speed = SPEED;
    avif->minQuantizer = avif->maxQuantizer =
        e->options.lossless ? 0 : ((100 - quality) * 63 + 50) / 100;
    avif->minQuantizerAlpha = avif->maxQuantizerAlpha = 0; /* edges stay edges */
    result = avifEncoderWrite(avif, image, file);
    avifEncoderDestroy(avif);
    return result == AVIF_RESULT_OK ? ANEW_OK : fail_writing(result, e->label, error);
}

static anew_status avif_finish(void *state, anew_error *error)
{
    avif_encoder *e = state;
    avifRWData file = {NULL, 0};
    const int quality = e->options.quality == 0 ? DEFAULT_QUALITY : e->options.quality;
    const bool full = e->options.lossless || e->options.jpeg_chroma == 444 ||
                      (e->options.jpeg_chroma == 0 && quality >= FULL_CHROMA_QUALITY);
    avifImage *image = avifImageCreate((uint32_t)e->picture.width, (uint32_t)e->picture.height,
                                       e->picture.depth == 16 ? 12 : 8,
                                       e->gray ? AVIF_PIXEL_FORMAT_YUV400
                                       : full  ? AVIF_PIXEL_FORMAT_YUV444
                                               : AVIF_PIXEL_FORMAT_YUV420);
    if (image == NULL)
        return fail_writing(AVIF_RESULT_OUT_OF_MEMORY, e->label, error);
    anew_status status = compress(e, image, &file, error);
    avifImageDestroy(image);
    if (status == ANEW_OK)
        status = anew_output_write(e->output, file.data, file.size, error);
    avifRWDataFree(&file);
    return status;
}

static void avif_release(void *state)
{
    avif_encoder *e = state;
    anew_image_free(&e->picture);
    anew_free(e);
}

anew_status anew_avif_encoder(anew_encoder *encoder, const anew_image *shape,
                              const anew_metadata *metadata, anew_output *output, const char *label,
                              const anew_image_options *options, anew_error *error)
{
    *encoder = (anew_encoder){NULL, avif_rows, avif_finish, avif_release, NULL};
    if (options->lossless && shape->depth == 16)
        return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                         "%s: AVIF holds 12 of these 16 bits; leave --lossless out, or write PNG",
                         label);
    ANEW_TRY(anew_late_load(&library, label, error));
    avif_encoder *e = anew_alloc_zero(sizeof *e);
    if (e == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to encode it", label);
    *e = (avif_encoder){.metadata = metadata,
                        .options = *options,
                        .output = output,
                        .label = label,
                        .gray = shape->channels <= 2};
    const anew_status status =
        anew_image_create(&e->picture, shape->width, shape->height,
                          shape->channels % 2 == 0 ? 4 : 3, shape->depth, error);
    if (status == ANEW_OK)
        encoder->state = e;
    else
        avif_release(e);
    return status;
}
