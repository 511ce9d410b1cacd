/* passes.c - the chain of passes: sizes, memory, progress, and who reads from whom. */
#include "pipeline/passes.h"

#include <math.h>
#include <stdio.h>

#include "core/machine_memory.h"
#include "core/memory.h"
#include "model/model.h"
#include "pipeline/plain.h"
#include "pipeline/pull.h"
#include "pipeline/setup.h"
#include "pipeline/share.h"

/* ---- which passes ---------------------------------------------------------------------------------------- */

static anew_status add(anew_pass_list *list, const anew_model *model, double strength, int width,
                       int height, anew_error *error)
{
    if (list->count == ANEW_MOST_PASSES)
        return anew_fail(error, ANEW_ERROR_LIMIT, "%dx%d pixels would take more than %d passes",
                         width, height, ANEW_MOST_PASSES);
    list->passes[list->count++] = (anew_pass){model, strength, width, height};
    return ANEW_OK;
}

/* An enlargement that exceeds the model's by less than this is rounding. */
#define SCALE_SLACK 1.01

/* The passes that bring a picture of this size to the result's: one without the network, where resampling twice would only
 * blur. */
static anew_status add_upscale(anew_pass_list *list, const anew_pass_wish *wish, int width,
                               int height, int out_width, int out_height, anew_error *error)
{
    const int scale = wish->strength > 0 ? anew_model_scale(wish->upscale) : 1;
    for (int passes = 1; scale > 1 && (wish->most == 0 || passes < wish->most); passes++) {
        const double x = (double)out_width / width, y = (double)out_height / height;
        if (x <= scale * SCALE_SLACK && y <= scale * SCALE_SLACK)
            break;
        /* By the model's own scale, but not beyond the result. */
        width = (double)width * scale < out_width ? width * scale : out_width;
        height = (double)height * scale < out_height ? height * scale : out_height;
        ANEW_TRY(add(list, wish->upscale, wish->strength, width, height, error));
    }
    return add(list, wish->upscale, wish->strength, out_width, out_height, error);
}

static int shrunk(int side, double factor)
{
    const double size = round(side / factor);
    return size < 1 ? 1 : (int)size;
}

anew_status anew_passes_plan(anew_pass_list *list, const anew_pass_wish *wish, int in_width,
                             int in_height, int out_width, int out_height, anew_error *error)
{
    int width = in_width, height = in_height;
    *list = (anew_pass_list){.count = 0};
    if (wish->shrink_first > 1) {
        width = shrunk(width, wish->shrink_first);
        height = shrunk(height, wish->shrink_first);
        if (width != in_width || height != in_height)
            ANEW_TRY(add(list, NULL, 0, width, height, error));
    }
    if (wish->restore != NULL && !wish->upscale_first)
        ANEW_TRY(add(list, wish->restore, wish->restore_strength, width, height, error));
    ANEW_TRY(add_upscale(list, wish, width, height, out_width, out_height, error));
    if (wish->restore != NULL && wish->upscale_first)
        ANEW_TRY(add(list, wish->restore, wish->restore_strength, out_width, out_height, error));
    return ANEW_OK;
}

static bool has_network(const anew_pass *pass)
{
    return pass->model != NULL && pass->strength > 0;
}

/* ---- their memory ----------------------------------------------------------------------------------------- */

/* The picture that pass `index` reads: its samples are floats but for the first. */
static anew_image input_of(const anew_pass_list *list, int index, const anew_image *shape)
{
    anew_image in = *shape;
    in.pixels = NULL;
    if (index > 0) {
        in.width = list->passes[index - 1].width;
        in.height = list->passes[index - 1].height;
        in.depth = 32;
    }
    return in;
}

/* Packed weights and file of the pass's model. */
static anew_status weights_of(size_t *bytes, const anew_pass_list *list, int index,
                              const anew_image *shape, const anew_enhance_options *options,
                              anew_error *error)
{
    const anew_image in = input_of(list, index, shape);
    anew_enhance_options own = *options;
    anew_setup setup;
    own.width = list->passes[index].width;
    own.height = list->passes[index].height;
    const anew_status status = anew_setup_create(&setup, list->passes[index].model, in.width,
                                                 in.height, in.channels, &own, error);
    if (status == ANEW_OK)
        *bytes = anew_size_add(setup.prepared->weights->bytes,
                               anew_model_bytes(list->passes[index].model));
    anew_setup_free(&setup);
    return status;
}

