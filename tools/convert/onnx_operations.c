/*
 * onnx_operations.c - what the operations of ONNX are in those of ops.def
 * (https://onnx.ai/onnx/operators/ defines them).
 */
#include <math.h>
#include <stdio.h>

#include "core/memory.h"
#include "onnx_graph.h"

const char onnx_operations[] =
    "Abs, Add, AveragePool, BatchNormalization, Clip, Concat, Conv, ConvTranspose, "
    "DepthToSpace, Div, Dropout, Elu, Erf, Exp, Flatten, Gather, Gelu, Gemm, "
    "GlobalAveragePool, GroupNormalization, HardSigmoid, HardSwish, Identity, "
    "InstanceNormalization, LayerNormalization, LeakyRelu, MatMul, Max, MaxPool, "
    "Min, Mish, Mul, Neg, PRelu, Pad, Pow, Reciprocal, ReduceMean, ReduceSum, "
    "Relu, Reshape, Resize, Selu, Sigmoid, Slice, Softmax, Softplus before Tanh, "
    "SpaceToDepth, Split, Sqrt, Squeeze, Sub, Tanh, Transpose, Unsqueeze, "
    "Upsample, and the arithmetic of shapes";

/* ---- two values, or a value and numbers ------------------------------------------------------------------------------ */

static void with_numbers(onnx_graph *g, char op, int value_at)
{
    node_list *n = &g->n;
    onnx_view v;
    const int a = onnx_viewed(g, value_at, &v);
    onnx_tensor shape;
    bool half;
    float *numbers = onnx_reals(g, 1 - value_at, &shape, &half);
    if (numbers == NULL)
        return;
    int result = 0;
    for (int64_t i = 0; i < shape.elements; i++)
        numbers[i] = op == '-' && value_at == 0   ? -numbers[i]
                     : op == '/' && value_at == 0 ? 1 / numbers[i]
                                                  : numbers[i];
    if (!onnx_is_of_channels(g, a, &v, &shape))
        onnx_unknown(g, "takes stored numbers that are neither one nor one for each channel");
    else if (op == '+' || (op == '-' && value_at == 0))
        result = nodes_add_vector(n, a, numbers, shape.elements, g->label);
    else if (op == '-')
        result = nodes_add_vector(n, nodes_scale(n, a, -1), numbers, shape.elements, g->label);
    else if (op == '*' || value_at == 0)
        result = nodes_multiply_vector(n, a, numbers, shape.elements, g->label);
    else if (shape.elements == 1)
        result = nodes_number_over(n, (double)numbers[0], a);
    else
        onnx_unknown(g, "divides numbers of each channel by a value");
    anew_free(numbers);
    onnx_give_viewed(g, 0, result, &v);
}

/* Inputs 0 and k as values of as many channels; how their result is seen. */
static void both(onnx_graph *g, int id[2], onnx_view *v, int k)
{
    onnx_view other;
    id[0] = onnx_viewed(g, 0, v);
    id[1] = onnx_viewed(g, k, &other);
    if (!onnx_broadcast(v, &other, v))
        onnx_unknown(g, "takes values whose sides are in another order, or of different sizes");
    const int channels[] = {nodes_value_of(&g->n, id[0])->channels,
                            nodes_value_of(&g->n, id[1])->channels};
    for (int i = 0; i < 2; i++)
        if (channels[i] == 1 && channels[1 - i] > 1)
            id[i] = nodes_spread_channel(&g->n, id[i], channels[1 - i]);
}

/* a / b where one of them may be a single pixel. */
static int divided(node_list *n, int a, int b)
{
    const bool one = nodes_value_of(n, a)->single, other = nodes_value_of(n, b)->single;
    if (other && !one)
        return nodes_pair(n, ANEW_OP_MULTIPLY, a, nodes_number_over(n, 1, b));
    if (one && !other)
        a = nodes_pair(n, ANEW_OP_ADD, nodes_scale(n, b, 0), a);
    return nodes_pair(n, ANEW_OP_DIVIDE, a, b);
}

