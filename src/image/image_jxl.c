/*
 * image_jxl.c - JPEG XL; the only file that sees libjxl.
 *
 * Gray or RGB, with and without alpha, integers of up to 16 bits; animations and floating point are refused. libjxl
 * turns the picture itself. It wants a whole picture on either side.
 */
#include <jxl/decode.h>
#include <jxl/encode.h>
#include <string.h>

#include "core/memory.h"
#include "image/formats.h"
#include "image/late.h"

#define MAX_BYTES       ((size_t)2 << 30)
#define MAX_BOX         ((size_t)16 << 20)
#define DEFAULT_QUALITY 92

/* From fast to small, 1 to 9. */
#define EFFORT 5

/* Until 0.9 functions for profiles had an argument that they did not look at. */
#if defined(JPEGXL_NUMERIC_VERSION) && JPEGXL_NUMERIC_VERSION >= (9 << 16)
#define PROFILE_OF(decoder) decoder
#else
#define PROFILE_OF(decoder) decoder, NULL
#endif

/* ---- the library, which is loaded when it is needed (late.h) ------------------------------------------- */

#ifdef ANEW_JXL_SONAME
#define FUNCTIONS(ON)                                                                              \
    ON(JxlColorEncodingSetToSRGB)                                                                  \
    ON(JxlDecoderCloseInput)                                                                       \
    ON(JxlDecoderCreate)                                                                           \
    ON(JxlDecoderDestroy)                                                                          \
    ON(JxlDecoderGetBasicInfo)                                                                     \
    ON(JxlDecoderGetBoxType)                                                                       \
    ON(JxlDecoderGetColorAsEncodedProfile)                                                         \
    ON(JxlDecoderGetColorAsICCProfile)                                                             \
    ON(JxlDecoderGetICCProfileSize)                                                                \
    ON(JxlDecoderProcessInput)                                                                     \
    ON(JxlDecoderReleaseBoxBuffer)                                                                 \
    ON(JxlDecoderSetBoxBuffer)                                                                     \
    ON(JxlDecoderSetDecompressBoxes)                                                               \
    ON(JxlDecoderSetImageOutBuffer)                                                                \
    ON(JxlDecoderSetInput)                                                                         \
    ON(JxlDecoderSetUnpremultiplyAlpha)                                                            \
    ON(JxlDecoderSubscribeEvents)                                                                  \
    ON(JxlEncoderAddBox)                                                                           \
    ON(JxlEncoderAddImageFrame)                                                                    \
    ON(JxlEncoderCloseInput)                                                                       \
    ON(JxlEncoderCreate)                                                                           \
    ON(JxlEncoderDestroy)                                                                          \
    ON(JxlEncoderFrameSettingsCreate)                                                              \
    ON(JxlEncoderFrameSettingsSetOption)                                                           \
    ON(JxlEncoderInitBasicInfo)                                                                    \
    ON(JxlEncoderProcessOutput)                                                                    \
    ON(JxlEncoderSetBasicInfo)                                                                     \
    ON(JxlEncoderSetColorEncoding)                                                                 \
    ON(JxlEncoderSetFrameDistance)                                                                 \
    ON(JxlEncoderSetFrameLossless)                                                                 \
    ON(JxlEncoderSetICCProfile)                                                                    \
    ON(JxlEncoderUseBoxes)
#define POINTER(name) __typeof__(name) *name;
#define NAMED(name)   {#name, &late.name},

static struct {
    FUNCTIONS(POINTER)
} late;

static const anew_late_function functions[] = {FUNCTIONS(NAMED)};

static anew_late_library library = {.soname = ANEW_JXL_SONAME,
                                    .format = "JPEG XL",
                                    .functions = functions,
                                    .count = sizeof functions / sizeof functions[0],
                                    .mutex = PTHREAD_MUTEX_INITIALIZER};

