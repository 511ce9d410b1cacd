/*
 * onnx_operations.c - what the operations of ONNX are in those of ops.def
 * (https://onnx.ai/onnx/operators/ defines them).
 */
#include <math.h>
#include <stdio.h>

#include "core/memory.h"
#include "onnx_graph.h"

#define KNOWN                                                                                      \
    "Add, AveragePool, BatchNormalization, Clip, Concat, Conv, ConvTranspose, DepthToSpace, Div, " \
    "Dropout, Erf, Exp, Flatten, Gemm, GlobalAveragePool, Identity, LeakyRelu, MaxPool, Mul, "     \
    "Neg, "                                                                                        \
    "PRelu, Pad, Pow, ReduceMean, Relu, Reshape, Resize, Sigmoid, Slice, Softmax, SpaceToDepth, "  \
    "Split, Sqrt, Squeeze, Sub, Tanh, Transpose, Unsqueeze, Upsample, and the arithmetic of "      \
    "shapes"

/* ---- two values, or a value and numbers ------------------------------------------------------------------------------ */

/* Whether the tensor holds one number, or one for each channel. */
static bool is_of_channels(const onnx_tensor *t, int channels, bool single)
{
    if (t->elements == 1)
        return true;
    const int axis = single && t->rank <= 2 ? t->rank - 1 : t->rank - 3;
    return axis >= 0 && t->dims[axis] == channels && t->elements == channels;
}

static void with_numbers(onnx_graph *g, char op, int value_at)
{
    node_list *n = &g->n;
    const int a = onnx_value(g, value_at);
    onnx_tensor shape;
    bool half;
    float *numbers = onnx_reals(g, 1 - value_at, &shape, &half);
    if (numbers == NULL)
        return;
    const nodes_value *v = nodes_value_of(n, a);
    int result = 0;
    for (int64_t i = 0; i < shape.elements; i++)
        numbers[i] = op == '-' && value_at == 0 ? -numbers[i]
                     : op == '/'                ? 1 / numbers[i]
                                                : numbers[i];
    if (!is_of_channels(&shape, v->channels, v->single))
        onnx_unknown(g, "takes stored numbers that are neither one nor one for each channel");
    else if (op == '+' || (op == '-' && value_at == 0))
        result = nodes_add_vector(n, a, numbers, shape.elements, g->label);
    else if (op == '-')
        result = nodes_add_vector(n, nodes_scale(n, a, -1), numbers, shape.elements, g->label);
    else if (op == '*' || value_at == 0)
        result = nodes_multiply_vector(n, a, numbers, shape.elements, g->label);
    else
        onnx_unknown(g, "divides a number by a value");
    anew_free(numbers);
    onnx_give_value(g, result);
}

static void pair(onnx_graph *g, char op)
{
    const onnx_symbol a = *onnx_input(g, 0), b = *onnx_input(g, 1);
    if (a.kind == ONNX_REALS) {
        with_numbers(g, op, 1);
        return;
    }
    if (b.kind == ONNX_REALS) {
        with_numbers(g, op, 0);
        return;
    }
    const int x = onnx_value(g, 0);
    int y = onnx_value(g, 1);
    if (op == '-')
        y = nodes_scale(&g->n, y, -1);
    onnx_give_value(g, nodes_pair(&g->n,
                                  op == '*'   ? ANEW_OP_MULTIPLY
                                  : op == '/' ? ANEW_OP_DIVIDE
                                              : ANEW_OP_ADD,
                                  x, y));
}

static void power(onnx_graph *g)
{
    const int a = onnx_value(g, 0);
    const onnx_symbol b = *onnx_input(g, 1);
    float exponent = 0;
    if (b.kind != ONNX_REALS || onnx_floats(&b.tensor, &exponent, 1) != 1 ||
        (exponent != 2 && exponent != 0.5f))
        onnx_unknown(g, "is a power that is not known (known: 2 and 0.5)");
    else
        onnx_give_value(g, exponent == 2 ? nodes_pair(&g->n, ANEW_OP_MULTIPLY, a, a)
                                         : nodes_simple(&g->n, ANEW_OP_SQRT, a));
}

static void prelu(onnx_graph *g)
{
    const int a = onnx_value(g, 0);
    onnx_tensor shape;
    bool half;
    float *slopes = onnx_reals(g, 1, &shape, &half);
    if (slopes != NULL)
        onnx_give_value(g, nodes_prelu(&g->n, a, slopes, shape.elements, g->label));
    anew_free(slopes);
}