static void pair(onnx_graph *g, char op)
{
    const onnx_kind a = onnx_input(g, 0)->kind, b = onnx_input(g, 1)->kind;
    int id[2];
    onnx_view v;
    if (a == ONNX_REALS || b == ONNX_REALS) {
        with_numbers(g, op, a == ONNX_REALS ? 1 : 0);
        return;
    }
    both(g, id, &v, 1);
    if (op == '-')
        id[1] = nodes_scale(&g->n, id[1], -1);
    onnx_give_viewed(
        g, 0,
        op == '/' ? divided(&g->n, id[0], id[1])
                  : nodes_pair(&g->n, op == '*' ? ANEW_OP_MULTIPLY : ANEW_OP_ADD, id[0], id[1]),
        &v);
}

/* Max and Min, of values, or of one and a number. */
static void extreme(onnx_graph *g, bool largest)
{
    int id[2];
    onnx_view v;
    float bound = 0;
    for (int k = 0; k < 2 && g->node->input_count == 2; k++) {
        const onnx_symbol s = *onnx_input(g, k);
        if (s.kind != ONNX_REALS)
            continue;
        id[0] = onnx_viewed(g, 1 - k, &v);
        if (onnx_floats(&s.tensor, &bound, 1) != 1)
            onnx_unknown(g, "takes stored numbers where one is known");
        onnx_give_viewed(g, 0,
                         nodes_clip(&g->n, id[0], largest ? (double)bound : -INFINITY,
                                    largest ? INFINITY : (double)bound),
                         &v);
        return;
    }
    if (g->node->input_count != 2) {
        onnx_unknown(g, "takes another number of values than two");
        return;
    }
    both(g, id, &v, 1);
    onnx_give_viewed(g, 0, nodes_extreme(&g->n, id[0], id[1], largest), &v);
}

static void power(onnx_graph *g)
{
    onnx_view v;
    const int a = onnx_viewed(g, 0, &v);
    const onnx_symbol b = *onnx_input(g, 1);
    float exponent = 0;
    int64_t whole = 0;
    if (b.kind == ONNX_SIZES && b.count == 1 && b.sizes[0].side == 0)
        whole = b.sizes[0].number;
    else if (b.kind != ONNX_REALS || onnx_floats(&b.tensor, &exponent, 1) != 1)
        onnx_unknown(g, "is a power that is computed");
    onnx_give_viewed(g, 0, nodes_power(&g->n, a, whole != 0 ? (double)whole : (double)exponent),
                     &v);
}

static void prelu(onnx_graph *g)
{
    onnx_view v;
    const int a = onnx_viewed(g, 0, &v);
    onnx_tensor shape;
    bool half;
    float *slopes = onnx_reals(g, 1, &shape, &half);
    if (slopes != NULL && !onnx_is_of_channels(g, a, &v, &shape))
        onnx_unknown(g, "takes slopes that are neither one nor one for each channel");
    if (slopes != NULL)
        onnx_give_viewed(g, 0, nodes_prelu(&g->n, a, slopes, shape.elements, g->label), &v);
    anew_free(slopes);
}

/* ---- sides --------------------------------------------------------------------------------------------------------------- */

static void depth(onnx_graph *g, bool to_large)
{
    const int a = onnx_value(g, 0);
    const int64_t factor = onnx_integer(g->node, "blocksize", 0);
    const bool by_channels = to_large && is_text(onnx_text(g->node, "mode", "DCR"), "CRD");
    onnx_give_value(g, by_channels ? nodes_resample(&g->n, ANEW_OP_PIXEL_SHUFFLE, a, factor, false)
                                   : nodes_shuffle_depth_last(&g->n, a, factor, to_large));
}

/* ReduceMean, ReduceSum: over all pixels, over the channels of each, or both. */
static void reduce(onnx_graph *g, bool mean)
{
    int64_t axes[ONNX_MAX_AXES];
    onnx_view v;
    int a = onnx_viewed(g, 0, &v), count = onnx_list(g, 1, "axes", axes, ONNX_MAX_AXES);
    if (count < 0)
        for (count = 0; count < v.rank; count++)
            axes[count] = count;
    const char of = count > ONNX_MAX_AXES ? 0 : onnx_axes_are(g, a, &v, axes, count);
    const bool keep = onnx_integer(g->node, "keepdims", 1) != 0;
    if (of == 0 || (!mean && of != 'c')) {
        onnx_unknown(g, mean ? "is a mean that is not known (known: over rows and columns, over "
                               "channels, over all)"
                             : "is a sum that is not known (known: over channels)");
        return;
    }
    if (of == 'h' || of == 'a')
        a = nodes_global_mean(&g->n, a);
    if (of == 'c' || of == 'a')
        a = nodes_channel_sum(&g->n, a, mean);
    onnx_reduce(&v, axes, count, keep);
    onnx_give_viewed(g, 0, a, &v);
}

