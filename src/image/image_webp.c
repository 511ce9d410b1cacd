/*
 * image_webp.c - WebP; beside animation_webp.c the only file that sees libwebp.
 *
 * Lossy and lossless pictures with and without transparency; of animations the first frame. libwebp wants a whole
 * picture on either side, so both are held in memory while they are at work.
 */
#include <string.h>
#include <webp/decode.h>
#include <webp/demux.h>
#include <webp/encode.h>
#include <webp/mux.h>

#include "core/memory.h"
#include "image/formats.h"

#define MAX_BYTES       ((size_t)2 << 30)
#define DEFAULT_QUALITY 92

/* ---- decoding ---------------------------------------------------------------------------------------- */

/* A chunk of the container as a block; false without memory. */
static bool take_chunk(anew_block *block, const WebPDemuxer *demuxer, const char *name)
{
    WebPChunkIterator chunk;
    bool memory = true;
    if (WebPDemuxGetChunk(demuxer, name, 1, &chunk) != 0)
        memory = anew_block_set(block, chunk.chunk.bytes, chunk.chunk.size);
    WebPDemuxReleaseChunkIterator(&chunk);
    return memory;
}

static bool read_metadata(anew_metadata *m, const uint8_t *data, size_t size)
{
    const WebPData bytes = {data, size};
    WebPDemuxer *demuxer = WebPDemux(&bytes);
    if (demuxer == NULL)
        return true; /* a picture without a container */
    const bool memory = take_chunk(&m->icc, demuxer, "ICCP") &&
                        take_chunk(&m->exif, demuxer, "EXIF") &&
                        take_chunk(&m->xmp, demuxer, "XMP ");
    WebPDemuxDelete(demuxer);
    /* Some writers put JPEG's six bytes before the TIFF block. */
    if (m->exif.size > 6 && memcmp(m->exif.data, "Exif\0\0", 6) == 0) {
        memmove(m->exif.data, m->exif.data + 6, m->exif.size - 6 + 1);
        m->exif.size -= 6;
    }
    return memory;
}

anew_status anew_webp_decoder(anew_decoder *decoder, anew_input *input,
                              const anew_image_limits *limits, anew_error *error)
{
    const char *label = anew_input_label(input);
    const uint8_t *data = NULL;
    size_t size = 0;
    WebPBitstreamFeatures features;
    ANEW_TRY(anew_input_whole(input, &data, &size, MAX_BYTES, error));
    if (WebPGetFeatures(data, size, &features) != VP8_STATUS_OK)
        return anew_fail(error, ANEW_ERROR_FORMAT, "%s: damaged WebP", label);
    ANEW_TRY(anew_image_check_size(features.width, features.height, label, limits, error));
    if (!read_metadata(&decoder->metadata, data, size))
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to decode it", label);
    decoder->orientation =
        anew_exif_orientation(decoder->metadata.exif.data, decoder->metadata.exif.size);
    if (features.has_animation)
        return anew_first_frame(decoder, anew_webp_frames, input, features.has_alpha != 0, limits,
                                error);
    ANEW_TRY(anew_image_create(&decoder->whole, features.width, features.height,
                               features.has_alpha ? 4 : 3, 8, error));
    decoder->shape = decoder->whole;
    decoder->shape.pixels = NULL;
    const int row_bytes = features.width * decoder->whole.channels;
    const size_t bytes = (size_t)row_bytes * (size_t)features.height;
    const uint8_t *done = (features.has_alpha ? WebPDecodeRGBAInto : WebPDecodeRGBInto)(
        data, size, decoder->whole.pixels, bytes, row_bytes);
    if (done == NULL)
        return anew_fail(error, ANEW_ERROR_FORMAT, "%s: damaged WebP", label);
    return ANEW_OK;
}

/* ---- encoding ---------------------------------------------------------------------------------------- */

typedef struct webp_encoder {
    anew_image picture; /* 3 or 4 channels, 8 bits */
    int rows;           /* that are there */
    const anew_metadata *metadata;
    const anew_image_options *options;
    anew_output *output;
    const char *label;
} webp_encoder;

static uint8_t narrow(const anew_image *part, size_t i)
{
    if (part->depth == 8)
        return ((const uint8_t *)part->pixels)[i];
    return (uint8_t)((((const uint16_t *)part->pixels)[i] * 255u + 32767u) / 65535u);
}

static anew_status webp_rows(void *state, const anew_image *part, anew_error *error)
{
    webp_encoder *e = state;
    (void)error;
    const int from = part->channels, to = e->picture.channels;
    const size_t pixels = (size_t)part->width * (size_t)part->height;
    uint8_t *out =
        (uint8_t *)e->picture.pixels + (size_t)e->rows * (size_t)part->width * (size_t)to;
    for (size_t i = 0; i < pixels; i++, out += to) {
        const size_t at = i * (size_t)from;
        for (int c = 0; c < 3; c++)
            out[c] = narrow(part, at + (size_t)(from >= 3 ? c : 0));
        if (to == 4)
            out[3] = narrow(part, at + (size_t)from - 1);
    }
    e->rows += part->height;
    return ANEW_OK;
}

