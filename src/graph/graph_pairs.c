/* graph_pairs.c - the builder's sums, products and quotients, functions of single values, and the norm over a pixel's
 * channels. */
#include "graph/graph_parts.h"

static anew_val append_pair(anew_graph *g, anew_op op, anew_val a, anew_val b)
{
    if (anew_graph_append(g, op, (const anew_val[]){a, b}, 2, "") != NULL) {
        const anew_node *left = anew_graph_value(g, a), *right = anew_graph_value(g, b);
        const bool spread = op != ANEW_OP_DIVIDE && right->single;
        if ((!anew_same_size(left, right) && !spread) || left->channels != right->channels)
            anew_graph_refuse(g,
                              "%s of different shapes (%d channels at %d/%d of the picture's size, "
                              "%d at %d/%d)",
                              anew_op_name(op), left->channels, left->up, left->down,
                              right->channels, right->up, right->down);
    }
    return anew_graph_newest(g);
}

anew_val anew_add(anew_graph *g, anew_val a, anew_val b)
{
    return append_pair(g, ANEW_OP_ADD, a, b);
}

anew_val anew_multiply(anew_graph *g, anew_val a, anew_val b)
{
    return append_pair(g, ANEW_OP_MULTIPLY, a, b);
}

anew_val anew_divide(anew_graph *g, anew_val a, anew_val b)
{
    return append_pair(g, ANEW_OP_DIVIDE, a, b);
}

anew_val anew_function(anew_graph *g, anew_op op, anew_val x)
{
    (void)anew_graph_append(g, op, &x, 1, "");
    return anew_graph_newest(g);
}

anew_val anew_layer_norm(anew_graph *g, anew_val x, float epsilon, const char *format, ...)
{
    ANEW_NAMED(name);
    if (!(epsilon > 0))
        anew_graph_refuse(g, "layer '%s' has the epsilon %g, which is not above 0", name,
                          (double)epsilon);
    anew_node *node = anew_graph_append(g, ANEW_OP_LAYER_NORM, &x, 1, name);
    if (node == NULL)
        return x;
    node->number = epsilon;
    node->weight = anew_graph_bind(g, name, "weight", 1, (int64_t[]){node->channels});
    node->bias = anew_graph_bind(g, name, "bias", 1, (int64_t[]){node->channels});
    return anew_graph_newest(g);
}
