/*
 * imdn.c - IMDN, the information multi-distillation network: winner of the AIM 2019 contest for constrained enlargement.
 *
 * Hui, Gao, Yang, Wang: Lightweight Image Super-Resolution with Information Multi-distillation Network (2019), figures 2
 * and 3.
 *
 *     picture - conv_first -+- block_1 -+- block_2 -+- ... block_N -+- conv_cat - act - conv_body (+) - upsampler - shuffle
 *                           |           +-----------+---------------+                              |
 *                           +----------------------------------------------------------------------+
 *
 * A block: four convolutions of 3x3. Of what each of the first three gives, the first channels are set aside and the rest
 * goes into the next one; the last one makes only such to be set aside. All of them side by side, through the attention
 * to contrast (distillation.h) and a 1x1 convolution, are added to the block's input.
 *
 *     x - c1 - act -+- rest - c2 - act -+- rest - c3 - act -+- rest - c4 -+- cca - c5 - (+) - result
 *                   +- aside            +- aside            +- aside      |             |
 *                   +-------------------+-------------------+-------------+       x ----+
 */
#include "nets/distillation.h"

#define SLOPE 0.05f
#define MOST  8 /* blocks */

static anew_val leaky(anew_graph *g, anew_val x)
{
    return anew_lrelu(g, x, SLOPE);
}

static anew_val block(anew_graph *g, anew_val x, int distilled, int few)
{
    const int channels = anew_channels(g, x);
    anew_val aside[4], y = x;
    for (int k = 0; k < 3; k++) {
        y = leaky(g, anew_conv3(g, y, channels, "c%d", k + 1));
        aside[k] = anew_slice(g, y, 0, distilled);
        y = anew_slice(g, y, distilled, channels - distilled);
    }
    aside[3] = anew_conv3(g, y, distilled, "c4");
    y = anew_contrast_attention(g, anew_concat(g, aside, 4), few);
    return anew_add(g, anew_conv(g, y, channels, 1, true, "c5"), x);
}

anew_val anew_build_imdn(anew_graph *g)
{
    const int channels = anew_hyper_int(g, "num_in_ch", 1, 4);
    const int features = anew_hyper_int(g, "num_feat", 2, 1024);
    const int blocks = anew_hyper_int(g, "num_block", 1, MOST);
    const int distilled = anew_hyper_int(g, "num_distilled", 1, features - 1);
    const int few = anew_hyper_int(g, "num_contrast", 1, 1024);
    const int scale = anew_hyper_int(g, "upscale", 1, 8);

    const anew_val first = anew_conv3(g, anew_input(g, channels), features, "conv_first");
    anew_val results[MOST];
    anew_val x = first;
    for (int b = 0; b < blocks; b++) {
        anew_enter(g, "block_%d", b + 1);
        x = results[b] = anew_leave(g, block(g, x, distilled, few));
    }
    x = leaky(g, anew_conv(g, anew_concat(g, results, blocks), features, 1, true, "conv_cat"));
    x = anew_add(g, anew_conv3(g, x, features, "conv_body"), first);
    x = anew_conv3(g, x, channels * scale * scale, "upsampler");
    return anew_pixel_shuffle(g, x, scale);
}
