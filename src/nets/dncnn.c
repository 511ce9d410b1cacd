/*
 * dncnn.c - DnCNN: a plain stack of convolutions that finds the noise of a picture, which is then taken off.
 *
 * Zhang, Zuo, Chen, Meng, Zhang: Beyond a Gaussian Denoiser: Residual Learning of Deep CNN for Image Denoising (2017),
 * figure 1. Batch normalisation stands in the convolutions already (tools/convert/fold.c).
 *
 *     picture -+- conv - relu -[ conv - relu ] x (num_conv - 2) - conv - (-) - result
 *              |                                                          |
 *              +----------------------------------------------------------+
 *
 * The last convolution's result is the noise; its weights come with the sign turned, so that it is added. IRCNN (Zhang
 * et al. 2017, Learning Deep CNN Denoiser Prior) is the same with seven convolutions that are dilated by 1, 2, 3, 4, 3,
 * 2, 1. Networks of one channel do a picture's colours one by one.
 */
#include "nets/nets.h"

anew_val anew_build_dncnn(anew_graph *g)
{
    static const int ircnn[] = {1, 2, 3, 4, 3, 2, 1};
    const int channels = anew_hyper_int(g, "num_in_ch", 1, 4);
    const int features = anew_hyper_int(g, "num_feat", 1, 1024);
    const int convolutions = anew_hyper_int(g, "num_conv", 2, 1024);
    const bool dilated = anew_hyper_is(g, "dilation", "ircnn");
    if (dilated && convolutions != 7)
        anew_hyper_refuse(g, "dilation", "none, unless there are seven convolutions");

    const anew_val input = anew_input(g, channels);
    anew_val x = input;
    for (int i = 0; i < convolutions; i++) {
        const bool last = i == convolutions - 1;
        x = anew_conv_with(g, x,
                           (anew_conv_options){.channels = last ? channels : features,
                                               .kernel = 3,
                                               .dilation = dilated ? ircnn[i] : 1,
                                               .bias = true},
                           "conv.%d", i);
        if (!last)
            x = anew_relu(g, x);
    }
    return anew_add(g, x, input);
}
