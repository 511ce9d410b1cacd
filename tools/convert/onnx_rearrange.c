/*
 * onnx_rearrange.c - Reshape, Transpose and what is a Reshape by another name. They change how a value is seen
 * (onnx_views.c); where it is seen as a picture again, [1][C][H][W], what has changed places on the way is a pixel shuffle, an
 * unshuffle, another order of channels, or nothing.
 */
#include <string.h>

#include "core/memory.h"
#include "onnx_graph.h"

/* ---- parts -------------------------------------------------------------------------------------------------- */

/* The parts of a value, of which those from `next` on are in no axis yet. */
typedef struct waiting {
    const onnx_graph *g;
    onnx_part parts[ONNX_MAX_PARTS];
    int next, count;
} waiting;

static onnx_size number(int64_t value)
{
    return (onnx_size){.number = value};
}

/* The number that the size is: of a side, for the picture that the file is made for; 0 where it is for any. */
static int64_t fixed(const onnx_graph *g, onnx_size s)
{
    if (s.side == 0)
        return s.number;
    const int64_t side = g->sides[s.side == 'w'];
    if (side < 1 || s.side == '?' || (side * s.up % s.down != 0 && !s.rounded))
        return 0;
    return (side * s.up - s.less + s.down - 1) / s.down + s.extra;
}

/* How many times b is a, for every picture or for the file's; 0 where it is no whole number. */
static int64_t times(const onnx_graph *g, onnx_size a, onnx_size b)
{
    if (a.side == b.side && a.side != 0)
        return onnx_times(a, b);
    const int64_t x = fixed(g, a), y = fixed(g, b);
    return x > 0 && y > 0 && x % y == 0 ? x / y : 0;
}

/* The next part becomes two, the inner one a number. */
static bool cut(waiting *w, int64_t inner)
{
    const onnx_part whole = w->parts[w->next];
    const onnx_size outer = onnx_multiplied(whole.size, 1, inner);
    if (w->count >= ONNX_MAX_PARTS - 2 || outer.side == '!') /* room for channels to come */
        return false;
    for (int i = 0; i < w->count; i++)
        if (w->parts[i].of == whole.of && w->parts[i].place > whole.place)
            w->parts[i].place++;
    memmove(w->parts + w->next + 1, w->parts + w->next,
            (size_t)(w->count - w->next) * sizeof *w->parts);
    w->count++;
    w->parts[w->next] = (onnx_part){whole.of, whole.place, outer};
    w->parts[w->next + 1] = (onnx_part){whole.of, whole.place + 1, number(inner)};
    return true;
}

/* The next parts that make up an axis of size `wanted`. */
static bool take(waiting *w, onnx_size wanted)
{
    while (wanted.side != 0 || wanted.number != 1) {
        if (w->next == w->count)
            return false;
        const onnx_size part = w->parts[w->next].size;
        const int64_t more = times(w->g, wanted, part), less = times(w->g, part, wanted);
        if (more == 0 && (less == 0 || !cut(w, less)))
            return false;
        wanted = number(more > 0 ? more : 1);
        w->next++;
    }
    return true;
}

/* Rows, columns and `rest` more of what waits, in any order. */
static bool take_area(waiting *w, int64_t rest)
{
    for (int sides = 0; sides < 2 || rest > 1;) {
        if (w->next == w->count)
            return false;
        const onnx_size part = w->parts[w->next].size;
        if (part.side != 0) {
            sides++;
        } else if (rest % part.number == 0) {
            rest /= part.number;
        } else if (rest > 1 && part.number % rest == 0 && cut(w, part.number / rest)) {
            rest = 1;
        } else {
            return false;
        }
        w->next++;
    }
    return true;
}