/* Channels, or rows and columns alike from both ends. */
static void cut(onnx_graph *g)
{
    int64_t lists[4][4] = {{0}, {0}, {0, 1, 2, 3}, {1, 1, 1, 1}};
    static const char *const names[] = {"starts", "ends", "axes", "steps"};
    onnx_view v;
    const int a = onnx_viewed(g, 0, &v), channels = nodes_value_of(&g->n, a)->channels;
    int64_t first[2] = {0}, last[2] = {0}; /* of rows and columns; ends from the end */
    int count = 0;
    bool fine = true;
    for (int i = 0; i < 4; i++) {
        const int there = onnx_list(g, i + 1, names[i], lists[i], 4);
        count = i == 0 ? there : count;
        fine = fine && (there == count || (i > 1 && there < 0));
    }
    if (!fine || count < 1 || count > 4) {
        onnx_unknown(g, "takes a part that is not known");
        return;
    }
    int64_t from = 0, to = channels;
    for (int i = 0; i < count; i++) {
        const int axis = onnx_axis(&v, lists[2][i]);
        const int64_t start = lists[0][i], end = lists[1][i];
        const bool all = start == 0 && end > INT32_MAX - 1;
        if (axis < 0 || (lists[3][i] != 1 && !(all && lists[3][i] == 1))) {
            onnx_unknown(g, "leaves out every other");
            return;
        }
        if (all)
            continue;
        if (onnx_is_channels(g, a, &v, axis)) {
            from = start < 0 ? start + channels : start;
            to = end < 0 ? end + channels : end > channels ? channels : end;
            onnx_set_channels(&v, axis, to - from);
        } else if (onnx_input(g, 0)->kind == ONNX_VALUE && axis > 1 && start >= 0 &&
                   (end < 0 || end > INT32_MAX - 1)) {
            first[axis - 2] = start;
            last[axis - 2] = end < 0 ? -end : 0;
        } else {
            fine = false;
        }
    }
    if (!fine || first[0] != first[1] || last[0] != last[1]) {
        onnx_unknown(
            g, "takes a part that is not known (known: of channels; of rows and columns alike, "
               "counted from both ends)");
        return;
    }
    const int id = nodes_crop(&g->n, nodes_slice(&g->n, a, from, to - from), first[0], last[0]);
    if ((first[0] | last[0]) != 0)
        onnx_give_value(g, id);
    else
        onnx_give_viewed(g, 0, id, &v);
}

static void split(onnx_graph *g)
{
    onnx_view v;
    const int a = onnx_viewed(g, 0, &v), channels = nodes_value_of(&g->n, a)->channels;
    const int axis = onnx_axis(&v, onnx_integer(g->node, "axis", 0));
    int64_t parts[ONNX_MAX_INPUTS] = {0};
    const int outputs = g->node->output_count;
    int count = onnx_list(g, 1, "split", parts, ONNX_MAX_INPUTS);
    if (count < 0 && outputs > 0 && outputs <= ONNX_MAX_INPUTS) {
        /* Of equal sizes, but for the last. */
        const int each = (channels + outputs - 1) / outputs;
        count = outputs;
        for (int i = 0; i < count; i++)
            parts[i] = i + 1 < count ? each : channels - (int64_t)each * (count - 1);
    }
    if (!onnx_is_channels(g, a, &v, axis) || count != outputs || count > ONNX_MAX_INPUTS) {
        onnx_unknown(g, "is a split that is not known (known: of channels, in up to 32 parts)");
        return;
    }
    int64_t first = 0;
    for (int i = 0; i < count && !nodes_failed(&g->n); first += parts[i++]) {
        onnx_view of = v;
        onnx_set_channels(&of, axis, parts[i]);
        onnx_give_viewed(g, i, nodes_slice(&g->n, a, first, parts[i]), &of);
    }
}

