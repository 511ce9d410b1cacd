/* stream.c - header, frames, end. */
#include "cli/stream.h"

#include <string.h>
#include <unistd.h>

#include "core/memory.h"
#include "pipeline/enhance.h"

#define LINE_BYTES 400 /* of headers; longer ones nobody writes */

/* A line without its end; false at the end of the stream, with *length 0 where that is a proper one. */
static bool read_line(char line[LINE_BYTES], size_t *length, FILE *from)
{
    *length = 0;
    for (int c = 0; *length + 1 < LINE_BYTES && (c = fgetc(from)) != EOF;) {
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
    s->out = s->in;
    ANEW_TRY(anew_enhance_size(&s->out.width, &s->out.height, s->model_scale, s->in.width,
                               s->in.height, &enhance, error));
    if (!s->raw) {
        anew_video_write_header(&s->out, line, sizeof line);
        ANEW_TRY(s->write(s->context, line, strlen(line), error));
    }
    return ANEW_OK;
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
                             "%s: damaged Y4M: no frame where frame %d should begin", s->label,
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
                     "%s: the stream ends within frame %d", s->label, s->frames + 1);
}

static void show(const cli_stream *s, bool last)
{
    if (s->options->quiet || isatty(STDERR_FILENO) == 0)
        return;
    fprintf(stderr, last ? "\r                    \r" : "\rframe %d ", s->frames);
    (void)fflush(stderr);
}

static anew_status run_frame(cli_stream *s, anew_image *picture, const uint8_t *frame,
                             uint8_t *result, anew_error *error)
{
    anew_image larger = {0};
    anew_video_to_picture(picture, &s->in, frame);
    ANEW_TRY(anew_enhance(&larger, picture, s->model, &s->options->enhance, NULL, error));
    anew_video_from_picture(result, &s->out, &larger);
    anew_image_free(&larger);
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
    const size_t out_bytes = anew_video_frame_bytes(&s->out);
    frame = anew_alloc(in_bytes);
    result = anew_alloc(out_bytes);
    if (frame == NULL || result == NULL) {
        status = anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory for frames of %dx%d pixels",
                           s->label, s->out.width, s->out.height);
        goto out;
    }
    ANEW_TRY_GOTO(anew_video_picture(&picture, &s->in, error), out);
    for (bool there = true;;) {
        ANEW_TRY_GOTO(read_frame(&there, line, frame, in_bytes, s, error), out);
        if (!there)
            break;
        ANEW_TRY_GOTO(run_frame(s, &picture, frame, result, error), out);
        if (!s->raw) {
            const size_t length = strlen(line);
            line[length] = '\n';
            ANEW_TRY_GOTO(s->write(s->context, line, length + 1, error), out);
        }
        ANEW_TRY_GOTO(s->write(s->context, result, out_bytes, error), out);
        s->frames++;
        show(s, false);
    }
    if (s->frames == 0)
        status = anew_fail(error, ANEW_ERROR_FORMAT, "%s: a stream without frames", s->label);
out:
    show(s, true);
    anew_image_free(&picture);
    anew_free(frame);
    anew_free(result);
    return status;
}