#define JxlColorEncodingSetToSRGB          late.JxlColorEncodingSetToSRGB
#define JxlDecoderCloseInput               late.JxlDecoderCloseInput
#define JxlDecoderCreate                   late.JxlDecoderCreate
#define JxlDecoderDestroy                  late.JxlDecoderDestroy
#define JxlDecoderGetBasicInfo             late.JxlDecoderGetBasicInfo
#define JxlDecoderGetBoxType               late.JxlDecoderGetBoxType
#define JxlDecoderGetColorAsEncodedProfile late.JxlDecoderGetColorAsEncodedProfile
#define JxlDecoderGetColorAsICCProfile     late.JxlDecoderGetColorAsICCProfile
#define JxlDecoderGetICCProfileSize        late.JxlDecoderGetICCProfileSize
#define JxlDecoderProcessInput             late.JxlDecoderProcessInput
#define JxlDecoderReleaseBoxBuffer         late.JxlDecoderReleaseBoxBuffer
#define JxlDecoderSetBoxBuffer             late.JxlDecoderSetBoxBuffer
#define JxlDecoderSetDecompressBoxes       late.JxlDecoderSetDecompressBoxes
#define JxlDecoderSetImageOutBuffer        late.JxlDecoderSetImageOutBuffer
#define JxlDecoderSetInput                 late.JxlDecoderSetInput
#define JxlDecoderSetUnpremultiplyAlpha    late.JxlDecoderSetUnpremultiplyAlpha
#define JxlDecoderSubscribeEvents          late.JxlDecoderSubscribeEvents
#define JxlEncoderAddBox                   late.JxlEncoderAddBox
#define JxlEncoderAddImageFrame            late.JxlEncoderAddImageFrame
#define JxlEncoderCloseInput               late.JxlEncoderCloseInput
#define JxlEncoderCreate                   late.JxlEncoderCreate
#define JxlEncoderDestroy                  late.JxlEncoderDestroy
#define JxlEncoderFrameSettingsCreate      late.JxlEncoderFrameSettingsCreate
#define JxlEncoderFrameSettingsSetOption   late.JxlEncoderFrameSettingsSetOption
#define JxlEncoderInitBasicInfo            late.JxlEncoderInitBasicInfo
#define JxlEncoderProcessOutput            late.JxlEncoderProcessOutput
#define JxlEncoderSetBasicInfo             late.JxlEncoderSetBasicInfo
#define JxlEncoderSetColorEncoding         late.JxlEncoderSetColorEncoding
#define JxlEncoderSetFrameDistance         late.JxlEncoderSetFrameDistance
#define JxlEncoderSetFrameLossless         late.JxlEncoderSetFrameLossless
#define JxlEncoderSetICCProfile            late.JxlEncoderSetICCProfile
#define JxlEncoderUseBoxes                 late.JxlEncoderUseBoxes
#else
static anew_late_library library;
#endif

static JxlPixelFormat format_of(const anew_image *image)
{
    return (JxlPixelFormat){.num_channels = (uint32_t)image->channels,
                            .data_type = image->depth == 16 ? JXL_TYPE_UINT16 : JXL_TYPE_UINT8,
                            .endianness = JXL_NATIVE_ENDIAN};
}

static size_t bytes_of(const anew_image *image)
{
    return (size_t)image->width * (size_t)image->height * (size_t)image->channels *
           (size_t)(image->depth / 8);
}

/* ---- decoding ---------------------------------------------------------------------------------------- */

typedef struct jxl_reader {
    JxlDecoder *jxl;
    anew_decoder *to;
    const anew_image_limits *limits;
    const char *label;
    anew_error *error;
    /* The box at work: EXIF or XMP. */
    anew_block box;
    size_t capacity;
    bool is_exif, is_open;
} jxl_reader;

static anew_status damaged(const jxl_reader *r)
{
    return anew_fail(r->error, ANEW_ERROR_FORMAT, "%s: damaged JPEG XL", r->label);
}