/* Channels by their numbers; a single number takes the axis away. */
static void gather(onnx_graph *g)
{
    onnx_view v;
    const int a = onnx_viewed(g, 0, &v), channels = nodes_value_of(&g->n, a)->channels;
    const int axis = onnx_axis(&v, onnx_integer(g->node, "axis", 0));
    const onnx_symbol at = *onnx_input(g, 1);
    int from[ONNX_MAX_SIZES] = {0};
    bool fine = onnx_is_channels(g, a, &v, axis) && at.kind == ONNX_SIZES && at.count > 0;
    for (int i = 0; fine && i < at.count; i++) {
        const int64_t index = at.sizes[i].number + (at.sizes[i].number < 0 ? channels : 0);
        fine = at.sizes[i].side == 0 && index >= 0 && index < channels;
        from[i] = fine ? (int)index : 0;
    }
    if (!fine) {
        onnx_unknown(g, "takes a part that is not known (known: channels by their numbers)");
        return;
    }
    onnx_set_channels(&v, axis, at.count);
    if (at.rank == 0) {
        const int64_t gone = axis;
        onnx_reduce(&v, &gone, 1, false);
    }
    onnx_give_viewed(g, 0, nodes_choose(&g->n, a, from, at.count, g->label), &v);
}

static void pad(onnx_graph *g)
{
    onnx_symbol s = *onnx_input(g, 0);
    int64_t pads[8] = {0};
    const span_bytes mode = onnx_text(g->node, "mode", "constant");
    const int count = onnx_list(g, 1, "pads", pads, 8);
    float number = onnx_real(g->node, "value", 0);
    if (onnx_has(g, 2)) {
        const onnx_symbol fill = *onnx_input(g, 2);
        if (fill.kind == ONNX_REALS && onnx_floats(&fill.tensor, &number, 1) != 1)
            number = 1;
    }
    const bool reflect = is_text(mode, "reflect"), repeat = is_text(mode, "edge");
    bool none = s.kind == ONNX_VALUE && count == 8;
    for (int i = 0; i < 8; i++)
        none = none && pads[i] == 0;
    if (none) {
        onnx_give_value(g, s.value);
        return;
    }
    bool fine = s.kind == ONNX_VALUE && count == 8 &&
                (pads[0] | pads[1] | pads[4] | pads[5]) == 0 &&
                (reflect || repeat || (is_text(mode, "constant") && number == 0));
    for (int i = 0; i < 8; i++)
        fine = fine && pads[i] >= 0 && pads[i] <= 4096;
    if (!fine) {
        onnx_unknown(g, "pads in a way that is not known (known: rows and columns, by zeros, by "
                        "reflection, by the edge)");
        return;
    }
    /* What the network cuts off again at its end: the picture is continued so before it (anew_graph_margin). */
    if (reflect && s.value == g->picture && pads[2] == pads[3] && pads[2] == pads[6] &&
        pads[2] == pads[7]) {
        onnx_give_value(g, s.value);
        return;
    }
    s.kind = ONNX_PADDED;
    s.edge = reflect ? ANEW_EDGE_REFLECT : repeat ? ANEW_EDGE_REPEAT : ANEW_EDGE_ZEROS;
    for (int i = 0; i < 2; i++) {
        s.before[i] = pads[2 + i];
        s.after[i] = pads[6 + i];
    }
    onnx_give(g, 0, s);
}

/* The last operation, or one that is followed by no other that the picture does not undergo anyway. */
static void clip(onnx_graph *g)
{
    onnx_view v;
    const int a = onnx_viewed(g, 0, &v);
    float bounds[2] = {onnx_real(g->node, "min", -INFINITY), onnx_real(g->node, "max", INFINITY)};
    for (int i = 0; i < 2; i++)
        if (onnx_has(g, i + 1) && (onnx_input(g, i + 1)->kind != ONNX_REALS ||
                                   onnx_floats(&onnx_input(g, i + 1)->tensor, &bounds[i], 1) != 1))
            bounds[i] = NAN;
    const double range = g->n.options.range > 0 ? g->n.options.range : 1;
    bool last = false;
    for (int i = 0; i < g->f->output_count; i++)
        last = last || same_bytes(g->f->outputs[i], g->node->output);
    if (last && bounds[0] <= 0 && (double)bounds[1] >= range)
        onnx_give_viewed(g, 0, a, &v);
    else if (isnan(bounds[0]) || isnan(bounds[1]))
        onnx_unknown(g, "limits values by what is computed");
    else
        onnx_give_viewed(g, 0, nodes_clip(&g->n, a, (double)bounds[0], (double)bounds[1]), &v);
}

