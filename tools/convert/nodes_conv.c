/*
 * nodes_conv.c - convolutions of any kernel, padding and direction, said by those of ops.def: square kernels with odd
 * sides, padded by at most half of that.
 *
 * A kernel with even or unequal sides becomes a larger one with rows and columns of zeros. A kernel as large as its
 * stride is a rearrangement (PIXEL_UNSHUFFLE) and a convolution of 1x1.
 *
 * A transposed convolution with stride s adds w[k] * x[i] to pixel s * i + k - before of its result. Of the pixels
 * s * q + r, r = 0 .. s - 1, number r therefore gets x[q + j] times w[r + before - s * j], for the j where that exists:
 * a convolution that makes s * s channels of each, and PIXEL_SHUFFLE.
 */
#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "nodes.h"

#define MOST_KERNEL 31
#define MOST_REACH  63

static bool usable(node_list *n, int a, const nodes_conv *c)
{
    bool fine = c->in == nodes_value_of(n, a)->channels && c->out >= 1 && c->out <= 4096 &&
                c->groups >= 1 && c->in % c->groups == 0 && c->out % c->groups == 0;
    for (int i = 0; i < 2; i++)
        fine = fine && c->kernel[i] >= 1 && c->kernel[i] <= MOST_KERNEL && c->stride[i] >= 1 &&
               c->stride[i] <= 16 && c->dilation[i] >= 1 && c->dilation[i] <= MOST_REACH &&
               c->before[i] >= 0 && c->before[i] <= 4096 && c->after[i] >= 0 && c->after[i] <= 4096;
    if (!fine)
        nodes_refuse(
            n, ANEW_ERROR_UNSUPPORTED,
            "is a convolution of %lldx%lld, stride %lld, dilation %lld, %lld groups of %lld "
            "to %lld channels where %d are there, which is not known",
            (long long)c->kernel[0], (long long)c->kernel[1], (long long)c->stride[0],
            (long long)c->dilation[0], (long long)c->groups, (long long)c->in, (long long)c->out,
            nodes_value_of(n, a)->channels);
    return fine && !nodes_failed(n);
}

/* The convolution as it is recorded: a square kernel, the same on both axes. */
typedef struct square {
    int64_t out, in_each, side, stride, dilation, groups, before, after;
    anew_edge edge;
    const float *weights, *bias;
    bool half;
} square;

static int64_t divided_down(int64_t a, int64_t b)
{
    return a >= 0 ? a / b : -((-a + b - 1) / b);
}

static int record(node_list *n, int a, const square *s, const char *wish)
{
    nodes_value v = *nodes_value_of(n, a);
    char name[ANEW_FILE_MAX_NAME / 2];
    const int64_t half = s->side / 2 * s->dilation;
    const bool even = s->before == half && s->after == half;
    if (v.single && s->side > 1)
        nodes_refuse(n, ANEW_ERROR_UNSUPPORTED, "is a convolution of %lldx%lld of a single pixel",
                     (long long)s->side, (long long)s->side);
    nodes_name(n, name, wish);
    nodes_open(n, ANEW_OP_CONV, &a, 1);
    nodes_key(n, "channels", s->out);
    nodes_key(n, "kernel", s->side);
    if (s->stride != 1)
        nodes_key(n, "stride", s->stride);
    if (s->dilation != 1)
        nodes_key(n, "dilation", s->dilation);
    if (s->groups != 1)
        nodes_key(n, "groups", s->groups);
    if (s->bias != NULL)
        nodes_key(n, "bias", 1);
    if (s->edge != ANEW_EDGE_ZEROS)
        nodes_key(n, s->edge == ANEW_EDGE_REFLECT ? "reflect" : "repeat", 1);
    if (!even) {
        nodes_key(n, "before", s->before);
        nodes_key(n, "after", s->after);
    }
    nodes_key_name(n, name);
    nodes_tensor(n, name, "weight", 4, (int64_t[]){s->out, s->in_each, s->side, s->side},
                 s->weights, s->half);
    if (s->bias != NULL)
        nodes_tensor(n, name, "bias", 1, &s->out, s->bias, false);
    v.channels = (int)s->out;
    if (!v.single) {
        const int64_t lost = 2 * half - s->before - s->after;
        if (!nodes_lose(n, &v, lost, s->stride))
            v.extra = (int)divided_down(v.extra - lost - 1, s->stride) + 1;
        v.down *= (int)s->stride;
        for (int f = 2; f <= v.up && f <= v.down; f++)
            while (v.up % f == 0 && v.down % f == 0) {
                v.up /= f;
                v.down /= f;
            }
    }
    return nodes_close(n, v);
}

/* ---- larger kernels with zeros --------------------------------------------------------------------------------- */

