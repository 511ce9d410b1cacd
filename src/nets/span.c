/*
 * span.c - SPAN, the swift parameter-free attention network: winner of the NTIRE 2024 contest for
 * efficient enlargement.
 *
 * Wan et al.: Swift Parameter-free Attention Network for Efficient Super-Resolution (2024), figure 2.
 *
 * The figure in words. A convolution makes features of the picture, whose samples are spread around zero
 * first. Six boxes follow, one behind the other. Then four things are laid side by side: the first
 * features, what the first box gave, what the last box gave after one more convolution, and what stands
 * inside the last box after its first activation. A 1x1 convolution mixes them, and a convolution with
 * a pixel shuffle makes the large picture of that; nothing is added to it.
 *
 *     picture - conv_1 -+- block_1 -+- block_2 .. block_6 - conv_2 -+- conv_cat - upsampler - result
 *                       |           |                 |             |
 *                       +-----------+-----------------+-------------+
 *
 * A box, the attention block: three convolutions with a SiLU after the first two. The third one's result
 * plus the box's input is multiplied by an attention that has no weights of its own: the third result
 * through a sigmoid that is moved down to be odd. So what is large in either direction counts most.
 *
 *     x -+- c1_r - silu - c2_r - silu - c3_r -+- (+) - (*) - result
 *        |                                    |   |     |
 *        +------------------------------------|---+     |
 *                                             +- sigmoid - 1/2
 */
#include "nets/nets.h"

/* sigmoid(v) - 1/2, written so that nothing cancels around zero. */
static anew_val odd_sigmoid(anew_graph *g, anew_val v)
{
    const anew_val half = anew_scale(g, v, 0.5f);
    return anew_scale(g, anew_function(g, ANEW_OP_TANH, half), 0.5f);
}

/* The box; *inner is what stands after its first activation. */
static anew_val attention_block(anew_graph *g, anew_val x, anew_val *inner)
{
    const int features = anew_channels(g, x);
    *inner = anew_silu(g, anew_conv3(g, x, features, "c1_r"));
    const anew_val second = anew_silu(g, anew_conv3(g, *inner, features, "c2_r"));
    const anew_val third = anew_conv3(g, second, features, "c3_r");
    return anew_multiply(g, anew_add(g, third, x), odd_sigmoid(g, third));
}

anew_val anew_build_span(anew_graph *g)
{
    const int channels = anew_hyper_int(g, "num_in_ch", 1, 4);
    const int features = anew_hyper_int(g, "num_feat", 1, 1024);
    const int mixed = anew_hyper_int(g, "num_cat_ch", 1, 1024);
    const int blocks = anew_hyper_int(g, "num_block", 1, 64);
    const int scale = anew_hyper_int(g, "upscale", 1, 8);

    /* (sample - mean) * range, as a convolution: the zeros that pad conv_1 stand for the mean. */
    const anew_val spread = anew_conv(g, anew_input(g, channels), channels, 1, true, "normalise");
    const anew_val first = anew_conv3(g, spread, features, "conv_1");

    anew_val x = first, near = first, inner = first;
    for (int b = 1; b <= blocks; b++) {
        anew_enter(g, "block_%d", b);
        x = anew_leave(g, attention_block(g, x, &inner));
        if (b == 1)
            near = x;
    }
    x = anew_conv3(g, x, features, "conv_2");
    x = anew_conv(g, anew_cat(g, first, x, near, inner), mixed, 1, true, "conv_cat");
    x = anew_conv3(g, x, channels * scale * scale, "upsampler");
    return anew_pixel_shuffle(g, x, scale);
}
