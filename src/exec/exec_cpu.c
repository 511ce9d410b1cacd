/*
 * exec_cpu.c - runs a plan: band by band, in each band step by step, the rows of each step shared out to
 * the workers (core/parallel.h). The rows themselves are computed in exec_conv.c and exec_rearrange.c; those of
 * the picture are fetched from the caller, and those of the output delivered to it (exec.h).
 */
#include <string.h>

#include "core/memory.h"
#include "core/parallel.h"
#include "exec/exec.h"
#include "exec/exec_rows.h"

/* Rows handed to a worker at a time; a compromise between the shared rows of a view (more is better)
 * and an even share (less is better). */
#define ROWS_AT_A_TIME 8

struct anew_executor {
    int threads;
    float *arena;
    size_t arena_floats;
    float *planes; /* the rings of the picture and of the output */
    size_t plane_floats;
    float *zeros;
    size_t zero_floats;
    float *whole; /* [plan->whole_floats] */
    size_t whole_floats;
    float *scratch; /* [threads][scratch_floats] */
    size_t scratch_floats;
    float **pointers; /* [threads][scratch_pointers] */
    size_t scratch_pointers;
    anew_progress progress; /* [step_count] */
    int step_count;
    anew_row_map rows; /* [held_count], [free_count], [value_count] */
    size_t held_count, free_count;
    int value_count;
};

/* ---- memory ------------------------------------------------------------------------------------- */