/* The smallest odd side, and the rows and columns of zeros before the kernel, with which the padding is one number
 * before and one after, each at most half of the side. */
static bool find_square(const nodes_conv *c, square *s, int64_t zeros[2])
{
    const int64_t d = c->dilation[0];
    if (c->stride[0] != c->stride[1] || c->dilation[0] != c->dilation[1])
        return false;
    /* By how much the sides shrink. */
    const int64_t change = c->before[0] + c->after[0] - d * (c->kernel[0] - 1);
    if (change != c->before[1] + c->after[1] - d * (c->kernel[1] - 1))
        return false;
    for (s->side = 1; s->side <= MOST_KERNEL; s->side += 2) {
        const int64_t half = s->side / 2 * d;
        for (s->before = half; s->before >= 0; s->before--) {
            s->after = change + d * (s->side - 1) - s->before;
            bool fits = s->after >= 0 && s->after <= half;
            for (int i = 0; i < 2 && fits; i++) {
                const int64_t moved = s->before - c->before[i];
                zeros[i] = moved / d;
                fits = moved >= 0 && moved % d == 0 && zeros[i] + c->kernel[i] <= s->side;
            }
            if (fits)
                return true;
        }
    }
    return false;
}

static int convolve_square(node_list *n, int a, const nodes_conv *c, const char *name)
{
    int64_t zeros[2] = {0, 0};
    square s = {.out = c->out,
                .in_each = c->in / c->groups,
                .groups = c->groups,
                .stride = c->stride[0],
                .dilation = c->dilation[0],
                .edge = c->edge,
                .bias = c->bias,
                .half = c->half};
    if (!find_square(c, &s, zeros)) {
        nodes_refuse(n, ANEW_ERROR_UNSUPPORTED,
                     "pads a kernel of %lldx%lld by %lld, %lld, %lld and %lld pixels (above, left, "
                     "below, right), stride %lldx%lld, which is not known",
                     (long long)c->kernel[0], (long long)c->kernel[1], (long long)c->before[0],
                     (long long)c->before[1], (long long)c->after[0], (long long)c->after[1],
                     (long long)c->stride[0], (long long)c->stride[1]);
        return 0;
    }
    const int64_t half = s.side / 2 * s.dilation;
    if (s.edge != ANEW_EDGE_ZEROS &&
        (s.before != half || s.after != half || s.side != c->kernel[0])) {
        nodes_refuse(n, ANEW_ERROR_UNSUPPORTED,
                     "continues the value by another number of pixels than its kernel reaches");
        return 0;
    }
    const int64_t rows = c->kernel[0], columns = c->kernel[1], kernels = s.out * s.in_each;
    float *larger = NULL;
    s.weights = c->weights;
    if (s.side != rows || s.side != columns) {
        larger = anew_alloc_zero(anew_size_mul(
            anew_size_mul((size_t)kernels, (size_t)(s.side * s.side)), sizeof(float)));
        if (larger == NULL) {
            nodes_refuse(n, ANEW_ERROR_MEMORY, "needs more memory than there is");
            return 0;
        }
        for (int64_t k = 0; k < kernels; k++)
            for (int64_t y = 0; y < rows; y++)
                memcpy(larger + (k * s.side + y + zeros[0]) * s.side + zeros[1],
                       c->weights + (k * rows + y) * columns, (size_t)columns * sizeof(float));
        s.weights = larger;
    }
    const int result = record(n, a, &s, name);
    anew_free(larger);
    return result;
}

/* A kernel that is cut out of the picture without overlap. */
static bool is_rearrangement(const node_list *n, int a, const nodes_conv *c)
{
    const nodes_value *v = nodes_value_of(n, a);
    bool same = c->stride[0] > 1 && !n->rounded && !v->single &&
                v->extra % (int)c->stride[0] == 0 && c->stride[0] == c->stride[1] && c->groups == 1;
    for (int i = 0; i < 2; i++)
        same = same && c->kernel[i] == c->stride[0] && c->dilation[i] == 1 && c->before[i] == 0 &&
               c->after[i] == 0;
    return same && c->in * c->kernel[0] * c->kernel[0] <= 4096;
}

int nodes_convolve(node_list *n, int a, const nodes_conv *c, const char *name)
{
    int result;
    if (!usable(n, a, c))
        return 0;
    if (is_rearrangement(n, a, c)) {
        /* [in][row][column] is the order in which the rearrangement has the channels, too. */
        const square s = {.out = c->out,
                          .in_each = c->in * c->kernel[0] * c->kernel[0],
                          .side = 1,
                          .stride = 1,
                          .dilation = 1,
                          .groups = 1,
                          .weights = c->weights,
                          .bias = c->bias,
                          .half = c->half};
        const int rearranged = nodes_resample(n, ANEW_OP_PIXEL_UNSHUFFLE, a, c->kernel[0], false);
        result = record(n, rearranged, &s, name);
    } else {
        result = convolve_square(n, a, c, name);
    }
    return nodes_activate(n, result, c->activation);
}

