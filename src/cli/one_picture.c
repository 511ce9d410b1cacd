/*
 * one_picture.c - one picture's way through the program:
 *
 *     choose the result's name -> open -> size, and whether the format takes it -> rows: file -> passes -> faces ->
 *     finishing tools -> encoder -> the result gets its name -> tell
 *
 * Each step that changes rows is a source or a sink that another one is put in front of (pipeline/enhance.h).
 */
#include "cli/one_picture.h"

#include "cli/finish_picture.h"
#include "cli/frames.h"
#include "cli/look_first.h"
#include "cli/noise_level.h"
#include "cli/profile.h"
#include "cli/progress.h"
#include "cli/room.h"
#include "cli/whole_pictures.h"
#include "cli/written.h"
#include "core/memory.h"
#include "pipeline/behind.h"
#include "pipeline/passes.h"

typedef struct picture {
    const cli_run *run;
    const cli_input *input;
    char *path; /* of the result */
    cli_journal_entry entry;
    anew_image_reader *reader;
    anew_image in;     /* its size and kind, without pixels */
    int width, height; /* of the result */
    anew_enhance_options enhance;
    anew_pass_list passes;
    cli_provenance provenance;
    cli_written out;
    cli_frames frames;      /* of an animation */
    anew_image_taken taken; /* --max-bytes */
    cli_face_wish faces;
    cli_mended mended;
    cli_finish finish;
    cli_part part;
    cli_progress progress;
    anew_report report;
    double started, decoded, enhanced; /* the clock */
} picture;

/* What is kept beside the engine. */
static cli_whole whole_of(const cli_run *run, const picture *p)
{
    cli_whole whole = cli_whole_pictures(run->options, &p->faces, &p->in, p->width, p->height);
    if (p->frames.animation != NULL)
        cli_whole_animation(&whole, &p->in, p->width, p->height);
    return whole;
}

/* --dry-run: what all passes would take. */
static anew_status plan_one(cli_run *run, const picture *p, anew_error *error)
{
    anew_explanation sum = {.width = p->in.width,
                            .height = p->in.height,
                            .out_width = p->width,
                            .out_height = p->height};
    int width = p->in.width, height = p->in.height;
    ANEW_TRY(cli_repair_fits(&p->in, run->options, error));
    for (int i = 0; i < p->passes.count; i++) {
        const anew_pass *pass = &p->passes.passes[i];
        if (pass->model != NULL && pass->strength > 0) {
            anew_enhance_options options;
            anew_explanation e;
            ANEW_TRY(anew_pass_options(&options, &p->passes, i, &p->in, &p->enhance, error));
            ANEW_TRY(anew_explain(&e, pass->model, width, height, &options,
                                  run->seconds_per_flop == 0, error));
            if (run->seconds_per_flop == 0 && e.flops > 0)
                run->seconds_per_flop = e.seconds / e.flops;
            sum.flops += e.flops;
            sum.bytes += e.bytes;
            anew_explanation_free(&e);
        }
        width = pass->width;
        height = pass->height;
    }
    if (p->frames.animation != NULL)
        sum.flops *= p->frames.facts.frames;
    const cli_whole whole = whole_of(run, p);
    const bool packed = run->options->image.max_bytes > 0;
    const double kept =
        packed ? (double)p->width * p->height * p->in.channels * (p->in.depth / 8.0) : 0;
    const char *because = packed ? "max-bytes" : whole.because;
    cli_event_planned(&run->events, p->input->path, p->path, &sum,
                      sum.flops * run->seconds_per_flop, kept + (double)whole.peak, because);
    return ANEW_OK;
}

