/* graph_moves.c - the builder's operations that move values to other places, and pooling. */
#include "graph/graph_parts.h"

/* Bounds on what the executor makes room for. */
#define MOST_KERNEL 31

void anew_graph_shrink(anew_graph *g, anew_node *node, int pixels)
{
    if (node->up != 1 || node->single || node->down > 4096)
        anew_graph_refuse(g, "a value at %d/%d of the picture's size cannot lose %d pixels",
                          node->up, node->down, pixels);
    node->less += pixels * node->down;
}

bool anew_graph_must_round(anew_graph *g, const anew_node *node, int stride)
{
    if (!node->rounded || (stride == 1 && node->down == 1 && node->less == 0))
        return false;
    if (stride > 1 && node->extra != 0)
        anew_graph_refuse(g, "a stride of %d of a value with %+d pixels, at any size", stride,
                          node->extra);
    return true;
}

int anew_graph_least_side(const anew_graph *graph)
{
    int least = 1;
    for (int i = 0; i < anew_graph_count(graph); i++)
        if (anew_graph_node(graph, i)->less >= least)
            least = anew_graph_node(graph, i)->less + 1;
    return least;
}

static anew_val pool(anew_graph *g, anew_val x, int kernel, int stride, bool valid)
{
    if (kernel < 1 || kernel > MOST_KERNEL || stride < 1 || stride > 16)
        anew_graph_refuse(g, "max pooling of %dx%d with the stride %d", kernel, kernel, stride);
    anew_node *node = anew_graph_append(g, ANEW_OP_MAX_POOL, &x, 1, "");
    if (node == NULL)
        return x;
    node->kernel = kernel;
    node->stride = stride;
    if (anew_graph_must_round(g, node, stride))
        anew_graph_shrink(g, node, 0);
    node->extra = node->extra >= 0 ? (node->extra + stride - 1) / stride : -(-node->extra / stride);
    node->shift = valid ? (kernel - 1) / 2 : 0;
    if (valid)
        anew_graph_shrink(g, node, kernel - 1);
    anew_graph_rescale(node, 1, stride);
    return anew_graph_newest(g);
}

anew_val anew_max_pool(anew_graph *g, anew_val x, int kernel, int stride)
{
    return pool(g, x, kernel, stride, false);
}

anew_val anew_max_pool_valid(anew_graph *g, anew_val x, int kernel, int stride)
{
    return pool(g, x, kernel, stride, true);
}

anew_val anew_adaptive_max_pool(anew_graph *g, anew_val x, int factor)
{
    if (factor < 1 || factor > 256)
        anew_graph_refuse(g, "adaptive pooling by %d", factor);
    anew_node *node = anew_graph_append(g, ANEW_OP_ADAPTIVE_MAX_POOL, &x, 1, "");
    if (node == NULL)
        return x;
    node->factor = factor;
    anew_graph_shrink(g, node, factor - 1);
    anew_graph_rescale(node, 1, factor);
    return anew_graph_newest(g);
}

static anew_val resize(anew_graph *g, anew_op op, anew_val x, anew_val like, bool corners)
{
    const anew_node *wanted = anew_graph_value(g, like);
    if (wanted == NULL || anew_graph_value(g, x) == NULL || wanted->single ||
        anew_graph_value(g, x)->single) {
        anew_graph_refuse(g, "%s of or to a single pixel", anew_op_name(op));
        return x;
    }
    const int up = wanted->up, down = wanted->down, less = wanted->less, extra = wanted->extra;
    anew_node *node = anew_graph_append(g, op, &x, 1, "");
    if (node == NULL)
        return x;
    node->factor = (int)(((int64_t)up * node->down + (int64_t)node->up * down - 1) /
                         ((int64_t)node->up * down));
    node->corners = corners;
    node->up = up;
    node->down = down;
    node->less = less;
    node->extra = extra;
    return anew_graph_newest(g);
}

anew_val anew_resize_bilinear(anew_graph *g, anew_val x, anew_val like, bool corners)
{
    return resize(g, ANEW_OP_RESIZE_BILINEAR, x, like, corners);
}

