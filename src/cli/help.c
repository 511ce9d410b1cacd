/* help.c - `--help` and `anew help`, made from the tables. */
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/complain.h"
#include "kernels/kernels.h"

static void print_option(const cli_option *o)
{
    char left[64], short_name[8] = "    ";
    if (o->short_name != 0)
        (void)snprintf(short_name, sizeof short_name, "-%c, ", o->short_name);
    if (o->kind == OPTION_CHOICE)
        (void)snprintf(left, sizeof left, "%s--%s%s%s%s", short_name, o->name,
                       o->may_be_bare ? "[=" : "=", o->values, o->may_be_bare ? "]" : "");
    else
        (void)snprintf(left, sizeof left, "%s--%s%s%s%s", short_name, o->name,
                       o->argument == NULL ? ""
                       : o->may_be_bare    ? "[="
                                           : "=",
                       o->argument == NULL ? "" : o->argument, o->may_be_bare ? "]" : "");
    printf("  %-30s %s\n", left, o->help);
}

/* Lines of at most so many characters. */
#define LINE 100

/* What a worker's requests may say, for their pictures alone. */
static void print_members(void)
{
    int at = LINE;
    printf("\nA request may say for its picture, with _ for -:");
    for (int i = 0; i < OPT_COUNT; i++) {
        const cli_option *o = &cli_option_table[i];
        char name[64];
        size_t length = 0;
        if (!cli_option_is_in_requests(o))
            continue;
        for (; o->name[length] != '\0' && length + 1 < sizeof name; length++)
            name[length] = cli_request_letter(o->name[length]);
        name[length] = '\0';
        at += (int)length + 1;
        if (at > LINE) {
            printf("\n ");
            at = (int)length + 2;
        }
        printf(" %s", name);
    }
    printf("\n");
}

void cli_help(cli_command command)
{
    const cli_command_entry *entry = &cli_commands[command];
    if (command == COMMAND_ENHANCE) {
        printf("anew %s: restores and enlarges photos \n(reads %s; writes %s)\n\n", ANEW_VERSION,
               anew_format_names(true), anew_format_names(false));
        for (int c = 0; c < COMMAND_COUNT; c++) {
            char usage[64];
            (void)snprintf(usage, sizeof usage, "%s%s%s",
                           cli_commands[c].name == NULL ? "" : cli_commands[c].name,
                           cli_commands[c].name == NULL ? "" : " ", cli_commands[c].arguments);
            printf("%s anew %-34s %s\n", c == 0 ? "usage:" : "      ", usage, cli_commands[c].help);
        }
        printf(
            "\nWithout -o the result stands beside the picture, as PHOTO_x4.%s; that of a folder\n"
            "in a folder beside it, as FOLDER_x4.\n\n",
            anew_format_extension(anew_format_default()));
    } else {
        printf("anew %s: %s\n\nusage: anew %s %s\n\n", entry->name, entry->help, entry->name,
               entry->arguments);
    }
    for (int i = 0; i < OPT_COUNT; i++)
        if (cli_option_is_for(&cli_option_table[i], command))
            print_option(&cli_option_table[i]);
    if (command == COMMAND_WORKER)
        print_members();
    printf("\nExit code: 0 all done, 1 some failed, 2 usage, 130 interrupted.\n");
    if (command == COMMAND_ENHANCE)
        printf("ANEW_CPU lowers the CPU level (%s); OMP_NUM_THREADS the threads.\n",
               anew_isa_names());
}

int command_help(const cli_options *options)
{
    int command = COMMAND_ENHANCE;
    if (options->word_count > 0) {
        const char *word = options->words[0];
        while (command < COMMAND_COUNT && (cli_commands[command].name == NULL ||
                                           strcmp(cli_commands[command].name, word) != 0))
            command++;
        if (command == COMMAND_COUNT) {
            cli_complain("help %s: must be a command; anew help lists them", word);
            return EXIT_USAGE;
        }
    }
    cli_help((cli_command)command);
    return EXIT_DONE;
}