/* Size of the result and the passes to it. */
static anew_status plan_passes(picture *p, cli_run *run, anew_error *error)
{
    const cli_options *o = run->options;
    anew_pass_wish wish = cli_wish_of(o, run->model, run->restore);
    if (cli_looks_first(o))
        ANEW_TRY(cli_look_fits(run, &p->in, error));
    ANEW_TRY(anew_enhance_size(&p->width, &p->height, run->model_scale, p->in.width, p->in.height,
                               &p->enhance, error));
    p->faces = cli_face_wish_of(&run->mender);
    cli_look_at_faces faces = {&p->faces, p->width, p->height};
    if (cli_looks_first(o))
        ANEW_TRY(cli_look_first(&wish, run, p->input->path,
                                p->frames.facts.frames > 1 ? NULL : &faces, error));
    cli_look_record(&p->provenance, &wish, &p->faces, run);
    p->out.options.provenance = p->provenance.text[0] == '\0' ? NULL : p->provenance.text;
    ANEW_TRY(
        anew_passes_plan(&p->passes, &wish, p->in.width, p->in.height, p->width, p->height, error));
    return cli_noise_level(&p->enhance, o, &p->passes, p->input->path, error);
}

/* The picture's kind and size, and those of the result: all that can be refused before work starts. */
static anew_status open_picture(picture *p, cli_run *run, anew_error *error)
{
    ANEW_TRY(
        anew_image_reader_open(&p->reader, &p->in, p->input->path, &run->options->limits, error));
    ANEW_TRY(cli_frames_open(&p->frames, p->reader, &p->in, run->options, error));
    if (run->options->to_srgb)
        ANEW_TRY(anew_image_reader_to_srgb(p->reader, error));
    ANEW_TRY(cli_frames_choose(&p->frames, &p->in, &run->events, p->input->path, &p->out,
                               run->options, error));
    p->out.options.metadata = anew_image_reader_metadata(p->reader);
    p->out.options.dpi = cli_targets_dpi(&run->options->targets);
    p->out.options.taken = &p->taken;
    p->decoded = anew_seconds();
    cli_targets_resolve(&p->enhance, &run->options->targets, p->in.width, p->in.height);
    ANEW_TRY(plan_passes(p, run, error));
    ANEW_TRY(anew_format_accepts(p->out.format, p->width, p->height, p->in.channels, p->in.depth,
                                 p->path, error));
    const anew_image result = {p->width, p->height, p->in.channels, p->in.depth, NULL};
    return cli_check_room(p->path, p->out.format, &result, &p->out.options, error);
}

/* ---- the rows' way ------------------------------------------------------------------------------------ */

/* A result of so many pixels takes long enough to encode for a thread of its own. */
#define PIXELS_WORTH_A_THREAD 1e6

/* Whether the encoder is to work behind the network's back: where the picture has all threads, and nobody measures. */
static bool is_encoded_behind(const cli_run *run, const picture *p)
{
    const cli_options *o = run->options;
    return p->faces.mender == NULL && p->finish.finishing == NULL && p->frames.animation == NULL &&
           p->part.parts == run->batch->parts && p->enhance.threads > 1 &&
           (double)p->width * p->height >= PIXELS_WORTH_A_THREAD && !o->profile &&
           !o->profile_json && !o->verbose;
}

static anew_status run_network(const cli_run *run, picture *p, const anew_row_sink *sink,
                               const anew_row_source *source, anew_error *error)
{
    anew_behind *encoder = is_encoded_behind(run, p) ? anew_behind_create(sink) : NULL;
    const anew_row_sink through = encoder != NULL ? anew_behind_sink(encoder) : *sink;
    const anew_status status =
        anew_passes_rows(&through, source, &p->in, &p->passes, &p->enhance, &p->report, error);
    return anew_behind_finish(&encoder, status, error);
}

static anew_status give_up(const picture *p, anew_error *error)
{
    return anew_fail(error, ANEW_ERROR_CANCELLED, "%s: given up", p->input->path);
}

static bool may_go_on(const cli_run *run)
{
    return run->go_on == NULL || run->go_on(run->go_on_context);
}

/* After each band. */
static bool step(void *context, int64_t done, int64_t total)
{
    picture *p = context;
    if (p->frames.animation != NULL) {
        done += total * (p->frames.number - 1);
        total *= p->frames.facts.frames;
    }
    return cli_progress_step(&p->progress, done, total) && may_go_on(p->run);
}

