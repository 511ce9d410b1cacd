/*
 * yunet.c - YuNet: a face detector of 76 thousand parameters, for places where little is to be had.
 *
 * Wu, Peng and Yu: YuNet: A Tiny Millisecond-level Face Detector (2023), figure 2.
 *
 * In words. Nearly everything is made of one unit, a full convolution cut in two: a 1x1 convolution that mixes
 * channels, and a depthwise 3x3 one, without an activation between. A stem and a unit at half the size, then five
 * pairs of units, with poolings between them, give values at 1/8, 1/16 and 1/32. The smallest goes through a unit, is
 * doubled by repetition and added to the next larger one, and so on. On each level stands one more unit and the
 * heads, units again, which say for each place: the middle and size of a box, how much it is a face, how well the
 * box fits, and five points.
 *
 *     stem - model0 - pool - model1 - model2 - pool - model3 -+- pool - model4 -+- pool - model5
 *                                                             |                 |            |
 *                                     heads - share - neck 0 (+) -- neck 1 ----(+) - neck 2 -+
 *                                                                     |                 |
 *                                                              share, heads      share, heads
 */
#include "nets/nets.h"

/* Mixes the channels, then looks around. */
static anew_val unit(anew_graph *g, anew_val x, int channels)
{
    const anew_conv_options around = {
        .channels = channels, .kernel = 3, .groups = channels, .bias = true};
    return anew_conv_with(g, anew_conv(g, x, channels, 1, true, "pointwise"), around, "depthwise");
}

static anew_val active_unit(anew_graph *g, anew_val x, int channels, const char *name, int index)
{
    anew_enter(g, "%s%d", name, index);
    return anew_leave(g, anew_relu(g, unit(g, x, channels)));
}

static anew_val pair(anew_graph *g, anew_val x, int channels, int index)
{
    anew_enter(g, "model%d", index);
    x = active_unit(g, x, anew_channels(g, x), "", 0);
    return anew_leave(g, active_unit(g, x, channels, "", 1));
}

anew_val anew_build_yunet(anew_graph *g)
{
    static const char *const widths[] = {"num_ch0", "num_ch1", "num_ch2",
                                         "num_ch3", "num_ch4", "num_ch5"};
    const int first = anew_hyper_int(g, "num_stem_ch", 1, 1024);
    const int features = anew_hyper_int(g, "num_feat", 1, 1024);
    const anew_conv_options stem = {.channels = first, .kernel = 3, .stride = 2, .bias = true};
    anew_val level[3] = {{0}, {0}, {0}};

    anew_val x = anew_relu(g, anew_conv_with(g, anew_input(g, 3), stem, "stem"));
    x = active_unit(g, x, anew_hyper_int(g, widths[0], 1, 1024), "model", 0);
    x = anew_max_pool(g, x, 2, 2);
    for (int i = 1; i <= 5; i++) {
        x = pair(g, x, anew_hyper_int(g, widths[i], 1, 1024), i);
        if (i >= 3)
            level[i - 3] = x;
        if (i >= 2 && i <= 4)
            x = anew_max_pool(g, x, 2, 2);
    }
    for (int i = 2; i >= 0; i--) {
        if (i < 2)
            level[i] = anew_add(g, level[i], anew_upsample_nearest(g, level[i + 1], 2));
        const int below = anew_channels(g, level[i > 0 ? i - 1 : 0]);
        level[i] = active_unit(g, level[i], below, "neck.", i);
    }
    for (int i = 0; i < 3; i++) {
        x = active_unit(g, level[i], features, "share.", i);
        anew_enter(g, "head.%d", i);
        level[i] = anew_leave(g, unit(g, x, 4 + 1 + 1 + 10));
    }
    return anew_outputs(g, level, 3);
}
