/*
 * command_replay.c - `anew replay RESULT PICTURE -o AGAIN`: what a result says of how it was made, done once more with
 * the picture it was made from; then both files are compared, byte by byte.
 */
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/complain.h"
#include "cli/provenance.h"
#include "core/memory.h"
#include "pipeline/model_path.h"

/* What the options borrow from the line. */
#define MOST_WORDS 64

typedef struct replay {
    cli_options options;
    char *kept[MOST_WORDS];
    int count;
    char version[64], cpu[64], digest[ANEW_SHA256_TEXT];
} replay;

static const char *keep(replay *r, const char *text)
{
    char *copy = r->count < MOST_WORDS ? anew_text_copy(text) : NULL;
    if (copy != NULL)
        r->kept[r->count++] = copy;
    return copy;
}

/* The line of the result, and its format. */
static anew_status read_line(replay *r, const char **line, const char *path, anew_error *error)
{
    anew_image_reader *reader = NULL;
    anew_image shape;
    ANEW_TRY(anew_image_reader_open(&reader, &shape, path, &r->options.limits, error));
    const anew_metadata *m = anew_image_reader_metadata(reader);
    *line = m->provenance.data == NULL ? "" : keep(r, (const char *)m->provenance.data);
    r->options.format = anew_image_reader_format(reader);
    /* A pipe gets none. */
    r->options.image.drop_thumbnail = !anew_exif_has_thumbnail(&m->exif);
    anew_image_reader_close(&reader);
    if (*line == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory", path);
    if (**line == '\0')
        return anew_fail(error, ANEW_ERROR_FORMAT, "%s: does not say how it was made", path);
    return ANEW_OK;
}

/* One option by its name; false where there is none of that name and kind. */
static bool set_option(cli_options *options, const char *name, const char *value)
{
    anew_error ignored; /* the caller's message names the option, too */
    for (int i = 0; i < OPT_COUNT; i++)
        if (strcmp(cli_option_table[i].name, name) == 0)
            return (cli_option_table[i].kind == OPTION_FLAG || cli_option_table[i].may_be_bare ||
                    value != NULL) &&
                   cli_set(options, (option_id)i, value, CLI_FROM_WORDS, NULL, &ignored) == ANEW_OK;
    return false;
}

/* One word of it into the options. */
static anew_status apply(replay *r, const char *path, const char *name, const char *value,
                         anew_error *error)
{
    const size_t length = strlen(name);
    if (strcmp(name, "cpu") == 0) {
        (void)snprintf(r->cpu, sizeof r->cpu, "%.63s", value);
        return ANEW_OK;
    }
    if (strcmp(name, "sha256") == 0) {
        (void)snprintf(r->digest, sizeof r->digest, "%.64s", value);
        return ANEW_OK;
    }
    if (length > 7 && strcmp(name + length - 7, "-sha256") == 0)
        return ANEW_OK; /* told, but those models are found by name alone */
    if (strcmp(name, "model") == 0 && r->options.given[OPT_MODEL])
        return ANEW_OK; /* a file for it has been named */
    const char *kept = value[0] == '\0' ? NULL : keep(r, value);
    if (value[0] != '\0' && kept == NULL)
        return anew_fail(error, ANEW_ERROR_LIMIT, "%s: says too much of how it was made", path);
    if (!set_option(&r->options, name, kept))
        return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                         "%s: was made with --%s%s%s, which this anew does not know", path, name,
                         kept == NULL ? "" : " ", kept == NULL ? "" : kept);
    return ANEW_OK;
}

static anew_status apply_line(replay *r, const char *path, const char *line, anew_error *error)
{
    char name[1024], value[1024];
    const char *at = line + strlen("anew ");
    if (!cli_provenance_word(&at, r->version, value, sizeof r->version))
        return anew_fail(error, ANEW_ERROR_FORMAT, "%s: does not say how it was made", path);
    while (cli_provenance_word(&at, name, value, sizeof name))
        ANEW_TRY(apply(r, path, name, value, error));
    if (*at != '\0')
        return anew_fail(error, ANEW_ERROR_FORMAT, "%s: does not say clearly how it was made",
                         path);
    return ANEW_OK;
}

/* The model of the same name may be another one. */
static anew_status check_model(const replay *r, anew_error *error)
{
    char digest[ANEW_SHA256_TEXT];
    anew_model *model = NULL;
    ANEW_TRY(anew_models_open(&model, r->options.model, &r->options.mixing, error));
    anew_model_digest(model, digest);
    anew_model_close(&model);
    if (r->digest[0] == '\0' || strcmp(digest, r->digest) == 0)
        return ANEW_OK;
    return anew_fail(error, ANEW_ERROR_ARGUMENT,
                     "%s: another model than the result was made with (SHA-256 %.12s..., not "
                     "%.12s...); name its file by -m",
                     r->options.model == NULL ? anew_embedded_name(0) : r->options.model, digest,
                     r->digest);
}

static anew_status same_bytes(bool *same, const char *a, const char *b, anew_error *error)
{
    char left[16384], right[16384];
    FILE *files[2] = {fopen(a, "rb"), fopen(b, "rb")};
    *same = files[0] != NULL && files[1] != NULL;
    for (bool more = *same; more && *same;) {
        const size_t count = fread(left, 1, sizeof left, files[0]);
        *same = count == fread(right, 1, sizeof right, files[1]) && memcmp(left, right, count) == 0;
        more = count == sizeof left;
    }
    for (int i = 0; i < 2; i++)
        if (files[i] != NULL)
            (void)fclose(files[i]);
        else
            return anew_fail(error, ANEW_ERROR_IO, "%s: cannot open it", i == 0 ? a : b);
    return ANEW_OK;
}

int command_replay(const cli_options *options)
{
    replay r = {.options = *options};
    const char *result = options->words[0], *line = NULL;
    anew_error error = {0};
    bool same = false;
    int code = EXIT_FAILED;
    if (options->output == NULL || strcmp(options->output, "-") == 0) {
        fprintf(stderr, "anew: name the file to be made by -o\n");
        return EXIT_USAGE;
    }
    if (read_line(&r, &line, result, &error) != ANEW_OK ||
        apply_line(&r, result, line, &error) != ANEW_OK || check_model(&r, &error) != ANEW_OK)
        goto out;
    r.options.words++;
    r.options.word_count = 1;
    r.options.command = COMMAND_ENHANCE;
    r.options.given[OPT_FORMAT] = true;
    if (r.cpu[0] != '\0' && r.options.enhance.cpu == NULL)
        r.options.enhance.cpu = r.cpu;
    if (!options->quiet && strcmp(r.version, ANEW_VERSION) != 0)
        fprintf(stderr, "anew: %s was made by anew %s; this is %s\n", result, r.version,
                ANEW_VERSION);
    code = command_enhance(&r.options);
    if (code != EXIT_DONE)
        goto free;
    code = EXIT_FAILED;
    if (same_bytes(&same, result, options->output, &error) != ANEW_OK)
        goto out;
    if (!same)
        (void)anew_fail(&error, ANEW_ERROR_FORMAT,
                        "%s: other bytes than %s: another picture, or a library that writes the "
                        "format otherwise; anew compare tells how far apart they are",
                        options->output, result);
    else if (!options->quiet)
        printf("%s: the same bytes as %s\n", options->output, result);
    code = same ? EXIT_DONE : EXIT_FAILED;
out:
    if (code != EXIT_DONE && error.text[0] != '\0')
        cli_complain_error(&error);
free:
    while (r.count > 0)
        anew_free(r.kept[--r.count]);
    return code;
}
