/*
 * hat.c - HAT, the hybrid attention transformer: SwinIR's windows, larger, with the whole picture's channels weighed beside
 * them, and windows that look past their edges.
 *
 * Chen, Wang, Zhou, Qiao, Dong: Activating More Pixels in Image Super-Resolution Transformer (2023), figures 4 and 5;
 * HAT-S, HAT, HAT-L and the real-world networks differ in their widths.
 *
 *     picture - conv_first -+- norm - group .. group - norm - conv_after_body - (+) - end - result
 *                           |                                                    |
 *                           +----------------------------------------------------+
 *
 * A group (the paper's RHAG) is a few hybrid blocks, a block of overlapping windows, a convolution, and the group's input
 * added. A hybrid block (HAB) is SwinIR's, whose attention has a neighbour: two convolutions with a narrow middle, of
 * whose channels each is weighed by what all have for means over the whole picture.
 *
 *     x -+- norm1 -+- qkv - windows - proj ----------------- (+) -+- norm2 - fc1 - gelu - fc2 - (+) - result
 *        |         +- cab.0 - gelu - cab.2 - (*) - * scale - (+)  |                              |
 *        |                            +- means -+             |   |                              |
 *        +----------------------------------------------------+   +------------------------------+
 *
 * A block of overlapping windows (OCAB) is SwinIR's, but for the windows: each one's queries look at half as many
 * pixels again on each axis, a quarter of its side past each edge. Outside of the picture they find zeros.
 */
#include "nets/transformer.h"

typedef struct widths {
    int heads, window, overlap, hidden, compressed, squeezed;
    float scale;
} widths;

/* Each channel weighed by the means of all (Zhang et al. 2018, RCAN). */
static anew_val channel_attention(anew_graph *g, anew_val x, int squeezed)
{
    anew_enter(g, "cab.3.attention");
    anew_val y = anew_relu(g, anew_conv(g, anew_global_mean(g, x), squeezed, 1, true, "1"));
    y = anew_sigmoid(g, anew_conv(g, y, anew_channels(g, x), 1, true, "3"));
    return anew_leave(g, anew_multiply(g, x, y));
}

static anew_val hybrid_block(anew_graph *g, anew_val x, const widths *w, int shift)
{
    const anew_val normal = anew_layer_norm(g, x, 1e-5f, "norm1");
    anew_enter(g, "conv_block");
    anew_val y = anew_function(g, ANEW_OP_GELU, anew_conv3(g, normal, w->compressed, "cab.0"));
    y = channel_attention(g, anew_conv3(g, y, anew_channels(g, x), "cab.2"), w->squeezed);
    y = anew_leave(g, y);
    x = anew_add(g, x, anew_attend(g, normal, w->heads, w->window, shift, 0, "attn"));
    return anew_mix(g, anew_add(g, x, anew_scale(g, y, w->scale)), w->hidden);
}

static anew_val overlapping_block(anew_graph *g, anew_val x, const widths *w)
{
    const anew_val normal = anew_layer_norm(g, x, 1e-5f, "norm1");
    x = anew_add(g, anew_attend(g, normal, w->heads, w->window, 0, w->overlap, "attn"), x);
    return anew_mix(g, x, w->hidden);
}

anew_val anew_build_hat(anew_graph *g)
{
    const int channels = anew_hyper_int(g, "embed_dim", 1, 1024);
    const int groups = anew_hyper_int(g, "num_stage", 1, 64);
    const int depth = anew_hyper_int(g, "depth", 1, 64);
    const int features = anew_hyper_int(g, "num_feat", 1, 1024);
    const int scale = anew_hyper_int(g, "upscale", 1, 8);
    const widths w = {.heads = anew_hyper_int(g, "num_head", 1, 64),
                      .window = anew_hyper_int(g, "window_size", 2, 16),
                      .overlap = anew_hyper_int(g, "overlap", 1, 8),
                      .hidden = anew_hyper_int(g, "dim_mlp", 1, 4096),
                      .compressed = anew_hyper_int(g, "num_compress", 1, 1024),
                      .squeezed = anew_hyper_int(g, "num_squeeze", 1, 1024),
                      .scale = anew_hyper_real(g, "conv_scale", 0.01f)};
    const float range = anew_hyper_real(g, "img_range", 1.0f);
    if ((scale & (scale - 1)) != 0 && scale != 3)
        anew_hyper_refuse(g, "upscale", "1, 2, 3, 4 or 8");

    anew_keep_float32(g, true); /* as in swinir.c */
    const anew_val picture = anew_input(g, 3), mean = anew_constant(g, 3, 1, "mean");
    const anew_val centred = anew_add(g, picture, anew_scale(g, mean, -1.0f));
    const anew_val shallow = anew_conv3(g, anew_scale(g, centred, range), channels, "conv_first");

    anew_val x = anew_layer_norm(g, shallow, 1e-5f, "patch_embed.norm");
    for (int i = 0; i < groups; i++) {
        const anew_val before = x;
        anew_enter(g, "layers.%d", i);
        for (int k = 0; k < depth; k++) {
            anew_enter(g, "residual_group.blocks.%d", k);
            x = anew_leave(g, hybrid_block(g, x, &w, k % 2 == 0 ? 0 : w.window / 2));
        }
        anew_enter(g, "residual_group.overlap_attn");
        x = anew_leave(g, overlapping_block(g, x, &w));
        x = anew_leave(g, anew_add(g, anew_conv3(g, x, channels, "conv"), before));
    }
    x = anew_layer_norm(g, x, 1e-5f, "norm");
    x = anew_add(g, anew_conv3(g, x, channels, "conv_after_body"), shallow);
    anew_keep_float32(g, false);
    x = anew_shuffled_end(g, x, features, scale, 3);
    return anew_add(g, anew_scale(g, x, 1.0f / range), mean);
}
