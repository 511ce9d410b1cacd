/*
 * ncnn_nodes.c - an ncnn graph as it is, layer by layer. Weights stand in the .bin in the order of the layers and are
 * read on the way.
 *
 * What the numbers of a layer's parameters mean is written in ncnn's docs/developer-guide/operators.md. Spatial sides
 * are treated alike: what is not the same for rows and columns is refused, but for kernels.
 */
#include <math.h>
#include <stdio.h>

#include "core/memory.h"
#include "ncnn_walk.h"

/* ---- layers ---------------------------------------------------------------------------------------------------- */

static nodes_activation activation_of(ncnn_walk *w)
{
    const float first = (float)w->layer->values[10], second = (float)w->layer->second[10];
    nodes_activation a = {NODES_LINEAR, 0, 0};
    switch (ncnn_whole_or(w, 9, 0)) {
    case 0:
        break;
    case 1:
        a.kind = NODES_RELU;
        break;
    case 2:
        a = (nodes_activation){NODES_LEAKY_RELU, first, 0};
        break;
    case 3:
        a = (nodes_activation){NODES_CLIP, first, second};
        break;
    case 4:
        a.kind = NODES_SIGMOID;
        break;
    case 5:
        a.kind = NODES_MISH;
        break;
    case 6:
        a = (nodes_activation){NODES_HARD_SWISH, first, second};
        break;
    default:
        nodes_refuse(&w->n, ANEW_ERROR_UNSUPPORTED,
                     "has the activation %g, which is not known (known: 1 ReLU, 2 LeakyReLU, 3 "
                     "clip, 4 sigmoid, 5 Mish, 6 HardSwish)",
                     ncnn_value_or(w, 9, 0));
    }
    return a;
}

/* Convolution, ConvolutionDepthWise, and (transposed) Deconvolution. */
static void convolution(ncnn_walk *w, bool transposed)
{
    nodes_conv c = {.out = ncnn_whole_or(w, 0, 0), .groups = ncnn_whole_or(w, 7, 1)};
    const int a = ncnn_value(w, 0);
    /* Rows have keys 10 above those of columns, where they differ. */
    const int keys[][2] = {{11, 1}, {12, 2}, {13, 3}};
    int64_t *const fields[] = {c.kernel, c.dilation, c.stride};
    for (int i = 0; i < 3; i++) {
        fields[i][1] = ncnn_whole_or(w, keys[i][1], i == 0 ? 0 : 1);
        fields[i][0] = ncnn_whole_or(w, keys[i][0], (double)fields[i][1]);
    }
    c.before[1] = ncnn_whole_or(w, 4, 0);
    c.before[0] = ncnn_whole_or(w, 14, (double)c.before[1]);
    c.after[1] = ncnn_whole_or(w, 15, (double)c.before[1]);
    c.after[0] = ncnn_whole_or(w, 16, (double)c.before[0]);
    if (transposed) {
        c.more[1] = ncnn_whole_or(w, 18, 0);
        c.more[0] = ncnn_whole_or(w, 19, (double)c.more[1]);
    }
    if (ncnn_value_or(w, 8, 0) != 0)
        ncnn_unknown(w, "has weights in 8 bits");
    else if (c.before[0] < 0 || c.before[1] < 0)
        ncnn_unknown(w, "pads by a rule instead of a number");
    else if ((!transposed && (ncnn_value_or(w, 18, 0) != 0 || ncnn_value_or(w, 19, 0) != 0)) ||
             (transposed && (ncnn_value_or(w, 20, 0) != 0 || ncnn_value_or(w, 28, 0) != 0)))
        ncnn_unknown(w, "has weights or padding that its input tells");
    c.in = nodes_value_of(&w->n, a)->channels;
    c.activation = activation_of(w);
    const int64_t count = ncnn_whole_or(w, 6, 0);
    if (!nodes_failed(&w->n) &&
        (c.groups < 1 || c.out < 1 || c.out > 65536 || c.in % c.groups != 0 || c.kernel[0] < 1 ||
         c.kernel[0] > 64 || c.kernel[1] < 1 || c.kernel[1] > 64 ||
         count != c.out * (c.in / c.groups) * c.kernel[0] * c.kernel[1]))
        nodes_refuse(
            &w->n, ANEW_ERROR_FORMAT,
            "has sizes that do not fit together: %lld weights for %lld to %lld channels of "
            "%lldx%lld",
            (long long)count, (long long)c.in, (long long)c.out, (long long)c.kernel[1],
            (long long)c.kernel[0]);
    if (nodes_failed(&w->n))
        return;
    bool half_bias;
    c.weights = w->weights = ncnn_numbers(w, count, true, &c.half);
    if (ncnn_whole_or(w, 5, 0) != 0)
        c.bias = w->bias = ncnn_numbers(w, c.out, false, &half_bias);
    if (!nodes_failed(&w->n))
        ncnn_give_value(
            w, 0, (transposed ? nodes_transposed : nodes_convolve)(&w->n, a, &c, w->layer->label));
}