/* From the file's rows, or a frame's, to the encoder. */
static anew_status run_rows(cli_run *run, picture *p, anew_error *error)
{
    const anew_row_sink encoder = p->frames.animation != NULL ? cli_frames_sink(&p->frames, &p->out)
                                                              : cli_written_sink(&p->out);
    anew_row_source source = cli_frames_source(&p->frames, p->reader);
    p->enhance.progress = step;
    p->enhance.progress_context = p;
    if (!may_go_on(run))
        return give_up(p, error);
    cli_whole whole = whole_of(run, p);
    ANEW_TRY(cli_whole_share(&p->enhance, &whole, p->input->path, error));
    ANEW_TRY(cli_finish_begin(&p->finish, &source, &p->enhance, &p->in, run->options, error));
    const anew_row_sink tools = cli_finish_sink(&p->finish, &encoder);
    anew_row_sink sink = tools;
    if (p->faces.mender != NULL) {
        ANEW_TRY(cli_mend(&p->mended, &p->faces, p->input, &source, &p->enhance, error));
        ANEW_TRY(cli_whole_take_faces(&p->enhance, &whole, &p->faces,
                                      anew_face_work_count(p->mended.work), p->in.channels,
                                      p->input->path, error));
        sink = anew_face_work_sink(p->mended.work, &tools);
    }
    const anew_status status = run_network(run, p, &sink, &source, error);
    if (status != ANEW_OK)
        return cli_whole_explain(&whole, status, error);
    p->enhanced = anew_seconds();
    return p->faces.mender != NULL ? cli_mend_draw(&p->mended, error) : ANEW_OK;
}

/* One frame after what the one before left, of which is told where it is the last. */
static anew_status run_frame(cli_run *run, picture *p, anew_error *error)
{
    int count = 0;
    anew_report_free(&p->report);
    cli_finish_free(&p->finish);
    p->finish = (cli_finish){0};
    ANEW_TRY(run_rows(run, p, error));
    if (p->faces.mender == NULL)
        return ANEW_OK;
    const anew_face_report *faces = anew_face_work_report(p->mended.work, &count);
    ANEW_TRY(cli_frames_keep_faces(&p->frames, faces, count, error));
    cli_mended_free(&p->mended);
    p->mended = (cli_mended){0};
    return ANEW_OK;
}

/* A still, or one frame after another as if it were one. */
static anew_status run_frames(cli_run *run, picture *p, anew_error *error)
{
    const anew_enhance_options enhance = p->enhance;
    bool there = true, repeated = false;
    if (p->frames.animation == NULL)
        return run_rows(run, p, error);
    for (;;) {
        ANEW_TRY(cli_frames_next(&p->frames, &there, error));
        if (!there)
            return ANEW_OK;
        p->enhance = enhance; /* the finishing tools change it */
        ANEW_TRY(cli_frames_is_repeated(&p->frames, &repeated, error));
        if (!repeated)
            ANEW_TRY(run_frame(run, p, error));
        ANEW_TRY(cli_frames_write(&p->frames, error));
    }
}

static anew_status commit(picture *p, anew_error *error)
{
    return p->frames.animation != NULL ? cli_frames_commit(&p->frames, error)
                                       : cli_written_commit(&p->out, error);
}

/* ---- what is told ------------------------------------------------------------------------------------- */