/* What is left for the open axis: all that waits, divided by the axes behind it. */
static bool take_open(waiting *w, const onnx_size *behind, int count)
{
    onnx_size sides[2] = {{.side = 0}, {.side = 0}}; /* that wait, and that are not behind */
    int64_t all = 1, divisor = 1;
    int open_sides = 0;
    const bool known = w->g->sides[0] > 0 && w->g->sides[1] > 0;
    for (int i = w->next; i < w->count; i++) {
        const onnx_size part = w->parts[i].size;
        if (part.side != 0 && !known) {
            sides[part.side == 'w'] = part;
        } else {
            const int64_t size = fixed(w->g, part);
            if (size < 0 || (size > 0 && all > ((int64_t)1 << 40) / size))
                return false;
            all *= size;
        }
    }
    for (int i = 0; i < count; i++) {
        if (behind[i].side != 0 && !known) {
            const int k = behind[i].side == 'w';
            const int64_t more = onnx_times(sides[k], behind[i]),
                          less = onnx_times(behind[i], sides[k]);
            if (behind[i].side != sides[k].side || (more == 0 && less == 0))
                return false;
            all *= more > 0 ? more : 1;
            divisor *= more > 0 ? 1 : less;
            sides[k].side = 0;
        } else if (fixed(w->g, behind[i]) < 1 || fixed(w->g, behind[i]) > (int64_t)1 << 32 ||
                   divisor > (int64_t)1 << 24) {
            return false;
        } else {
            divisor *= fixed(w->g, behind[i]);
        }
    }
    for (int k = 0; k < 2; k++)
        open_sides += sides[k].side != 0;
    if (open_sides == 2)
        return all % divisor == 0 && take_area(w, all / divisor);
    if (open_sides == 1) {
        const onnx_size wanted = onnx_multiplied(sides[sides[0].side == 0], all, divisor);
        return wanted.side != '!' && take(w, wanted);
    }
    return all % divisor == 0 && take(w, number(all / divisor));
}

/* Factors that lie side by side in the order of what they are of are one. */
static void join_parts(onnx_view *v)
{
    for (int axis = 0; axis < v->rank; axis++)
        for (int p = v->first[axis]; p + 1 < v->first[axis + 1];) {
            const onnx_part a = v->parts[p], b = v->parts[p + 1];
            onnx_size both = a.size.side != 0 ? onnx_multiplied(a.size, b.size.number, 1)
                                              : onnx_multiplied(b.size, a.size.number, 1);
            if (a.of != b.of || b.place != a.place + 1 || (a.size.side != 0 && b.size.side != 0) ||
                both.side == '!') {
                p++;
                continue;
            }
            v->parts[p].size = both;
            memmove(v->parts + p + 1, v->parts + p + 2,
                    (size_t)(v->first[v->rank] - p - 2) * sizeof *v->parts);
            for (int i = axis + 1; i <= v->rank; i++)
                v->first[i]--;
            for (int i = 0; i < v->first[v->rank]; i++)
                if (v->parts[i].of == a.of && v->parts[i].place > a.place)
                    v->parts[i].place--;
        }
}

/* ---- a picture again ---------------------------------------------------------------------------------------------- */

/* The parts of the channels of the value, the outermost first, then those of `more`; how many. */
static int channel_parts(const onnx_view *v, onnx_part parts[ONNX_MAX_PARTS])
{
    int count = 0;
    for (int place = 0; place < ONNX_MAX_PARTS; place++)
        for (int p = 0; p < v->first[v->rank]; p++)
            if (v->parts[p].of == 'c' && v->parts[p].place == place)
                parts[count++] = v->parts[p];
    return count;
}

static int index_of(const onnx_part *parts, int count, onnx_part p)
{
    for (int i = 0; i < count; i++)
        if (parts[i].of == p.of && parts[i].place == p.place)
            return i;
    return -1;
}

/* The channels, which are cut as `is` says, in the order `wanted` of the same parts. */
static int ordered(onnx_graph *g, int id, const onnx_part *is, const onnx_part *wanted, int count)
{
    int from[4096];
    int64_t all = 1, strides[ONNX_MAX_PARTS];
    for (int i = count; i-- > 0;) {
        strides[i] = all;
        all *= is[i].size.number;
        if (is[i].size.side != 0 || is[i].size.number < 1 || all > 4096)
            return -1;
    }
    if (all != nodes_value_of(&g->n, id)->channels)
        return -1;
    for (int64_t c = 0; c < all; c++) {
        int64_t rest = c, at = 0;
        for (int i = count; i-- > 0;) {
            const int k = index_of(is, count, wanted[i]);
            if (k < 0)
                return -1;
            at += rest % wanted[i].size.number * strides[k];
            rest /= wanted[i].size.number;
        }
        from[c] = (int)at;
    }
    return nodes_choose(&g->n, id, from, all, "order");
}

