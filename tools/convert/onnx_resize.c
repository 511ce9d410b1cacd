/*
 * onnx_resize.c - Resize and Upsample by whole numbers, larger or smaller, and pooling.
 *
 * Pixel d of the result is taken from place t of the value (https://onnx.ai/onnx/operators/onnx__Resize.html), r times as
 * large: asymmetric t = d / r; half_pixel t = (d + 1/2) / r - 1/2. What is r times smaller lies at r d + a constant, so
 * that it is a convolution with the stride r.
 */
#include <math.h>
#include <string.h>

#include "onnx_graph.h"

typedef struct way {
    bool nearest, linear, cubic;
    bool asymmetric, half, corners, half_for_nearest;
    bool floor, ceil, prefer_floor, prefer_ceil;
} way;

static way way_of(const onnx_graph *g)
{
    const bool modern = g->f->opset > 10;
    const span_bytes mode = onnx_text(g->node, "mode", "nearest");
    const span_bytes at =
        onnx_text(g->node, "coordinate_transformation_mode", modern ? "half_pixel" : "asymmetric");
    const span_bytes nearest =
        onnx_text(g->node, "nearest_mode", modern ? "round_prefer_floor" : "floor");
    return (way){.nearest = is_text(mode, "nearest"),
                 .linear = is_text(mode, "linear") || is_text(mode, "bilinear"),
                 .cubic = is_text(mode, "cubic"),
                 .asymmetric = is_text(at, "asymmetric"),
                 .half = is_text(at, "half_pixel") || is_text(at, "pytorch_half_pixel") ||
                         is_text(at, "half_pixel_symmetric"),
                 .corners = is_text(at, "align_corners"),
                 .half_for_nearest = is_text(at, "tf_half_pixel_for_nn"),
                 .floor = is_text(nearest, "floor"),
                 .ceil = is_text(nearest, "ceil"),
                 .prefer_floor = is_text(nearest, "round_prefer_floor"),
                 .prefer_ceil = is_text(nearest, "round_prefer_ceil")};
}

/* How many times larger (above 0) or smaller (below) the axis becomes: by the list, or 0 where that is no whole number. */
static int factor_of(onnx_graph *g, int a, const onnx_symbol *to, bool sizes, int index, int axis)
{
    float scales[ONNX_MAX_AXES] = {0};
    if (to->kind == ONNX_SIZES && !sizes) { /* factors that were reckoned */
        const onnx_size factor = to->sizes[index];
        return factor.side == 0 && factor.number >= 1 && factor.number <= 16 ? (int)factor.number
                                                                             : 0;
    }
    if (to->kind == ONNX_SIZES) {
        const onnx_size wanted = onnx_freed(g, to->sizes[index], axis - 2),
                        is = onnx_size_of(g, a, axis);
        const int more = onnx_times(wanted, is), less = onnx_times(is, wanted);
        onnx_relate(g, to->sizes[index], is);
        return more > 0 ? more : -less;
    }
    if (onnx_floats(&to->tensor, scales, ONNX_MAX_AXES) <= index)
        return 0;
    const float scale = scales[index], back = 1 / scale;
    if (scale >= 1 && scale <= 16 && scale == floorf(scale))
        return (int)scale;
    const float whole = floorf(back + 0.5f);
    return scale > 0 && whole >= 2 && whole <= 16 && 1 / whole == scale ? -(int)whole : 0;
}

/* Upsample and Resize: by scales or to sizes, of all axes or of some; 0 where the factor is no whole number. */
static int resize_factor(onnx_graph *g, int a)
{
    const bool has_sizes = g->f->opset > 10 && onnx_has(g, 3);
    const int at = has_sizes ? 3 : g->f->opset > 10 ? 2 : 1;
    int64_t axes[4] = {0, 1, 2, 3};
    const int given = onnx_integers(g->node, "axes", axes, 4), count = given < 0 ? 4 : given;
    int factors[4] = {1, 1, 0, 0};
    float scales[4] = {0};
    onnx_symbol to = {.kind = ONNX_NOTHING};
    if (onnx_has(g, at)) {
        to = *onnx_input(g, at);
    } else if (onnx_integers(g->node, "scales", axes, 4) < 0) {
        onnx_unknown(g, "resizes to what is not told");
        return 0;
    }
    const int length = to.kind == ONNX_SIZES   ? to.count
                       : to.kind == ONNX_REALS ? onnx_floats(&to.tensor, scales, 4)
                                               : 0;
    if (length != count)
        return 0;
    for (int i = 0; i < count; i++) {
        const int64_t axis = axes[i] < 0 ? axes[i] + 4 : axes[i];
        if (axis < 0 || axis > 3)
            return 0;
        if (axis > 1)
            factors[axis] = factor_of(g, a, &to, has_sizes, i, (int)axis);
        else if (to.kind == ONNX_REALS && scales[i] != 1)
            return 0;
    }
    return factors[2] == factors[3] ? factors[2] : 0;
}

