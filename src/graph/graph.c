/*
 * graph.c - records operations, infers shapes, binds weights, keeps the first error.
 */
#include "graph/graph.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "graph/graph_parts.h"

#define MAX_NAME   ANEW_MAX_NAME
#define MAX_SCOPES 8

/* What the executor has row pointers for. */
#define MOST_OUTPUT_CHANNELS 256

struct anew_graph {
    const anew_model *model;
    anew_node *nodes;
    int count;
    size_t capacity;
    int outputs[ANEW_MAX_OUTPUTS];
    int output_count;
    bool *taken; /* [tensors of the model]: bound to a layer */
    char scope[MAX_NAME];
    size_t scope_ends[MAX_SCOPES]; /* length of `scope` before each anew_enter */
    int depth;
    int side;     /* of the only picture that the network takes; 0: any */
    bool float32; /* anew_keep_float32 */
    anew_options options;
    anew_error error;
};

static const struct {
    const char *name, *definition;
} operations[ANEW_OP_COUNT] = {
#define OP(identifier, text, definition) {text, definition},
#include "graph/ops.def"
#undef OP
};

const char *anew_op_name(anew_op op)
{
    return operations[op].name;
}

const char *anew_op_definition(anew_op op)
{
    return operations[op].definition;
}

/* ---- errors and names ------------------------------------------------------------------------- */

static bool broken(const anew_graph *g)
{
    return g->error.status != ANEW_OK;
}

void anew_graph_refuse(anew_graph *g, const char *format, ...)
{
    if (broken(g))
        return;
    char reason[256];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    (void)anew_fail(&g->error, ANEW_ERROR_FORMAT, "%s: %s%s%s", anew_model_label(g->model),
                    g->scope, g->depth > 0 ? ": " : "", reason);
}

static void out_of_memory(anew_graph *g)
{
    if (!broken(g))
        (void)anew_fail(&g->error, ANEW_ERROR_MEMORY, "%s: no memory for the network's graph",
                        anew_model_label(g->model));
}

/* scope + "." + the formatted name. */
static void layer_name(anew_graph *g, char name[MAX_NAME], const char *format, va_list arguments)
    ANEW_PRINTF(3, 0);
static void layer_name(anew_graph *g, char name[MAX_NAME], const char *format, va_list arguments)
{
    char last[MAX_NAME];
    const int bytes = vsnprintf(last, sizeof last, format, arguments);
    const int total = snprintf(name, MAX_NAME, "%s%s%s", g->scope, g->depth > 0 ? "." : "", last);
    if (bytes < 0 || bytes >= MAX_NAME || total < 0 || total >= MAX_NAME)
        anew_graph_refuse(g, "a layer name is longer than %d characters", MAX_NAME - 1);
}

void anew_enter(anew_graph *g, const char *format, ...)
{
    if (broken(g))
        return;
    if (g->depth == MAX_SCOPES) {
        anew_graph_refuse(g, "scopes nest deeper than %d", MAX_SCOPES);
        return;
    }
    char name[MAX_NAME];
    va_list arguments;
    va_start(arguments, format);
    layer_name(g, name, format, arguments);
    va_end(arguments);
    g->scope_ends[g->depth++] = strlen(g->scope);
    memcpy(g->scope, name, sizeof name);
}

anew_val anew_leave(anew_graph *g, anew_val result)
{
    if (broken(g) || g->depth == 0)
        return result;
    anew_node *node = &g->nodes[result.id];
    if (node->name[0] == '\0') {
        char *name = anew_text_copy(g->scope);
        if (name == NULL) {
            out_of_memory(g);
        } else {
            anew_free(node->name);
            node->name = name;
        }
    }
    g->scope[g->scope_ends[--g->depth]] = '\0';
    return result;
}

/* ---- nodes ------------------------------------------------------------------------------------ */

