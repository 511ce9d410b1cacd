/*
 * waifu2x.c - the networks of waifu2x (nagadomi, since 2015) for drawings and photos, none of which pads: a chain of
 * convolutions, and two U-Nets one behind the other.
 *
 * upconv_7 (x2) and vgg_7 (x1): convolutions of 3x3, LeakyReLU between; upconv_7 ends with a transposed one of 4x4, here
 * one of 3x3 and a shuffle.
 *
 *     picture - conv1 - act - conv2 - act - ... - convN - (shuffle) - result
 *
 * cunet (x1 and x2). Each value that goes round a part that does not pad loses as many pixels at its edges:
 *
 *     picture - unet1 -+- clamp -+- unet2 - (+) - result
 *                                +- crop 20 -+
 *
 *     unet1:  x - pair1 -+- down1 - pair2 - up2 - (+) - conv3 - act - bottom
 *                        +- crop 4 ---------------+
 *
 *     unet2:  x - pair1 -+- down1 - pair2 -+- down2 - pair3 - up3 - (+) - pair4 - up4 - (+) - conv5 - act - bottom
 *                        |                 +- crop 4 ----------------+                   |
 *                        +- crop 16 -----------------------------------------------------+
 *
 * A pair is two convolutions of 3x3; behind all but the first ones each channel is multiplied by what two layers and a
 * sigmoid make of the means of all (Hu, Shen, Sun: Squeeze-and-Excitation Networks, 2018). Down is a convolution of 2x2 with
 * the stride 2, up a transposed one; unet1's bottom is that of upconv_7 where the network enlarges.
 *
 * Real-CUGAN's x2 network is the same without the clamp, without biases in the two layers, and mirrors where waifu2x
 * repeats the picture's edge.
 */
#include <stdio.h>

#include "nets/nets.h"

#define SLOPE 0.1f
#define MOST  32 /* convolutions of a chain */

static anew_val leaky(anew_graph *g, anew_val x)
{
    return anew_lrelu(g, x, SLOPE);
}

/* 3x3 without padding. */
static anew_val valid3(anew_graph *g, anew_val x, int channels, const char *name)
{
    const anew_conv_options options = {
        .channels = channels, .kernel = 3, .bias = true, .padded = true};
    return anew_conv_with(g, x, options, "%s", name);
}

/* To `channels` at `scale` times the size, by a convolution whose outputs are shuffled. */
static anew_val last(anew_graph *g, anew_val x, int channels, int scale, const char *name)
{
    return anew_pixel_shuffle(g, valid3(g, x, channels * scale * scale, name), scale);
}

anew_val anew_build_upconv(anew_graph *g)
{
    const int channels = anew_hyper_int(g, "num_in_ch", 1, 4);
    const int convolutions = anew_hyper_int(g, "num_conv", 2, MOST);
    const int scale = anew_hyper_int(g, "upscale", 1, 8);

    anew_val x = anew_input(g, channels);
    anew_repeat_edges(g);
    for (int i = 1; i < convolutions; i++) {
        char features[32], name[32];
        (void)snprintf(features, sizeof features, "num_feat%d", i);
        (void)snprintf(name, sizeof name, "conv%d", i);
        x = leaky(g, valid3(g, x, anew_hyper_int(g, features, 1, 1024), name));
    }
    char name[32];
    (void)snprintf(name, sizeof name, "conv%d", convolutions);
    return last(g, x, channels, scale, name);
}

/* ---- cunet ------------------------------------------------------------------------------------------ */

typedef struct cunet {
    int width; /* channels of the first convolution; all others are multiples */
    int colours;
    bool squeeze_bias;
} cunet;

