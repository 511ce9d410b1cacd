/*
 * graph_sizes.c - how large the values of a graph are, for a picture of some size.
 *
 * What does not pad makes a value smaller, and there are two numbers for it. `extra` counts whole pixels of the value, in
 * graphs whose pictures are continued until side * up / down is whole for every value (anew_graph_alignment). Such a
 * value may be enlarged: all of its pixels are multiplied. `less` counts pixels of the picture, and rounds for any
 * picture as the convolution itself does: ceil((ceil((n - a) / s) - b) / t) = ceil((n - a - b s) / (s t)), so that nothing is
 * continued (RFDN's and BSRN's attention, a stride of 2 and a pool of 7 by 3 at any size). One number for both was
 * considered: -extra * down is the same size where side is aligned. But f times a size that is rounded is no such
 * quotient again, f * ceil(n / d) being another number than ceil(f n / d), so that enlargements, shuffles and crops need
 * pixels of the value; and a value with `less` must not ask for alignment, one with `extra` must. The one number would
 * need a flag that says which it is, and every rule both cases.
 *
 * A network that is `rounded` (anew_input_rounded) asks for no alignment at all: whatever shrinks in it is counted by `less`,
 * and what enlarges a rounded size by a factor is refused, so that every size is another framework's at any picture.
 */
#include "graph/graph_parts.h"

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

bool anew_same_size(const anew_node *a, const anew_node *b)
{
    return a->up == b->up && a->down == b->down && a->less == b->less && a->extra == b->extra &&
           a->single == b->single;
}

anew_val anew_input_rounded(anew_graph *g, int channels)
{
    const anew_val picture = anew_input(g, channels);
    anew_node *node = anew_graph_value(g, picture);
    if (node != NULL)
        node->rounded = true;
    return picture;
}

int anew_graph_scale(const anew_graph *graph)
{
    return anew_graph_node(graph, anew_graph_output(graph))->up;
}

int anew_graph_margin(const anew_graph *graph)
{
    const anew_node *output = anew_graph_node(graph, anew_graph_output(graph));
    return -output->extra / (2 * output->up);
}

bool anew_graph_repeats_edges(const anew_graph *graph)
{
    return anew_graph_node(graph, 0)->repeats;
}

bool anew_graph_fits(const anew_graph *graph, int height, int width)
{
    const int side = height < width ? height : width;
    for (int i = 0; i < anew_graph_count(graph); i++)
        if (anew_node_side(anew_graph_node(graph, i), side) < 1)
            return false;
    return true;
}

int anew_graph_alignment(const anew_graph *graph)
{
    int alignment = 1;
    for (int i = 0; i < anew_graph_count(graph); i++) {
        const anew_node *node = anew_graph_node(graph, i);
        const int down = node->less > 0 || node->rounded        ? 1
                         : node->op == ANEW_OP_WINDOW_ATTENTION ? node->down * node->window
                                                                : node->down;
        alignment = down / greatest_common_divisor(alignment, down) * alignment;
    }
    return alignment;
}

bool anew_graph_takes_any_size(const anew_graph *graph)
{
    for (int i = 0; i < anew_graph_count(graph); i++)
        if (anew_graph_node(graph, i)->op == ANEW_OP_PIXEL_SHUFFLE ||
            anew_graph_node(graph, i)->op == ANEW_OP_PIXEL_UNSHUFFLE)
            return false;
    return anew_graph_output_count(graph) > 1;
}

int anew_node_side(const anew_node *node, int side)
{
    return node->single
               ? 1
               : (int)(((int64_t)side * node->up - node->less + node->down - 1) / node->down) +
                     node->extra;
}
