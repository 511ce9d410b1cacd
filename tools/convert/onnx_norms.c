/*
 * onnx_norms.c - normalisations of ONNX: over a channel or groups of them, over the channels of each pixel, and that of
 * batches where it is in no convolution. PyTorch spells the second out for old versions: a mean, a difference, its square's
 * mean, a root, a quotient; taken over as one operation, its sums are in double.
 */
#include <math.h>

#include "core/memory.h"
#include "onnx_graph.h"

/* One for each channel from one for each of `count` groups; NULL and a refusal where there is another number of them. */
static float *for_channels(onnx_graph *g, int k, int channels, int64_t count)
{
    onnx_tensor shape = {.rank = 0};
    bool half;
    float *read = onnx_reals(g, k, &shape, &half), *all = NULL;
    if (read != NULL && (shape.elements != count || channels % count != 0))
        onnx_unknown(g, "normalises another number of channels");
    if (read != NULL && !nodes_failed(&g->n))
        all = anew_alloc((size_t)channels * sizeof(float));
    for (int c = 0; all != NULL && c < channels; c++)
        all[c] = read[c / (channels / count)];
    anew_free(read);
    if (all == NULL)
        nodes_refuse(&g->n, ANEW_ERROR_MEMORY, "needs more memory than there is");
    return all;
}

static float *filled(onnx_graph *g, int channels, float value)
{
    float *all = anew_alloc((size_t)channels * sizeof(float));
    for (int c = 0; all != NULL && c < channels; c++)
        all[c] = value;
    if (all == NULL)
        nodes_refuse(&g->n, ANEW_ERROR_MEMORY, "needs more memory than there is");
    return all;
}

/* The channels in `groups` parts along axis 1, which all of the others follow in their order. */
static int64_t groups_of(const onnx_view *v)
{
    static const char order[] = "chw";
    int64_t groups = 1, place = 0, kind = 0;
    if (v->rank < 3 || v->first[1] != 0)
        return 0;
    for (int p = 0; p < v->first[v->rank]; p++) {
        const onnx_part *part = &v->parts[p];
        while (kind < 3 && part->of != order[kind]) {
            kind++;
            place = 0;
        }
        if (kind == 3 || part->place != place++)
            return 0;
        if (p < v->first[2])
            groups = part->of == 'c' ? groups * part->size.number : 0;
    }
    return groups;
}

void onnx_instance_norm(onnx_graph *g)
{
    onnx_view v;
    const int a = onnx_viewed(g, 0, &v), channels = nodes_value_of(&g->n, a)->channels;
    const int64_t groups = groups_of(&v);
    if (groups < 1 || channels % groups != 0)
        onnx_unknown(g, "normalises over sides that are not known (known: rows and columns)");
    if (nodes_failed(&g->n))
        return;
    float *weight = for_channels(g, 1, channels, groups),
          *bias = for_channels(g, 2, channels, groups);
    if (weight != NULL && bias != NULL)
        onnx_give_viewed(g, 0,
                         nodes_group_norm(&g->n, a, groups,
                                          (double)onnx_real(g->node, "epsilon", 1e-5f), weight,
                                          bias, g->label),
                         &v);
    anew_free(weight);
    anew_free(bias);
}

/* Up to version 20 the numbers are one for each group. */
void onnx_group_norm(onnx_graph *g)
{
    const int a = onnx_value(g, 0), channels = nodes_value_of(&g->n, a)->channels;
    const int64_t groups = onnx_integer(g->node, "num_groups", 0);
    if (groups < 1 || channels % groups != 0)
        onnx_unknown(g, "normalises groups that do not part the channels");
    if (nodes_failed(&g->n))
        return;
    const int64_t count = g->f->opset > 20 ? channels : groups;
    float *weight = for_channels(g, 1, channels, count),
          *bias = for_channels(g, 2, channels, count);
    if (weight != NULL && bias != NULL)
        onnx_give_value(g, nodes_group_norm(&g->n, a, groups,
                                            (double)onnx_real(g->node, "epsilon", 1e-5f), weight,
                                            bias, g->label));
    anew_free(weight);
    anew_free(bias);
}

