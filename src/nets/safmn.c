/*
 * safmn.c - SAFMN: a part of the channels looks at the picture as it is, others at ever smaller ones.
 *
 * Sun, Dong, Tang, Pan: Spatially-Adaptive Feature Modulation for Efficient Image Super-Resolution (2023), figure 2.
 *
 *     picture - conv_first -+-[ block ] x num_block - (+) - upsampler - shuffle - result
 *                           +--------------------------+
 *
 * A block is two halves, each added to what it is given: x + modulation(norm1(x)), then x + mixer(norm2(x)), where the mixer is
 * a 3x3 convolution, GELU and a 1x1 convolution. Modulation cuts the channels into parts; of part i > 0 the largest values
 * of a grid 2^i times coarser are taken, all go through a depthwise convolution, are brought back by repetition, joined
 * by a 1x1 convolution and, through GELU, multiplied with what was given:
 *
 *     x -+- part 0 ---------- depthwise ----------+
 *        +- part 1 - pool 2 - depthwise - repeat -+- aggr - gelu - (*) - result
 *        +- part 2 - pool 4 - depthwise - repeat -+                 |
 *        +- part 3 - pool 8 - depthwise - repeat -+                 |
 *        +----------------------------------------------------------+
 *
 * The network of the NTIRE 2023 contest (`contest`) has no norms in its blocks but one behind the first convolution, Global
 * Response Normalization (Woo et al. 2023, ConvNeXt V2): each channel's length over the whole picture, against the
 * channels' mean, times gamma, plus 1, is its factor. It pools by 4, 8, 16, leaves out the addition, and adds the picture
 * enlarged by bilinear interpolation.
 */
#include "nets/nets.h"

#define EPSILON 1e-6f
#define MOST    8 /* levels; a concatenation's values */

static anew_val gelu(anew_graph *g, anew_val x)
{
    return anew_function(g, ANEW_OP_GELU, x);
}

static anew_val depthwise(anew_graph *g, anew_val x, int index)
{
    const int channels = anew_channels(g, x);
    const anew_conv_options options = {
        .channels = channels, .kernel = 3, .groups = channels, .bias = true};
    anew_enter(g, "mfr.%d", index);
    return anew_leave(g, anew_conv_with(g, x, options, "conv"));
}

static anew_val modulate(anew_graph *g, anew_val x, int levels, int first_factor)
{
    const int channels = anew_channels(g, x), part = channels / levels;
    anew_val parts[MOST];
    for (int i = 0; i < levels; i++) {
        anew_val p = anew_slice(g, x, i * part, part);
        if (i > 0)
            p = anew_adaptive_max_pool(g, p, first_factor << (i - 1));
        p = depthwise(g, p, i);
        parts[i] = i > 0 ? anew_resize_nearest(g, p, x) : p;
    }
    const anew_val joined = anew_conv(g, anew_concat(g, parts, levels), channels, 1, true, "aggr");
    return anew_multiply(g, gelu(g, joined), x);
}

/* sqrt(mean) is the length but for a factor that all channels have in common, which the division takes out. */
static anew_val response_norm(anew_graph *g, anew_val x)
{
    const int channels = anew_channels(g, x);
    const anew_conv_options each = {
        .channels = channels, .kernel = 1, .groups = channels, .bias = true};
    anew_enter(g, "norm");
    const anew_val length =
        anew_function(g, ANEW_OP_SQRT, anew_global_mean(g, anew_multiply(g, x, x)));
    const anew_val mean = anew_conv(g, length, channels, 1, true, "mean");
    const anew_val factor = anew_conv_with(g, anew_divide(g, length, mean), each, "factor");
    const anew_val beta = anew_constant(g, channels, 1, "beta");
    return anew_leave(g, anew_add(g, anew_multiply(g, x, factor), beta));
}

anew_val anew_build_safmn(anew_graph *g)
{
    const int channels = anew_hyper_int(g, "num_in_ch", 1, 4);
    const int features = anew_hyper_int(g, "num_feat", 1, 1024);
    const int mixed = anew_hyper_int(g, "num_mix_feat", 1, 4096);
    const int blocks = anew_hyper_int(g, "num_block", 1, 256);
    const int levels = anew_hyper_int(g, "num_level", 1, MOST);
    const int scale = anew_hyper_int(g, "upscale", 1, 8);
    const bool contest = anew_hyper_int_or(g, "contest", 0, 0, 1) == 1;
    if (features % levels != 0)
        anew_hyper_refuse(g, "num_level", "a divisor of num_feat");

    const anew_val input = anew_input(g, channels);
    const anew_val first = anew_conv3(g, input, features, "conv_first");
    anew_val x = contest ? response_norm(g, first) : first;
    for (int b = 0; b < blocks; b++) {
        anew_enter(g, "block_%d", b);
        const anew_val given = contest ? x : anew_layer_norm(g, x, EPSILON, "norm1");
        x = anew_add(g, modulate(g, given, levels, contest ? 4 : 2), x);
        anew_val y = contest ? x : anew_layer_norm(g, x, EPSILON, "norm2");
        y = gelu(g, anew_conv3(g, y, mixed, "mix1"));
        x = anew_leave(g, anew_add(g, anew_conv(g, y, features, 1, true, "mix2"), x));
    }
    if (!contest)
        x = anew_add(g, x, first);
    x = anew_pixel_shuffle(g, anew_conv3(g, x, channels * scale * scale, "upsampler"), scale);
    return contest ? anew_add(g, x, anew_upsample_bilinear(g, input, scale, false)) : x;
}
