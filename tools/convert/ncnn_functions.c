/* ncnn_functions.c - layers of ncnn that work on each number, each channel or a group of them: ncnn_nodes.c has the others. */
#include <math.h>

#include "core/memory.h"
#include "ncnn_walk.h"

/* ---- of each number ----------------------------------------------------------------------------------------------- */

static int clip(ncnn_walk *w, int a)
{
    return nodes_clip(&w->n, a, ncnn_value_or(w, 0, -INFINITY), ncnn_value_or(w, 1, INFINITY));
}

static int elu(ncnn_walk *w, int a)
{
    return nodes_elu(&w->n, a, ncnn_value_or(w, 0, 0.1), 1);
}

static int selu(ncnn_walk *w, int a)
{
    return nodes_elu(&w->n, a, ncnn_value_or(w, 0, 1.67326324), ncnn_value_or(w, 1, 1.050700987));
}

static int gelu(ncnn_walk *w, int a)
{
    return ncnn_value_or(w, 0, 0) != 0 ? nodes_gelu_tanh(&w->n, a)
                                       : nodes_simple(&w->n, ANEW_OP_GELU, a);
}

static int hard_sigmoid(ncnn_walk *w, int a)
{
    return nodes_hard_sigmoid(&w->n, a, ncnn_value_or(w, 0, 0.2f), ncnn_value_or(w, 1, 0.5));
}

static int hard_swish(ncnn_walk *w, int a)
{
    return nodes_hard_swish(&w->n, a, ncnn_value_or(w, 0, 0.2f), ncnn_value_or(w, 1, 0.5));
}

static int mish(ncnn_walk *w, int a)
{
    return nodes_mish(&w->n, a);
}

static int absolute(ncnn_walk *w, int a)
{
    return nodes_absolute(&w->n, a);
}

/* Over the channels. Old files mean another axis where `fixbug0` is not set, but for the first. */
static int softmax(ncnn_walk *w, int a)
{
    if (ncnn_value_or(w, 0, 0) != 0)
        ncnn_unknown(w, "is a softmax that is not known (known: over the channels)");
    return nodes_simple(&w->n, ANEW_OP_SOFTMAX, a);
}

/* (shift + scale x) ^ power */
static int power(ncnn_walk *w, int a)
{
    const float shift = (float)ncnn_value_or(w, 2, 0);
    a = nodes_scale(&w->n, a, ncnn_value_or(w, 1, 1));
    if (shift != 0)
        a = nodes_add_vector(&w->n, a, &shift, 1, w->layer->label);
    return nodes_power(&w->n, a, ncnn_value_or(w, 0, 1));
}

/* ---- of each channel ----------------------------------------------------------------------------------------------- */

/* The channels of a, which parameter `key` must say, too. */
static int64_t channels_of(ncnn_walk *w, int a, int key)
{
    const int64_t channels = nodes_value_of(&w->n, a)->channels;
    if (ncnn_whole_or(w, key, 0) != channels)
        nodes_refuse(&w->n, ANEW_ERROR_FORMAT, "is of %g channels where %lld are there",
                     ncnn_value_or(w, key, 0), (long long)channels);
    return channels;
}

/* slope, mean, variance, bias */
static int batch_norm(ncnn_walk *w, int a)
{
    const int64_t channels = channels_of(w, a, 0);
    const double epsilon = ncnn_value_or(w, 1, 0);
    bool half;
    float *all = nodes_failed(&w->n) ? NULL : ncnn_numbers(w, 4 * channels, false, &half);
    w->weights = all;
    for (int64_t c = 0; all != NULL && c < channels; c++) {
        const double s = (double)all[c] / sqrt((double)all[2 * channels + c] + epsilon);
        all[3 * channels + c] =
            (float)((double)all[3 * channels + c] - s * (double)all[channels + c]);
        all[c] = (float)s;
    }
    if (all == NULL)
        return 0;
    return nodes_add_vector(&w->n, nodes_multiply_vector(&w->n, a, all, channels, w->layer->label),
                            all + 3 * channels, channels, w->layer->label);
}

static int scale(ncnn_walk *w, int a)
{
    const int64_t channels = channels_of(w, a, 0);
    bool half;
    if (w->layer->input_count != 1 || nodes_failed(&w->n)) {
        ncnn_unknown(w, "is scaled by what another layer gives");
        return 0;
    }
    w->weights = ncnn_numbers(w, channels, false, &half);
    if (w->weights != NULL)
        a = nodes_multiply_vector(&w->n, a, w->weights, channels, w->layer->label);
    if (ncnn_value_or(w, 1, 0) != 0)
        w->bias = ncnn_numbers(w, channels, false, &half);
    return w->bias == NULL ? a : nodes_add_vector(&w->n, a, w->bias, channels, w->layer->label);
}

