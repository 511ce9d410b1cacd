/*
 * enhance.c - one picture's way: its size, its kernels, its layout, its colours and its alpha.
 */
#include "pipeline/enhance.h"

#include <math.h>
#include <unistd.h>

#include "core/memory.h"
#include "core/parallel.h"
#include "image/resize.h"
#include "pipeline/prepare.h"
#include "pipeline/strips.h"

/* Without a budget the engine may take this share of the machine's memory; the rest is for the picture
 * itself, its enlargement, and everybody else. */
#define MEMORY_SHARE 0.4

#define LARGEST_SIDE 1000000

static size_t memory_budget(void)
{
    const long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    if (pages <= 0 || page <= 0)
        return (size_t)1 << 30;
    return (size_t)((double)pages * (double)page * MEMORY_SHARE);
}

anew_status anew_enhance_size(int *width, int *height, int model_scale, int in_width, int in_height,
                              const anew_enhance_options *options, anew_error *error)
{
    double w = options->width, h = options->height;
    if (w < 0 || h < 0 || options->scale < 0 || !isfinite(options->scale))
        return anew_fail(error, ANEW_ERROR_ARGUMENT, "a size or scale below 0");
    if (w == 0 && h == 0) {
        const double scale = options->scale == 0 ? model_scale : options->scale;
        w = round(in_width * scale);
        h = round(in_height * scale);
    } else if (w == 0) {
        w = round(h * in_width / in_height);
    } else if (h == 0) {
        h = round(w * in_height / in_width);
    }
    if (w < 1)
        w = 1;
    if (h < 1)
        h = 1;
    if (w > LARGEST_SIDE || h > LARGEST_SIDE)
        return anew_fail(error, ANEW_ERROR_LIMIT,
                         "an output of %.0fx%.0f pixels is more than %d a side", w, h,
                         LARGEST_SIDE);
    *width = (int)w;
    *height = (int)h;
    return ANEW_OK;
}

/* ---- alpha ----------------------------------------------------------------------------------------- */

#define ALPHA_ROWS 16 /* of the source at a time */

static anew_status store_alpha(void *context, int y, const anew_plane_rows *rows, anew_error *error)
{
    anew_image *out = context;
    (void)error;
    anew_rows_to_image(out, rows, out->channels - 1, y, 0);
    return ANEW_OK;
}

static anew_status enlarge_alpha(anew_image *out, const anew_image *in,
                                 const anew_row_kernels *kernels, int threads, anew_error *error)
{
    const anew_resize_shape shape = {.channels = 1,
                                     .src_width = in->width,
                                     .src_height = in->height,
                                     .dst_width = out->width,
                                     .dst_height = out->height,
                                     .dst_last = out->width,
                                     .src_last = in->width,
                                     .filter = ANEW_FILTER_LANCZOS3};
    anew_resizer *resizer = NULL;
    anew_planes rows = {0};
    anew_status status = ANEW_OK;
    ANEW_TRY_GOTO(anew_planes_create(&rows, 1, ALPHA_ROWS, in->width, error), out);
    ANEW_TRY_GOTO(anew_resizer_create(&resizer, &shape, kernels, threads, error), out);
    for (int y = 0; y < in->height; y += ALPHA_ROWS) {
        const int count = in->height - y < ALPHA_ROWS ? in->height - y : ALPHA_ROWS;
        for (int i = 0; i < count; i++)
            anew_row_from_image(rows.data + (size_t)i * (size_t)in->width, in, in->channels - 1,
                                y + i, 0, in->width);
        const anew_plane_rows part = {rows.data, 1, count, in->width, 0, (size_t)in->width};
        ANEW_TRY_GOTO(anew_resizer_push(resizer, &part, store_alpha, out, error), out);
    }
out:
    anew_resizer_free(&resizer);
    anew_planes_free(&rows);
    return status;
}

/* ---- the whole way --------------------------------------------------------------------------------- */

static anew_status check_channels(const anew_graph *graph, const anew_model *model,
                                  anew_error *error)
{
    const int in = anew_graph_node(graph, 0)->channels;
    const int out = anew_graph_node(graph, anew_graph_output(graph))->channels;
    if (in != 3 || out != 3)
        return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                         "%s: the network takes %d channels and gives %d; pictures are restored "
                         "with 3",
                         anew_model_label(model), in, out);
    return ANEW_OK;
}

anew_status anew_enhance(anew_image *out, const anew_image *in, const anew_model *model,
                         const anew_enhance_options *options, anew_report *report,
                         anew_error *error)
{
    anew_status status = ANEW_OK;
    anew_prepared *prepared = NULL;
    anew_geometry geometry;
    anew_layout layout;
    anew_selection selection;
    anew_isa isa;
    int width = 0, height = 0;
    const bool alpha = in->channels == 2 || in->channels == 4;
    *out = (anew_image){0};
    if (!anew_isa_detect(&isa, options->cpu))
        return anew_fail(error, ANEW_ERROR_ARGUMENT,
                         "'%s' is no CPU level; use c, cfma, avx2 or avx512", options->cpu);

    const double started = anew_seconds();
    ANEW_TRY(anew_selection_for(&selection, model, isa, options->exact, in->width, error));
    ANEW_TRY_GOTO(anew_prepare(&prepared, model, isa, selection, error), out);
    const anew_graph *graph = prepared->graph;
    ANEW_TRY_GOTO(check_channels(graph, model, error), out);
    ANEW_TRY_GOTO(anew_enhance_size(&width, &height, anew_graph_scale(graph), in->width, in->height,
                                    options, error),
                  out);
    anew_geometry_set(&geometry, prepared->weights, in->width, in->height, width, height,
                      in->channels >= 3 ? 3 : 1);
    const anew_layout_options wanted = {
        .strip = options->strip,
        .band = options->band,
        .threads = options->threads > 0 ? options->threads : anew_parallel_threads(),
        .plan = options->plan == ANEW_PLAN_REF ? ANEW_PLAN_NOFUSE : options->plan,
        .budget_bytes = options->memory > 0 ? options->memory : memory_budget(),
        .other_bytes = anew_size_add(prepared->weights->bytes, anew_model_bytes(model))};
    ANEW_TRY_GOTO(anew_layout_choose(&layout, &geometry, prepared->weights, &wanted, error), out);
    ANEW_TRY_GOTO(anew_image_create(out, width, height, in->channels, in->depth, error), out);
    if (report != NULL) {
        report->prepare_seconds = anew_seconds() - started;
        report->threads = wanted.threads;
        report->cpu = anew_isa_name(isa);
    }

    const anew_strip_job job = {.in = in,
                                .out = out,
                                .geometry = &geometry,
                                .layout = &layout,
                                .weights = prepared->weights,
                                .kernels = anew_row_kernels_for(isa),
                                .threads = wanted.threads,
                                .plan = options->plan};
    ANEW_TRY_GOTO(anew_run_strips(&job, report, error), out);
    if (alpha)
        ANEW_TRY_GOTO(enlarge_alpha(out, in, job.kernels, job.threads, error), out);
out:
    anew_prepared_release(&prepared);
    if (status != ANEW_OK)
        anew_image_free(out);
    return status;
}
