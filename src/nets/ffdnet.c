/*
 * ffdnet.c - FFDNet: removes noise whose strength it is told.
 *
 * Zhang, Zuo, Zhang: FFDNet: Toward a Fast and Flexible Solution for CNN based Image Denoising (2018), figure 1. Batch
 * normalisation stands in the convolutions already.
 *
 *     picture and level - unshuffle by 2 - conv - relu -[ conv - relu ] x (num_conv - 2) - conv - shuffle by 2 - result
 *
 * The level is one more plane of the input: the standard deviation of the noise at each pixel, as a share of the range of
 * samples. The paper's network gets it at the small size; here it is unshuffled with the picture, and of the four planes
 * that this makes of it the first convolution has weights of 0 for those that it does not need. Some networks give the
 * noise itself (`residual`): the picture is added at the end then, and the last weights have their sign turned.
 * `factor` 1 is FDnCNN, which looks at the picture as it is.
 */
#include "nets/nets.h"

anew_val anew_build_ffdnet(anew_graph *g)
{
    const int channels = anew_hyper_int(g, "num_in_ch", 1, 4);
    const int features = anew_hyper_int(g, "num_feat", 1, 1024);
    const int convolutions = anew_hyper_int(g, "num_conv", 2, 1024);
    const int factor = anew_hyper_int(g, "factor", 1, 4);

    const anew_val input = anew_input(g, channels + 1);
    anew_val x = anew_pixel_unshuffle(g, input, factor);
    for (int i = 0; i < convolutions - 1; i++)
        x = anew_relu(g, anew_conv3(g, x, features, "conv.%d", i));
    x = anew_conv3(g, x, channels * factor * factor, "conv.%d", convolutions - 1);
    x = anew_pixel_shuffle(g, x, factor);
    if (anew_hyper_int_or(g, "residual", 0, 0, 1) == 1)
        x = anew_add(g, x, anew_slice(g, input, 0, channels));
    return x;
}
