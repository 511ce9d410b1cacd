/*
 * command_enhance.c - `anew PICTURE...`: restore and enlarge. One bad picture does not stop the others, several may
 * be done at once (batch.h); one_picture.c is the way of each.
 */
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/complain.h"
#include "cli/face_options.h"
#include "cli/fingerprint.h"
#include "cli/model_choice.h"
#include "cli/one_picture.h"
#include "core/interrupt.h"
#include "core/memory.h"
#include "kernels/kernels.h"
#include "pipeline/model_path.h"

/* The first pause; each further one is twice as long, up to the last. */
#define FIRST_PAUSE 0.25 /* seconds */
#define LAST_PAUSE  8.0

/* One picture, done or its failure told. After a signal none is begun, and one that was given up is not told. */
static void do_one(void *context, size_t index)
{
    cli_run *b = context;
    const cli_input *input = &b->inputs->list[index];
    anew_error error = {0};
    /* A stream cannot be read again. */
    const bool stream = strcmp(input->path, "-") == 0, alone = b->batch->parts == 1 || stream;
    double pause = FIRST_PAUSE;
    if (anew_interrupted() != 0)
        return;
    for (int attempt = 1;; attempt++) {
        anew_status status = cli_one_picture(b, index, alone, &error);
        if (!alone && cli_wants_all(status))
            status =
                cli_one_picture(b, index, true, &error); /* its part of the memory was too small */
        if (status == ANEW_OK || (status == ANEW_ERROR_CANCELLED && anew_interrupted() != 0))
            return;
        if (attempt > b->options->retry || stream || !cli_may_pass(&error))
            break;
        cli_event_retrying(&b->events, input->path, &error, attempt, pause);
        anew_interrupt_sleep(pause);
        pause = pause < LAST_PAUSE / 2 ? 2 * pause : LAST_PAUSE;
        if (anew_interrupted() != 0)
            return;
    }
    cli_event_failed(&b->events, input->path, &error);
}

static bool is_uninterrupted(void *context)
{
    (void)context;
    return anew_interrupted() == 0;
}

/* What is wrong with the words themselves; false after a message. */
static bool is_usable(const cli_options *o, anew_isa *isa)
{
    const bool many = cli_names_many(o);
    const bool to_stdout = o->output != NULL && strcmp(o->output, "-") == 0;
    if (o->word_count == 0 && o->list == NULL)
        fprintf(stderr, "anew: no picture is named; see anew --help\n");
    else if (o->scratch_mask != NULL && (o->scratches == NULL || strcmp(o->scratches, "auto") != 0))
        fprintf(stderr, "anew: --scratch-mask goes with --scratches auto\n");
    else if (many && o->scratch_mask != NULL)
        fprintf(stderr, "anew: --scratch-mask is for one picture\n");
    else if (many && o->output != NULL && !cli_is_folder(o->output) &&
             (to_stdout || anew_format_of_path(o->output) != ANEW_FORMAT_UNKNOWN))
        cli_complain("-o %s: must be a folder for several pictures", o->output);
    else if (o->jobs > 1 && (o->profile || o->profile_json || o->verbose))
        fprintf(stderr,
                "anew: --jobs %d and --%s exclude each other: times of pictures that are run at "
                "once say little\n",
                o->jobs, o->verbose ? "verbose" : "profile");
    else if (to_stdout && o->journal != NULL)
        fprintf(stderr, "anew: --journal and -o - exclude each other: a stream cannot be looked at "
                        "again\n");
    else if (!anew_isa_detect(isa, o->enhance.cpu))
        cli_complain("ANEW_CPU=%s: must be %s", o->enhance.cpu, anew_isa_names());
    else
        return cli_faces_are_usable(o);
    return false;
}