/* Of a single pixel: a convolution of 1x1. */
static void inner_product(ncnn_walk *w)
{
    const int a = ncnn_value(w, 0);
    bool half_bias;
    nodes_conv c = {.in = nodes_value_of(&w->n, a)->channels,
                    .out = ncnn_whole_or(w, 0, 0),
                    .kernel = {1, 1},
                    .stride = {1, 1},
                    .dilation = {1, 1},
                    .groups = 1,
                    .activation = activation_of(w)};
    const int64_t count = ncnn_whole_or(w, 2, 0);
    if (ncnn_value_or(w, 8, 0) != 0)
        ncnn_unknown(w, "has weights in 8 bits");
    if (!nodes_value_of(&w->n, a)->single)
        ncnn_unknown(w, "is a product of all pixels");
    if (c.out < 1 || c.out > 65536 || count != c.in * c.out)
        nodes_refuse(&w->n, ANEW_ERROR_FORMAT, "has %lld weights for %lld to %lld channels",
                     (long long)count, (long long)c.in, (long long)c.out);
    if (nodes_failed(&w->n))
        return;
    c.weights = w->weights = ncnn_numbers(w, count, true, &c.half);
    if (ncnn_whole_or(w, 1, 0) != 0)
        c.bias = w->bias = ncnn_numbers(w, c.out, false, &half_bias);
    if (!nodes_failed(&w->n))
        ncnn_give_value(w, 0, nodes_convolve(&w->n, a, &c, w->layer->label));
}

/* a op numbers, or (reversed) numbers op a. */
static int with_numbers(ncnn_walk *w, int op, int a, const float *b, int64_t count, bool reversed)
{
    node_list *n = &w->n;
    float *other = anew_alloc((size_t)count * sizeof(float));
    int result = 0;
    if (other == NULL) {
        nodes_refuse(n, ANEW_ERROR_MEMORY, "needs more memory than there is");
        return 0;
    }
    if (op == 7 || op == 8) {
        op = op == 7 ? 1 : 3;
        reversed = !reversed;
    }
    for (int64_t i = 0; i < count; i++)
        other[i] = op == 1 && !reversed ? -b[i] : op == 3 ? 1 / b[i] : b[i];
    if (op == 1 && reversed)
        result = nodes_add_vector(n, nodes_scale(n, a, -1), other, count, w->layer->label);
    else if (op == 0 || op == 1)
        result = nodes_add_vector(n, a, other, count, w->layer->label);
    else if (op == 2 || (op == 3 && !reversed))
        result = nodes_multiply_vector(n, a, other, count, w->layer->label);
    else if (op == 3 && count == 1)
        result = nodes_number_over(n, (double)b[0], a);
    else if ((op == 4 || op == 5) && count == 1)
        result =
            nodes_clip(n, a, op == 4 ? (double)b[0] : -INFINITY, op == 4 ? INFINITY : (double)b[0]);
    else if (op == 6 && count == 1 && !reversed)
        result = nodes_power(n, a, (double)b[0]);
    else
        ncnn_unknown(w, "is an operation of two values that is not known (known: add, sub, mul, "
                        "div, max, min)");
    anew_free(other);
    return result;
}

