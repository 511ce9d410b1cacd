/*
 * plan_whole.c - what a plan needs to know of operations on whole values and of resampling: kinds of steps, packed
 * numbers, scratch.
 */
#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "kernels/windows.h"
#include "plan/plan.h"

anew_step_kind anew_whole_step_kind(anew_op op)
{
    switch (op) {
    case ANEW_OP_UPSAMPLE_BILINEAR:
    case ANEW_OP_RESIZE_BILINEAR:
        return ANEW_STEP_BILINEAR;
    case ANEW_OP_RESIZE_NEAREST:
        return ANEW_STEP_NEAREST;
    case ANEW_OP_ADAPTIVE_MAX_POOL:
        return ANEW_STEP_ADAPTIVE;
    case ANEW_OP_AVERAGE_POOL:
        return ANEW_STEP_AVERAGE;
    case ANEW_OP_SLICE:
        return ANEW_STEP_SLICE;
    case ANEW_OP_CROP:
        return ANEW_STEP_CROP;
    case ANEW_OP_CODEBOOK:
        return ANEW_STEP_CODEBOOK;
    case ANEW_OP_CONSTANT:
        return ANEW_STEP_CONSTANT;
    case ANEW_OP_DEMODULATION:
        return ANEW_STEP_DEMODULATION;
    case ANEW_OP_WINDOW_ATTENTION:
        return ANEW_STEP_WINDOWS;
    case ANEW_OP_FLATTEN:
        return ANEW_STEP_FLATTEN;
    case ANEW_OP_GLOBAL_MEAN:
        return ANEW_STEP_GLOBAL_MEAN;
    case ANEW_OP_GROUP_NORM:
        return ANEW_STEP_GROUP_NORM;
    case ANEW_OP_ADAIN:
        return ANEW_STEP_ADAIN;
    case ANEW_OP_ATTENTION:
        return ANEW_STEP_ATTENTION;
    default:
        return ANEW_STEP_CONV;
    }
}

bool anew_op_leads(anew_op op)
{
    switch (op) {
    case ANEW_OP_LAYER_NORM:
    case ANEW_OP_SOFTMAX:
    case ANEW_OP_CONCAT:
    case ANEW_OP_GROUP_NORM:
    case ANEW_OP_ADAIN:
    case ANEW_OP_SLICE:
    case ANEW_OP_CROP:
    case ANEW_OP_UPSAMPLE_BILINEAR:
    case ANEW_OP_RESIZE_BILINEAR:
    case ANEW_OP_AVERAGE_POOL:
    case ANEW_OP_DEMODULATION:
        return true;
    default:
        return false;
    }
}

bool anew_operand_is_made(const anew_operand *operand)
{
    return operand->value < 0 || operand->enlarge > 1 || operand->edge != ANEW_EDGE_ZEROS;
}

bool anew_step_is_whole(const anew_step *step)
{
    return step->kind >= ANEW_STEP_FLATTEN;
}

/* Inline, and without a branch in the loops over a row below, so that the compiler makes vectors of them. A product of two
 * sides is exact in a double. */
static inline void bilinear_source(int *first, float *weight, int d, int n, int m, bool corners)
{
    double t =
        corners ? (double)d * (n - 1) / (m > 1 ? m - 1 : 1) : ((double)d + 0.5) * n / m - 0.5;
    t = t < 0 ? 0 : t;
    *first = (int)t < n - 1 ? (int)t : n - 1;
    *weight = (float)(t - *first);
}

void anew_bilinear_source(int *first, float *weight, int d, int n, int m, bool corners)
{
    bilinear_source(first, weight, d, n, m, corners);
}

void anew_bilinear_sources(int32_t *first, float *weights, int n, int m, bool corners)
{
    if (corners)
        for (int d = 0; d < m; d++)
            bilinear_source(&first[d], &weights[d], d, n, m, true);
    else
        for (int d = 0; d < m; d++)
            bilinear_source(&first[d], &weights[d], d, n, m, false);
}

