/* stream.c - header, frames, end. */
#include "cli/stream.h"

#include <string.h>

#include "cli/video_tell.h"
#include "core/interrupt.h"
#include "core/memory.h"
#include "exec/report.h"
#include "pipeline/enhance.h"

#define LINE_BYTES 400 /* of headers; longer ones nobody writes */

/* A line without its end; false at the end of the stream, with *length 0 where that is a proper one. */
static bool read_line(char line[LINE_BYTES], size_t *length, FILE *from)
{
    *length = 0;
    for (int c = 0; *length + 2 < LINE_BYTES && (c = fgetc(from)) != EOF;) {
        if (c == '\n') {
            line[*length] = '\0';
            return true;
        }
        line[(*length)++] = c == '\0' ? ' ' : (char)c;
    }
    return false;
}

static anew_status start(cli_stream *s, anew_error *error)
{
    char line[LINE_BYTES];
    size_t length = 0;
    anew_enhance_options enhance = s->options->enhance;
    if (!s->raw) {
        if (!read_line(line, &length, s->from))
            return anew_fail(error, ANEW_ERROR_FORMAT, "%s: is no Y4M", s->label);
        ANEW_TRY(anew_video_read_header(&s->in, line, s->label, error));
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
    ANEW_TRY(anew_enhance_size(&s->out.width, &s->out.height, s->model_scale, s->in.width,
                               s->in.height, &enhance, error));
    s->out_bytes = anew_video_frame_bytes(&s->out);
    if (s->file_bytes >
        0) /* before each frame stands "FRAME" and the line's end, and rarely more */
        s->expected = (long)(s->file_bytes / (anew_video_frame_bytes(&s->in) + (s->raw ? 0 : 6)));
    if (s->raw)
        return s->taker.begin(s->taker.context, s, NULL, error);
    if (s->times.lines == NULL)
        s->times.base = cli_times_of_rate(s->in.words);
    anew_video_write_header(&s->out, line, sizeof line);
    return s->taker.begin(s->taker.context, s, line, error);
}

/* A frame's head and bytes; *there false at the stream's end. */
static anew_status read_frame(bool *there, char line[LINE_BYTES], uint8_t *frame, size_t bytes,
                              const cli_stream *s, anew_error *error)
{
    size_t length = 0;
    *there = true;
    if (!s->raw) {
        if (!read_line(line, &length, s->from)) {
            *there = false;
            if (length == 0 && !ferror(s->from))
                return ANEW_OK;
        } else if (strncmp(line, "FRAME", 5) != 0 || (line[5] != '\0' && line[5] != ' ')) {
            return anew_fail(error, ANEW_ERROR_FORMAT,
                             "%s: damaged Y4M: no frame where frame %ld should begin", s->label,
                             s->frames + 1);
        }
    }
    const size_t got = *there ? fread(frame, 1, bytes, s->from) : 0;
    if (s->raw && got == 0 && !ferror(s->from)) {
        *there = false;
        return ANEW_OK;
    }
    if (got == bytes)
        return ANEW_OK;
    return anew_fail(error, ferror(s->from) ? ANEW_ERROR_IO : ANEW_ERROR_FORMAT,
                     "%s: the stream ends within frame %ld", s->label, s->frames + 1);
}

static bool is_uninterrupted(void *context, int64_t done, int64_t total)
{
    (void)context;
    (void)done;
    (void)total;
    return anew_interrupted() == 0;
}

static anew_status run_frame(cli_stream *s, anew_image *picture, const uint8_t *frame,
                             uint8_t *result, anew_error *error)
{
    anew_image larger = {0};
    anew_enhance_options enhance = s->options->enhance;
    enhance.progress = is_uninterrupted;
    anew_video_to_picture(picture, &s->in, frame);
    ANEW_TRY(anew_enhance(&larger, picture, s->model, &enhance, NULL, error));
    anew_video_from_picture(result, &s->out, &larger);
    anew_image_free(&larger);
    if (s->deflicker != NULL)
        anew_deflicker_frame(s->deflicker, frame, result);
    return ANEW_OK;
}

anew_status cli_stream_run(cli_stream *s, anew_error *error)
{
    char line[LINE_BYTES] = {0};
    anew_image picture = {0};
    uint8_t *frame = NULL, *result = NULL;
    anew_status status = ANEW_OK;
    ANEW_TRY_GOTO(start(s, error), out);
    const size_t in_bytes = anew_video_frame_bytes(&s->in);
    frame = anew_alloc(in_bytes);
    result = anew_alloc(s->out_bytes);
    if (frame == NULL || result == NULL) {
        status = anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory for frames of %dx%d pixels",
                           s->label, s->out.width, s->out.height);
        goto out;
    }
    ANEW_TRY_GOTO(anew_video_picture(&picture, &s->in, error), out);
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
        ANEW_TRY_GOTO(read_frame(&there, line, frame, in_bytes, s, error), out);
        if (!there)
            break;
        ANEW_TRY_GOTO(cli_times_next(&ticks, &s->times, s->label, error), out);
        if (s->frames >= s->skip) {
            if (s->frames == s->skip)
                s->started = anew_seconds();
            ANEW_TRY_GOTO(run_frame(s, &picture, frame, result, error), out);
            memcpy(line + strlen(line), "\n", 2); /* read_line leaves room for it */
            ANEW_TRY_GOTO(
                s->taker.take(s->taker.context, s, s->raw ? NULL : line, result, ticks, error),
                out);
        } else if (s->frames + 1 == s->skip && s->deflicker != NULL) {
            ANEW_TRY_GOTO(s->taker.resume(s->taker.context, s, frame, error), out);
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
    anew_free(frame);
    anew_free(result);
    return status;
}
