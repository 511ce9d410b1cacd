/* nodes_sizes.c - operations that change a value's size, and what they make of sizes that must be right for any picture. */
#include <math.h>

#include "core/memory.h"
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

/* ---- cubic interpolation -------------------------------------------------------------------------------- */

/* The weight of a pixel at that distance: Keys 1981 (Cubic convolution interpolation for digital image processing), equation
 * 15, with the parameter free. */
static double cubic(double distance, double sharpness)
{
    const double d = fabs(distance), a = sharpness;
    if (d <= 1)
        return ((a + 2) * d - (a + 3)) * d * d + 1;
    return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
}

/* Where pixel d of the result lies among the value's. */
static double cubic_place(int d, int up, int down, bool asymmetric)
{
    return asymmetric ? (double)d * down / up : (d + 0.5) * down / up - 0.5;
}

#define MOST_UP   16
#define MOST_DOWN 8

bool nodes_ratio(int *up, int *down, double factor)
{
    for (*down = 1; *down <= MOST_DOWN; (*down)++) {
        const double whole = floor(factor * *down + 0.5);
        *up = whole >= 1 && whole <= MOST_UP ? (int)whole : 0;
        if (*up > 0 && fabs(factor * *down - *up) < 1e-6 * *up)
            return true;
    }
    return false;
}

/* `up` pixels of the result lie the same way in each `down` pixels of the value, so that they are as many channels of a
 * convolution with the stride `down`, and then shuffled. */
int nodes_cubic(node_list *n, int a, int up, int down, double sharpness, bool asymmetric)
{
    const int64_t channels = nodes_value_of(n, a)->channels;
    const int last = (int)floor(cubic_place(up - 1, up, down, asymmetric)) + 2;
    const int first = (int)floor(cubic_place(0, up, down, asymmetric)) - 1;
    const int half = last > -first ? last : -first, side = 2 * half + 1;
    const size_t each = (size_t)(up * up) * (size_t)(side * side);
    float *weights = NULL;
    int result = 0;
    if (nodes_value_of(n, a)->single || nodes_value_of(n, a)->extra % down != 0 ||
        (n->rounded && down > 1) || channels * up * up > 4096) {
        nodes_refuse(n, ANEW_ERROR_UNSUPPORTED,
                     "resizes a value by %d/%d with cubic interpolation, which is not known here",
                     up, down);
        return 0;
    }
    weights = anew_alloc_zero(anew_size_mul(anew_size_mul((size_t)channels, each), sizeof(float)));
    if (weights == NULL) {
        nodes_refuse(n, ANEW_ERROR_MEMORY, "needs more memory than there is");
        return 0;
    }
    for (size_t i = 0; i < (size_t)channels * each; i++) {
        const int x = (int)(i % (size_t)side) - half, y = (int)(i / (size_t)side) % side - half;
        const int phase = (int)(i / (size_t)(side * side)) % (up * up);
        weights[i] = (float)(cubic(y - cubic_place(phase / up, up, down, asymmetric), sharpness) *
                             cubic(x - cubic_place(phase % up, up, down, asymmetric), sharpness));
    }
    const nodes_conv conv = {.in = channels,
                             .out = channels * up * up,
                             .groups = channels,
                             .kernel = {side, side},
                             .stride = {down, down},
                             .dilation = {1, 1},
                             .before = {half, half},
                             .after = {half, half},
                             .edge = ANEW_EDGE_REPEAT,
                             .weights = weights};
    result = nodes_convolve(n, a, &conv, "cubic");
    anew_free(weights);
    return nodes_failed(n) ? 0 : nodes_resample(n, ANEW_OP_PIXEL_SHUFFLE, result, up, false);
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
