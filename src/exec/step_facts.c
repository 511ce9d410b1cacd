/* step_facts.c - what a report tells of a step beside its time: names, channels, bytes. */
#include <stdio.h>

#include "exec/exec.h"

void anew_step_describe(char *name, size_t name_bytes, char *kernel, size_t kernel_bytes,
                        const anew_plan *plan, const anew_step *step)
{
    static const char *const words[] = {
        [ANEW_STEP_MAP] = "map",
        [ANEW_STEP_POINTWISE] = "pointwise",
        [ANEW_STEP_NORMALISE] = "normalise",
        [ANEW_STEP_SOFTMAX] = "softmax",
        [ANEW_STEP_POOL] = "max_pool",
        [ANEW_STEP_CONCAT] = "concat",
        [ANEW_STEP_UPSAMPLE] = "upsample_nearest",
        [ANEW_STEP_SHUFFLE] = "blocks_to_planar",
        [ANEW_STEP_UNSHUFFLE] = "blocks_to_planar",
        [ANEW_STEP_LOAD] = "planar_to_blocks",
        [ANEW_STEP_STORE] = "blocks_to_planar",
        [ANEW_STEP_TAIL] = "pointwise",
        [ANEW_STEP_BILINEAR] = "bilinear",
        [ANEW_STEP_NEAREST] = "copy",
        [ANEW_STEP_ADAPTIVE] = "max_pool",
        [ANEW_STEP_AVERAGE] = "average",
        [ANEW_STEP_SLICE] = "copy",
        [ANEW_STEP_CROP] = "copy",
        [ANEW_STEP_CODEBOOK] = "copy",
        [ANEW_STEP_CONSTANT] = "copy",
        [ANEW_STEP_DEMODULATION] = "sums",
        [ANEW_STEP_WINDOWS] = "windows",
        [ANEW_STEP_FLATTEN] = "copy",
        [ANEW_STEP_GLOBAL_MEAN] = "sums",
        [ANEW_STEP_GROUP_NORM] = "sums+affine",
        [ANEW_STEP_ADAIN] = "sums+affine",
        [ANEW_STEP_ATTENTION] = "attend",
    };
    if (step->kind == ANEW_STEP_CONV) {
        const int conv = (int)(step->packed - plan->weights->nodes);
        const anew_node *node = anew_graph_node(plan->graph, conv);
        (void)snprintf(name, name_bytes, "%s%s%s", node->name,
                       step->epilogue_count + step->tail_count > 0 ? "+" : "",
                       step->destination < 0 ? ">out" : "");
        (void)snprintf(kernel, kernel_bytes, "%s", step->packed->kernel->name);
        return;
    }
    const anew_node *node = anew_graph_node(plan->graph, step->node);
    (void)snprintf(name, name_bytes, "%s", node->name[0] ? node->name : anew_op_name(node->op));
    (void)snprintf(kernel, kernel_bytes, "%s", words[step->kind]);
}

void anew_step_channels(int *in, int *out, const anew_plan *plan, const anew_step *step)
{
    *in = step->kind == ANEW_STEP_LOAD ? anew_graph_node(plan->graph, 0)->channels : 0;
    for (int k = 0; k < step->operand_count; k++)
        *in += step->operands[k].channels;
    if (step->kind == ANEW_STEP_CONV)
        *out = step->packed->shape.out_channels;
    else if (step->destination >= 0)
        *out = plan->values[step->destination].channels;
    else
        *out = plan->outputs[step->output].channels;
}

/* Of all rows. */
static double value_floats(const anew_plan *plan, int value)
{
    const anew_value *v = &plan->values[value];
    return (double)v->blocks * ANEW_BLOCK * v->height * v->width;
}

static double input_floats(const anew_plan *plan)
{
    return (double)anew_graph_node(plan->graph, 0)->channels * plan->height * plan->width;
}

double anew_step_bytes(const anew_plan *plan, const anew_step *step, int rows)
{
    double floats = step->kind == ANEW_STEP_LOAD ? input_floats(plan) : 0, weights = 0;
    for (int k = 0; k < step->operand_count; k++)
        floats += step->operands[k].value < 0 ? input_floats(plan)
                                              : value_floats(plan, step->operands[k].value);
    for (int i = 0; i < step->epilogue_count; i++)
        if (step->epilogue[i].kind == ANEW_EPILOGUE_ADD)
            floats += value_floats(plan, step->epilogue[i].value);
    if (step->destination >= 0) {
        floats += value_floats(plan, step->destination);
    } else {
        const anew_plan_output *to = &plan->outputs[step->output];
        floats += (double)to->channels * to->height * to->width;
    }
    if (step->add_input > 0)
        floats += input_floats(plan);
    if (step->kind == ANEW_STEP_CONV)
        weights = (double)step->packed->kernel->packed_floats(&step->packed->shape);
    return (floats * rows / step->height + weights) * (double)sizeof(float);
}
