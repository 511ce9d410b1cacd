/* video_sink.c - frame by frame into what is open, part by part, and all parts into one. */
#include "cli/video_sink.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "core/interrupt.h"
#include "core/memory.h"

/* ---- bytes -------------------------------------------------------------------------------------------------- */

static anew_status to_pipe(cli_ffmpeg *f, const void *data, size_t size, anew_error *error)
{
    if (fwrite(data, 1, size, f->pipe) == size)
        return ANEW_OK;
    return anew_fail(error, ANEW_ERROR_IO, "ffmpeg takes no more frames");
}

static anew_status to_part(cli_sink *s, const void *data, size_t size, anew_error *error)
{
    if (fwrite(data, 1, size, s->part) == size)
        return ANEW_OK;
    const int code = errno;
    return anew_fail_system(error, code, "%s: cannot write a part: %s", s->path, strerror(code));
}

static anew_status write_bytes(cli_sink *s, const void *data, size_t size, anew_error *error)
{
    return s->in_parts ? to_part(s, data, size, error)
                       : anew_output_write(s->output, data, size, error);
}

/* Ticks begin at 0, or below where the first frame's do. */
static int64_t zero_of(const cli_stream *stream)
{
    return stream->times.first < 0 ? stream->times.first : 0;
}

/* ---- what a frame goes to ----------------------------------------------------------------------------------- */

static cli_ffmpeg_task task_of(const cli_sink *s, const cli_stream *stream, const char *temporary)
{
    const anew_time_base base = stream->times.base;
    return (cli_ffmpeg_task){.temporary = temporary,
                             .path = s->path,
                             .original = s->original,
                             .probe = s->probe,
                             .video = &stream->out,
                             .colours = s->colours,
                             .crf = s->crf,
                             .start = (double)zero_of(stream) * base.numerator / base.denominator};
}

/* The writer, and the beginning of its stream. */
static anew_status start_ffmpeg(cli_sink *s, const cli_stream *stream, const char *temporary,
                                anew_error *error)
{
    uint8_t head[ANEW_NUT_HEADER_BYTES];
    cli_ffmpeg_task task = task_of(s, stream, temporary);
    const size_t bytes = anew_nut_header(head, &stream->out, stream->times.base);
    if (bytes == 0)
        return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                         "%s: ffmpeg takes no frames of %d bits; 8, 9, 10, 12, 14 and 16 it does",
                         s->path, stream->out.bits);
    if (s->in_parts)
        task.start = 0;
    ANEW_TRY(s->in_parts ? cli_ffmpeg_write_part(&s->writer, &task, error)
                         : cli_ffmpeg_write(&s->writer, &task, error));
    return to_pipe(&s->writer, head, bytes, error);
}

static anew_status open_part(cli_sink *s, const cli_stream *stream, anew_error *error)
{
    char *path = cli_parts_unfinished(&s->parts);
    anew_status status = ANEW_OK;
    if (path == NULL)
        status = anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory", s->path);
    else if (s->by_ffmpeg)
        status = start_ffmpeg(s, stream, path, error);
    else if ((s->part = fopen(path, "wb")) == NULL)
        status = anew_fail(error, ANEW_ERROR_IO, "%s: cannot open: %s", path, strerror(errno));
    else if (s->parts.count == 0)
        status = to_part(s, s->header, strlen(s->header), error);
    anew_free(path);
    return status;
}

/* What the next frame's smoothing depends on, beside the part that it follows. */
static anew_status save_state(const cli_sink *s, const cli_stream *stream, anew_error *error)
{
    const size_t bytes = anew_deflicker_state_bytes(stream->deflicker);
    char *path = cli_parts_state(&s->parts, s->parts.count + 1);
    uint8_t *state = anew_alloc(bytes);
    FILE *file = path == NULL || state == NULL ? NULL : fopen(path, "wb");
    bool good = file != NULL;
    if (good) {
        anew_deflicker_save(stream->deflicker, state);
        good = fwrite(state, 1, bytes, file) == bytes;
        good = fclose(file) == 0 && good;
    }
    const int code = errno;
    anew_free(path);
    anew_free(state);
    return good ? ANEW_OK
                : anew_fail_system(error, code, "%s: cannot write the state beside a part: %s",
                                   s->path, strerror(code));
}

static anew_status resume(void *context, cli_stream *stream, const uint8_t *source,
                          anew_error *error)
{
    const cli_sink *s = context;
    anew_bytes state = {0};
    char *path = cli_parts_state(&s->parts, s->parts.count);
    const size_t bytes = anew_deflicker_state_bytes(stream->deflicker);
    bool good = path != NULL && anew_file_read(&state, path, bytes, error) == ANEW_OK;
    good = good && anew_deflicker_load(stream->deflicker, state.data, state.size, source);
    anew_bytes_free(&state);
    anew_free(path);
    return good ? ANEW_OK
                : anew_fail(error, ANEW_ERROR_FORMAT,
                            "%s: damaged: the state of --deflicker is not there; remove the folder "
                            "to begin anew",
                            s->parts.folder);
}

static anew_status end_part(cli_sink *s, const cli_stream *stream, anew_error *error)
{
    FILE *part = s->part;
    s->part = NULL;
    if (part != NULL && fclose(part) != 0)
        return anew_fail(error, ANEW_ERROR_IO, "%s: cannot write a part: %s", s->path,
                         strerror(errno));
    ANEW_TRY(cli_ffmpeg_end(&s->writer, s->path, error));
    if (stream->deflicker != NULL)
        ANEW_TRY(save_state(s, stream, error));
    const int frames = s->frames_in_part;
    s->frames_in_part = 0;
    return cli_parts_add(&s->parts, frames, error);
}

