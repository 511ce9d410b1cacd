/*
 * animation_webp.c - the frames of an animated WebP by libwebp's decoder of animations, which composes them, and frames
 * into one: each is encoded as a still (image_webp.c), and libwebpmux puts them together.
 *
 * A frame that is written replaces what is below it and stays. The file is in memory on both sides.
 */
#include <limits.h>
#include <string.h>
#include <webp/decode.h>
#include <webp/demux.h>
#include <webp/mux.h>

#include "core/memory.h"
#include "image/formats.h"

#define MAX_BYTES     ((size_t)2 << 30)
#define LONGEST_DELAY 0xffffff /* milliseconds in 24 bits */

/* ---- in ------------------------------------------------------------------------------------------------- */

typedef struct webp_frames {
    WebPAnimDecoder *decoder;
    anew_image canvas; /* libwebp's pixels, not ours */
    int timestamp;     /* where the last frame ended */
    int seen, frames;
    const char *label;
} webp_frames;

static anew_status webp_next_frame(void *state, const anew_image **canvas, anew_delay *delay,
                                   anew_error *error)
{
    webp_frames *f = state;
    uint8_t *pixels = NULL;
    int timestamp = 0;
    *canvas = NULL;
    if (!WebPAnimDecoderHasMoreFrames(f->decoder))
        return f->seen == f->frames
                   ? ANEW_OK
                   : anew_fail(error, ANEW_ERROR_FORMAT, "%s: damaged WebP: %d frames of %d",
                               f->label, f->seen, f->frames);
    if (!WebPAnimDecoderGetNext(f->decoder, &pixels, &timestamp))
        return anew_fail(error, ANEW_ERROR_FORMAT, "%s: damaged WebP: frame %d", f->label,
                         f->seen + 1);
    f->seen++;
    f->canvas.pixels = pixels;
    *canvas = &f->canvas;
    *delay = (anew_delay){(uint32_t)(timestamp - f->timestamp), 1000};
    f->timestamp = timestamp;
    return ANEW_OK;
}

static void webp_release_frames(void *state)
{
    webp_frames *f = state;
    WebPAnimDecoderDelete(f->decoder);
    anew_free(f);
}

/* libwebp adds the delays up in an int. False where they do not fit, or a frame is not there. */
static bool are_delays_sound(const WebPData *bytes)
{
    WebPDemuxer *demuxer = WebPDemux(bytes);
    WebPIterator frame;
    int64_t sum = 0;
    if (demuxer == NULL)
        return false;
    bool there = WebPDemuxGetFrame(demuxer, 1, &frame) != 0;
    const bool any = there;
    for (; there; there = WebPDemuxNextFrame(&frame) != 0)
        sum += frame.duration;
    WebPDemuxReleaseIterator(&frame);
    WebPDemuxDelete(demuxer);
    return any && sum < INT_MAX;
}

static anew_status open_frames(webp_frames *f, anew_frames_decoder *decoder, const WebPData *bytes,
                               anew_error *error)
{
    WebPAnimDecoderOptions options;
    WebPAnimInfo info;
    if (!WebPAnimDecoderOptionsInit(&options))
        return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                         "%s: another libwebp than this was built for", f->label);
    options.color_mode = MODE_RGBA;
    options.use_threads = 0;
    f->decoder = WebPAnimDecoderNew(bytes, &options);
    if (f->decoder == NULL || !WebPAnimDecoderGetInfo(f->decoder, &info))
        return anew_fail(error, ANEW_ERROR_FORMAT, "%s: damaged WebP, or no memory to decode it",
                         f->label);
    f->frames = (int)info.frame_count;
    f->canvas = (anew_image){(int)info.canvas_width, (int)info.canvas_height, 4, 8, NULL};
    decoder->plays = (int)info.loop_count;
    return ANEW_OK;
}