anew_status anew_executor_create(anew_executor **executor, int threads, anew_error *error)
{
    anew_executor *e = anew_alloc_zero(sizeof *e);
    if (e == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory for the executor");
    e->threads = threads < 1 ? 1 : threads > ANEW_MAX_THREADS ? ANEW_MAX_THREADS : threads;
    *executor = e;
    return ANEW_OK;
}

static void release(anew_executor *e)
{
    anew_free(e->arena);
    anew_free(e->planes);
    anew_free(e->zeros);
    anew_free(e->whole);
    anew_free(e->scratch);
    anew_free(e->pointers);
    anew_free(e->progress.done);
    anew_free(e->progress.next);
    anew_free(e->rows.held);
    anew_free(e->rows.free);
    anew_free(e->rows.low);
    *e = (anew_executor){.threads = e->threads};
}

void anew_executor_free(anew_executor **executor)
{
    if (*executor == NULL)
        return;
    release(*executor);
    anew_free(*executor);
    *executor = NULL;
}

static size_t plane_floats(const anew_plan *plan)
{
    return anew_size_add(plan->input_floats, plan->output_floats);
}

/* A worker's pointers, in cache lines that no other worker writes to. */
static size_t row_pointers(const anew_plan *plan)
{
    return anew_size_round_up(plan->scratch_pointers, ANEW_ALIGNMENT / sizeof(float *));
}

size_t anew_execute_bytes(const anew_plan *plan, int threads)
{
    const size_t row = anew_size_round_up(plan->scratch_floats, ANEW_BLOCK);
    const size_t each = anew_size_add(anew_size_mul(row, sizeof(float)),
                                      anew_size_mul(row_pointers(plan), sizeof(float *)));
    const size_t shared = anew_size_mul(
        anew_size_add(anew_size_add(plan->arena_floats, plan->zero_floats + plan->whole_floats),
                      plane_floats(plan)),
        sizeof(float));
    const size_t numbers = (2 * (size_t)plan->step_count + (size_t)plan->value_count) * sizeof(int);
    const size_t rows =
        anew_size_mul(anew_size_add(plan->held_count, plan->free_count), sizeof(size_t));
    return anew_size_add(anew_size_add(shared, anew_size_add(numbers, rows)),
                         anew_size_mul(each, (size_t)threads));
}

anew_status anew_executor_reserve(anew_executor *e, const anew_plan *plan, anew_error *error)
{
    if (e->arena_floats >= plan->arena_floats && e->plane_floats >= plane_floats(plan) &&
        e->zero_floats >= plan->zero_floats && e->scratch_floats >= plan->scratch_floats &&
        e->scratch_pointers >= plan->scratch_pointers && e->step_count >= plan->step_count &&
        e->held_count >= plan->held_count && e->free_count >= plan->free_count &&
        e->value_count >= plan->value_count && e->whole_floats >= plan->whole_floats &&
        e->arena != NULL)
        return ANEW_OK;
    release(e);
    const size_t workers = (size_t)e->threads, steps = (size_t)plan->step_count;
    const size_t row = anew_size_round_up(plan->scratch_floats, ANEW_BLOCK);
    e->arena = anew_alloc(anew_size_mul(plan->arena_floats, sizeof(float)));
    e->planes = anew_alloc(anew_size_mul(plane_floats(plan), sizeof(float)));
    e->zeros = anew_alloc_zero(anew_size_mul(plan->zero_floats, sizeof(float)));
    e->whole = anew_alloc(anew_size_mul(plan->whole_floats + 1, sizeof(float)));
    e->scratch = anew_alloc(anew_size_mul(anew_size_mul(row, workers), sizeof(float)));
    e->pointers =
        anew_alloc(anew_size_mul(anew_size_mul(row_pointers(plan), workers), sizeof(float *)));
    e->progress.done = anew_alloc(anew_size_mul(steps, sizeof(int)));
    e->progress.next = anew_alloc(anew_size_mul(steps, sizeof(int)));
    e->rows.held = anew_alloc(anew_size_mul(plan->held_count, sizeof(size_t)));
    e->rows.free = anew_alloc(anew_size_mul(plan->free_count, sizeof(size_t)));
    e->rows.low = anew_alloc(anew_size_mul((size_t)plan->value_count, sizeof(int)));
    if (e->rows.held == NULL || e->rows.free == NULL || e->rows.low == NULL || e->arena == NULL ||
        e->planes == NULL || e->zeros == NULL || e->whole == NULL || e->scratch == NULL ||
        e->pointers == NULL || e->progress.done == NULL || e->progress.next == NULL) {
        release(e);
        return anew_fail(error, ANEW_ERROR_MEMORY,
                         "no memory for the activations of a %dx%d picture (%.0f MB)", plan->width,
                         plan->height, (double)anew_execute_bytes(plan, e->threads) / 1e6);
    }
    e->arena_floats = plan->arena_floats;
    e->plane_floats = plane_floats(plan);
    e->zero_floats = plan->zero_floats;
    e->whole_floats = plan->whole_floats;
    e->scratch_floats = row;
    e->scratch_pointers = row_pointers(plan);
    e->step_count = plan->step_count;
    e->held_count = plan->held_count;
    e->free_count = plan->free_count;
    e->value_count = plan->value_count;
    return ANEW_OK;
}

/* ---- running -------------------------------------------------------------------------------------- */

/* A row of the report for every step, in their order: a step's first rows may be computed bands after those of a later
 * one. */
static anew_status describe_steps(anew_report *report, const anew_plan *plan, anew_error *error)
{
    if (report->step_count >= plan->step_count)
        return ANEW_OK; /* by an earlier strip */
    anew_step_time *rows = anew_grow(report->steps, &report->step_capacity,
                                     (size_t)plan->step_count, sizeof(anew_step_time));
    if (rows == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory for the report");
    report->steps = rows;
    for (; report->step_count < plan->step_count; report->step_count++) {
        const anew_step *step = &plan->steps[report->step_count];
        anew_step_time *row = &rows[report->step_count];
        *row = (anew_step_time){.height = step->height, .width = step->width * step->shuffle};
        anew_step_channels(&row->in_channels, &row->out_channels, plan, step);
        anew_step_describe(row->name, sizeof row->name, row->kernel, sizeof row->kernel, plan,
                           step);
    }
    return ANEW_OK;
}

/* Adds the time of some rows of a step to its row of the report. */
static void note_time(anew_step_time *row, const anew_plan *plan, const anew_step *step,
                      double seconds, int rows)
{
    row->seconds += seconds;
    row->flops += step->flops * rows / step->height;
    row->bytes += anew_step_bytes(plan, step, rows);
}

/* One step's rows of this band, shared out to the workers. */
static void run_step(anew_run *run, int threads)
{
    const anew_step *step = run->step;
    const bool conv = step->kind == ANEW_STEP_CONV;
    if (anew_step_is_whole(step)) {
        anew_run_whole(run, threads);
        return;
    }
    const bool windows = step->kind == ANEW_STEP_WINDOWS;
    const int groups = anew_step_group(step, run->last - 1) - anew_step_group(step, run->first) + 1;
    /* Fewer groups than would keep the workers busy: their pixels are shared out, too. */
    const int wanted = threads > 1 ? (4 * threads + groups - 1) / groups : 1;
    const int most_parts = conv ? anew_convolve_parts(step) : windows ? anew_window_parts(run) : 1;
    run->parts = wanted < most_parts ? wanted : most_parts;
    /* Neighbouring rows share the rows of a view: many at a time, but some for every worker. */
    const int items = groups * run->parts, share = items / (2 * threads);
    const int most = (ROWS_AT_A_TIME + step->unit - 1) / step->unit;
    anew_parallel_for(threads, items,
                      share < 1      ? 1
                      : share > most ? most
                                     : share,
                      conv      ? anew_convolve_rows
                      : windows ? anew_window_rows
                                : anew_rearrange_rows,
                      run);
}

static anew_status fetch_rows(anew_run *run, const anew_stream *stream, int first, int last,
                              anew_error *error)
{
    const int channels = anew_graph_node(run->plan->graph, 0)->channels;
    for (int y = first; y < last; y++) {
        float *planes[ANEW_MAX_SOURCE_BLOCKS];
        for (int c = 0; c < channels; c++)
            planes[c] = anew_input_row(run, c, y);
        ANEW_TRY(stream->fetch(stream->context, y, planes, error));
    }
    return ANEW_OK;
}

/* What this band brought. */
static anew_status deliver_rows(const anew_run *run, const anew_progress *progress,
                                const anew_stream *stream, anew_error *error)
{
    const anew_plan *plan = run->plan;
    for (int i = 0; i < plan->output_count; i++) {
        const anew_plan_output *output = &plan->outputs[i];
        const int factor = anew_step_output_factor(&plan->steps[output->step]);
        const int first = progress->done[output->step] * factor;
        const anew_picture rows = {run->outputs + output->offset,
                                   output->channels,
                                   progress->next[output->step] * factor - first,
                                   output->width,
                                   (size_t)output->rows * (size_t)output->width,
                                   (size_t)output->width};
        if (plan->output_count == 1)
            ANEW_TRY(stream->deliver(stream->context, first, &rows, error));
        else if (rows.height > 0)
            ANEW_TRY(stream->deliver_part(stream->context, i, first, &rows, error));
    }
    return ANEW_OK;
}

typedef struct execution {
    anew_executor *executor;
    const anew_plan *plan;
    const anew_stream *stream;
    anew_report *report;
    anew_error *error;
    anew_status status;
} execution;

static anew_status run_bands(anew_executor *executor, const anew_plan *plan,
                             const anew_stream *stream, anew_report *report, anew_error *error)
{
    anew_progress *progress = &executor->progress;
    memset(progress->done, 0, (size_t)plan->step_count * sizeof(int));
    memset(progress->next, 0, (size_t)plan->step_count * sizeof(int));
    progress->fetched = progress->fetch_next = 0;
    anew_run run = {.plan = plan,
                    .rows = anew_row_kernels_for(plan->weights->isa),
                    .input = executor->planes,
                    .outputs = executor->planes + plan->input_floats,
                    .arena = executor->arena,
                    .held = executor->rows.held,
                    .zeros = executor->zeros,
                    .wholes = anew_whole_kernels_for(plan->weights->isa),
                    .whole = executor->whole,
                    .scratch = executor->scratch,
                    .scratch_floats = executor->scratch_floats,
                    .pointers = executor->pointers,
                    .scratch_pointers = executor->scratch_pointers};
    anew_rows_begin(plan, &executor->rows);
    if (report != NULL)
        ANEW_TRY(describe_steps(report, plan, error));
    while (anew_bands_next(plan, progress)) {
        const double started = anew_seconds();
        ANEW_TRY(fetch_rows(&run, stream, progress->fetched, progress->fetch_next, error));
        for (int i = 0; i < plan->step_count; i++) {
            const double before = report == NULL ? 0 : anew_seconds();
            run.step = &plan->steps[i];
            run.first = progress->done[i];
            run.last = progress->next[i];
            run.to = run.step->destination < 0 ? &plan->outputs[run.step->output] : NULL;
            run.output_first = run.first * anew_step_output_factor(run.step);
            if (run.first == run.last)
                continue;
            anew_rows_take(plan, &executor->rows, progress, i);
            run_step(&run, executor->threads);
            anew_rows_release(plan, &executor->rows, progress, i);
            if (report != NULL)
                note_time(&report->steps[i], plan, run.step, anew_seconds() - before,
                          run.last - run.first);
        }
        if (report != NULL) {
            report->network_seconds += anew_seconds() - started;
            report->bands++;
        }
        ANEW_TRY(deliver_rows(&run, progress, stream, error));
    }
    if (report != NULL) {
        report->flops += plan->flops;
        const size_t bytes = anew_execute_bytes(plan, executor->threads);
        if (report->arena_bytes < bytes)
            report->arena_bytes = bytes;
    }
    return ANEW_OK;
}

static void run_execution(void *context)
{
    execution *e = context;
    e->status = run_bands(e->executor, e->plan, e->stream, e->report, e->error);
}

anew_status anew_execute(anew_executor *executor, const anew_plan *plan, const anew_stream *stream,
                         anew_report *report, anew_error *error)
{
    ANEW_TRY(anew_executor_reserve(executor, plan, error));
    execution e = {executor, plan, stream, report, error, ANEW_OK};
    anew_team_run(executor->threads, run_execution, &e);
    return e.status;
}
