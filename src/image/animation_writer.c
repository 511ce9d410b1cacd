/*
 * animation_writer.c - the door to the encoders of frames.
 *
 * The last frame is held back until the next one comes: an equal one only makes it last longer, of another one only the
 * rectangle is encoded in which they differ.
 */
#include <string.h>

#include "core/memory.h"
#include "image/formats.h"
#include "image/thumbnail.h"

/* Frames joined beyond it would not fit into GIF's delays, which end at 655 seconds. */
#define LONGEST_JOINED 600

struct anew_animation_writer {
    anew_output *output;
    anew_frames_encoder encoder;
    anew_metadata metadata;
    anew_thumbnail *thumbnail; /* of the first frame; NULL: none, or made */
    anew_image last;           /* held back; no pixels before the first */
    anew_rectangle changed;
    anew_delay delay;
    bool may_join;
};

bool anew_format_moves(anew_format format)
{
    return format == ANEW_FORMAT_PNG || format == ANEW_FORMAT_WEBP || format == ANEW_FORMAT_GIF;
}

anew_status anew_animation_writer_open(anew_animation_writer **writer, const char *path,
                                       anew_format format, const anew_animation_facts *facts,
                                       const anew_image_options *options, anew_error *error)
{
    const anew_image *shape = &facts->shape;
    anew_status status = ANEW_OK;
    *writer = NULL;
    ANEW_TRY(anew_format_accepts(format, shape->width, shape->height, shape->channels, shape->depth,
                                 path, error));
    anew_frames_encoder_open *open = anew_format_frames_encoder(format);
    if (open == NULL)
        return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                         "%s: %s holds one frame; write PNG, WebP or GIF", path,
                         anew_format_name(format));
    anew_animation_writer *w = anew_alloc_zero(sizeof *w);
    if (w == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to write it", path);
    ANEW_TRY_GOTO(anew_output_open(&w->output, path, error), fail);
    if (options->keep_existing)
        anew_output_keep_existing(w->output);
    ANEW_TRY_GOTO(anew_choose_metadata(&w->metadata, format, shape, path, options, error), fail);
    ANEW_TRY_GOTO(
        anew_thumbnail_open(&w->thumbnail, format, shape, &w->metadata.exif, path, options, error),
        fail);
    ANEW_TRY_GOTO(open(&w->encoder, facts, &w->metadata, w->output, path, options, error), fail);
    /* An APNG says first how many frames follow. */
    w->may_join = format != ANEW_FORMAT_PNG || anew_output_can_rewrite(w->output);
    *writer = w;
    return ANEW_OK;
fail:
    anew_animation_writer_discard(&w);
    return status;
}

/* Where the two differ; without height: nowhere. */
static anew_rectangle difference(const anew_image *a, const anew_image *b)
{
    const size_t pixel = (size_t)a->channels * (size_t)(a->depth / 8);
    const size_t row = (size_t)a->width * pixel;
    const uint8_t *p = a->pixels, *q = b->pixels;
    int top = 0, bottom = a->height;
    while (top < bottom && memcmp(p + (size_t)top * row, q + (size_t)top * row, row) == 0)
        top++;
    if (top == bottom)
        return (anew_rectangle){0};
    while (memcmp(p + (size_t)(bottom - 1) * row, q + (size_t)(bottom - 1) * row, row) == 0)
        bottom--;
    int left = a->width, right = 0;
    for (int y = top; y < bottom; y++) {
        const uint8_t *u = p + (size_t)y * row, *v = q + (size_t)y * row;
        int x = 0, end = a->width;
        while (x < left && memcmp(u + (size_t)x * pixel, v + (size_t)x * pixel, pixel) == 0)
            x++;
        left = x;
        while (end > right &&
               memcmp(u + (size_t)(end - 1) * pixel, v + (size_t)(end - 1) * pixel, pixel) == 0)
            end--;
        right = end;
    }
    return (anew_rectangle){left, top, right - left, bottom - top};
}

/* Adds to *delay; false where the sum would be no fraction of 16 bits, or long. */
static bool join(anew_delay *delay, anew_delay more)
{
    uint64_t a = delay->denominator, b = more.denominator;
    if (a == 0 || b == 0)
        return false;
    for (uint64_t rest; b != 0; a = b, b = rest)
        rest = a % b;
    const uint64_t whole = (uint64_t)delay->denominator / a * more.denominator;
    const uint64_t sum = delay->numerator * (whole / delay->denominator) +
                         more.numerator * (whole / more.denominator);
    if (whole > 65535 || sum > 65535 || sum > LONGEST_JOINED * whole)
        return false;
    *delay = (anew_delay){(uint32_t)sum, (uint32_t)whole};
    return true;
}

/* Before the first frame metadata are not looked at. */
static anew_status emit(anew_animation_writer *w, anew_error *error)
{
    anew_thumbnail_rows(w->thumbnail, &w->last);
    ANEW_TRY(anew_thumbnail_finish(w->thumbnail, &w->metadata.exif, error));
    anew_thumbnail_close(&w->thumbnail);
    return w->encoder.frame(w->encoder.state, &w->last, &w->changed, w->delay, error);
}

anew_status anew_animation_writer_frame(anew_animation_writer *w, const anew_image *frame,
                                        anew_delay delay, anew_error *error)
{
    const size_t bytes = (size_t)frame->width * (size_t)frame->height * (size_t)frame->channels *
                         (size_t)(frame->depth / 8);
    anew_rectangle changed = {0, 0, frame->width, frame->height};
    if (w->last.pixels == NULL) {
        ANEW_TRY(anew_image_create(&w->last, frame->width, frame->height, frame->channels,
                                   frame->depth, error));
    } else {
        changed = difference(&w->last, frame);
        if (changed.height == 0 && w->may_join && join(&w->delay, delay))
            return ANEW_OK;
        if (changed.height == 0)
            changed = (anew_rectangle){0, 0, 1, 1};
        ANEW_TRY(emit(w, error));
    }
    memcpy(w->last.pixels, frame->pixels, bytes);
    w->changed = changed;
    w->delay = delay;
    return ANEW_OK;
}

anew_status anew_animation_writer_commit(anew_animation_writer **writer, anew_error *error)
{
    anew_animation_writer *w = *writer;
    anew_status status = emit(w, error);
    if (status == ANEW_OK)
        status = w->encoder.finish(w->encoder.state, error);
    if (status == ANEW_OK)
        status = anew_output_commit(&w->output, error);
    anew_animation_writer_discard(writer);
    return status;
}

void anew_animation_writer_discard(anew_animation_writer **writer)
{
    anew_animation_writer *w = *writer;
    if (w == NULL)
        return;
    if (w->encoder.state != NULL)
        w->encoder.release(w->encoder.state);
    anew_output_discard(&w->output);
    anew_thumbnail_close(&w->thumbnail);
    anew_metadata_free(&w->metadata);
    anew_image_free(&w->last);
    anew_free(w);
    *writer = NULL;
}