static void tell(cli_run *run, picture *p)
{
    const cli_options *o = run->options;
    const double now = anew_seconds();
    /* What was written meanwhile is no resizing. */
    p->report.resize_seconds -= p->report.resize_seconds > p->out.seconds ? p->out.seconds : 0;
    profile_facts facts = {.decode = p->decoded - p->started,
                           .encode = p->out.seconds + now - p->enhanced,
                           .total = now - p->started};
    cli_faces_done faces = {.options = &p->faces.options};
    const bool moves = p->frames.animation != NULL, mended = p->faces.mender != NULL;
    if (mended && moves) {
        faces.list = p->frames.faces;
        faces.count = p->frames.face_count;
        faces.options = NULL; /* numbers of faces are those of one frame */
    } else if (mended) {
        faces.list = anew_face_work_report(p->mended.work, &faces.count);
    }
    cli_event_done(&run->events, p->input->path, p->path, &p->in, &p->out.shape,
                   moves ? p->frames.facts.frames : 1, facts.total, mended ? &faces : NULL,
                   o->image.max_bytes > 0 ? &p->taken : NULL, cli_finish_report(&p->finish),
                   cli_repair_is_on(o) ? &p->finish.repaired : NULL);
    if (run->peak == 0 && (o->verbose || o->profile || o->profile_json))
        run->peak = profile_peak(&p->report);
    facts.peak = run->peak;
    if ((o->verbose || o->profile) && !o->json)
        profile_print(run->events.to, &p->report, &facts,
                      o->verbose ? PROFILE_STEPS : PROFILE_GROUPS);
    if (o->profile_json)
        profile_print_json(run->events.to, p->input->path, p->path, &p->in, &p->out.shape,
                           &p->report, &facts);
}

anew_status cli_one_picture(cli_run *run, size_t index, bool alone, anew_error *error)
{
    const cli_options *o = run->options;
    picture p = {.run = run,
                 .input = &run->inputs->list[index],
                 .enhance = o->enhance,
                 .out = {.options = o->image},
                 .started = anew_seconds()};
    bool skip = false;
    anew_status status = ANEW_OK;
    ANEW_TRY_GOTO(cli_choose_known_output(&p.path, &p.out.format, &skip, &p.entry, run->journal,
                                          p.input, o, run->model_scale, error),
                  out);
    if (skip) {
        cli_event_skipped(&run->events, p.input->path, p.path);
        goto out;
    }
    p.out.path = p.path;
    /* What somebody makes of that name while the picture is enlarged is not ours to replace either. */
    p.out.options.keep_existing = !o->force && !p.entry.ours;
    cli_batch_arrive(run->batch, &p.part);
    ANEW_TRY_GOTO(open_picture(&p, run, error), out);
    if (o->dry_run) {
        status = plan_one(run, &p, error);
        goto out;
    }
    if (p.input->folder != NULL)
        ANEW_TRY_GOTO(cli_make_folder(p.input->folder, error), out);
    /* The restorer of faces serves one picture at a time. */
    cli_batch_enter(run->batch, &p.part, (double)p.in.width * p.in.height,
                    alone || p.faces.mender != NULL, &p.enhance);
    cli_progress_begin(&p.progress, &run->events.screen, o, p.input->path, index + 1,
                       run->events.pictures,
                       (double)p.width * p.height * p.frames.facts.frames * 1e-6);
    ANEW_TRY_GOTO(run_frames(run, &p, error), out);
    cli_batch_leave(run->batch, &p.part);
    ANEW_TRY_GOTO(cli_journal_writing(run->journal, &p.entry, error), out);
    ANEW_TRY_GOTO(commit(&p, error), out);
    ANEW_TRY_GOTO(cli_journal_done(run->journal, &p.entry, p.path, error), out);
    cli_progress_end(&p.progress);
    tell(run, &p);
out:
    /* Not where it was given up, or is to be done again alone. */
    if (status != ANEW_OK && status != ANEW_ERROR_CANCELLED && (alone || !cli_wants_all(status)))
        cli_journal_failed(run->journal, &p.entry, error);
    cli_journal_forget(&p.entry);
    cli_batch_leave(run->batch, &p.part);
    cli_progress_end(&p.progress);
    cli_written_discard(&p.out);
    cli_frames_free(&p.frames);
    anew_image_reader_close(&p.reader);
    anew_report_free(&p.report);
    cli_mended_free(&p.mended);
    cli_face_wish_free(&p.faces);
    cli_finish_free(&p.finish);
    anew_free(p.path);
    return status;
}
