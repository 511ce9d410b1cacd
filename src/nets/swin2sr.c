/*
 * swin2sr.c - Swin2SR: SwinIR with the second Swin transformer's blocks.
 *
 * Conde, Choi, Burchi, Timofte: Swin2SR: SwinV2 Transformer for Compressed Image Super-Resolution and Restoration (2022),
 * figure 2; the blocks are those of Liu et al. 2022, Swin Transformer V2, figure 1. The frame is SwinIR's (swinir.c), with a
 * 1x1 convolution, `patch_embed.proj`, before the first norm and at the end of each stage. In a block the norms come last:
 *
 *     x -+- qkv - lengths - windows - proj - norm1 - (+) -+- fc1 - gelu - fc2 - norm2 - (+) - result
 *        +--------------------------------------------+   +--------------------------------+
 *
 * Scores are cosines: of each head, queries and keys are divided by their lengths, and the queries multiplied by what the
 * head has learned. A convolution of groups adds up the squares, of which the lengths are the roots; its weights are 1 for keys,
 * and such for queries that the quotient has the head's factor. What the paper's small network makes of offsets, the biases of
 * scores, is computed at conversion.
 */
#include "nets/transformer.h"

static anew_val attention(anew_graph *g, anew_val x, int heads, int window, int shift)
{
    const int channels = anew_channels(g, x);
    const anew_conv_options squares = {
        .channels = 2 * channels, .kernel = 1, .groups = 2 * heads, .bias = true};
    anew_enter(g, "attn");
    x = anew_linear(g, x, 3 * channels, true, "qkv");
    const anew_val both = anew_slice(g, x, 0, 2 * channels);
    const anew_val values = anew_slice(g, x, 2 * channels, channels);
    const anew_val sums = anew_conv_with(g, anew_multiply(g, both, both), squares, "lengths");
    const anew_val turned = anew_divide(g, both, anew_function(g, ANEW_OP_SQRT, sums));
    x = anew_window_attention(g, anew_cat(g, turned, values), heads, window, shift, "windows");
    return anew_leave(g, anew_linear(g, x, channels, true, "proj"));
}

static anew_val block(anew_graph *g, anew_val x, int heads, int window, int shift, int hidden)
{
    anew_val y = anew_layer_norm(g, attention(g, x, heads, window, shift), 1e-5f, "norm1");
    x = anew_add(g, x, y);
    y = anew_function(g, ANEW_OP_GELU, anew_linear(g, x, hidden, true, "mlp.fc1"));
    y = anew_linear(g, y, anew_channels(g, x), true, "mlp.fc2");
    return anew_add(g, x, anew_layer_norm(g, y, 1e-5f, "norm2"));
}

anew_val anew_build_swin2sr(anew_graph *g)
{
    const int channels = anew_hyper_int(g, "embed_dim", 1, 1024);
    const int stages = anew_hyper_int(g, "num_stage", 1, 64);
    const int depth = anew_hyper_int(g, "depth", 1, 64);
    const int heads = anew_hyper_int(g, "num_head", 1, 64);
    const int window = anew_hyper_int(g, "window_size", 2, 16);
    const int hidden = anew_hyper_int(g, "dim_mlp", 1, 4096);
    const int features = anew_hyper_int(g, "num_feat", 0, 1024);
    const int scale = anew_hyper_int(g, "upscale", 1, 8);
    const float range = anew_hyper_real(g, "img_range", 1.0f);
    const bool plain = anew_hyper_is(g, "upsampler", "none");
    if (channels % heads != 0)
        anew_hyper_refuse(g, "num_head", "a divisor of embed_dim");
    if ((scale & (scale - 1)) != 0 && (scale != 3 || anew_hyper_is(g, "upsampler", "nearest+conv")))
        anew_hyper_refuse(g, "upscale", "1, 2, 3, 4 or 8, and no 3 with repeated pixels");

    anew_keep_float32(g, true); /* as in swinir.c */
    const anew_val picture = anew_input(g, 3), mean = anew_constant(g, 3, 1, "mean");
    const anew_val centred = anew_add(g, picture, anew_scale(g, mean, -1.0f));
    const anew_val shallow = anew_conv3(g, anew_scale(g, centred, range), channels, "conv_first");

    anew_val x = anew_conv(g, shallow, channels, 1, true, "patch_embed.proj");
    x = anew_layer_norm(g, x, 1e-5f, "patch_embed.norm");
    for (int i = 0; i < stages; i++) {
        const anew_val before = x;
        anew_enter(g, "layers.%d", i);
        for (int k = 0; k < depth; k++) {
            anew_enter(g, "residual_group.blocks.%d", k);
            x = anew_leave(g, block(g, x, heads, window, k % 2 == 0 ? 0 : window / 2, hidden));
        }
        x = anew_conv3(g, x, channels, "conv");
        x = anew_conv(g, x, channels, 1, true, "patch_embed.proj");
        x = anew_leave(g, anew_add(g, x, before));
    }
    x = anew_layer_norm(g, x, 1e-5f, "norm");
    x = anew_add(g, anew_conv3(g, x, channels, "conv_after_body"), shallow);
    anew_keep_float32(g, false);

    if (plain)
        x = anew_conv3(g, x, 3, "conv_last");
    else if (anew_hyper_is(g, "upsampler", "pixelshuffle"))
        x = anew_shuffled_end(g, x, features, scale, 3);
    else if (anew_hyper_is(g, "upsampler", "pixelshuffledirect"))
        x = anew_pixel_shuffle(g, anew_conv3(g, x, 3 * scale * scale, "upsample.0"), scale);
    else if (anew_hyper_is(g, "upsampler", "nearest+conv"))
        x = anew_repeated_end(g, x, features, scale, 3);
    else
        anew_hyper_refuse(g, "upsampler", "none, pixelshuffle, pixelshuffledirect or nearest+conv");
    return anew_add(g, anew_scale(g, x, 1.0f / range), plain ? picture : mean);
}
