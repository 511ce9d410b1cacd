/*
 * onnx_views.c - values as ONNX graphs see them: [1][C][H][W], or [1][H][W][C], or a row of pixels, or with sides cut in
 * several. What an operation does to each pixel, or along the channels, does not depend on the order of the axes; so the
 * value stays as it is, and its axes are kept beside it.
 */
#include "onnx_graph.h"

static void add_axis(onnx_view *v, char of, onnx_size size)
{
    const int at = v->first[v->rank];
    if (size.side != 0 || size.number != 1) {
        v->parts[at] = (onnx_part){.of = of, .place = 0, .size = size};
        v->first[v->rank + 1] = at + 1;
    } else {
        v->first[v->rank + 1] = at;
    }
    v->rank++;
}

onnx_view onnx_view_of(const onnx_graph *g, int id)
{
    onnx_view v = {.rank = 1};
    for (int axis = 1; axis < 4; axis++)
        add_axis(&v, "nchw"[axis], onnx_size_of(g, id, axis));
    return v;
}

static bool same_size(onnx_size a, onnx_size b)
{
    return a.side == b.side && (a.side == 0 ? a.number == b.number
                                            : a.up == b.up && a.down == b.down &&
                                                  a.extra == b.extra && a.less == b.less);
}

static bool same_axis(const onnx_view *a, int i, const onnx_view *b, int k)
{
    const int count = a->first[i + 1] - a->first[i];
    if (count != b->first[k + 1] - b->first[k])
        return false;
    for (int p = 0; p < count; p++) {
        const onnx_part *x = &a->parts[a->first[i] + p], *y = &b->parts[b->first[k] + p];
        if (x->of != y->of || x->place != y->place || !same_size(x->size, y->size))
            return false;
    }
    return true;
}

static bool same_view(const onnx_view *a, const onnx_view *b)
{
    bool same = a->rank == b->rank;
    for (int i = 0; same && i < a->rank; i++)
        same = same_axis(a, i, b, i);
    return same;
}

int onnx_viewed(onnx_graph *g, int k, onnx_view *view)
{
    const onnx_symbol *s = onnx_input(g, k);
    *view = s->kind == ONNX_VIEW ? s->view : onnx_view_of(g, s->value);
    if (s->kind == ONNX_VIEW)
        return s->value;
    return onnx_value(g, k);
}

void onnx_give_viewed(onnx_graph *g, int k, int id, const onnx_view *view)
{
    const onnx_view plain = onnx_view_of(g, id);
    if (same_view(view, &plain))
        onnx_give(g, k, (onnx_symbol){.kind = ONNX_VALUE, .value = id});
    else
        onnx_give(g, k, (onnx_symbol){.kind = ONNX_VIEW, .value = id, .view = *view});
}

onnx_size onnx_axis_size(const onnx_view *view, int axis)
{
    onnx_size all = {.number = 1};
    for (int p = view->first[axis]; p < view->first[axis + 1]; p++) {
        const onnx_size size = view->parts[p].size;
        if (size.side != 0 && all.side != 0)
            all = (onnx_size){.side = '?'};
        else
            all = size.side != 0 ? onnx_multiplied(size, all.number, 1)
                                 : onnx_multiplied(all, size.number, 1);
    }
    return all;
}

int onnx_axis(const onnx_view *view, int64_t axis)
{
    axis += axis < 0 ? view->rank : 0;
    return axis >= 0 && axis < view->rank ? (int)axis : -1;
}

bool onnx_is_channels(const onnx_graph *g, int id, const onnx_view *view, int axis)
{
    const int channels = nodes_value_of(&g->n, id)->channels;
    if (axis < 0)
        return false;
    const int first = view->first[axis], count = view->first[axis + 1] - first;
    if (channels == 1 && count == 0)
        return true;
    return count == 1 && view->parts[first].of == 'c' && view->parts[first].size.number == channels;
}

