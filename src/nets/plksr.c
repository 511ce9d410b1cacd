/*
 * plksr.c - PLKSR and RealPLKSR: a few channels see far by a large kernel, the others as far as a small one.
 *
 * Lee, Yun, Ro: Partial Large Kernel CNNs for Efficient Super-Resolution (2024), figure 3. RealPLKSR is the form that the
 * training program neosr has of it, for photographs: with Mish and a norm.
 *
 *     picture -+- conv_first -[ block ] x num_block - upsampler - shuffle - (+) - result
 *              +- each pixel repeated --------------------------------------+
 *
 * A block; `large` is a convolution of 17x17 for the first channels alone:
 *
 *     x -+- norm? - mix1 - act - mix2 -+- first channels - large -+- (*) - refine - norm? - (+) - result
 *        |                             +- others -----------------+   |                      |
 *        |                                  the same - attention - sigmoid                   |
 *        +-----------------------------------------------------------------------------------+
 *
 * The norm is none (PLKSR), that of groups of channels over the whole picture, at the end, or that of each pixel's
 * channels, at the beginning.
 */
#include "nets/nets.h"

#define GROUP_EPSILON 1e-5f
#define LAYER_EPSILON 1e-6f

typedef struct plksr {
    int mix1, mix2, large; /* kernels */
    int far;               /* channels with the large one */
    int groups;
    anew_op activation;
    bool attention, group_norm, layer_norm;
} plksr;

static anew_val block(anew_graph *g, anew_val x, const plksr *p)
{
    const int channels = anew_channels(g, x);
    anew_val y = p->layer_norm ? anew_layer_norm(g, x, LAYER_EPSILON, "norm") : x;
    y = anew_conv(g, y, 2 * channels, p->mix1, true, "mix1");
    y = anew_conv(g, anew_function(g, p->activation, y), channels, p->mix2, true, "mix2");
    const anew_val far = anew_conv(g, anew_slice(g, y, 0, p->far), p->far, p->large, true, "large");
    y = p->far == channels ? far : anew_cat(g, far, anew_slice(g, y, p->far, channels - p->far));
    if (p->attention)
        y = anew_multiply(g, y, anew_sigmoid(g, anew_conv3(g, y, channels, "attention")));
    y = anew_conv(g, y, channels, 1, true, "refine");
    if (p->group_norm)
        y = anew_group_norm(g, y, p->groups, GROUP_EPSILON, "norm");
    return anew_add(g, y, x);
}

anew_val anew_build_plksr(anew_graph *g)
{
    const int channels = anew_hyper_int(g, "num_in_ch", 1, 4);
    const int features = anew_hyper_int(g, "num_feat", 1, 1024);
    const int blocks = anew_hyper_int(g, "num_block", 1, 256);
    const int scale = anew_hyper_int(g, "upscale", 1, 8);
    const bool mish = anew_hyper_is(g, "act_type", "mish");
    const plksr p = {.mix1 = anew_hyper_int(g, "kernel_mix1", 1, 31),
                     .mix2 = anew_hyper_int(g, "kernel_mix2", 1, 31),
                     .large = anew_hyper_int(g, "kernel_large", 1, 31),
                     .far = anew_hyper_int(g, "num_large", 1, features),
                     .groups = anew_hyper_int(g, "num_group", 1, 1024),
                     .activation = mish ? ANEW_OP_MISH : ANEW_OP_GELU,
                     .attention = anew_hyper_int(g, "attention", 0, 1) == 1,
                     .group_norm = anew_hyper_is(g, "norm", "group"),
                     .layer_norm = anew_hyper_is(g, "norm", "layer")};
    if (!mish && !anew_hyper_is(g, "act_type", "gelu"))
        anew_hyper_refuse(g, "act_type", "mish or gelu");
    if (!p.group_norm && !p.layer_norm && !anew_hyper_is(g, "norm", "none"))
        anew_hyper_refuse(g, "norm", "none, group or layer");

    const anew_val input = anew_input(g, channels);
    anew_val x = anew_conv3(g, input, features, "conv_first");
    for (int b = 0; b < blocks; b++) {
        anew_enter(g, "block_%d", b + 1);
        x = anew_leave(g, block(g, x, &p));
    }
    x = anew_pixel_shuffle(g, anew_conv3(g, x, channels * scale * scale, "upsampler"), scale);
    return anew_add(g, x, anew_upsample_nearest(g, input, scale));
}