static anew_val pair(anew_graph *g, anew_val x, int middle, int channels, const cunet *n,
                     bool squeeze, const char *name)
{
    anew_enter(g, "%s", name);
    x = leaky(g, valid3(g, x, middle, "conv1"));
    x = leaky(g, valid3(g, x, channels, "conv2"));
    if (squeeze) {
        const anew_val mean = anew_global_mean(g, x);
        const anew_val few =
            anew_relu(g, anew_conv(g, mean, channels / 8, 1, n->squeeze_bias, "squeeze"));
        x = anew_multiply(
            g, x, anew_sigmoid(g, anew_conv(g, few, channels, 1, n->squeeze_bias, "excite")));
    }
    return anew_leave(g, x);
}

/* 2x2 as 3x3 with a last row and column of zeros, one pixel of zeros behind the value for these. */
static anew_val down(anew_graph *g, anew_val x, const char *name)
{
    const anew_conv_options options = {.channels = anew_channels(g, x),
                                       .kernel = 3,
                                       .stride = 2,
                                       .bias = true,
                                       .padded = true,
                                       .zeros_after = 1};
    return leaky(g, anew_conv_with(g, x, options, "%s", name));
}

/* The activation before the shuffle, where it is part of the convolution; the result is the same. */
static anew_val up(anew_graph *g, anew_val x, int channels, const char *name)
{
    return anew_pixel_shuffle(g, leaky(g, anew_conv(g, x, 4 * channels, 1, true, "%s", name)), 2);
}

/* What is left of `x` where its neighbour went another way, added to it. */
static anew_val join(anew_graph *g, anew_val x, int cut, anew_val y)
{
    return anew_add(g, y, anew_crop(g, x, cut, cut));
}

static anew_val unet1(anew_graph *g, anew_val x, const cunet *n, int scale, bool clamp)
{
    const int w = n->width;
    anew_enter(g, "unet1");
    const anew_val first = pair(g, x, w, 2 * w, n, false, "pair1");
    x = pair(g, down(g, first, "down1"), 4 * w, 2 * w, n, true, "pair2");
    x = join(g, first, 4, up(g, x, 2 * w, "up2"));
    x = leaky(g, valid3(g, x, 2 * w, "conv3"));
    x = last(g, x, n->colours, scale, "bottom");
    return anew_leave(g, clamp ? anew_function(g, ANEW_OP_CLAMP, x) : x);
}

static anew_val unet2(anew_graph *g, anew_val x, const cunet *n)
{
    const int w = n->width;
    anew_enter(g, "unet2");
    const anew_val first = pair(g, x, w, 2 * w, n, false, "pair1");
    const anew_val second = pair(g, down(g, first, "down1"), 2 * w, 4 * w, n, true, "pair2");
    x = pair(g, down(g, second, "down2"), 8 * w, 4 * w, n, true, "pair3");
    x = join(g, second, 4, up(g, x, 4 * w, "up3"));
    x = pair(g, x, 2 * w, 2 * w, n, true, "pair4");
    x = join(g, first, 16, up(g, x, 2 * w, "up4"));
    x = leaky(g, valid3(g, x, 2 * w, "conv5"));
    return anew_leave(g, valid3(g, x, n->colours, "bottom"));
}

anew_val anew_build_cunet(anew_graph *g)
{
    const cunet n = {.width = anew_hyper_int(g, "num_feat", 4, 256),
                     .colours = anew_hyper_int(g, "num_in_ch", 1, 4),
                     .squeeze_bias = anew_hyper_int(g, "squeeze_bias", 0, 1) == 1};
    const int scale = anew_hyper_int(g, "upscale", 1, 2);
    const bool repeats = anew_hyper_is(g, "edges", "repeat");
    if (n.width % 4 != 0)
        anew_hyper_refuse(g, "num_feat", "a multiple of 4");
    if (!repeats && !anew_hyper_is(g, "edges", "mirror"))
        anew_hyper_refuse(g, "edges", "repeat or mirror");

    const anew_val input = anew_input(g, n.colours);
    if (repeats)
        anew_repeat_edges(g);
    const bool clamp = anew_hyper_int(g, "clamp", 0, 1) == 1;
    const anew_val x = unet1(g, input, &n, scale, clamp);
    return join(g, x, 20, unet2(g, x, &n));
}