/* Behind any operation but a convolution. */
static void batch_norm(onnx_graph *g)
{
    float *parts[4] = {NULL};
    onnx_tensor shape;
    bool half;
    const int a = onnx_value(g, 0), channels = nodes_value_of(&g->n, a)->channels;
    if (g->node->used) { /* it is in the convolution before */
        onnx_give_value(g, a);
        return;
    }
    for (int k = 0; k < 4; k++) {
        parts[k] = onnx_reals(g, k + 1, &shape, &half);
        if (parts[k] != NULL && shape.elements != channels)
            onnx_unknown(g, "normalises another number of channels");
    }
    const double epsilon = (double)onnx_real(g->node, "epsilon", 1e-5f);
    for (int c = 0; !nodes_failed(&g->n) && c < channels; c++) {
        const double s = (double)parts[0][c] / sqrt((double)parts[3][c] + epsilon);
        parts[1][c] = (float)((double)parts[1][c] - (double)parts[2][c] * s);
        parts[0][c] = (float)s;
    }
    if (!nodes_failed(&g->n)) {
        const int scaled = nodes_multiply_vector(&g->n, a, parts[0], channels, g->label);
        onnx_give_value(g, nodes_add_vector(&g->n, scaled, parts[1], channels, g->label));
    }
    for (int k = 0; k < 4; k++)
        anew_free(parts[k]);
}

/* ---- sides --------------------------------------------------------------------------------------------------------------- */

static void enlarge(onnx_graph *g, int64_t factor, bool linear, bool corners)
{
    const int a = onnx_value(g, 0);
    onnx_give_value(g, nodes_resample(&g->n,
                                      linear ? ANEW_OP_UPSAMPLE_BILINEAR : ANEW_OP_UPSAMPLE_NEAREST,
                                      a, factor, corners));
}

/* Upsample and Resize: by scales [1, 1, r, r] or to sizes; 0 where the factor is no whole number. */
static int resize_factor(onnx_graph *g)
{
    const bool has_sizes = g->f->opset > 10 && onnx_has(g, 3);
    const int at = has_sizes ? 3 : g->f->opset > 10 ? 2 : 1;
    const int a = onnx_value(g, 0);
    float scales[4] = {0};
    int factors[2] = {0};
    const onnx_symbol to = *onnx_input(g, at);
    if (has_sizes) {
        for (int i = 0; i < 2 && to.kind == ONNX_SIZES && to.count == 4; i++)
            factors[i] = onnx_times(onnx_freed(g, to.sizes[2 + i], i), onnx_size_of(g, a, 2 + i));
    } else if (to.kind == ONNX_REALS && onnx_floats(&to.tensor, scales, 4) == 4 && scales[0] == 1 &&
               scales[1] == 1) {
        for (int i = 0; i < 2; i++)
            factors[i] =
                scales[2 + i] >= 1 && scales[2 + i] <= 16 && scales[2 + i] == floorf(scales[2 + i])
                    ? (int)scales[2 + i]
                    : 0;
    }
    return factors[0] == factors[1] ? factors[0] : 0;
}

static void resize(onnx_graph *g)
{
    const int factor = resize_factor(g);
    const bool modern = g->f->opset > 10;
    const span_bytes mode = onnx_text(g->node, "mode", "nearest");
    const span_bytes at =
        onnx_text(g->node, "coordinate_transformation_mode", modern ? "half_pixel" : "asymmetric");
    const span_bytes nearest =
        onnx_text(g->node, "nearest_mode", modern ? "round_prefer_floor" : "floor");
    const bool half = is_text(at, "half_pixel") || is_text(at, "pytorch_half_pixel");
    const bool asymmetric = is_text(at, "asymmetric");
    /* Where the pixel is taken from that the division gives: (d + 1/2) / r - 1/2 rounded, or d / r rounded down. */
    const bool divides =
        (asymmetric && is_text(nearest, "floor")) ||
        (asymmetric && is_text(nearest, "round_prefer_floor") && factor <= 2) ||
        (half && (is_text(nearest, "round_prefer_floor") || is_text(nearest, "round_prefer_ceil")));
    if (factor == 0)
        onnx_unknown(g, "resizes to something else than a whole number of times the size");
    else if (is_text(mode, "nearest") && divides)
        enlarge(g, factor, false, false);
    else if (is_text(mode, "linear") && (half || is_text(at, "align_corners")))
        enlarge(g, factor, true, !half);
    else if (factor == 1)
        onnx_give_value(g, onnx_value(g, 0));
    else
        onnx_unknown(g,
                     "resizes in a way that is not known (known: nearest; linear with half_pixel, "
                     "pytorch_half_pixel or align_corners)");
}

