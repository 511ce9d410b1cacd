/*
 * command_enhance.c - `anew PICTURE...`: restore and enlarge. One bad picture does not stop the others.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/commands.h"
#include "cli/profile.h"
#include "core/memory.h"
#include "kernels/kernels.h"
#include "pipeline/model_path.h"

/* ---- where the result goes -------------------------------------------------------------------------- */

static bool is_folder(const char *path)
{
    struct stat facts;
    return stat(path, &facts) == 0 && S_ISDIR(facts.st_mode);
}

static bool same_file(const char *a, const char *b)
{
    struct stat left, right;
    return stat(a, &left) == 0 && stat(b, &right) == 0 && left.st_dev == right.st_dev &&
           left.st_ino == right.st_ino;
}

/* "folder/photo.jpg" to "folder/photo_x4.png", or to "out/photo_x4.png". The caller frees it; NULL
 * without memory. */
static char *derived_path(const char *input, const char *folder, const cli_options *o,
                          int model_scale, anew_format format)
{
    char mark[48];
    const char *slash = strrchr(input, '/');
    const char *base = slash == NULL ? input : slash + 1;
    const char *dot = strrchr(base, '.');
    const int stem = (int)(dot == NULL || dot == base ? strlen(base) : (size_t)(dot - base));
    const int folder_length = folder != NULL ? (int)strlen(folder) : (int)(base - input);
    const size_t bytes = (size_t)stem + (size_t)folder_length + sizeof mark + 8;
    char *path = anew_alloc(bytes);
    if (o->enhance.width > 0 && o->enhance.height > 0)
        (void)snprintf(mark, sizeof mark, "%dx%d", o->enhance.width, o->enhance.height);
    else if (o->enhance.width > 0)
        (void)snprintf(mark, sizeof mark, "%dw", o->enhance.width);
    else if (o->enhance.height > 0)
        (void)snprintf(mark, sizeof mark, "%dh", o->enhance.height);
    else
        (void)snprintf(mark, sizeof mark, "x%g",
                       o->enhance.scale == 0 ? model_scale : o->enhance.scale);
    if (path != NULL)
        (void)snprintf(path, bytes, "%.*s%s%.*s_%s.%s", folder_length,
                       folder != NULL ? folder : input, folder != NULL ? "/" : "", stem, base, mark,
                       anew_format_extension(format));
    return path;
}