/* Whether the axis is the side, or (inner) its outermost factor, and perhaps one part more. */
static bool is_side(const onnx_view *v, int axis, char of, int *count)
{
    const int first = v->first[axis];
    *count = v->first[axis + 1] - first;
    return *count >= 1 && *count <= 2 && v->parts[first].of == of && v->parts[first].place == 0;
}

int onnx_arranged(onnx_graph *g, int id, const onnx_view *v)
{
    onnx_part is[ONNX_MAX_PARTS], wanted[ONNX_MAX_PARTS];
    int count = channel_parts(v, is), in_axis = v->rank == 4 ? v->first[2] - v->first[1] : 0, rows,
        columns;
    if (v->rank != 4 || v->first[1] != 0)
        return -1;
    memcpy(wanted, v->parts + v->first[1], (size_t)in_axis * sizeof *wanted);
    if (nodes_value_of(&g->n, id)->single)
        return v->first[4] == v->first[2] && count == in_axis ? ordered(g, id, is, wanted, count)
                                                              : -1;
    if (!is_side(v, 2, 'h', &rows) || !is_side(v, 3, 'w', &columns) || rows != columns)
        return -1;
    if (rows == 2) { /* a factor of the channels is in each side */
        const onnx_part below = v->parts[v->first[2] + 1], right = v->parts[v->first[3] + 1];
        const bool square = below.of == 'c' && right.of == 'c' && count == in_axis + 2 &&
                            below.size.number == right.size.number;
        if (!square)
            return -1;
        wanted[in_axis] = below;
        wanted[in_axis + 1] = right;
        const int from = ordered(g, id, is, wanted, count);
        return from < 0
                   ? -1
                   : nodes_resample(&g->n, ANEW_OP_PIXEL_SHUFFLE, from, below.size.number, false);
    }
    if (count == in_axis)
        return v->first[4] == in_axis + 2 ? ordered(g, id, is, wanted, count) : -1;
    /* A factor of each side is in the channels. */
    if (in_axis != count + 2)
        return -1;
    for (int i = 0; i < 2; i++) {
        const int at = index_of(wanted, in_axis, (onnx_part){.of = "hw"[i], .place = 1});
        if (at < 0 || wanted[at].size.side != 0)
            return -1;
        is[count++] = wanted[at];
    }
    const int64_t factor = is[count - 1].size.number;
    if (is[count - 2].size.number != factor)
        return -1;
    return ordered(g, nodes_resample(&g->n, ANEW_OP_PIXEL_UNSHUFFLE, id, factor, false), is, wanted,
                   count);
}

/* ---- operations ------------------------------------------------------------------------------------------------------ */

/* Sizes as ONNX has them: -1 for what is left, 0 (but for allowzero) for the axis as it is. */
static bool reshape(onnx_graph *g, onnx_view *v, const onnx_size *sizes, int count, bool zeros)
{
    waiting w = {.g = g, .count = v->first[v->rank]};
    onnx_size wanted[ONNX_MAX_AXES];
    int ends[ONNX_MAX_AXES + 1] = {0}, open = -1;
    memcpy(w.parts, v->parts, sizeof w.parts);
    if (count < 1 || count > ONNX_MAX_AXES)
        return false;
    for (int i = 0; i < count; i++) {
        wanted[i] = sizes[i];
        if (wanted[i].side == 0 && wanted[i].number == 0 && zeros && i < v->rank)
            wanted[i] = onnx_axis_size(v, i);
        if (wanted[i].side != '?' && (wanted[i].side != 0 || wanted[i].number > 0))
            continue;
        if (open >= 0 || (wanted[i].side == 0 && wanted[i].number != -1))
            return false;
        open = i;
    }
    for (int i = 0; i < count; i++) {
        if (i == open ? !take_open(&w, wanted + i + 1, count - i - 1) : !take(&w, wanted[i]))
            return false;
        ends[i + 1] = w.next;
    }
    if (w.next != w.count)
        return false;
    v->rank = count;
    memcpy(v->first, ends, sizeof ends);
    memcpy(v->parts, w.parts, sizeof v->parts);
    return true;
}

