/*
 * main.c - the program `anew`: signals, the environment, and the choice of a command.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/complain.h"
#include "cli/settings.h"
#include "core/affinity.h"
#include "core/file.h"
#include "pipeline/device_engine.h"

/* Answers that did not reach standard output are no answers. */
static int finish(int code)
{
    if (fflush(stdout) == 0 && ferror(stdout) == 0)
        return code;
    fprintf(stderr, "anew: standard output: cannot write\n");
    return EXIT_FAILED;
}

static int run(cli_options *options)
{
    static int (*const commands[COMMAND_COUNT])(const cli_options *) = {
        [COMMAND_ENHANCE] = command_enhance,
        [COMMAND_INFO] = command_info,
        [COMMAND_MODELS] = command_models,
        [COMMAND_GET] = command_get,
        [COMMAND_EXPLAIN] = command_explain,
        [COMMAND_COMPARE] = command_compare,
        [COMMAND_COMPLETION] = command_completion,
        [COMMAND_MANUAL] = command_manual,
        [COMMAND_HELP] = command_help,
        [COMMAND_FACES] = command_faces,
        [COMMAND_WORKER] = command_worker,
        [COMMAND_REPLAY] = command_replay,
        [COMMAND_VIDEO] = command_video,
        [COMMAND_LOOK] = command_look,
    };
    const char *cpu = getenv("ANEW_CPU");
    options->enhance.cpu = cpu != NULL && cpu[0] != '\0' ? cpu : NULL;
    anew_error error;
    if (options->affinity != NULL && anew_affinity_set(options->affinity, &error) != ANEW_OK) {
        cli_complain_error(&error);
        return EXIT_USAGE;
    }
    if (options->device != NULL && strcmp(options->device, "cpu") != 0 &&
        anew_device_engine_open(&options->enhance.engine, options->device, getenv("ANEW_PLUGIN"),
                                options->device_memory, &error) != ANEW_OK) {
        cli_complain_error(&error);
        return error.status == ANEW_ERROR_ARGUMENT ? EXIT_USAGE : EXIT_FAILED;
    }
    anew_output_discard_on_signals(); /* Ctrl-C leaves no half-written file */
    if (options->save_preset != NULL) {
        if (!cli_settings_save(options))
            return EXIT_USAGE;
        if (options->word_count == 0 && options->list == NULL)
            return EXIT_DONE;
    }
    const int code = commands[options->command](options);
    anew_device_engine_close(&options->enhance.engine);
    return code;
}

int main(int count, char **arguments)
{
    cli_options options;
    cli_settings settings;
    if (!cli_parse(&options, count - 1, arguments + 1))
        return EXIT_USAGE;
    if (options.help) {
        cli_help(options.command);
        return EXIT_DONE;
    }
    if (options.version) {
        printf("anew %s\n", ANEW_VERSION);
        return EXIT_DONE;
    }
    if (options.command == COMMAND_HELP) /* whatever the config file says */
        return finish(command_help(&options));
    const int code = cli_settings_apply(&settings, &options) ? run(&options) : EXIT_USAGE;
    cli_settings_free(&settings);
    return finish(code);
}
