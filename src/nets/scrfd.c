/*
 * scrfd.c - SCRFD, a detector whose layers were given their sizes by a search for what is best for so many
 * operations; the form with depthwise convolutions (500 million operations for 640x480 pixels).
 *
 * Guo et al.: Sample and Computation Redistribution for Efficient Face Detection (2021); the neck is PAFPN: Liu et al.
 * 2018.
 *
 * In words. The backbone is a row of pairs of convolutions, a depthwise 3x3 one and a 1x1 one, each with a ReLU; five
 * stages, each beginning with a stride of 2 but the first. The last three give values at 1/8, 1/16 and 1/32. A 1x1
 * convolution makes each of few channels; then the small is doubled and added to the large, from the smallest on; a
 * 3x3 convolution follows on each; then the large is halved by a convolution and added to the small, from the largest
 * on, and again a 3x3 convolution follows on those that took in another. The heads, some more pairs and one 3x3
 * convolution, say for each place and each of two faces: how far the box reaches to the left, up, right and down, a
 * score, five points.
 */
#include "nets/nets.h"

#define FACES 2 /* at each place */

static anew_val pair(anew_graph *g, anew_val x, int channels, int stride)
{
    const int in = anew_channels(g, x);
    const anew_conv_options around = {
        .channels = in, .kernel = 3, .stride = stride, .groups = in, .bias = true};
    x = anew_relu(g, anew_conv_with(g, x, around, "depthwise"));
    return anew_relu(g, anew_conv(g, x, channels, 1, true, "pointwise"));
}

static anew_val stage(anew_graph *g, anew_val x, int index)
{
    static const char *const blocks[] = {"num_block0", "num_block1", "num_block2", "num_block3",
                                         "num_block4"};
    static const char *const widths[] = {"num_ch0", "num_ch1", "num_ch2", "num_ch3", "num_ch4"};
    const int count = anew_hyper_int(g, blocks[index], 1, 64);
    const int channels = anew_hyper_int(g, widths[index], 1, 1024);
    for (int b = 0; b < count; b++) {
        anew_enter(g, "backbone.%d.%d", index, b);
        x = anew_leave(g, pair(g, x, channels, b == 0 && index > 0 ? 2 : 1));
    }
    return x;
}

static void neck(anew_graph *g, anew_val level[3], int channels)
{
    const anew_conv_options down = {.channels = channels, .kernel = 3, .stride = 2, .bias = true};
    for (int i = 0; i < 3; i++)
        level[i] = anew_conv(g, level[i], channels, 1, true, "neck.lateral.%d", i);
    for (int i = 1; i >= 0; i--)
        level[i] = anew_add(g, level[i], anew_upsample_nearest(g, level[i + 1], 2));
    for (int i = 0; i < 3; i++)
        level[i] = anew_conv3(g, level[i], channels, "neck.fpn.%d", i);
    for (int i = 0; i < 2; i++)
        level[i + 1] =
            anew_add(g, level[i + 1], anew_conv_with(g, level[i], down, "neck.down.%d", i));
    for (int i = 0; i < 2; i++)
        level[i + 1] = anew_conv3(g, level[i + 1], channels, "neck.pafpn.%d", i);
}

anew_val anew_build_scrfd(anew_graph *g)
{
    const int first = anew_hyper_int(g, "num_stem_ch", 1, 1024);
    const int narrow = anew_hyper_int(g, "num_neck_ch", 1, 1024);
    const int features = anew_hyper_int(g, "num_feat", 1, 1024);
    const int stack = anew_hyper_int(g, "num_head_block", 1, 64);
    const anew_conv_options stem = {.channels = first, .kernel = 3, .stride = 2, .bias = true};
    anew_val level[3] = {{0}, {0}, {0}};

    anew_val x = anew_relu(g, anew_conv_with(g, anew_input(g, 3), stem, "stem"));
    for (int i = 0; i < 5; i++) {
        x = stage(g, x, i);
        if (i >= 2)
            level[i - 2] = x;
    }
    neck(g, level, narrow);
    for (int i = 0; i < 3; i++) {
        x = level[i];
        for (int b = 0; b < stack; b++) {
            anew_enter(g, "head.%d.stack.%d", i, b);
            x = anew_leave(g, pair(g, x, features, 1));
        }
        level[i] = anew_conv3(g, x, FACES * (4 + 1 + 10), "head.%d.out", i);
    }
    return anew_outputs(g, level, 3);
}