static void binary(ncnn_walk *w)
{
    node_list *n = &w->n;
    const int op = (int)ncnn_whole_or(w, 0, 0);
    if (w->layer->input_count == 1) {
        const float number = (float)ncnn_value_or(w, 2, 0);
        ncnn_give_value(w, 0, with_numbers(w, op, ncnn_value(w, 0), &number, 1, false));
        return;
    }
    const ncnn_blob *a = ncnn_input(w, 0), *b = ncnn_input(w, 1);
    if (a == NULL || b == NULL)
        return;
    if (a->value < 0 && b->value < 0)
        ncnn_unknown(w, "takes numbers of the file alone");
    else if (b->value < 0)
        ncnn_give_value(w, 0, with_numbers(w, op, a->value, b->numbers, b->count, false));
    else if (a->value < 0)
        ncnn_give_value(w, 0, with_numbers(w, op, b->value, a->numbers, a->count, true));
    else if (op == 0)
        ncnn_give_value(w, 0, nodes_pair(n, ANEW_OP_ADD, a->value, b->value));
    else if (op == 1)
        ncnn_give_value(w, 0, nodes_pair(n, ANEW_OP_ADD, a->value, nodes_scale(n, b->value, -1)));
    else if (op == 2)
        ncnn_give_value(w, 0, nodes_pair(n, ANEW_OP_MULTIPLY, a->value, b->value));
    else if (op == 3)
        ncnn_give_value(w, 0, nodes_pair(n, ANEW_OP_DIVIDE, a->value, b->value));
    else if (op == 4 || op == 5)
        ncnn_give_value(w, 0, nodes_extreme(n, a->value, b->value, op == 4));
    else
        ncnn_unknown(w, "is an operation of two values that is not known (known: add, sub, mul, "
                        "div, max, min)");
}

static void eltwise(ncnn_walk *w)
{
    node_list *n = &w->n;
    const int op = (int)ncnn_whole_or(w, 0, 0);
    int result = ncnn_value(w, 0);
    if (w->layer->input_count > NCNN_MAX_BLOBS || (w->layer->given[1] && w->layer->input_count > 2))
        ncnn_unknown(w, "takes too many values");
    if (op == 1 && w->layer->given[1])
        result = nodes_scale(n, result, w->layer->values[1]);
    for (int k = 1; k < w->layer->input_count && !nodes_failed(n); k++) {
        int other = ncnn_value(w, k);
        if (op == 1 && w->layer->given[1])
            other = nodes_scale(n, other, w->layer->second[1]);
        result = op > 1 ? nodes_extreme(n, result, other, true)
                        : nodes_pair(n, op == 0 ? ANEW_OP_MULTIPLY : ANEW_OP_ADD, result, other);
    }
    ncnn_give_value(w, 0, result);
}

static void unary(ncnn_walk *w)
{
    node_list *n = &w->n;
    const int a = ncnn_value(w, 0);
    switch (ncnn_whole_or(w, 0, 0)) {
    case 0:
        ncnn_give_value(w, 0, nodes_absolute(n, a));
        return;
    case 1:
        ncnn_give_value(w, 0, nodes_scale(n, a, -1));
        return;
    case 6:
        ncnn_give_value(w, 0, nodes_power(n, a, -0.5));
        return;
    case 15:
        ncnn_give_value(w, 0, nodes_number_over(n, 1, a));
        return;
    case 4:
        ncnn_give_value(w, 0, nodes_pair(n, ANEW_OP_MULTIPLY, a, a));
        return;
    case 5:
        ncnn_give_value(w, 0, nodes_simple(n, ANEW_OP_SQRT, a));
        return;
    case 7:
        ncnn_give_value(w, 0, nodes_simple(n, ANEW_OP_EXP, a));
        return;
    case 16:
        ncnn_give_value(w, 0, nodes_simple(n, ANEW_OP_TANH, a));
        return;
    default:
        ncnn_unknown(w, "is a function that is not known (known: abs, neg, square, sqrt, "
                        "rsqrt, exp, reciprocal, tanh)");
    }
}

static void pooling(ncnn_walk *w)
{
    node_list *n = &w->n;
    const int a = ncnn_value(w, 0);
    const int64_t type = ncnn_whole_or(w, 0, 0), kernel = ncnn_whole_or(w, 1, 0),
                  stride = ncnn_whole_or(w, 2, 1);
    const bool plain =
        ncnn_value_or(w, 3, 0) == 0 && ncnn_whole_or(w, 11, (double)kernel) == kernel &&
        ncnn_whole_or(w, 12, (double)stride) == stride && ncnn_value_or(w, 7, 0) == 0;
    if (ncnn_value_or(w, 4, 0) != 0 && type == 1)
        ncnn_give_value(w, 0, nodes_global_mean(n, a));
    else if (ncnn_value_or(w, 4, 0) == 0 && plain && kernel == stride && type == 1)
        ncnn_give_value(w, 0, nodes_resample(n, ANEW_OP_AVERAGE_POOL, a, kernel, false));
    else if (ncnn_value_or(w, 4, 0) == 0 && plain && kernel == stride && type == 0 && kernel == 2)
        ncnn_give_value(w, 0, nodes_max_pool(n, a, 2, 2, false));
    else
        ncnn_unknown(w,
                     "is a pooling that is not known (known: the mean of all pixels, the mean of "
                     "squares as large as their stride, the largest of 2x2)");
}

