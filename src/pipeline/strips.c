/* strips.c - the way of the rows: picture, network, exact size, result. */
#include "pipeline/strips.h"

#include "core/memory.h"
#include "core/parallel.h"
#include "image/bleed.h"
#include "image/transfer.h"

typedef struct strip_run {
    const anew_strip_job *job;
    anew_strip strip;
    anew_resizer *resizer;
    int read;            /* rows taken from job->next_row */
    int planes;          /* of the network's result: 3, or 1 where the picture is gray */
    bool level;          /* the network has one plane more, of the noise's level */
    anew_plan *plan;     /* of the strip before, where the layout has none of its width */
    double seconds;      /* spent behind the network */
    int64_t done, total; /* pixels of the input, with what is computed twice */
} strip_run;

/* ---- in ---------------------------------------------------------------------------------------------- */

/* Continued by the edge, or mirrored without repeating it; a picture smaller than its continuation folds more than once. */
static int continued(int index, int size, bool repeats)
{
    if (repeats)
        return index < 0 ? 0 : index < size ? index : size - 1;
    if (size == 1)
        return 0;
    if (index < 0)
        index = -index;
    while (index >= size)
        index = index < 2 * size - 1 ? 2 * size - 2 - index : index - (2 * size - 2);
    return index;
}

/* Takes rows from the source up to row y; afterwards it is in its place among the kept ones. */
static anew_status take_rows(strip_run *run, int y, anew_error *error)
{
    const anew_strip_job *job = run->job;
    const size_t row_bytes =
        (size_t)job->in->width * (size_t)job->in->channels * (size_t)(job->in->depth / 8);
    for (; run->read <= y; run->read++)
        ANEW_TRY(job->next_row(
            job->source, (uint8_t *)job->in->pixels + (size_t)(run->read % job->kept) * row_bytes,
            error));
    return ANEW_OK;
}

static anew_status fetch(void *context, int y, float *const *planes, anew_error *error)
{
    strip_run *run = context;
    const anew_image *in = run->job->in;
    const int margin = run->job->geometry->margin;
    const bool repeats = run->job->geometry->repeats;
    const int first = run->strip.in_first - margin,
              width = run->strip.in_last - run->strip.in_first;
    /* Of the strip's columns those from `left` to `inside` are the picture's. */
    const int left = first < 0 ? (-first < width ? -first : width) : 0;
    int inside = first + width <= in->width ? width : in->width - first;
    int row = continued(y - margin, run->job->geometry->height, repeats);
    inside = inside < left ? left : inside;
    if (run->job->next_row != NULL) {
        ANEW_TRY(take_rows(run, row, error));
        row %= run->job->kept;
    }
    const bool alpha = in->channels == 2 || in->channels == 4;
    /* A gray picture's plane is written three times for the bleeding. */
    const int colours = run->planes > 1 ? 3 : 1, green = colours > 1 ? 1 : 0, blue = 2 * green;
    float *const middle[3] = {planes[0] + left, planes[green] + left, planes[blue] + left};
    for (int c = 0; c < colours; c++)
        anew_row_from_image_by(run->job->kernels, middle[c], in, in->channels >= 3 ? c : 0, row,
                               first + left, inside - left);
    if (alpha)
        anew_bleed_row(middle, in, row, first + left, inside - left);
    for (int x = 0; run->level && x < width; x++)
        planes[run->planes][x] = (float)(run->job->options->noise_level / 255.0);
    for (int x = 0; x < width; x++) {
        if (x == left)
            x = inside;
        if (x == width)
            break;
        /* The continued column may lie outside of this strip. */
        float *const right[3] = {planes[0] + x, planes[green] + x, planes[blue] + x};
        const int column = continued(first + x, in->width, repeats);
        for (int c = 0; c < colours; c++)
            anew_row_from_image(right[c], in, in->channels >= 3 ? c : 0, row, column, 1);
        if (alpha)
            anew_bleed_row(right, in, row, column, 1);
    }
    return ANEW_OK;
}