static anew_status no_memory(const jxl_reader *r)
{
    return anew_fail(r->error, ANEW_ERROR_MEMORY, "%s: no memory to decode it", r->label);
}

static anew_status read_info(jxl_reader *r)
{
    JxlBasicInfo info;
    if (JxlDecoderGetBasicInfo(r->jxl, &info) != JXL_DEC_SUCCESS)
        return damaged(r);
    ANEW_TRY(anew_image_check_size(info.xsize, info.ysize, r->label, r->limits, r->error));
    if (info.have_animation)
        return anew_fail(r->error, ANEW_ERROR_UNSUPPORTED,
                         "%s: an animated JPEG XL; only single pictures are read", r->label);
    if (info.exponent_bits_per_sample > 0 || info.bits_per_sample > 16)
        return anew_fail(r->error, ANEW_ERROR_UNSUPPORTED,
                         "%s: a JPEG XL of floating-point samples, which is not read", r->label);
    r->to->shape = (anew_image){(int)info.xsize, (int)info.ysize,
                                (info.num_color_channels == 1 ? 1 : 3) + (info.alpha_bits > 0),
                                info.bits_per_sample > 8 ? 16 : 8, NULL};
    return ANEW_OK;
}

/* A profile only where the colours are not sRGB, which needs none. */
static anew_status read_colour(const jxl_reader *r)
{
    JxlColorEncoding colour;
    size_t bytes = 0;
    anew_block *icc = &r->to->metadata.icc;
    if (JxlDecoderGetColorAsEncodedProfile(PROFILE_OF(r->jxl), JXL_COLOR_PROFILE_TARGET_DATA,
                                           &colour) == JXL_DEC_SUCCESS &&
        colour.transfer_function == JXL_TRANSFER_FUNCTION_SRGB &&
        colour.white_point == JXL_WHITE_POINT_D65 &&
        (colour.color_space == JXL_COLOR_SPACE_GRAY || colour.primaries == JXL_PRIMARIES_SRGB)) {
        r->to->metadata.has_srgb = true;
        return ANEW_OK;
    }
    if (JxlDecoderGetICCProfileSize(PROFILE_OF(r->jxl), JXL_COLOR_PROFILE_TARGET_DATA, &bytes) !=
            JXL_DEC_SUCCESS ||
        bytes == 0 || bytes > MAX_BOX)
        return ANEW_OK;
    icc->data = anew_alloc_zero(bytes + 1);
    if (icc->data == NULL)
        return no_memory(r);
    icc->size = bytes;
    if (JxlDecoderGetColorAsICCProfile(PROFILE_OF(r->jxl), JXL_COLOR_PROFILE_TARGET_DATA, icc->data,
                                       bytes) != JXL_DEC_SUCCESS) {
        anew_free(icc->data);
        *icc = (anew_block){0};
    }
    return ANEW_OK;
}

/* The end of the box at work. An Exif box begins with the place of the block in it (ISO/IEC 18181-2, section 9.6). */
static anew_status close_box(jxl_reader *r)
{
    if (!r->is_open)
        return ANEW_OK;
    const size_t left = JxlDecoderReleaseBoxBuffer(r->jxl);
    size_t size = r->box.size - (left < r->box.size ? left : r->box.size), skip = 0;
    r->is_open = false;
    if (r->is_exif && size > 4)
        skip = 4 + ((size_t)r->box.data[0] << 24 | (size_t)r->box.data[1] << 16 |
                    (size_t)r->box.data[2] << 8 | r->box.data[3]);
    anew_metadata *m = &r->to->metadata;
    if (size > skip &&
        !anew_block_set(r->is_exif ? &m->exif : &m->xmp, r->box.data + skip, size - skip))
        return no_memory(r);
    return ANEW_OK;
}