static bool is_first_of_its_model(const anew_pass_list *list, int index)
{
    for (int i = 0; i < index; i++)
        if (has_network(&list->passes[i]) && list->passes[i].model == list->passes[index].model)
            return false;
    return true;
}

anew_status anew_pass_options(anew_enhance_options *of_pass, const anew_pass_list *list, int index,
                              const anew_image *shape, const anew_enhance_options *options,
                              anew_error *error)
{
    size_t own = 0, shared = 0; /* weights: of this pass, of all */
    double widths = 0, width = 0;
    int networks = 0;
    *of_pass = *options;
    of_pass->width = list->passes[index].width;
    of_pass->height = list->passes[index].height;
    for (int i = 0; i < list->count; i++)
        networks += has_network(&list->passes[i]);
    if (networks <= 1) /* its run knows how to share */
        return ANEW_OK;
    for (int i = 0; i < list->count; i++) {
        size_t bytes = 0;
        if (!has_network(&list->passes[i]))
            continue;
        ANEW_TRY(weights_of(&bytes, list, i, shape, options, error));
        shared = is_first_of_its_model(list, i) ? anew_size_add(shared, bytes) : shared;
        own = i == index ? bytes : own;
        widths += input_of(list, i, shape).width;
        width = i == index ? input_of(list, i, shape).width : width;
    }
    const size_t all = options->memory > 0 ? options->memory : anew_default_memory();
    const double part =
        options->memory_parts > 1 ? (double)options->memory_part / options->memory_parts : 1;
    const double rest = all > shared ? (double)(all - shared) * part : 0;
    of_pass->memory = anew_size_add(own, (size_t)(rest * width / widths));
    of_pass->memory_part = of_pass->memory_parts = 0;
    return ANEW_OK;
}

/* ---- the run ----------------------------------------------------------------------------------------------- */

typedef struct chain chain;

/* A pass of a run. */
typedef struct link {
    chain *all;
    int index;
    anew_image in, out; /* shapes */
    anew_enhance_options options;
    double work, done; /* floating-point operations; share that is done */
    anew_pull *before; /* what it reads from; NULL: the picture */
    anew_report report;
} link;

struct chain {
    const anew_pass_list *list;
    const anew_row_source *source;
    const anew_enhance_options *options;
    double work;
    bool told_all, reported;
    link links[ANEW_MOST_PASSES];
};

#define PROGRESS_PARTS 1000000

/* One of the passes has done some more; passes take turns, so that only one tells at a time. */
static bool tell(void *context, int64_t done, int64_t total)
{
    link *l = context;
    chain *c = l->all;
    double sum = 0;
    l->done = total > 0 ? (double)done / (double)total : 1;
    for (int i = 0; i < c->list->count; i++)
        sum += c->links[i].work * c->links[i].done;
    const int64_t parts = (int64_t)(PROGRESS_PARTS * (sum / c->work));
    const int64_t told = parts < PROGRESS_PARTS ? parts : PROGRESS_PARTS;
    c->told_all = told == PROGRESS_PARTS;
    return c->options->progress == NULL ||
           c->options->progress(c->options->progress_context, told, PROGRESS_PARTS);
}

static anew_status run_shared(link *l, const anew_row_sink *sink, const anew_row_source *source,
                              anew_report *report, anew_error *error)
{
    const anew_pass *pass = &l->all->list->passes[l->index];
    anew_enhance_options options = l->options;
    anew_share *share = NULL;
    anew_status status = ANEW_OK;
    options.depth = 32;
    ANEW_TRY(anew_share_create(&share, pass->strength, &l->in, source, &l->out, sink, &l->options,
                               error));
    const anew_row_source shared_source = anew_share_source(share);
    const anew_row_sink shared_sink = anew_share_sink(share);
    status = anew_enhance_rows(&shared_sink, &shared_source, &l->in, pass->model, &options, report,
                               error);
    anew_share_free(&share);
    return status;
}

/* An anew_pull_run. */
static anew_status run_pass(void *context, const anew_row_sink *sink, anew_error *error)
{
    link *l = context;
    const anew_pass *pass = &l->all->list->passes[l->index];
    const anew_row_source source =
        l->before != NULL ? anew_pull_source(l->before) : *l->all->source;
    anew_report *report = l->all->reported ? &l->report : NULL;
    if (!has_network(pass))
        return anew_plain_rows(sink, &source, &l->in, pass->width, pass->height, &l->options,
                               error);
    if (pass->strength < 1)
        return run_shared(l, sink, &source, report, error);
    return anew_enhance_rows(sink, &source, &l->in, pass->model, &l->options, report, error);
}