#define CUBIC_SHARPNESS (-0.75) /* ncnn's, OpenCV's and PyTorch's */

static void interp(ncnn_walk *w)
{
    node_list *n = &w->n;
    const int a = ncnn_value(w, 0);
    const int64_t type = ncnn_whole_or(w, 0, 0);
    const double factor = ncnn_value_or(w, 1, 1);
    const bool corners = ncnn_value_or(w, 6, 0) != 0,
               sizes = ncnn_value_or(w, 3, 0) != 0 || ncnn_value_or(w, 4, 0) != 0;
    int up, down;
    if (type == 3 && !corners && !sizes && w->layer->input_count == 1 &&
        ncnn_value_or(w, 2, 1) == factor && nodes_ratio(&up, &down, factor))
        ncnn_give_value(w, 0, nodes_cubic(n, a, up, down, CUBIC_SHARPNESS, false));
    else if (ncnn_value_or(w, 2, 1) != factor || factor != floor(factor) || factor < 1 ||
             factor > 16 || sizes || w->layer->input_count != 1)
        ncnn_unknown(w, "resizes to something else than a whole number of times the size");
    else if (type != 1 && type != 2)
        ncnn_unknown(w, "resizes in a way that is not known (known: nearest, bilinear, and cubic "
                        "without align_corner)");
    else
        ncnn_give_value(
            w, 0,
            nodes_resample(n, type == 1 ? ANEW_OP_UPSAMPLE_NEAREST : ANEW_OP_UPSAMPLE_BILINEAR, a,
                           (int64_t)factor, type == 2 && corners));
}

/* starts, ends, axes: the same from both sides. */
static void crop(ncnn_walk *w)
{
    const ncnn_layer *l = w->layer;
    const int a = ncnn_value(w, 0);
    const bool sides = l->given[9] && l->given[10] && l->given[11] &&
                       l->values[9] == l->second[9] && l->values[10] == l->second[10] &&
                       l->values[11] + l->second[11] == (l->values[11] < 0 ? -3 : 3) &&
                       l->values[11] != 0 && l->second[11] != 0;
    if (!sides || l->input_count != 1 || l->values[9] < 0 || l->values[9] > 4096 ||
        l->values[9] != floor(l->values[9]) || l->values[10] != floor(l->values[10]) ||
        l->values[10] >= 0 || l->values[10] < -4096)
        ncnn_unknown(
            w, "is a crop that is not known (known: as many rows as columns, counted from both "
               "ends)");
    else
        ncnn_give_value(w, 0, nodes_crop(&w->n, a, (int64_t)l->values[9], (int64_t)-l->values[10]));
}

static void slice(ncnn_walk *w)
{
    const int a = ncnn_value(w, 0), outputs = w->layer->output_count;
    const int channels = nodes_value_of(&w->n, a)->channels;
    const double first = w->layer->given[0] ? w->layer->values[0] : -233;
    if (ncnn_value_or(w, 1, 0) != 0 || outputs > NCNN_MAX_BLOBS || outputs < 1 ||
        (first == -233 && channels % outputs != 0) || (first != -233 && outputs != 2) ||
        (first != -233 && !(first >= 1 && first < channels))) {
        ncnn_unknown(w,
                     "is a slice that is not known (known: of channels, in equal parts or in two)");
        return;
    }
    const int each = first == -233 ? channels / outputs : (int)first;
    for (int k = 0; k < outputs; k++)
        ncnn_give_value(
            w, k,
            nodes_slice(&w->n, a, k * each, first == -233 || k == 0 ? each : channels - each));
}

static void prelu(ncnn_walk *w)
{
    bool half;
    const int a = ncnn_value(w, 0);
    const int64_t count = ncnn_whole_or(w, 0, 0);
    w->weights = ncnn_numbers(w, count, false, &half);
    if (w->weights != NULL)
        ncnn_give_value(w, 0, nodes_prelu(&w->n, a, w->weights, count, w->layer->label));
}

