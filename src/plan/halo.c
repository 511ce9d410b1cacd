/*
 * halo.c - how far a network looks, and what a pixel costs.
 *
 * The radius is walked from the output to the input: a convolution multiplies by its stride and adds its
 * padding, an enlargement by f divides by f (rounded up), an unshuffle by f multiplies by f. It is a fact of the graph alone.
 * The halo is the same walk with the kernels that were chosen: one that computes tiles must have whole
 * tiles, and so reads further (kernels/winograd.h).
 */
#include "core/memory.h"
#include "plan/plan.h"

/* The same for attention in windows, `radius` past an edge between two of them that are not moved: moved ones have edges
 * `shift` pixels after each of these and window - shift before. */
static int window_radius(const anew_node *node, int radius)
{
    const int w = node->window, before = node->shift > 0 ? w - node->shift : 0;
    const int after = node->shift > before ? node->shift : before; /* the larger of both sides */
    return node->overlap + after + (radius <= after ? 0 : (radius - after + w - 1) / w * w);
}

/* Radius that the source needs when the node needs `radius` (both in pixels of their own size). */
static int source_radius(const anew_node *node, int radius)
{
    switch (node->op) {
    case ANEW_OP_CONV:
        return radius * node->stride + node->kernel / 2 * node->dilation + node->shift;
    case ANEW_OP_CROP:
        return radius + node->shift;
    case ANEW_OP_MAX_POOL:
        return radius * node->stride + node->kernel / 2 + node->shift;
    case ANEW_OP_PIXEL_SHUFFLE:
    case ANEW_OP_UPSAMPLE_NEAREST:
        return (radius + node->factor - 1) / node->factor;
    case ANEW_OP_UPSAMPLE_BILINEAR:
    case ANEW_OP_RESIZE_BILINEAR:
    case ANEW_OP_RESIZE_NEAREST:
        return (radius + node->factor - 1) / node->factor + 1;
    case ANEW_OP_ADAPTIVE_MAX_POOL:
        return (radius + 2) * node->factor;
    case ANEW_OP_PIXEL_UNSHUFFLE:
    case ANEW_OP_AVERAGE_POOL:
        return radius * node->factor;
    case ANEW_OP_WINDOW_ATTENTION:
        return window_radius(node, radius);
    default:
        return radius;
    }
}

/* Of a network that looks at whole values: further than any picture goes. */
#define WHOLE_RADIUS (1 << 20)

int anew_graph_radius(const anew_graph *graph)
{
    const int count = anew_graph_count(graph);
    if (anew_graph_is_whole(graph))
        return WHOLE_RADIUS;
    int *radius = anew_alloc_zero(anew_size_mul((size_t)count, sizeof(int)));
    if (radius == NULL)
        return -1;
    /* The walk begins at the edge of what is aligned; the pixel is anywhere in it. */
    int inside = 0;
    for (int i = count - 1; i > 0; i--) {
        const anew_node *node = anew_graph_node(graph, i);
        const int needed = source_radius(node, radius[i]);
        if (node->op == ANEW_OP_WINDOW_ATTENTION)
            inside = anew_graph_alignment(graph) - 1;
        for (int k = 0; k < node->source_count; k++)
            if (radius[node->sources[k]] < needed)
                radius[node->sources[k]] = needed;
    }
    const int result = radius[0] + inside;
    anew_free(radius);
    return result;
}

/* ---- the halo of chosen kernels ------------------------------------------------------------------- */

int anew_weights_grid(const anew_weights *weights)
{
    int tile = 1;
    for (int i = 0; i < anew_graph_count(weights->graph); i++)
        if (weights->nodes[i].kernel != NULL && weights->nodes[i].kernel->tile > tile)
            tile = weights->nodes[i].kernel->tile;
    return tile * anew_graph_alignment(weights->graph);
}

/* `reach` pixels past an edge that lies on the grid: how many the source must have past the same edge.
 * A Winograd tile's first output reads inputs 0..4 of its window of 6, the middle ones 1..4, the last
 * one 1..5: the window's outermost inputs matter only where the edge falls between two tiles. */
static int source_reach(const anew_node *node, const anew_conv_kernel *kernel, int reach)
{
    const int tile = node->op == ANEW_OP_CONV && kernel != NULL ? kernel->tile : 1;
    if (reach % tile != 0)
        return (reach + tile - 1) / tile * tile;
    return source_radius(node, reach);
}

int anew_weights_halo(const anew_weights *weights)
{
    const anew_graph *graph = weights->graph;
    const int count = anew_graph_count(graph);
    if (anew_graph_is_whole(graph) || anew_graph_is_phased(graph))
        return WHOLE_RADIUS;
    int *reach = anew_alloc_zero(anew_size_mul((size_t)count, sizeof(int)));
    if (reach == NULL)
        return -1;
    for (int i = count - 1; i > 0; i--) {
        const anew_node *node = anew_graph_node(graph, i);
        const int needed = source_reach(node, weights->nodes[i].kernel, reach[i]);
        for (int k = 0; k < node->source_count; k++)
            if (reach[node->sources[k]] < needed)
                reach[node->sources[k]] = needed;
    }
    /* Where values have other sizes, an edge on the grid is none on theirs. */
    const int more = anew_graph_margin(graph) > 0 ? 2 * anew_weights_grid(weights) : 0;
    const int result = reach[0] + more;
    anew_free(reach);
    return result;
}

double anew_window_flops(const anew_node *node)
{
    const double seen = (double)node->window + 2 * node->overlap;
    return 4.0 * node->channels * seen * seen;
}

double anew_graph_flops(const anew_graph *graph)
{
    double flops = 0;
    for (int i = 0; i < anew_graph_count(graph); i++) {
        const anew_node *node = anew_graph_node(graph, i);
        const double side = (double)node->up / node->down;
        if (node->op == ANEW_OP_WINDOW_ATTENTION) /* scores, and sums of values */
            flops += anew_window_flops(node) * side * side;
        if (node->op != ANEW_OP_CONV)
            continue;
        flops += node->single ? 0 : 2.0 * (double)node->weight->elements * side * side;
    }
    return flops;
}