static anew_status create(chain *c, const anew_image *shape, anew_error *error)
{
    const anew_enhance_options *options = c->options;
    for (int i = 0; i < c->list->count; i++) {
        const anew_pass *pass = &c->list->passes[i];
        const bool last = i == c->list->count - 1;
        link *l = &c->links[i];
        anew_model_facts facts = {.flops_per_pixel = 100}; /* without a network */
        l->all = c;
        l->index = i;
        l->in = input_of(c->list, i, shape);
        l->out = (anew_image){pass->width, pass->height, shape->channels,
                              !last                ? 32
                              : options->depth > 0 ? options->depth
                                                   : shape->depth,
                              NULL};
        ANEW_TRY(anew_pass_options(&l->options, c->list, i, shape, options, error));
        l->options.depth = l->out.depth;
        l->options.progress = tell;
        l->options.progress_context = l;
        if (has_network(pass))
            ANEW_TRY(anew_model_facts_of(&facts, pass->model, error));
        l->work = facts.flops_per_pixel * l->in.width * l->in.height;
        c->work += l->work;
        if (i > 0)
            ANEW_TRY(anew_pull_create(&l->before, run_pass, l - 1, &c->links[i - 1].out, error));
    }
    return ANEW_OK;
}

/* Adds a pass's report to the sum; `waited` are seconds that it spent waiting for the pass before. */
static anew_status add_report(anew_report *sum, const anew_report *pass, int number, double waited,
                              anew_error *error)
{
    anew_step_time *steps =
        anew_grow(sum->steps, &sum->step_capacity,
                  (size_t)sum->step_count + (size_t)pass->step_count, sizeof *sum->steps);
    if (steps == NULL && pass->step_count > 0)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory for a report");
    sum->steps = steps;
    for (int i = 0; i < pass->step_count; i++) {
        anew_step_time *to = &sum->steps[sum->step_count++];
        *to = pass->steps[i];
        (void)snprintf(to->name, sizeof to->name, "%d: %.80s", number, pass->steps[i].name);
    }
    sum->network_seconds += pass->network_seconds - waited;
    sum->prepare_seconds += pass->prepare_seconds;
    sum->resize_seconds += pass->resize_seconds;
    sum->flops += pass->flops;
    sum->strips = pass->strips > sum->strips ? pass->strips : sum->strips;
    sum->bands += pass->bands;
    sum->arena_bytes += pass->arena_bytes;
    sum->threads = pass->threads > 0 ? pass->threads : sum->threads;
    sum->cpu = pass->cpu != NULL ? pass->cpu : sum->cpu;
    return ANEW_OK;
}

anew_status anew_passes_rows(const anew_row_sink *sink, const anew_row_source *source,
                             const anew_image *shape, const anew_pass_list *list,
                             const anew_enhance_options *options, anew_report *report,
                             anew_error *error)
{
    anew_status status = ANEW_OK;
    double waited[ANEW_MOST_PASSES] = {0};
    if (list->count < 1 || list->count > ANEW_MOST_PASSES)
        return anew_fail(error, ANEW_ERROR_ARGUMENT, "a run of %d passes", list->count);
    if (list->count == 1 && list->passes[0].strength >= 1 && list->passes[0].model != NULL) {
        anew_enhance_options only = *options;
        only.width = list->passes[0].width;
        only.height = list->passes[0].height;
        return anew_enhance_rows(sink, source, shape, list->passes[0].model, &only, report, error);
    }
    chain c = {.list = list, .source = source, .options = options, .reported = report != NULL};
    ANEW_TRY_GOTO(create(&c, shape, error), out);
    status = run_pass(&c.links[list->count - 1], sink, error);
out:
    /* The last one first: it reads from those before. */
    for (int i = list->count - 1; i >= 0; i--) {
        waited[i] = c.links[i].before != NULL ? anew_pull_seconds(c.links[i].before) : 0;
        anew_pull_close(&c.links[i].before);
        c.links[i].done = 1;
    }
    for (int i = 0; i < list->count; i++) {
        if (status == ANEW_OK && report != NULL)
            status = add_report(report, &c.links[i].report, i + 1,
                                has_network(&list->passes[i]) ? waited[i] : 0, error);
        anew_report_free(&c.links[i].report);
    }
    if (status == ANEW_OK && !c.told_all && options->progress != NULL &&
        !options->progress(options->progress_context, PROGRESS_PARTS, PROGRESS_PARTS))
        status = anew_fail(error, ANEW_ERROR_CANCELLED, "cancelled");
    return status;
}
