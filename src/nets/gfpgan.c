/*
 * gfpgan.c - GFPGAN, the "clean" architecture (versions 1.2, 1.3 and 1.4): restores a face with what a StyleGAN 2 has
 * learned of faces.
 *
 * Wang et al.: Towards Real-World Blind Face Restoration with Generative Facial Prior (2021), figure 2; Karras et al.:
 * Analyzing and Improving the Image Quality of StyleGAN (2020), figure 2 c. Input and result are aligned faces, samples
 * from -1 to 1.
 *
 * The figure in words. A U-Net halves the face down to 4x4 pixels. A single layer makes of these the latent vectors
 * that tell the generator what to draw, one for each of its layers. Going up again, the U-Net makes of its features two
 * maps for each size, a scale and a shift. The generator starts from 4x4 pixels that it has learned, doubles them again
 * and again, and at each size half of its channels are scaled and shifted by the maps: where to draw it. What it has
 * drawn so far is carried beside it as a picture, to which each size adds.
 *
 *     picture - down - down - ... - 4x4 -+- latent w ----------------------+
 *                |      |                |                                 |
 *                +------|------- up -----+- scale, shift -> generator at 8 + ... - picture
 *
 * The U-Net stays in float32 where factors are rounded to bfloat16: what it gets wrong is in the latent vectors and in
 * each map, and grows by each size (bench/README.md). Its maps' last convolutions and the generator, two thirds of the
 * work, are rounded.
 *
 * A StyleGAN convolution has its weights modulated: each input channel by a style, which is a linear function of the
 * latent vector, each output channel by what makes its variance 1 again. Both are done to the values instead of the
 * weights, which is the same.
 */
#include "nets/nets.h"

#define SLOPE       0.2f
#define ROOT_TWO    0x1.6a09e6p+0f
#define MOST_LEVELS 9 /* from 4x4 to 1024x1024 */

/* ---- the U-Net ---------------------------------------------------------------------------------------- */

/* The size changes between the two convolutions, and in the shortcut; nothing follows the sum. The shortcut's 1x1
 * convolution comes before an enlargement, which is the same and cheaper. */
static anew_val residual_block(anew_graph *g, anew_val x, int channels, bool up)
{
    anew_val y = anew_lrelu(g, anew_conv3(g, x, anew_channels(g, x), "conv1"), SLOPE);
    y = up ? anew_upsample_bilinear(g, y, 2, false) : anew_average_pool(g, y, 2);
    y = anew_lrelu(g, anew_conv3(g, y, channels, "conv2"), SLOPE);
    x = up ? x : anew_average_pool(g, x, 2);
    x = anew_conv1_plain(g, x, channels, "skip");
    return anew_add(g, y, up ? anew_upsample_bilinear(g, x, 2, false) : x);
}

/* The map `name` for one size. */
static anew_val condition(anew_graph *g, anew_val x, int channels, const char *name, int level)
{
    anew_enter(g, "%s.%d", name, level);
    x = anew_lrelu(g, anew_conv3(g, x, anew_channels(g, x), "0"), SLOPE);
    return anew_leave(g, anew_conv3(g, x, channels, "2"));
}

/* ---- StyleGAN 2 --------------------------------------------------------------------------------------- */

typedef struct generator {
    anew_val latent; /* vectors of `style` numbers, one after the other */
    int style, noise_seed;
} generator;

/* x modulated by the latent vector `row`; *style is what by. */
static anew_val modulate(anew_graph *g, const generator *s, anew_val x, int row, anew_val *style)
{
    const anew_val w = anew_slice(g, s->latent, row * s->style, s->style);
    *style = anew_linear(g, w, anew_channels(g, x), true, "modulation");
    return anew_multiply(g, x, *style);
}

static anew_val style_conv(anew_graph *g, const generator *s, anew_val x, int row, int channels,
                           bool up)
{
    anew_val style;
    anew_enter(g, "modulated_conv");
    x = modulate(g, s, x, row, &style);
    if (up)
        x = anew_upsample_bilinear(g, x, 2, false);
    x = anew_conv(g, x, channels, 3, false, "conv");
    x = anew_leave(g, anew_multiply(g, x, anew_demodulation(g, style, x, 1e-8f)));
    x = anew_noise(g, anew_scale(g, x, ROOT_TWO), s->noise_seed, "noise");
    return anew_lrelu(g, anew_add(g, x, anew_constant(g, channels, 1, "offset")), SLOPE);
}

