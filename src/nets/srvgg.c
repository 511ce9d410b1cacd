/*
 * srvgg.c - SRVGGNetCompact: a plain stack of 3x3 convolutions at the small size, one pixel shuffle
 * at the end, added to the input enlarged by repetition.
 *
 * Wang, Xie, Dong, Shan: Real-ESRGAN (2021), the "compact" models: realesr-general-x4v3 (64
 * features, 32 body convolutions), realesr-animevideov3 (16), and anew's own photo-x4 (16).
 * All work happens before the enlargement, which makes it some 15 times cheaper than RRDBNet.
 *
 * The paper draws no figure of it. In words: the picture goes into one convolution that makes
 * `num_feat` channels of its colours, and through `num_conv` more that keep that number, each with an
 * activation behind it. There are no skips between them. One last convolution makes scale x scale
 * values of each colour; the pixel shuffle lays those out as a square of pixels. Past all of this goes
 * one long arrow: the picture itself, each pixel repeated scale x scale times, is added at the end, so
 * that the convolutions only have to find what repetition gets wrong.
 *
 *     picture -+- conv - act -[ conv - act ] x num_conv - conv - shuffle - (+) - result
 *              |                                                            |
 *              +------------------ repeat each pixel -----------------------+
 *
 * With `unshuffle` r the first convolution sees squares of r x r pixels as channels (the reversible downsampling of
 * Zhang, Zuo, Zhang: FFDNet, 2018, section III-A): 1 / r^2 of the work, and r times the view; the last shuffle then makes
 * squares of (scale * r)^2. anew's own restorers, which keep the picture's size, are made so.
 */
#include "nets/nets.h"

/* One activation; PReLU's tensor counts as a layer of its own, so `index` is that of the layer. */
static anew_val activation(anew_graph *g, anew_val x, int index)
{
    if (anew_hyper_is(g, "act_type", "prelu"))
        return anew_prelu(g, x, "body.%d", index);
    if (anew_hyper_is(g, "act_type", "relu"))
        return anew_relu(g, x);
    if (anew_hyper_is(g, "act_type", "leakyrelu"))
        return anew_lrelu(g, x, anew_hyper_real(g, "negative_slope", 0.1f));
    anew_hyper_refuse(g, "act_type", "prelu, relu or leakyrelu");
    return x;
}

/* Nothing is computed here: each call records an operation in the graph, together with the weights that the
 * model file has under the name given, and returns a handle of its value (graph/graph.h). Hyper-parameters
 * are the numbers that say which network of its kind a file holds. */
anew_val anew_build_srvgg(anew_graph *g)
{
    const int in_channels = anew_hyper_int(g, "num_in_ch", 1, 4);
    const int out_channels = anew_hyper_int(g, "num_out_ch", 1, 4);
    const int features = anew_hyper_int(g, "num_feat", 1, 1024);
    const int convolutions = anew_hyper_int(g, "num_conv", 0, 1024);
    const int scale = anew_hyper_int(g, "upscale", 1, 8);
    const int unshuffle = anew_hyper_int_or(g, "unshuffle", 1, 1, 4);
    const int shuffle = scale * unshuffle;
    if (in_channels != out_channels)
        anew_graph_refuse(g, "%d channels in, %d out: the input cannot be added to the result",
                          in_channels, out_channels);

    const anew_val input = anew_input(g, in_channels);
    anew_val x = anew_pixel_unshuffle(g, input, unshuffle);
    for (int i = 0; i <= convolutions; i++) {
        x = anew_conv3(g, x, features, "body.%d", 2 * i);
        x = activation(g, x, 2 * i + 1);
    }
    x = anew_conv3(g, x, out_channels * shuffle * shuffle, "body.%d", 2 * convolutions + 2);
    x = anew_pixel_shuffle(g, x, shuffle);
    return anew_add(g, x, anew_upsample_nearest(g, input, scale));
}
