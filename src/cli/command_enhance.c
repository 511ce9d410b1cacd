/*
 * command_enhance.c - `anew PICTURE...`: restore and enlarge. One bad picture does not stop the others, several may
 * be done at once (batch.h).
 */
#include <stdio.h>
#include <string.h>

#include "cli/batch.h"
#include "cli/commands.h"
#include "cli/complain.h"
#include "cli/events.h"
#include "cli/inputs.h"
#include "cli/mend.h"
#include "cli/profile.h"
#include "cli/progress.h"
#include "core/memory.h"
#include "kernels/kernels.h"
#include "pipeline/behind.h"
#include "pipeline/model_path.h"

/* ---- one picture ------------------------------------------------------------------------------------- */

/* Writes the result's rows as they come. */
typedef struct written_picture {
    const char *path;
    anew_format format;
    anew_image_options options;
    anew_image_writer *writer;
    anew_image shape;
    double seconds;
} written_picture;

static anew_status begin_picture(void *context, const anew_image *shape, anew_error *error)
{
    written_picture *p = context;
    p->shape = *shape;
    return anew_image_writer_open(&p->writer, p->path, p->format, shape, &p->options, error);
}

static anew_status write_rows(void *context, const anew_image *part, anew_error *error)
{
    written_picture *p = context;
    const double started = anew_seconds();
    const anew_status status = anew_image_writer_rows(p->writer, part, error);
    p->seconds += anew_seconds() - started;
    return status;
}

/* What all pictures share. */
typedef struct run {
    const cli_options *options;
    const anew_model *model;
    int model_scale;
    const cli_inputs *inputs;
    cli_batch batch;
    cli_events events;
    cli_mender mender; /* --faces */
    /* Where there is one job only: */
    double seconds_per_flop; /* --dry-run: from the first picture's trial */
    double peak;             /* --profile: of this machine, from after the first picture */
} run;

static anew_status plan_one(run *b, const cli_input *input, const char *path, const anew_image *in,
                            anew_error *error)
{
    anew_explanation e;
    ANEW_TRY(anew_explain(&e, b->model, in->width, in->height, &b->options->enhance,
                          b->seconds_per_flop == 0, error));
    if (b->seconds_per_flop == 0 && e.flops > 0)
        b->seconds_per_flop = e.seconds / e.flops;
    cli_event_planned(&b->events, input->path, path, &e, e.flops * b->seconds_per_flop);
    anew_explanation_free(&e);
    return ANEW_OK;
}

/* A result of so many pixels takes long enough to encode for a thread of its own. */
#define PIXELS_WORTH_A_THREAD 1e6

/* Whether the encoder is to work behind the network's back: where the picture has all threads, and nobody measures. */
static bool is_encoded_behind(const run *b, const cli_part *part, double result_pixels, int threads)
{
    const cli_options *o = b->options;
    return part->parts == b->batch.parts && threads > 1 && result_pixels >= PIXELS_WORTH_A_THREAD &&
           !o->profile && !o->profile_json && !o->verbose;
}

static anew_status run_network(const run *b, const anew_row_sink *sink,
                               const anew_row_source *source, const anew_image *in,
                               const anew_enhance_options *enhance, bool behind,
                               anew_report *report, anew_error *error)
{
    anew_behind *encoder = behind ? anew_behind_create(sink) : NULL;
    const anew_row_sink through = encoder != NULL ? anew_behind_sink(encoder) : *sink;
    const anew_status status =
        anew_enhance_rows(&through, source, in, b->model, enhance, report, error);
    return anew_behind_finish(&encoder, status, error);
}

/* --faces: reads the whole picture and finds its faces; source and sink then pass by them. */
typedef struct mended_picture {
    anew_image image;
    anew_picture_source rows;
    anew_face_work *work;
} mended_picture;

static anew_status mend(mended_picture *m, run *b, const anew_row_source *source, anew_error *error)
{
    ANEW_TRY(source->all(source->context, &m->image, error));
    ANEW_TRY(
        anew_face_work_create(&m->work, b->mender.restorer, b->mender.detector, &m->image, error));
    m->rows = (anew_picture_source){.image = &m->image};
    return ANEW_OK;
}

static void mended_free(mended_picture *m)
{
    anew_face_work_free(&m->work);
    anew_image_free(&m->image);
}

