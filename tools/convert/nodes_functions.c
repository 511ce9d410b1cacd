/*
 * nodes_functions.c - functions of other frameworks that ops.def has not, as a few operations of it.
 *
 * The largest of two is b + relu(a - b), the smallest a - relu(a - b): off by a rounding where a - b is rounded, and exact
 * where that can be told beforehand (from 0 on). With e = exp(x), tanh(log(1 + e)) is e (e + 2) / (e (e + 2) + 2); x is
 * limited to 20, where that is 1 in f32, so that e * e stays finite.
 */
#include <math.h>

#include "core/memory.h"
#include "nodes.h"

#define MISH_LIMIT 20.0

static int plus(node_list *n, int a, double number)
{
    const float value = (float)number;
    return number == 0 ? a : nodes_add_vector(n, a, &value, 1, "plus");
}

/* number - a */
static int minus_from(node_list *n, double number, int a)
{
    return plus(n, nodes_scale(n, a, -1), number);
}

static int at_most(node_list *n, int a, double most)
{
    return minus_from(n, most, nodes_simple(n, ANEW_OP_RELU, minus_from(n, most, a)));
}

int nodes_clip(node_list *n, int a, double least, double most)
{
    if (!(least <= most)) {
        nodes_refuse(n, ANEW_ERROR_FORMAT, "limits values to from %g to %g", least, most);
        return 0;
    }
    if (least > -INFINITY)
        a = plus(n, nodes_simple(n, ANEW_OP_RELU, plus(n, a, -least)), least);
    return most < INFINITY ? at_most(n, a, most) : a;
}

int nodes_hard_sigmoid(node_list *n, int a, double slope, double middle)
{
    return nodes_clip(n, plus(n, nodes_scale(n, a, slope), middle), 0, 1);
}

int nodes_hard_swish(node_list *n, int a, double slope, double middle)
{
    return nodes_pair(n, ANEW_OP_MULTIPLY, a, nodes_hard_sigmoid(n, a, slope, middle));
}

int nodes_tanh_softplus(node_list *n, int a)
{
    const int e = nodes_simple(n, ANEW_OP_EXP, at_most(n, a, MISH_LIMIT));
    const int top = nodes_pair(n, ANEW_OP_MULTIPLY, e, plus(n, e, 2));
    return nodes_pair(n, ANEW_OP_DIVIDE, top, plus(n, top, 2));
}

int nodes_mish(node_list *n, int a)
{
    return nodes_pair(n, ANEW_OP_MULTIPLY, a, nodes_tanh_softplus(n, a));
}

int nodes_elu(node_list *n, int a, double alpha, double gamma)
{
    /* min(x, 0) = -relu(-x) */
    const int below = nodes_scale(n, nodes_simple(n, ANEW_OP_RELU, nodes_scale(n, a, -1)), -1);
    const int curve =
        nodes_scale(n, plus(n, nodes_simple(n, ANEW_OP_EXP, below), -1), alpha * gamma);
    const int line = nodes_scale(n, nodes_simple(n, ANEW_OP_RELU, a), gamma);
    return nodes_pair(n, ANEW_OP_ADD, line, curve);
}

int nodes_gelu_tanh(node_list *n, int a)
{
    const double inner = 0.7978845608028654, cube = 0.044715; /* sqrt(2 / pi) */
    const int square = nodes_pair(n, ANEW_OP_MULTIPLY, a, a);
    const int factor = plus(n, nodes_scale(n, square, inner * cube), inner);
    const int t = nodes_simple(n, ANEW_OP_TANH, nodes_pair(n, ANEW_OP_MULTIPLY, a, factor));
    return nodes_pair(n, ANEW_OP_MULTIPLY, nodes_scale(n, a, 0.5), plus(n, t, 1));
}

int nodes_absolute(node_list *n, int a)
{
    return nodes_leaky(n, a, -1);
}