/* More room for the box at work, to twice its size. */
static anew_status grow_box(jxl_reader *r)
{
    const size_t left = r->is_open ? JxlDecoderReleaseBoxBuffer(r->jxl) : 0;
    const size_t done = r->is_open ? r->box.size - left : 0, wanted = 2 * done + 65536;
    r->is_open = false;
    if (wanted > MAX_BOX)
        return anew_fail(r->error, ANEW_ERROR_LIMIT, "%s: EXIF or XMP of more than %d MB", r->label,
                         (int)(MAX_BOX >> 21));
    uint8_t *more = anew_grow(r->box.data, &r->capacity, wanted, 1);
    if (more == NULL)
        return no_memory(r);
    r->box = (anew_block){more, wanted};
    r->is_open = JxlDecoderSetBoxBuffer(r->jxl, more + done, wanted - done) == JXL_DEC_SUCCESS;
    return r->is_open ? ANEW_OK : damaged(r);
}

static anew_status open_box(jxl_reader *r)
{
    JxlBoxType type;
    ANEW_TRY(close_box(r));
    if (JxlDecoderGetBoxType(r->jxl, type, JXL_TRUE) != JXL_DEC_SUCCESS)
        return damaged(r);
    r->is_exif = memcmp(type, "Exif", 4) == 0;
    const anew_block *place = r->is_exif ? &r->to->metadata.exif : &r->to->metadata.xmp;
    if ((!r->is_exif && memcmp(type, "xml ", 4) != 0) || place->data != NULL)
        return ANEW_OK;
    return grow_box(r);
}

static anew_status make_picture(const jxl_reader *r)
{
    const anew_image *shape = &r->to->shape;
    const JxlPixelFormat format = format_of(shape);
    if (r->to->whole.pixels != NULL)
        return ANEW_OK;
    ANEW_TRY(anew_image_create(&r->to->whole, shape->width, shape->height, shape->channels,
                               shape->depth, r->error));
    return JxlDecoderSetImageOutBuffer(r->jxl, &format, r->to->whole.pixels,
                                       bytes_of(&r->to->whole)) == JXL_DEC_SUCCESS
               ? ANEW_OK
               : damaged(r);
}

static anew_status decode(jxl_reader *r, const uint8_t *data, size_t size)
{
    const int events =
        JXL_DEC_BASIC_INFO | JXL_DEC_COLOR_ENCODING | JXL_DEC_FULL_IMAGE | JXL_DEC_BOX;
    bool complete = false;
    if (JxlDecoderSubscribeEvents(r->jxl, events) != JXL_DEC_SUCCESS ||
        JxlDecoderSetDecompressBoxes(r->jxl, JXL_TRUE) != JXL_DEC_SUCCESS ||
        JxlDecoderSetUnpremultiplyAlpha(r->jxl, JXL_TRUE) != JXL_DEC_SUCCESS ||
        JxlDecoderSetInput(r->jxl, data, size) != JXL_DEC_SUCCESS)
        return no_memory(r);
    for (bool closed = false;;) {
        switch (JxlDecoderProcessInput(r->jxl)) {
        case JXL_DEC_BASIC_INFO:
            ANEW_TRY(read_info(r));
            break;
        case JXL_DEC_COLOR_ENCODING:
            ANEW_TRY(read_colour(r));
            break;
        case JXL_DEC_NEED_IMAGE_OUT_BUFFER:
            ANEW_TRY(make_picture(r));
            break;
        case JXL_DEC_FULL_IMAGE:
            complete = true;
            break;
        case JXL_DEC_BOX:
            ANEW_TRY(open_box(r));
            break;
        case JXL_DEC_BOX_NEED_MORE_OUTPUT:
            ANEW_TRY(grow_box(r));
            break;
        case JXL_DEC_NEED_MORE_INPUT:
            /* Only the last box may end with the file. libjxl would print a line of its own about a cut picture. */
            if (!complete || closed)
                return damaged(r);
            JxlDecoderCloseInput(r->jxl);
            closed = true;
            break;
        case JXL_DEC_SUCCESS:
            ANEW_TRY(close_box(r));
            return complete ? ANEW_OK : damaged(r);
        default:
            return damaged(r);
        }
    }
}