/* r times smaller: the place in each square of r x r pixels, in halves; -1 where it is not known. */
static int place_of(const way *w, int r)
{
    if (w->asymmetric)
        return 0;
    if (!w->half && !(w->half_for_nearest && w->nearest))
        return -1;
    const int place = w->half ? r - 1 : r;
    if (!w->nearest || place % 2 == 0)
        return place;
    return w->floor || w->prefer_floor ? place - 1 : w->ceil || w->prefer_ceil ? place + 1 : -1;
}

static void shrink(onnx_graph *g, int a, int r, const way *w)
{
    float weights[16 * 16] = {0};
    const int place = place_of(w, r), first = place / 2, last = (place + 1) / 2;
    if (place < 0 || last >= r || !(w->nearest || w->linear) ||
        (onnx_integer(g->node, "antialias", 0) != 0 && !w->nearest)) {
        onnx_unknown(g, "makes the value smaller in a way that is not known (known: nearest and "
                        "linear with asymmetric and half_pixel, without antialias)");
        return;
    }
    for (int y = first; y <= last; y++)
        for (int x = first; x <= last; x++)
            weights[y * r + x] = first == last ? 1.0f : 0.25f;
    if (r % 2 == 0 && first + 1 == last && r == 2)
        onnx_give_value(g, nodes_resample(&g->n, ANEW_OP_AVERAGE_POOL, a, r, false));
    else
        onnx_give_value(g, nodes_shrink(&g->n, a, r, weights));
}

/* A value of the size that a Resize computes from the shape of one; -1 where there is none, or the size is fixed. */
static int wanted_like(onnx_graph *g)
{
    int64_t axes[4] = {0};
    if (!g->n.rounded || g->f->opset <= 10 || !onnx_has(g, 3))
        return -1;
    const onnx_symbol *to = onnx_input(g, 3);
    const int given = onnx_integers(g->node, "axes", axes, 4);
    const bool sides =
        given < 0 ? to->count == 4 : given == 2 && to->count == 2 && axes[0] == 2 && axes[1] == 3;
    if (to->kind != ONNX_SIZES || !sides)
        return -1;
    const onnx_size rows = to->sizes[to->count - 2], columns = to->sizes[to->count - 1];
    if (rows.side != 'h' || columns.side != 'w' || rows.up != columns.up ||
        rows.down != columns.down || rows.less != columns.less || rows.extra != columns.extra)
        return -1;
    for (int id = 0; id < g->n.count; id++) {
        const nodes_value *v = nodes_value_of(&g->n, id);
        if (!v->single && v->up == rows.up && v->down == rows.down && v->less == rows.less &&
            v->extra == rows.extra)
            return id;
    }
    return -1;
}

/* To the size of another value, whatever that is: the places that ops.def has for that. */
static void resize_like(onnx_graph *g, int a, int like)
{
    const way w = way_of(g);
    const nodes_value *from = nodes_value_of(&g->n, a), *to = nodes_value_of(&g->n, like);
    const bool nearest = w.nearest && w.asymmetric && w.floor;
    if (from->single || (int64_t)to->up * from->down < (int64_t)from->up * to->down ||
        !(nearest || (w.linear && (w.half || w.corners)))) {
        onnx_unknown(g,
                     "resizes to another value's size in a way that is not known (known: larger, "
                     "nearest with asymmetric and floor, linear with half_pixel and "
                     "align_corners)");
        return;
    }
    g->resizes = true;
    onnx_give_value(g,
                    nodes_resize(&g->n, nearest ? ANEW_OP_RESIZE_NEAREST : ANEW_OP_RESIZE_BILINEAR,
                                 a, like, w.corners && !nearest));
}

/* Also by ratios of small numbers, where the file has them as numbers. */
static void resize_cubic(onnx_graph *g, int a, const way *w)
{
    int up = 0, down = 1;
    const int factor = resize_factor(g, a);
    if (factor > 0) {
        up = factor;
    } else if (factor < 0) {
        up = 1;
        down = -factor;
    } else if (onnx_has(g, 2)) {
        float scales[4] = {0};
        const onnx_symbol to = *onnx_input(g, 2);
        if (to.kind == ONNX_REALS && onnx_floats(&to.tensor, scales, 4) == 4 && scales[0] == 1 &&
            scales[1] == 1 && scales[2] == scales[3] && !nodes_ratio(&up, &down, scales[2]))
            up = 0;
    }
    if (up < 1 || !(w->half || w->asymmetric) || onnx_integer(g->node, "antialias", 0) != 0 ||
        onnx_integer(g->node, "exclude_outside", 0) != 0)
        onnx_unknown(g, "resizes by cubics in a way that is not known (known: by ratios of small "
                        "numbers, half_pixel and asymmetric, with the edges repeated, without "
                        "antialias)");
    else
        onnx_give_value(g, nodes_cubic(&g->n, a, up, down,
                                       (double)onnx_real(g->node, "cubic_coeff_a", -0.75f),
                                       w->asymmetric));
}

