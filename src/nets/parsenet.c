/*
 * parsenet.c - ParseNet: the parts of a face, pixel by pixel, by which a restored face is pasted back.
 *
 * facexlib's parsing_parsenet, which descends from the parsing networks of Chen et al.: Progressive Semantic-Aware
 * Style Transformation for Blind Face Restoration (2021). It takes an aligned face, samples from -1 to 1, and gives
 * 19 values for each pixel, of which the largest names the part:
 *
 *     0 background, 1 skin, 2 nose, 3 glasses, 4 left eye, 5 right eye, 6 left brow, 7 right brow, 8 left ear,
 *     9 right ear, 10 mouth, 11 upper lip, 12 lower lip, 13 hair, 14 hat, 15 earring, 16 necklace, 17 neck, 18 cloth
 *
 *     picture - conv -[ down ] x 4 -+-[ block ] x 10 -(+)-[ up ] x 4 - conv - result
 *                                   +------------------+
 *
 * Each box is two convolutions with a shortcut past them; in those that change the size the shortcut is a convolution
 * too. Down halves by the second convolution's stride; up doubles by repeating pixels before the first. Everywhere the
 * picture is continued past its edges by reflection.
 */
#include "nets/nets.h"

#define SLOPE 0.2f

typedef enum change { SAME, DOWN, UP } change;

static anew_val layer(anew_graph *g, anew_val x, int channels, change how, const char *name)
{
    if (how == UP)
        x = anew_upsample_nearest(g, x, 2);
    return anew_conv_with(g, x,
                          (anew_conv_options){.channels = channels,
                                              .kernel = 3,
                                              .stride = how == DOWN ? 2 : 1,
                                              .bias = true,
                                              .edge = ANEW_EDGE_REFLECT},
                          "%s", name);
}

/* Nothing follows the sum. */
static anew_val block(anew_graph *g, anew_val x, int channels, change how)
{
    const bool plain = how == SAME && anew_channels(g, x) == channels;
    const anew_val past = plain ? x : layer(g, x, channels, how, "shortcut_func");
    anew_val y = layer(g, x, channels, how == UP ? UP : SAME, "conv1");
    y = layer(g, anew_lrelu(g, y, SLOPE), channels, how == DOWN ? DOWN : SAME, "conv2");
    return anew_add(g, past, y);
}

anew_val anew_build_parsenet(anew_graph *g)
{
    const int base = anew_hyper_int(g, "base_ch", 1, 1024);
    const int most = anew_hyper_int(g, "max_ch", 1, 1024);
    const int downs = anew_hyper_int(g, "num_down", 1, 8);
    const int depth = anew_hyper_int(g, "num_block", 0, 64);
    const int classes = anew_hyper_int(g, "num_class", 1, 256);
    /* Channels double with each halving of the size, up to the most. */
    int channels[9] = {base < most ? base : most};
    for (int i = 1; i <= downs; i++)
        channels[i] = 2 * channels[i - 1] < most ? 2 * channels[i - 1] : most;

    anew_val x = layer(g, anew_input(g, 3), channels[0], SAME, "encoder.0");
    for (int i = 1; i <= downs; i++) {
        anew_enter(g, "encoder.%d", i);
        x = anew_leave(g, block(g, x, channels[i], DOWN));
    }
    anew_val y = x;
    for (int i = 0; i < depth; i++) {
        anew_enter(g, "body.%d", i);
        y = anew_leave(g, block(g, y, channels[downs], SAME));
    }
    x = anew_add(g, x, y);
    for (int i = 0; i < downs; i++) {
        anew_enter(g, "decoder.%d", i);
        x = anew_leave(g, block(g, x, channels[downs - 1 - i], UP));
    }
    return layer(g, x, classes, SAME, "out_mask_conv");
}