anew_row_range anew_bilinear_rows(anew_row_range r, int n, int m, bool corners)
{
    int first, last;
    float weight;
    anew_bilinear_source(&first, &weight, r.first, n, m, corners);
    anew_bilinear_source(&last, &weight, r.last - 1, n, m, corners);
    return (anew_row_range){first, last + 2 < n ? last + 2 : n};
}

int anew_bilinear_possible(int available, int n, int m, bool corners)
{
    int rows = available < 2 ? 0 : (int)((int64_t)(available - 2) * (m - 1) / n);
    while (available > 0 && rows < m &&
           anew_bilinear_rows((anew_row_range){rows, rows + 1}, n, m, corners).last <= available)
        rows++;
    return rows;
}

static inline int nearest_source(int d, int n, int m)
{
    const int place = (int)((float)d * ((float)n / (float)m));
    return place < n - 1 ? place : n - 1;
}

int anew_nearest_source(int d, int n, int m)
{
    return nearest_source(d, n, m);
}

void anew_nearest_sources(int32_t *places, int n, int m)
{
    for (int d = 0; d < m; d++)
        places[d] = nearest_source(d, n, m);
}

anew_row_range anew_adaptive_window(int d, int n, int m)
{
    return (anew_row_range){(int)((int64_t)d * n / m), (int)(((int64_t)(d + 1) * n + m - 1) / m)};
}

anew_row_range anew_placed_rows(const anew_step *step, anew_row_range r)
{
    const int n = step->source_height, m = step->height;
    if (step->kind == ANEW_STEP_NEAREST)
        return (anew_row_range){anew_nearest_source(r.first, n, m),
                                anew_nearest_source(r.last - 1, n, m) + 1};
    return (anew_row_range){anew_adaptive_window(r.first, n, m).first,
                            anew_adaptive_window(r.last - 1, n, m).last};
}

