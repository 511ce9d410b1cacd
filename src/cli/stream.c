/* stream.c - header, frames, end. */
#include "cli/stream.h"

#include <string.h>

#include "cli/video_tell.h"
#include "core/interrupt.h"
#include "core/memory.h"
#include "exec/report.h"
#include "pipeline/faces.h"
#include "pipeline/finishing.h"

static int whole_samples(int side, int sub)
{
    return side > sub ? side - side % sub : side;
}

/* --fit and --megapixels name no size in pixels, so it may as well be one of whole samples of chroma, as coders want it. */
static void choose_size(cli_stream *s)
{
    if (!cli_targets_given(&s->options->targets))
        return;
    cli_targets_resolve(&s->enhance, &s->options->targets, s->in.width, s->in.height);
    if (s->in.kind != ANEW_VIDEO_YUV)
        return;
    s->enhance.width = whole_samples(s->enhance.width, s->in.sub_x);
    s->enhance.height = whole_samples(s->enhance.height, s->in.sub_y);
}

anew_status cli_stream_open(cli_stream *s, anew_error *error)
{
    size_t length = 0;
    s->enhance = s->options->enhance;
    if (!s->raw) {
        if (!stream_read_line(s->head, &length, s->from))
            return anew_fail(error, ANEW_ERROR_FORMAT, "%s: is no Y4M", s->label);
        ANEW_TRY(anew_video_read_header(&s->in, s->head, s->label, error));
    }
    const int64_t most =
        s->options->limits.max_pixels == 0 ? ANEW_MAX_PIXELS : s->options->limits.max_pixels;
    if ((int64_t)s->in.width * s->in.height > most)
        return anew_fail(error, ANEW_ERROR_LIMIT,
                         "%s: frames of %dx%d pixels, more than the limit of %lld", s->label,
                         s->in.width, s->in.height, (long long)most);
    if (s->matrix >= 0)
        s->in.matrix = (anew_video_matrix)s->matrix;
    s->in.left = s->in.left || (s->left && s->in.sub_x == 2);
    s->out = s->in;
    choose_size(s);
    ANEW_TRY(anew_enhance_size(&s->out.width, &s->out.height, s->model_scale, s->in.width,
                               s->in.height, &s->enhance, error));
    s->in_bytes = anew_video_frame_bytes(&s->in);
    s->out_bytes = anew_video_frame_bytes(&s->out);
    if (s->file_bytes >
        0) /* before each frame stands "FRAME" and the line's end, and rarely more */
        s->expected = (long)(s->file_bytes / (s->in_bytes + (s->raw ? 0 : 6)));
    if (!s->raw && s->times.lines == NULL)
        s->times.base = cli_times_of_rate(s->in.words);
    s->frame = anew_alloc(s->in_bytes);
    s->result = anew_alloc(s->out_bytes);
    return s->frame != NULL && s->result != NULL
               ? ANEW_OK
               : anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory for frames of %dx%d pixels",
                           s->label, s->out.width, s->out.height);
}

static anew_status begin(cli_stream *s, anew_error *error)
{
    char line[STREAM_LINE_BYTES];
    if (s->raw)
        return s->taker.begin(s->taker.context, s, NULL, error);
    anew_video_write_header(&s->out, line, sizeof line);
    return s->taker.begin(s->taker.context, s, line, error);
}

static anew_status read_frame(bool *there, cli_stream *s, anew_error *error)
{
    *there = !s->ended;
    if (!s->peeked)
        return stream_read_frame(there, s->head, s->frame, s->in_bytes, s->from, s->raw, s->label,
                                 s->frames + 1, error);
    s->peeked = false;
    return ANEW_OK;
}

anew_status cli_stream_peek(bool *there, cli_stream *s, anew_error *error)
{
    ANEW_TRY(read_frame(there, s, error));
    s->peeked = true;
    s->ended = !*there;
    return ANEW_OK;
}

static bool is_uninterrupted(void *context, int64_t done, int64_t total)
{
    (void)context;
    (void)done;
    (void)total;
    return anew_interrupted() == 0;
}

/* ---- a frame's way through the passes --------------------------------------------------------------------- */

typedef struct gathered {
    anew_image *image;
    int rows; /* that are there */
} gathered;

static anew_status begin_gathering(void *context, const anew_image *shape, anew_error *error)
{
    const gathered *g = context;
    return anew_image_create(g->image, shape->width, shape->height, shape->channels, shape->depth,
                             error);
}

static anew_status gather(void *context, const anew_image *part, anew_error *error)
{
    gathered *g = context;
    const size_t row = (size_t)part->width * (size_t)part->channels * (size_t)(part->depth / 8);
    (void)error;
    memcpy((uint8_t *)g->image->pixels + (size_t)g->rows * row, part->pixels,
           (size_t)part->height * row);
    g->rows += part->height;
    return ANEW_OK;
}

