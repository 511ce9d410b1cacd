/*
 * enhance.c - one picture's way: pixels, planes, network, exact size, pixels.
 */
#include "pipeline/enhance.h"

#include <math.h>
#include <unistd.h>

#include "core/memory.h"
#include "core/parallel.h"
#include "image/resize.h"
#include "nets/nets.h"
#include "pipeline/tiles.h"

/* Activations may take this share of the machine's memory; the rest is for the picture itself, its
 * enlargement in floats, and everybody else. */
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

/* ---- colour and alpha ------------------------------------------------------------------------------ */

/* The picture's colours as the three planes that networks take; gray is repeated. */
static anew_status colour_planes(anew_planes *planes, const anew_image *in, anew_error *error)
{
    const size_t pixels = (size_t)in->width * (size_t)in->height;
    ANEW_TRY(anew_planes_create(planes, 3, in->height, in->width, error));
    if (in->channels >= 3) {
        anew_planes_from_image(planes, in, 0);
        return ANEW_OK;
    }
    for (size_t c = 0; c < 3; c++) {
        anew_planes plane = {1, in->height, in->width, planes->data + c * pixels};
        anew_planes_from_image(&plane, in, 0);
    }
    return ANEW_OK;
}

/* The luma of ITU-R BT.601 (what the JPEG format calls Y), written into the first plane. */
static void colours_to_gray(anew_planes *planes)
{
    const size_t pixels = (size_t)planes->width * (size_t)planes->height;
    float *r = planes->data;
    const float *g = r + pixels, *b = g + pixels;
    for (size_t i = 0; i < pixels; i++)
        r[i] = 0.299f * r[i] + 0.587f * g[i] + 0.114f * b[i];
    planes->channels = 1;
}

/* Negative and over-bright values would ring when resized. */
static void clamp(anew_planes *planes)
{
    const size_t samples =
        (size_t)planes->channels * (size_t)planes->width * (size_t)planes->height;
    for (size_t i = 0; i < samples; i++) {
        const float v = planes->data[i];
        planes->data[i] = v >= 0.0f ? (v <= 1.0f ? v : 1.0f) : 0.0f;
    }
}

static anew_status resize_to(anew_planes *planes, int width, int height,
                             const anew_row_kernels *kernels, int threads, anew_error *error)
{
    if (planes->width == width && planes->height == height)
        return ANEW_OK;
    anew_planes resized;
    ANEW_TRY(anew_planes_create(&resized, planes->channels, height, width, error));
    const anew_status status =
        anew_planes_resize(&resized, planes, ANEW_FILTER_LANCZOS3, kernels, threads, error);
    if (status != ANEW_OK) {
        anew_planes_free(&resized);
        return status;
    }
    anew_planes_free(planes);
    *planes = resized;
    return ANEW_OK;
}

static anew_status enlarge_alpha(anew_image *out, const anew_image *in,
                                 const anew_row_kernels *kernels, int threads, anew_error *error)
{
    anew_planes alpha = {0};
    anew_status status = ANEW_OK;
    ANEW_TRY_GOTO(anew_planes_create(&alpha, 1, in->height, in->width, error), out);
    anew_planes_from_image(&alpha, in, in->channels - 1);
    ANEW_TRY_GOTO(resize_to(&alpha, out->width, out->height, kernels, threads, error), out);
    anew_planes_to_image(out, &alpha, out->channels - 1);
out:
    anew_planes_free(&alpha);
    return status;
}

/* ---- the whole way --------------------------------------------------------------------------------- */

anew_status anew_enhance(anew_image *out, const anew_image *in, const anew_model *model,
                         const anew_enhance_options *options, anew_report *report,
                         anew_error *error)
{
    anew_status status = ANEW_OK;
    anew_graph *graph = NULL;
    anew_weights *weights = NULL;
    anew_planes small = {0}, large = {0};
    anew_isa isa;
    int width = 0, height = 0;
    anew_tiling tiling = {.tile = options->tile,
                          .budget_bytes = memory_budget(),
                          .threads = options->threads,
                          .plan = options->plan};
    *out = (anew_image){0};
    if (tiling.threads <= 0)
        tiling.threads = anew_parallel_threads();
    if (!anew_isa_detect(&isa, options->cpu))
        return anew_fail(error, ANEW_ERROR_ARGUMENT,
                         "'%s' is no CPU level; use c, cfma, avx2 or avx512", options->cpu);
    const anew_row_kernels *kernels = anew_row_kernels_for(isa);

    const double started = anew_seconds();
    ANEW_TRY_GOTO(anew_net_graph(&graph, model, error), out);
    if (anew_graph_node(graph, 0)->channels != 3 ||
        anew_graph_node(graph, anew_graph_output(graph))->channels != 3) {
        status = anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                           "%s: the network takes %d channels; pictures are restored with 3",
                           anew_model_label(model), anew_graph_node(graph, 0)->channels);
        goto out;
    }
    ANEW_TRY_GOTO(anew_enhance_size(&width, &height, anew_graph_scale(graph), in->width, in->height,
                                    options, error),
                  out);
    ANEW_TRY_GOTO(
        anew_weights_pack(&weights, graph, isa, options->exact ? ANEW_EXACT : ANEW_FAST, error),
        out);
    ANEW_TRY_GOTO(colour_planes(&small, in, error), out);
    if (report != NULL) {
        report->prepare_seconds = anew_seconds() - started;
        report->threads = tiling.threads;
        report->cpu = anew_isa_name(isa);
    }
    ANEW_TRY_GOTO(anew_run_tiled(&large, &small, weights, &tiling, report, error), out);
    anew_planes_free(&small);

    const double resizing = anew_seconds();
    clamp(&large);
    if (in->channels <= 2)
        colours_to_gray(&large);
    ANEW_TRY_GOTO(resize_to(&large, width, height, kernels, tiling.threads, error), out);
    ANEW_TRY_GOTO(anew_image_create(out, width, height, in->channels, in->depth, error), out);
    anew_planes_to_image(out, &large, 0);
    if (in->channels == 2 || in->channels == 4)
        ANEW_TRY_GOTO(enlarge_alpha(out, in, kernels, tiling.threads, error), out);
    if (report != NULL)
        report->resize_seconds = anew_seconds() - resizing;
out:
    anew_planes_free(&small);
    anew_planes_free(&large);
    anew_weights_free(&weights);
    anew_graph_free(&graph);
    if (status != ANEW_OK)
        anew_image_free(out);
    return status;
}
