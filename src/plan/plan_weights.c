/*
 * plan_weights.c - the select pass: for each layer the first kernel of the ordered table that the CPU has and
 * that accepts the shape; its weights converted to f32 and laid out as that kernel reads them. Done
 * once, shared by the plans of all sizes.
 */
#include <stdatomic.h>
#include <string.h>

#include "core/memory.h"
#include "plan/plan.h"

static size_t padded_channels(int channels)
{
    return anew_size_round_up((size_t)channels, ANEW_BLOCK);
}

/* `count` copies or tensor values followed by zeros up to whole blocks; NULL without memory. */
static float *padded_vector(const anew_tensor *tensor, float fill, int count)
{
    float *vector = anew_alloc_zero(padded_channels(count) * sizeof(float));
    if (vector == NULL)
        return NULL;
    if (tensor != NULL)
        anew_tensor_to_f32(vector, tensor);
    else
        for (int i = 0; i < count; i++)
            vector[i] = fill;
    return vector;
}

static anew_status no_memory(const anew_node *node, anew_error *error)
{
    return anew_fail(error, ANEW_ERROR_MEMORY, "no memory for the packed weights of layer '%s'",
                     node->name);
}

/* Whether every part of the value but the last has a multiple of 16 channels. */
static bool whole_blocks(const anew_graph *graph, int id, bool last)
{
    const anew_node *node = anew_graph_node(graph, id);
    if (node->op != ANEW_OP_CONCAT)
        return last || node->channels % ANEW_BLOCK == 0;
    for (int k = 0; k < node->source_count; k++)
        if (!whole_blocks(graph, node->sources[k], last && k == node->source_count - 1))
            return false;
    return true;
}

static anew_status choose_conv(anew_weights *weights, anew_packed *packed, const anew_node *node,
                               int in_channels, anew_error *error)
{
    static const struct {
        anew_exactness allowed;
        bool one_row;
    } rules[ANEW_SELECT_COUNT] = {
        [ANEW_SELECT_EXACT] = {ANEW_EXACT, true}, [ANEW_SELECT_ROWS] = {ANEW_FAST, true},
        [ANEW_SELECT_FAST] = {ANEW_FAST, false},  [ANEW_SELECT_BF16_ROWS] = {ANEW_BF16, true},
        [ANEW_SELECT_BF16] = {ANEW_BF16, false},  [ANEW_SELECT_INT8_ROWS] = {ANEW_INT8, true},
        [ANEW_SELECT_INT8] = {ANEW_INT8, false},
    };
    anew_exactness allowed = rules[weights->selection].allowed;
    if (allowed == ANEW_INT8 && node->input_scale == NULL)
        allowed = ANEW_FAST; /* a layer that anew-quantize has left alone */
    if (allowed == ANEW_BF16 && node->float32)
        allowed = ANEW_FAST;
    if (node->input_scale != NULL)
        packed->int8 = (anew_conv_int8){.scale = node->input_scale->data,
                                        .zero = node->input_zero->data,
                                        .row_scale = node->weight->row_scale};
    packed->shape =
        (anew_conv_shape){.kernel_height = node->kernel,
                          .kernel_width = node->kernel,
                          .stride = node->stride,
                          .dilation = node->dilation,
                          .groups = node->groups,
                          .in_channels = in_channels,
                          .out_channels = node->channels,
                          .whole_blocks = whole_blocks(weights->graph, node->sources[0], true),
                          .int8 = allowed == ANEW_INT8 ? &packed->int8 : NULL};
    packed->kernel =
        anew_conv_select(&packed->shape, weights->isa, allowed, rules[weights->selection].one_row);
    if (packed->kernel == NULL)
        return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                         "layer '%s': no kernel for a %dx%d convolution of %d to %d channels",
                         node->name, node->kernel, node->kernel, in_channels, node->channels);
    weights->bytes +=
        (packed->kernel->packed_floats(&packed->shape) + padded_channels(node->channels)) *
        sizeof(float);
    return ANEW_OK;
}

/* An address is not enough to tell weights by: it is given again when they are freed. */
static atomic_uint serials;

