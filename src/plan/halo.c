/*
 * halo.c - how far a network looks, and what a pixel costs: facts of the graph alone.
 *
 * The radius is walked from the output to the input: a convolution adds its padding, an enlargement
 * by f divides by f (rounded up), an unshuffle by f multiplies by f.
 */
#include "core/memory.h"
#include "plan/plan.h"

/* Radius that the source needs when the node needs `radius` (both in pixels of their own size). */
static int source_radius(const anew_node *node, int radius)
{
    switch (node->op) {
    case ANEW_OP_CONV:
        return radius + node->kernel / 2;
    case ANEW_OP_PIXEL_SHUFFLE:
    case ANEW_OP_UPSAMPLE_NEAREST:
        return (radius + node->factor - 1) / node->factor;
    case ANEW_OP_PIXEL_UNSHUFFLE:
        return radius * node->factor;
    default:
        return radius;
    }
}

int anew_graph_radius(const anew_graph *graph)
{
    const int count = anew_graph_count(graph);
    int *radius = anew_alloc_zero(anew_size_mul((size_t)count, sizeof(int)));
    if (radius == NULL)
        return -1;
    for (int i = count - 1; i > 0; i--) {
        const anew_node *node = anew_graph_node(graph, i);
        const int needed = source_radius(node, radius[i]);
        for (int k = 0; k < node->source_count; k++)
            if (radius[node->sources[k]] < needed)
                radius[node->sources[k]] = needed;
    }
    const int result = radius[0];
    anew_free(radius);
    return result;
}

double anew_graph_flops(const anew_graph *graph)
{
    double flops = 0;
    for (int i = 0; i < anew_graph_count(graph); i++) {
        const anew_node *node = anew_graph_node(graph, i);
        if (node->op != ANEW_OP_CONV)
            continue;
        const double side = (double)node->up / node->down;
        flops += 2.0 * (double)node->weight->elements * side * side;
    }
    return flops;
}
