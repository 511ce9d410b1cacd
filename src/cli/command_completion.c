/*
 * command_completion.c - `anew completion SHELL`: a script that completes options, their values, commands and
 * files, made from the tables. completions/ holds the output.
 */
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/complain.h"

/* A list that is separated by '|', with something else between. */
static void print_list(const char *values, char separator)
{
    for (const char *p = values; *p != '\0'; p++)
        (void)putchar(*p == '|' ? separator : *p);
}

static void print_command_names(void)
{
    for (int c = COMMAND_ENHANCE + 1; c < COMMAND_COUNT; c++)
        printf("%s%s", c > COMMAND_ENHANCE + 1 ? " " : "", cli_commands[c].name);
}

/* ---- bash -------------------------------------------------------------------------------------------- */

static void print_bash_options(cli_command command)
{
    for (int i = 0; i < OPT_COUNT; i++)
        if (cli_option_is_for(&cli_option_table[i], command))
            printf("%s--%s", i > 0 ? " " : "", cli_option_table[i].name);
}

static void print_bash(void)
{
    printf("# bash completion of anew; made by 'anew completion bash'\n"
           "_anew() {\n"
           "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} "
           "options word\n"
           "    if [ \"$current\" = '=' ]; then\n"
           "        current=\n"
           "    elif [ \"$previous\" = '=' ]; then\n"
           "        previous=${COMP_WORDS[COMP_CWORD-2]}\n"
           "    fi\n"
           "    COMPREPLY=()\n"
           "    case $previous in\n");
    for (int i = 0; i < OPT_COUNT; i++) {
        const cli_option *o = &cli_option_table[i];
        if (o->kind == OPTION_FLAG || o->may_be_bare)
            continue;
        printf("    --%s", o->name);
        if (o->short_name != 0)
            printf(" | -%c", o->short_name);
        printf(")\n        ");
        if (o->values != NULL) {
            printf("mapfile -t COMPREPLY < <(compgen -W '");
            print_list(o->values, ' ');
            printf("' -- \"$current\")\n        ");
        } else if (o->kind == OPTION_FILE) {
            printf("mapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n        ");
        }
        printf("return\n        ;;\n");
    }
    printf("    completion)\n        mapfile -t COMPREPLY < <(compgen -W 'bash zsh fish' -- "
           "\"$current\")\n        return\n        ;;\n    esac\n    options='");
    print_bash_options(COMMAND_ENHANCE);
    printf("'\n    for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
           "        case $word in\n");
    for (int c = COMMAND_ENHANCE + 1; c < COMMAND_COUNT; c++) {
        printf("        %s)\n            options='", cli_commands[c].name);
        print_bash_options((cli_command)c);
        printf("'\n            ;;\n");
    }
    printf("        esac\n    done\n"
           "    case $current in\n"
           "    -*) mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$current\") ;;\n"
           "    *)\n"
           "        mapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n"
           "        [ \"$COMP_CWORD\" -gt 1 ] || mapfile -t -O \"${#COMPREPLY[@]}\" COMPREPLY < "
           "<(compgen -W '");
    print_command_names();
    printf("' -- \"$current\")\n        ;;\n    esac\n}\ncomplete -o filenames -F _anew anew\n");
}

/* ---- zsh --------------------------------------------------------------------------------------------- */

/* Inside single quotes and a description in brackets. */
static void print_zsh_text(const char *text)
{
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '\'')
            printf("'\\''");
        else if (strchr("[]:\\", *p) != NULL)
            printf("\\%c", *p);
        else
            (void)putchar(*p);
    }
}

