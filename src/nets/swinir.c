/*
 * swinir.c - SwinIR: restoration by a transformer whose pixels look at each other in windows.
 *
 * Liang, Cao, Sun, Zhang, Van Gool, Timofte: SwinIR (2021), figure 2. Enlargement, noise and JPEG's traces, in all the
 * published forms: they differ in their widths, in the end that makes the picture, and in three details below.
 *
 * The figure in words. The picture, less its usual mean, goes through a convolution that makes shallow features, and from
 * there through a row of stages (the paper's RSTB). What they make is normalised, convolved, and added to the shallow
 * features; an end makes the picture of that, and the mean comes back.
 *
 *     picture - conv_first -+- norm - stage .. stage - norm - conv_after_body - (+) - end - result
 *                           |                                                    |
 *                           +----------------------------------------------------+
 *
 * A stage is a few blocks, then a convolution, and the stage's input added. A block is Swin's: what the attention makes
 * of the normalised value is added to it, then what two layers with a GELU between make of it, pixel by pixel.
 *
 *     x -+- norm1 - qkv - windows - proj - (+) -+- norm2 - fc1 - gelu - fc2 - (+) - result
 *        |                                  |   |                              |
 *        +----------------------------------+   +------------------------------+
 *
 * In every second block the windows are moved by half of their side, so that what windows cut is together once.
 * The paper wraps them around the picture's edges and masks what does not belong together; here they are cut there,
 * which leaves the same pixels in sight of each other (graph/ops.def).
 */
#include "nets/transformer.h"

/* Three convolutions with a narrow middle in large networks ("3conv"), else one. */
static anew_val convolution(anew_graph *g, anew_val x, bool narrow, const char *name)
{
    const int channels = anew_channels(g, x);
    if (!narrow)
        return anew_conv3(g, x, channels, "%s", name);
    anew_enter(g, "%s", name);
    x = anew_lrelu(g, anew_conv3(g, x, channels / 4, "0"), 0.2f);
    x = anew_lrelu(g, anew_conv(g, x, channels / 4, 1, true, "2"), 0.2f);
    return anew_leave(g, anew_conv3(g, x, channels, "4"));
}

static anew_val block(anew_graph *g, anew_val x, int heads, int window, int shift, int hidden)
{
    const anew_val y = anew_layer_norm(g, x, 1e-5f, "norm1");
    x = anew_add(g, x, anew_attend(g, y, heads, window, shift, 0, "attn"));
    return anew_mix(g, x, hidden);
}

/* What a gray network sees of a colour picture: Y of BT.601, as JPEG has it. */
static anew_val luma(anew_graph *g, anew_val x)
{
    const anew_val red = anew_scale(g, anew_slice(g, x, 0, 1), 0.299f);
    const anew_val green = anew_scale(g, anew_slice(g, x, 1, 1), 0.587f);
    const anew_val blue = anew_scale(g, anew_slice(g, x, 2, 1), 0.114f);
    return anew_add(g, anew_add(g, red, green), blue);
}

anew_val anew_build_swinir(anew_graph *g)
{
    const int colours = anew_hyper_int(g, "num_in_ch", 1, 3);
    const int channels = anew_hyper_int(g, "embed_dim", 1, 1024);
    const int stages = anew_hyper_int(g, "num_stage", 1, 64);
    const int depth = anew_hyper_int(g, "depth", 1, 64);
    const int heads = anew_hyper_int(g, "num_head", 1, 64);
    const int window = anew_hyper_int(g, "window_size", 2, 16);
    const int hidden = anew_hyper_int(g, "dim_mlp", 1, 4096);
    const int features = anew_hyper_int(g, "num_feat", 0, 1024);
    const int scale = anew_hyper_int(g, "upscale", 1, 8);
    const bool narrow = anew_hyper_int(g, "narrow", 0, 1) != 0;
    const float range = anew_hyper_real(g, "img_range", 1.0f); /* of samples inside */
    const bool plain = anew_hyper_is(g, "upsampler", "none");
    if (colours == 2 || (colours == 1 && !plain))
        anew_hyper_refuse(g, "num_in_ch", "3, or 1 in a network that does not enlarge");
    if ((scale & (scale - 1)) != 0 && (scale != 3 || anew_hyper_is(g, "upsampler", "nearest+conv")))
        anew_hyper_refuse(g, "upscale", "1, 2, 3, 4 or 8, and no 3 with repeated pixels");

    /* Rounded factors would add up over dozens of blocks, and no published weights have been measured with them. */
    anew_keep_float32(g, true);
    const anew_val picture = anew_input(g, 3);
    anew_val mean = picture, input = colours == 1 ? luma(g, picture) : picture;
    if (colours == 3) {
        mean = anew_constant(g, 3, 1, "mean");
        input = anew_add(g, input, anew_scale(g, mean, -1.0f));
    }
    input = anew_scale(g, input, range);
    const anew_val shallow = anew_conv3(g, input, channels, "conv_first");

    anew_val x = anew_layer_norm(g, shallow, 1e-5f, "patch_embed.norm");
    for (int i = 0; i < stages; i++) {
        const anew_val before = x;
        anew_enter(g, "layers.%d", i);
        for (int k = 0; k < depth; k++) {
            anew_enter(g, "residual_group.blocks.%d", k);
            x = anew_leave(g, block(g, x, heads, window, k % 2 == 0 ? 0 : window / 2, hidden));
        }
        x = anew_leave(g, anew_add(g, convolution(g, x, narrow, "conv"), before));
    }
    x = anew_layer_norm(g, x, 1e-5f, "norm");
    x = anew_add(g, convolution(g, x, narrow, "conv_after_body"), shallow);
    anew_keep_float32(g, false);

    if (plain)
        x = anew_conv3(g, x, colours, "conv_last");
    else if (anew_hyper_is(g, "upsampler", "pixelshuffle"))
        x = anew_shuffled_end(g, x, features, scale, colours);
    else if (anew_hyper_is(g, "upsampler", "pixelshuffledirect"))
        x = anew_pixel_shuffle(g, anew_conv3(g, x, colours * scale * scale, "upsample.0"), scale);
    else if (anew_hyper_is(g, "upsampler", "nearest+conv"))
        x = anew_repeated_end(g, x, features, scale, colours);
    else
        anew_hyper_refuse(g, "upsampler", "none, pixelshuffle, pixelshuffledirect or nearest+conv");

    /* Without an enlargement the network finds what is to be changed; a gray one changes all colours by as much. */
    x = anew_scale(g, x, 1.0f / range);
    if (colours == 1)
        x = anew_cat(g, x, x, x);
    return anew_add(g, x, plain ? picture : mean);
}