/* What the options name beside pictures; false after a message, with the exit code. */
static bool open_records(cli_run *b, int *code)
{
    const cli_options *o = b->options;
    cli_shard shard; /* only whether it is one */
    anew_error error = {0};
    if (cli_shard_read(&shard, o->shard, &error) == ANEW_OK &&
        (o->report == NULL || cli_final_report_check(o->report, o->force, &error) == ANEW_OK) &&
        (o->journal == NULL || cli_journal_open(&b->journal, o->journal,
                                                cli_fingerprint(o, b->model, b->restore) ^
                                                    cli_auto_faces_mark(b->auto_faces),
                                                o->dry_run, &error) == ANEW_OK))
        return true;
    cli_complain_error(&error);
    *code = error.status == ANEW_ERROR_ARGUMENT ? EXIT_USAGE : EXIT_FAILED;
    return false;
}

/* The summary, the journal's end, the report; the exit code. */
static int conclude(cli_run *b)
{
    const char *report = b->options->report;
    anew_error error = {0};
    cli_event_summary(&b->events);
    bool fine = b->events.failed == 0;
    if (cli_journal_close(&b->journal, &error) != ANEW_OK) {
        cli_complain_error(&error);
        fine = false;
    }
    if (report != NULL && cli_final_report_write(&b->events.report, report, &error) != ANEW_OK) {
        cli_complain_error(&error);
        fine = false;
    }
    const int number = b->events.report.interrupted;
    return number != 0 ? 128 + number : fine ? EXIT_DONE : EXIT_FAILED;
}

int command_enhance(const cli_options *options)
{
    cli_batch batch = {0};
    cli_run b = {.options = options, .batch = &batch, .go_on = is_uninterrupted};
    anew_model *model = NULL, *restore = NULL, *drawing = NULL;
    char *restore_name = NULL, *drawing_name = NULL;
    anew_model_facts facts;
    cli_inputs inputs = {0};
    anew_error error = {0};
    anew_isa isa;
    int code = EXIT_FAILED;
    if (!is_usable(options, &isa))
        return EXIT_USAGE;
    if (options->aligned)
        return command_aligned(options);
    if (options->list_faces)
        return command_list_faces(options);
    if (anew_models_open(&model, options->model, &options->mixing, &error) != ANEW_OK ||
        anew_model_facts_of(&facts, model, &error) != ANEW_OK ||
        cli_restorer_open(&restore, &restore_name, options, &error) != ANEW_OK ||
        cli_drawing_model_open(&drawing, &drawing_name, options, facts.scale, &error) != ANEW_OK ||
        cli_auto_faces_open(&b.auto_faces, options, &error) != ANEW_OK) {
        cli_complain_error(&error);
        goto out;
    }
    b.model = model;
    b.restore = restore;
    b.drawing = drawing;
    b.restore_name = restore_name;
    b.drawing_name = drawing_name;
    b.model_scale = facts.scale;
    if (!open_records(&b, &code))
        goto out;
    if (cli_inputs_collect(&inputs, options, facts.scale, &error) != ANEW_OK) {
        cli_complain_error(&error);
        goto out;
    }
    if (anew_isa_is_slow(isa) && options->enhance.cpu == NULL && !options->quiet)
        fprintf(stderr, "anew: this CPU has no fused multiply-add; the plain C kernels are used, "
                        "which are slow\n");
    const bool to_stdout = options->output != NULL && strcmp(options->output, "-") == 0;
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
    b.cpu = anew_isa_name(isa);
    cli_digests_of(&b.digests, model, restore, drawing, &b.mender);
    cli_batch_create(&batch, &inputs, options, facts.scale);
    anew_interrupt_catch();
    cli_batch_run(&batch, do_one, &b);
    code = conclude(&b);
out:
    if (b.journal != NULL && cli_journal_close(&b.journal, &error) != ANEW_OK)
        cli_complain_error(&error);
    cli_final_report_free(&b.events.report);
    cli_batch_free(&batch);
    cli_mender_close(&b.mender);
    cli_auto_faces_close(&b.auto_faces);
    cli_inputs_free(&inputs);
    anew_model_close(&model);
    anew_model_close(&restore);
    anew_model_close(&drawing);
    anew_free(restore_name);
    anew_free(drawing_name);
    return code;
}