/* Over the channels of each pixel. Before version 13 the axes behind `axis` were taken together. */
static void softmax(onnx_graph *g)
{
    onnx_view v;
    const int a = onnx_viewed(g, 0, &v);
    const bool modern = g->f->opset >= 13;
    const int axis = onnx_axis(&v, onnx_integer(g->node, "axis", modern ? -1 : 1));
    bool fine = onnx_is_channels(g, a, &v, axis);
    for (int i = axis + 1; !modern && fine && i < v.rank; i++)
        fine = v.first[i] == v.first[i + 1];
    if (!fine)
        onnx_unknown(g, "is a softmax that is not known (known: over the channels)");
    else
        onnx_give_viewed(g, 0, nodes_simple(&g->n, ANEW_OP_SOFTMAX, a), &v);
}

/* ---- all of them --------------------------------------------------------------------------------------------------------- */

static void concat(onnx_graph *g)
{
    int sources[ONNX_MAX_INPUTS];
    onnx_view v, all = {.rank = 0};
    int axis = 0;
    int64_t channels = 0;
    bool fine = g->node->input_count >= 1 && g->node->input_count <= ONNX_MAX_INPUTS;
    for (int k = 0; fine && k < g->node->input_count; k++) {
        sources[k] = onnx_viewed(g, k, &v);
        axis = onnx_axis(&v, onnx_integer(g->node, "axis", 1));
        fine = onnx_is_channels(g, sources[k], &v, axis);
        channels += nodes_value_of(&g->n, sources[k])->channels;
        if (fine)
            onnx_set_channels(&v, axis, 1); /* the rest must be alike */
        fine = fine && (k == 0 || (onnx_broadcast(&v, &all, &all) && v.rank == all.rank));
        all = k == 0 ? v : all;
    }
    if (!fine) {
        onnx_unknown(g, "joins values along another axis than their channels, or more than 32");
        return;
    }
    onnx_set_channels(&all, axis, channels);
    onnx_give_viewed(g, 0, nodes_concat(&g->n, sources, g->node->input_count), &all);
}

/* ---- functions of each number ------------------------------------------------------------------------------------------- */

/* Whether the operation is one. */
static bool function(onnx_graph *g)
{
    static const struct {
        const char *name;
        anew_op op;
    } simple[] = {{"Relu", ANEW_OP_RELU}, {"Sigmoid", ANEW_OP_SIGMOID}, {"Tanh", ANEW_OP_TANH},
                  {"Exp", ANEW_OP_EXP},   {"Sqrt", ANEW_OP_SQRT},       {"Erf", ANEW_OP_ERF}};
    static const char *const others[] = {
        "Identity",    "Dropout",   "Cast", "Neg", "LeakyRelu", "Abs",  "Reciprocal",
        "HardSigmoid", "HardSwish", "Mish", "Elu", "Selu",      "Gelu", "Softplus"};
    const span_bytes op = g->node->op;
    const onnx_node *const node = g->node;
    node_list *n = &g->n;
    onnx_view v;
    int id = -1;
    bool known = false;
    for (size_t i = 0; i < sizeof simple / sizeof simple[0]; i++)
        known = known || is_text(op, simple[i].name);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        known = known || is_text(op, others[i]);
    if (!known)
        return false;
    const onnx_symbol from = *onnx_input(g, 0);
    if (from.kind == ONNX_SOFTPLUS && is_text(op, "Tanh")) {
        onnx_give_viewed(g, 0, nodes_tanh_softplus(n, from.value), &from.view);
        return true;
    }
    const int a = onnx_viewed(g, 0, &v);
    for (size_t i = 0; i < sizeof simple / sizeof simple[0]; i++)
        if (is_text(op, simple[i].name))
            id = nodes_simple(n, simple[i].op, a);
    if (id >= 0)
        ;
    else if (is_text(op, "Neg"))
        id = nodes_scale(n, a, -1);
    else if (is_text(op, "LeakyRelu"))
        id = nodes_leaky(n, a, (double)onnx_real(node, "alpha", 0.01f));
    else if (is_text(op, "Abs"))
        id = nodes_absolute(n, a);
    else if (is_text(op, "Reciprocal"))
        id = nodes_number_over(n, 1, a);
    else if (is_text(op, "HardSigmoid"))
        id = nodes_hard_sigmoid(n, a, (double)onnx_real(node, "alpha", 0.2f),
                                (double)onnx_real(node, "beta", 0.5f));
    else if (is_text(op, "HardSwish"))
        id = nodes_hard_swish(n, a, 1.0 / 6, 0.5);
    else if (is_text(op, "Mish"))
        id = nodes_mish(n, a);
    else if (is_text(op, "Elu"))
        id = nodes_elu(n, a, (double)onnx_real(node, "alpha", 1), 1);
    else if (is_text(op, "Selu"))
        id = nodes_elu(n, a, (double)onnx_real(node, "alpha", 1.67326319217681884765625f),
                       (double)onnx_real(node, "gamma", 1.05070102214813232421875f));
    else if (is_text(op, "Gelu"))
        id = is_text(onnx_text(node, "approximate", "none"), "tanh")
                 ? nodes_gelu_tanh(n, a)
                 : nodes_simple(n, ANEW_OP_GELU, a);
    else if (is_text(op, "Softplus")) {
        onnx_give(g, 0, (onnx_symbol){.kind = ONNX_SOFTPLUS, .value = a, .view = v});
        return true;
    } else
        id = a;
    onnx_give_viewed(g, 0, id, &v);
    return true;
}

