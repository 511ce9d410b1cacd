/*
 * exec_cpu.c - runs a plan's steps, one after the other, the rows of each shared out to the workers.
 *
 * A worker sees one output row at a time. For a convolution it collects pointers to the source rows:
 * straight into the arena, to the shared row of zeros above and below the picture, or to a row of its
 * own scratch where the source is looked at through a view (nearest enlargement, the planar picture);
 * such a row is made once and kept while the output rows that need it pass by. The kernel runs over
 * pieces of the row that fit the cache. A step that writes the planar output does so from scratch.
 */
#include <string.h>

#include "core/memory.h"
#include "core/parallel.h"
#include "exec/exec.h"
#include "exec/exec_rows.h"

/* Output pixels of one kernel call: source rows and weights of that many stay in a 1 MB second-level
 * cache, and it is a multiple of the kernels' tiles (6, 14). */
#define PIECE_PIXELS 126

/* Rows handed to a worker at a time; a compromise between the shared rows of a view (more is better)
 * and an even share (less is better). */
#define ROWS_AT_A_TIME 8

struct anew_executor {
    int threads;
    float *arena;
    size_t arena_floats;
    float *zeros;
    size_t zero_floats;
    float *scratch; /* [threads][scratch_floats] */
    size_t scratch_floats;
    float **pointers; /* [threads][scratch_pointers] */
    size_t scratch_pointers;
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
    anew_free(e->zeros);
    anew_free(e->scratch);
    anew_free(e->pointers);
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

size_t anew_execute_bytes(const anew_plan *plan, int threads)
{
    const size_t each = anew_size_add(anew_size_mul(plan->scratch_floats, sizeof(float)),
                                      anew_size_mul(plan->scratch_pointers, sizeof(float *)));
    const size_t shared =
        anew_size_mul(anew_size_add(plan->arena_floats, plan->zero_floats), sizeof(float));
    return anew_size_add(shared, anew_size_mul(each, (size_t)threads));
}

/* Makes the executor's memory at least as large as the plan needs. */
static anew_status reserve(anew_executor *e, const anew_plan *plan, anew_error *error)
{
    if (e->arena_floats >= plan->arena_floats && e->zero_floats >= plan->zero_floats &&
        e->scratch_floats >= plan->scratch_floats &&
        e->scratch_pointers >= plan->scratch_pointers && e->arena != NULL)
        return ANEW_OK;
    release(e);
    const size_t workers = (size_t)e->threads;
    const size_t row = anew_size_round_up(plan->scratch_floats, ANEW_BLOCK);
    e->arena = anew_alloc(anew_size_mul(plan->arena_floats, sizeof(float)));
    e->zeros = anew_alloc_zero(anew_size_mul(plan->zero_floats, sizeof(float)));
    e->scratch = anew_alloc(anew_size_mul(anew_size_mul(row, workers), sizeof(float)));
    e->pointers =
        anew_alloc(anew_size_mul(anew_size_mul(plan->scratch_pointers, workers), sizeof(float *)));
    if (e->arena == NULL || e->zeros == NULL || e->scratch == NULL || e->pointers == NULL) {
        release(e);
        return anew_fail(error, ANEW_ERROR_MEMORY,
                         "no memory for the activations of a %dx%d picture (%.0f MB)", plan->width,
                         plan->height, (double)anew_execute_bytes(plan, e->threads) / 1e6);
    }
    e->arena_floats = plan->arena_floats;
    e->zero_floats = plan->zero_floats;
    e->scratch_floats = row;
    e->scratch_pointers = plan->scratch_pointers;
    return ANEW_OK;
}

/* ---- one convolution ---------------------------------------------------------------------------- */

/* Where a worker keeps the rows that it made for one viewed operand. */
typedef struct view_cache {
    float *rows;  /* [slots][blocks][padded width][16] */
    int slots;    /* the kernel's height */
    int held[16]; /* [slots]: the source row in the slot, or -1 */
} view_cache;

typedef struct conv_worker {
    const anew_run *run;
    const anew_step *step;
    const anew_row_kernels *rows;
    view_cache views[ANEW_MAX_SOURCES];
    const float **sources; /* [source blocks][kernel rows] */
    float **destinations;  /* [out blocks] */
    const float **added;   /* [epilogues][out blocks] */
    float *output_row;     /* [out blocks][width][16], where the step writes the planar output */
} conv_worker;

/* Row `y` of a viewed operand, as blocks with the kernel's border; made unless the worker has it. */
static const float *viewed_row(conv_worker *w, int index, int y, int border)
{
    const anew_operand *operand = &w->step->operands[index];
    view_cache *view = &w->views[index];
    const int blocks = (operand->channels + ANEW_BLOCK - 1) / ANEW_BLOCK;
    const size_t row_floats = ((size_t)w->step->width + 2 * (size_t)border) * ANEW_BLOCK;
    const int slot = y % view->slots;
    float *row = view->rows + (size_t)slot * (size_t)blocks * row_floats;
    if (view->held[slot] == y)
        return row;
    view->held[slot] = y;
    float *blocks_of_row[ANEW_MAX_SOURCE_BLOCKS];
    for (int b = 0; b < blocks; b++) {
        blocks_of_row[b] = row + (size_t)b * row_floats + (size_t)border * ANEW_BLOCK;
        anew_clear_borders(blocks_of_row[b], w->step->width, border);
    }
    if (operand->value < 0) {
        const anew_picture *in = w->run->in;
        const int r = operand->unshuffle;
        const float *planes[ANEW_MAX_SOURCE_BLOCKS];
        for (int c = 0; c < in->channels; c++)
            for (int i = 0; i < r; i++)
                planes[c * r + i] =
                    in->data + (size_t)c * in->plane_stride + (size_t)(y * r + i) * in->row_stride;
        w->rows->planar_to_blocks(blocks_of_row, planes, in->channels, r, w->step->width);
    } else {
        for (int b = 0; b < blocks; b++)
            w->rows->upsample_nearest(
                blocks_of_row[b], anew_value_row(w->run, operand->value, b, y / operand->enlarge),
                w->step->width, operand->enlarge);
    }
    return row;
}

/* Pointers to all source rows of output row y. */
static void collect_sources(conv_worker *w, int y)
{
    const anew_step *step = w->step;
    const int kernel = step->packed->shape.kernel_height, border = kernel / 2;
    const size_t padded = ((size_t)step->width + 2 * (size_t)border) * ANEW_BLOCK;
    const float **next = w->sources;
    for (int k = 0; k < step->operand_count; k++) {
        const anew_operand *operand = &step->operands[k];
        const bool viewed = operand->value < 0 || operand->enlarge > 1;
        const int blocks = (operand->channels + ANEW_BLOCK - 1) / ANEW_BLOCK;
        for (int ky = 0; ky < kernel; ky++) {
            const int row = y + ky - border;
            const bool outside = row < 0 || row >= step->height;
            const float *made = viewed && !outside ? viewed_row(w, k, row, border) : NULL;
            for (int b = 0; b < blocks; b++) {
                const float *pointer = w->run->zeros + border * ANEW_BLOCK;
                if (made != NULL)
                    pointer = made + (size_t)b * padded + border * ANEW_BLOCK;
                else if (!outside)
                    pointer = anew_value_row(w->run, operand->value, b, row);
                next[b * kernel + ky] = pointer;
            }
        }
        next += blocks * kernel;
    }
}

/* Writes the finished row of blocks into the planar output, shuffled, with the picture added. */
static void write_output_row(conv_worker *w, int y)
{
    const anew_picture *in = w->run->in, *out = w->run->out;
    const int r = w->step->factor, factor = w->step->add_input;
    float *planes[ANEW_MAX_SOURCE_BLOCKS];
    const float *added[ANEW_MAX_SOURCE_BLOCKS];
    for (int c = 0; c < out->channels; c++) {
        for (int i = 0; i < r; i++) {
            planes[c * r + i] =
                out->data + (size_t)c * out->plane_stride + (size_t)(y * r + i) * out->row_stride;
            if (factor > 0)
                added[c * r + i] = in->data + (size_t)c * in->plane_stride +
                                   (size_t)((y * r + i) / factor) * in->row_stride;
        }
    }
    w->rows->blocks_to_planar(planes, (const float *const *)w->destinations, out->channels, r,
                              w->step->width, factor > 0 ? added : NULL, factor);
}

static void convolve_row(conv_worker *w, int y)
{
    const anew_step *step = w->step;
    const anew_conv_shape *shape = &step->packed->shape;
    const int out_blocks = (shape->out_channels + ANEW_BLOCK - 1) / ANEW_BLOCK;
    int channels[ANEW_MAX_SOURCE_BLOCKS], source_blocks = 0;
    for (int k = 0; k < step->operand_count; k++)
        for (int left = step->operands[k].channels; left > 0; left -= ANEW_BLOCK)
            channels[source_blocks++] = left < ANEW_BLOCK ? left : ANEW_BLOCK;
    collect_sources(w, y);

    anew_epilogue epilogue[ANEW_MAX_EPILOGUE];
    for (int i = 0; i < step->epilogue_count; i++) {
        const anew_step_epilogue *from = &step->epilogue[i];
        const float **rows = w->added + i * out_blocks;
        epilogue[i] = (anew_epilogue){from->kind, from->factor, from->slope, rows};
        for (int b = 0; from->kind == ANEW_EPILOGUE_ADD && b < out_blocks; b++)
            rows[b] = anew_value_row(w->run, from->value, b, y);
    }
    for (int b = 0; b < out_blocks; b++)
        w->destinations[b] = step->destination < 0
                                 ? w->output_row + (size_t)b * (size_t)step->width * ANEW_BLOCK
                                 : anew_value_row(w->run, step->destination, b, y);

    anew_conv_row row = {.sources = w->sources,
                         .source_channels = channels,
                         .source_blocks = source_blocks,
                         .destinations = w->destinations,
                         .out_blocks = out_blocks,
                         .weights = step->packed->weights,
                         .bias = step->packed->bias,
                         .kernel_height = shape->kernel_height,
                         .kernel_width = shape->kernel_width,
                         .stride = 1,
                         .dilation = 1,
                         .epilogue = epilogue,
                         .epilogue_count = step->epilogue_count};
    for (row.x0 = 0; row.x0 < step->width; row.x0 = row.x1) {
        /* A short rest joins the last piece, so that no piece is narrower than a tile needs. */
        row.x1 = step->width - row.x0 < 2 * PIECE_PIXELS ? step->width : row.x0 + PIECE_PIXELS;
        step->packed->kernel->run(&row);
    }
    if (step->destination < 0) {
        write_output_row(w, y);
        return;
    }
    for (int b = 0; b < out_blocks; b++)
        anew_clear_borders(w->destinations[b], step->width,
                           w->run->plan->values[step->destination].border);
}

void anew_convolve_rows(void *context, int first, int last, int worker)
{
    const anew_run *run = context;
    const anew_step *step = run->step;
    const anew_conv_shape *shape = &step->packed->shape;
    const int kernel = shape->kernel_height;
    const size_t padded = (size_t)step->width + 2 * (size_t)(kernel / 2);
    float *scratch = run->scratch + (size_t)worker * run->scratch_floats;
    float **pointers = run->pointers + (size_t)worker * run->scratch_pointers;
    conv_worker w = {.run = run, .step = step, .rows = run->rows};
    int source_blocks = 0;
    for (int k = 0; k < step->operand_count; k++) {
        const anew_operand *operand = &step->operands[k];
        const int blocks = (operand->channels + ANEW_BLOCK - 1) / ANEW_BLOCK;
        source_blocks += blocks;
        if (operand->value >= 0 && operand->enlarge == 1)
            continue;
        w.views[k].rows = scratch;
        w.views[k].slots = kernel;
        memset(w.views[k].held, -1, sizeof w.views[k].held);
        scratch += (size_t)kernel * (size_t)blocks * padded * ANEW_BLOCK;
    }
    const int out_blocks = (shape->out_channels + ANEW_BLOCK - 1) / ANEW_BLOCK;
    w.output_row = scratch;
    w.sources = (const float **)pointers;
    w.destinations = pointers + source_blocks * kernel;
    w.added = (const float **)(w.destinations + out_blocks);
    for (int y = first; y < last; y++)
        convolve_row(&w, y);
}

/* ---- all steps ---------------------------------------------------------------------------------- */

/* Adds the step's time to its row of the report; rows are in step order. */
static anew_status note_time(anew_report *report, const anew_plan *plan, int index, double seconds,
                             anew_error *error)
{
    const anew_step *step = &plan->steps[index];
    if (index >= report->step_count) {
        anew_step_time *rows = anew_grow(report->steps, &report->step_capacity, (size_t)index + 1,
                                         sizeof(anew_step_time));
        if (rows == NULL)
            return anew_fail(error, ANEW_ERROR_MEMORY, "no memory for the report");
        report->steps = rows;
        report->step_count = index + 1;
        rows[index] = (anew_step_time){.height = step->height, .width = step->width};
        anew_step_describe(rows[index].name, sizeof rows[index].name, rows[index].kernel,
                           sizeof rows[index].kernel, plan, step);
    }
    report->steps[index].seconds += seconds;
    report->steps[index].flops += step->flops;
    return ANEW_OK;
}

anew_status anew_execute(anew_executor *executor, const anew_plan *plan, const anew_picture *in,
                         const anew_picture *out, anew_report *report, anew_error *error)
{
    ANEW_TRY(reserve(executor, plan, error));
    anew_run run = {.plan = plan,
                    .rows = anew_row_kernels_for(plan->weights->isa),
                    .in = in,
                    .out = out,
                    .arena = executor->arena,
                    .zeros = executor->zeros,
                    .scratch = executor->scratch,
                    .scratch_floats = executor->scratch_floats,
                    .pointers = executor->pointers,
                    .scratch_pointers = executor->scratch_pointers};
    const double started = anew_seconds();
    for (int i = 0; i < plan->step_count; i++) {
        const double before = report == NULL ? 0 : anew_seconds();
        run.step = &plan->steps[i];
        const bool conv = run.step->kind == ANEW_STEP_CONV;
        const int rows = run.step->kind == ANEW_STEP_SHUFFLE ? run.step->height / run.step->factor
                                                             : run.step->height;
        anew_parallel_for(executor->threads, rows, ROWS_AT_A_TIME,
                          conv ? anew_convolve_rows : anew_rearrange_rows, &run);
        if (report != NULL)
            ANEW_TRY(note_time(report, plan, i, anew_seconds() - before, error));
    }
    if (report != NULL) {
        report->network_seconds += anew_seconds() - started;
        report->flops += plan->flops;
        const size_t bytes = anew_execute_bytes(plan, executor->threads);
        if (report->arena_bytes < bytes)
            report->arena_bytes = bytes;
    }
    return ANEW_OK;
}
