/* animation.c - the door to the decoders of frames: read through once, then frame by frame. */
#include "image/animation.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "image/formats.h"

struct anew_animation {
    anew_image_reader *reader;
    anew_frames_decoder decoder;
    anew_animation_facts facts;
    bool opaque;
};

/* Whether no sample of alpha is below its most. */
static bool is_opaque(const anew_image *image)
{
    const size_t pixels = (size_t)image->width * (size_t)image->height;
    const size_t step = (size_t)image->channels;
    for (size_t i = 0, at = step - 1; i < pixels; i++, at += step)
        if (image->depth == 8 ? ((const uint8_t *)image->pixels)[at] != 255
                              : ((const uint16_t *)image->pixels)[at] != 65535)
            return false;
    return true;
}

/* A copy, without alpha where `opaque`. */
static anew_status copy(anew_image *to, const anew_image *canvas, bool opaque, anew_error *error)
{
    const size_t sample = (size_t)(canvas->depth / 8), step = (size_t)canvas->channels * sample;
    const size_t pixels = (size_t)canvas->width * (size_t)canvas->height;
    ANEW_TRY(anew_image_create(to, canvas->width, canvas->height,
                               canvas->channels - (opaque ? 1 : 0), canvas->depth, error));
    const uint8_t *from = canvas->pixels;
    uint8_t *out = to->pixels;
    if (!opaque) {
        memcpy(out, from, pixels * step);
        return ANEW_OK;
    }
    for (size_t i = 0; i < pixels; i++, from += step, out += step - sample)
        memcpy(out, from, step - sample);
    return ANEW_OK;
}

anew_status anew_image_drop_opaque(anew_image *image, anew_error *error)
{
    anew_image without;
    if (image->channels % 2 != 0 || !is_opaque(image))
        return ANEW_OK;
    ANEW_TRY(copy(&without, image, true, error));
    anew_image_free(image);
    *image = without;
    return ANEW_OK;
}

anew_status anew_first_frame(anew_decoder *decoder, anew_frames_open *open, anew_input *input,
                             bool announced, const anew_image_limits *limits, anew_error *error)
{
    anew_frames_decoder frames = {0};
    const anew_image *canvas = NULL;
    anew_delay delay;
    ANEW_TRY(open(&frames, input, limits, error));
    anew_status status = frames.next(frames.state, &canvas, &delay, error);
    if (status == ANEW_OK && canvas == NULL)
        status = anew_fail(error, ANEW_ERROR_FORMAT, "%s: there is no picture in it",
                           anew_input_label(input));
    if (status == ANEW_OK)
        status = copy(&decoder->whole, canvas, !announced && is_opaque(canvas), error);
    decoder->shape = decoder->whole;
    decoder->shape.pixels = NULL;
    frames.release(frames.state);
    return status;
}

/* ---- all frames once ---------------------------------------------------------------------------------- */

static anew_status look_through(anew_animation *a, const char *label, anew_error *error)
{
    const anew_image *shape = &a->decoder.shape;
    const double pixels = (double)shape->width * shape->height;
    const anew_image *canvas = NULL;
    anew_delay delay = {0, 1};
    a->opaque = true;
    for (;;) {
        ANEW_TRY(a->decoder.next(a->decoder.state, &canvas, &delay, error));
        if (canvas == NULL)
            return ANEW_OK;
        if ((a->facts.frames + 1) * pixels > ANEW_MOST_FRAME_PIXELS)
            return anew_fail(error, ANEW_ERROR_LIMIT,
                             "%s: more than %d frames of %dx%d pixels, which is the limit", label,
                             a->facts.frames, shape->width, shape->height);
        a->facts.frames++;
        a->facts.seconds += (double)delay.numerator / delay.denominator;
        a->opaque = a->opaque && is_opaque(canvas);
    }
}

static anew_status start(anew_animation *a, const anew_image_limits *limits, anew_error *error)
{
    anew_input *input = anew_image_reader_input(a->reader);
    anew_frames_open *open = anew_format_frames(anew_image_reader_format(a->reader));
    const char *label = anew_input_label(input);
    if (open == NULL)
        return ANEW_OK;
    ANEW_TRY(open(&a->decoder, input, limits, error));
    if (a->decoder.state == NULL)
        return ANEW_OK;
    ANEW_TRY(look_through(a, label, error));
    a->facts.plays = a->decoder.plays;
    a->facts.shape = a->decoder.shape;
    a->facts.shape.channels -= a->opaque ? 1 : 0;
    if (anew_image_reader_orientation(a->reader) >= 5) {
        a->facts.shape.width = a->decoder.shape.height;
        a->facts.shape.height = a->decoder.shape.width;
    }
    a->decoder.release(a->decoder.state);
    a->decoder = (anew_frames_decoder){0};
    return a->facts.frames < 2 ? ANEW_OK : open(&a->decoder, input, limits, error);
}

