/*
 * pan.c - PAN: attention for each pixel and channel, in a network of 272 thousand parameters.
 *
 * Zhao, Kong, He, Qiao, Dong: Efficient Image Super-Resolution Using Pixel Attention (2020), figure 2.
 *
 *     picture -+- conv -+-[ SCPA ] x num_block - conv - (+) - up - conv - result (+)
 *              |        +-------------------------------+                         |
 *              +---------------------- bilinear enlargement ----------------------+
 *
 * SCPA, a block: two 1x1 convolutions make two halves. One goes through a convolution; of the other, a convolution is
 * multiplied by the pixel attention, which is a 1x1 convolution and a sigmoid, and goes through another one. A 1x1
 * convolution joins them, and the block's input is added.
 *
 *     x -+- conv1_a - act - k1 --------------- act -+
 *        |                                          +- conv3 - (+) - result
 *        +- conv1_b - act -+- k3 - (*) - k4 -- act -+           |
 *        |                 +- k2 - sigmoid                      |
 *        +------------------------------------------------------+
 *
 * Up: repetition of pixels, a convolution, pixel attention, another convolution; once for an enlargement by 2 or 3, and
 * twice, each by 2, for one by 4.
 */
#include "nets/nets.h"

#define SLOPE 0.2f

/* x times what a 1x1 convolution and a sigmoid make of `of`. */
static anew_val attend(anew_graph *g, anew_val x, anew_val of, const char *name)
{
    return anew_multiply(
        g, x, anew_sigmoid(g, anew_conv(g, of, anew_channels(g, x), 1, true, "%s", name)));
}

static anew_val half(anew_graph *g, anew_val x, int channels, const char *name)
{
    return anew_lrelu(g, anew_conv1_plain(g, x, channels, "%s", name), SLOPE);
}

static anew_val plain3(anew_graph *g, anew_val x, const char *name)
{
    return anew_conv(g, x, anew_channels(g, x), 3, false, "%s", name);
}

static anew_val block(anew_graph *g, anew_val x, int width)
{
    const anew_val a = anew_lrelu(g, plain3(g, half(g, x, width, "conv1_a"), "k1"), SLOPE);
    const anew_val b = half(g, x, width, "conv1_b");
    const anew_val weighed = attend(g, plain3(g, b, "k3"), b, "k2");
    const anew_val other = anew_lrelu(g, plain3(g, weighed, "k4"), SLOPE);
    return anew_add(g, anew_conv1_plain(g, anew_cat(g, a, other), anew_channels(g, x), "conv3"), x);
}

static anew_val enlarge(anew_graph *g, anew_val x, int features, int factor, int index)
{
    anew_enter(g, "up%d", index);
    x = anew_conv3(g, anew_upsample_nearest(g, x, factor), features, "conv1");
    x = anew_lrelu(g, attend(g, x, x, "attention"), SLOPE);
    return anew_leave(g, anew_lrelu(g, anew_conv3(g, x, features, "conv2"), SLOPE));
}

anew_val anew_build_pan(anew_graph *g)
{
    const int channels = anew_hyper_int(g, "num_in_ch", 1, 4);
    const int features = anew_hyper_int(g, "num_feat", 1, 1024);
    const int width = anew_hyper_int(g, "num_half_feat", 1, 1024);
    const int up_features = anew_hyper_int(g, "num_up_feat", 1, 1024);
    const int blocks = anew_hyper_int(g, "num_block", 1, 256);
    const int scale = anew_hyper_int(g, "upscale", 2, 4);

    const anew_val input = anew_input(g, channels);
    const anew_val first = anew_conv3(g, input, features, "conv_first");
    anew_val x = first;
    for (int b = 0; b < blocks; b++) {
        anew_enter(g, "body.%d", b);
        x = anew_leave(g, block(g, x, width));
    }
    x = anew_add(g, anew_conv3(g, x, features, "conv_body"), first);
    x = enlarge(g, x, up_features, scale == 4 ? 2 : scale, 1);
    if (scale == 4)
        x = enlarge(g, x, up_features, 2, 2);
    x = anew_conv3(g, x, channels, "conv_last");
    return anew_add(g, x, anew_upsample_bilinear(g, input, scale, false));
}