anew_status anew_weights_choose(anew_weights **weights, const anew_graph *graph, anew_isa isa,
                                anew_selection selection, anew_error *error)
{
    const int count = anew_graph_count(graph);
    anew_weights *w = anew_alloc_zero(sizeof *w);
    if (w != NULL)
        w->nodes = anew_alloc_zero(anew_size_mul((size_t)count, sizeof(anew_packed)));
    if (w == NULL || w->nodes == NULL) {
        anew_free(w);
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory for the packed weights");
    }
    w->graph = graph;
    w->serial = atomic_fetch_add(&serials, 1) + 1;
    w->isa = isa;
    w->selection = selection;
    for (int i = 0; i < count; i++) {
        const anew_node *node = anew_graph_node(graph, i);
        if (node->op == ANEW_OP_CONV) {
            const int in_channels = anew_graph_node(graph, node->sources[0])->channels;
            const anew_status status = choose_conv(w, &w->nodes[i], node, in_channels, error);
            if (status != ANEW_OK) {
                anew_weights_free(&w);
                return status;
            }
        } else if (node->op == ANEW_OP_PRELU || node->op == ANEW_OP_LEAKY_RELU) {
            w->bytes += padded_channels(node->channels) * sizeof(float);
        } else if (node->op == ANEW_OP_LAYER_NORM || node->op == ANEW_OP_GROUP_NORM) {
            w->bytes += 2 * padded_channels(node->channels) * sizeof(float);
        } else {
            w->bytes += anew_whole_weights_bytes(graph, node);
        }
    }
    *weights = w;
    return ANEW_OK;
}

static anew_status fill_conv(anew_packed *packed, const anew_node *node, anew_error *error)
{
    packed->weights =
        anew_alloc(anew_size_mul(packed->kernel->packed_floats(&packed->shape), sizeof(float)));
    packed->bias = padded_vector(node->bias, 0.0f, node->channels);
    float *plain = anew_alloc(anew_size_mul((size_t)node->weight->elements, sizeof(float)));
    anew_status status = ANEW_OK;
    if (packed->weights == NULL || packed->bias == NULL || plain == NULL) {
        status = no_memory(node, error);
    } else {
        if (packed->kernel->exactness == ANEW_INT8)
            anew_tensor_to_f32(plain, node->weight); /* with the channels' scales in them */
        else
            anew_node_weights(plain, node);
        packed->kernel->pack(packed->weights, plain, &packed->shape);
    }
    anew_free(plain);
    return status;
}

anew_status anew_weights_fill(anew_weights *w, anew_error *error)
{
    for (int i = 0; i < anew_graph_count(w->graph); i++) {
        const anew_node *node = anew_graph_node(w->graph, i);
        anew_packed *packed = &w->nodes[i];
        if (node->op == ANEW_OP_CONV) {
            ANEW_TRY(fill_conv(packed, node, error));
        } else if (node->op == ANEW_OP_PRELU || node->op == ANEW_OP_LEAKY_RELU) {
            packed->slope = padded_vector(node->weight, node->number, node->channels);
            if (packed->slope == NULL)
                return no_memory(node, error);
        } else if (node->op == ANEW_OP_LAYER_NORM || node->op == ANEW_OP_GROUP_NORM) {
            packed->slope = padded_vector(node->weight, 0.0f, node->channels);
            packed->bias = padded_vector(node->bias, 0.0f, node->channels);
            if (packed->slope == NULL || packed->bias == NULL)
                return no_memory(node, error);
        } else {
            ANEW_TRY(anew_whole_weights_fill(packed, w->graph, node, error));
        }
    }
    return ANEW_OK;
}

anew_status anew_weights_pack(anew_weights **weights, const anew_graph *graph, anew_isa isa,
                              anew_selection selection, anew_error *error)
{
    ANEW_TRY(anew_weights_choose(weights, graph, isa, selection, error));
    const anew_status status = anew_weights_fill(*weights, error);
    if (status != ANEW_OK)
        anew_weights_free(weights);
    return status;
}

void anew_weights_free(anew_weights **weights)
{
    anew_weights *w = *weights;
    if (w == NULL)
        return;
    for (int i = 0; i < anew_graph_count(w->graph); i++) {
        anew_free(w->nodes[i].weights);
        anew_free(w->nodes[i].bias);
        anew_free(w->nodes[i].slope);
        anew_free(w->nodes[i].numbers);
    }
    anew_free(w->nodes);
    anew_free(w);
    *weights = NULL;
}
