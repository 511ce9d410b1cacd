/*
 * bsrn.c - BSRN: RFDN with blueprint separable convolutions, which are a 1x1 and a depthwise one.
 *
 * Li et al.: Blueprint Separable Residual Network for Efficient Image Super-Resolution (2022), figure 1.
 *
 *     picture - conv_first -+- block_1 -+- block_2 -+- ... block_N -+- conv_cat - gelu - conv_body (+) - upsampler - shuffle
 *                           |           +-----------+---------------+                               |
 *                           +-----------------------------------------------------------------------+
 *
 * A block is that of distillation.c with its input added. Between stands, in the paper, contrast-aware channel attention
 * (`contrast`): each channel's mean and deviation over the whole picture decide its weight; in the contest of 2022 a 1x1
 * convolution (`conv_out`).
 */
#include "nets/distillation.h"

#define MOST 8 /* blocks */

static anew_val gelu(anew_graph *g, anew_val x)
{
    return anew_function(g, ANEW_OP_GELU, x);
}

anew_val anew_build_bsrn(anew_graph *g)
{
    const int channels = anew_hyper_int(g, "num_in_ch", 1, 4);
    const int features = anew_hyper_int(g, "num_feat", 1, 1024);
    const int blocks = anew_hyper_int(g, "num_block", 1, MOST);
    const int scale = anew_hyper_int(g, "upscale", 1, 8);
    const int contrast = anew_hyper_int_or(g, "num_contrast", 0, 0, 1024);
    const bool conv_out = anew_hyper_int_or(g, "conv_out", 0, 0, 1) == 1;
    const anew_distillation kind = {.separable = true,
                                    .activation = gelu,
                                    .inner = gelu,
                                    .distilled = anew_hyper_int(g, "num_distilled", 1, 1024),
                                    .attention = anew_hyper_int(g, "num_attention", 1, 1024)};

    const anew_val first = anew_blueprint(g, anew_input(g, channels), features, true, "conv_first");
    anew_val results[MOST];
    anew_val x = first;
    for (int b = 0; b < blocks; b++) {
        anew_enter(g, "block_%d", b + 1);
        anew_val y = anew_distill(g, x, &kind);
        if (contrast > 0)
            y = anew_contrast_attention(g, y, contrast);
        if (conv_out)
            y = anew_conv(g, y, features, 1, true, "conv_out");
        x = results[b] = anew_leave(g, anew_add(g, y, x));
    }
    x = gelu(g, anew_conv(g, anew_concat(g, results, blocks), features, 1, true, "conv_cat"));
    x = anew_add(g, anew_blueprint(g, x, features, true, "conv_body"), first);
    x = anew_conv3(g, x, channels * scale * scale, "upsampler");
    return anew_pixel_shuffle(g, x, scale);
}
