/*
 * rrdb.c - RRDBNet, the network of ESRGAN and Real-ESRGAN.
 *
 * Wang et al.: ESRGAN (2018), sections 3.1 and figure 4. A trunk of residual-in-residual dense
 * blocks at the small size, then enlargements by two, each with a convolution. Real-ESRGAN's x2 and
 * x1 models fold the input 2x2 or 4x4 into channels first, so that the trunk is always the x4 one.
 *
 * Figure 4 in words. A box, the dense block: five convolutions in a row with a LeakyReLU between
 * them. From the block's input and from each convolution an arrow goes to every later convolution,
 * which sees all that came before it side by side (concatenated, not added). Three such boxes in a
 * row are the residual-in-residual block: past each box goes an arrow to a plus behind it, where the
 * box's result, times beta, is added to what went in; past all three goes one more, to a plus with a
 * beta of its own. The batch normalisation that earlier networks had behind each convolution is
 * crossed out. Figure 3 is the whole: a convolution, `num_block` such blocks, a convolution, a plus
 * with the first convolution's result, enlargement, two convolutions.
 *
 *     x -+-[ dense ]-(+)-+-[ dense ]-(+)-+-[ dense ]-(+)- (* beta) -(+)- next block
 *        +------------+  +------------+  +------------+              |
 *        +-----------------------------------------------------------+
 */
#include "nets/nets.h"

/* Residual dense block: five 3x3 convolutions; each sees the outputs of all the earlier ones.
 * ESRGAN+ (Rakotonirina and Rasoanaivo 2020) adds a 1x1 of the input to the second and the second
 * to the fourth. */
static anew_val dense_block(anew_graph *g, anew_val x, int grow, bool plus, float slope, float beta)
{
    const int feat = anew_channels(g, x);
    const anew_val x1 = anew_lrelu(g, anew_conv3(g, x, grow, "conv1"), slope);
    anew_val x2 = anew_lrelu(g, anew_conv3(g, anew_cat(g, x, x1), grow, "conv2"), slope);
    if (plus)
        x2 = anew_add(g, x2, anew_conv1_plain(g, x, grow, "conv1x1"));
    const anew_val x3 = anew_lrelu(g, anew_conv3(g, anew_cat(g, x, x1, x2), grow, "conv3"), slope);
    anew_val x4 = anew_lrelu(g, anew_conv3(g, anew_cat(g, x, x1, x2, x3), grow, "conv4"), slope);
    if (plus)
        x4 = anew_add(g, x4, x2);
    const anew_val x5 = anew_conv3(g, anew_cat(g, x, x1, x2, x3, x4), feat, "conv5");
    return anew_add(g, anew_scale(g, x5, beta), x);
}

anew_val anew_build_rrdb(anew_graph *g)
{
    const int in_channels = anew_hyper_int(g, "num_in_ch", 1, 4);
    const int out_channels = anew_hyper_int(g, "num_out_ch", 1, 4);
    const int features = anew_hyper_int(g, "num_feat", 1, 1024);
    const int grow = anew_hyper_int(g, "num_grow_ch", 1, 1024);
    const int blocks = anew_hyper_int(g, "num_block", 0, 256);
    const int unshuffle = anew_hyper_int(g, "unshuffle", 1, 4);
    const int ups = anew_hyper_int(g, "num_up", 0, 4);
    const int up_factor = anew_hyper_int_or(g, "up_factor", 2, 2, 3);
    const bool plus = anew_hyper_int(g, "plus", 0, 1) != 0;
    const float slope = anew_hyper_real(g, "negative_slope", 0.2f);
    const float beta = anew_hyper_real(g, "residual_scale", 0.2f);

    const anew_val input = anew_pixel_unshuffle(g, anew_input(g, in_channels), unshuffle);
    const anew_val first = anew_conv3(g, input, features, "conv_first");

    anew_val x = first;
    for (int b = 0; b < blocks; b++) {
        anew_enter(g, "body.%d", b);
        anew_val y = x;
        for (int r = 1; r <= 3; r++) {
            anew_enter(g, "rdb%d", r);
            y = anew_leave(g, dense_block(g, y, grow, plus, slope, beta));
        }
        x = anew_leave(g, anew_add(g, anew_scale(g, y, beta), x));
    }
    x = anew_add(g, first, anew_conv3(g, x, features, "conv_body"));

    for (int i = 1; i <= ups; i++)
        x = anew_lrelu(
            g, anew_conv3(g, anew_upsample_nearest(g, x, up_factor), features, "conv_up%d", i),
            slope);
    x = anew_lrelu(g, anew_conv3(g, x, features, "conv_hr"), slope);
    return anew_conv3(g, x, out_channels, "conv_last");
}