/* What is seen so is the node's result. */
static void give(onnx_graph *g, int id, onnx_view *v)
{
    join_parts(v);
    const int picture = onnx_arranged(g, id, v);
    if (picture >= 0)
        onnx_give_value(g, picture);
    else
        onnx_give_viewed(g, 0, id, v);
}

static void transposed(onnx_graph *g, int id, onnx_view *v)
{
    int64_t order[ONNX_MAX_AXES] = {0};
    const int count = onnx_integers(g->node, "perm", order, ONNX_MAX_AXES);
    onnx_view other = {.rank = v->rank};
    unsigned int seen = 0;
    int at = 0;
    for (int i = 0; i < v->rank; i++) {
        const int64_t axis = count < 0 ? v->rank - 1 - i : count == v->rank ? order[i] : -1;
        if (axis < 0 || axis >= v->rank || (seen & 1u << axis) != 0) {
            onnx_unknown(g, "changes the places of sides in a way that is not known");
            return;
        }
        seen |= 1u << axis;
        other.first[i] = at;
        for (int p = v->first[axis]; p < v->first[axis + 1]; p++)
            other.parts[at++] = v->parts[p];
    }
    other.first[v->rank] = at;
    give(g, id, &other);
}

/* Unsqueeze: sides of 1 at these places of the result; Squeeze: without these, or all sides of 1. */
static bool squeezed(onnx_graph *g, onnx_view *v, bool away)
{
    int64_t axes[ONNX_MAX_AXES] = {0};
    int count = onnx_list(g, 1, "axes", axes, ONNX_MAX_AXES);
    const int rank = v->rank + (away ? 0 : count);
    unsigned int chosen = 0;
    onnx_view other = {.rank = 0};
    if (count > ONNX_MAX_AXES || rank > ONNX_MAX_AXES || (count < 0 && !away))
        return false;
    for (int i = 0; i < count; i++) {
        const int64_t axis = axes[i] < 0 ? axes[i] + rank : axes[i];
        if (axis < 0 || axis >= rank)
            return false;
        chosen |= 1u << axis;
    }
    for (int i = 0, from = 0, at = 0; i < rank; i++) {
        const bool one = (chosen & 1u << i) != 0;
        if (!away && one) {
            other.first[++other.rank] = at;
            continue;
        }
        if (from >= v->rank)
            return false;
        const bool empty = v->first[from] == v->first[from + 1];
        for (int p = v->first[from]; p < v->first[from + 1]; p++)
            other.parts[at++] = v->parts[p];
        from++;
        if (away && one && !empty)
            return false;
        if (!(away && (one || (count < 0 && empty))))
            other.first[++other.rank] = at;
    }
    *v = other;
    return true;
}

/* Two axes: those before `axis`, and the others. */
static bool flattened(onnx_graph *g, onnx_view *v)
{
    const int64_t given = onnx_integer(g->node, "axis", 1),
                  axis = given < 0 ? given + v->rank : given;
    if (axis < 0 || axis > v->rank)
        return false;
    const int middle = v->first[axis], end = v->first[v->rank];
    v->rank = 2;
    v->first[1] = middle;
    v->first[2] = end;
    return true;
}

void onnx_rearrange(onnx_graph *g)
{
    onnx_view v;
    const span_bytes op = g->node->op;
    const int id = onnx_viewed(g, 0, &v);
    bool fine = !nodes_failed(&g->n);
    if (is_text(op, "Transpose")) {
        if (fine)
            transposed(g, id, &v);
        return;
    }
    if (is_text(op, "Reshape")) {
        const onnx_symbol *to = onnx_input(g, 1);
        fine = fine && to->kind == ONNX_SIZES &&
               reshape(g, &v, to->sizes, to->count, onnx_integer(g->node, "allowzero", 0) == 0);
    } else if (is_text(op, "Flatten")) {
        fine = fine && flattened(g, &v);
    } else {
        fine = fine && squeezed(g, &v, is_text(op, "Squeeze"));
    }
    if (!fine)
        onnx_unknown(g, "gives a shape that is not known");
    else
        give(g, id, &v);
}
