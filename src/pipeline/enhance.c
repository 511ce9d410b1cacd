/*
 * enhance.c - one picture's way: set-up, the colours through the network, the alpha beside it.
 */
#include "pipeline/enhance.h"

#include "core/memory.h"
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

/* Rows of the result that are kept when it goes to a sink. */
#define SINK_ROWS 64

/* Into `out`, which is created here: the whole result, or, with a sink and where it can be, some rows. */
static anew_status enhance(anew_image *out, const anew_row_sink *sink, const anew_image *in,
                           const anew_model *model, const anew_enhance_options *options,
                           anew_report *report, anew_error *error)
{
    anew_status status = ANEW_OK;
    anew_setup setup;
    const double started = anew_seconds();
    const bool alpha = in->channels == 2 || in->channels == 4;
    *out = (anew_image){0};
    ANEW_TRY_GOTO(
        anew_setup_create(&setup, model, in->width, in->height, in->channels, options, error), out);
    const anew_image shape = {setup.geometry.out_width, setup.geometry.out_height, in->channels,
                              in->depth, NULL};
    const bool by_rows = sink != NULL && !alpha && setup.layout.strips == 1;
    if (sink != NULL)
        ANEW_TRY_GOTO(sink->begin(sink->context, &shape, error), out);
    ANEW_TRY_GOTO(anew_image_create(out, shape.width,
                                    by_rows && shape.height > SINK_ROWS ? SINK_ROWS : shape.height,
                                    shape.channels, shape.depth, error),
                  out);
    if (report != NULL) {
        report->prepare_seconds = anew_seconds() - started;
        report->threads = setup.threads;
        report->cpu = anew_isa_name(setup.isa);
    }
    const anew_strip_job job = {.in = in,
                                .out = out,
                                .rows = by_rows ? sink->rows : NULL,
                                .context = by_rows ? sink->context : NULL,
                                .geometry = &setup.geometry,
                                .layout = &setup.layout,
                                .weights = setup.prepared->weights,
                                .kernels = anew_row_kernels_for(setup.isa),
                                .threads = setup.threads,
                                .plan = options->plan};
    ANEW_TRY_GOTO(anew_run_strips(&job, report, error), out);
    if (alpha)
        ANEW_TRY_GOTO(enlarge_alpha(out, in, job.kernels, job.threads, error), out);
    if (sink != NULL && !by_rows)
        status = sink->rows(sink->context, out, error);
out:
    anew_setup_free(&setup);
    if (status != ANEW_OK)
        anew_image_free(out);
    return status;
}

anew_status anew_enhance(anew_image *out, const anew_image *in, const anew_model *model,
                         const anew_enhance_options *options, anew_report *report,
                         anew_error *error)
{
    return enhance(out, NULL, in, model, options, report, error);
}

anew_status anew_enhance_rows(const anew_row_sink *sink, const anew_image *in,
                              const anew_model *model, const anew_enhance_options *options,
                              anew_report *report, anew_error *error)
{
    anew_image rows;
    const anew_status status = enhance(&rows, sink, in, model, options, report, error);
    anew_image_free(&rows);
    return status;
}