int nodes_extreme(node_list *n, int a, int b, bool largest)
{
    const int above =
        nodes_simple(n, ANEW_OP_RELU, nodes_pair(n, ANEW_OP_ADD, a, nodes_scale(n, b, -1)));
    return largest ? nodes_pair(n, ANEW_OP_ADD, above, b)
                   : nodes_pair(n, ANEW_OP_ADD, a, nodes_scale(n, above, -1));
}

/* A value of a's shape that is `number` everywhere. */
static int everywhere(node_list *n, int a, double number)
{
    return plus(n, nodes_scale(n, a, 0), number);
}

int nodes_number_over(node_list *n, double number, int a)
{
    return nodes_pair(n, ANEW_OP_DIVIDE, everywhere(n, a, number), a);
}

int nodes_power(node_list *n, int a, double exponent)
{
    if (exponent < 0)
        return nodes_number_over(n, 1, nodes_power(n, a, -exponent));
    if (exponent == 0.5)
        return nodes_simple(n, ANEW_OP_SQRT, a);
    if (exponent != 1 && exponent != 2 && exponent != 3 && exponent != 4) {
        nodes_refuse(n, ANEW_ERROR_UNSUPPORTED,
                     "is a power of %g, which is not known (known: 0.5, 1, 2, 3, 4, and below 0)",
                     exponent);
        return 0;
    }
    const int square = exponent > 1 ? nodes_pair(n, ANEW_OP_MULTIPLY, a, a) : a;
    return exponent == 3   ? nodes_pair(n, ANEW_OP_MULTIPLY, square, a)
           : exponent == 4 ? nodes_pair(n, ANEW_OP_MULTIPLY, square, square)
                           : square;
}

/* ---- matrices over the channels --------------------------------------------------------------------------- */

static int mixed(node_list *n, int a, int64_t out, const float *matrix, const char *name)
{
    const nodes_conv conv = {.in = nodes_value_of(n, a)->channels,
                             .out = out,
                             .kernel = {1, 1},
                             .stride = {1, 1},
                             .dilation = {1, 1},
                             .groups = 1,
                             .weights = matrix};
    return nodes_convolve(n, a, &conv, name);
}

static float *numbers(node_list *n, int64_t count)
{
    float *values = anew_alloc_zero(anew_size_mul((size_t)count, sizeof(float)));
    if (values == NULL)
        nodes_refuse(n, ANEW_ERROR_MEMORY, "needs more memory than there is");
    return values;
}

int nodes_choose(node_list *n, int a, const int *from, int64_t count, const char *name)
{
    const int64_t channels = nodes_value_of(n, a)->channels;
    bool same = count == channels;
    float *matrix = numbers(n, count * channels);
    for (int64_t i = 0; matrix != NULL && i < count; i++) {
        matrix[i * channels + from[i]] = 1;
        same = same && from[i] == i;
    }
    const int result = matrix == NULL || same ? a : mixed(n, a, count, matrix, name);
    anew_free(matrix);
    return result;
}

int nodes_channel_sum(node_list *n, int a, bool mean)
{
    const int64_t channels = nodes_value_of(n, a)->channels;
    float *matrix = numbers(n, channels);
    for (int64_t i = 0; matrix != NULL && i < channels; i++)
        matrix[i] = mean ? (float)(1.0 / (double)channels) : 1.0f;
    const int result = matrix == NULL ? a : mixed(n, a, 1, matrix, "of_channels");
    anew_free(matrix);
    return result;
}

int nodes_spread_channel(node_list *n, int a, int64_t channels)
{
    if (nodes_value_of(n, a)->channels == channels)
        return a;
    float *matrix = numbers(n, channels);
    for (int64_t i = 0; matrix != NULL && i < channels; i++)
        matrix[i] = 1;
    const int result = matrix == NULL ? a : mixed(n, a, channels, matrix, "spread");
    anew_free(matrix);
    return result;
}