void onnx_layer_norm(onnx_graph *g)
{
    onnx_view v;
    const int a = onnx_viewed(g, 0, &v), channels = nodes_value_of(&g->n, a)->channels,
              axis = onnx_axis(&v, onnx_integer(g->node, "axis", -1));
    if (axis != v.rank - 1 || !onnx_is_channels(g, a, &v, axis))
        onnx_unknown(g, "normalises over sides that are not known (known: the channels, as the "
                        "last side)");
    if (nodes_failed(&g->n))
        return;
    float *weight = for_channels(g, 1, channels, channels),
          *bias = onnx_has(g, 2) ? for_channels(g, 2, channels, channels) : filled(g, channels, 0);
    if (weight != NULL && bias != NULL)
        onnx_give_viewed(g, 0,
                         nodes_layer_norm(&g->n, a, (double)onnx_real(g->node, "epsilon", 1e-5f),
                                          weight, bias, g->label),
                         &v);
    anew_free(weight);
    anew_free(bias);
}

/* Behind any operation but a convolution. */
void onnx_batch_norm(onnx_graph *g)
{
    float *parts[4] = {NULL};
    const int a = onnx_value(g, 0), channels = nodes_value_of(&g->n, a)->channels;
    if (g->node->used) { /* it is in the convolution before */
        onnx_give_value(g, a);
        return;
    }
    for (int k = 0; k < 4; k++)
        parts[k] = for_channels(g, k + 1, channels, channels);
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

/* ---- spelled out ------------------------------------------------------------------------------------------------ */

static const onnx_node *maker_of(const onnx_graph *g, span_bytes name)
{
    for (int i = 0; name.size > 0 && i < g->f->node_count; i++)
        if (same_bytes(g->f->nodes[i].output, name))
            return &g->f->nodes[i];
    return NULL;
}

static bool is_op(const onnx_node *node, const char *op, int inputs)
{
    return node != NULL && is_text(node->op, op) && node->input_count >= inputs &&
           node->output_count == 1;
}

static bool takes(const onnx_node *node, span_bytes a, span_bytes b)
{
    return same_bytes(node->inputs[0], a) && same_bytes(node->inputs[1], b);
}

/* The one node that reads what this one gives, if it is that operation. */
static const onnx_node *only_reader(const onnx_graph *g, const onnx_node *from, const char *op,
                                    int inputs)
{
    const onnx_node *reader = NULL;
    return onnx_readers(g, from->output, &reader) == 1 && is_op(reader, op, inputs) ? reader : NULL;
}

/* The number that the file has under that name, or that a Constant gives. */
static bool stored_number(const onnx_graph *g, span_bytes name, float *number)
{
    const onnx_node *const node = maker_of(g, name);
    const onnx_tensor *stored = onnx_find_tensor(g->f, name);
    onnx_tensor tensor;
    if (stored == NULL && is_op(node, "Constant", 0) && onnx_constant(&tensor, node, "value"))
        stored = &tensor;
    return stored != NULL && onnx_floats(stored, number, 1) == 1;
}

/* A square of `from`, with the number of times that it reads that. */
static const onnx_node *square_of(const onnx_graph *g, span_bytes from, int *reads)
{
    for (int i = 0; i < g->f->node_count; i++) {
        const onnx_node *node = &g->f->nodes[i];
        float exponent = 0;
        *reads = is_op(node, "Mul", 2) ? 2 : 1;
        if (is_op(node, "Mul", 2) && takes(node, from, from))
            return node;
        if (is_op(node, "Pow", 2) && same_bytes(node->inputs[0], from) &&
            stored_number(g, node->inputs[1], &exponent) && exponent == 2)
            return node;
    }
    return NULL;
}

/* The one axis that the mean is over, keeping it; false where there are others, or it is computed. */
static bool axis_of(const onnx_graph *g, const onnx_node *mean, int64_t *axis)
{
    if (onnx_integer(mean, "keepdims", 1) != 1)
        return false;
    if (onnx_integers(mean, "axes", axis, 1) == 1)
        return true;
    if (mean->input_count < 2)
        return false;
    const onnx_node *const node = maker_of(g, mean->inputs[1]);
    const onnx_tensor *stored = onnx_find_tensor(g->f, mean->inputs[1]);
    onnx_tensor tensor;
    if (stored == NULL && is_op(node, "Constant", 0) && onnx_constant(&tensor, node, "value"))
        stored = &tensor;
    return stored != NULL && onnx_wholes(stored, axis, 1) == 1;
}

/* The numbers that the node has for the channels, at its other input. */
static float *factor_at(onnx_graph *g, const onnx_node *node, span_bytes value, int id,
                        const onnx_view *v)
{
    const onnx_node *const before = g->node;
    const int other = same_bytes(node->inputs[0], value) ? 1 : 0;
    const onnx_tensor *tensor = onnx_find_tensor(g->f, node->inputs[other]);
    float *numbers = NULL;
    if (tensor != NULL && tensor->elements == nodes_value_of(&g->n, id)->channels &&
        onnx_is_of_channels(g, id, v, tensor)) {
        g->node = node;
        numbers = for_channels(g, other, (int)tensor->elements, tensor->elements);
        g->node = before;
    }
    return numbers;
}

static void done(const onnx_node *node)
{
    ((onnx_node *)(uintptr_t)node)->used = true;
}

bool onnx_spelled_norm(onnx_graph *g)
{
    const onnx_node *const mean = g->node;
    const span_bytes x = mean->inputs[0];
    const onnx_node *first = NULL, *square = NULL;
    onnx_view v;
    int64_t axis = 0, again = 0;
    int reads = 0;
    float epsilon = 0;
    for (int i = 0; square == NULL && i < g->f->node_count; i++) {
        first = &g->f->nodes[i];
        if (is_op(first, "Sub", 2) && takes(first, x, mean->output))
            square = square_of(g, first->output, &reads);
    }
    const onnx_node *variance = square == NULL ? NULL : only_reader(g, square, "ReduceMean", 1);
    const onnx_node *sum = variance == NULL ? NULL : only_reader(g, variance, "Add", 2);
    const onnx_node *root = sum == NULL ? NULL : only_reader(g, sum, "Sqrt", 1);
    const onnx_node *quotient = root == NULL ? NULL : only_reader(g, root, "Div", 2);
    if (quotient == NULL || !same_bytes(quotient->inputs[1], root->output) ||
        !axis_of(g, mean, &axis) || !axis_of(g, variance, &again) || axis != again ||
        !(stored_number(g, sum->inputs[0], &epsilon) || stored_number(g, sum->inputs[1], &epsilon)))
        return false;
    /* Nothing else may read what is left out. */
    const onnx_node *second = maker_of(g, quotient->inputs[0]), *reader = NULL;
    if (!is_op(second, "Sub", 2) || !takes(second, x, mean->output) ||
        onnx_readers(g, mean->output, &reader) != (first == second ? 1 : 2) ||
        onnx_readers(g, first->output, &reader) != reads + (first == second ? 1 : 0) ||
        (first != second && onnx_readers(g, second->output, &reader) != 1) || !(epsilon > 0))
        return false;
    const int a = onnx_viewed(g, 0, &v), channels = nodes_value_of(&g->n, a)->channels;
    if (!onnx_is_channels(g, a, &v, onnx_axis(&v, axis)) || nodes_failed(&g->n))
        return false;
    const onnx_node *const all[] = {first, second, square, variance, sum, root, quotient};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        done(all[i]);
    const onnx_node *last = quotient, *next = only_reader(g, last, "Mul", 2);
    float *weight = next == NULL ? NULL : factor_at(g, next, last->output, a, &v), *bias = NULL;
    if (weight != NULL) {
        last = next;
        done(last);
        next = only_reader(g, last, "Add", 2);
        bias = next == NULL ? NULL : factor_at(g, next, last->output, a, &v);
        if (bias != NULL) {
            last = next;
            done(last);
        }
    }
    weight = weight == NULL ? filled(g, channels, 1) : weight;
    bias = bias == NULL ? filled(g, channels, 0) : bias;
    if (weight != NULL && bias != NULL) {
        const int id = nodes_layer_norm(&g->n, a, (double)epsilon, weight, bias, g->label);
        g->node = last;
        onnx_give_viewed(g, 0, id, &v);
    }
    anew_free(weight);
    anew_free(bias);
    return true;
}