static void print_zsh_option(const cli_option *o)
{
    printf("    ");
    if (o->short_name != 0)
        printf("'(-%c --%s)'{-%c%s,--%s%s}'[", o->short_name, o->name, o->short_name,
               o->argument != NULL ? "+" : "", o->name, o->argument != NULL ? "=" : "");
    else
        printf("'--%s%s[", o->name, o->may_be_bare ? "=-" : o->argument != NULL ? "=" : "");
    print_zsh_text(o->help);
    printf("]");
    if (o->argument != NULL) {
        printf("%s", o->may_be_bare ? "::" : ":");
        print_zsh_text(o->argument);
        printf(":");
        if (o->values != NULL) {
            printf("(");
            print_list(o->values, ' ');
            printf(")");
        } else if (o->kind == OPTION_FILE) {
            printf("_files");
        }
    }
    printf("' \\\n");
}

static void print_zsh(void)
{
    printf("#compdef anew\n# zsh completion of anew; made by 'anew completion zsh'\n"
           "case ${words[2]} in\n");
    for (int round = 1; round <= COMMAND_COUNT; round++) {
        const cli_command c = (cli_command)(round % COMMAND_COUNT); /* the nameless one last */
        printf("%s)\n    _arguments -s \\\n", c == COMMAND_ENHANCE ? "*" : cli_commands[c].name);
        for (int i = 0; i < OPT_COUNT; i++)
            if (cli_option_is_for(&cli_option_table[i], c))
                print_zsh_option(&cli_option_table[i]);
        if (c == COMMAND_ENHANCE) {
            printf("    '1:picture or command:{_alternative \"files:picture:_files\" "
                   "\"commands:command:(");
            print_command_names();
            printf(")\"}' \\\n    '*:picture:_files'\n");
        } else if (c == COMMAND_COMPLETION) {
            printf("    '2:shell:(bash zsh fish)'\n");
        } else {
            printf("    '*:file:_files'\n");
        }
        printf("    ;;\n");
    }
    printf("esac\n");
}

/* ---- fish -------------------------------------------------------------------------------------------- */

/* Inside single quotes. */
static void print_fish_text(const char *text)
{
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '\'' || *p == '\\')
            (void)putchar('\\');
        (void)putchar(*p);
    }
}

static void print_fish(void)
{
    printf("# fish completion of anew; made by 'anew completion fish'\n");
    for (int c = COMMAND_ENHANCE + 1; c < COMMAND_COUNT; c++) {
        printf("complete -c anew -n __fish_use_subcommand -a %s -d '", cli_commands[c].name);
        print_fish_text(cli_commands[c].help);
        printf("'\n");
    }
    printf("complete -c anew -n '__fish_seen_subcommand_from completion' -f -a 'bash zsh fish'\n");
    for (int i = 0; i < OPT_COUNT; i++) {
        const cli_option *o = &cli_option_table[i];
        printf("complete -c anew");
        if (!cli_option_is_for(o, COMMAND_ENHANCE)) {
            printf(" -n '__fish_seen_subcommand_from");
            for (int c = COMMAND_ENHANCE + 1; c < COMMAND_COUNT; c++)
                if (cli_option_is_for(o, (cli_command)c))
                    printf(" %s", cli_commands[c].name);
            printf("'");
        }
        if (o->short_name != 0)
            printf(" -s %c", o->short_name);
        printf(" -l %s", o->name);
        if (o->values != NULL) {
            printf(" -x -a '");
            print_list(o->values, ' ');
            printf("'");
        } else if (o->kind == OPTION_FILE) {
            printf(" -r");
        } else if (o->kind != OPTION_FLAG) {
            printf(" -x");
        }
        printf(" -d '");
        print_fish_text(o->help);
        printf("'\n");
    }
}

int command_completion(const cli_options *options)
{
    static const struct {
        const char *name;
        void (*print)(void);
    } shells[] = {{"bash", print_bash}, {"zsh", print_zsh}, {"fish", print_fish}};
    for (size_t i = 0; i < sizeof shells / sizeof shells[0]; i++)
        if (strcmp(options->words[0], shells[i].name) == 0) {
            shells[i].print();
            return EXIT_DONE;
        }
    cli_complain("%s: no shell that is known here; one of bash, zsh, fish", options->words[0]);
    return EXIT_USAGE;
}