/* Of each channel alone: the same weights [rows][columns] for all of them. */
static int depthwise(node_list *n, int a, nodes_conv conv, const float *weights, const char *name)
{
    const int64_t channels = nodes_value_of(n, a)->channels, taps = conv.kernel[0] * conv.kernel[1];
    float *all = numbers(n, channels * taps);
    for (int64_t i = 0; all != NULL && i < channels * taps; i++)
        all[i] = weights[i % taps];
    conv.in = conv.out = conv.groups = channels;
    conv.dilation[0] = conv.dilation[1] = 1;
    conv.weights = all;
    const int result = all == NULL ? a : nodes_convolve(n, a, &conv, name);
    anew_free(all);
    return result;
}

int nodes_average(node_list *n, int a, const nodes_conv *window, bool inside)
{
    float weights[31 * 31];
    const int64_t taps = window->kernel[0] * window->kernel[1];
    if (taps < 1 || taps > (int64_t)(sizeof weights / sizeof *weights)) {
        nodes_refuse(n, ANEW_ERROR_UNSUPPORTED, "is the mean of %lldx%lld pixels",
                     (long long)window->kernel[0], (long long)window->kernel[1]);
        return 0;
    }
    for (int64_t i = 0; i < taps; i++)
        weights[i] = (float)(1.0 / (double)taps);
    const int sum = depthwise(n, a, *window, weights, "average");
    if (!inside ||
        (window->before[0] | window->before[1] | window->after[0] | window->after[1]) == 0)
        return sum;
    /* What part of each window lies inside: the same mean of a plane of ones. */
    const int ones = everywhere(n, nodes_slice(n, a, 0, 1), 1);
    const int part = depthwise(n, ones, *window, weights, "part_inside");
    return nodes_pair(n, ANEW_OP_DIVIDE, sum,
                      nodes_spread_channel(n, part, nodes_value_of(n, a)->channels));
}

int nodes_shrink(node_list *n, int a, int64_t factor, const float *weights)
{
    const nodes_conv window = {.kernel = {factor, factor}, .stride = {factor, factor}};
    if (factor < 2 || factor > 16) {
        nodes_refuse(n, ANEW_ERROR_UNSUPPORTED, "makes the picture %lld times smaller",
                     (long long)factor);
        return 0;
    }
    return depthwise(n, a, window, weights, "shrink");
}

/* A transposed convolution by a triangle; at the last row and column part of it lies outside, so that it is divided by what
 * it makes of ones. */
int nodes_linear_asymmetric(node_list *n, int a, int64_t factor)
{
    float weights[31 * 31] = {0}, *all = NULL;
    const int64_t side = 2 * factor - 1, channels = nodes_value_of(n, a)->channels;
    int results[2] = {a, a};
    if (factor < 2 || factor > 16) {
        nodes_refuse(n, ANEW_ERROR_UNSUPPORTED, "enlarges %lld times", (long long)factor);
        return 0;
    }
    for (int64_t y = 0; y < side; y++)
        for (int64_t x = 0; x < side; x++)
            weights[y * side + x] = (float)((1 - fabs((double)(y - factor + 1)) / (double)factor) *
                                            (1 - fabs((double)(x - factor + 1)) / (double)factor));
    results[1] = everywhere(n, nodes_slice(n, a, 0, 1), 1);
    all = numbers(n, channels * side * side);
    for (int64_t i = 0; all != NULL && i < channels * side * side; i++)
        all[i] = weights[i % (side * side)];
    for (int i = 0; all != NULL && i < 2; i++) {
        const int64_t count = i == 0 ? channels : 1;
        const nodes_conv conv = {.in = count,
                                 .out = count,
                                 .groups = count,
                                 .kernel = {side, side},
                                 .stride = {factor, factor},
                                 .dilation = {1, 1},
                                 .before = {factor - 1, factor - 1},
                                 .weights = all};
        results[i] = nodes_transposed(n, results[i], &conv, "linear");
    }
    anew_free(all);
    return nodes_pair(n, ANEW_OP_DIVIDE, results[0], nodes_spread_channel(n, results[1], channels));
}