/* Not demodulated. */
static anew_val to_rgb(anew_graph *g, const generator *s, anew_val x, int row)
{
    anew_val style;
    anew_enter(g, "modulated_conv");
    x = modulate(g, s, x, row, &style);
    return anew_leave(g, anew_conv(g, x, 3, 1, true, "conv"));
}

/* Spatial feature transform, of the second half of the channels or of all. */
static anew_val transform(anew_graph *g, anew_val x, anew_val scale, anew_val shift)
{
    const int channels = anew_channels(g, x), changed = anew_channels(g, scale);
    const anew_val part = anew_slice(g, x, channels - changed, changed);
    const anew_val y = anew_add(g, anew_multiply(g, part, scale), shift);
    return changed == channels ? y : anew_cat(g, anew_slice(g, x, 0, channels - changed), y);
}

/* ---- both ------------------------------------------------------------------------------------------------ */

anew_val anew_build_gfpgan(anew_graph *g)
{
    static const char *const names[MOST_LEVELS] = {"ch_0", "ch_1", "ch_2", "ch_3", "ch_4",
                                                   "ch_5", "ch_6", "ch_7", "ch_8"};
    const int levels = anew_hyper_int(g, "num_level", 2, MOST_LEVELS);
    const int style = anew_hyper_int(g, "num_style_feat", 1, 2048);
    const bool half = anew_hyper_int(g, "sft_half", 0, 1) != 0;
    const int seed = anew_hyper_int_or(g, "noise_seed", 0, 0, 1 << 20);
    const int last = levels - 1;
    /* Of the U-Net, from 4x4 up; StyleGAN has twice as many. */
    int channels[MOST_LEVELS] = {0};
    for (int i = 0; i < levels; i++)
        channels[i] = anew_hyper_int(g, names[i], 1, 1024);

    anew_val skips[MOST_LEVELS];
    anew_keep_float32(g, true);
    anew_val x = anew_input_square(g, 3, 4 << last);
    x = anew_lrelu(g, anew_conv(g, x, channels[last], 1, true, "conv_body_first"), SLOPE);
    for (int i = 0; i < last; i++) {
        anew_enter(g, "conv_body_down.%d", i);
        x = anew_leave(g, residual_block(g, x, channels[last - 1 - i], false));
        skips[last - 1 - i] = x;
    }
    x = anew_lrelu(g, anew_conv3(g, x, channels[0], "final_conv"), SLOPE);
    const generator s = {
        .latent = anew_linear(g, anew_flatten(g, x), 2 * levels * style, true, "final_linear"),
        .style = style,
        .noise_seed = (int)anew_wish(g, "noise_seed", (float)seed, 0, 1 << 20)};

    anew_keep_float32(g, false);
    anew_enter(g, "stylegan_decoder");
    anew_val y = anew_constant(g, 2 * channels[0], 4, "constant_input");
    anew_enter(g, "style_conv1");
    y = anew_leave(g, style_conv(g, &s, y, 0, 2 * channels[0], false));
    anew_enter(g, "to_rgb1");
    anew_val rgb = anew_leave(g, anew_leave(g, to_rgb(g, &s, y, 1)));

    for (int i = 0; i < last; i++) {
        anew_keep_float32(g, true);
        anew_enter(g, "conv_body_up.%d", i);
        x = anew_leave(g, residual_block(g, anew_add(g, x, skips[i]), channels[i + 1], true));
        anew_keep_float32(g, false);
        const int wide = 2 * channels[i + 1], changed = half ? wide / 2 : wide;
        const anew_val scale = condition(g, x, changed, "condition_scale", i);
        const anew_val shift = condition(g, x, changed, "condition_shift", i);

        anew_enter(g, "stylegan_decoder");
        anew_enter(g, "style_convs.%d", 2 * i);
        y = anew_leave(g, style_conv(g, &s, y, 2 * i + 1, wide, true));
        y = transform(g, y, scale, shift);
        anew_enter(g, "style_convs.%d", 2 * i + 1);
        y = anew_leave(g, style_conv(g, &s, y, 2 * i + 2, wide, false));
        anew_enter(g, "to_rgbs.%d", i);
        const anew_val more = to_rgb(g, &s, y, 2 * i + 3);
        rgb = anew_leave(g, anew_add(g, more, anew_upsample_bilinear(g, rgb, 2, false)));
        rgb = anew_leave(g, rgb);
    }
    return rgb;
}
