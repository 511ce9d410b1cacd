/* onnx_convolutions.c - Conv and ConvTranspose with the normalisation behind them, and products of a single pixel. */
#include <math.h>

#include "core/memory.h"
#include "onnx_graph.h"

void onnx_sides(onnx_graph *g, const char *name, int64_t values[2], int64_t absent)
{
    const int count = onnx_integers(g->node, name, values, 2);
    if (count < 0)
        values[0] = values[1] = absent;
    else if (count != 2)
        onnx_unknown(g, "works on something else than rows and columns");
}

/* Batch normalisation behind a convolution goes into its weights, as fold.c has it: in double. */
static void fold_norm(onnx_graph *g, nodes_conv *c, float *weights, float *bias)
{
    const onnx_node *norm = NULL, *const conv = g->node;
    float *parts[4] = {NULL};
    onnx_tensor shape;
    bool half;
    if (onnx_readers(g, conv->output, &norm) != 1 || !is_text(norm->op, "BatchNormalization") ||
        norm->input_count != 5 || !same_bytes(norm->inputs[0], conv->output))
        return;
    g->node = norm;
    for (int k = 0; k < 4; k++) {
        parts[k] = onnx_reals(g, k + 1, &shape, &half);
        if (parts[k] != NULL && shape.elements != c->out)
            onnx_unknown(g, "normalises another number of channels");
    }
    const double epsilon = (double)onnx_real(norm, "epsilon", 1e-5f);
    const int64_t each = c->in / c->groups * c->kernel[0] * c->kernel[1];
    for (int64_t o = 0; !nodes_failed(&g->n) && o < c->out; o++) {
        const double s = (double)parts[0][o] / sqrt((double)parts[3][o] + epsilon);
        for (int64_t i = 0; i < each; i++)
            weights[o * each + i] = (float)((double)weights[o * each + i] * s);
        bias[o] = (float)(((double)bias[o] - (double)parts[2][o]) * s + (double)parts[1][o]);
    }
    if (!nodes_failed(&g->n))
        ((onnx_node *)(uintptr_t)norm)->used = true;
    for (int k = 0; k < 4; k++)
        anew_free(parts[k]);
    c->half = false;
    g->node = conv;
}

/* ConvTranspose has its weights as [in][out / groups], others [out][in / groups]. */
static float *turned(onnx_graph *g, const float *weights, int64_t in, int64_t out, int64_t groups,
                     int64_t taps)
{
    const int64_t in_each = in / groups, out_each = out / groups;
    float *result = anew_alloc((size_t)(in * out_each * taps) * sizeof(float));
    if (result == NULL) {
        nodes_refuse(&g->n, ANEW_ERROR_MEMORY, "needs more memory than there is");
        return NULL;
    }
    for (int64_t i = 0; i < in; i++)
        for (int64_t o = 0; o < out_each; o++)
            for (int64_t t = 0; t < taps; t++)
                result[((i / in_each * out_each + o) * in_each + i % in_each) * taps + t] =
                    weights[(i * out_each + o) * taps + t];
    return result;
}

