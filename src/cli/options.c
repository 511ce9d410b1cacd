/* options.c - the parser of the command line's words. */
#include "cli/options.h"

#include <stdio.h>
#include <string.h>

#include "cli/complain.h"

static option_id find_long(const char *name, size_t length)
{
    for (int i = 0; i < OPT_COUNT; i++)
        if (strlen(cli_option_table[i].name) == length &&
            strncmp(cli_option_table[i].name, name, length) == 0)
            return (option_id)i;
    return OPT_COUNT;
}

static option_id find_short(char name)
{
    for (int i = 0; i < OPT_COUNT; i++)
        if (cli_option_table[i].short_name == name)
            return (option_id)i;
    return OPT_COUNT;
}

/* The first word names a command, or is the first picture. */
static void find_command(cli_options *options)
{
    for (int c = 0; options->word_count > 0 && c < COMMAND_COUNT; c++)
        if (cli_commands[c].name != NULL && strcmp(options->words[0], cli_commands[c].name) == 0) {
            options->command = (cli_command)c;
            options->words++;
            options->word_count--;
            return;
        }
}

/* Options of other commands, and too many or too few words. */
static bool fits_command(const cli_options *options)
{
    const cli_command_entry *command = &cli_commands[options->command];
    for (int i = 0; i < OPT_COUNT; i++)
        if (options->given[i] && !cli_option_is_for(&cli_option_table[i], options->command)) {
            fprintf(stderr, "anew: --%s is no option of 'anew%s%s'; see anew%s%s --help\n",
                    cli_option_table[i].name, command->name == NULL ? "" : " ",
                    command->name == NULL ? "" : command->name, command->name == NULL ? "" : " ",
                    command->name == NULL ? "" : command->name);
            return false;
        }
    if (options->word_count < command->least ||
        (command->most >= 0 && options->word_count > command->most)) {
        fprintf(stderr, "anew: usage: anew %s %s\n", command->name, command->arguments);
        return false;
    }
    return true;
}

/* One word that begins with a dash; `next` is the word after it, or NULL, and *taken tells that it was the
 * value. */
static bool parse_option(cli_options *options, const char *word, const char *next, bool *taken)
{
    option_id id;
    const char *value = NULL;
    if (word[1] == '-') {
        const char *equals = strchr(word, '=');
        id = find_long(word + 2, equals == NULL ? strlen(word + 2) : (size_t)(equals - word - 2));
        value = equals == NULL ? NULL : equals + 1;
    } else {
        id = find_short(word[1]);
        value = word[2] == '\0' ? NULL : word + 2; /* -s2 */
    }
    if (id == OPT_COUNT) {
        cli_complain("unknown option %s; see anew --help", word);
        return false;
    }
    const cli_option *o = &cli_option_table[id];
    if (o->kind != OPTION_FLAG && value == NULL && !o->may_be_bare) {
        if (next == NULL) {
            fprintf(stderr, "anew: --%s needs a value (%s)\n", o->name, o->argument);
            return false;
        }
        value = next;
        *taken = true;
    }
    anew_error error;
    if (cli_take(options, id, value, CLI_FROM_WORDS, NULL, &error) == ANEW_OK)
        return true;
    cli_complain_error(&error);
    return false;
}

void cli_options_start(cli_options *options)
{
    *options = (cli_options){.mixing = {.denoise = -1, .crisp = -1},
                             .matrix = -1,
                             .deflicker = -1,
                             .crf = -1,
                             .strength = 1,
                             .restore_strength = 1,
                             .noise_level = -1,
                             .look_first = true,
                             .enhance = {.noise_level = CLI_NOISE_LEVEL},
                             .faces = {.strength = 1, .fidelity = -1, .guard = true}};
    options->image.png_compression = -1;
}

bool cli_parse(cli_options *options, int count, char **arguments)
{
    anew_error error;
    bool only_words = false;
    cli_options_start(options);
    options->words = arguments;
    for (int i = 0; i < count; i++) {
        char *word = arguments[i];
        bool taken = false;
        if (only_words || word[0] != '-' || word[1] == '\0')
            arguments[options->word_count++] = word;
        else if (strcmp(word, "--") == 0)
            only_words = true;
        else if (!parse_option(options, word, i + 1 < count ? arguments[i + 1] : NULL, &taken))
            return false;
        i += taken;
    }
    find_command(options);
    if (!cli_option_is_for(&cli_option_table[OPT_AUTO], options->command))
        options->look_first = false;
    if (options->help || options->version)
        return true;
    if (!fits_command(options))
        return false;
    if (cli_agree(options, &error) == ANEW_OK)
        return true;
    cli_complain_error(&error);
    return false;
}