static anew_status compress(webp_encoder *e, WebPMemoryWriter *writer, anew_error *error)
{
    WebPConfig config;
    WebPPicture picture;
    const anew_image_options *o = e->options;
    if (!WebPConfigInit(&config) || !WebPPictureInit(&picture))
        return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                         "%s: another libwebp than this was built for", e->label);
    if (o->lossless)
        (void)WebPConfigLosslessPreset(&config, 6);
    else
        config.quality = (float)(o->quality == 0 ? DEFAULT_QUALITY : o->quality);
    config.exact = 1; /* colours under full transparency, too */
    picture.use_argb = o->lossless;
    picture.width = e->picture.width;
    picture.height = e->picture.height;
    picture.writer = WebPMemoryWrite;
    picture.custom_ptr = writer;
    const int imported = (e->picture.channels == 4 ? WebPPictureImportRGBA : WebPPictureImportRGB)(
        &picture, e->picture.pixels, e->picture.width * e->picture.channels);
    const bool encoded = imported && WebPEncode(&config, &picture);
    const WebPEncodingError code = picture.error_code;
    WebPPictureFree(&picture);
    if (encoded)
        return ANEW_OK;
    if (!imported || code == VP8_ENC_ERROR_OUT_OF_MEMORY ||
        code == VP8_ENC_ERROR_BITSTREAM_OUT_OF_MEMORY || code == VP8_ENC_ERROR_BAD_WRITE)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to encode it", e->label);
    return anew_fail(error, ANEW_ERROR_LIMIT, "%s: libwebp refuses the picture (its error %d)",
                     e->label, (int)code);
}

static bool add_chunk(WebPMux *mux, const char *name, const anew_block *block)
{
    const WebPData data = {block->data, block->size};
    return block->data == NULL || WebPMuxSetChunk(mux, name, &data, 0) == WEBP_MUX_OK;
}

static anew_status assemble(webp_encoder *e, const WebPMemoryWriter *writer, anew_error *error)
{
    const anew_metadata *m = e->metadata;
    WebPData picture = {writer->mem, writer->size}, file = {NULL, 0};
    WebPMux *mux = WebPMuxNew();
    anew_status status = ANEW_OK;
    if (mux == NULL || WebPMuxSetImage(mux, &picture, 0) != WEBP_MUX_OK ||
        !add_chunk(mux, "ICCP", &m->icc) || !add_chunk(mux, "EXIF", &m->exif) ||
        !add_chunk(mux, "XMP ", &m->xmp) || WebPMuxAssemble(mux, &file) != WEBP_MUX_OK)
        status = anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to encode it", e->label);
    else
        status = anew_output_write(e->output, file.bytes, file.size, error);
    WebPDataClear(&file);
    WebPMuxDelete(mux);
    return status;
}

static anew_status webp_finish(void *state, anew_error *error)
{
    webp_encoder *e = state;
    const anew_metadata *m = e->metadata;
    WebPMemoryWriter writer;
    WebPMemoryWriterInit(&writer);
    anew_status status = compress(e, &writer, error);
    anew_image_free(&e->picture);
    const bool bare = m->icc.data == NULL && m->exif.data == NULL && m->xmp.data == NULL;
    if (status == ANEW_OK)
        status = bare ? anew_output_write(e->output, writer.mem, writer.size, error)
                      : assemble(e, &writer, error);
    WebPMemoryWriterClear(&writer);
    return status;
}

static void webp_release(void *state)
{
    webp_encoder *e = state;
    anew_image_free(&e->picture);
    anew_free(e);
}

anew_status anew_webp_encoder(anew_encoder *encoder, const anew_image *shape,
                              const anew_metadata *metadata, anew_output *output, const char *label,
                              const anew_image_options *options, anew_error *error)
{
    webp_encoder *e = anew_alloc_zero(sizeof *e);
    *encoder = (anew_encoder){NULL, webp_rows, webp_finish, webp_release, NULL};
    if (e == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to encode it", label);
    *e = (webp_encoder){.metadata = metadata, .options = options, .output = output, .label = label};
    const int channels = shape->channels == 2 || shape->channels == 4 ? 4 : 3;
    const anew_status status =
        anew_image_create(&e->picture, shape->width, shape->height, channels, 8, error);
    if (status == ANEW_OK)
        encoder->state = e;
    else
        webp_release(e);
    return status;
}
