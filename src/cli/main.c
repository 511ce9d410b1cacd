/*
 * main.c - the program `anew`: signals, the environment, and the choice of a command.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "core/file.h"

/* SIGINT, SIGTERM, SIGHUP: no half-written file stays behind. */
static void on_signal(int number)
{
    anew_output_discard_all_on_signal();
    _exit(number == SIGINT ? EXIT_INTERRUPTED : 128 + number);
}

static void set_signals(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};
    struct sigaction action = {.sa_handler = on_signal};
    (void)sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        (void)sigaction(numbers[i], &action, NULL);
}

int main(int count, char **arguments)
{
    cli_options options;
    if (!cli_parse(&options, count - 1, arguments + 1))
        return EXIT_USAGE;
    if (options.help) {
        cli_help();
        return EXIT_DONE;
    }
    if (options.version) {
        printf("anew %s\n", ANEW_VERSION);
        return EXIT_DONE;
    }
    const char *cpu = getenv("ANEW_CPU");
    options.enhance.cpu = cpu != NULL && cpu[0] != '\0' ? cpu : NULL;
    set_signals();
    if (options.word_count == 0) {
        fprintf(stderr, "anew: no picture is named; see anew --help\n");
        return EXIT_USAGE;
    }
    if (strcmp(options.words[0], "info") == 0)
        return command_info(&options);
    if (strcmp(options.words[0], "models") == 0)
        return command_models(&options);
    if (strcmp(options.words[0], "explain") == 0)
        return command_explain(&options);
    return command_enhance(&options);
}
