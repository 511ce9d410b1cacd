/* frames.c - which frames, one after another, into one file. */
#include "cli/frames.h"

#include <string.h>

#include "core/memory.h"

anew_status cli_frames_open(cli_frames *frames, anew_image_reader *reader, anew_image *shape,
                            const cli_options *options, anew_error *error)
{
    *frames = (cli_frames){0};
    ANEW_TRY(
        anew_animation_open(&frames->animation, &frames->facts, reader, &options->limits, error));
    if (frames->animation != NULL)
        *shape = frames->facts.shape;
    return ANEW_OK;
}

/* ---- one frame as a still ------------------------------------------------------------------------------- */

static anew_status pick(cli_frames *frames, anew_image *shape, int number, anew_error *error)
{
    bool there = true;
    while (there && frames->number < number)
        ANEW_TRY(cli_frames_next(frames, &there, error));
    if (!there)
        return anew_fail(error, ANEW_ERROR_FORMAT, "it has changed while it was read");
    /* What is transparent elsewhere is no hindrance to a JPEG. */
    ANEW_TRY(anew_image_drop_opaque(&frames->image, error));
    *shape = frames->image;
    shape->pixels = NULL;
    anew_animation_close(&frames->animation);
    return ANEW_OK;
}

static anew_status refuse_for_stills(const cli_frames *frames, const cli_options *o,
                                     anew_error *error)
{
    const struct {
        option_id id;
        bool given;
    } stills[] = {{OPT_MAX_BYTES, o->image.max_bytes > 0},
                  {OPT_FACE_LIST, o->face_list != NULL},
                  {OPT_SAVE_CROPS, o->save_crops != NULL},
                  {OPT_DRAW_FACES, o->draw_faces != NULL},
                  {OPT_SCRATCH_MASK, o->scratch_mask != NULL}};
    for (size_t i = 0; i < sizeof stills / sizeof stills[0]; i++)
        if (stills[i].given)
            return anew_fail(error, ANEW_ERROR_ARGUMENT,
                             "an animation of %d frames, and --%s is for stills; --frame 1 takes "
                             "its first",
                             frames->facts.frames, cli_option_table[stills[i].id].name);
    return ANEW_OK;
}

anew_status cli_frames_choose(cli_frames *frames, anew_image *shape, cli_events *events,
                              const char *path, const cli_written *written,
                              const cli_options *options, anew_error *error)
{
    const int frame = options->frame;
    if (frame > frames->facts.frames)
        return anew_fail(error, ANEW_ERROR_ARGUMENT, "there is no frame %d; it has %d", frame,
                         frames->facts.frames);
    if (frames->animation == NULL)
        return ANEW_OK;
    if (frame > 0)
        return pick(frames, shape, frame, error);
    if (anew_format_moves(written->format))
        return refuse_for_stills(frames, options, error);
    anew_error text;
    anew_error_set(&text, ANEW_OK,
                   "an animation of %d frames, and %s holds one: the first is taken (--frame N "
                   "takes another; PNG, WebP and GIF hold all)",
                   frames->facts.frames, anew_format_name(written->format));
    cli_event_warned(events, path, text.text);
    return pick(frames, shape, 1, error);
}

/* ---- all of them ------------------------------------------------------------------------------------------ */

anew_status cli_frames_next(cli_frames *frames, bool *there, anew_error *error)
{
    anew_image_free(&frames->image);
    ANEW_TRY(anew_animation_next(frames->animation, &frames->image, &frames->delay, error));
    *there = frames->image.pixels != NULL;
    if (*there && frames->number < frames->facts.frames) {
        frames->number++;
        return ANEW_OK;
    }
    if (*there || frames->number != frames->facts.frames)
        return anew_fail(error, ANEW_ERROR_FORMAT, "it has changed while it was read");
    return ANEW_OK;
}

anew_status cli_frames_is_repeated(cli_frames *frames, bool *repeated, anew_error *error)
{
    const anew_image *image = &frames->image;
    const size_t bytes = (size_t)image->width * (size_t)image->height * (size_t)image->channels *
                         (size_t)(image->depth / 8);
    *repeated =
        frames->last.pixels != NULL && memcmp(frames->last.pixels, image->pixels, bytes) == 0;
    if (frames->last.pixels == NULL)
        ANEW_TRY(anew_image_create(&frames->last, image->width, image->height, image->channels,
                                   image->depth, error));
    if (!*repeated)
        memcpy(frames->last.pixels, image->pixels, bytes);
    return ANEW_OK;
}

anew_row_source cli_frames_source(cli_frames *frames, anew_image_reader *reader)
{
    if (frames->image.pixels == NULL)
        return anew_reader_source(reader);
    frames->rows = (anew_picture_source){.image = &frames->image};
    return anew_picture_rows(&frames->rows);
}

static anew_status begin(void *context, const anew_image *shape, anew_error *error)
{
    cli_frames *f = context;
    cli_written *w = f->written;
    f->height = 0;
    if (f->writer != NULL)
        return ANEW_OK;
    anew_animation_facts facts = f->facts;
    facts.shape = w->shape = *shape;
    ANEW_TRY(anew_image_create(&f->larger, shape->width, shape->height, shape->channels,
                               shape->depth, error));
    return anew_animation_writer_open(&f->writer, w->path, w->format, &facts, &w->options, error);
}

static anew_status take_rows(void *context, const anew_image *part, anew_error *error)
{
    cli_frames *f = context;
    const size_t row = (size_t)part->width * (size_t)part->channels * (size_t)(part->depth / 8);
    (void)error;
    memcpy((uint8_t *)f->larger.pixels + (size_t)f->height * row, part->pixels,
           (size_t)part->height * row);
    f->height += part->height;
    return ANEW_OK;
}

anew_row_sink cli_frames_sink(cli_frames *frames, cli_written *written)
{
    frames->written = written;
    return (anew_row_sink){frames, begin, take_rows};
}

anew_status cli_frames_write(cli_frames *frames, anew_error *error)
{
    const double started = anew_seconds();
    const anew_status status =
        anew_animation_writer_frame(frames->writer, &frames->larger, frames->delay, error);
    frames->written->seconds += anew_seconds() - started;
    return status;
}

anew_status cli_frames_keep_faces(cli_frames *frames, const anew_face_report *faces, int count,
                                  anew_error *error)
{
    anew_face_report *more = anew_grow(frames->faces, &frames->face_capacity,
                                       (size_t)frames->face_count + (size_t)count, sizeof *more);
    if (more == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory for a list of faces");
    frames->faces = more;
    if (count > 0)
        memcpy(more + frames->face_count, faces, (size_t)count * sizeof *more);
    frames->face_count += count;
    return ANEW_OK;
}

anew_status cli_frames_commit(cli_frames *frames, anew_error *error)
{
    return anew_animation_writer_commit(&frames->writer, error);
}

void cli_frames_free(cli_frames *frames)
{
    anew_animation_close(&frames->animation);
    anew_animation_writer_discard(&frames->writer);
    anew_image_free(&frames->image);
    anew_image_free(&frames->last);
    anew_image_free(&frames->larger);
    anew_free(frames->faces);
    frames->faces = NULL;
}
