/*
 * onnx_nodes.c - an ONNX graph as it is: names and what they stand for, in the order of the file. What each operation
 * does stands in onnx_operations.c, the arithmetic of shapes in onnx_shapes.c.
 */
#include <stdio.h>

#include "core/memory.h"
#include "onnx_graph.h"

static uint64_t hash_of(span_bytes name)
{
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < name.size; i++)
        hash = (hash ^ name.data[i]) * 1099511628211u;
    return hash;
}

static onnx_symbol *find(onnx_graph *g, span_bytes name)
{
    const uint64_t hash = hash_of(name);
    for (int i = g->count; i-- > 0;)
        if (g->symbols[i].hash == hash && same_bytes(g->symbols[i].name, name))
            return &g->symbols[i];
    return NULL;
}

void onnx_unknown(onnx_graph *g, const char *what)
{
    nodes_refuse(&g->n, ANEW_ERROR_UNSUPPORTED, "%s", what);
}

/* A tensor of the file as a symbol: whole numbers, or reals that are read when they are needed. */
static onnx_symbol stored(onnx_graph *g, const onnx_tensor *tensor)
{
    onnx_symbol s = {.kind = ONNX_REALS, .tensor = *tensor, .rank = tensor->rank};
    int64_t values[ONNX_MAX_SIZES];
    const int count = onnx_wholes(tensor, values, ONNX_MAX_SIZES);
    (void)g;
    if (count >= 0) {
        s.kind = ONNX_SIZES;
        s.count = count;
        for (int i = 0; i < count; i++)
            s.sizes[i] = (onnx_size){.number = values[i]};
    }
    return s;
}

static onnx_symbol *add(onnx_graph *g, span_bytes name, onnx_symbol s)
{
    if (nodes_failed(&g->n))
        return NULL;
    if (name.size == 0)
        return NULL;
    if (find(g, name) != NULL) {
        nodes_refuse(&g->n, ANEW_ERROR_FORMAT, "gives '%.*s', which is there already",
                     (int)(name.size < 60 ? name.size : 60), (const char *)name.data);
        return NULL;
    }
    onnx_symbol *symbols =
        anew_grow(g->symbols, &g->capacity, (size_t)g->count + 1, sizeof *symbols);
    if (symbols == NULL) {
        nodes_refuse(&g->n, ANEW_ERROR_MEMORY, "needs more memory than there is");
        return NULL;
    }
    g->symbols = symbols;
    s.name = name;
    s.hash = hash_of(name);
    g->symbols[g->count] = s;
    return &g->symbols[g->count++];
}

bool onnx_has(const onnx_graph *g, int k)
{
    return k < g->node->input_count && k < ONNX_MAX_INPUTS && g->node->inputs[k].size > 0;
}

const onnx_symbol *onnx_input(onnx_graph *g, int k)
{
    static const onnx_symbol nobody = {.kind = ONNX_NOTHING};
    if (!onnx_has(g, k)) {
        onnx_unknown(g, "takes fewer inputs than it must");
        return &nobody;
    }
    const span_bytes name = g->node->inputs[k];
    const onnx_symbol *found = find(g, name);
    if (found == NULL) {
        const onnx_tensor *tensor = onnx_find_tensor(g->f, name);
        found = tensor == NULL ? NULL : add(g, name, stored(g, tensor));
    }
    if (found == NULL)
        nodes_refuse(&g->n, ANEW_ERROR_FORMAT,
                     onnx_is_input(g->f, name)
                         ? "reads '%.*s', another input than the picture: graphs of one are known"
                         : "reads '%.*s', which neither a node before it gives nor the file holds",
                     (int)(name.size < 60 ? name.size : 60), (const char *)name.data);
    return found == NULL ? &nobody : found;
}

