/*
 * command_enhance.c - `anew PICTURE...`: restore and enlarge. One bad picture does not stop the others, several may
 * be done at once (batch.h); one_picture.c is the way of each.
 */
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/complain.h"
#include "cli/one_picture.h"
#include "core/memory.h"
#include "kernels/kernels.h"
#include "pipeline/model_path.h"

/* One picture, done or its failure told. */
static void do_one(void *context, size_t index)
{
    cli_run *b = context;
    const cli_input *input = &b->inputs->list[index];
    anew_error error = {0};
    /* A stream cannot be read again. */
    const bool alone = b->batch.parts == 1 || strcmp(input->path, "-") == 0;
    anew_status status = cli_one_picture(b, index, alone, &error);
    if (!alone && (status == ANEW_ERROR_LIMIT || status == ANEW_ERROR_MEMORY))
        status = cli_one_picture(b, index, true, &error); /* its part of the memory was too small */
    if (status != ANEW_OK)
        cli_event_failed(&b->events, input->path, &error);
}

/* What is wrong with the words themselves; false after a message. */
static bool is_usable(const cli_options *o, anew_isa *isa)
{
    bool many = o->word_count > 1 || o->list != NULL;
    for (int i = 0; i < o->word_count; i++)
        many = many || cli_is_folder(o->words[i]);
    if (o->word_count == 0 && o->list == NULL)
        fprintf(stderr, "anew: no picture is named; see anew --help\n");
    else if (o->force && o->skip_existing)
        fprintf(stderr, "anew: --force and --skip-existing exclude each other\n");
    else if (many && o->output != NULL && !cli_is_folder(o->output) &&
             (strcmp(o->output, "-") == 0 || anew_format_of_path(o->output) != ANEW_FORMAT_UNKNOWN))
        cli_complain("-o %s: must be a folder for several pictures", o->output);
    else if (o->jobs > 1 && (o->profile || o->profile_json || o->verbose))
        fprintf(stderr,
                "anew: --jobs %d and --%s exclude each other: times of pictures that are run at "
                "once say little\n",
                o->jobs, o->verbose ? "verbose" : "profile");
    else if (!anew_isa_detect(isa, o->enhance.cpu))
        cli_complain("ANEW_CPU=%s: must be %s", o->enhance.cpu, anew_isa_names());
    else
        return true;
    return false;
}

int command_enhance(const cli_options *options)
{
    cli_run b = {.options = options};
    anew_model *model = NULL, *restore = NULL;
    anew_model_facts facts;
    cli_inputs inputs = {0};
    anew_error error = {0};
    anew_isa isa;
    int code = EXIT_FAILED;
    if (!is_usable(options, &isa))
        return EXIT_USAGE;
    if (anew_models_open(&model, options->model, options->denoise, &error) != ANEW_OK ||
        anew_model_facts_of(&facts, model, &error) != ANEW_OK ||
        (options->restore != NULL &&
         anew_models_open(&restore, options->restore, -1, &error) != ANEW_OK) ||
        cli_inputs_collect(&inputs, options, facts.scale, &error) != ANEW_OK) {
        fprintf(stderr, "anew: %s\n", error.text);
        goto out;
    }
    if (anew_isa_is_slow(isa) && options->enhance.cpu == NULL && !options->quiet)
        fprintf(stderr, "anew: this CPU has no fused multiply-add; the plain C kernels are used, "
                        "which are slow\n");
    const bool to_stdout = options->output != NULL && strcmp(options->output, "-") == 0;
    b.model = model;
    b.restore = restore;
    b.model_scale = facts.scale;
    b.inputs = &inputs;
    b.events = (cli_events){.options = options,
                            .to = to_stdout ? stderr : stdout,
                            .screen = {.mutex = PTHREAD_MUTEX_INITIALIZER},
                            .pictures = inputs.count,
                            .started = anew_seconds()};
    if (cli_mender_open(&b.mender, options, &error) != ANEW_OK) {
        cli_complain_error(&error);
        goto out;
    }
    cli_batch_create(&b.batch, &inputs, options, facts.scale);
    cli_batch_run(&b.batch, do_one, &b);
    cli_event_summary(&b.events);
    code = b.events.failed == 0 ? EXIT_DONE : EXIT_FAILED;
out:
    cli_batch_free(&b.batch);
    cli_mender_close(&b.mender);
    cli_inputs_free(&inputs);
    anew_model_close(&model);
    anew_model_close(&restore);
    return code;
}
