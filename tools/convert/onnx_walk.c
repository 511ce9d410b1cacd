/*
 * onnx_walk.c - follows a network through a graph whose nodes and tensors have names of no meaning: each call
 * says what the network does next to a value, and the node that does it must be there. So a graph is taken for a
 * network only if it computes that network, however the file is ordered; what else is in it may be nothing but
 * the arithmetic of shapes.
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "core/memory.h"
#include "fold.h"
#include "onnx.h"

static const span_bytes nothing = {NULL, 0};

static span_bytes missing(onnx_walk *w, span_bytes from, const char *what)
{
    if (w->status == ANEW_OK)
        w->status = anew_fail(w->f->error, ANEW_ERROR_UNSUPPORTED,
                              "%s: looks like %s, but behind the value '%.*s' %s is missing",
                              w->f->label, w->network, (int)(from.size < 60 ? from.size : 60),
                              from.size == 0 ? "" : (const char *)from.data, what);
    return nothing;
}

/* The first node of that operation, not met yet, that takes the value as its first input. */
static onnx_node *next_node(const onnx_walk *w, span_bytes from, const char *op, int after)
{
    for (int i = after + 1; from.size > 0 && i < w->f->node_count; i++) {
        onnx_node *node = &w->f->nodes[i];
        if (!node->used && is_text(node->op, op) && node->input_count > 0 &&
            node->output_count > 0 && same_bytes(node->inputs[0], from))
            return node;
    }
    return NULL;
}

/* All numbers of the list are `wanted`; a list that is left out stands for `absent`. */
static bool integers_are(const onnx_node *node, const char *name, int count, int64_t wanted,
                         int64_t absent)
{
    int64_t values[4] = {0};
    const int there = onnx_integers(node, name, values, 4);
    bool good = there < 0 ? wanted == absent : there == count;
    for (int i = 0; there >= 0 && good && i < count; i++)
        good = values[i] == wanted;
    return good && is_text(onnx_text(node, "auto_pad", "NOTSET"), "NOTSET");
}

/* ---- convolutions ---------------------------------------------------------------------------------------- */

static bool is_conv(const onnx_walk *w, const onnx_node *node, onnx_conv conv)
{
    const onnx_tensor *weight =
        node->input_count < 2 ? NULL : onnx_find_tensor(w->f, node->inputs[1]);
    if (weight == NULL || node->input_count > 3 || weight->rank != 4 ||
        weight->dims[2] != conv.kernel || weight->dims[3] != conv.kernel || weight->dims[0] < 1 ||
        (conv.channels != 0 && weight->dims[0] != conv.channels))
        return false;
    const int64_t groups = onnx_integer(node, "group", 1);
    const bool grouped = conv.depthwise ? groups == weight->dims[0] && weight->dims[1] == 1
                                        : groups == 1 && weight->dims[1] > 0;
    return grouped && integers_are(node, "strides", 2, conv.stride == 0 ? 1 : conv.stride, 1) &&
           integers_are(node, "pads", 4, conv.kernel / 2, 0) &&
           integers_are(node, "dilations", 2, 1, 1);
}

static onnx_node *find_conv(const onnx_walk *w, span_bytes from, onnx_conv conv)
{
    onnx_node *node = NULL;
    for (int at = -1; (node = next_node(w, from, "Conv", at)) != NULL;
         at = (int)(node - w->f->nodes))
        if (is_conv(w, node, conv))
            return node;
    return NULL;
}

bool walk_sees_conv(const onnx_walk *w, span_bytes from, onnx_conv conv)
{
    return w->status == ANEW_OK && find_conv(w, from, conv) != NULL;
}

/* The node's input as a tensor of the checkpoint. */
static anew_status add_input(const onnx_walk *w, const onnx_node *node, int index, const char *name,
                             const char *part)
{
    char full[192];
    const onnx_tensor *tensor = onnx_find_tensor(w->f, node->inputs[index]);
    (void)snprintf(full, sizeof full, "%s.%s", name, part);
    if (tensor == NULL)
        return anew_fail(w->f->error, ANEW_ERROR_UNSUPPORTED,
                         "%s: looks like %s, but its tensor '%s' is computed and not stored",
                         w->f->label, w->network, full);
    return onnx_add_tensor(w->f, w->c, tensor, full);
}

