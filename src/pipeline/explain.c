/* explain.c - reads the answers off the very set-up and plan that a run would use. */
#include "pipeline/explain.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "pipeline/setup.h"

/* The receptive radius of every node seen from the picture, in input pixels: each convolution adds its
 * padding, in pixels of its own size. */
static void walk_reach(double *reach, const anew_graph *graph)
{
    for (int i = 1; i < anew_graph_count(graph); i++) {
        const anew_node *node = anew_graph_node(graph, i);
        double most = 0;
        for (int k = 0; k < node->source_count; k++)
            most = fmax(most, reach[node->sources[k]]);
        const int pad = node->kernel / 2;
        if (node->op == ANEW_OP_CONV)
            most += (double)pad * node->down / node->up;
        reach[i] = most;
    }
}

static void explain_step(anew_explained_step *to, const anew_plan *plan, const anew_step *step,
                         const double *reach)
{
    anew_step_describe(to->name, sizeof to->name, to->kernel, sizeof to->kernel, plan, step);
    for (int k = 0; k < step->operand_count; k++)
        to->in_channels += step->operands[k].channels;
    to->out_channels = anew_graph_node(plan->graph, step->node)->channels;
    to->height = step->height;
    to->width = step->width;
    if (step->kind == ANEW_STEP_CONV) {
        to->out_channels = step->packed->shape.out_channels;
        to->flops = step->flops;
    }
    if (step->destination >= 0) {
        const anew_value *value = &plan->values[step->destination];
        to->rows_kept = value->rows;
        to->bytes_kept =
            (size_t)value->rows * (size_t)value->blocks * value->row_floats * sizeof(float);
    } else {
        to->rows_kept = plan->output_rows;
        to->bytes_kept = plan->output_floats * sizeof(float);
    }
    to->reach = reach[step->node];
}

/* Seconds for one floating-point operation: the network on a piece of noise, the second run counts. */
static anew_status try_out(double *seconds_per_flop, const anew_setup *setup, anew_error *error)
{
    const anew_graph *graph = setup->prepared->graph;
    const int alignment = anew_graph_alignment(graph), scale = anew_graph_scale(graph);
    /* Large enough to keep all workers busy, small enough to take a fraction of a second. */
    int side = (int)sqrt(1.5e10 / anew_graph_flops(graph));
    side = side < 32 ? 32 : side > 128 ? 128 : side;
    side = (side + alignment - 1) / alignment * alignment;
    const size_t pixels = (size_t)side * (size_t)side;
    anew_plan *plan = NULL;
    anew_executor *executor = NULL;
    anew_status status = ANEW_OK;
    float *in_data = anew_alloc(3 * pixels * sizeof(float));
    float *out_data = anew_alloc(3 * pixels * (size_t)(scale * scale) * sizeof(float));
    const anew_picture in = {in_data, 3, side, side, pixels, (size_t)side};
    const anew_picture out = {out_data,
                              3,
                              side * scale,
                              side * scale,
                              pixels * (size_t)(scale * scale),
                              (size_t)(side * scale)};
    if (in_data == NULL || out_data == NULL) {
        status = anew_fail(error, ANEW_ERROR_MEMORY, "no memory for a trial");
        goto out;
    }
    for (size_t i = 0; i < 3 * pixels; i++)
        in_data[i] = (float)(i * 2654435761u % 1024) / 1024.0f;
    ANEW_TRY_GOTO(
        anew_plan_create(&plan, setup->prepared->weights, side, side, 0, ANEW_PLAN_FULL, error),
        out);
    ANEW_TRY_GOTO(anew_executor_create(&executor, setup->threads, error), out);
    for (int run = 0; run < 2; run++) {
        const double started = anew_seconds();
        ANEW_TRY_GOTO(anew_execute_picture(executor, plan, &in, &out, NULL, error), out);
        *seconds_per_flop = (anew_seconds() - started) / plan->flops;
    }
out:
    anew_executor_free(&executor);
    anew_plan_free(&plan);
    anew_free(in_data);
    anew_free(out_data);
    return status;
}

anew_status anew_explain(anew_explanation *e, const anew_model *model, int width, int height,
                         const anew_enhance_options *options, bool trial, anew_error *error)
{
    anew_setup setup;
    anew_plan *plan = NULL;
    double *reach = NULL, per_flop = 0;
    anew_status status = ANEW_OK;
    *e = (anew_explanation){.width = width, .height = height};
    ANEW_TRY_GOTO(anew_setup_create(&setup, model, width, height, 3, options, error), out);
    const anew_graph *graph = setup.prepared->graph;
    const anew_geometry *g = &setup.geometry;
    const anew_layout *layout = &setup.layout;
    anew_strip strip = anew_strip_of(g, layout->strips, layout->strips / 2);
    ANEW_TRY_GOTO(
        anew_plan_create(&plan, setup.prepared->weights, g->padded_height,
                         strip.in_last - strip.in_first, layout->band,
                         options->plan == ANEW_PLAN_REF ? ANEW_PLAN_NOFUSE : options->plan, error),
        out);
    reach = anew_alloc_zero(anew_size_mul((size_t)anew_graph_count(graph), sizeof(double)));
    e->steps = anew_alloc_zero(anew_size_mul((size_t)plan->step_count, sizeof *e->steps));
    if (reach == NULL || e->steps == NULL) {
        status = anew_fail(error, ANEW_ERROR_MEMORY, "no memory to explain");
        goto out;
    }
    walk_reach(reach, graph);
    e->step_count = plan->step_count;
    for (int i = 0; i < plan->step_count; i++)
        explain_step(&e->steps[i], plan, &plan->steps[i], reach);
    e->out_width = g->out_width;
    e->out_height = g->out_height;
    e->threads = setup.threads;
    e->cpu = anew_isa_name(setup.isa);
    e->strips = layout->strips;
    e->band = layout->band;
    e->bands = (g->padded_height + layout->band - 1) / layout->band;
    e->radius = anew_graph_radius(graph);
    e->halo = g->halo;
    e->recomputed = layout->work - 1;
    e->bytes = layout->bytes;
    e->activation_bytes = anew_execute_bytes(plan, setup.threads);
    e->weight_bytes = setup.prepared->weights->bytes;
    e->budget_bytes = setup.budget_bytes;
    e->flops = anew_graph_flops(graph) * g->padded_width * g->padded_height * layout->work;
    if (trial)
        ANEW_TRY_GOTO(try_out(&per_flop, &setup, error), out);
    e->seconds = e->flops * per_flop;
out:
    anew_free(reach);
    anew_plan_free(&plan);
    anew_setup_free(&setup);
    if (status != ANEW_OK)
        anew_explanation_free(e);
    return status;
}

void anew_explanation_free(anew_explanation *e)
{
    anew_free(e->steps);
    e->steps = NULL;
    e->step_count = 0;
}
