/*
 * command_video.c - `anew video IN OUT`: a stream of frames, Y4M or raw, through the network; other files by ffmpeg
 * on either side.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "cli/commands.h"
#include "cli/complain.h"
#include "cli/ffmpeg.h"
#include "cli/fingerprint.h"
#include "cli/model_choice.h"
#include "cli/stream.h"
#include "cli/video_look.h"
#include "cli/video_sink.h"
#include "cli/video_tell.h"
#include "core/hash.h"
#include "core/interrupt.h"
#include "core/memory.h"
#include "exec/report.h"
#include "pipeline/model_path.h"

static bool is_standard(const char *path)
{
    return strcmp(path, "-") == 0;
}

/* An existing file is left alone, and the source in any case. */
static anew_status check_paths(const cli_options *o, anew_error *error)
{
    struct stat in, out;
    const char *from = o->words[0], *to = o->words[1];
    if (o->resume && (is_standard(from) || is_standard(to)))
        return anew_fail(error, ANEW_ERROR_ARGUMENT,
                         "--resume: reads a file and writes one; a pipe cannot be taken up again");
    if (is_standard(to) || !anew_output_overwrites(to))
        return ANEW_OK;
    if (!is_standard(from) && stat(from, &in) == 0 && stat(to, &out) == 0 &&
        in.st_dev == out.st_dev && in.st_ino == out.st_ino)
        return anew_fail(error, ANEW_ERROR_ARGUMENT, "%s: is the video itself; name another output",
                         to);
    if (!o->force)
        return anew_fail(error, ANEW_ERROR_ARGUMENT, "%s: exists; --force overwrites it", to);
    return ANEW_OK;
}

/* Y4M under the name of another kind of file would be found out by the player. Raw frames have no ending of their own, and
 * a pipe or a device has none to go by. */
static bool has_known_ending(const cli_options *o)
{
    struct stat facts;
    const char *to = o->words[1], *dot = strrchr(to, '.');
    return o->raw != NULL || is_standard(to) || strcmp(to, "/dev/stdout") == 0 ||
           (dot != NULL && strcasecmp(dot, ".y4m") == 0) || cli_is_video_file(to) ||
           (stat(to, &facts) == 0 && !S_ISREG(facts.st_mode));
}

/* What the words ask for that the result cannot have; false after a message. */
static bool is_usable(const cli_options *o)
{
    const int most_crf = o->raw != NULL ? -1 : cli_ffmpeg_most_crf(o->words[1]);
    if (o->part > 0 && !o->resume)
        cli_complain("--part: is of --resume, which makes the video in parts");
    else if (!has_known_ending(o))
        cli_complain("%s: the name tells no kind of video that is written; end it in .mp4, .m4v, "
                     ".mov, .mkv, .webm or .avi, or in .y4m, or write - for a stream of Y4M",
                     o->words[1]);
    else if (o->source[OPT_CRF] == CLI_FROM_WORDS && most_crf < 0)
        cli_complain("--crf: is of results that ffmpeg codes, such as .mp4; the frames of %s are "
                     "not coded",
                     o->words[1]);
    else if (most_crf >= 0 && o->crf > most_crf)
        cli_complain("--crf %d: must be a whole number from 0 to %d for %s", o->crf, most_crf,
                     o->words[1]);
    else
        return true;
    return false;
}

/* ---- both ends ---------------------------------------------------------------------------------------------- */

/* Where the frames come from and go to. */
typedef struct ends {
    cli_stream *stream;
    cli_ffmpeg reader;
    cli_probe probe;
    cli_sink sink;
    FILE *file; /* that was opened here */
    bool probed;
} ends;

/* What is called so and is none had better be told so than be handed to ffmpeg. */
static bool is_named_y4m(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot != NULL && strcmp(dot, ".y4m") == 0;
}

/* What the file says its frames were made by; else, as players do, by its size, and the larger result then says it. The
 * name that ffmpeg has for it; NULL for a stream, which does not say. */
static const char *choose_matrix(ends *e)
{
    static const char *const names[] = {"smpte170m", "bt709", "bt2020nc"};
    cli_stream *s = e->stream;
    const char *said = e->probe.matrix;
    if (s->matrix >= 0)
        return names[s->matrix];
    if (!e->probed)
        return NULL;
    if (strcmp(said, "smpte170m") == 0 || strcmp(said, "bt470bg") == 0)
        s->matrix = ANEW_MATRIX_601;
    else if (strncmp(said, "bt2020", 6) == 0)
        s->matrix = ANEW_MATRIX_2020;
    else if (strcmp(said, "bt709") == 0)
        s->matrix = ANEW_MATRIX_709;
    else
        s->matrix = atoi(e->probe.height) >= 720 || atoi(e->probe.width) >= 1280 ? ANEW_MATRIX_709
                                                                                 : ANEW_MATRIX_601;
    return said[0] != '\0' ? said : names[s->matrix];
}