/* A batch normalisation that was left behind the convolution goes into it. */
static anew_status take_norm(const onnx_walk *w, span_bytes *value, const char *name)
{
    static const char *const parts[] = {"weight", "bias", "running_mean", "running_var"};
    char norm[160];
    onnx_node *node = next_node(w, *value, "BatchNormalization", -1);
    if (node == NULL || node->input_count != 5 ||
        fabsf(onnx_real(node, "epsilon", 1e-5f) - 1e-5f) > 1e-9f)
        return fold_norm(w->c, w->f->label, name, NULL, name, w->f->error);
    (void)snprintf(norm, sizeof norm, "%s.norm", name);
    for (int i = 0; i < 4; i++)
        ANEW_TRY(add_input(w, node, i + 1, norm, parts[i]));
    node->used = true;
    *value = node->output;
    return fold_norm(w->c, w->f->label, name, norm, name, w->f->error);
}

static anew_status take_conv(const onnx_walk *w, onnx_node *node, span_bytes *value,
                             const char *name)
{
    node->used = true;
    *value = node->output;
    ANEW_TRY(add_input(w, node, 0 + 1, name, "weight"));
    if (node->input_count == 3 && node->inputs[2].size > 0)
        ANEW_TRY(add_input(w, node, 2, name, "bias"));
    return take_norm(w, value, name);
}

span_bytes walk_conv(onnx_walk *w, span_bytes from, onnx_conv conv, const char *format, ...)
{
    char name[128], what[96];
    va_list arguments;
    if (w->status != ANEW_OK)
        return nothing;
    onnx_node *node = find_conv(w, from, conv);
    if (node == NULL) {
        (void)snprintf(what, sizeof what, "a %sconvolution of %dx%d with the stride %d",
                       conv.depthwise ? "depthwise " : "", (int)conv.kernel, (int)conv.kernel,
                       conv.stride == 0 ? 1 : (int)conv.stride);
        return missing(w, from, what);
    }
    va_start(arguments, format);
    (void)vsnprintf(name, sizeof name, format, arguments);
    va_end(arguments);
    span_bytes value = nothing;
    w->status = take_conv(w, node, &value, name);
    return w->status == ANEW_OK ? value : nothing;
}

void walk_finish(onnx_walk *w)
{
    static const char *const computing[] = {"Conv", "ConvTranspose", "Gemm", "MatMul",
                                            "BatchNormalization"};
    for (int i = 0; w->status == ANEW_OK && i < w->f->node_count; i++)
        for (size_t k = 0; k < sizeof computing / sizeof computing[0]; k++)
            if (!w->f->nodes[i].used && is_text(w->f->nodes[i].op, computing[k])) {
                w->status = anew_fail(w->f->error, ANEW_ERROR_UNSUPPORTED,
                                      "%s: looks like %s, but has a %s more", w->f->label,
                                      w->network, computing[k]);
                break;
            }
}

/* ---- the other operations ---------------------------------------------------------------------------------- */

static span_bytes take(onnx_node *node)
{
    node->used = true;
    return node->output;
}

span_bytes walk_relu(onnx_walk *w, span_bytes from)
{
    onnx_node *node = w->status == ANEW_OK ? next_node(w, from, "Relu", -1) : NULL;
    return node == NULL ? missing(w, from, "a ReLU") : take(node);
}

span_bytes walk_pool(onnx_walk *w, span_bytes from)
{
    onnx_node *node = w->status == ANEW_OK ? next_node(w, from, "MaxPool", -1) : NULL;
    if (node == NULL || node->output_count != 1 || !integers_are(node, "kernel_shape", 2, 2, 0) ||
        !integers_are(node, "strides", 2, 2, 1) || !integers_are(node, "pads", 4, 0, 0) ||
        !integers_are(node, "dilations", 2, 1, 1))
        return missing(w, from, "a pooling of 2x2");
    return take(node);
}