void onnx_convolution(onnx_graph *g, bool transposed)
{
    nodes_conv c = {.groups = onnx_integer(g->node, "group", 1)};
    onnx_tensor shape = {.rank = 0}, of_bias = {.rank = 0};
    bool half_bias;
    const onnx_symbol from = *onnx_input(g, 0);
    float *weights = onnx_reals(g, 1, &shape, &c.half), *bias = NULL;
    int64_t pads[4] = {0}, more[2] = {0};
    const int pad_count = onnx_integers(g->node, "pads", pads, 4);
    onnx_sides(g, "strides", c.stride, 1);
    onnx_sides(g, "dilations", c.dilation, 1);
    onnx_sides(g, "output_padding", more, 0);
    const span_bytes rule = onnx_text(g->node, "auto_pad", "NOTSET");
    if (from.kind != ONNX_VALUE && (from.kind != ONNX_PADDED || transposed))
        onnx_unknown(g, from.kind == ONNX_VIEW
                            ? "takes a value whose sides are in another order than [1][channels]"
                              "[rows][columns]"
                            : "takes something else where a value of the network is known");
    if (!is_text(rule, "NOTSET") && !is_text(rule, "VALID") && !is_text(rule, "SAME_UPPER"))
        onnx_unknown(g, "pads by a rule that is not known");
    if (shape.rank != 4 || (pad_count >= 0 && pad_count != 4) || c.groups < 1 ||
        onnx_integers(g->node, "output_shape", more, 2) > 0)
        onnx_unknown(g, "works on something else than rows and columns");
    if (nodes_failed(&g->n))
        goto out;
    c.in = nodes_value_of(&g->n, from.value)->channels;
    c.out = transposed ? shape.dims[1] * c.groups : shape.dims[0];
    for (int i = 0; i < 2; i++) {
        c.kernel[i] = shape.dims[2 + i];
        c.before[i] = pads[i] + from.before[i];
        c.after[i] = pads[2 + i] + from.after[i];
        c.more[i] = more[i];
        if (is_text(rule, "SAME_UPPER")) {
            const int64_t all = c.dilation[i] * (c.kernel[i] - 1);
            c.before[i] = all / 2;
            c.after[i] = all - all / 2;
            if (c.stride[i] != 1 || transposed || c.dilation[i] < 1 || c.dilation[i] > 64)
                onnx_unknown(g, "pads by a rule that is not known");
        }
    }
    c.edge = from.edge;
    if (from.edge != ANEW_EDGE_ZEROS && (pads[0] | pads[1] | pads[2] | pads[3]) != 0)
        onnx_unknown(g, "pads twice, in two ways");
    if (c.in % c.groups != 0 || c.out < 1 || c.out > 65536 || c.kernel[0] < 1 || c.kernel[1] < 1 ||
        (transposed ? shape.dims[0] != c.in : shape.dims[1] != c.in / c.groups)) {
        nodes_refuse(&g->n, ANEW_ERROR_FORMAT,
                     "has weights of another shape than its %lld channels need", (long long)c.in);
        goto out;
    }
    if (transposed) {
        float *other = turned(g, weights, c.in, c.out, c.groups, c.kernel[0] * c.kernel[1]);
        anew_free(weights);
        weights = other;
    }
    bias = onnx_has(g, 2) ? onnx_reals(g, 2, &of_bias, &half_bias)
                          : anew_alloc_zero((size_t)c.out * sizeof(float));
    if (bias != NULL && onnx_has(g, 2) && of_bias.elements != c.out)
        nodes_refuse(&g->n, ANEW_ERROR_FORMAT, "has a bias of another length");
    if (bias == NULL)
        nodes_refuse(&g->n, ANEW_ERROR_MEMORY, "needs more memory than there is");
    if (bias == NULL || nodes_failed(&g->n))
        goto out;
    const onnx_node *const conv = g->node;
    fold_norm(g, &c, weights, bias);
    g->node = conv;
    bool any = false;
    for (int64_t o = 0; o < c.out; o++)
        any = any || bias[o] != 0;
    c.weights = weights;
    c.bias = any || onnx_has(g, 2) ? bias : NULL;
    onnx_give_value(
        g, (transposed ? nodes_transposed : nodes_convolve)(&g->n, from.value, &c, g->label));
out:
    anew_free(weights);
    anew_free(bias);
}

/* A matrix over the channels, which are the last axis. */
void onnx_gemm(onnx_graph *g)
{
    onnx_tensor shape = {.rank = 0}, of_bias = {.rank = 0};
    nodes_conv c = {.kernel = {1, 1}, .stride = {1, 1}, .dilation = {1, 1}, .groups = 1};
    bool half_bias;
    onnx_view v;
    const int a = onnx_viewed(g, 0, &v);
    float *weights = onnx_reals(g, 1, &shape, &c.half), *turned_weights = NULL, *bias = NULL;
    const bool by_rows = onnx_integer(g->node, "transB", 0) != 0;
    if (shape.rank != 2 || !onnx_is_channels(g, a, &v, v.rank - 1) ||
        onnx_integer(g->node, "transA", 0) != 0 || onnx_real(g->node, "alpha", 1) != 1 ||
        onnx_real(g->node, "beta", 1) != 1)
        onnx_unknown(
            g, "is a product that is not known (known: of the channels as the last side and a "
               "stored matrix)");
    if (nodes_failed(&g->n))
        goto out;
    c.in = shape.dims[by_rows ? 1 : 0];
    c.out = shape.dims[by_rows ? 0 : 1];
    if (c.in != nodes_value_of(&g->n, a)->channels || c.out < 1 || c.out > 65536) {
        nodes_refuse(&g->n, ANEW_ERROR_FORMAT,
                     "has weights of another shape than its channels need");
        goto out;
    }
    turned_weights = by_rows ? NULL : turned(g, weights, c.in, c.out, 1, 1);
    bias = onnx_has(g, 2) ? onnx_reals(g, 2, &of_bias, &half_bias) : NULL;
    if (bias != NULL && of_bias.elements != c.out)
        nodes_refuse(&g->n, ANEW_ERROR_FORMAT, "has a bias of another length");
    c.weights = by_rows ? weights : turned_weights;
    c.bias = bias;
    if (!nodes_failed(&g->n)) {
        const int id = nodes_convolve(&g->n, a, &c, g->label);
        onnx_set_channels(&v, v.rank - 1, c.out);
        onnx_give_viewed(g, 0, id, &v);
    }
out:
    anew_free(weights);
    anew_free(turned_weights);
    anew_free(bias);
}
