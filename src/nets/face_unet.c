/*
 * face_unet.c - anew's own restorer of faces: a U-Net that finds what is wrong with an aligned face and adds it up.
 *
 * Ronneberger, Fischer, Brox: U-Net: Convolutional Networks for Biomedical Image Segmentation (2015), figure 1, made of
 * residual blocks (He et al.: Deep Residual Learning for Image Recognition, 2015, figure 2), its skips added instead of
 * joined. Samples run from -1 to 1. An aligned face has its eyes, nose and mouth always at the same places
 * (faces/similarity.h); the convolutions see where they are by the zeros past the edges, which at the smallest size are a
 * few values away from each place.
 *
 *     face -+- unshuffle - head - enc.0 -+-------------------------- (+) - dec.0 - tail - shuffle - (+) - result
 *           |                            |                            |                              |
 *           |                            +- down.0 - enc.1 -+- ...   up.0                            |
 *           |                                               |         |                              |
 *           |                                               +- (+) - dec.1                           |
 *           +----------------------------------------------------------------------------------------+
 *
 * The unshuffle lays squares of 2x2 pixels out as channels, so that everything runs at half of the side and below. Each
 * level down is a convolution of stride 2 and a PReLU; each level up a 1x1 convolution that makes four values of one, and a
 * pixel shuffle. enc and dec are blocks: x + conv2(PReLU(conv1(x))). `num_level` is how many sizes there are, `ch_0` and so on
 * their channels.
 */
#include "nets/nets.h"

#define MOST_LEVELS 5

static anew_val block(anew_graph *g, anew_val x, const char *name, int level)
{
    const int channels = anew_channels(g, x);
    anew_enter(g, "%s.%d", name, level);
    anew_val y = anew_prelu(g, anew_conv3(g, x, channels, "conv1"), "act");
    return anew_leave(g, anew_add(g, anew_conv3(g, y, channels, "conv2"), x));
}

static anew_val down(anew_graph *g, anew_val x, int channels, int level)
{
    x = anew_conv_with(
        g, x, (anew_conv_options){.channels = channels, .kernel = 3, .stride = 2, .bias = true},
        "down.%d", level);
    return anew_prelu(g, x, "act.%d", level);
}

static anew_val up(anew_graph *g, anew_val x, int channels, int level)
{
    return anew_pixel_shuffle(g, anew_conv(g, x, 4 * channels, 1, true, "up.%d", level), 2);
}

anew_val anew_build_face_unet(anew_graph *g)
{
    static const char *const names[MOST_LEVELS] = {"ch_0", "ch_1", "ch_2", "ch_3", "ch_4"};
    const int side = anew_hyper_int(g, "face_side", 16, 2048);
    const int levels = anew_hyper_int(g, "num_level", 1, MOST_LEVELS);
    int channels[MOST_LEVELS] = {0};
    for (int i = 0; i < levels; i++)
        channels[i] = anew_hyper_int(g, names[i], 1, 1024);
    if (side % (1 << levels) != 0)
        anew_graph_refuse(g, "a side of %d cannot be halved %d times", side, levels);

    const anew_val face = anew_input_square(g, 3, side);
    anew_val skips[MOST_LEVELS];
    anew_val x = anew_conv3(g, anew_pixel_unshuffle(g, face, 2), channels[0], "head");
    x = block(g, x, "enc", 0);
    for (int i = 1; i < levels; i++) {
        skips[i - 1] = x;
        x = block(g, down(g, x, channels[i], i - 1), "enc", i);
    }
    for (int i = levels - 2; i >= 0; i--) {
        x = anew_add(g, up(g, x, channels[i], i), skips[i]);
        x = block(g, x, "dec", i);
    }
    return anew_add(g, anew_pixel_shuffle(g, anew_conv3(g, x, 12, "tail"), 2), face);
}
