/*
 * onnx_rearrange.c - pixel shuffles that are spelled as Reshape, Transpose, Reshape: a side is cut in two, the sides
 * change places, two of them become one.
 */
#include "onnx_graph.h"

static const int planar[] = {0, 1, 2, 3};

static bool is_order(const onnx_symbol *s, const int *order, int count)
{
    for (int i = 0; i < count; i++)
        if (s->order[i] != order[i])
            return false;
    return s->rank == count;
}

/* The number of side i; 0 where it is none, or to be reckoned. */
static int64_t number(const onnx_symbol *s, int i)
{
    return s->sizes[i].side == 0 && s->sizes[i].number > 0 ? s->sizes[i].number : 0;
}

/* The value that the six sides in their order are, as four. */
static int joined(onnx_graph *g, const onnx_symbol *s)
{
    static const int channels_first[] = {0, 1, 4, 2, 5, 3}, depth_first[] = {0, 3, 4, 1, 5, 2},
                     apart[] = {0, 1, 3, 5, 2, 4}, apart_depth_first[] = {0, 3, 5, 1, 2, 4};
    node_list *n = &g->n;
    if (is_order(s, channels_first, 6) && number(s, 2) > 0 && number(s, 2) == number(s, 3))
        return nodes_resample(n, ANEW_OP_PIXEL_SHUFFLE, s->value, number(s, 2), false);
    if (is_order(s, depth_first, 6) && number(s, 1) > 0 && number(s, 1) == number(s, 2))
        return nodes_shuffle_depth_last(n, s->value, number(s, 1), true);
    if (is_order(s, apart, 6) && number(s, 3) > 0 && number(s, 3) == number(s, 5))
        return nodes_resample(n, ANEW_OP_PIXEL_UNSHUFFLE, s->value, number(s, 3), false);
    if (is_order(s, apart_depth_first, 6) && number(s, 3) > 0 && number(s, 3) == number(s, 5))
        return nodes_shuffle_depth_last(n, s->value, number(s, 3), false);
    onnx_unknown(g, "rearranges a value in a way that is not known (known: pixel shuffles and "
                    "unshuffles)");
    return 0;
}

/* [1][channels][rows][columns] as they are. */
static bool changes_nothing(const onnx_graph *g, int value, const onnx_symbol *to)
{
    if (to->count != 4)
        return false;
    for (int i = 0; i < 4; i++) {
        const onnx_size is = onnx_size_of(g, value, i);
        const onnx_size wanted = i > 1 ? onnx_freed(g, to->sizes[i], i - 2) : to->sizes[i];
        const bool open = wanted.side == 0 && (wanted.number == -1 || wanted.number == 0);
        if (!open && onnx_times(wanted, is) != 1)
            return false;
    }
    return true;
}

static void reshape(onnx_graph *g)
{
    const onnx_symbol from = *onnx_input(g, 0), to = *onnx_input(g, 1);
    const bool value = to.kind == ONNX_SIZES && from.kind == ONNX_VALUE;
    if (to.kind == ONNX_SIZES && from.kind == ONNX_SPLIT && to.count == 4) {
        onnx_give_value(g, joined(g, &from));
    } else if (value &&
               (nodes_value_of(&g->n, from.value)->single || changes_nothing(g, from.value, &to))) {
        onnx_give_value(g, from.value);
    } else if (value && to.count == 6) {
        onnx_symbol s = to;
        s.kind = ONNX_SPLIT;
        s.value = from.value;
        s.rank = 6;
        for (int i = 0; i < 6; i++)
            s.order[i] = i;
        onnx_give(g, 0, s);
    } else {
        onnx_unknown(g, "gives a shape that is not known");
    }
}

static void transpose(onnx_graph *g)
{
    onnx_symbol s = *onnx_input(g, 0);
    int64_t order[ONNX_MAX_SIZES] = {0};
    const int count = onnx_integers(g->node, "perm", order, ONNX_MAX_SIZES);
    bool same = count == 4 && s.kind == ONNX_VALUE;
    for (int i = 0; same && i < 4; i++)
        same = order[i] == planar[i];
    if (same) {
        onnx_give_value(g, s.value);
        return;
    }
    bool fine = s.kind == ONNX_SPLIT && count == s.rank;
    for (int i = 0; fine && i < count; i++)
        fine = s.order[i] == i && order[i] >= 0 && order[i] < count;
    if (!fine) {
        onnx_unknown(g, "changes the places of sides in a way that is not known");
        return;
    }
    for (int i = 0; i < count; i++)
        s.order[i] = (int)order[i];
    onnx_give(g, 0, s);
}

void onnx_rearrange(onnx_graph *g)
{
    if (is_text(g->node->op, "Reshape")) {
        reshape(g);
    } else if (is_text(g->node->op, "Transpose")) {
        transpose(g);
    } else {
        const int a = onnx_value(g, 0);
        if (!nodes_value_of(&g->n, a)->single)
            onnx_unknown(g, "makes a list of more than a single pixel");
        onnx_give_value(g, a);
    }
}