int onnx_value(onnx_graph *g, int k)
{
    const onnx_symbol *s = onnx_input(g, k);
    const int id = s->value;
    if (s->kind == ONNX_VALUE || (s->kind == ONNX_VIEW && nodes_value_of(&g->n, id)->single &&
                                  s->view.first[s->view.rank] <= 1))
        return id;
    onnx_unknown(g, s->kind == ONNX_VIEW
                        ? "takes a value whose sides are in another order than [1][channels][rows]"
                          "[columns]"
                        : "takes something else where a value of the network is known");
    return 0;
}

float *onnx_reals(onnx_graph *g, int k, onnx_tensor *shape, bool *half)
{
    const onnx_symbol s = *onnx_input(g, k);
    checkpoint read = {0};
    float *values = NULL;
    if (s.kind != ONNX_REALS) {
        onnx_unknown(g, "computes what must stand in the file");
        return NULL;
    }
    if (!nodes_failed(&g->n)) {
        g->n.status = onnx_add_tensor(g->f, &read, &s.tensor, "a stored tensor");
        if (read.count == 1) {
            values = read.tensors[0].values;
            read.tensors[0].values = NULL;
            *half = read.tensors[0].stored == ANEW_DTYPE_F16;
            *shape = s.tensor;
            shape->elements = read.tensors[0].elements;
        }
    }
    checkpoint_free(&read);
    return values;
}

void onnx_give(onnx_graph *g, int k, onnx_symbol s)
{
    if (k >= g->node->output_count || k >= ONNX_MAX_INPUTS)
        onnx_unknown(g, "gives another number of results than is known");
    else
        (void)add(g, g->node->outputs[k], s);
}

void onnx_give_value(onnx_graph *g, int id)
{
    onnx_give(g, 0, (onnx_symbol){.kind = ONNX_VALUE, .value = id});
}

int onnx_list(onnx_graph *g, int k, const char *attribute, int64_t *values, int most)
{
    const int count = onnx_integers(g->node, attribute, values, most);
    if (count >= 0 || !onnx_has(g, k))
        return count;
    const onnx_symbol *s = onnx_input(g, k);
    if (s->kind != ONNX_SIZES)
        onnx_unknown(g, "takes a list that is computed");
    for (int i = 0; s->kind == ONNX_SIZES && i < s->count; i++) {
        if (s->sizes[i].side != 0)
            onnx_unknown(g, "takes a list that depends on the picture's size");
        if (i < most)
            values[i] = s->sizes[i].number;
    }
    return s->kind == ONNX_SIZES ? s->count : -1;
}

int onnx_readers(const onnx_graph *g, span_bytes name, const onnx_node **reader)
{
    int count = 0;
    for (int i = 0; i < g->f->node_count; i++)
        for (int k = 0; k < g->f->nodes[i].input_count && k < ONNX_MAX_INPUTS; k++)
            if (same_bytes(g->f->nodes[i].inputs[k], name)) {
                *reader = &g->f->nodes[i];
                count++;
            }
    for (int i = 0; i < g->f->output_count; i++)
        count += same_bytes(g->f->outputs[i], name) ? 2 : 0;
    return count;
}

onnx_symbol onnx_stored(onnx_graph *g, const onnx_tensor *tensor)
{
    return stored(g, tensor);
}

/* Channels of the picture: of its shape, or those that the first convolution takes. */
static int64_t channels_of(const onnx_graph *g, const int64_t dims[4])
{
    if (dims[1] > 0)
        return dims[1];
    for (int i = 0; i < g->f->node_count; i++) {
        const onnx_node *node = &g->f->nodes[i];
        const onnx_tensor *weights = is_text(node->op, "Conv") && node->input_count > 1
                                         ? onnx_find_tensor(g->f, node->inputs[1])
                                         : NULL;
        if (weights != NULL && weights->rank == 4)
            return weights->dims[1] * onnx_integer(node, "group", 1);
    }
    return 3;
}

