/*
 * unet.c - a small U-Net that tells the parts of a face.
 *
 * Ronneberger, Fischer, Brox: U-Net: Convolutional Networks for Biomedical Image Segmentation (2015), figure 1, with two
 * halvings and padded convolutions. Samples of an aligned face run from -1 to 1. The largest of the 19 values of a pixel
 * names its part, in the order of the file that this was written for:
 *
 *     0 background, 1 upper lip, 2 left brow, 3 skin, 4 right ear, 5 right eye, 6 nose, 7 necklace, 8 left ear, 9 glasses,
 *     10 lower lip, 11 right brow, 12 hat, 13 hair, 14 mouth, 15 neck, 16 cloth, 17 left eye, 18 earring
 *
 *     picture - enc1 -+- pool - enc2 -+- pool - bottleneck - up1 -+- dec1 - up2 -+- dec2 - out
 *                     |               +---------------------------+              |
 *                     +----------------------------------------------------------+
 *
 * Each box is two convolutions, each with a ReLU. Up doubles by a transposed convolution of 2x2 with the stride 2: each
 * pixel makes four, which is a 1x1 convolution and a pixel shuffle.
 */
#include "nets/nets.h"

static anew_val pair(anew_graph *g, anew_val x, int channels, const char *name)
{
    anew_enter(g, "%s", name);
    x = anew_relu(g, anew_conv3(g, x, channels, "conv1"));
    return anew_leave(g, anew_relu(g, anew_conv3(g, x, channels, "conv2")));
}

static anew_val up(anew_graph *g, anew_val x, int channels, const char *name)
{
    return anew_pixel_shuffle(g, anew_conv(g, x, 4 * channels, 1, true, "%s", name), 2);
}

anew_val anew_build_unet(anew_graph *g)
{
    const int width = anew_hyper_int(g, "num_feat", 1, 256);
    const int classes = anew_hyper_int(g, "num_class", 1, 256);

    const anew_val first = pair(g, anew_input(g, 3), width, "enc1");
    const anew_val second = pair(g, anew_max_pool(g, first, 2, 2), 2 * width, "enc2");
    anew_val x = pair(g, anew_max_pool(g, second, 2, 2), 4 * width, "bottleneck");
    x = pair(g, anew_cat(g, up(g, x, 2 * width, "up1"), second), 2 * width, "dec1");
    x = pair(g, anew_cat(g, up(g, x, width, "up2"), first), width, "dec2");
    return anew_conv(g, x, classes, 1, true, "out");
}