/* ---- out --------------------------------------------------------------------------------------------- */

static bool is_resized(const strip_run *run)
{
    const anew_geometry *g = run->job->geometry;
    return g->width * g->scale != g->out_width || g->height * g->scale != g->out_height;
}

/* Whether rows are resized as amounts of light. Rows that are not resized stay as they are, to the bit. */
static bool is_linear(const strip_run *run)
{
    return run->job->options->linear && is_resized(run);
}

typedef struct finish_job {
    const anew_plane_rows *rows;
    int planes; /* of the network's result */
    bool linear;
} finish_job;

/* Clamps rows to 0 .. 1 (negative and over-bright values would ring when resized), and makes gray of
 * the colours where the picture is gray: the luma of ITU-R BT.601, which JPEG calls Y. */
static void finish_rows(void *context, int first, int last, int worker)
{
    const finish_job *job = context;
    const anew_plane_rows *rows = job->rows;
    (void)worker;
    for (int y = first; y < last; y++) {
        float *first_row = rows->data + (size_t)y * rows->row_stride, *row[3];
        for (int c = 0; c < 3; c++)
            row[c] = first_row + (c < job->planes ? (size_t)c * rows->plane_stride : 0);
        for (int c = 0; c < job->planes; c++) {
            for (int x = 0; x < rows->width; x++) {
                const float v = row[c][x];
                row[c][x] = v >= 0.0f ? (v <= 1.0f ? v : 1.0f) : 0.0f;
            }
        }
        for (int x = 0; rows->channels == 1 && job->planes == 3 && x < rows->width; x++)
            row[0][x] = 0.299f * row[0][x] + 0.587f * row[1][x] + 0.114f * row[2][x];
        for (int c = 0; job->linear && c < rows->channels && c < 3; c++)
            anew_srgb_to_linear(row[c], rows->width);
    }
}

typedef struct store_job {
    const strip_run *run;
    const anew_plane_rows *rows;
    int y;
} store_job;

static void store_rows(void *context, int first, int last, int worker)
{
    const store_job *job = context;
    anew_plane_rows part = *job->rows;
    (void)worker;
    part.data += (size_t)first * part.row_stride;
    part.height = last - first;
    for (int c = 0; is_linear(job->run) && c < part.channels; c++)
        for (int y = 0; y < part.height; y++)
            anew_linear_to_srgb(part.data + (size_t)c * part.plane_stride +
                                    (size_t)y * part.row_stride,
                                part.width);
    anew_rows_to_image_by(job->run->job->kernels, job->run->job->out, &part, 0, job->y + first,
                          job->run->strip.out_first);
}

static anew_status store(void *context, int y, const anew_plane_rows *rows, anew_error *error)
{
    const strip_run *run = context;
    const anew_strip_job *job = run->job;
    if (job->rows == NULL) {
        store_job all = {run, rows, y};
        anew_parallel_for(job->threads, rows->height, 4, store_rows, &all);
        return ANEW_OK;
    }
    for (int first = 0; first < rows->height; first += job->out->height) {
        anew_plane_rows part = *rows;
        part.data += (size_t)first * rows->row_stride;
        part.height =
            rows->height - first < job->out->height ? rows->height - first : job->out->height;
        store_job some = {run, &part, 0};
        anew_parallel_for(job->threads, part.height, 4, store_rows, &some);
        anew_image filled = *job->out;
        filled.height = part.height;
        ANEW_TRY(job->rows(job->context, &filled, error));
    }
    return ANEW_OK;
}

/* Tells of `rows` more rows of the network's output. */
static anew_status tell_progress(strip_run *run, int rows, anew_error *error)
{
    const anew_enhance_options *options = run->job->options;
    const int scale = run->job->geometry->scale;
    run->done += (int64_t)rows * (run->strip.in_last - run->strip.in_first);
    if (options->progress == NULL ||
        options->progress(options->progress_context, run->done / scale, run->total))
        return ANEW_OK;
    return anew_fail(error, ANEW_ERROR_CANCELLED, "cancelled");
}