bool cli_stream_needs_passes(const cli_stream *s, const anew_pass_wish *wish)
{
    return wish->restore != NULL || wish->shrink_first > 1 || wish->strength < 1 ||
           anew_finish_is_on(&s->options->finish);
}

/* The finishing tools of a frame; what is made of a seed is of another one in each, for grain that stands still is dirt
 * on the glass. */
static anew_status begin_finishing(anew_finishing **finishing, const cli_stream *s,
                                   const anew_image *picture, anew_enhance_options *enhance,
                                   anew_error *error)
{
    anew_finish_options options = s->options->finish;
    options.grain_seed += (uint32_t)s->frames;
    *finishing = NULL;
    if (!anew_finish_is_on(&options))
        return ANEW_OK;
    ANEW_TRY(anew_finishing_create(finishing, &options, picture, picture->channels, picture->depth,
                                   enhance, error));
    enhance->depth = 32;
    return ANEW_OK;
}

static anew_status run_passes(const cli_stream *s, anew_image *larger, anew_image *picture,
                              anew_enhance_options *enhance, anew_error *error)
{
    gathered g = {.image = larger};
    anew_picture_source rows = {.image = picture};
    anew_image shape = *picture;
    anew_finishing *finishing = NULL;
    ANEW_TRY(begin_finishing(&finishing, s, picture, enhance, error));
    const anew_row_source source = anew_picture_rows(&rows);
    const anew_row_sink gathering = {&g, begin_gathering, gather};
    const anew_row_sink sink =
        finishing != NULL ? anew_finishing_sink(finishing, &gathering) : gathering;
    shape.pixels = NULL;
    const anew_status status =
        anew_passes_rows(&sink, &source, &shape, &s->passes, enhance, NULL, error);
    anew_finishing_free(&finishing);
    return status;
}

static anew_status run_frame(cli_stream *s, anew_image *picture, anew_error *error)
{
    anew_image larger = {0};
    anew_status status = ANEW_OK;
    anew_enhance_options enhance = s->enhance;
    enhance.progress = is_uninterrupted;
    if (picture->pixels == NULL) /* passes have taken it, or it is the first frame */
        ANEW_TRY(anew_video_picture(picture, &s->in, error));
    anew_video_to_picture(picture, &s->in, s->frame);
    if (s->passes.count > 0)
        ANEW_TRY_GOTO(run_passes(s, &larger, picture, &enhance, error), out);
    else
        ANEW_TRY_GOTO(anew_enhance(&larger, picture, s->model, &enhance, NULL, error), out);
    anew_video_from_picture(s->result, &s->out, &larger);
    if (s->deflicker != NULL)
        anew_deflicker_frame(s->deflicker, s->frame, s->result);
out:
    anew_image_free(&larger);
    return status;
}

/* ---- all of them -------------------------------------------------------------------------------------------- */

anew_status cli_stream_run(cli_stream *s, anew_error *error)
{
    char *line = s->head;
    anew_image picture = {0};
    anew_status status = ANEW_OK;
    ANEW_TRY_GOTO(begin(s, error), out);
    if (s->options->deflicker >= 0)
        ANEW_TRY_GOTO(anew_deflicker_create(&s->deflicker, &s->in, &s->out, s->options->deflicker,
                                            s->options->enhance.threads, error),
                      out);
    for (bool there = true;;) {
        int64_t ticks = 0;
        if (anew_interrupted() != 0) {
            status = anew_fail(error, ANEW_ERROR_CANCELLED, "%s: interrupted", s->label);
            goto out;
        }
        ANEW_TRY_GOTO(read_frame(&there, s, error), out);
        if (!there)
            break;
        ANEW_TRY_GOTO(cli_times_next(&ticks, &s->times, s->label, error), out);
        if (s->frames >= s->skip) {
            if (s->frames == s->skip)
                s->started = anew_seconds();
            ANEW_TRY_GOTO(run_frame(s, &picture, error), out);
            memcpy(line + strlen(line), "\n", 2); /* there is room for it */
            ANEW_TRY_GOTO(
                s->taker.take(s->taker.context, s, s->raw ? NULL : line, s->result, ticks, error),
                out);
        } else if (s->frames + 1 == s->skip && s->deflicker != NULL) {
            ANEW_TRY_GOTO(s->taker.resume(s->taker.context, s, s->frame, error), out);
        }
        s->frames++;
        cli_video_show(s);
    }
    if (s->frames < s->skip)
        status = anew_fail(error, ANEW_ERROR_FORMAT, "%s: ends before frame %ld, which was done",
                           s->label, s->skip);
    if (s->frames == 0)
        status = anew_fail(error, ANEW_ERROR_FORMAT, "%s: a stream without frames", s->label);
out:
    cli_video_wipe(s);
    anew_image_free(&picture);
    return status;
}

void cli_stream_free(cli_stream *s)
{
    anew_deflicker_free(&s->deflicker);
    anew_free(s->frame);
    anew_free(s->result);
    s->frame = s->result = NULL;
}