static anew_status enhance_one(run *b, size_t index, bool alone, anew_error *error)
{
    const cli_input *input = &b->inputs->list[index];
    const cli_options *o = b->options;
    anew_image_reader *reader = NULL;
    anew_image in; /* its size and kind */
    anew_report report = {0};
    written_picture out = {.options = o->image};
    const anew_row_sink sink = {&out, begin_picture, write_rows};
    anew_enhance_options enhance = o->enhance;
    cli_progress progress = {0};
    cli_part part = {0};
    mended_picture mended = {0};
    char *path = NULL;
    int width = 0, height = 0;
    bool skip = false;
    anew_status status = ANEW_OK;
    const double started = anew_seconds();
    ANEW_TRY_GOTO(cli_choose_output(&path, &out.format, &skip, input, o, b->model_scale, error),
                  out);
    if (skip) {
        cli_event_skipped(&b->events, input->path, path);
        goto out;
    }
    out.path = path;
    cli_batch_arrive(&b->batch, &part);
    ANEW_TRY_GOTO(anew_image_reader_open(&reader, &in, input->path, &o->limits, error), out);
    out.options.metadata = anew_image_reader_metadata(reader);
    const double decoded = anew_seconds();
    ANEW_TRY_GOTO(
        anew_enhance_size(&width, &height, b->model_scale, in.width, in.height, &enhance, error),
        out);
    ANEW_TRY_GOTO(
        anew_format_accepts(out.format, width, height, in.channels, in.depth, path, error), out);
    if (o->dry_run) {
        status = plan_one(b, input, path, &in, error);
        goto out;
    }
    if (input->folder != NULL)
        ANEW_TRY_GOTO(cli_make_folder(input->folder, error), out);
    cli_batch_enter(&b->batch, &part, (double)in.width * in.height, alone, &enhance);
    cli_progress_begin(&progress, &b->events.screen, o, input->path, index + 1, b->events.pictures,
                       (double)width * height * 1e-6);
    enhance.progress = cli_progress_step;
    enhance.progress_context = &progress;
    anew_row_source source = anew_reader_source(reader);
    anew_row_sink through = sink;
    if (o->mend_faces) {
        ANEW_TRY_GOTO(mend(&mended, b, &source, error), out);
        source = anew_picture_rows(&mended.rows);
        through = anew_face_work_sink(mended.work, &sink);
    }
    const bool behind =
        !o->mend_faces && is_encoded_behind(b, &part, (double)width * height, enhance.threads);
    ANEW_TRY_GOTO(run_network(b, &through, &source, &in, &enhance, behind, &report, error), out);
    const double enhanced = anew_seconds();
    cli_batch_leave(&b->batch, &part);
    ANEW_TRY_GOTO(anew_image_writer_commit(&out.writer, error), out);
    cli_progress_end(&progress);
    /* What was written meanwhile is no resizing. */
    report.resize_seconds -= report.resize_seconds > out.seconds ? out.seconds : 0;
    profile_facts facts = {.decode = decoded - started,
                           .encode = out.seconds + anew_seconds() - enhanced,
                           .total = anew_seconds() - started};
    cli_faces_done faces = {0};
    if (o->mend_faces)
        faces.list = anew_face_work_report(mended.work, &faces.count);
    cli_event_done(&b->events, input->path, path, &in, &out.shape, facts.total,
                   o->mend_faces ? &faces : NULL);
    if (b->peak == 0 && (o->verbose || o->profile || o->profile_json))
        b->peak = profile_peak(&report);
    facts.peak = b->peak;
    if ((o->verbose || o->profile) && !o->json)
        profile_print(b->events.to, &report, &facts, o->verbose ? PROFILE_STEPS : PROFILE_GROUPS);
    if (o->profile_json)
        profile_print_json(b->events.to, input->path, path, &in, &out.shape, &report, &facts);
out:
    cli_batch_leave(&b->batch, &part);
    cli_progress_end(&progress);
    anew_image_writer_discard(&out.writer);
    anew_image_reader_close(&reader);
    anew_report_free(&report);
    mended_free(&mended);
    anew_free(path);
    return status;
}

/* One picture, done or its failure told. */
static void do_one(void *context, size_t index)
{
    run *b = context;
    const cli_input *input = &b->inputs->list[index];
    anew_error error = {0};
    /* A stream cannot be read again. */
    const bool alone = b->batch.parts == 1 || strcmp(input->path, "-") == 0;
    anew_status status = enhance_one(b, index, alone, &error);
    if (!alone && (status == ANEW_ERROR_LIMIT || status == ANEW_ERROR_MEMORY))
        status = enhance_one(b, index, true, &error); /* its part of the memory was too small */
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
    run b = {.options = options};
    anew_model *model = NULL;
    anew_model_facts facts;
    cli_inputs inputs = {0};
    anew_error error = {0};
    anew_isa isa;
    int code = EXIT_FAILED;
    if (!is_usable(options, &isa))
        return EXIT_USAGE;
    if (anew_models_open(&model, options->model, options->denoise, &error) != ANEW_OK ||
        anew_model_facts_of(&facts, model, &error) != ANEW_OK ||
        cli_inputs_collect(&inputs, options, facts.scale, &error) != ANEW_OK) {
        fprintf(stderr, "anew: %s\n", error.text);
        goto out;
    }
    if (anew_isa_is_slow(isa) && options->enhance.cpu == NULL && !options->quiet)
        fprintf(stderr, "anew: this CPU has no fused multiply-add; the plain C kernels are used, "
                        "which are slow\n");
    const bool to_stdout = options->output != NULL && strcmp(options->output, "-") == 0;
    b.model = model;
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
    return code;
}
