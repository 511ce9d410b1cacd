/* outputs.c - where a picture's result goes. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/inputs.h"
#include "cli/patterns.h"
#include "core/memory.h"

#define LONGEST_NAME ((size_t)255) /* bytes, without folders */

void cli_mark(char mark[CLI_MARK_BYTES], const cli_options *options, int model_scale)
{
    const anew_enhance_options *e = &options->enhance;
    if (cli_targets_mark(mark, CLI_MARK_BYTES, &options->targets))
        return;
    if (options->aligned)
        (void)snprintf(mark, CLI_MARK_BYTES, "_restored");
    else if (e->width > 0 && e->height > 0)
        (void)snprintf(mark, CLI_MARK_BYTES, "_%dx%d", e->width, e->height);
    else if (e->width > 0)
        (void)snprintf(mark, CLI_MARK_BYTES, "_%dw", e->width);
    else if (e->height > 0)
        (void)snprintf(mark, CLI_MARK_BYTES, "_%dh", e->height);
    else
        (void)snprintf(mark, CLI_MARK_BYTES, "_x%g", e->scale == 0 ? model_scale : e->scale);
}

bool cli_same_file(const char *a, const char *b)
{
    struct stat left, right;
    return stat(a, &left) == 0 && stat(b, &right) == 0 && left.st_dev == right.st_dev &&
           left.st_ino == right.st_ino;
}

/* Of a name that would become longer than file systems hold: how many of its first bytes stay, whole characters of UTF-8.
 * A number made of the whole name (FNV-1a) stands for the rest, so that pictures which begin alike keep results of their own. */
static int shortened_stem(char number[12], const char *base, int stem, size_t other)
{
    uint32_t hash = 2166136261U;
    for (const char *c = base; *c != '\0'; c++)
        hash = (hash ^ (unsigned char)*c) * 16777619U;
    (void)snprintf(number, 12, "~%08" PRIx32, hash);
    other += strlen(number);
    while (stem > 1 && ((size_t)stem + other > LONGEST_NAME || (base[stem] & 0xC0) == 0x80))
        stem--;
    return stem;
}

/* "folder/photo.jpg" to "folder/photo_x4.png", or to "out/photo_x4.png"; with its ending,
 * "photo_jpg_x4.png". NULL without memory. */
static char *path_of_result(const cli_input *input, const char *mark, anew_format format)
{
    const char *path = strcmp(input->path, "-") == 0 ? "stdin" : input->path;
    const char *slash = strrchr(path, '/');
    const char *base = slash == NULL ? path : slash + 1;
    const char *dot = strrchr(base, '.');
    int stem = (int)(dot == NULL || dot == base ? strlen(base) : (size_t)(dot - base));
    const char *ending = input->with_ending && base[stem] == '.' ? base + stem + 1 : "";
    const char *between = *ending != '\0' ? "_" : "";
    const char *folder = input->folder != NULL ? input->folder : path;
    const int folder_length =
        (int)(input->folder != NULL ? strlen(input->folder) : (size_t)(base - path));
    const bool needs_slash =
        input->folder != NULL && folder_length > 0 && folder[folder_length - 1] != '/';
    const size_t bytes = strlen(base) + (size_t)folder_length + strlen(mark) + 32;
    const size_t other =
        strlen(between) + strlen(ending) + strlen(mark) + 1 + strlen(anew_format_extension(format));
    char number[12] = "";
    if ((size_t)stem + other > LONGEST_NAME)
        stem = shortened_stem(number, base, stem, other);
    char *result = anew_alloc(bytes);
    if (result != NULL)
        (void)snprintf(result, bytes, "%.*s%s%.*s%s%s%s%s.%s", folder_length, folder,
                       needs_slash ? "/" : "", stem, base, number, between, ending, mark,
                       anew_format_extension(format));
    return result;
}

char *cli_path_in(const cli_input *input, const char *folder, const char *mark, anew_format format)
{
    cli_input placed = *input;
    placed.folder = (char *)(uintptr_t)folder; /* only read */
    return path_of_result(&placed, mark, format);
}

bool cli_names_many(const cli_options *options)
{
    bool many = options->word_count > 1 || options->list != NULL;
    for (int i = 0; i < options->word_count; i++)
        many = many || cli_is_folder(options->words[i]) || cli_is_pattern(options->words[i]);
    return many;
}

