/*
 * enhance.c - one picture's way:
 *
 * 1. anew_setup_create decides everything: kernels, sizes, and the strips and bands that fit the memory;
 * 2. anew_run_strips brings the colours, row by row, through the network and from its scale to the exact size
 *    by Lanczos (strips.c calls anew_execute of exec_cpu.c);
 * 3. alpha, which no network here knows, is enlarged by Lanczos alone.
 *
 * anew_enhance has whole pictures at both ends; anew_enhance_rows takes and gives rows, as decoders and encoders
 * do, so that where one strip is enough and there is no alpha neither picture is in memory whole.
 */
#include "pipeline/enhance.h"

#include "core/memory.h"
#include "pipeline/gray_network.h"
#include "pipeline/setup.h"
#include "pipeline/strips.h"

/* ---- alpha ----------------------------------------------------------------------------------------- */

#define ALPHA_ROWS 16 /* of the source at a time */

static anew_status store_alpha(void *context, int y, const anew_plane_rows *rows, anew_error *error)
{
    anew_image *out = context;
    (void)error;
    anew_rows_to_image(out, rows, out->channels - 1, y, 0);
    return ANEW_OK;
}

static anew_status enlarge_alpha(anew_image *out, const anew_image *in, anew_filter filter,
                                 const anew_row_kernels *kernels, int threads, anew_error *error)
{
    const anew_resize_shape shape = {.channels = 1,
                                     .src_width = in->width,
                                     .src_height = in->height,
                                     .dst_width = out->width,
                                     .dst_height = out->height,
                                     .dst_last = out->width,
                                     .src_last = in->width,
                                     .filter = filter};
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

/* Rows that are kept where pictures pass through: of the result for one writing, of the source as far as
 * a continuation by reflection reaches back, besides the margin. */
#ifndef RESULT_ROWS /* for devices: fewer */
#define RESULT_ROWS 64
#endif
#define SOURCE_ROWS 8

static anew_status read_row(void *context, void *pixels, anew_error *error)
{
    const anew_row_source *source = context;
    return source->rows(source->context, pixels, 1, error);
}

static anew_status rows_of_reader(void *context, void *pixels, int rows, anew_error *error)
{
    return anew_image_reader_rows(context, pixels, rows, error);
}

static anew_status all_of_reader(void *context, anew_image *image, anew_error *error)
{
    return anew_image_reader_all(context, image, error);
}

anew_row_source anew_reader_source(anew_image_reader *reader)
{
    return (anew_row_source){reader, rows_of_reader, all_of_reader};
}

/* The way of all pictures: everything is decided and allocated, `in` holds the picture, or some of its
 * rows, and `out` the result, or some of its rows. */
static anew_status run(anew_strip_job *job, const anew_setup *setup, anew_report *report,
                       anew_error *error)
{
    job->geometry = &setup->geometry;
    job->layout = &setup->layout;
    job->weights = setup->prepared->weights;
    job->kernels = anew_row_kernels_for(setup->isa);
    job->threads = setup->threads;
    if (report != NULL) {
        report->threads = setup->threads;
        report->cpu = anew_isa_name(setup->isa);
    }
    ANEW_TRY(anew_run_strips(job, report, error));
    if (job->in->channels == 2 || job->in->channels == 4)
        return enlarge_alpha(job->out, job->in, job->options->filter, job->kernels, job->threads,
                             error);
    return ANEW_OK;
}

/* A picture of colours meets a network of one channel; its enlargement. */
static bool needs_gray(int *scale, const anew_setup *setup, int channels)
{
    const anew_graph *graph = setup->prepared->graph;
    *scale = anew_graph_scale(graph);
    return channels >= 3 && anew_graph_node(graph, anew_graph_output(graph))->channels == 1;
}

anew_status anew_enhance(anew_image *out, const anew_image *in, const anew_model *model,
                         const anew_enhance_options *options, anew_report *report,
                         anew_error *error)
{
    anew_status status = ANEW_OK;
    anew_setup setup;
    const double started = anew_seconds();
    *out = (anew_image){0};
    int scale = 1;
    ANEW_TRY_GOTO(
        anew_setup_create(&setup, model, in->width, in->height, in->channels, options, error), out);
    if (needs_gray(&scale, &setup, in->channels)) {
        anew_setup_free(&setup);
        return anew_gray_network(out, in, model, scale, options, report, error);
    }
    ANEW_TRY_GOTO(anew_image_create(out, setup.geometry.out_width, setup.geometry.out_height,
                                    in->channels, options->depth > 0 ? options->depth : in->depth,
                                    error),
                  out);
    if (report != NULL)
        report->prepare_seconds = anew_seconds() - started;
    anew_strip_job job = {.in = in, .out = out, .options = options};
    ANEW_TRY_GOTO(run(&job, &setup, report, error), out);
out:
    anew_setup_free(&setup);
    if (status != ANEW_OK)
        anew_image_free(out);
    return status;
}

anew_status anew_enhance_rows(const anew_row_sink *sink, const anew_row_source *source,
                              const anew_image *shape, const anew_model *model,
                              const anew_enhance_options *options, anew_report *report,
                              anew_error *error)
{
    anew_status status = ANEW_OK;
    anew_setup setup;
    anew_image in = {0}, out = {0};
    const double started = anew_seconds();
    ANEW_TRY_GOTO(anew_setup_create(&setup, model, shape->width, shape->height, shape->channels,
                                    options, error),
                  out);
    int scale = 1;
    if (needs_gray(&scale, &setup, shape->channels)) {
        anew_setup_free(&setup);
        return anew_gray_network_rows(sink, source, shape, model, scale, options, report, error);
    }
    const anew_image result = {setup.geometry.out_width, setup.geometry.out_height, shape->channels,
                               options->depth > 0 ? options->depth : shape->depth, NULL};
    const bool by_rows = shape->channels != 2 && shape->channels != 4 && setup.layout.strips == 1;
    /* What is continued below the picture, a margin apart, reflects so far back. */
    const int beyond = setup.geometry.padded_height - 2 * setup.geometry.margin - shape->height;
    const int kept = (beyond < SOURCE_ROWS ? SOURCE_ROWS : beyond + 1) + setup.geometry.margin;
    if (by_rows)
        ANEW_TRY_GOTO(
            anew_image_create(&in, shape->width, kept, shape->channels, shape->depth, error), out);
    else
        ANEW_TRY_GOTO(source->all(source->context, &in, error), out);
    ANEW_TRY_GOTO(
        anew_image_create(&out, result.width,
                          by_rows && result.height > RESULT_ROWS ? RESULT_ROWS : result.height,
                          result.channels, result.depth, error),
        out);
    ANEW_TRY_GOTO(sink->begin(sink->context, &result, error), out);
    if (report != NULL)
        report->prepare_seconds = anew_seconds() - started;
    anew_strip_job job = {.in = &in,
                          .next_row = by_rows ? read_row : NULL,
                          .source = (void *)(uintptr_t)source,
                          .kept = kept,
                          .out = &out,
                          .rows = by_rows ? sink->rows : NULL,
                          .context = sink->context,
                          .options = options};
    ANEW_TRY_GOTO(run(&job, &setup, report, error), out);
    if (!by_rows)
        status = sink->rows(sink->context, &out, error);
out:
    anew_setup_free(&setup);
    anew_image_free(&in);
    anew_image_free(&out);
    return status;
}
