/*
 * exec_ref.c - this is what a network means.
 *
 * Walks the graph as the network page recorded it, nothing fused, every value a planar tensor of its
 * own, each operation by the definition in graph/ops.def. Every other way of running a network is
 * compared with this one, bit for bit in the exact class.
 */
#include <string.h>

#include "core/memory.h"
#include "exec/exec.h"
#include "exec/exec_ref.h"

typedef anew_ref_tensor tensor;

static size_t plane_of(const tensor *t)
{
    return (size_t)t->height * (size_t)t->width;
}

static void leaky(tensor *out, const tensor *in, const float *slope, size_t slope_step)
{
    const size_t plane = plane_of(in);
    for (int c = 0; c < in->channels; c++)
        for (size_t i = 0; i < plane; i++) {
            const float v = in->values[(size_t)c * plane + i];
            out->values[(size_t)c * plane + i] = v >= 0 ? v : v * slope[(size_t)c * slope_step];
        }
}

/* out[c][y * r + i][x * r + j] = in[c * r * r + i * r + j][y][x], or the other way round. */
static void shuffle(tensor *large, tensor *small, int r, bool to_large)
{
    for (int c = 0; c < large->channels; c++)
        for (int y = 0; y < large->height; y++)
            for (int x = 0; x < large->width; x++) {
                const int channel = c * r * r + y % r * r + x % r;
                float *a = large->values + (size_t)c * plane_of(large) +
                           (size_t)y * (size_t)large->width + (size_t)x;
                float *b = small->values + (size_t)channel * plane_of(small) +
                           (size_t)(y / r) * (size_t)small->width + (size_t)(x / r);
                if (to_large)
                    *a = *b;
                else
                    *b = *a;
            }
}

static void upsample(tensor *out, const tensor *in, int factor)
{
    for (int c = 0; c < out->channels; c++)
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++)
                out->values[(size_t)c * plane_of(out) + (size_t)y * (size_t)out->width +
                            (size_t)x] =
                    in->values[(size_t)c * plane_of(in) + (size_t)(y / factor) * (size_t)in->width +
                               (size_t)(x / factor)];
}

/* The loops themselves, those of ops.def, stand in kernels/c/ref_conv.c. `isa` tells whether the CPU has an
 * instruction for fmaf; the bits are the same. */
