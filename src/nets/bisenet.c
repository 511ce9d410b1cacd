/*
 * bisenet.c - BiSeNet: the parts of a face, pixel by pixel; the other parser that faces are pasted with.
 *
 * Yu et al.: BiSeNet: Bilateral Segmentation Network for Real-time Semantic Segmentation (2018), figure 2, without its
 * spatial path, as it was trained on faces. Samples are (v - mean) / deviation of ImageNet. The largest of the 19
 * values of a pixel names its part, in an order that is not ParseNet's:
 *
 *     0 background, 1 skin, 2 left brow, 3 right brow, 4 left eye, 5 right eye, 6 glasses, 7 left ear, 8 right ear,
 *     9 earring, 10 nose, 11 mouth, 12 upper lip, 13 lower lip, 14 neck, 15 necklace, 16 cloth, 17 hair, 18 hat
 *
 * A ResNet of 18 layers makes features of an eighth, a sixteenth and a 32nd of the size. The smallest, weighed by
 * attention and with the mean of the whole picture added, are doubled and added to the middle ones; those, doubled,
 * join the largest in the feature fusion module. A box of attention multiplies each channel by one number, which it
 * makes of the channel's means over the whole picture.
 *
 *     ResNet -+- f8 ----------------------------------------------- ffm - conv_out - bilinear - result
 *             +- f16 - arm16 ---------------(+)- up - conv_head16 ---+
 *             +- f32 -+- arm32 - (+) - up - conv_head32
 *                     +- mean - conv_avg
 */
#include "nets/nets.h"

/* A convolution and a ReLU. */
static anew_val conv_relu(anew_graph *g, anew_val x, int channels, int kernel, const char *name)
{
    anew_enter(g, "%s", name);
    return anew_leave(g, anew_relu(g, anew_conv(g, x, channels, kernel, true, "conv")));
}

static anew_val strided(anew_graph *g, anew_val x, int channels, int kernel, int stride,
                        const char *name)
{
    return anew_conv_with(
        g, x,
        (anew_conv_options){.channels = channels, .kernel = kernel, .stride = stride, .bias = true},
        "%s", name);
}

/* He et al. 2015, figure 5 on the left. */
static anew_val basic_block(anew_graph *g, anew_val x, int channels, int stride)
{
    const bool same = stride == 1 && anew_channels(g, x) == channels;
    const anew_val past = same ? x : strided(g, x, channels, 1, stride, "downsample");
    const anew_val y = anew_relu(g, strided(g, x, channels, 3, stride, "conv1"));
    return anew_relu(g, anew_add(g, past, strided(g, y, channels, 3, 1, "conv2")));
}

static anew_val stage(anew_graph *g, anew_val x, int index, int channels)
{
    anew_enter(g, "layer%d", index);
    for (int i = 0; i < 2; i++) {
        anew_enter(g, "%d", i);
        x = anew_leave(g, basic_block(g, x, channels, index > 1 && i == 0 ? 2 : 1));
    }
    return anew_leave(g, x);
}

static anew_val attention_refinement(anew_graph *g, anew_val x, int channels, const char *name)
{
    anew_enter(g, "%s", name);
    const anew_val f = conv_relu(g, x, channels, 3, "conv");
    const anew_val weights = anew_conv(g, anew_global_mean(g, f), channels, 1, true, "conv_atten");
    return anew_leave(g, anew_multiply(g, f, anew_sigmoid(g, weights)));
}

static anew_val feature_fusion(anew_graph *g, anew_val x, int channels)
{
    anew_enter(g, "ffm");
    const anew_val f = conv_relu(g, x, channels, 1, "convblk");
    anew_val weights = anew_conv1_plain(g, anew_global_mean(g, f), channels / 4, "conv1");
    weights = anew_sigmoid(g, anew_conv1_plain(g, anew_relu(g, weights), channels, "conv2"));
    return anew_leave(g, anew_add(g, anew_multiply(g, f, weights), f));
}

anew_val anew_build_bisenet(anew_graph *g)
{
    const int width = anew_hyper_int(g, "num_feat", 4, 256);
    const int classes = anew_hyper_int(g, "num_class", 1, 256);
    if (width % 4 != 0)
        anew_hyper_refuse(g, "num_feat", "a multiple of 4");

    anew_enter(g, "cp");
    anew_enter(g, "resnet");
    anew_val x = anew_relu(g, strided(g, anew_input(g, 3), width, 7, 2, "conv1"));
    x = stage(g, anew_max_pool(g, x, 3, 2), 1, width);
    const anew_val f8 = stage(g, x, 2, 2 * width);
    const anew_val f16 = stage(g, f8, 3, 4 * width);
    const anew_val f32 = anew_leave(g, stage(g, f16, 4, 8 * width));

    const anew_val mean = conv_relu(g, anew_global_mean(g, f32), 2 * width, 1, "conv_avg");
    const anew_val s32 = anew_add(g, attention_refinement(g, f32, 2 * width, "arm32"), mean);
    const anew_val u32 =
        conv_relu(g, anew_upsample_nearest(g, s32, 2), 2 * width, 3, "conv_head32");
    const anew_val s16 = anew_add(g, attention_refinement(g, f16, 2 * width, "arm16"), u32);
    const anew_val u16 =
        anew_leave(g, conv_relu(g, anew_upsample_nearest(g, s16, 2), 2 * width, 3, "conv_head16"));

    x = feature_fusion(g, anew_cat(g, f8, u16), 4 * width);
    anew_enter(g, "conv_out");
    x = conv_relu(g, x, 4 * width, 3, "conv");
    x = anew_leave(g, anew_conv1_plain(g, x, classes, "conv_out"));
    return anew_upsample_bilinear(g, x, 8, true);
}
