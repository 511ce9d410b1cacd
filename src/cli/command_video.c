/* command_video.c - `anew video IN OUT`: a stream of frames, Y4M or raw, through the network. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/commands.h"
#include "cli/complain.h"
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

int command_video(const cli_options *options)
{
    anew_model *model = NULL;
    anew_model_facts facts;
    anew_output *output = NULL;
    anew_error error = {0};
    anew_status status = ANEW_OK;
    const double started = anew_seconds();
    const char *from = options->words[0];
    cli_stream stream = {.options = options,
                         .label = is_standard(from) ? "standard input" : from,
                         .write = write_output,
                         .raw = options->raw != NULL};
    if (stream.raw && anew_video_read_raw(&stream.in, options->raw, &error) != ANEW_OK) {
        cli_complain_error(&error);
        return EXIT_USAGE;
    }
    ANEW_TRY_GOTO(check_paths(options, &error), out);
    ANEW_TRY_GOTO(anew_models_open(&model, options->model, options->denoise, &error), out);
    ANEW_TRY_GOTO(anew_model_facts_of(&facts, model, &error), out);
    stream.from = is_standard(from) ? stdin : fopen(from, "rb");
    if (stream.from == NULL) {
        status = anew_fail(&error, ANEW_ERROR_IO, "%s: cannot open: %s", from, strerror(errno));
        goto out;
    }
    ANEW_TRY_GOTO(anew_output_open(&output, options->words[1], &error), out);
    stream.context = output;
    stream.model = model;
    stream.model_scale = facts.scale;
    ANEW_TRY_GOTO(cli_stream_run(&stream, &error), out);
    ANEW_TRY_GOTO(anew_output_commit(&output, &error), out);
    tell(&stream, anew_seconds() - started);
out:
    if (status != ANEW_OK)
        cli_complain_error(&error);
    anew_output_discard(&output);
    if (stream.from != NULL && stream.from != stdin)
        (void)fclose(stream.from);
    anew_model_close(&model);
    return status == ANEW_OK ? EXIT_DONE : EXIT_FAILED;
}