static anew_status convolve(tensor *out, const tensor *in, const anew_node *node, anew_isa isa,
                            anew_error *error)
{
    const size_t weights = (size_t)node->weight->elements;
    const size_t biases = node->bias == NULL ? 0 : (size_t)node->bias->elements;
    float *plain = anew_alloc(anew_size_mul(weights + biases, sizeof(float)));
    if (plain == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory for layer '%s'", node->name);
    anew_node_weights(plain, node);
    if (node->bias != NULL)
        anew_tensor_to_f32(plain + weights, node->bias);
    const anew_conv_shape shape = {.kernel_height = node->kernel,
                                   .kernel_width = node->kernel,
                                   .stride = node->stride,
                                   .dilation = node->dilation,
                                   .groups = node->groups,
                                   .in_channels = in->channels,
                                   .out_channels = out->channels};
    int pad = node->kernel / 2 * node->dilation;
    tensor padded = {0};
    anew_status status = ANEW_OK;
    if (node->edge != ANEW_EDGE_ZEROS || node->shift > 0 || node->cut > 0) {
        status = anew_ref_pad(&padded, in, pad - node->shift, pad - node->cut, node->edge, error);
        in = &padded;
        pad = 0;
    }
    if (status == ANEW_OK)
        anew_ref_kernels_for(isa)->conv(out->values, in->values, plain,
                                        node->bias == NULL ? NULL : plain + weights, &shape, pad,
                                        in->height, in->width);
    anew_free(padded.values);
    anew_free(plain);
    return status;
}

static void load(tensor *out, const anew_picture *in)
{
    for (int c = 0; c < out->channels; c++)
        for (int y = 0; y < out->height; y++)
            memcpy(out->values + (size_t)c * plane_of(out) + (size_t)y * (size_t)out->width,
                   in->data + (size_t)c * in->plane_stride + (size_t)y * in->row_stride,
                   (size_t)out->width * sizeof(float));
}

static anew_status apply(const anew_graph *graph, const anew_node *node, tensor *out,
                         tensor *const *in, anew_isa isa, const anew_picture *picture,
                         anew_error *error)
{
    const size_t total = plane_of(out) * (size_t)out->channels;
    if (anew_node_spreads(graph, node)) {
        anew_ref_spread(out, in[0], in[1], node->op == ANEW_OP_ADD);
        return ANEW_OK;
    }
    switch (node->op) {
    case ANEW_OP_INPUT:
        load(out, picture);
        break;
    case ANEW_OP_CONV:
        return convolve(out, in[0], node, isa, error);
    case ANEW_OP_PRELU: {
        float *slope = anew_alloc(anew_size_mul((size_t)node->channels, sizeof(float)));
        if (slope == NULL)
            return anew_fail(error, ANEW_ERROR_MEMORY, "no memory for layer '%s'", node->name);
        anew_tensor_to_f32(slope, node->weight);
        leaky(out, in[0], slope, 1);
        anew_free(slope);
        break;
    }
    case ANEW_OP_LEAKY_RELU:
        leaky(out, in[0], &node->number, 0);
        break;
    case ANEW_OP_RELU:
        for (size_t i = 0; i < total; i++)
            out->values[i] = in[0]->values[i] >= 0 ? in[0]->values[i] : 0.0f;
        break;
    case ANEW_OP_ADD:
        for (size_t i = 0; i < total; i++)
            out->values[i] = in[0]->values[i] + in[1]->values[i];
        break;
    case ANEW_OP_SCALE:
        for (size_t i = 0; i < total; i++)
            out->values[i] = in[0]->values[i] * node->number;
        break;
    case ANEW_OP_MULTIPLY:
    case ANEW_OP_DIVIDE:
    case ANEW_OP_SQRT:
    case ANEW_OP_EXP:
    case ANEW_OP_ERF:
    case ANEW_OP_TANH:
    case ANEW_OP_SIGMOID:
    case ANEW_OP_SILU:
    case ANEW_OP_MISH:
    case ANEW_OP_CLAMP:
    case ANEW_OP_GELU:
        anew_ref_kernels_for(isa)->pointwise(anew_pointwise_of(node->op), out->values,
                                             in[0]->values,
                                             node->source_count > 1 ? in[1]->values : NULL, total);
        break;
    case ANEW_OP_LAYER_NORM:
        return anew_ref_normalise(out, in[0], node, error);
    case ANEW_OP_SOFTMAX:
        anew_ref_softmax(out, in[0], isa);
        break;
    case ANEW_OP_MAX_POOL:
        anew_ref_max_pool(out, in[0], node);
        break;
    case ANEW_OP_CONCAT: {
        float *end = out->values;
        for (int k = 0; k < node->source_count; k++) {
            const size_t part = plane_of(in[k]) * (size_t)in[k]->channels;
            memcpy(end, in[k]->values, part * sizeof(float));
            end += part;
        }
        break;
    }
    case ANEW_OP_PIXEL_SHUFFLE:
        shuffle(out, in[0], node->factor, true);
        break;
    case ANEW_OP_PIXEL_UNSHUFFLE:
        shuffle(in[0], out, node->factor, false);
        break;
    case ANEW_OP_UPSAMPLE_NEAREST:
        upsample(out, in[0], node->factor);
        break;
    default:
        return anew_ref_restore(node, out, in, isa, error);
    }
    return ANEW_OK;
}

static void copy_result(const anew_picture *out, const tensor *result)
{
    for (int c = 0; c < result->channels; c++)
        for (int y = 0; y < result->height; y++)
            memcpy(out->data + (size_t)c * out->plane_stride + (size_t)y * out->row_stride,
                   result->values + (size_t)c * plane_of(result) +
                       (size_t)y * (size_t)result->width,
                   (size_t)result->width * sizeof(float));
}

anew_status anew_execute_ref(const anew_graph *graph, anew_isa isa, const anew_picture *in,
                             const anew_picture *out, anew_activation_function observe,
                             void *context, anew_error *error)
{
    anew_status status = ANEW_OK;
    const int side = anew_graph_side(graph);
    if (side > 0 && (in->height != side || in->width != side))
        return anew_fail(error, ANEW_ERROR_ARGUMENT,
                         "the network takes pictures of %dx%d pixels only, not %dx%d", side, side,
                         in->width, in->height);
    if (!anew_graph_fits(graph, in->height, in->width))
        return anew_fail(error, ANEW_ERROR_ARGUMENT,
                         "a picture of %dx%d pixels is too small for the network", in->width,
                         in->height);
    const int count = anew_graph_count(graph);
    tensor *tensors = anew_alloc_zero(anew_size_mul((size_t)count, sizeof(tensor)));
    int *last_reader = anew_alloc_zero(anew_size_mul((size_t)count, sizeof(int)));
    if (tensors == NULL || last_reader == NULL) {
        status = anew_fail(error, ANEW_ERROR_MEMORY, "no memory to run the network");
        goto out;
    }
    for (int i = 0; i < count; i++)
        for (int k = 0; k < anew_graph_node(graph, i)->source_count; k++)
            last_reader[anew_graph_node(graph, i)->sources[k]] = i;

    for (int i = 0; i < count; i++) {
        const anew_node *node = anew_graph_node(graph, i);
        tensor *t = &tensors[i];
        tensor *sources[ANEW_MAX_SOURCES];
        t->channels = node->channels;
        t->height = anew_node_side(node, in->height);
        t->width = anew_node_side(node, in->width);
        const size_t elements =
            anew_size_mul(anew_size_mul((size_t)t->height, (size_t)t->width), (size_t)t->channels);
        t->values = anew_alloc(anew_size_mul(elements, sizeof(float)));
        if (t->values == NULL) {
            status =
                anew_fail(error, ANEW_ERROR_MEMORY, "no memory for a %dx%d value of %d channels",
                          t->width, t->height, t->channels);
            goto out;
        }
        for (int k = 0; k < ANEW_MAX_SOURCES; k++)
            sources[k] = k < node->source_count ? &tensors[node->sources[k]] : t;
        ANEW_TRY_GOTO(apply(graph, node, t, sources, isa, in, error), out);
        if (observe != NULL)
            observe(context, node, t->values, t->height, t->width);
        for (int k = 0; k < node->source_count; k++) {
            if (last_reader[node->sources[k]] == i &&
                !anew_graph_is_output(graph, node->sources[k])) {
                anew_free(sources[k]->values);
                sources[k]->values = NULL;
            }
        }
    }
    for (int i = 0; i < anew_graph_output_count(graph); i++)
        copy_result(&out[i], &tensors[anew_graph_output_at(graph, i)]);
out:
    for (int i = 0; tensors != NULL && i < count; i++)
        anew_free(tensors[i].values);
    anew_free(tensors);
    anew_free(last_reader);
    return status;
}
