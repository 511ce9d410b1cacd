/*
 * distillation.c - the residual feature distillation block, with enhanced spatial attention.
 *
 * Liu, Tang, Wu: Residual Feature Distillation Network for Lightweight Image Super-Resolution (2020), figure 2 (the
 * block); Liu, Zhang, Wang, Tang, Wu: Residual Feature Aggregation Network (2020), figure 3 (the attention); Haase,
 * Amthor: Rethinking Depthwise Separable Convolutions (2020) (blueprint separable convolutions).
 *
 * Three stages, one behind the other, each a convolution of 3x3 whose input is added to it; before each a 1x1 convolution
 * sets some channels aside. A fourth convolution makes as many. All that was set aside, joined by a 1x1 convolution:
 *
 *     x -+- c1_r (+) act -+- c2_r (+) act -+- c3_r (+) act - c4 - act -+
 *        +- c1_d - act    +- c2_d - act    +- c3_d - act               +- c5 - attention - result
 *              |                |                |                     |
 *              +----------------+----------------+---------------------+
 *
 * The attention looks at a map of few channels, made about six times smaller by a convolution of stride 2 and a pool of
 * stride 3, neither of which pads; three convolutions further it is brought back to the size by bilinear interpolation:
 *
 *     x -+- conv1 -+- conv2 - pool - conv_max - act - conv3 - act - conv3_ - bilinear - (+) - conv4 - sigmoid - (*)
 *        |         +- conv_f -----------------------------------------------------------+                       |
 *        +------------------------------------------------------------------------------------------------------+
 */
#include "nets/distillation.h"

#include <stdio.h>

static anew_val pointwise(anew_graph *g, anew_val x, int channels, const char *name)
{
    return anew_conv(g, x, channels, 1, true, "%s", name);
}

anew_val anew_blueprint(anew_graph *g, anew_val x, int channels, bool separable, const char *name)
{
    if (!separable)
        return anew_conv3(g, x, channels, "%s", name);
    anew_enter(g, "%s", name);
    x = pointwise(g, x, channels, "pw");
    return anew_leave(
        g, anew_conv_with(g, x,
                          (anew_conv_options){
                              .channels = channels, .kernel = 3, .groups = channels, .bias = true},
                          "dw"));
}

static anew_val attend(anew_graph *g, anew_val x, const anew_distillation *kind)
{
    const int few = kind->attention;
    anew_enter(g, "esa");
    const anew_val first = pointwise(g, x, few, "conv1");
    const anew_conv_options halving = {
        .channels = few, .kernel = 3, .stride = 2, .bias = true, .valid = true};
    anew_val small = anew_max_pool_valid(g, anew_conv_with(g, first, halving, "conv2"), 7, 3);
    small = kind->inner(g, anew_blueprint(g, small, few, kind->separable, "conv_max"));
    small = kind->inner(g, anew_blueprint(g, small, few, kind->separable, "conv3"));
    small = anew_blueprint(g, small, few, kind->separable, "conv3_");
    const anew_val map =
        anew_add(g, anew_resize_bilinear(g, small, x, false), pointwise(g, first, few, "conv_f"));
    const anew_val weights = anew_sigmoid(g, pointwise(g, map, anew_channels(g, x), "conv4"));
    return anew_leave(g, anew_multiply(g, x, weights));
}

anew_val anew_distill(anew_graph *g, anew_val x, const anew_distillation *kind)
{
    const int channels = anew_channels(g, x);
    anew_val aside[4];
    anew_val y = x;
    for (int k = 0; k < 3; k++) {
        char name[8];
        (void)snprintf(name, sizeof name, "c%d_d", k + 1);
        aside[k] = kind->activation(g, pointwise(g, y, kind->distilled, name));
        (void)snprintf(name, sizeof name, "c%d_r", k + 1);
        y = kind->activation(g,
                             anew_add(g, anew_blueprint(g, y, channels, kind->separable, name), y));
    }
    aside[3] = kind->activation(g, anew_blueprint(g, y, kind->distilled, kind->separable, "c4"));
    return attend(g, pointwise(g, anew_concat(g, aside, 4), channels, "c5"), kind);
}

anew_val anew_contrast_attention(anew_graph *g, anew_val x, int few)
{
    anew_enter(g, "cca");
    const anew_val mean = anew_global_mean(g, x);
    const anew_val off = anew_add(g, x, anew_scale(g, mean, -1.0f));
    const anew_val variance = anew_global_mean(g, anew_multiply(g, off, off));
    const anew_val contrast = anew_add(g, anew_function(g, ANEW_OP_SQRT, variance), mean);
    anew_val weights = anew_relu(g, anew_conv(g, contrast, few, 1, true, "conv1"));
    weights = anew_sigmoid(g, anew_conv(g, weights, anew_channels(g, x), 1, true, "conv2"));
    return anew_leave(g, anew_multiply(g, x, weights));
}