static void depth(onnx_graph *g, bool to_large)
{
    const int a = onnx_value(g, 0);
    const int64_t factor = onnx_integer(g->node, "blocksize", 0);
    const bool by_channels = to_large && is_text(onnx_text(g->node, "mode", "DCR"), "CRD");
    onnx_give_value(g, by_channels ? nodes_resample(&g->n, ANEW_OP_PIXEL_SHUFFLE, a, factor, false)
                                   : nodes_shuffle_depth_last(&g->n, a, factor, to_large));
}

static void pool(onnx_graph *g, bool largest)
{
    int64_t kernel[2] = {0}, stride[2], pads[4] = {0};
    const int a = onnx_value(g, 0), count = onnx_integers(g->node, "kernel_shape", kernel, 2);
    (void)onnx_integers(g->node, "pads", pads, 4);
    onnx_sides(g, "strides", stride, 1);
    if (count != 2 || kernel[0] != kernel[1] || stride[0] != kernel[0] || stride[1] != kernel[0] ||
        (pads[0] | pads[1] | pads[2] | pads[3]) != 0 || (largest && kernel[0] != 2) ||
        !is_text(onnx_text(g->node, "auto_pad", "NOTSET"), "NOTSET") || g->node->output_count != 1)
        onnx_unknown(g, largest ? "is a pooling that is not known (known: the largest of 2x2)"
                                : "is a pooling that is not known (known: the mean of squares as "
                                  "large as their stride)");
    else
        onnx_give_value(g, largest
                               ? nodes_max_pool(&g->n, a, 2, 2)
                               : nodes_resample(&g->n, ANEW_OP_AVERAGE_POOL, a, kernel[0], false));
}

static bool is_all_pixels(onnx_graph *g)
{
    int64_t axes[2] = {0};
    int count = onnx_integers(g->node, "axes", axes, 2);
    if (count < 0 && onnx_has(g, 1)) {
        const onnx_symbol s = *onnx_input(g, 1);
        count = s.kind == ONNX_SIZES ? s.count : 0;
        for (int i = 0; i < count && i < 2; i++)
            axes[i] = s.sizes[i].number;
    }
    const int64_t first = axes[0] < 0 ? axes[0] + 4 : axes[0],
                  second = axes[1] < 0 ? axes[1] + 4 : axes[1];
    return count == 2 && first + second == 5 && (first == 2 || first == 3);
}

/* Channels, or rows and columns alike from both ends. */
static void cut(onnx_graph *g)
{
    int64_t lists[4][4] = {{0}, {0}, {2, 3, 0, 1}, {1, 1, 1, 1}};
    static const char *const names[] = {"starts", "ends", "axes", "steps"};
    const int a = onnx_value(g, 0);
    int count = 0;
    for (int i = 0; i < 4; i++) {
        int there = onnx_integers(g->node, names[i], lists[i], 4);
        if (there < 0 && onnx_has(g, i + 1)) {
            const onnx_symbol s = *onnx_input(g, i + 1);
            there = s.kind == ONNX_SIZES ? s.count : 99;
            for (int k = 0; k < there && k < 4; k++) {
                lists[i][k] = s.sizes[k].number;
                there = s.sizes[k].side != 0 ? 99 : there;
            }
        }
        if (i == 0)
            count = there;
        if ((i < 3 && there != count) || (there >= 0 && there != count) || count < 1 || count > 2) {
            onnx_unknown(g, "takes a part that is not known");
            return;
        }
    }
    const nodes_value *v = nodes_value_of(&g->n, a);
    if (lists[3][0] != 1 || lists[3][1] != 1) {
        onnx_unknown(g, "leaves out every other");
    } else if (count == 1 && (lists[2][0] == 1 || lists[2][0] == -3)) {
        const int64_t first = lists[0][0] < 0 ? lists[0][0] + v->channels : lists[0][0];
        int64_t last = lists[1][0] < 0 ? lists[1][0] + v->channels : lists[1][0];
        last = last > v->channels ? v->channels : last;
        onnx_give_value(g, nodes_slice(&g->n, a, first, last - first));
    } else if (count == 2 && (lists[2][0] & 3) + (lists[2][1] & 3) == 5 && lists[0][0] >= 0 &&
               lists[0][0] == lists[0][1] && lists[1][0] == lists[1][1] &&
               (lists[1][0] < 0 || lists[1][0] > INT32_MAX - 1)) {
        onnx_give_value(g, nodes_crop(&g->n, a, lists[0][0], lists[1][0] < 0 ? -lists[1][0] : 0));
    } else {
        onnx_unknown(
            g, "takes a part that is not known (known: of channels; of rows and columns alike, "
               "counted from both ends)");
    }
}

