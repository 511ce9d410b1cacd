/*
 * rfdn.c - RFDN: distillation blocks, whose results are all joined at the end; winner of the AIM 2020 contest for
 * efficient enlargement.
 *
 * Liu, Tang, Wu: Residual Feature Distillation Network for Lightweight Image Super-Resolution (2020), figure 1.
 *
 *     picture - conv_first -+- block_1 -+- block_2 -+- ... block_N -+- conv_cat - act - conv_body (+) - upsampler - shuffle
 *                           |           +-----------+---------------+                              |
 *                           +----------------------------------------------------------------------+
 *
 * Samples run up to `sample_range` inside, 255 as published.
 */
#include "nets/distillation.h"

#define SLOPE 0.05f
#define MOST  8 /* blocks; a concatenation's values */

static anew_val leaky(anew_graph *g, anew_val x)
{
    return anew_lrelu(g, x, SLOPE);
}

anew_val anew_build_rfdn(anew_graph *g)
{
    const int channels = anew_hyper_int(g, "num_in_ch", 1, 4);
    const int features = anew_hyper_int(g, "num_feat", 1, 1024);
    const int blocks = anew_hyper_int(g, "num_block", 1, MOST);
    const int scale = anew_hyper_int(g, "upscale", 1, 8);
    const float range = anew_hyper_real(g, "sample_range", 255.0f);
    const anew_distillation kind = {.activation = leaky,
                                    .inner = anew_relu,
                                    .distilled = anew_hyper_int(g, "num_distilled", 1, 1024),
                                    .attention = anew_hyper_int(g, "num_attention", 1, 1024)};

    anew_val x = anew_input(g, channels);
    if (range != 1.0f)
        x = anew_scale(g, x, range);
    const anew_val first = anew_conv3(g, x, features, "conv_first");
    anew_val results[MOST];
    x = first;
    for (int b = 0; b < blocks; b++) {
        anew_enter(g, "block_%d", b + 1);
        x = results[b] = anew_leave(g, anew_distill(g, x, &kind));
    }
    x = leaky(g, anew_conv(g, anew_concat(g, results, blocks), features, 1, true, "conv_cat"));
    x = anew_add(g, anew_conv3(g, x, features, "conv_body"), first);
    x = anew_conv3(g, x, channels * scale * scale, "upsampler");
    if (range != 1.0f)
        x = anew_scale(g, x, 1.0f / range);
    return anew_pixel_shuffle(g, x, scale);
}