/* The result's path and format, refused before any work where they cannot be. */
static anew_status choose_output(char **path, anew_format *format, const char *input,
                                 const cli_options *o, int model_scale, anew_error *error)
{
    const bool to_folder = o->output != NULL && is_folder(o->output);
    *format = o->format;
    if (o->output != NULL && !to_folder) {
        const anew_format named = anew_format_of_path(o->output);
        if (*format == ANEW_FORMAT_UNKNOWN)
            *format = named;
        if (*format == ANEW_FORMAT_UNKNOWN && strcmp(o->output, "-") == 0)
            *format = anew_format_default();
        if (*format == ANEW_FORMAT_UNKNOWN)
            return anew_fail(error, ANEW_ERROR_ARGUMENT,
                             "%s: the name tells no format; end it in .png, .jpg, .ppm or .pgm, or "
                             "use --format",
                             o->output);
        *path = anew_text_copy(o->output);
    } else {
        if (*format == ANEW_FORMAT_UNKNOWN)
            *format = anew_format_default();
        *path = derived_path(strcmp(input, "-") == 0 ? "stdin" : input,
                             to_folder ? o->output : NULL, o, model_scale, *format);
    }
    struct stat facts;
    if (*path == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory", input);
    if (strcmp(*path, "-") == 0)
        return ANEW_OK;
    if (same_file(input, *path))
        return anew_fail(error, ANEW_ERROR_ARGUMENT,
                         "%s: is the picture itself; name another output", *path);
    if (!o->force && lstat(*path, &facts) == 0)
        return anew_fail(error, ANEW_ERROR_ARGUMENT, "%s: exists; --force overwrites it", *path);
    return ANEW_OK;
}

/* ---- one picture ------------------------------------------------------------------------------------- */

/* Writes the result's rows as they come. */
typedef struct written_picture {
    const char *path;
    anew_format format;
    const cli_options *options;
    anew_image_writer *writer;
    anew_image shape;
    double seconds;
} written_picture;

static anew_status begin_picture(void *context, const anew_image *shape, anew_error *error)
{
    written_picture *p = context;
    p->shape = *shape;
    return anew_image_writer_open(&p->writer, p->path, p->format, shape, &p->options->image, error);
}

static anew_status write_rows(void *context, const anew_image *part, anew_error *error)
{
    written_picture *p = context;
    const double started = anew_seconds();
    const anew_status status = anew_image_writer_rows(p->writer, part, error);
    p->seconds += anew_seconds() - started;
    return status;
}

static anew_status enhance_one(const char *input, const anew_model *model, int model_scale,
                               const cli_options *o, anew_error *error)
{
    anew_image_reader *reader = NULL;
    anew_image in; /* its size and kind */
    anew_report report = {0};
    written_picture out = {.options = o};
    const anew_row_sink sink = {&out, begin_picture, write_rows};
    char *path = NULL;
    int width = 0, height = 0;
    anew_status status = ANEW_OK;
    const double started = anew_seconds();
    ANEW_TRY_GOTO(choose_output(&path, &out.format, input, o, model_scale, error), out);
    out.path = path;
    ANEW_TRY_GOTO(anew_image_reader_open(&reader, &in, input, &o->limits, error), out);
    const double decoded = anew_seconds();
    ANEW_TRY_GOTO(
        anew_enhance_size(&width, &height, model_scale, in.width, in.height, &o->enhance, error),
        out);
    ANEW_TRY_GOTO(
        anew_format_accepts(out.format, width, height, in.channels, in.depth, path, error), out);
    ANEW_TRY_GOTO(anew_enhance_rows(&sink, reader, &in, model, &o->enhance, &report, error), out);
    const double enhanced = anew_seconds();
    ANEW_TRY_GOTO(anew_image_writer_commit(&out.writer, error), out);
    /* What was written meanwhile is no resizing. */
    report.resize_seconds -= report.resize_seconds > out.seconds ? out.seconds : 0;
    const profile_times times = {decoded - started, out.seconds + anew_seconds() - enhanced,
                                 anew_seconds() - started};
    FILE *say = strcmp(path, "-") == 0 ? stderr : stdout;
    if (!o->quiet && !o->profile_json)
        fprintf(say, "%s: %dx%d -> %s: %dx%d, %.2f s\n", input, in.width, in.height, path,
                out.shape.width, out.shape.height, times.total);
    if (o->verbose || o->profile)
        profile_print(say, &report, &times, o->verbose);
    if (o->profile_json)
        profile_print_json(say, input, path, &in, &out.shape, &report, &times);
out:
    anew_image_writer_discard(&out.writer);
    anew_image_reader_close(&reader);
    anew_report_free(&report);
    anew_free(path);
    return status;
}

int command_enhance(const cli_options *options)
{
    anew_model *model = NULL;
    anew_model_facts facts;
    anew_error error = {0};
    int failed = 0;
    if (options->word_count > 1 && options->output != NULL && !is_folder(options->output)) {
        fprintf(stderr, "anew: -o %s: must be an existing folder for several pictures\n",
                options->output);
        return EXIT_USAGE;
    }
    anew_isa isa;
    if (!anew_isa_detect(&isa, options->enhance.cpu)) {
        fprintf(stderr, "anew: ANEW_CPU=%s: must be %s\n", options->enhance.cpu, anew_isa_names());
        return EXIT_USAGE;
    }
    if (anew_models_open(&model, options->model, options->denoise, &error) != ANEW_OK ||
        anew_model_facts_of(&facts, model, &error) != ANEW_OK) {
        fprintf(stderr, "anew: %s\n", error.text);
        anew_model_close(&model);
        return EXIT_FAILED;
    }
    if (anew_isa_is_slow(isa) && options->enhance.cpu == NULL && !options->quiet)
        fprintf(stderr, "anew: this CPU has no fused multiply-add; the plain C kernels are used, "
                        "which are slow\n");
    for (int i = 0; i < options->word_count; i++) {
        if (enhance_one(options->words[i], model, facts.scale, options, &error) != ANEW_OK) {
            /* Messages about the picture name it; those from deeper down do not. */
            if (strstr(error.text, options->words[i]) != NULL)
                fprintf(stderr, "anew: %s\n", error.text);
            else
                fprintf(stderr, "anew: %s: %s\n", options->words[i], error.text);
            failed++;
        }
    }
    if (failed > 0 && options->word_count > 1)
        fprintf(stderr, "anew: %d of %d pictures failed\n", failed, options->word_count);
    anew_model_close(&model);
    return failed == 0 ? EXIT_DONE : EXIT_FAILED;
}