/* The factors of an enlargement stand in a tensor, or are computed from shapes and then cannot be told. */
static bool doubles(const onnx_walk *w, const onnx_node *node)
{
    const int place = is_text(node->op, "Upsample") || w->f->opset < 11 ? 1 : 2;
    const span_bytes name = place < node->input_count ? node->inputs[place] : nothing;
    const onnx_tensor *tensor = onnx_find_tensor(w->f, name);
    onnx_tensor constant;
    float factors[4] = {0};
    for (int i = 0; tensor == NULL && name.size > 0 && i < w->f->node_count; i++)
        if (is_text(w->f->nodes[i].op, "Constant") && same_bytes(w->f->nodes[i].output, name) &&
            onnx_constant(&constant, &w->f->nodes[i], "value"))
            tensor = &constant;
    if (tensor == NULL || tensor->elements == 0)
        return node->input_count == 4 && place == 2; /* sizes, of the value that it is added to */
    return onnx_floats(tensor, factors, 4) == 4 && factors[0] == 1 && factors[1] == 1 &&
           factors[2] == 2 && factors[3] == 2;
}

span_bytes walk_double(onnx_walk *w, span_bytes from)
{
    onnx_node *node = w->status == ANEW_OK ? next_node(w, from, "Resize", -1) : NULL;
    if (node == NULL && w->status == ANEW_OK)
        node = next_node(w, from, "Upsample", -1);
    if (node == NULL)
        return missing(w, from, "an enlargement");
    /* Two ways of counting that give each pixel twice. */
    const span_bytes from_where =
        onnx_text(node, "coordinate_transformation_mode",
                  is_text(node->op, "Upsample") || w->f->opset < 11 ? "asymmetric" : "half_pixel");
    const span_bytes nearest =
        onnx_text(node, "nearest_mode", w->f->opset < 11 ? "floor" : "round_prefer_floor");
    const bool repeats =
        (is_text(from_where, "asymmetric") && is_text(nearest, "floor")) ||
        ((is_text(from_where, "half_pixel") || is_text(from_where, "pytorch_half_pixel")) &&
         is_text(nearest, "round_prefer_floor"));
    if (!is_text(onnx_text(node, "mode", "nearest"), "nearest") || !repeats || !doubles(w, node))
        return missing(w, from, "an enlargement by repetition");
    return take(node);
}

span_bytes walk_add(onnx_walk *w, span_bytes a, span_bytes b)
{
    for (int i = 0; w->status == ANEW_OK && i < w->f->node_count; i++) {
        onnx_node *node = &w->f->nodes[i];
        if (!node->used && is_text(node->op, "Add") && node->input_count == 2 &&
            node->output_count > 0 &&
            ((same_bytes(node->inputs[0], a) && same_bytes(node->inputs[1], b)) ||
             (same_bytes(node->inputs[0], b) && same_bytes(node->inputs[1], a))))
            return take(node);
    }
    return missing(w, a, "an addition");
}

#define LONGEST_WAY 8

void walk_to_result(onnx_walk *w, span_bytes from, bool sigmoid)
{
    static const char *const moves[] = {"Transpose", "Reshape", "Flatten", "Squeeze", "Sigmoid"};
    span_bytes at = from;
    bool met = false;
    for (int step = 0; w->status == ANEW_OK && step < LONGEST_WAY; step++) {
        for (int i = 0; i < w->f->output_count; i++)
            if (same_bytes(w->f->outputs[i], at) && at.size > 0 && met == sigmoid)
                return;
        onnx_node *node = NULL;
        for (size_t k = 0; node == NULL && k < sizeof moves / sizeof moves[0]; k++)
            node = next_node(w, at, moves[k], -1);
        if (node == NULL)
            break;
        if (is_text(node->op, "Sigmoid")) {
            if (met || !sigmoid)
                break;
            met = true;
        }
        at = take(node);
    }
    (void)missing(w, from, sigmoid ? "a result with a sigmoid" : "a result without a sigmoid");
}