static void begin(onnx_graph *g)
{
    int64_t dims[4] = {0}, type = 0;
    const span_bytes picture = onnx_picture(g->f);
    const int rank = onnx_picture_shape(g->f, dims, &type);
    if (g->f->output_count != 1)
        nodes_refuse(&g->n, ANEW_ERROR_ARGUMENT, "the graph has %d results; one picture is known",
                     g->f->output_count);
    if (picture.size == 0 || rank != 4 || (type != 1 && type != 10) || dims[0] > 1)
        nodes_refuse(&g->n, ANEW_ERROR_UNSUPPORTED,
                     "the graph's input is no picture of reals, [1][channels][rows][columns]");
    g->sides[0] = dims[2];
    g->sides[1] = dims[3];
    const int id = nodes_begin(&g->n, channels_of(g, dims));
    g->picture = id;
    (void)add(g, picture, (onnx_symbol){.kind = ONNX_VALUE, .value = id});
}

static void finish(onnx_graph *g)
{
    g->n.where[0] = '\0';
    const onnx_symbol *result = find(g, g->f->outputs[0]);
    if (result == NULL || result->kind != ONNX_VALUE)
        nodes_refuse(&g->n, ANEW_ERROR_FORMAT,
                     result != NULL && result->kind == ONNX_VIEW
                         ? "the graph's result is no picture: its sides are in another order"
                         : "the graph's result is given by no node");
    else
        nodes_finish(&g->n, result->value);
}

/* What the graph is taken over as: for pictures whose sides are multiples, to which they are continued; or `rounded`. */
typedef struct manner {
    bool rounded, inexact; /* of node_list */
    bool relates, resizes; /* found */
} manner;

static anew_status take_over(onnx_file *f, checkpoint *c, const nodes_options *options, manner *m)
{
    onnx_graph g = {.f = f,
                    .n = {.c = c,
                          .label = f->label,
                          .options = *options,
                          .error = f->error,
                          .rounded = m->rounded,
                          .inexact = m->inexact}};
    for (int i = 0; i < f->node_count; i++)
        f->nodes[i].used = false;
    begin(&g);
    for (int i = 0; i < f->node_count && !nodes_failed(&g.n); i++) {
        g.node = &f->nodes[i];
        if (g.node->used && !is_text(g.node->op, "BatchNormalization"))
            continue; /* onnx_spelled_norm has it */
        const span_bytes name = g.node->name.size > 0 ? g.node->name : g.node->output;
        (void)snprintf(g.label, sizeof g.label, "%.*s", (int)(name.size < 100 ? name.size : 100),
                       name.size > 0 ? (const char *)name.data : "");
        (void)snprintf(g.n.where, sizeof g.n.where, "node '%s'", g.label);
        onnx_operation(&g);
    }
    finish(&g);
    anew_free(g.symbols);
    m->relates = g.relates;
    m->resizes = g.resizes;
    return nodes_end(&g.n);
}

static void empty(checkpoint *c)
{
    const char *container = c->container;
    checkpoint_free(c);
    c->container = container;
}

/* A network whose values fit together at any size says so by resizing to the size of another value (a U-Net's way up):
 * then it is taken over with sizes as they are rounded. Where something else in it has none such, pictures are continued as
 * they are for other networks, and people are told. */
anew_status onnx_nodes(onnx_file *f, checkpoint *c, const nodes_options *options)
{
    manner aligned = {.rounded = false}, rounded = {.rounded = true};
    anew_error first;
    const anew_status status = take_over(f, c, options, &aligned);
    if ((status == ANEW_OK && !aligned.relates) ||
        (status != ANEW_OK && status != ANEW_ERROR_UNSUPPORTED))
        return status;
    if (f->error != NULL)
        first = *f->error;
    empty(c);
    const anew_status again = take_over(f, c, options, &rounded);
    if ((again == ANEW_OK && rounded.resizes) || again == ANEW_ERROR_MEMORY)
        return again;
    empty(c);
    aligned.inexact = true;
    if (status == ANEW_OK)
        return take_over(f, c, options, &aligned);
    if (f->error != NULL)
        *f->error = first;
    return status;
}