anew_val anew_resize_nearest(anew_graph *g, anew_val x, anew_val like)
{
    return resize(g, ANEW_OP_RESIZE_NEAREST, x, like, false);
}

anew_val anew_concat(anew_graph *g, const anew_val *values, int count)
{
    if (count < 1 || count > ANEW_MAX_SOURCES) {
        anew_graph_refuse(g, "concat of %d values", count);
        return anew_graph_newest(g);
    }
    anew_node *node = anew_graph_append(g, ANEW_OP_CONCAT, values, count, "");
    if (node == NULL)
        return anew_graph_newest(g);
    node->channels = 0;
    for (int i = 0; i < count; i++) {
        const anew_node *source = anew_graph_value(g, values[i]);
        node->channels += source->channels;
        if (!anew_same_size(source, node))
            anew_graph_refuse(g, "concat of different sizes (%d/%d and %d/%d of the picture's)",
                              node->up, node->down, source->up, source->down);
    }
    return anew_graph_newest(g);
}

/* Checks a factor and appends; NULL also for factor 1, where x itself is the result. */
static anew_node *append_resampling(anew_graph *g, anew_op op, anew_val x, int factor)
{
    if (factor < 1 || factor > 16)
        anew_graph_refuse(g, "%s by %d", anew_op_name(op), factor);
    if (factor == 1)
        return NULL;
    anew_node *node = anew_graph_append(g, op, &x, 1, "");
    if (node != NULL && node->less > 0)
        anew_graph_refuse(g, "%s of a value that was not padded", anew_op_name(op));
    if (node != NULL && node->rounded && (node->down > 1 || op == ANEW_OP_PIXEL_UNSHUFFLE))
        anew_graph_refuse(g, "%s of a value whose sides are rounded", anew_op_name(op));
    if (node != NULL)
        node->factor = factor;
    return node;
}

anew_val anew_pixel_shuffle(anew_graph *g, anew_val x, int factor)
{
    anew_node *node = append_resampling(g, ANEW_OP_PIXEL_SHUFFLE, x, factor);
    if (node == NULL)
        return x;
    if (node->channels % (factor * factor) != 0)
        anew_graph_refuse(g, "pixel shuffle by %d of %d channels", factor, node->channels);
    node->channels /= factor * factor;
    node->extra *= factor;
    anew_graph_rescale(node, factor, 1);
    return anew_graph_newest(g);
}

anew_val anew_pixel_unshuffle(anew_graph *g, anew_val x, int factor)
{
    anew_node *node = append_resampling(g, ANEW_OP_PIXEL_UNSHUFFLE, x, factor);
    if (node == NULL)
        return x;
    if (node->extra % factor != 0)
        anew_graph_refuse(g, "pixel unshuffle by %d of a value whose sides it does not divide",
                          factor);
    node->channels *= factor * factor;
    node->extra /= factor;
    anew_graph_rescale(node, 1, factor);
    return anew_graph_newest(g);
}

anew_val anew_upsample_nearest(anew_graph *g, anew_val x, int factor)
{
    anew_node *node = append_resampling(g, ANEW_OP_UPSAMPLE_NEAREST, x, factor);
    if (node == NULL)
        return x;
    node->extra *= factor;
    anew_graph_rescale(node, factor, 1);
    return anew_graph_newest(g);
}

anew_val anew_crop(anew_graph *g, anew_val x, int before, int after)
{
    if (before < 0 || before > 4096 || after < 0 || after > 4096)
        anew_graph_refuse(g, "a crop of %d and %d pixels", before, after);
    if (before == 0 && after == 0)
        return x;
    anew_node *node = anew_graph_append(g, ANEW_OP_CROP, &x, 1, "");
    if (node == NULL)
        return x;
    if (node->single)
        anew_graph_refuse(g, "a crop of a single pixel");
    node->shift = before;
    node->extra -= before + after;
    return anew_graph_newest(g);
}
