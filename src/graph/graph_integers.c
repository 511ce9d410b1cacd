/*
 * graph_integers.c - the part of the builder for layers that anew-quantize has rounded to 8 bits: how their bytes
 * are read is part of the model (weights/FORMAT.md).
 */
#include <math.h>
#include <stdio.h>

#include "graph/graph_parts.h"

/* All of them positive numbers, or whole ones from 0 to 255. */
static bool usable(const float *values, int64_t count, bool scales)
{
    for (int64_t i = 0; i < count; i++)
        if (scales ? !(values[i] > 0) || !isfinite(1.0f / values[i]) || !isfinite(values[i])
                   : !(values[i] >= 0 && values[i] <= 255) || values[i] != floorf(values[i]))
            return false;
    return true;
}

void anew_graph_bind_integers(anew_graph *g, anew_node *node, int in_channels, const char *name)
{
    char scale_name[ANEW_MAX_NAME + 16];
    (void)snprintf(scale_name, sizeof scale_name, "%s.input_scale", name);
    if (anew_model_find(anew_graph_model(g), scale_name) == NULL)
        return;
    const anew_tensor *scale = anew_graph_bind(g, name, "input_scale", 1, (int64_t[]){in_channels});
    const anew_tensor *zero = anew_graph_bind(g, name, "input_zero", 1, (int64_t[]){in_channels});
    const anew_tensor *weight = node->weight;
    if (scale == NULL || zero == NULL || weight == NULL)
        return;
    if (weight->dtype != ANEW_DTYPE_I8 || node->groups != 1)
        anew_graph_refuse(g, "layer '%s' has an input_scale, but no weights of 8 bits in one group",
                          name);
    else if (scale->dtype != ANEW_DTYPE_F32 || zero->dtype != ANEW_DTYPE_F32 ||
             !usable(scale->data, in_channels, true) || !usable(zero->data, in_channels, false) ||
             !usable(weight->row_scale, weight->dims[0], true))
        anew_graph_refuse(g,
                          "layer '%s': scales must be positive f32, zeros whole numbers from 0 to "
                          "255",
                          name);
    node->input_scale = scale;
    node->input_zero = zero;
}

void anew_node_weights(float *values, const anew_node *node)
{
    anew_tensor_to_f32(values, node->weight);
    if (node->input_scale == NULL)
        return;
    const float *scale = node->input_scale->data;
    const int64_t in = node->weight->dims[1], taps = (int64_t)node->kernel * node->kernel;
    for (int64_t i = 0; i < node->weight->elements; i++)
        values[i] /= scale[i / taps % in];
}