/* Opens the input; ffmpeg gives every frame with its time where the output has a place for it. */
static anew_status open_input(ends *e, anew_error *error)
{
    cli_stream *s = e->stream;
    const cli_options *o = s->options;
    const char *path = o->words[0];
    struct stat facts;
    if (is_standard(path)) {
        s->from = stdin;
        return ANEW_OK;
    }
    if (s->raw || stat(path, &facts) != 0 || !S_ISREG(facts.st_mode) || cli_is_y4m(path) ||
        facts.st_size == 0 || is_named_y4m(path)) {
        s->from = e->file = fopen(path, "rb");
        if (stat(path, &facts) == 0 && S_ISREG(facts.st_mode))
            s->file_bytes = (uint64_t)facts.st_size;
        return s->from != NULL
                   ? ANEW_OK
                   : anew_fail(error, ANEW_ERROR_IO, "%s: cannot open: %s", path, strerror(errno));
    }
    ANEW_TRY(cli_ffprobe(&e->probe, path, error));
    e->probed = true;
    const char *matrix = choose_matrix(e);
    ANEW_TRY(cli_ffmpeg_read(&e->reader, path, &e->probe,
                             e->sink.by_ffmpeg && cli_keeps_times(o->words[1]), matrix, error));
    s->from = e->reader.pipe;
    s->times.lines = e->reader.times;
    /* Y4M of ffmpeg has one place for chroma of full range. */
    s->left = e->sink.by_ffmpeg && (strcmp(e->probe.chroma_place, "left") == 0 ||
                                    strcmp(e->probe.chroma_place, "topleft") == 0);
    s->expected = cli_expected_frames(&e->probe);
    return ANEW_OK;
}

/* A number for all that the frames depend on: settings, models, what a look has decided, and the input by size and time. */
static anew_status run_number(uint64_t *run, const cli_stream *s, uint64_t decision,
                              anew_error *error)
{
    struct stat facts;
    const char *path = s->options->words[0];
    if (stat(path, &facts) != 0)
        return anew_fail(error, ANEW_ERROR_IO, "%s: cannot open: %s", path, strerror(errno));
    char text[112] = {0};
    (void)snprintf(text, sizeof text, "%lld %lld %ld %016llx", (long long)facts.st_size,
                   (long long)facts.st_mtim.tv_sec, (long)facts.st_mtim.tv_nsec,
                   (unsigned long long)decision);
    const uint64_t settings =
        cli_fingerprint(s->options, s->model, s->passes.count > 0 ? s->restore : NULL);
    *run = anew_hash_mixed(anew_hash(settings, text, strlen(text)));
    return ANEW_OK;
}

static anew_status run_ends(ends *e, anew_error *error)
{
    cli_stream *s = e->stream;
    const cli_options *o = s->options;
    uint64_t run = 0, decision = 0;
    e->sink = (cli_sink){.path = o->words[1],
                         .by_ffmpeg =
                             !s->raw && !is_standard(o->words[1]) && cli_is_video_file(o->words[1]),
                         .in_parts = o->resume,
                         .keep_existing = !o->force,
                         .crf = o->crf,
                         .frames_of_part = o->part > 0 ? o->part : 120};
    ANEW_TRY(open_input(e, error));
    const char *matrix = choose_matrix(e);
    e->sink.colours = (cli_colours){.matrix = matrix};
    if (e->probed && !e->probe.has_rgb) {
        e->sink.colours.primaries = e->probe.primaries;
        e->sink.colours.transfer = e->probe.transfer;
    }
    if (e->probed) {
        e->sink.original = o->words[0];
        e->sink.probe = &e->probe;
    }
    /* A signal then ends ffmpeg first, which might make the file that was just removed. Waiting for a pipe, it ends at once. */
    if (e->sink.in_parts || (e->sink.by_ffmpeg && !is_standard(o->words[0])))
        anew_interrupt_catch();
    ANEW_TRY(cli_stream_open(s, error));
    const cli_video_file file = {e->probed ? o->words[0] : NULL, &e->probe, matrix};
    ANEW_TRY(cli_video_choose(&decision, s, &file, error));
    if (o->resume)
        ANEW_TRY(run_number(&run, s, decision, error));
    ANEW_TRY(cli_sink_open(&e->sink, run, error));
    s->taker = cli_sink_taker(&e->sink);
    cli_video_tell_begin(s, &e->sink);
    ANEW_TRY(cli_stream_run(s, error));
    ANEW_TRY(cli_ffmpeg_end(&e->reader, o->words[0], error));
    return cli_sink_finish(&e->sink, s, error);
}

int command_video(const cli_options *options)
{
    anew_model *model = NULL, *restore = NULL, *drawing = NULL;
    char *restore_name = NULL, *drawing_name = NULL;
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
    if (!is_usable(options))
        return EXIT_USAGE;
    ANEW_TRY_GOTO(check_paths(options, &error), out);
    ANEW_TRY_GOTO(anew_models_open(&model, options->model, &options->mixing, &error), out);
    ANEW_TRY_GOTO(anew_model_facts_of(&facts, model, &error), out);
    ANEW_TRY_GOTO(cli_restorer_open(&restore, &restore_name, options, &error), out);
    ANEW_TRY_GOTO(cli_drawing_model_open(&drawing, &drawing_name, options, facts.scale, &error),
                  out);
    stream.model = model;
    stream.restore = restore;
    stream.drawing = drawing;
    stream.model_scale = facts.scale;
    ANEW_TRY_GOTO(run_ends(&e, &error), out);
    cli_video_tell_done(&stream, anew_seconds() - started);
out:
    if (e.file != NULL)
        (void)fclose(e.file);
    const long kept = e.sink.parts.frames;
    cli_ffmpeg_stop(&e.reader);
    cli_sink_close(&e.sink);
    cli_stream_free(&stream);
    anew_model_close(&model);
    anew_model_close(&restore);
    anew_model_close(&drawing);
    anew_free(restore_name);
    anew_free(drawing_name);
    if (status == ANEW_OK)
        return EXIT_DONE;
    if (status == ANEW_ERROR_CANCELLED && anew_interrupted() != 0) {
        cli_video_tell_interrupted(&stream, options->resume, kept);
        return 128 + anew_interrupted();
    }
    cli_video_tell_failed(&stream, &error);
    return EXIT_FAILED;
}