static void split(onnx_graph *g)
{
    const int a = onnx_value(g, 0), channels = nodes_value_of(&g->n, a)->channels;
    const int64_t axis = onnx_integer(g->node, "axis", 0);
    int64_t parts[ONNX_MAX_INPUTS] = {0};
    const int outputs = g->node->output_count;
    int count = onnx_integers(g->node, "split", parts, ONNX_MAX_INPUTS);
    if (count < 0 && onnx_has(g, 1)) {
        const onnx_symbol s = *onnx_input(g, 1);
        count = s.kind == ONNX_SIZES ? s.count : 99;
        for (int i = 0; i < count && i < ONNX_MAX_INPUTS; i++)
            parts[i] = s.sizes[i].number;
    }
    if (count < 0 && outputs > 0 && outputs <= ONNX_MAX_INPUTS && channels % outputs == 0) {
        count = outputs;
        for (int i = 0; i < count; i++)
            parts[i] = channels / outputs;
    }
    if ((axis != 1 && axis != -3) || count != outputs || count > ONNX_MAX_INPUTS) {
        onnx_unknown(g, "is a split that is not known (known: of channels, in up to 8 parts)");
        return;
    }
    int64_t first = 0;
    for (int i = 0; i < count; first += parts[i++])
        onnx_give(
            g, i,
            (onnx_symbol){.kind = ONNX_VALUE, .value = nodes_slice(&g->n, a, first, parts[i])});
}

static void pad(onnx_graph *g)
{
    onnx_symbol s = *onnx_input(g, 0);
    int64_t pads[8] = {0};
    const span_bytes mode = onnx_text(g->node, "mode", "constant");
    int count = onnx_integers(g->node, "pads", pads, 8);
    float number = onnx_real(g->node, "value", 0);
    if (count < 0 && onnx_has(g, 1)) {
        const onnx_symbol list = *onnx_input(g, 1);
        count = list.kind == ONNX_SIZES ? list.count : 0;
        for (int i = 0; i < count && i < 8; i++)
            pads[i] = list.sizes[i].side == 0 ? list.sizes[i].number : -1;
        const onnx_symbol fill = onnx_has(g, 2) ? *onnx_input(g, 2) : (onnx_symbol){.count = 0};
        if (fill.kind == ONNX_REALS && onnx_floats(&fill.tensor, &number, 1) != 1)
            number = 1;
    }
    const bool reflect = is_text(mode, "reflect");
    bool fine = s.kind == ONNX_VALUE && count == 8 &&
                (pads[0] | pads[1] | pads[4] | pads[5]) == 0 &&
                (reflect || (is_text(mode, "constant") && number == 0));
    for (int i = 0; i < 8; i++)
        fine = fine && pads[i] >= 0 && pads[i] <= 4096;
    if (!fine) {
        onnx_unknown(g, "pads in a way that is not known (known: rows and columns, by zeros or by "
                        "reflection)");
        return;
    }
    /* What the network cuts off again at its end: the picture is continued so before it (anew_graph_margin). */
    if (reflect && s.value == g->picture && pads[2] == pads[3] && pads[2] == pads[6] &&
        pads[2] == pads[7]) {
        onnx_give_value(g, s.value);
        return;
    }
    s.kind = ONNX_PADDED;
    s.reflect = reflect;
    for (int i = 0; i < 2; i++) {
        s.before[i] = pads[2 + i];
        s.after[i] = pads[6 + i];
    }
    onnx_give(g, 0, s);
}

/* The last operation, or one that is followed by no other that the picture does not undergo anyway. */
static void clip(onnx_graph *g)
{
    const int a = onnx_value(g, 0);
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
        onnx_give_value(g, a);
    else if (bounds[0] == 0 && bounds[1] == INFINITY)
        onnx_give_value(g, nodes_simple(&g->n, ANEW_OP_RELU, a));
    else
        onnx_unknown(g,
                     "limits values in a way that is not known (known: from 0 on; to the range of "
                     "samples at the end of the graph)");
}