/* Of two numbers above 0. */
static int greatest_common_divisor(int a, int b)
{
    while (b > 0) {
        const int rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Appends a node whose shape is that of its first source; the caller changes what differs. Returns
 * NULL when the graph is broken. */
static anew_node *append(anew_graph *g, anew_op op, const anew_val *sources, int source_count,
                         const char *name)
{
    if (broken(g))
        return NULL;
    for (int i = 0; i < source_count; i++) {
        if (sources[i].id < 0 || sources[i].id >= g->count) {
            anew_graph_refuse(g, "%s of a value that does not exist", anew_op_name(op));
            return NULL;
        }
    }
    anew_node *nodes = anew_grow(g->nodes, &g->capacity, (size_t)g->count + 1, sizeof(anew_node));
    char *copy = anew_text_copy(name);
    if (nodes != NULL)
        g->nodes = nodes;
    if (nodes == NULL || copy == NULL) {
        anew_free(copy);
        out_of_memory(g);
        return NULL;
    }
    anew_node *node = &g->nodes[g->count++];
    *node = (anew_node){.op = op, .name = copy, .source_count = source_count, .up = 1, .down = 1};
    for (int i = 0; i < source_count; i++)
        node->sources[i] = sources[i].id;
    if (source_count > 0) {
        const anew_node *first = &g->nodes[sources[0].id];
        node->channels = first->channels;
        node->up = first->up;
        node->down = first->down;
        node->extra = first->extra;
        node->less = first->less;
        node->rounded = first->rounded;
        node->single = first->single;
    }
    return node;
}

static anew_val last_value(const anew_graph *g)
{
    return (anew_val){broken(g) ? 0 : g->count - 1};
}

/* The tensor `layer`.`part`, checked against the wanted shape, marked as taken. */
static const anew_tensor *bind(anew_graph *g, const char *layer, const char *part, int rank,
                               const int64_t *dims)
{
    char name[MAX_NAME + 16];
    (void)snprintf(name, sizeof name, "%s.%s", layer, part);
    const anew_tensor *tensor = anew_model_find(g->model, name);
    if (tensor == NULL) {
        (void)anew_fail(&g->error, ANEW_ERROR_FORMAT, "%s: tensor '%s' is missing",
                        anew_model_label(g->model), name);
        return NULL;
    }
    bool same = tensor->rank == rank;
    for (int i = 0; same && i < rank; i++)
        same = tensor->dims[i] == dims[i];
    if (!same) {
        char got[ANEW_SHAPE_TEXT], want[ANEW_SHAPE_TEXT];
        (void)anew_fail(&g->error, ANEW_ERROR_FORMAT,
                        "%s: tensor '%s' has the shape %s where the network needs %s",
                        anew_model_label(g->model), name,
                        anew_shape_text(got, tensor->rank, tensor->dims),
                        anew_shape_text(want, rank, dims));
        return NULL;
    }
    for (int i = 0; i < anew_model_tensor_count(g->model); i++) {
        if (anew_model_tensor(g->model, i) == tensor) {
            if (g->taken[i])
                anew_graph_refuse(g, "tensor '%s' is used by two layers", name);
            g->taken[i] = true;
        }
    }
    return tensor;
}

/* ---- operations ------------------------------------------------------------------------------- */

anew_val anew_input_square(anew_graph *g, int channels, int side)
{
    if (side < 1 || side > 8192)
        anew_graph_refuse(g, "a picture of %dx%d", side, side);
    g->side = side;
    return anew_input(g, channels);
}

anew_val anew_input(anew_graph *g, int channels)
{
    anew_node *node = append(g, ANEW_OP_INPUT, NULL, 0, "input");
    if (node != NULL)
        node->channels = channels;
    if (node != NULL && g->count != 1)
        anew_graph_refuse(g, "the input must be the first value");
    return last_value(g);
}

void anew_repeat_edges(anew_graph *g)
{
    if (!broken(g) && g->count > 0)
        g->nodes[0].repeats = true;
}

/* Changes the node's scale by up / down. */
static void rescale(anew_node *node, int up, int down)
{
    node->up *= up;
    node->down *= down;
    const int common = greatest_common_divisor(node->up, node->down);
    node->up /= common;
    node->down /= common;
}

/* Bounds on what the executor makes room for: rows of a kernel, and rows that it reaches over. */
#define MOST_KERNEL 31
#define MOST_REACH  63

/* Quotient rounded down, of a divisor above 0. */
static int divided_down(int a, int b)
{
    return a >= 0 ? a / b : -((-a + b - 1) / b);
}

static anew_val convolve(anew_graph *g, anew_val x, anew_conv_options o, const char *name)
{
    const int half = o.kernel / 2 * (o.dilation == 0 ? 1 : o.dilation);
    const int shift = o.after || o.valid ? half : o.padded ? half - o.before : 0;
    const int cut = o.valid ? half : o.padded ? half - o.zeros_after : 0;
    const int in_channels = anew_channels(g, x);
    o.stride = o.stride == 0 ? 1 : o.stride;
    o.dilation = o.dilation == 0 ? 1 : o.dilation;
    o.groups = o.groups == 0 ? 1 : o.groups;
    if (o.kernel < 1 || o.kernel > MOST_KERNEL || o.kernel % 2 == 0)
        anew_graph_refuse(g, "layer '%s' has a kernel of %dx%d: sides must be odd, at most %d",
                          name, o.kernel, o.kernel, MOST_KERNEL);
    else if (o.stride < 1 || o.stride > 16)
        anew_graph_refuse(g, "layer '%s' has the stride %d, which is outside 1 .. 16", name,
                          o.stride);
    else if (o.dilation < 1 || o.dilation > MOST_REACH ||
             (o.kernel - 1) * o.dilation + 1 > MOST_REACH)
        anew_graph_refuse(g, "layer '%s' has the dilation %d: its kernel may reach over %d pixels",
                          name, o.dilation, MOST_REACH);
    else if (o.groups < 1 || in_channels % o.groups != 0 || o.channels % o.groups != 0)
        anew_graph_refuse(g, "layer '%s' has %d groups of %d to %d channels", name, o.groups,
                          in_channels, o.channels);
    else if (shift >= o.stride && o.after)
        anew_graph_refuse(g,
                          "layer '%s' pads %d pixels after the picture alone, with a stride of %d",
                          name, shift, o.stride);
    else if (o.padded && (shift < 0 || shift > half || cut < 0 || cut > half ||
                          o.edge != ANEW_EDGE_ZEROS || o.after))
        anew_graph_refuse(g,
                          "layer '%s' pads %d pixels before and %d after the picture: up to %d "
                          "zeros are known",
                          name, o.before, o.zeros_after, half);
    anew_node *node = append(g, ANEW_OP_CONV, &x, 1, name);
    if (node == NULL)
        return x;
    if (node->single && (shift > 0 || cut > 0))
        anew_graph_refuse(g, "layer '%s' pads a single pixel unevenly", name);
    node->channels = o.channels;
    node->kernel = o.kernel;
    node->stride = o.stride;
    node->dilation = o.dilation;
    node->groups = o.groups;
    node->edge = o.edge;
    node->valid = o.valid;
    node->float32 = g->float32;
    node->shift = shift;
    node->cut = cut;
    /* Of n pixels (n - shift - cut - 1) / stride + 1 are left; a stride divides what is not extra. */
    if (o.valid)
        anew_graph_shrink(g, node, (o.kernel - 1) * o.dilation);
    else if (!node->single && anew_graph_must_round(g, node, o.stride))
        anew_graph_shrink(g, node, (o.padded ? shift : 0) + cut);
    else if (!node->single)
        node->extra = divided_down(node->extra - (o.padded ? shift : 0) - cut - 1, o.stride) + 1;
    if (!node->single)
        rescale(node, 1, o.stride);
    node->weight = bind(g, name, "weight", o.linear ? 2 : 4,
                        (int64_t[]){o.channels, in_channels / o.groups, o.kernel, o.kernel});
    if (o.bias && !broken(g))
        node->bias = bind(g, name, "bias", 1, (int64_t[]){o.channels});
    if (!broken(g))
        anew_graph_bind_integers(g, node, in_channels, name);
    return last_value(g);
}

void anew_keep_float32(anew_graph *g, bool on)
{
    g->float32 = on;
}

anew_val anew_conv(anew_graph *g, anew_val x, int channels, int kernel, bool bias,
                   const char *format, ...)
{
    char name[MAX_NAME];
    va_list arguments;
    va_start(arguments, format);
    layer_name(g, name, format, arguments);
    va_end(arguments);
    return convolve(g, x, (anew_conv_options){.channels = channels, .kernel = kernel, .bias = bias},
                    name);
}

anew_val anew_conv_with(anew_graph *g, anew_val x, anew_conv_options options, const char *format,
                        ...)
{
    char name[MAX_NAME];
    va_list arguments;
    va_start(arguments, format);
    layer_name(g, name, format, arguments);
    va_end(arguments);
    return convolve(g, x, options, name);
}

anew_val anew_linear(anew_graph *g, anew_val x, int channels, bool bias, const char *format, ...)
{
    char name[MAX_NAME];
    va_list arguments;
    va_start(arguments, format);
    layer_name(g, name, format, arguments);
    va_end(arguments);
    return convolve(
        g, x, (anew_conv_options){.channels = channels, .kernel = 1, .bias = bias, .linear = true},
        name);
}

anew_val anew_prelu(anew_graph *g, anew_val x, const char *format, ...)
{
    char name[MAX_NAME];
    va_list arguments;
    va_start(arguments, format);
    layer_name(g, name, format, arguments);
    va_end(arguments);
    anew_node *node = append(g, ANEW_OP_PRELU, &x, 1, name);
    if (node == NULL)
        return x;
    node->weight = bind(g, name, "weight", 1, (int64_t[]){node->channels});
    return last_value(g);
}

anew_val anew_lrelu(anew_graph *g, anew_val x, float slope)
{
    anew_node *node = append(g, ANEW_OP_LEAKY_RELU, &x, 1, "");
    if (node != NULL)
        node->number = slope;
    return last_value(g);
}

anew_val anew_relu(anew_graph *g, anew_val x)
{
    (void)append(g, ANEW_OP_RELU, &x, 1, "");
    return last_value(g);
}

anew_val anew_softmax(anew_graph *g, anew_val x)
{
    (void)append(g, ANEW_OP_SOFTMAX, &x, 1, "");
    return last_value(g);
}

anew_val anew_scale(anew_graph *g, anew_val x, float factor)
{
    anew_node *node = append(g, ANEW_OP_SCALE, &x, 1, "");
    if (node != NULL)
        node->number = factor;
    return last_value(g);
}

anew_val anew_outputs(anew_graph *g, const anew_val *values, int count)
{
    if (count < 1 || count > ANEW_MAX_OUTPUTS)
        anew_graph_refuse(g, "%d outputs", count);
    for (int i = 0; !broken(g) && i < count; i++) {
        if (values[i].id < 1 || values[i].id >= g->count)
            anew_graph_refuse(g, "an output that does not exist");
        for (int k = 0; k < i; k++)
            if (values[k].id == values[i].id)
                anew_graph_refuse(g, "two outputs are the same value");
        g->outputs[i] = values[i].id;
    }
    g->output_count = broken(g) ? 0 : count;
    return broken(g) ? last_value(g) : values[0];
}

int anew_channels(const anew_graph *g, anew_val x)
{
    return broken(g) || x.id < 0 || x.id >= g->count ? 1 : g->nodes[x.id].channels;
}

/* ---- life ------------------------------------------------------------------------------------- */

anew_status anew_graph_create(anew_graph **graph, const anew_model *model, anew_error *error)
{
    anew_graph *g = anew_alloc_zero(sizeof *g);
    if (g != NULL) {
        g->model = model;
        g->taken = anew_alloc_zero((size_t)anew_model_tensor_count(model) * sizeof(bool));
    }
    if (g == NULL || g->taken == NULL) {
        anew_free(g);
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory for the network's graph",
                         anew_model_label(model));
    }
    *graph = g;
    return ANEW_OK;
}

void anew_graph_free(anew_graph **graph)
{
    anew_graph *g = *graph;
    if (g == NULL)
        return;
    for (int i = 0; i < g->count; i++)
        anew_free(g->nodes[i].name);
    anew_free(g->nodes);
    anew_free(g->taken);
    anew_free(g);
    *graph = NULL;
}

anew_status anew_graph_finish(anew_graph *graph, anew_val output, anew_error *error)
{
    anew_graph *g = graph;
    if (!broken(g) && (output.id < 1 || output.id >= g->count))
        anew_graph_refuse(g, "the network has no layers");
    if (!broken(g) && g->output_count == 0 &&
        (g->nodes[output.id].down != 1 || g->nodes[output.id].less > 0 ||
         g->nodes[output.id].single))
        anew_graph_refuse(g, "the output is %d/%d of the input, which must be a whole number",
                          g->nodes[output.id].up, g->nodes[output.id].down);
    if (!broken(g) && g->output_count == 0 &&
        (g->nodes[output.id].extra > 0 ||
         g->nodes[output.id].extra % (2 * g->nodes[output.id].up) != 0))
        anew_graph_refuse(g, "the output has %d pixels %s than %d times the input",
                          abs(g->nodes[output.id].extra),
                          g->nodes[output.id].extra > 0 ? "more" : "fewer", g->nodes[output.id].up);
    for (int i = 0; !broken(g) && i < g->output_count; i++)
        if (g->nodes[g->outputs[i]].extra != 0)
            anew_graph_refuse(g, "one of several outputs is not padded");
    if (!broken(g) && g->output_count == 0)
        g->outputs[g->output_count++] = output.id;
    for (int i = 0; !broken(g) && i < g->output_count; i++)
        if (g->nodes[g->outputs[i]].channels > MOST_OUTPUT_CHANNELS)
            anew_graph_refuse(g, "an output of %d channels, more than %d",
                              g->nodes[g->outputs[i]].channels, MOST_OUTPUT_CHANNELS);
    for (int i = 0; !broken(g) && i < anew_model_tensor_count(g->model); i++)
        if (!g->taken[i])
            anew_graph_refuse(g, "tensor '%s' belongs to no layer of a %s network",
                              anew_model_tensor(g->model, i)->name,
                              anew_model_architecture(g->model));
    if (!broken(g))
        return ANEW_OK;
    if (error != NULL)
        *error = g->error;
    return g->error.status;
}

int anew_graph_count(const anew_graph *graph)
{
    return graph->count;
}

const anew_node *anew_graph_node(const anew_graph *graph, int id)
{
    return &graph->nodes[id];
}

int anew_graph_output(const anew_graph *graph)
{
    return graph->outputs[0];
}

int anew_graph_output_count(const anew_graph *graph)
{
    return graph->output_count;
}

int anew_graph_output_at(const anew_graph *graph, int index)
{
    return graph->outputs[index];
}

bool anew_graph_is_output(const anew_graph *graph, int id)
{
    for (int i = 0; i < graph->output_count; i++)
        if (graph->outputs[i] == id)
            return true;
    return false;
}

const anew_model *anew_graph_model(const anew_graph *graph)
{
    return graph->model;
}

int anew_graph_side(const anew_graph *graph)
{
    return graph->side;
}

void anew_graph_set_options(anew_graph *graph, anew_options options)
{
    graph->options = options;
}

const anew_options *anew_graph_options(const anew_graph *g)
{
    return &g->options;
}

/* ---- for the other files of the builder -------------------------------------------------------- */

anew_node *anew_graph_append(anew_graph *g, anew_op op, const anew_val *sources, int source_count,
                             const char *name)
{
    return append(g, op, sources, source_count, name);
}

void anew_graph_layer_name(anew_graph *g, char name[ANEW_MAX_NAME], const char *format,
                           va_list arguments)
{
    layer_name(g, name, format, arguments);
}

const anew_tensor *anew_graph_bind(anew_graph *g, const char *layer, const char *part, int rank,
                                   const int64_t *dims)
{
    return broken(g) ? NULL : bind(g, layer, part, rank, dims);
}

void anew_graph_rescale(anew_node *node, int up, int down)
{
    rescale(node, up, down);
}

anew_node *anew_graph_value(anew_graph *g, anew_val x)
{
    return x.id < 0 || x.id >= g->count ? NULL : &g->nodes[x.id];
}

anew_val anew_graph_newest(const anew_graph *g)
{
    return last_value(g);
}

void anew_leave_out(anew_graph *g, const char *prefix)
{
    for (int i = 0; i < anew_model_tensor_count(g->model); i++)
        if (strncmp(anew_model_tensor(g->model, i)->name, prefix, strlen(prefix)) == 0)
            g->taken[i] = true;
}
