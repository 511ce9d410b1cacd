/* command_manual.c - `anew manual`: the manual page (man(7)), made from the tables. docs/anew.1 is its output. */
#include <ctype.h>
#include <stdio.h>

#include "cli/commands.h"

/* Text with what roff would read as its own made harmless; a hyphen is a minus there, as in options. */
static void print_escaped(const char *text)
{
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '\\')
            printf("\\e");
        else if (*p == '-')
            printf("\\-");
        else if ((*p == '.' || *p == '\'') && p == text)
            printf("\\&%c", *p);
        else
            (void)putchar(*p);
    }
}

static void print_option(const cli_option *o)
{
    printf(".TP\n");
    if (o->short_name != 0)
        printf("\\fB\\-%c\\fR, ", o->short_name);
    printf("\\fB\\-\\-");
    print_escaped(o->name);
    printf("\\fR");
    if (o->kind == OPTION_CHOICE) {
        printf("%s\\fI", o->may_be_bare ? "[=" : "=");
        print_escaped(o->values);
        printf("\\fR%s", o->may_be_bare ? "]" : "");
    } else if (o->argument != NULL) {
        printf("%s\\fI", o->may_be_bare ? "[=" : "=");
        print_escaped(o->argument);
        printf("\\fR%s", o->may_be_bare ? "]" : "");
    }
    printf("\n");
    printf("%c", toupper((unsigned char)o->help[0]));
    print_escaped(o->help + 1);
    printf(".\n");
}

static void print_usage(cli_command command)
{
    printf("\\fBanew\\fR ");
    if (cli_commands[command].name != NULL)
        printf("\\fB%s\\fR ", cli_commands[command].name);
    printf("[\\fIoption\\fR...] ");
    print_escaped(cli_commands[command].arguments);
    printf("\n");
}

int command_manual(const cli_options *options)
{
    (void)options;
    printf(".TH ANEW 1 \"\" \"anew %s\" \"User Commands\"\n", ANEW_VERSION);
    printf(".SH NAME\nanew \\- restores and enlarges photos\n.SH SYNOPSIS\n.nf\n");
    for (int c = 0; c < COMMAND_COUNT; c++)
        print_usage((cli_command)c);
    printf(
        ".fi\n.SH DESCRIPTION\n"
        "A small, blurred, noisy or over\\-compressed picture goes in; a clean, larger one comes "
        "out. Without \\fB\\-o\\fR the result stands beside the picture, as "
        "\\fIPHOTO\\fR_x4.png, and that of a folder in a folder beside it, as "
        "\\fIFOLDER\\fR_x4. An existing file is never overwritten without \\fB\\-\\-force\\fR, "
        "and the picture itself never. One bad picture does not stop the others.\n");
    printf(".SH COMMANDS\n");
    for (int c = COMMAND_ENHANCE + 1; c < COMMAND_COUNT; c++) {
        printf(".TP\n\\fB%s\\fR ", cli_commands[c].name);
        print_escaped(cli_commands[c].arguments);
        printf("\n%c", toupper((unsigned char)cli_commands[c].help[0]));
        print_escaped(cli_commands[c].help + 1);
        printf(".\n");
    }
    for (int c = 0; c < COMMAND_COUNT; c++) {
        if (c == COMMAND_COMPLETION || c == COMMAND_MANUAL)
            continue; /* they have only --help and --version */
        if (c == COMMAND_ENHANCE)
            printf(".SH OPTIONS\n");
        else
            printf(".SH OPTIONS OF %s\n", cli_commands[c].name);
        for (int i = 0; i < OPT_COUNT; i++)
            if (cli_option_is_for(&cli_option_table[i], (cli_command)c))
                print_option(&cli_option_table[i]);
    }
    printf(".SH EXIT STATUS\n0 all done, 1 some failed, 2 usage, 130 interrupted.\n"
           ".SH ENVIRONMENT\n"
           ".TP\n\\fBANEW_CPU\\fR\nLowers the CPU level: c, cfma, avx2, avx512, avx512vnni, amx; "
           "on Arm c, neon, neon-dotprod, neon-i8mm-bf16.\n"
           ".TP\n\\fBANEW_\\fIOPTION\\fR\nAny option, in capitals and with _ for \\-: "
           "ANEW_QUALITY=85 for \\-\\-quality 85, ANEW_STRIP=yes for \\-\\-strip. It counts "
           "after the command line and its preset, before the config file.\n"
           ".TP\n\\fBANEW_CATALOGUE\\fR\nA table of models for anew get, in place of the "
           "program's.\n"
           ".TP\n\\fBANEW_MODELS\\fR\nFolders with models, separated by colons.\n"
           ".TP\n\\fBOMP_NUM_THREADS\\fR\nThe number of worker threads, where \\-\\-threads is not "
           "given.\n"
           ".SH FILES\n"
           ".TP\n\\fI$XDG_CONFIG_HOME/anew/config\\fR, or \\fI~/.config/anew/config\\fR\n"
           "Options, one a line: \\fBquality = 85\\fR; flags are yes or no; lines that begin with "
           "# are comments.\n"
           ".TP\n\\fIpresets/NAME.preset\\fR beside it\nPresets for \\-\\-preset, in the same "
           "form; \\-\\-save\\-preset writes them.\n");
    return EXIT_DONE;
}
