/* settings.c - presets, the environment and the config file, read in the order in which they count. */
#include "cli/settings.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/complain.h"
#include "cli/presets.h"
#include "core/file.h"
#include "core/memory.h"

/* Nobody writes as many options. */
#define MAX_BYTES ((size_t)1 << 20)

#define MAX_PATH 4096

/* Where in the settings something stands, for messages. */
#define PLACE_BYTES (MAX_PATH + 64)

/* What says where the rest comes from, or ends the program: it does not stand in files. */
static bool is_for_words_only(option_id id)
{
    return id == OPT_PRESET || id == OPT_SAVE_PRESET || id == OPT_NO_CONFIG || id == OPT_HELP ||
           id == OPT_VERSION;
}

/* ---- one option -------------------------------------------------------------------------------------- */

/* Takes a value over where nothing that counts more has decided the option. `place` begins messages, as
 * "photo.preset:3: quality = " does. */
static bool take(cli_options *options, option_id id, const char *value, cli_source source,
                 const char *place)
{
    const cli_option *o = &cli_option_table[id];
    if (!cli_option_is_for(o, options->command) || cli_is_decided(options, id, source))
        return true;
    anew_error error;
    if (cli_take(options, id, value, source, place, &error) == ANEW_OK)
        return true;
    cli_complain_error(&error);
    return false;
}

/* ---- files ------------------------------------------------------------------------------------------- */

static option_id option_named(const char *name)
{
    for (int i = 0; i < OPT_COUNT; i++)
        if (strcmp(cli_option_table[i].name, name) == 0)
            return (option_id)i;
    return OPT_COUNT;
}

/* Without spaces at both ends; changes the text. */
static char *trimmed(char *text)
{
    while (isspace((unsigned char)*text))
        text++;
    size_t length = strlen(text);
    while (length > 0 && isspace((unsigned char)text[length - 1]))
        length--;
    text[length] = '\0';
    return text;
}

static bool read_line(cli_options *options, char *line, cli_source source, const char *label,
                      int number)
{
    char place[PLACE_BYTES];
    line = trimmed(line);
    if (line[0] == '\0' || line[0] == '#')
        return true;
    char *equals = strchr(line, '=');
    if (equals == NULL) {
        cli_complain("%s:%d: '%s' must be 'option = value'", label, number, line);
        return false;
    }
    *equals = '\0';
    const char *name = trimmed(line), *value = trimmed(equals + 1);
    const option_id id = option_named(name);
    if (id == OPT_COUNT) {
        cli_complain("%s:%d: '%s' is no option; see anew --help", label, number, name);
        return false;
    }
    if (is_for_words_only(id)) {
        cli_complain("%s:%d: '%s' is an option of the command line only", label, number, name);
        return false;
    }
    if (value[0] == '\0') {
        cli_complain("%s:%d: '%s' has no value", label, number, name);
        return false;
    }
    (void)snprintf(place, sizeof place, "%s:%d: %s = ", label, number, name);
    return take(options, id, value, source, place);
}

/* Lines of a text, which is changed and must stay. */
static bool read_text(cli_options *options, char *text, cli_source source, const char *label)
{
    int number = 0;
    for (char *line = text; line != NULL;) {
        char *end = strchr(line, '\n');
        if (end != NULL)
            *end = '\0';
        if (!read_line(options, line, source, label, ++number))
            return false;
        line = end == NULL ? NULL : end + 1;
    }
    return true;
}

