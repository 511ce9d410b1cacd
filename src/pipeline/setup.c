/* setup.c - the decisions before the first row: the result's size, the kernels, the layout. */
#include "pipeline/setup.h"

#include <math.h>

#include "core/machine_memory.h"
#include "core/memory.h"
#include "core/parallel.h"

#define LARGEST_SIDE 1000000

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

static anew_status check_channels(const anew_graph *graph, const anew_model *model,
                                  anew_error *error)
{
    if (anew_graph_output_count(graph) > 1)
        return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                         "%s: a network of the kind %s makes no picture; `anew faces --detector` "
                         "runs it",
                         anew_model_label(model), anew_model_architecture(model));
    if (anew_graph_side(graph) > 0)
        return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                         "%s: a network of the kind %s restores aligned faces of %dx%d pixels, not "
                         "whole pictures",
                         anew_model_label(model), anew_model_architecture(model),
                         anew_graph_side(graph), anew_graph_side(graph));
    const int in = anew_graph_node(graph, 0)->channels;
    const int out = anew_graph_node(graph, anew_graph_output(graph))->channels;
    if ((in != out && in != out + 1) || (out != 3 && out != 1))
        return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                         "%s: the network takes %d channels and gives %d; pictures are restored "
                         "with 3, or 1 of brightness, and a plane of the noise's level",
                         anew_model_label(model), in, out);
    return ANEW_OK;
}

/* What a run may allocate, the weights included, of which there is one set for all runs. */
static size_t budget_of_run(const anew_enhance_options *options, size_t shared)
{
    const size_t all = options->memory > 0 ? options->memory : anew_default_memory();
    if (options->memory_parts <= 1 || all <= shared)
        return all;
    const double part = (double)options->memory_part / options->memory_parts;
    return shared + (size_t)((double)(all - shared) * part);
}

anew_status anew_setup_create(anew_setup *setup, const anew_model *model, int width, int height,
                              int channels, const anew_enhance_options *options, anew_error *error)
{
    anew_selection selection;
    int out_width = 0, out_height = 0;
    *setup =
        (anew_setup){.threads = options->threads > 0 ? options->threads : anew_parallel_threads()};
    if (!anew_isa_detect(&setup->isa, options->cpu))
        return anew_fail(error, ANEW_ERROR_ARGUMENT, "'%s' is no CPU level of this build; use %s",
                         options->cpu, anew_isa_names());
    ANEW_TRY(anew_selection_for(&selection, model, setup->isa,
                                options->engine == NULL ? options->precision : ANEW_PRECISION_EXACT,
                                width, error));
    ANEW_TRY(anew_prepare(&setup->prepared, model, setup->isa, selection, error));
    const anew_graph *graph = setup->prepared->graph;
    const anew_weights *weights = setup->prepared->weights;
    ANEW_TRY(check_channels(graph, model, error));
    ANEW_TRY(anew_enhance_size(&out_width, &out_height, anew_graph_scale(graph), width, height,
                               options, error));
    anew_geometry_set(&setup->geometry, weights, width, height, out_width, out_height,
                      channels >= 3 ? anew_graph_node(graph, anew_graph_output(graph))->channels
                                    : 1);
    setup->geometry.filter = options->filter;
    const size_t shared = anew_size_add(weights->bytes, anew_model_bytes(model));
    setup->budget_bytes = budget_of_run(options, shared);
    const anew_layout_options wanted = {
        .strip = options->strip,
        .band = options->band,
        .threads = setup->threads,
        .plan = options->plan == ANEW_PLAN_REF ? ANEW_PLAN_NOFUSE : options->plan,
        .budget_bytes = setup->budget_bytes,
        .result_bytes =
            anew_size_mul(anew_size_mul((size_t)out_width, (size_t)out_height), (size_t)channels),
        .other_bytes = shared};
    return anew_layout_choose(&setup->layout, &setup->geometry, weights, &wanted, error);
}

void anew_setup_free(anew_setup *setup)
{
    anew_layout_free(&setup->layout); /* its plan is one of the prepared weights */
    anew_prepared_release(&setup->prepared);
}
