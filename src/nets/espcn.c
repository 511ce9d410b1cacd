/*
 * espcn.c - ESPCN: convolutions at the small size, and the first network whose last step was a pixel shuffle.
 *
 * Shi et al.: Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel Convolutional Neural Network
 * (2016), figure 1.
 *
 *     picture -[ conv - act ] x (num_conv - 1) - conv - shuffle - result
 *
 * The paper's has three convolutions with tanh between them; the one of PyTorch's examples four, with ReLU. It knows
 * brightness alone (src/pipeline/gray_network.h).
 */
#include <stdio.h>

#include "nets/nets.h"

#define MOST 16

anew_val anew_build_espcn(anew_graph *g)
{
    const int channels = anew_hyper_int(g, "num_in_ch", 1, 4);
    const int convolutions = anew_hyper_int(g, "num_conv", 2, MOST);
    const int scale = anew_hyper_int(g, "upscale", 1, 8);
    const bool tanh = anew_hyper_is(g, "act_type", "tanh");
    if (!tanh && !anew_hyper_is(g, "act_type", "relu"))
        anew_hyper_refuse(g, "act_type", "tanh or relu");

    anew_val x = anew_input(g, channels);
    for (int i = 1; i <= convolutions; i++) {
        const bool last = i == convolutions;
        char features[32], kernel[32];
        (void)snprintf(features, sizeof features, "num_feat%d", i);
        (void)snprintf(kernel, sizeof kernel, "kernel%d", i);
        x = anew_conv(g, x, last ? channels * scale * scale : anew_hyper_int(g, features, 1, 1024),
                      anew_hyper_int(g, kernel, 1, 31), true, "conv%d", i);
        if (!last)
            x = tanh ? anew_function(g, ANEW_OP_TANH, x) : anew_relu(g, x);
    }
    return anew_pixel_shuffle(g, x, scale);
}