/* A file's text, which the caller frees; NULL after a message. */
static char *text_of(const char *path)
{
    anew_bytes bytes = {0};
    anew_error error;
    struct stat facts;
    if (stat(path, &facts) == 0 && S_ISREG(facts.st_mode) && facts.st_size == 0)
        return anew_alloc_zero(1); /* nothing is said, and nothing is wrong */
    if (anew_file_read(&bytes, path, MAX_BYTES, &error) != ANEW_OK) {
        cli_complain_error(&error);
        return NULL;
    }
    char *text = anew_alloc_zero(bytes.size + 1);
    if (text == NULL)
        cli_complain("%s: no memory to read it", path);
    else if (memchr(bytes.data, 0, bytes.size) != NULL)
        cli_complain("%s: is no text", path);
    else
        memcpy(text, bytes.data, bytes.size);
    const bool fine = text != NULL && (bytes.size == 0 || text[0] != '\0');
    anew_bytes_free(&bytes);
    if (fine)
        return text;
    anew_free(text);
    return NULL;
}

/* A file in the folder for configuration (XDG Base Directory Specification); false where there is no such folder. */
static bool config_path(char path[MAX_PATH], const char *name)
{
    const char *folder = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    int length = -1;
    if (folder != NULL && folder[0] == '/')
        length = snprintf(path, MAX_PATH, "%s/anew/%s", folder, name);
    else if (home != NULL && home[0] == '/')
        length = snprintf(path, MAX_PATH, "%s/.config/anew/%s", home, name);
    return length > 0 && length < MAX_PATH;
}

/* ---- where they come from ---------------------------------------------------------------------------- */

#define ENDING ".preset"

/* A file by its path or ending; by its name, one of the user's, or one of the program's. */
static bool apply_preset(cli_settings *settings, cli_options *options)
{
    const char *name = options->preset, *embedded = NULL;
    char path[MAX_PATH], file[256];
    struct stat facts;
    const size_t length = strlen(name), ending = strlen(ENDING);
    if (strchr(name, '/') != NULL ||
        (length > ending && strcmp(name + length - ending, ENDING) == 0)) {
        settings->preset = text_of(name);
        return settings->preset != NULL &&
               read_text(options, settings->preset, CLI_FROM_PRESET, name);
    }
    const int written = snprintf(file, sizeof file, "presets/%s" ENDING, name);
    if (written > 0 && (size_t)written < sizeof file && config_path(path, file) &&
        stat(path, &facts) == 0) {
        settings->preset = text_of(path);
        return settings->preset != NULL &&
               read_text(options, settings->preset, CLI_FROM_PRESET, path);
    }
    embedded = cli_preset_text(name);
    if (embedded == NULL) {
        cli_complain("--preset %s: must be one of " CLI_PRESET_NAMES ", or a file", name);
        return false;
    }
    settings->preset = anew_text_copy(embedded);
    if (settings->preset == NULL) {
        cli_complain("--preset %s: no memory", name);
        return false;
    }
    return read_text(options, settings->preset, CLI_FROM_PRESET, file);
}

/* ANEW_FACE_MODEL for face-model. */
static void variable_of(char name[64], const cli_option *o)
{
    (void)snprintf(name, 64, "ANEW_%s", o->name);
    for (char *p = name; *p != '\0'; p++)
        *p = (char)(*p == '-' ? '_' : toupper((unsigned char)*p));
}

static bool apply_environment(cli_options *options)
{
    char name[64], place[72];
    for (int i = 0; i < OPT_COUNT; i++) {
        if (is_for_words_only((option_id)i) && i != (int)OPT_NO_CONFIG)
            continue;
        variable_of(name, &cli_option_table[i]);
        const char *value = getenv(name);
        if (value == NULL || value[0] == '\0')
            continue;
        (void)snprintf(place, sizeof place, "%s=", name);
        if (!take(options, (option_id)i, value, CLI_FROM_ENVIRONMENT, place))
            return false;
    }
    return true;
}

static bool apply_config(cli_settings *settings, cli_options *options)
{
    char path[MAX_PATH];
    struct stat facts;
    if (!config_path(path, "config") || stat(path, &facts) != 0)
        return true;
    settings->config = text_of(path);
    return settings->config != NULL && read_text(options, settings->config, CLI_FROM_CONFIG, path);
}

