/*
 * command_video.c - `anew video IN OUT`: a stream of frames, Y4M or raw, through the network; other files by ffmpeg
 * on either side.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/commands.h"
#include "cli/complain.h"
#include "cli/ffmpeg.h"
#include "cli/stream.h"
#include "core/file.h"
#include "exec/report.h"
#include "pipeline/model_path.h"

static anew_status write_output(void *context, const void *data, size_t size, anew_error *error)
{
    return anew_output_write(context, data, size, error);
}

static bool is_standard(const char *path)
{
    return strcmp(path, "-") == 0;
}

/* An existing file is left alone, and the source in any case. */
static anew_status check_paths(const cli_options *o, anew_error *error)
{
    struct stat in, out;
    const char *from = o->words[0], *to = o->words[1];
    if (is_standard(to) || lstat(to, &out) != 0)
        return ANEW_OK;
    if (!is_standard(from) && stat(from, &in) == 0 && stat(to, &out) == 0 &&
        in.st_dev == out.st_dev && in.st_ino == out.st_ino)
        return anew_fail(error, ANEW_ERROR_ARGUMENT, "%s: is the video itself; name another output",
                         to);
    if (!o->force)
        return anew_fail(error, ANEW_ERROR_ARGUMENT, "%s: exists; --force overwrites it", to);
    return ANEW_OK;
}

static void tell(const cli_stream *s, double seconds)
{
    const cli_options *o = s->options;
    if (o->quiet)
        return;
    anew_error line; /* for names that are no line */
    anew_error_set(&line, ANEW_OK, "%s: %d frame%s of %dx%d -> %s: %dx%d, %.2f s", s->label,
                   s->frames, s->frames == 1 ? "" : "s", s->in.width, s->in.height, o->words[1],
                   s->out.width, s->out.height, seconds);
    fprintf(is_standard(o->words[1]) ? stderr : stdout, "%s\n", line.text);
}

/* ---- both ends ---------------------------------------------------------------------------------------------- */

/* Where the frames come from and go to. */
typedef struct ends {
    cli_stream *stream;
    cli_ffmpeg reader, writer;
    cli_probe probe;
    anew_output *output;
    FILE *file; /* that was opened here */
} ends;

static anew_status write_to_ffmpeg(void *context, const void *data, size_t size, anew_error *error)
{
    const cli_ffmpeg *f = context;
    if (fwrite(data, 1, size, f->pipe) == size)
        return ANEW_OK;
    return anew_fail(error, ANEW_ERROR_IO, "ffmpeg takes no more frames");
}

/* What is called so and is none had better be told so than be handed to ffmpeg. */
static bool is_named_y4m(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot != NULL && strcmp(dot, ".y4m") == 0;
}

static anew_status open_input(ends *e, anew_error *error)
{
    cli_stream *s = e->stream;
    const char *path = s->options->words[0];
    struct stat facts;
    if (is_standard(path)) {
        s->from = stdin;
        return ANEW_OK;
    }
    if (s->raw || stat(path, &facts) != 0 || !S_ISREG(facts.st_mode) || cli_is_y4m(path) ||
        facts.st_size == 0 || is_named_y4m(path)) {
        s->from = e->file = fopen(path, "rb");
        return s->from != NULL
                   ? ANEW_OK
                   : anew_fail(error, ANEW_ERROR_IO, "%s: cannot open: %s", path, strerror(errno));
    }
    ANEW_TRY(cli_ffprobe(&e->probe, path, error));
    ANEW_TRY(cli_ffmpeg_read(&e->reader, path, &e->probe, error));
    s->from = e->reader.pipe;
    return ANEW_OK;
}

/* What the file says its frames were made by; else, as players do, by its size, and the larger result then says it. The
 * name that ffmpeg has for it; NULL for a stream, which does not say. */
static const char *choose_matrix(ends *e)
{
    cli_stream *s = e->stream;
    const cli_probe *probe = &e->probe;
    const bool is_601 =
        strcmp(probe->matrix, "smpte170m") == 0 || strcmp(probe->matrix, "bt470bg") == 0;
    if (s->matrix < 0 && e->reader.process != 0) {
        const bool large = atoi(probe->height) >= 720 || atoi(probe->width) >= 1280;
        s->matrix = !is_601 && (large || strcmp(probe->matrix, "bt709") == 0) ? ANEW_MATRIX_709
                                                                              : ANEW_MATRIX_601;
    }
    return s->matrix < 0 ? NULL : s->matrix == ANEW_MATRIX_709 ? "bt709" : "smpte170m";
}

static anew_status open_output(ends *e, anew_error *error)
{
    cli_stream *s = e->stream;
    const char *path = s->options->words[1];
    const char *matrix = choose_matrix(e);
    const bool by_ffmpeg = !s->raw && !is_standard(path) && cli_is_video_file(path);
    if (by_ffmpeg)
        anew_output_always_named(true);
    ANEW_TRY(anew_output_open(&e->output, path, error));
    s->write = write_output;
    s->context = e->output;
    if (!by_ffmpeg)
        return ANEW_OK;
    (void)signal(SIGPIPE, SIG_IGN); /* should it end early, that is an error of a write */
    const char *sound = e->reader.process != 0 ? s->options->words[0] : NULL;
    ANEW_TRY(
        cli_ffmpeg_write(&e->writer, anew_output_temporary(e->output), path, sound, matrix, error));
    s->write = write_to_ffmpeg;
    s->context = &e->writer;
    return ANEW_OK;
}

static anew_status run_ends(ends *e, anew_error *error)
{
    cli_stream *s = e->stream;
    const char *const *paths = (const char *const *)s->options->words;
    ANEW_TRY(open_input(e, error));
    ANEW_TRY(open_output(e, error));
    ANEW_TRY(cli_stream_run(s, error));
    ANEW_TRY(cli_ffmpeg_end(&e->reader, paths[0], error));
    ANEW_TRY(cli_ffmpeg_end(&e->writer, paths[1], error));
    return anew_output_commit(&e->output, error);
}

int command_video(const cli_options *options)
{
    anew_model *model = NULL;
    anew_model_facts facts;
    anew_error error = {0};
    anew_status status = ANEW_OK;
    const double started = anew_seconds();
    const char *from = options->words[0];
    cli_stream stream = {.options = options,
                         .label = is_standard(from) ? "standard input" : from,
                         .matrix = options->matrix,
                         .raw = options->raw != NULL};
    ends e = {.stream = &stream};
    if (stream.raw && anew_video_read_raw(&stream.in, options->raw, &error) != ANEW_OK) {
        cli_complain_error(&error);
        return EXIT_USAGE;
    }
    ANEW_TRY_GOTO(check_paths(options, &error), out);
    ANEW_TRY_GOTO(anew_models_open(&model, options->model, options->denoise, &error), out);
    ANEW_TRY_GOTO(anew_model_facts_of(&facts, model, &error), out);
    stream.model = model;
    stream.model_scale = facts.scale;
    ANEW_TRY_GOTO(run_ends(&e, &error), out);
    tell(&stream, anew_seconds() - started);
out:
    if (status != ANEW_OK)
        cli_complain_error(&error);
    if (e.file != NULL)
        (void)fclose(e.file);
    cli_ffmpeg_stop(&e.reader);
    cli_ffmpeg_stop(&e.writer);
    anew_output_discard(&e.output);
    anew_model_close(&model);
    return status == ANEW_OK ? EXIT_DONE : EXIT_FAILED;
}