void onnx_set_channels(onnx_view *view, int axis, int64_t channels)
{
    onnx_view other = {.rank = 0};
    for (int i = 0; i < view->rank; i++) {
        if (i == axis) {
            add_axis(&other, 'c', (onnx_size){.number = channels});
            continue;
        }
        int at = other.first[other.rank];
        for (int p = view->first[i]; p < view->first[i + 1] && at < ONNX_MAX_PARTS; p++)
            other.parts[at++] = view->parts[p];
        other.first[++other.rank] = at;
    }
    *view = other;
}

bool onnx_broadcast(const onnx_view *a, const onnx_view *b, onnx_view *result)
{
    const int rank = a->rank > b->rank ? a->rank : b->rank;
    onnx_view v = {.rank = rank};
    int at = 0;
    for (int i = 0; i < rank; i++) {
        const int x = i - (rank - a->rank), y = i - (rank - b->rank);
        const bool no_x = x < 0 || a->first[x] == a->first[x + 1],
                   no_y = y < 0 || b->first[y] == b->first[y + 1];
        if (!no_x && !no_y && !same_axis(a, x, b, y))
            return false;
        const onnx_view *from = no_x ? b : a;
        const int axis = no_x ? y : x;
        v.first[i] = at;
        if (!(no_x && no_y) && at + from->first[axis + 1] - from->first[axis] > ONNX_MAX_PARTS)
            return false;
        for (int p = no_x && no_y ? 0 : from->first[axis];
             p < (no_x && no_y ? 0 : from->first[axis + 1]) && at < ONNX_MAX_PARTS; p++)
            v.parts[at++] = from->parts[p];
    }
    v.first[rank] = at;
    *result = v;
    return true;
}

bool onnx_is_of_channels(const onnx_graph *g, int id, const onnx_view *view,
                         const onnx_tensor *numbers)
{
    if (numbers->elements == 1)
        return true;
    for (int i = 0; i < numbers->rank; i++)
        if (numbers->dims[i] != 1) {
            const int axis = i + view->rank - numbers->rank;
            return numbers->dims[i] == numbers->elements && axis >= 0 &&
                   numbers->elements == nodes_value_of(&g->n, id)->channels &&
                   onnx_is_channels(g, id, view, axis);
        }
    return false;
}

static bool is_among(const onnx_view *view, int axis, const int64_t *axes, int count)
{
    for (int i = 0; i < count; i++)
        if (onnx_axis(view, axes[i]) == axis)
            return true;
    return false;
}

char onnx_axes_are(const onnx_graph *g, int id, const onnx_view *view, const int64_t *axes,
                   int count)
{
    int pixels[2] = {0}, channels[2] = {0}; /* parts that stay, and that are among them */
    for (int i = 0; i < count; i++)
        if (onnx_axis(view, axes[i]) < 0)
            return 0;
    for (int axis = 0; axis < view->rank; axis++) {
        const int k = is_among(view, axis, axes, count) ? 1 : 0;
        for (int p = view->first[axis]; p < view->first[axis + 1]; p++)
            (view->parts[p].of == 'c' ? channels : pixels)[k]++;
    }
    const bool all_channels = channels[0] == 0;
    if (nodes_value_of(&g->n, id)->single)
        return channels[1] == 0 ? 'h' : all_channels ? 'c' : 0;
    if (pixels[1] == 0)
        return all_channels ? 'c' : 0;
    if (pixels[0] != 0 || (channels[1] != 0 && !all_channels))
        return 0;
    return channels[1] == 0 ? 'h' : 'a';
}

void onnx_reduce(onnx_view *view, const int64_t *axes, int count, bool keep)
{
    onnx_view other = {.rank = 0};
    int at = 0;
    for (int axis = 0; axis < view->rank; axis++) {
        const bool taken = is_among(view, axis, axes, count);
        if (taken && !keep)
            continue;
        for (int p = view->first[axis]; !taken && p < view->first[axis + 1]; p++)
            other.parts[at++] = view->parts[p];
        other.first[++other.rank] = at;
    }
    *view = other;
}