void onnx_operation(onnx_graph *g)
{
    static const struct {
        const char *name;
        char sign;
    } pairs[] = {{"Add", '+'}, {"Sub", '-'}, {"Mul", '*'}, {"Div", '/'}};
    static const struct {
        const char *name;
        void (*does)(onnx_graph *g);
    } others[] = {{"Gemm", onnx_gemm},
                  {"MatMul", onnx_gemm},
                  {"PRelu", prelu},
                  {"Pow", power},
                  {"Clip", clip},
                  {"BatchNormalization", onnx_batch_norm},
                  {"InstanceNormalization", onnx_instance_norm},
                  {"GroupNormalization", onnx_group_norm},
                  {"LayerNormalization", onnx_layer_norm},
                  {"Softmax", softmax},
                  {"Concat", concat},
                  {"Split", split},
                  {"Slice", cut},
                  {"Gather", gather},
                  {"Pad", pad},
                  {"Resize", onnx_resize},
                  {"Upsample", onnx_resize},
                  {"Reshape", onnx_rearrange},
                  {"Transpose", onnx_rearrange},
                  {"Flatten", onnx_rearrange},
                  {"Squeeze", onnx_rearrange},
                  {"Unsqueeze", onnx_rearrange}};
    const span_bytes op = g->node->op;
    if (onnx_shape_operation(g) || function(g))
        return;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        if (is_text(op, pairs[i].name)) {
            pair(g, pairs[i].sign);
            return;
        }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (is_text(op, others[i].name)) {
            others[i].does(g);
            return;
        }
    if (is_text(op, "Conv") || is_text(op, "ConvTranspose"))
        onnx_convolution(g, is_text(op, "ConvTranspose"));
    else if (is_text(op, "DepthToSpace") || is_text(op, "SpaceToDepth"))
        depth(g, is_text(op, "DepthToSpace"));
    else if (is_text(op, "ReduceMean") || is_text(op, "ReduceSum")) {
        if (!is_text(op, "ReduceMean") || !onnx_spelled_norm(g))
            reduce(g, is_text(op, "ReduceMean"));
    } else if (is_text(op, "GlobalAveragePool"))
        onnx_give_value(g, nodes_global_mean(&g->n, onnx_value(g, 0)));
    else if (is_text(op, "AveragePool") || is_text(op, "MaxPool"))
        onnx_pool(g, is_text(op, "MaxPool"));
    else if (is_text(op, "Max") || is_text(op, "Min"))
        extreme(g, is_text(op, "Max"));
    else
        nodes_refuse(
            &g->n, ANEW_ERROR_UNSUPPORTED,
            "has the operation '%.*s', which anew does not know (anew-convert --list names "
            "those that it does)",
            (int)(op.size < 40 ? op.size : 40), op.size > 0 ? (const char *)op.data : "");
}