anew_status anew_webp_frames(anew_frames_decoder *decoder, anew_input *input,
                             const anew_image_limits *limits, anew_error *error)
{
    const char *label = anew_input_label(input);
    WebPBitstreamFeatures features;
    WebPData bytes = {NULL, 0};
    *decoder = (anew_frames_decoder){.next = webp_next_frame, .release = webp_release_frames};
    ANEW_TRY(anew_input_whole(input, &bytes.bytes, &bytes.size, MAX_BYTES, error));
    if (WebPGetFeatures(bytes.bytes, bytes.size, &features) != VP8_STATUS_OK)
        return anew_fail(error, ANEW_ERROR_FORMAT, "%s: damaged WebP", label);
    if (!features.has_animation)
        return ANEW_OK;
    ANEW_TRY(anew_image_check_size(features.width, features.height, label, limits, error));
    if (!are_delays_sound(&bytes))
        return anew_fail(error, ANEW_ERROR_FORMAT, "%s: damaged WebP", label);
    webp_frames *f = anew_alloc_zero(sizeof *f);
    if (f == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to decode it", label);
    f->label = label;
    const anew_status status = open_frames(f, decoder, &bytes, error);
    if (status != ANEW_OK) {
        webp_release_frames(f);
        return status;
    }
    decoder->shape = f->canvas;
    decoder->state = f;
    return ANEW_OK;
}

/* ---- out ------------------------------------------------------------------------------------------------ */

typedef struct webp_frames_out {
    WebPMux *mux;
    const anew_metadata *metadata;
    anew_output *output;
    const char *label;
    anew_image_options options;
    double at; /* seconds */
} webp_frames_out;

static anew_status no_memory(const webp_frames_out *f, anew_error *error)
{
    return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to encode it", f->label);
}

static anew_status webp_frame(void *state, const anew_image *canvas, const anew_rectangle *changed,
                              anew_delay delay, anew_error *error)
{
    static const anew_metadata none = {0};
    webp_frames_out *f = state;
    anew_bytes still = {0};
    anew_rectangle area = *changed; /* its corner is stored halved */
    area.width += area.x % 2;
    area.height += area.y % 2;
    area.x -= area.x % 2;
    area.y -= area.y % 2;
    const int64_t milliseconds = anew_delay_units(&f->at, delay, 1000);
    if (milliseconds > LONGEST_DELAY)
        return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                         "%s: a frame lasts longer than WebP can say, 16777 seconds", f->label);
    ANEW_TRY(anew_encode_part(&still, canvas, &area, ANEW_FORMAT_WEBP, &none, f->label, &f->options,
                              error));
    const WebPMuxFrameInfo frame = {.bitstream = {still.data, still.size},
                                    .x_offset = area.x,
                                    .y_offset = area.y,
                                    .duration = (int)milliseconds,
                                    .id = WEBP_CHUNK_ANMF,
                                    .dispose_method = WEBP_MUX_DISPOSE_NONE,
                                    .blend_method = WEBP_MUX_NO_BLEND};
    const WebPMuxError pushed = WebPMuxPushFrame(f->mux, &frame, 1);
    anew_bytes_free(&still);
    return pushed == WEBP_MUX_OK ? ANEW_OK : no_memory(f, error);
}

static bool set_chunk(WebPMux *mux, const char *name, const anew_block *block)
{
    const WebPData data = {block->data, block->size};
    return block->data == NULL || WebPMuxSetChunk(mux, name, &data, 0) == WEBP_MUX_OK;
}

static anew_status webp_finish_frames(void *state, anew_error *error)
{
    webp_frames_out *f = state;
    const anew_metadata *m = f->metadata;
    WebPData file = {NULL, 0};
    if (!set_chunk(f->mux, "ICCP", &m->icc) || !set_chunk(f->mux, "EXIF", &m->exif) ||
        !set_chunk(f->mux, "XMP ", &m->xmp) || WebPMuxAssemble(f->mux, &file) != WEBP_MUX_OK)
        return no_memory(f, error);
    const anew_status status = anew_output_write(f->output, file.bytes, file.size, error);
    WebPDataClear(&file);
    return status;
}

static void webp_release_frames_out(void *state)
{
    webp_frames_out *f = state;
    WebPMuxDelete(f->mux);
    anew_free(f);
}

anew_status anew_webp_frames_encoder(anew_frames_encoder *encoder,
                                     const anew_animation_facts *facts,
                                     const anew_metadata *metadata, anew_output *output,
                                     const char *label, const anew_image_options *options,
                                     anew_error *error)
{
    const WebPMuxAnimParams params = {.bgcolor = 0,
                                      .loop_count = facts->plays > 65535 ? 65535 : facts->plays};
    webp_frames_out *f = anew_alloc_zero(sizeof *f);
    *encoder = (anew_frames_encoder){NULL, webp_frame, webp_finish_frames, webp_release_frames_out};
    if (f == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to encode it", label);
    *f = (webp_frames_out){.mux = WebPMuxNew(),
                           .metadata = metadata,
                           .output = output,
                           .label = label,
                           .options = *options};
    if (f->mux == NULL || WebPMuxSetAnimationParams(f->mux, &params) != WEBP_MUX_OK ||
        WebPMuxSetCanvasSize(f->mux, facts->shape.width, facts->shape.height) != WEBP_MUX_OK) {
        const anew_status status = no_memory(f, error);
        webp_release_frames_out(f);
        return status;
    }
    encoder->state = f;
    return ANEW_OK;
}