/* ---- transposed -------------------------------------------------------------------------------------------------- */

static int64_t divided_up(int64_t a, int64_t b)
{
    return -divided_down(-a, b);
}

/* weights[out * s * s][in each][side][side] of the convolution; tap 0 reads x[q - before]. */
static void fill_phases(float *weights, float *bias, const nodes_conv *c, const square *s)
{
    const int64_t f = c->stride[0], k = c->kernel[0], taps = s->side * s->side;
    for (int64_t o = 0; o < c->out; o++)
        for (int64_t phase = 0; phase < f * f; phase++) {
            const int64_t channel = o * f * f + phase;
            if (bias != NULL)
                bias[channel] = c->bias[o];
            for (int64_t i = 0; i < s->in_each; i++)
                for (int64_t t = 0; t < taps; t++) {
                    const int64_t y = phase / f + c->before[0] - f * (t / s->side - s->before);
                    const int64_t x = phase % f + c->before[1] - f * (t % s->side - s->before);
                    if (y >= 0 && y < k && x >= 0 && x < k)
                        weights[(channel * s->in_each + i) * taps + t] =
                            c->weights[((o * s->in_each + i) * k + y) * k + x];
                }
        }
}

/* The smallest odd side whose taps reach x[q + first] to x[q + last], and give `rows` more than there are. */
static bool find_taps(square *s, int64_t rows, int64_t first, int64_t last)
{
    for (s->side = 1; s->side <= MOST_KERNEL; s->side += 2)
        for (s->before = s->side / 2; s->before >= 0; s->before--) {
            s->after = rows + s->side - 1 - s->before;
            if (s->before >= -first && s->side - 1 - s->before >= last && s->after >= 0 &&
                s->after <= s->side / 2)
                return true;
        }
    return false;
}

int nodes_transposed(node_list *n, int a, const nodes_conv *c, const char *name)
{
    if (!usable(n, a, c))
        return 0;
    const int64_t f = c->stride[0], k = c->kernel[0], before = c->before[0];
    if (c->kernel[1] != k || c->stride[1] != f || c->before[1] != before ||
        c->after[0] != c->after[1] || c->more[0] != c->more[1] || c->dilation[0] != 1 ||
        c->dilation[1] != 1 || before >= k || c->more[0] < 0 || c->more[0] > 16 ||
        c->edge != ANEW_EDGE_ZEROS || nodes_value_of(n, a)->single || c->out * f * f > 4096) {
        nodes_refuse(n, ANEW_ERROR_UNSUPPORTED,
                     "is a transposed convolution of %lldx%lld, stride %lld, which is not known",
                     (long long)k, (long long)c->kernel[1], (long long)f);
        return 0;
    }
    /* Sides are f * n + change; as many times f, and a rest that is cut off. */
    const int64_t change = k - f - before - c->after[0] + c->more[0];
    const int64_t rows = divided_up(change, f), surplus = rows * f - change;
    const int64_t first = divided_up(before - (k - 1), f), last = divided_down(f - 1 + before, f);
    square s = {.out = c->out * f * f,
                .in_each = c->in / c->groups,
                .side = 1,
                .stride = 1,
                .dilation = 1,
                .groups = c->groups,
                .half = c->half};
    if (!find_taps(&s, rows, first, last)) {
        nodes_refuse(n, ANEW_ERROR_UNSUPPORTED,
                     "is a transposed convolution of %lldx%lld, stride %lld, padded by %lld",
                     (long long)k, (long long)k, (long long)f, (long long)before);
        return 0;
    }
    const size_t count = anew_size_mul((size_t)(s.out * s.in_each), (size_t)(s.side * s.side));
    float *weights = anew_alloc_zero(anew_size_mul(count, sizeof(float)));
    float *bias = c->bias == NULL ? NULL : anew_alloc((size_t)s.out * sizeof(float));
    int result = 0;
    if (weights == NULL || (bias == NULL && c->bias != NULL)) {
        nodes_refuse(n, ANEW_ERROR_MEMORY, "needs more memory than there is");
    } else {
        fill_phases(weights, bias, c, &s);
        s.weights = weights;
        s.bias = bias;
        /* Before the shuffle, so that it is done to the sums in registers. */
        result = nodes_activate(n, record(n, a, &s, name), c->activation);
        result = nodes_resample(n, ANEW_OP_PIXEL_SHUFFLE, result, f, false);
        result = nodes_crop(n, result, 0, surplus);
    }
    anew_free(weights);
    anew_free(bias);
    return result;
}