static int bias(ncnn_walk *w, int a)
{
    const int64_t channels = channels_of(w, a, 0);
    bool half;
    w->bias = nodes_failed(&w->n) ? NULL : ncnn_numbers(w, channels, false, &half);
    return w->bias == NULL ? a : nodes_add_vector(&w->n, a, w->bias, channels, w->layer->label);
}

/* Parameters `of`: channels, epsilon, whether there are numbers. */
static int normalised(ncnn_walk *w, int a, int64_t groups, const int of[3])
{
    const int64_t channels = nodes_value_of(&w->n, a)->channels;
    const bool affine = ncnn_value_or(w, of[2], 1) != 0;
    bool half;
    if (affine)
        (void)channels_of(w, a, of[0]);
    if (groups < 1 || channels % groups != 0)
        ncnn_unknown(w, "normalises groups that do not part the channels");
    if (nodes_failed(&w->n))
        return 0;
    if (affine) {
        w->weights = ncnn_numbers(w, channels, false, &half);
        w->bias = ncnn_numbers(w, channels, false, &half);
    } else {
        w->weights = anew_alloc((size_t)channels * sizeof(float));
        w->bias = anew_alloc_zero((size_t)channels * sizeof(float));
        for (int64_t c = 0; w->weights != NULL && c < channels; c++)
            w->weights[c] = 1;
    }
    if (w->weights == NULL || w->bias == NULL) {
        nodes_refuse(&w->n, ANEW_ERROR_MEMORY, "needs more memory than there is");
        return 0;
    }
    return nodes_group_norm(&w->n, a, groups, ncnn_value_or(w, of[1], 0.001f), w->weights, w->bias,
                            w->layer->label);
}

static int instance_norm(ncnn_walk *w, int a)
{
    return normalised(w, a, nodes_value_of(&w->n, a)->channels, (const int[]){0, 1, 2});
}

static int group_norm(ncnn_walk *w, int a)
{
    return normalised(w, a, ncnn_whole_or(w, 0, 1), (const int[]){1, 2, 3});
}

/* Channels of `groups` parts, one of each in turn. */
static int shuffle_channel(ncnn_walk *w, int a)
{
    const int channels = nodes_value_of(&w->n, a)->channels;
    const int64_t given = ncnn_whole_or(w, 0, 1);
    int from[4096];
    if (given < 1 || channels % given != 0) {
        ncnn_unknown(w, "takes channels in turn out of groups that do not part them");
        return 0;
    }
    const int groups = ncnn_value_or(w, 1, 0) != 0 ? channels / (int)given : (int)given,
              each = channels / groups;
    for (int c = 0; c < channels; c++)
        from[c] = c % groups * each + c / groups;
    return nodes_choose(&w->n, a, from, channels, w->layer->label);
}

/* The mean over rows and columns. */
static int reduction(ncnn_walk *w, int a)
{
    const ncnn_layer *l = w->layer;
    const double first = l->values[3], second = l->second[3];
    const bool pixels = (first == 1 && second == 2) || (first == 2 && second == 1) ||
                        (first == -1 && second == -2) || (first == -2 && second == -1);
    if (ncnn_value_or(w, 0, 0) != 3 || ncnn_value_or(w, 1, 1) != 0 || !pixels ||
        ncnn_value_or(w, 2, 1) != 1)
        ncnn_unknown(w, "is a reduction that is not known (known: the mean of rows and columns)");
    return nodes_global_mean(&w->n, a);
}

bool ncnn_function(ncnn_walk *w)
{
    static const struct {
        const char *name;
        int (*does)(ncnn_walk *w, int a);
    } functions[] = {{"AbsVal", absolute},
                     {"BatchNorm", batch_norm},
                     {"Bias", bias},
                     {"Clip", clip},
                     {"ELU", elu},
                     {"GELU", gelu},
                     {"GroupNorm", group_norm},
                     {"HardSigmoid", hard_sigmoid},
                     {"HardSwish", hard_swish},
                     {"InstanceNorm", instance_norm},
                     {"Mish", mish},
                     {"Power", power},
                     {"Reduction", reduction},
                     {"SELU", selu},
                     {"Scale", scale},
                     {"ShuffleChannel", shuffle_channel},
                     {"Softmax", softmax}};
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++)
        if (ncnn_is(w->layer, functions[i].name)) {
            const int a = ncnn_value(w, 0);
            if (!nodes_failed(&w->n))
                ncnn_give_value(w, 0, functions[i].does(w, a));
            return true;
        }
    return false;
}