void onnx_resize(onnx_graph *g)
{
    const int inexact = wanted_like(g);
    if (inexact >= 0 && nodes_value_of(&g->n, onnx_value(g, 0))->down > 1) {
        resize_like(g, onnx_value(g, 0), inexact);
        return;
    }
    const int a = onnx_value(g, 0);
    const way w = way_of(g);
    if (w.cubic) {
        resize_cubic(g, a, &w);
        return;
    }
    const int factor = resize_factor(g, a);
    /* Where the pixel is taken from that the division gives: (d + 1/2) / r - 1/2 rounded, or d / r rounded down. */
    const bool divides =
        (w.asymmetric && w.floor) || (w.asymmetric && w.prefer_floor && factor <= 2) ||
        (w.half && (w.prefer_floor || w.prefer_ceil)) || (w.half_for_nearest && w.floor);
    if (factor == 0)
        onnx_unknown(g, "resizes by something else than a whole number, larger or smaller");
    else if (factor == 1)
        onnx_give_value(g, a);
    else if (factor < 0)
        shrink(g, a, -factor, &w);
    else if (w.nearest && divides)
        onnx_give_value(g, nodes_resample(&g->n, ANEW_OP_UPSAMPLE_NEAREST, a, factor, false));
    else if (w.linear && (w.half || w.corners))
        onnx_give_value(g, nodes_resample(&g->n, ANEW_OP_UPSAMPLE_BILINEAR, a, factor, w.corners));
    else if (w.linear && w.asymmetric)
        onnx_give_value(g, nodes_linear_asymmetric(&g->n, a, factor));
    else
        onnx_unknown(g, "resizes in a way that is not known (known: nearest where each pixel is "
                        "repeated; linear with half_pixel, pytorch_half_pixel, align_corners or "
                        "asymmetric)");
}

/* ---- pooling ------------------------------------------------------------------------------------------------------ */

/* a / b rounded down, or up. */
static int64_t divided(int64_t a, int64_t b, bool up)
{
    const int64_t down = a >= 0 ? a / b : -((-a + b - 1) / b);
    return down + (up && down * b != a ? 1 : 0);
}

void onnx_pool(onnx_graph *g, bool largest)
{
    nodes_conv window = {.groups = 1};
    int64_t pads[4] = {0}, dilation[2] = {1, 1};
    const int a = onnx_value(g, 0);
    bool fine = onnx_integers(g->node, "kernel_shape", window.kernel, 2) == 2;
    (void)onnx_integers(g->node, "pads", pads, 4);
    onnx_sides(g, "strides", window.stride, 1);
    onnx_sides(g, "dilations", dilation, 1);
    const bool up = onnx_integer(g->node, "ceil_mode", 0) != 0;
    const int64_t k = window.kernel[0], s = window.stride[0];
    fine = fine && k >= 1 && k <= 31 && s >= 1 && s <= 16 && dilation[0] == 1 && dilation[1] == 1 &&
           is_text(onnx_text(g->node, "auto_pad", "NOTSET"), "NOTSET") &&
           g->node->output_count == 1;
    for (int i = 0; i < 2; i++) {
        window.before[i] = pads[i];
        window.after[i] = pads[2 + i];
        fine = fine && pads[i] >= 0 && pads[2 + i] >= 0 && pads[i] < 64 && pads[2 + i] < 64;
    }
    const int64_t rest = pads[0] + pads[2] - k;
    const bool square = fine && window.kernel[1] == k && window.stride[1] == s &&
                        pads[1] == pads[0] && pads[3] == pads[2];
    const bool plain = square && (pads[0] | pads[2]) == 0 && k == s;
    /* Of n pixels ceil(n / s), whatever n; a sum that is smaller by what the windows reach over; the ends of windows that are
     * left out where the last does not fit, and counted where they are. */
    const bool any = g->n.rounded, around = rest == (up ? -s : -1);
    if (largest && square && pads[0] == (k - 1) / 2 && (any ? around : divided(rest, s, up) == -1))
        onnx_give_value(g, nodes_max_pool(&g->n, a, k, s, false));
    else if (largest && any && square && (pads[0] | pads[2]) == 0 && (!up || s == 1))
        onnx_give_value(g, nodes_max_pool(&g->n, a, k, s, true));
    else if (any && up && s > 1)
        onnx_unknown(g, "is a pooling with ceil_mode that is not known for pictures of any size");
    else if (!largest && plain)
        onnx_give_value(g, nodes_resample(&g->n, ANEW_OP_AVERAGE_POOL, a, k, false));
    else if (!largest && fine &&
             (!up || (square && divided(rest, s, true) == divided(rest, s, false))))
        onnx_give_value(g, nodes_average(&g->n, a, &window,
                                         onnx_integer(g->node, "count_include_pad", 0) == 0));
    else
        onnx_unknown(g, largest ? "is a pooling that is not known (known: the largest of squares "
                                  "around each pixel, or of 2x2)"
                                : "is a pooling that is not known (known: the mean of windows "
                                  "of up to 31x31 that all lie in the padded value)");
}