anew_status anew_animation_open(anew_animation **animation, anew_animation_facts *facts,
                                anew_image_reader *reader, const anew_image_limits *limits,
                                anew_error *error)
{
    anew_animation *a = anew_alloc_zero(sizeof *a);
    *animation = NULL;
    *facts = (anew_animation_facts){.frames = 1};
    if (a == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory to read an animation");
    a->reader = reader;
    const anew_status status = start(a, limits, error);
    if (status != ANEW_OK || a->decoder.state == NULL) {
        anew_animation_close(&a);
        return status;
    }
    anew_image_reader_set_shape(reader, &a->facts.shape);
    *facts = a->facts;
    *animation = a;
    return ANEW_OK;
}

anew_status anew_animation_next(anew_animation *a, anew_image *frame, anew_delay *delay,
                                anew_error *error)
{
    const anew_image *canvas = NULL;
    const char *label = anew_input_label(anew_image_reader_input(a->reader));
    *frame = (anew_image){0};
    ANEW_TRY(a->decoder.next(a->decoder.state, &canvas, delay, error));
    if (canvas == NULL)
        return ANEW_OK;
    ANEW_TRY(copy(frame, canvas, a->opaque, error));
    const anew_status status =
        anew_image_orient(frame, anew_image_reader_orientation(a->reader), label, error);
    if (status != ANEW_OK) {
        anew_image_free(frame);
        return status;
    }
    anew_image_reader_convert(a->reader, frame->pixels,
                              (size_t)frame->width * (size_t)frame->height);
    return ANEW_OK;
}

void anew_animation_close(anew_animation **animation)
{
    anew_animation *a = *animation;
    if (a == NULL)
        return;
    if (a->decoder.state != NULL)
        a->decoder.release(a->decoder.state);
    anew_free(a);
    *animation = NULL;
}

/* ---- what encoders share ------------------------------------------------------------------------------- */

int64_t anew_delay_units(double *at, anew_delay delay, int units)
{
    const double before = *at;
    *at += (double)delay.numerator / delay.denominator;
    return llround(*at * units) - llround(before * units);
}

anew_status anew_image_cut(anew_image *part, const anew_image *canvas, const anew_rectangle *area,
                           anew_error *error)
{
    const size_t pixel = (size_t)canvas->channels * (size_t)(canvas->depth / 8);
    const size_t row_bytes = (size_t)area->width * pixel;
    ANEW_TRY(
        anew_image_create(part, area->width, area->height, canvas->channels, canvas->depth, error));
    const uint8_t *from = (const uint8_t *)canvas->pixels +
                          ((size_t)area->y * (size_t)canvas->width + (size_t)area->x) * pixel;
    uint8_t *to = part->pixels;
    for (int y = 0; y < area->height; y++)
        memcpy(to + (size_t)y * row_bytes, from + (size_t)y * (size_t)canvas->width * pixel,
               row_bytes);
    return ANEW_OK;
}

anew_status anew_encode_part(anew_bytes *file, const anew_image *canvas, const anew_rectangle *area,
                             anew_format format, const anew_metadata *metadata, const char *label,
                             const anew_image_options *options, anew_error *error)
{
    anew_output *output = NULL;
    anew_encoder encoder = {0};
    anew_image part = {0};
    anew_status status = ANEW_OK;
    *file = (anew_bytes){0};
    ANEW_TRY(anew_output_open_memory(&output, label, (size_t)2 << 30, error));
    ANEW_TRY_GOTO(anew_image_cut(&part, canvas, area, error), out);
    ANEW_TRY_GOTO(
        anew_format_encoder(format)(&encoder, &part, metadata, output, label, options, error), out);
    ANEW_TRY_GOTO(encoder.rows(encoder.state, &part, error), out);
    ANEW_TRY_GOTO(encoder.finish(encoder.state, error), out);
    anew_output_take(&output, file);
    if (file->data == NULL)
        status = anew_fail(error, ANEW_ERROR_LIMIT, "%s: a frame of more than 2 GB", label);
out:
    if (encoder.state != NULL)
        encoder.release(encoder.state);
    anew_image_free(&part);
    anew_output_discard(&output);
    return status;
}