anew_status cli_check_target(bool *skip, const char *path, const char *picture,
                             const cli_options *options, anew_error *error)
{
    *skip = false;
    if (cli_same_file(picture, path))
        return anew_fail(error, ANEW_ERROR_ARGUMENT,
                         "%s: is the picture itself; name another output", path);
    const bool exists = anew_output_overwrites(path);
    *skip = exists && options->skip_existing;
    if (exists && !options->force && !*skip)
        return anew_fail(error, ANEW_ERROR_ARGUMENT,
                         "%s: exists; --force overwrites it, --skip-existing leaves it", path);
    return ANEW_OK;
}

static char *derived(const cli_input *input, const cli_options *o, int model_scale,
                     anew_format format)
{
    char mark[CLI_MARK_BYTES];
    cli_input placed = *input;
    if (placed.folder == NULL && o->output != NULL)
        placed.folder = (char *)(uintptr_t)o->output; /* only read */
    cli_mark(mark, o, model_scale);
    return path_of_result(&placed, mark, format);
}

char *cli_derived_path(const cli_input *input, const cli_options *o, int model_scale)
{
    return derived(input, o, model_scale,
                   o->format != ANEW_FORMAT_UNKNOWN ? o->format : anew_format_default());
}

anew_status cli_choose_output(char **path, anew_format *format, bool *skip, const cli_input *input,
                              const cli_options *o, int model_scale, anew_error *error)
{
    cli_journal_entry none;
    return cli_choose_known_output(path, format, skip, &none, NULL, input, o, model_scale, error);
}

anew_status cli_choose_known_output(char **path, anew_format *format, bool *skip,
                                    cli_journal_entry *entry, cli_journal *journal,
                                    const cli_input *input, const cli_options *o, int model_scale,
                                    anew_error *error)
{
    const bool to_folder = input->folder != NULL || o->output == NULL || cli_is_folder(o->output);
    *format = o->format;
    *skip = false;
    *path = NULL;
    *entry = (cli_journal_entry){0};
    if (!to_folder) {
        if (*format == ANEW_FORMAT_UNKNOWN)
            *format = anew_format_of_path(o->output);
        if (*format == ANEW_FORMAT_UNKNOWN && strcmp(o->output, "-") == 0)
            *format = anew_format_default();
        if (*format == ANEW_FORMAT_UNKNOWN)
            return anew_fail(
                error, ANEW_ERROR_ARGUMENT,
                "%s: the name tells no format; end it in .png, .jpg, .tif, .ppm ..., or "
                "use --format",
                o->output);
        *path = anew_text_copy(o->output);
    } else {
        if (*format == ANEW_FORMAT_UNKNOWN)
            *format = anew_format_default();
        *path = derived(input, o, model_scale, *format);
    }
    if (*path == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory", input->path);
    if (!to_folder && strcmp(*path, "-") == 0)
        return ANEW_OK;
    cli_journal_state state = JOURNAL_UNKNOWN;
    cli_options own = *o;
    ANEW_TRY(cli_journal_look(journal, entry, &state, input->path, *path, error));
    if (input->twin != NULL)
        return anew_fail(error, ANEW_ERROR_ARGUMENT, "%s: %s of this run is called that, too",
                         *path, input->twin);
    ANEW_TRY(cli_input_may_be_read(input, error));
    *skip = state == JOURNAL_DONE;
    if (*skip)
        return ANEW_OK;
    entry->ours = state == JOURNAL_OURS;
    if (entry->ours) {
        own.force = true;
        own.skip_existing = false;
    }
    return cli_check_target(skip, *path, input->path, &own, error);
}

anew_status cli_make_folder(const char *folder, anew_error *error)
{
    char *path = anew_text_copy(folder);
    if (path == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory", folder);
    anew_status status = ANEW_OK;
    for (char *p = path + 1; status == ANEW_OK; p++) {
        if (*p != '/' && *p != '\0')
            continue;
        const char kept = *p;
        *p = '\0';
        if (mkdir(path, 0777) != 0 && !cli_is_folder(path))
            status = anew_fail_system(error, errno, "%s: cannot make the folder: %s", path,
                                      strerror(errno));
        *p = kept;
        if (kept == '\0')
            break;
    }
    anew_free(path);
    return status;
}