static anew_status deliver(void *context, int y, const anew_picture *rows, anew_error *error)
{
    strip_run *run = context;
    const anew_geometry *g = run->job->geometry;
    const double started = anew_seconds();
    const int left = g->height * g->scale - y; /* the rest continues the picture */
    const size_t skipped = (size_t)(run->strip.net_first - run->strip.in_first * g->scale);
    anew_plane_rows wanted = {rows->data + skipped,
                              g->channels,
                              rows->height < left ? rows->height : left,
                              run->strip.net_last - run->strip.net_first,
                              rows->plane_stride,
                              rows->row_stride};
    if (wanted.height <= 0)
        return tell_progress(run, rows->height, error);
    /* Rows that go into the result as they are, are clamped on the way. */
    finish_job finish = {&wanted, run->planes, is_linear(run)};
    if (is_resized(run) || wanted.channels != run->planes)
        anew_parallel_for(run->job->threads, wanted.height, 4, finish_rows, &finish);
    const anew_status status = anew_resizer_push(run->resizer, &wanted, store, run, error);
    run->seconds += anew_seconds() - started;
    return status == ANEW_OK ? tell_progress(run, rows->height, error) : status;
}

/* ---- all strips -------------------------------------------------------------------------------------- */

static anew_status run_strip(strip_run *run, anew_executor *executor, anew_report *report,
                             anew_error *error)
{
    const anew_strip_job *job = run->job;
    const anew_stream stream = {run, fetch, deliver, NULL};
    const int width = run->strip.in_last - run->strip.in_first;
    const int height = job->geometry->padded_height;
    if (job->options->plan == ANEW_PLAN_REF)
        return anew_execute_ref_stream(job->weights->graph, job->weights->isa, height, width,
                                       &stream, report, error);
    if (job->options->engine != NULL)
        return job->options->engine->execute(job->options->engine, job->weights,
                                             job->options->precision, job->options->plan, height,
                                             width, &stream, report, error);
    const anew_plan *plan = job->layout->plan;
    if (plan == NULL || plan->width != width) {
        if (run->plan == NULL || run->plan->width != width) {
            anew_plan_free(&run->plan);
            ANEW_TRY(anew_plan_create(&run->plan, job->weights, height, width, job->layout->band,
                                      job->options->plan, error));
        }
        plan = run->plan;
    }
    return anew_execute(executor, plan, &stream, report, error);
}

anew_status anew_run_strips(const anew_strip_job *job, anew_report *report, anew_error *error)
{
    anew_executor *executor = NULL;
    strip_run run = {.job = job};
    anew_status status = ANEW_OK;
    const anew_graph *graph = job->weights->graph;
    run.planes = anew_graph_node(graph, anew_graph_output(graph))->channels;
    run.level = anew_graph_node(graph, 0)->channels > run.planes;
    for (int i = 0; i < job->layout->strips; i++) {
        run.strip = anew_strip_of(job->geometry, job->layout->strips, i);
        run.total += (int64_t)(job->geometry->padded_height - 2 * job->geometry->margin) *
                     (run.strip.in_last - run.strip.in_first);
    }
    ANEW_TRY_GOTO(anew_executor_create(&executor, job->threads, error), out);
    for (int i = 0; i < job->layout->strips; i++) {
        run.strip = anew_strip_of(job->geometry, job->layout->strips, i);
        const anew_resize_shape shape = anew_strip_resize(job->geometry, &run.strip);
        ANEW_TRY_GOTO(anew_resizer_create(&run.resizer, &shape, job->kernels, job->threads, error),
                      out);
        ANEW_TRY_GOTO(run_strip(&run, executor, report, error), out);
        anew_resizer_free(&run.resizer);
    }
    if (report != NULL) {
        report->strips = job->layout->strips;
        report->resize_seconds += run.seconds;
    }
out:
    anew_resizer_free(&run.resizer);
    anew_plan_free(&run.plan);
    anew_executor_free(&executor);
    return status;
}