int anew_placed_possible(const anew_step *step, int available)
{
    int low = 0, high = step->height; /* the most rows lie between */
    while (low < high) {
        const int middle = low + (high - low + 1) / 2;
        if (anew_placed_rows(step, (anew_row_range){middle - 1, middle}).last <= available)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

/* ---- packed numbers -------------------------------------------------------------------------------- */

/* q[o][i] of a DEMODULATION (ops.def). */
static anew_status square_weights(float *squares, const anew_node *node, anew_error *error)
{
    const size_t taps = (size_t)(node->weight->dims[2] * node->weight->dims[3]);
    const size_t kernels = (size_t)node->weight->elements / taps;
    float *plain = anew_alloc(anew_size_mul((size_t)node->weight->elements, sizeof(float)));
    if (plain == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory for the packed weights");
    anew_tensor_to_f32(plain, node->weight);
    for (size_t i = 0; i < kernels; i++) {
        double sum = 0;
        for (size_t k = 0; k < taps; k++)
            sum += (double)plain[i * taps + k] * (double)plain[i * taps + k];
        squares[i] = (float)sum;
    }
    anew_free(plain);
    return ANEW_OK;
}

/* The bias table of windows, a number for each pair of pixels (kernels/windows.h). */
static anew_status spread_biases(float *biases, const anew_node *node, anew_error *error)
{
    float *table = anew_alloc(anew_size_mul((size_t)node->weight->elements, sizeof(float)));
    if (table == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory for the packed weights of layer '%s'",
                         node->name);
    anew_tensor_to_f32(table, node->weight);
    anew_window_spread_bias(biases, table, node->window, node->overlap, node->heads);
    anew_free(table);
    return ANEW_OK;
}

static size_t numbers_of(const anew_graph *graph, const anew_node *node)
{
    const size_t side = (size_t)anew_node_side(node, anew_graph_side(graph));
    switch (node->op) {
    case ANEW_OP_CONSTANT:
    case ANEW_OP_CODEBOOK:
        return (size_t)node->weight->elements;
    case ANEW_OP_DEMODULATION:
        return (size_t)(node->weight->dims[0] * node->weight->dims[1]);
    case ANEW_OP_NOISE:
        return anew_size_mul(side, side);
    case ANEW_OP_WINDOW_ATTENTION:
        return anew_window_bias_floats(node->window, node->overlap, node->heads);
    default:
        return 0;
    }
}

size_t anew_whole_weights_bytes(const anew_graph *graph, const anew_node *node)
{
    return anew_size_mul(numbers_of(graph, node), sizeof(float));
}

anew_status anew_whole_weights_fill(anew_packed *packed, const anew_graph *graph,
                                    const anew_node *node, anew_error *error)
{
    const size_t count = numbers_of(graph, node);
    if (count == 0)
        return ANEW_OK;
    packed->numbers = anew_alloc(anew_size_mul(count, sizeof(float)));
    if (packed->numbers == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory for the packed weights of layer '%s'",
                         node->name);
    if (node->op == ANEW_OP_DEMODULATION)
        return square_weights(packed->numbers, node, error);
    if (node->op == ANEW_OP_WINDOW_ATTENTION)
        return spread_biases(packed->numbers, node, error);
    if (node->op == ANEW_OP_NOISE)
        anew_noise_values(packed->numbers, node, anew_node_side(node, anew_graph_side(graph)));
    else
        anew_tensor_to_f32(packed->numbers, node->weight);
    return ANEW_OK;
}

/* ---- scratch ----------------------------------------------------------------------------------------- */

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

void anew_whole_scratch(anew_plan *plan, const anew_step *step)
{
    if (step->kind < ANEW_STEP_TAIL)
        return;
    const size_t width = (size_t)step->width, rows = (size_t)step->source_height;
    const size_t source_width = (size_t)step->source_width;
    const size_t channels =
        anew_size_round_up((size_t)plan->values[step->destination].channels, ANEW_BLOCK);
    const size_t in_channels =
        step->operand_count == 0
            ? 0
            : anew_size_round_up((size_t)step->operands[0].channels, ANEW_BLOCK);
    size_t shared = 0, floats = 0;
    switch (step->kind) {
    case ANEW_STEP_BILINEAR:
        floats = source_width * ANEW_BLOCK + 2 * width;
        break;
    case ANEW_STEP_NEAREST:
        floats = width;
        break;
    case ANEW_STEP_GLOBAL_MEAN:
    case ANEW_STEP_GROUP_NORM:
    case ANEW_STEP_ADAIN:
        /* Two sums in double of each row and channel of one or two values; then factors and offsets. */
        shared = 4 * anew_size_mul(rows, in_channels) * (size_t)step->operand_count + 2 * channels;
        break;
    case ANEW_STEP_ATTENTION:
        /* Keys and values, rearranged; queries of a row, scores of one. */
        shared = 2 * anew_size_mul(channels, anew_size_round_up(rows * source_width, ANEW_BLOCK));
        floats = width * channels + anew_size_round_up(rows * source_width, ANEW_BLOCK);
        break;
    case ANEW_STEP_WINDOWS: {
        const anew_node *node = anew_graph_node(plan->graph, step->head);
        floats =
            anew_window_scratch_floats(node->window, node->overlap, node->channels, node->heads);
        plan->scratch_pointers =
            larger(plan->scratch_pointers, ((size_t)step->unit * (in_channels + channels) +
                                            2 * (size_t)node->overlap * in_channels) /
                                               ANEW_BLOCK);
        break;
    }
    default:
        break;
    }
    plan->whole_floats = larger(plan->whole_floats, shared);
    plan->scratch_floats = larger(plan->scratch_floats, floats + ANEW_TAIL_PIECE * ANEW_BLOCK *
                                                                     (size_t)(step->tail_rows + 1));
    plan->scratch_pointers =
        larger(plan->scratch_pointers, 2 * channels / ANEW_BLOCK + 16 + in_channels / ANEW_BLOCK);
}