anew_status anew_jxl_decoder(anew_decoder *decoder, anew_input *input,
                             const anew_image_limits *limits, anew_error *error)
{
    jxl_reader r = {
        .to = decoder, .limits = limits, .label = anew_input_label(input), .error = error};
    const uint8_t *data = NULL;
    size_t size = 0;
    ANEW_TRY(anew_late_load(&library, anew_input_label(input), error));
    ANEW_TRY(anew_input_whole(input, &data, &size, MAX_BYTES, error));
    r.jxl = JxlDecoderCreate(NULL);
    if (r.jxl == NULL)
        return no_memory(&r);
    const anew_status status = decode(&r, data, size);
    JxlDecoderDestroy(r.jxl);
    anew_free(r.box.data);
    return status;
}

/* ---- encoding ---------------------------------------------------------------------------------------- */

typedef struct jxl_writer {
    anew_image picture;
    int rows; /* that are there */
    const anew_metadata *metadata;
    anew_image_options options;
    anew_output *output;
    const char *label;
} jxl_writer;

static anew_status jxl_rows(void *state, const anew_image *part, anew_error *error)
{
    jxl_writer *w = state;
    anew_image before = w->picture;
    (void)error;
    before.height = w->rows;
    memcpy((uint8_t *)w->picture.pixels + bytes_of(&before), part->pixels, bytes_of(part));
    w->rows += part->height;
    return ANEW_OK;
}

/* libjxl's measure of loss for a quality like JPEG's, as its own program has it. */
static float distance_of(int quality)
{
    const float q = (float)quality;
    return quality >= 100  ? 0.0f
           : quality >= 30 ? 0.1f + (100.0f - q) * 0.09f
                           : 53.0f / 3000.0f * q * q - 23.0f / 20.0f * q + 25.0f;
}

static bool set_head(JxlEncoder *jxl, const jxl_writer *w)
{
    JxlBasicInfo info;
    JxlColorEncoding srgb;
    const anew_metadata *m = w->metadata;
    const anew_image *p = &w->picture;
    JxlEncoderInitBasicInfo(&info);
    info.xsize = (uint32_t)p->width;
    info.ysize = (uint32_t)p->height;
    info.bits_per_sample = (uint32_t)p->depth;
    info.num_color_channels = p->channels <= 2 ? 1 : 3;
    info.num_extra_channels = p->channels % 2 == 0;
    info.alpha_bits = p->channels % 2 == 0 ? (uint32_t)p->depth : 0;
    info.uses_original_profile = w->options.lossless ? JXL_TRUE : JXL_FALSE;
    info.orientation = (JxlOrientation)anew_exif_orientation(m->exif.data, m->exif.size);
    if (JxlEncoderSetBasicInfo(jxl, &info) != JXL_ENC_SUCCESS)
        return false;
    /* A profile that libjxl cannot read is left out. */
    if (m->icc.data != NULL &&
        JxlEncoderSetICCProfile(jxl, m->icc.data, m->icc.size) == JXL_ENC_SUCCESS)
        return true;
    JxlColorEncodingSetToSRGB(&srgb, info.num_color_channels == 1);
    return JxlEncoderSetColorEncoding(jxl, &srgb) == JXL_ENC_SUCCESS;
}

static bool add_boxes(JxlEncoder *jxl, const anew_metadata *m)
{
    if (m->exif.data != NULL) {
        uint8_t *box = anew_alloc_zero(m->exif.size + 4);
        if (box == NULL)
            return false;
        memcpy(box + 4, m->exif.data, m->exif.size);
        const bool added =
            JxlEncoderAddBox(jxl, "Exif", box, m->exif.size + 4, JXL_FALSE) == JXL_ENC_SUCCESS;
        anew_free(box);
        if (!added)
            return false;
    }
    return m->xmp.data == NULL ||
           JxlEncoderAddBox(jxl, "xml ", m->xmp.data, m->xmp.size, JXL_FALSE) == JXL_ENC_SUCCESS;
}

