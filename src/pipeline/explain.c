/* explain.c - reads the answers off the very set-up and plan that a run would use. */
#include "pipeline/explain.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "pipeline/setup.h"

/* Adds to a text as much as fits. */
static void say(char *text, size_t bytes, const char *format, ...) ANEW_PRINTF(3, 4);
static void say(char *text, size_t bytes, const char *format, ...)
{
    const size_t length = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text + length, bytes - length, format, arguments);
    va_end(arguments);
}

/* "conv_first", "input *4", "relu(norm)": a value by the nearest name; "add" where two values meet first. */
static void say_value(char *text, size_t bytes, const anew_graph *graph, const anew_node *node)
{
    int factor = 1, depth = 0;
    for (; node->name[0] == '\0' && node->source_count == 1;
         node = anew_graph_node(graph, node->sources[0])) {
        if (node->op == ANEW_OP_UPSAMPLE_NEAREST) {
            factor *= node->factor;
        } else {
            say(text, bytes, "%s(", anew_op_name(node->op));
            depth++;
        }
    }
    say(text, bytes, "%s", node->name[0] != '\0' ? node->name : anew_op_name(node->op));
    for (; depth > 0; depth--)
        say(text, bytes, ")");
    if (factor > 1)
        say(text, bytes, " *%d", factor);
}

/* What the node does to its source `id`: "prelu", "* 0.2", "+ conv_first", "+ input *4". */
static void say_operation(char *text, size_t bytes, const anew_graph *graph, const anew_node *node,
                          int id)
{
    if (node->op == ANEW_OP_SCALE) {
        say(text, bytes, "* %g", (double)node->number);
    } else if (node->source_count == 2 && node->op != ANEW_OP_CONCAT) {
        say(text, bytes, "%s ",
            node->op == ANEW_OP_ADD        ? "+"
            : node->op == ANEW_OP_MULTIPLY ? "*"
                                           : "/");
        say_value(text, bytes, graph,
                  anew_graph_node(graph, node->sources[node->sources[0] == id ? 1 : 0]));
    } else {
        say(text, bytes, "%s", anew_op_name(node->op));
        if (node->factor > 1)
            say(text, bytes, " %d", node->factor);
    }
}

/* What a step does after its first node: the nodes from there to the step's last, each a reader of the one
 * before. */
static void explain_chain(anew_explained_step *to, const anew_plan *plan, const anew_step *step)
{
    const anew_graph *graph = plan->graph;
    int id = step->head;
    for (int next = id + 1; next <= step->node; next++) {
        const anew_node *node = anew_graph_node(graph, next);
        bool reads = false;
        for (int k = 0; k < node->source_count; k++)
            reads = reads || node->sources[k] == id;
        if (!reads)
            continue;
        say(to->then, sizeof to->then, "%s", to->then[0] == '\0' ? "" : ", ");
        if (strlen(to->then) > sizeof to->then - 36) {
            say(to->then, sizeof to->then, "...");
            return;
        }
        say_operation(to->then, sizeof to->then, graph, node, id);
        id = next;
    }
}

/* Several operands are the parts of a concatenation, but for the two of a function of two values: the
 * second of those stands in `then`, as with an addition. */
static void explain_operands(anew_explained_step *to, const anew_plan *plan, const anew_step *step)
{
    const anew_node *picture = anew_graph_node(plan->graph, 0);
    const int count = step->kind == ANEW_STEP_POINTWISE ? 1 : step->operand_count;
    to->enlarge = to->unshuffle = 1;
    for (int k = 0; k < count; k++) {
        const anew_operand *operand = &step->operands[k];
        const anew_value *value = operand->value < 0 ? NULL : &plan->values[operand->value];
        to->in_channels += value == NULL ? picture->channels : value->channels;
        to->in_height = value == NULL ? plan->height : value->height;
        to->in_width = value == NULL ? plan->width : value->width;
        to->enlarge = operand->enlarge;
        to->unshuffle = operand->unshuffle;
    }
    if (step->kind == ANEW_STEP_LOAD) {
        to->in_channels = picture->channels;
        to->in_height = plan->height;
        to->in_width = plan->width;
    }
}

