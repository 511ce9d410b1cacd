/* nodes_sizes.c - operations that change a value's size, and what they make of sizes that must be right for any picture. */
#include "nodes.h"

static void rescale(nodes_value *v, int up, int down)
{
    v->up *= up;
    v->down *= down;
    for (int f = 2; f <= v->up && f <= v->down; f++)
        while (v->up % f == 0 && v->down % f == 0) {
            v->up /= f;
            v->down /= f;
        }
}

bool nodes_lose(node_list *n, nodes_value *v, int64_t pixels, int64_t stride)
{
    if (!n->rounded || v->single || (stride == 1 && v->down == 1 && v->less == 0))
        return false;
    if (v->up != 1 || (stride > 1 && v->extra != 0) || pixels < 0 || pixels > 4096)
        nodes_refuse(n, ANEW_ERROR_UNSUPPORTED,
                     "makes a value of %d/%d of the picture's size %+d smaller, which is not known "
                     "for pictures of any size",
                     v->up, v->down, v->extra);
    else
        v->less += (int)pixels * v->down;
    return true;
}

int nodes_resample(node_list *n, anew_op op, int a, int64_t factor, bool corners)
{
    nodes_value v = *nodes_value_of(n, a);
    const int f = (int)factor;
    const bool small = op == ANEW_OP_PIXEL_UNSHUFFLE || op == ANEW_OP_AVERAGE_POOL;
    if (factor == 1)
        return a;
    if (factor < 1 || factor > 16 || v.single || (small && v.extra % f != 0) ||
        (op == ANEW_OP_PIXEL_SHUFFLE && v.channels % (f * f) != 0)) {
        nodes_refuse(n, ANEW_ERROR_UNSUPPORTED,
                     "does a %s by %lld to %d channels, which is not known", anew_op_name(op),
                     (long long)factor, v.channels);
        return 0;
    }
    if (n->rounded && op != ANEW_OP_AVERAGE_POOL &&
        (v.down > 1 || v.less > 0 || op == ANEW_OP_PIXEL_UNSHUFFLE)) {
        nodes_refuse(
            n, ANEW_ERROR_UNSUPPORTED,
            "does a %s by %lld to a value of 1/%d of the picture's size, which is not known "
            "for pictures of any size",
            anew_op_name(op), (long long)factor, v.down);
        return 0;
    }
    if (op == ANEW_OP_AVERAGE_POOL)
        (void)nodes_lose(n, &v, factor - 1, factor);
    v.extra = small ? v.extra / f : v.extra * f;
    rescale(&v, small ? 1 : f, small ? f : 1);
    if (op == ANEW_OP_PIXEL_SHUFFLE)
        v.channels /= f * f;
    else if (op == ANEW_OP_PIXEL_UNSHUFFLE)
        v.channels *= f * f;
    nodes_open(n, op, &a, 1);
    nodes_key(n, "factor", factor);
    if (corners)
        nodes_key(n, "corners", 1);
    return nodes_close(n, v);
}

/* The channels in the order of [row][column][channel], or out of it. */
static int permute(node_list *n, int a, int64_t factor, bool to_large)
{
    const int channels = nodes_value_of(n, a)->channels, square = (int)(factor * factor),
              each = channels / square;
    int from[4096];
    if (nodes_failed(n))
        return 0;
    for (int c = 0; c < each; c++)
        for (int k = 0; k < square; k++) {
            const int ours = c * square + k, theirs = k * each + c;
            from[to_large ? ours : theirs] = to_large ? theirs : ours;
        }
    return nodes_choose(n, a, from, channels, "order");
}

int nodes_shuffle_depth_last(node_list *n, int a, int64_t factor, bool to_large)
{
    if (factor < 1 || factor > 16 ||
        (to_large && nodes_value_of(n, a)->channels % (factor * factor) != 0)) {
        nodes_refuse(n, ANEW_ERROR_UNSUPPORTED, "rearranges by %lld, which is not known",
                     (long long)factor);
        return 0;
    }
    if (to_large)
        return nodes_resample(n, ANEW_OP_PIXEL_SHUFFLE, permute(n, a, factor, true), factor, false);
    return permute(n, nodes_resample(n, ANEW_OP_PIXEL_UNSHUFFLE, a, factor, false), factor, false);
}

int nodes_max_pool(node_list *n, int a, int64_t kernel, int64_t stride, bool valid)
{
    nodes_value v = *nodes_value_of(n, a);
    if (kernel < 1 || kernel > 31 || stride < 1 || stride > 16 || v.single ||
        v.extra % (int)stride != 0) {
        nodes_refuse(n, ANEW_ERROR_UNSUPPORTED, "pools %lldx%lld pixels with a stride of %lld",
                     (long long)kernel, (long long)kernel, (long long)stride);
        return 0;
    }
    (void)nodes_lose(n, &v, valid ? kernel - 1 : 0, stride);
    v.extra /= (int)stride;
    rescale(&v, 1, (int)stride);
    nodes_open(n, ANEW_OP_MAX_POOL, &a, 1);
    nodes_key(n, "kernel", kernel);
    nodes_key(n, "stride", stride);
    if (valid)
        nodes_key(n, "valid", 1);
    return nodes_close(n, v);
}

int nodes_resize(node_list *n, anew_op op, int a, int like, bool corners)
{
    nodes_value v = *nodes_value_of(n, like);
    v.channels = nodes_value_of(n, a)->channels;
    if (nodes_same_size(n, a, like))
        return a;
    nodes_open(n, op, (int[]){a, like}, 2);
    if (corners)
        nodes_key(n, "corners", 1);
    return nodes_close(n, v);
}