static bool add_frame(JxlEncoder *jxl, const jxl_writer *w)
{
    const JxlPixelFormat format = format_of(&w->picture);
    const int quality = w->options.quality == 0 ? DEFAULT_QUALITY : w->options.quality;
    JxlEncoderFrameSettings *frame = JxlEncoderFrameSettingsCreate(jxl, NULL);
    if (frame == NULL || JxlEncoderFrameSettingsSetOption(frame, JXL_ENC_FRAME_SETTING_EFFORT,
                                                          EFFORT) != JXL_ENC_SUCCESS)
        return false;
    const JxlEncoderStatus how = w->options.lossless
                                     ? JxlEncoderSetFrameLossless(frame, JXL_TRUE)
                                     : JxlEncoderSetFrameDistance(frame, distance_of(quality));
    return how == JXL_ENC_SUCCESS &&
           JxlEncoderAddImageFrame(frame, &format, w->picture.pixels, bytes_of(&w->picture)) ==
               JXL_ENC_SUCCESS;
}

static anew_status encode(JxlEncoder *jxl, const jxl_writer *w, anew_error *error)
{
    uint8_t part[16384];
    const anew_metadata *m = w->metadata;
    const bool boxes = m->exif.data != NULL || m->xmp.data != NULL;
    if ((boxes && JxlEncoderUseBoxes(jxl) != JXL_ENC_SUCCESS) || !set_head(jxl, w) ||
        !add_boxes(jxl, m) || !add_frame(jxl, w))
        return anew_fail(error, ANEW_ERROR_UNSUPPORTED, "%s: libjxl refuses the picture", w->label);
    JxlEncoderCloseInput(jxl);
    for (;;) {
        uint8_t *next = part;
        size_t left = sizeof part;
        const JxlEncoderStatus status = JxlEncoderProcessOutput(jxl, &next, &left);
        if (status != JXL_ENC_SUCCESS && status != JXL_ENC_NEED_MORE_OUTPUT)
            return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                             "%s: libjxl refuses the picture, or has no memory for it", w->label);
        ANEW_TRY(anew_output_write(w->output, part, sizeof part - left, error));
        if (status == JXL_ENC_SUCCESS)
            return ANEW_OK;
    }
}

static anew_status jxl_finish(void *state, anew_error *error)
{
    const jxl_writer *w = state;
    JxlEncoder *jxl = JxlEncoderCreate(NULL);
    if (jxl == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to encode it", w->label);
    const anew_status status = encode(jxl, w, error);
    JxlEncoderDestroy(jxl);
    return status;
}

static void jxl_release(void *state)
{
    jxl_writer *w = state;
    anew_image_free(&w->picture);
    anew_free(w);
}

anew_status anew_jxl_encoder(anew_encoder *encoder, const anew_image *shape,
                             const anew_metadata *metadata, anew_output *output, const char *label,
                             const anew_image_options *options, anew_error *error)
{
    *encoder = (anew_encoder){NULL, jxl_rows, jxl_finish, jxl_release, NULL};
    ANEW_TRY(anew_late_load(&library, label, error));
    jxl_writer *w = anew_alloc_zero(sizeof *w);
    if (w == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to encode it", label);
    *w = (jxl_writer){.metadata = metadata, .options = *options, .output = output, .label = label};
    const anew_status status = anew_image_create(&w->picture, shape->width, shape->height,
                                                 shape->channels, shape->depth, error);
    if (status == ANEW_OK)
        encoder->state = w;
    else
        jxl_release(w);
    return status;
}