static void explain_step(anew_explained_step *to, const anew_plan *plan, const anew_step *step,
                         const int *fields)
{
    const anew_node *node = anew_graph_node(plan->graph, step->node);
    const anew_node *head = anew_graph_node(plan->graph, step->head);
    anew_step_describe(to->name, sizeof to->name, to->kernel, sizeof to->kernel, plan, step);
    explain_operands(to, plan, step);
    if (step->kind != ANEW_STEP_CONV && step->kind != ANEW_STEP_LOAD &&
        step->kind != ANEW_STEP_STORE)
        say_operation(to->then, sizeof to->then, plan->graph, head, head->sources[0]);
    explain_chain(to, plan, step);
    if (strcmp(to->then, to->name) == 0)
        to->then[0] = '\0';
    to->out_channels = node->channels;
    to->flops = step->flops;
    if (step->destination >= 0) {
        const anew_value *value = &plan->values[step->destination];
        to->out_height = value->height;
        to->out_width = value->width;
        to->rows_kept = value->rows;
        to->bytes_kept =
            (size_t)value->rows * (size_t)value->blocks * value->row_floats * sizeof(float);
    } else {
        const anew_plan_output *output = &plan->outputs[step->output];
        to->out_height = output->height;
        to->out_width = output->width;
        to->rows_kept = output->rows;
        to->bytes_kept =
            (size_t)output->rows * (size_t)output->width * (size_t)output->channels * sizeof(float);
    }
    to->field = fields[step->node];
}

anew_status anew_explain_steps(anew_explanation *e, const anew_plan *plan, anew_error *error)
{
    const anew_graph *graph = plan->graph;
    anew_status status = ANEW_OK;
    int *fields = anew_alloc_zero(anew_size_mul((size_t)anew_graph_count(graph), sizeof *fields));
    e->steps = anew_alloc_zero(anew_size_mul((size_t)plan->step_count, sizeof *e->steps));
    if (fields == NULL || e->steps == NULL) {
        status = anew_fail(error, ANEW_ERROR_MEMORY, "no memory to explain");
        goto out;
    }
    ANEW_TRY_GOTO(anew_graph_fields(fields, graph, error), out);
    e->step_count = plan->step_count;
    for (int i = 0; i < plan->step_count; i++)
        explain_step(&e->steps[i], plan, &plan->steps[i], fields);
    e->field = fields[anew_graph_output(graph)];
out:
    anew_free(fields);
    return status;
}

/* Seconds for one floating-point operation: the network on a piece of noise, the second run counts. */
static anew_status try_out(double *seconds_per_flop, const anew_setup *setup, anew_error *error)
{
    const anew_graph *graph = setup->prepared->graph;
    const int alignment = anew_graph_alignment(graph), scale = anew_graph_scale(graph);
    /* Large enough to keep all workers busy, small enough to take a fraction of a second. */
    int side = (int)sqrt(1.5e10 / anew_graph_flops(graph));
    side = side < 32 ? 32 : side > 128 ? 128 : side;
    /* Without its margins the result is what the network makes of the rest. */
    const int margin = anew_graph_margin(graph);
    side = (side + 2 * margin + alignment - 1) / alignment * alignment;
    const int large = (side - 2 * margin) * scale;
    const size_t pixels = (size_t)side * (size_t)side, large_pixels = (size_t)large * (size_t)large;
    anew_plan *plan = NULL;
    anew_executor *executor = NULL;
    anew_status status = ANEW_OK;
    const int in_planes = anew_graph_node(graph, 0)->channels,
              out_planes = anew_graph_node(graph, anew_graph_output(graph))->channels;
    float *in_data = anew_alloc((size_t)in_planes * pixels * sizeof(float));
    float *out_data = anew_alloc((size_t)out_planes * large_pixels * sizeof(float));
    const anew_picture in = {in_data, in_planes, side, side, pixels, (size_t)side};
    const anew_picture out = {out_data, out_planes, large, large, large_pixels, (size_t)large};
    if (in_data == NULL || out_data == NULL) {
        status = anew_fail(error, ANEW_ERROR_MEMORY, "no memory for a trial");
        goto out;
    }
    for (size_t i = 0; i < (size_t)in_planes * pixels; i++)
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
    double per_flop = 0;
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
    ANEW_TRY_GOTO(anew_explain_steps(e, plan, error), out);
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