/* ---- all of them --------------------------------------------------------------------------------------------------------- */

static void concat(onnx_graph *g)
{
    int sources[NODES_MAX_SOURCES];
    const int64_t axis = onnx_integer(g->node, "axis", 1);
    if ((axis != 1 && axis != -3) || g->node->input_count > NODES_MAX_SOURCES) {
        onnx_unknown(g, "joins values along another axis than their channels, or more than 8");
        return;
    }
    for (int k = 0; k < g->node->input_count; k++)
        sources[k] = onnx_value(g, k);
    onnx_give_value(g, nodes_concat(&g->n, sources, g->node->input_count));
}

void onnx_operation(onnx_graph *g)
{
    static const struct {
        const char *name;
        anew_op op;
    } simple[] = {{"Relu", ANEW_OP_RELU}, {"Sigmoid", ANEW_OP_SIGMOID}, {"Tanh", ANEW_OP_TANH},
                  {"Exp", ANEW_OP_EXP},   {"Sqrt", ANEW_OP_SQRT},       {"Erf", ANEW_OP_ERF}};
    static const struct {
        const char *name;
        char sign;
    } pairs[] = {{"Add", '+'}, {"Sub", '-'}, {"Mul", '*'}, {"Div", '/'}};
    const span_bytes op = g->node->op;
    node_list *n = &g->n;
    for (size_t i = 0; i < sizeof simple / sizeof simple[0]; i++)
        if (is_text(op, simple[i].name)) {
            onnx_give_value(g, nodes_simple(n, simple[i].op, onnx_value(g, 0)));
            return;
        }
    if (onnx_shape_operation(g))
        return;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        if (is_text(op, pairs[i].name)) {
            pair(g, pairs[i].sign);
            return;
        }
    if (is_text(op, "Identity") || is_text(op, "Dropout") || is_text(op, "Cast"))
        onnx_give_value(g, onnx_value(g, 0));
    else if (is_text(op, "Conv") || is_text(op, "ConvTranspose"))
        onnx_convolution(g, is_text(op, "ConvTranspose"));
    else if (is_text(op, "Gemm") || is_text(op, "MatMul"))
        onnx_gemm(g);
    else if (is_text(op, "Neg"))
        onnx_give_value(g, nodes_scale(n, onnx_value(g, 0), -1));
    else if (is_text(op, "LeakyRelu"))
        onnx_give_value(
            g, nodes_leaky(n, onnx_value(g, 0), (double)onnx_real(g->node, "alpha", 0.01f)));
    else if (is_text(op, "PRelu"))
        prelu(g);
    else if (is_text(op, "Pow"))
        power(g);
    else if (is_text(op, "Clip"))
        clip(g);
    else if (is_text(op, "BatchNormalization"))
        batch_norm(g);
    else if (is_text(op, "Concat"))
        concat(g);
    else if (is_text(op, "Split"))
        split(g);
    else if (is_text(op, "Slice"))
        cut(g);
    else if (is_text(op, "Pad"))
        pad(g);
    else if (is_text(op, "Resize") || is_text(op, "Upsample"))
        resize(g);
    else if (is_text(op, "DepthToSpace") || is_text(op, "SpaceToDepth"))
        depth(g, is_text(op, "DepthToSpace"));
    else if (is_text(op, "GlobalAveragePool") || (is_text(op, "ReduceMean") && is_all_pixels(g)))
        onnx_give_value(g, nodes_global_mean(n, onnx_value(g, 0)));
    else if (is_text(op, "AveragePool") || is_text(op, "MaxPool"))
        pool(g, is_text(op, "MaxPool"));
    else if (is_text(op, "Softmax") && onnx_integer(g->node, "axis", 0) == 1)
        onnx_give_value(g, nodes_simple(n, ANEW_OP_SOFTMAX, onnx_value(g, 0)));
    else if (is_text(op, "Reshape") || is_text(op, "Transpose") || is_text(op, "Flatten") ||
             is_text(op, "Squeeze") || is_text(op, "Unsqueeze"))
        onnx_rearrange(g);
    else
        nodes_refuse(n, ANEW_ERROR_UNSUPPORTED,
                     "has the operation '%.*s', which anew does not know (known: %s)",
                     (int)(op.size < 40 ? op.size : 40), op.size > 0 ? (const char *)op.data : "",
                     KNOWN);
}