static anew_status begin(void *context, cli_stream *stream, const char *header, anew_error *error)
{
    cli_sink *s = context;
    if (s->in_parts)
        stream->skip = s->parts.frames;
    if (s->by_ffmpeg)
        ANEW_TRY(cli_ffmpeg_takes(s->path, &stream->out, error));
    if (header != NULL)
        (void)snprintf(s->header, sizeof s->header, "%s", header);
    if (s->by_ffmpeg || s->in_parts || header == NULL)
        return ANEW_OK;
    return write_bytes(s, header, strlen(header), error);
}

static anew_status take(void *context, cli_stream *stream, const char *head, const uint8_t *frame,
                        int64_t ticks, anew_error *error)
{
    cli_sink *s = context;
    if (s->in_parts && s->frames_in_part == 0)
        ANEW_TRY(open_part(s, stream, error));
    if (s->by_ffmpeg) {
        uint8_t bytes[ANEW_NUT_FRAME_BYTES];
        if (s->writer.process == 0)
            ANEW_TRY(start_ffmpeg(s, stream, anew_output_temporary(s->output), error));
        const size_t size =
            anew_nut_frame(bytes, (uint64_t)(ticks - zero_of(stream)), stream->out_bytes);
        ANEW_TRY(to_pipe(&s->writer, bytes, size, error));
        ANEW_TRY(to_pipe(&s->writer, frame, stream->out_bytes, error));
    } else {
        if (head != NULL)
            ANEW_TRY(write_bytes(s, head, strlen(head), error));
        ANEW_TRY(write_bytes(s, frame, stream->out_bytes, error));
    }
    s->frames_in_part++;
    return s->in_parts && s->frames_in_part == s->frames_of_part ? end_part(s, stream, error)
                                                                 : ANEW_OK;
}

cli_frame_taker cli_sink_taker(cli_sink *sink)
{
    return (cli_frame_taker){.context = sink, .begin = begin, .take = take, .resume = resume};
}

static anew_status open_output(cli_sink *s, anew_error *error)
{
    ANEW_TRY(anew_output_open(&s->output, s->path, error));
    if (s->keep_existing)
        anew_output_keep_existing(s->output);
    return ANEW_OK;
}

anew_status cli_sink_open(cli_sink *s, uint64_t run, anew_error *error)
{
    if (s->by_ffmpeg) {
        anew_output_always_named(true);
        (void)signal(SIGPIPE, SIG_IGN); /* should it end early, that is an error of a write */
    }
    if (s->in_parts)
        return cli_parts_open(&s->parts, s->path, run, error);
    return open_output(s, error);
}

/* ---- the end ------------------------------------------------------------------------------------------------ */

/* A part behind those before it; where it is NUT, without what only a file's beginning has. */
static anew_status copy_part(cli_sink *s, int number, anew_error *error)
{
    uint8_t block[65536];
    size_t got = 0;
    char *path = cli_parts_path(&s->parts, number);
    FILE *file = path == NULL ? NULL : fopen(path, "rb");
    anew_status status = ANEW_OK;
    if (file == NULL ||
        (s->by_ffmpeg && number > 1 && fseek(file, ANEW_NUT_FILE_ID, SEEK_SET) != 0))
        status = anew_fail(error, ANEW_ERROR_IO, "%s: cannot read part %d: %s", s->path, number,
                           strerror(errno));
    while (status == ANEW_OK && (got = fread(block, 1, sizeof block, file)) > 0) {
        status = s->by_ffmpeg ? to_pipe(&s->writer, block, got, error)
                              : anew_output_write(s->output, block, got, error);
        if (anew_interrupted() != 0)
            status = anew_fail(error, ANEW_ERROR_CANCELLED, "%s: interrupted", s->path);
    }
    if (status == ANEW_OK && ferror(file))
        status = anew_fail(error, ANEW_ERROR_IO, "%s: cannot read part %d", s->path, number);
    if (file != NULL)
        (void)fclose(file);
    anew_free(path);
    return status;
}

static anew_status join(cli_sink *s, const cli_stream *stream, anew_error *error)
{
    ANEW_TRY(open_output(s, error));
    if (s->by_ffmpeg) {
        const cli_ffmpeg_task task = task_of(s, stream, anew_output_temporary(s->output));
        ANEW_TRY(cli_ffmpeg_join(&s->writer, &task, error));
    }
    for (int number = 1; number <= s->parts.count; number++)
        ANEW_TRY(copy_part(s, number, error));
    return ANEW_OK;
}

anew_status cli_sink_finish(cli_sink *s, const cli_stream *stream, anew_error *error)
{
    if (s->in_parts) {
        if (s->frames_in_part > 0)
            ANEW_TRY(end_part(s, stream, error));
        ANEW_TRY(join(s, stream, error));
    }
    ANEW_TRY(cli_ffmpeg_end(&s->writer, s->path, error));
    ANEW_TRY(anew_output_commit(&s->output, error));
    cli_parts_remove(&s->parts);
    return ANEW_OK;
}

void cli_sink_close(cli_sink *s)
{
    if (s->part != NULL)
        (void)fclose(s->part);
    s->part = NULL;
    cli_ffmpeg_stop(&s->writer);
    anew_output_discard(&s->output);
    cli_parts_close(&s->parts);
}