static void memory_data(ncnn_walk *w)
{
    bool half;
    const double count = fmax(ncnn_value_or(w, 0, 0), 1) * fmax(ncnn_value_or(w, 1, 0), 1) *
                         fmax(ncnn_value_or(w, 2, 0), 1) * fmax(ncnn_value_or(w, 11, 0), 1);
    const int64_t most = (int64_t)fmin(count, 1e6);
    const bool vector = count == ncnn_value_or(w, 0, 0) || count == ncnn_value_or(w, 2, 0);
    if (!vector || w->stored_count == 64) {
        ncnn_unknown(w, "holds numbers that are none for each channel");
        return;
    }
    float *values = ncnn_numbers(w, most, ncnn_value_or(w, 21, 1) == 0, &half);
    if (values == NULL)
        return;
    w->stored[w->stored_count++] = values;
    ncnn_give(w, 0, (ncnn_blob){.value = -1, .numbers = values, .count = most});
}

static void concat(ncnn_walk *w)
{
    int sources[NODES_MAX_SOURCES];
    if (ncnn_value_or(w, 0, 0) != 0 || w->layer->input_count > NODES_MAX_SOURCES ||
        w->layer->input_count < 1) {
        ncnn_unknown(w, "joins values along another axis than their channels, or more than 8");
        return;
    }
    for (int k = 0; k < w->layer->input_count; k++)
        sources[k] = ncnn_value(w, k);
    ncnn_give_value(w, 0, nodes_concat(&w->n, sources, w->layer->input_count));
}

static void rearrange(ncnn_walk *w, bool to_large)
{
    const int a = ncnn_value(w, 0);
    const int64_t factor = ncnn_whole_or(w, 0, 1);
    ncnn_give_value(w, 0,
                    ncnn_value_or(w, 1, 0) != 0
                        ? nodes_shuffle_depth_last(&w->n, a, factor, to_large)
                        : nodes_resample(&w->n,
                                         to_large ? ANEW_OP_PIXEL_SHUFFLE : ANEW_OP_PIXEL_UNSHUFFLE,
                                         a, factor, false));
}

/* 1 where the first convolution reads a picture of one channel, else 3. */
static int64_t channels_of(const ncnn_walk *w)
{
    for (int i = 0; i < w->f->count; i++) {
        const ncnn_layer *l = &w->f->layers[i];
        const double rows = l->given[11] ? l->values[11] : l->values[1];
        if (ncnn_is(l, "Convolution"))
            return l->values[6] == l->values[0] * l->values[1] * rows ? 1 : 3;
        if (!ncnn_is(l, "Input") && !ncnn_is(l, "Split") && !ncnn_is(l, "MemoryData") &&
            !ncnn_is(l, "BinaryOp"))
            return 3;
    }
    return 3;
}

const char ncnn_operations[] =
    "AbsVal, BatchNorm, Bias, BinaryOp, Clip, Concat, Convolution, ConvolutionDepthWise, Crop, "
    "Deconvolution, DeconvolutionDepthWise, Dropout, ELU, Eltwise, GELU, GroupNorm, HardSigmoid, "
    "HardSwish, InnerProduct, Input, InstanceNorm, Interp, MemoryData, Mish, Noop, PReLU, "
    "PixelShuffle, Pooling, Power, ReLU, Reduction, Reorg, SELU, Scale, ShuffleChannel, Sigmoid, "
    "Slice, Softmax, Split, Swish, TanH, UnaryOp";