bool cli_settings_apply(cli_settings *settings, cli_options *options)
{
    anew_error error;
    *settings = (cli_settings){0};
    if ((options->preset != NULL && !apply_preset(settings, options)) ||
        !apply_environment(options) || (!options->no_config && !apply_config(settings, options)))
        return false;
    if (cli_agree(options, &error) == ANEW_OK)
        return true;
    cli_complain_error(&error);
    return false;
}

void cli_settings_free(cli_settings *settings)
{
    anew_free(settings->preset);
    anew_free(settings->config);
    *settings = (cli_settings){0};
}

/* ---- --save-preset ----------------------------------------------------------------------------------- */

/* What belongs to one run or one picture, and not to a way of working. */
static bool is_of_one_run(option_id id)
{
    static const option_id of_one[] = {
        OPT_OUTPUT,       OPT_LIST,         OPT_SHARD,     OPT_JOURNAL,      OPT_REPORT,
        OPT_FORCE,        OPT_DRY_RUN,      OPT_QUIET,     OPT_VERBOSE,      OPT_JSON,
        OPT_SAVE_CROPS,   OPT_DRAW_FACES,   OPT_FACE_LIST, OPT_FACE_EXCLUDE, OPT_ERASE,
        OPT_SCRATCH_MASK, OPT_SKIP_EXISTING};
    bool one = is_for_words_only(id);
    for (size_t i = 0; i < sizeof of_one / sizeof of_one[0]; i++)
        one = one || of_one[i] == id;
    return one;
}

/* The options that do something where they are not given. */
static bool is_off(const cli_options *options, option_id id)
{
    return (id == OPT_AUTO || id == OPT_FACES) && !options->given[id] &&
           options->source[id] != CLI_FROM_NOWHERE;
}

static anew_status write_option(anew_output *to, const cli_options *options, option_id id,
                                anew_error *error)
{
    const char *name = cli_option_table[id].name;
    /* A flag, or an option that was given without its value. */
    const char *value = is_off(options, id)          ? "off"
                        : options->texts[id] == NULL ? "yes"
                                                     : options->texts[id];
    if (strchr(value, '\n') != NULL || isspace((unsigned char)value[0]) || value[0] == '\0' ||
        isspace((unsigned char)value[strlen(value) - 1]))
        return anew_fail(error, ANEW_ERROR_ARGUMENT,
                         "--%s '%s' cannot stand in a preset: it is empty, or spaces or line ends "
                         "are at its ends",
                         name, value);
    ANEW_TRY(anew_output_write(to, name, strlen(name), error));
    ANEW_TRY(anew_output_write(to, " = ", 3, error));
    ANEW_TRY(anew_output_write(to, value, strlen(value), error));
    return anew_output_write(to, "\n", 1, error);
}

static anew_status save(const cli_options *options, anew_error *error)
{
    static const char head[] = "# A preset of anew; anew --preset FILE takes it.\n";
    anew_output *to = NULL;
    anew_status status = ANEW_OK;
    if (!options->force && anew_output_overwrites(options->save_preset))
        return anew_fail(error, ANEW_ERROR_ARGUMENT, "%s: exists; --force overwrites it",
                         options->save_preset);
    ANEW_TRY(anew_output_open(&to, options->save_preset, error));
    ANEW_TRY_GOTO(anew_output_write(to, head, sizeof head - 1, error), fail);
    for (int i = 0; i < OPT_COUNT; i++)
        if ((options->given[i] || is_off(options, (option_id)i)) && !is_of_one_run((option_id)i) &&
            (options->source[i] == CLI_FROM_WORDS || options->source[i] == CLI_FROM_PRESET))
            ANEW_TRY_GOTO(write_option(to, options, (option_id)i, error), fail);
    return anew_output_commit(&to, error);
fail:
    anew_output_discard(&to);
    return status;
}

bool cli_settings_save(const cli_options *options)
{
    anew_error error;
    if (save(options, &error) == ANEW_OK)
        return true;
    cli_complain_error(&error);
    return false;
}