static void add_layer(ncnn_walk *w)
{
    const ncnn_layer *l = w->layer;
    node_list *n = &w->n;
    if (ncnn_is(l, "Input")) {
        if (n->count > 0)
            ncnn_unknown(w, "is a second input");
        else
            ncnn_give_value(w, 0, nodes_begin(n, channels_of(w)));
    } else if (ncnn_is(l, "Split") || ncnn_is(l, "Noop") || ncnn_is(l, "Dropout")) {
        const ncnn_blob *b = ncnn_input(w, 0);
        for (int k = 0; b != NULL && k < l->output_count; k++) {
            const ncnn_blob copy = *b;
            ncnn_give(w, k, copy);
        }
    } else if (ncnn_is(l, "Convolution") || ncnn_is(l, "ConvolutionDepthWise")) {
        convolution(w, false);
    } else if (ncnn_is(l, "Deconvolution") || ncnn_is(l, "DeconvolutionDepthWise")) {
        convolution(w, true);
    } else if (ncnn_is(l, "InnerProduct")) {
        inner_product(w);
    } else if (ncnn_is(l, "PReLU")) {
        prelu(w);
    } else if (ncnn_is(l, "ReLU")) {
        ncnn_give_value(w, 0, nodes_leaky(n, ncnn_value(w, 0), ncnn_value_or(w, 0, 0)));
    } else if (ncnn_is(l, "Sigmoid")) {
        ncnn_give_value(w, 0, nodes_simple(n, ANEW_OP_SIGMOID, ncnn_value(w, 0)));
    } else if (ncnn_is(l, "TanH")) {
        ncnn_give_value(w, 0, nodes_simple(n, ANEW_OP_TANH, ncnn_value(w, 0)));
    } else if (ncnn_is(l, "Swish")) {
        ncnn_give_value(w, 0, nodes_simple(n, ANEW_OP_SILU, ncnn_value(w, 0)));
    } else if (ncnn_is(l, "BinaryOp")) {
        binary(w);
    } else if (ncnn_is(l, "UnaryOp")) {
        unary(w);
    } else if (ncnn_is(l, "Eltwise")) {
        eltwise(w);
    } else if (ncnn_is(l, "Pooling")) {
        pooling(w);
    } else if (ncnn_is(l, "Interp")) {
        interp(w);
    } else if (ncnn_is(l, "Crop")) {
        crop(w);
    } else if (ncnn_is(l, "Slice")) {
        slice(w);
    } else if (ncnn_is(l, "Concat")) {
        concat(w);
    } else if (ncnn_is(l, "MemoryData")) {
        memory_data(w);
    } else if (ncnn_is(l, "PixelShuffle") || ncnn_is(l, "Reorg")) {
        rearrange(w, ncnn_is(l, "PixelShuffle"));
    } else if (!ncnn_function(w)) {
        nodes_refuse(
            n, ANEW_ERROR_UNSUPPORTED,
            "has the operation '%.60s', which anew does not know (anew-convert --list names those "
            "that it does)",
            l->type);
    }
}

/* The one ncnn_blob that no layer reads. */
static void finish(ncnn_walk *w)
{
    const ncnn_blob *result = NULL;
    w->n.where[0] = '\0';
    for (int i = 0; i < w->count && !nodes_failed(&w->n); i++)
        if (!w->blobs[i].read) {
            if (result != NULL)
                nodes_refuse(&w->n, ANEW_ERROR_UNSUPPORTED,
                             "the graph has two results, '%.60s' and '%.60s'", result->name,
                             w->blobs[i].name);
            result = &w->blobs[i];
        }
    if (result == NULL || result->value < 0)
        nodes_refuse(&w->n, ANEW_ERROR_FORMAT, "the graph has no result");
    else
        nodes_finish(&w->n, result->value);
    if (w->f->at != w->f->bin_size)
        nodes_refuse(&w->n, ANEW_ERROR_FORMAT,
                     "its .bin is longer than its layers need: %zu bytes, not %zu", w->f->bin_size,
                     w->f->at);
}

anew_status ncnn_nodes(ncnn_file *f, checkpoint *c, const nodes_options *options)
{
    ncnn_walk w = {.f = f, .n = {.c = c, .label = f->path, .options = *options, .error = f->error}};
    size_t blobs = 1;
    for (int i = 0; i < f->count; i++)
        blobs += (size_t)f->layers[i].output_count < NCNN_MAX_BLOBS
                     ? (size_t)f->layers[i].output_count
                     : NCNN_MAX_BLOBS;
    w.blobs = anew_alloc(anew_size_mul(blobs, sizeof *w.blobs));
    if (w.blobs == NULL)
        return anew_fail(f->error, ANEW_ERROR_MEMORY, "%s: no memory for its blobs", f->path);
    for (int i = 0; i < f->count && !nodes_failed(&w.n); i++) {
        w.layer = &f->layers[i];
        (void)snprintf(w.n.where, sizeof w.n.where, "node '%s'", w.layer->label);
        add_layer(&w);
        anew_free(w.weights);
        anew_free(w.bias);
        w.weights = w.bias = NULL;
    }
    finish(&w);
    for (int i = 0; i < w.stored_count; i++)
        anew_free(w.stored[i]);
    anew_free(w.blobs);
    return nodes_end(&w.n);
}
