/*
 * pack.c - weights for the direct convolutions: [out block][ky][kx][ic][16 outputs], so that a kernel
 * reads them front to back while it walks the exact class's chain.
 */
#include "kernels/kernels.h"

static size_t blocks_of(int channels)
{
    return ((size_t)channels + ANEW_BLOCK - 1) / ANEW_BLOCK;
}

size_t anew_conv_direct_packed_floats(const anew_conv_shape *shape)
{
    return blocks_of(shape->out_channels) * ANEW_BLOCK * (size_t)shape->in_channels *
           (size_t)shape->kernel_height * (size_t)shape->kernel_width;
}

void anew_conv_direct_pack(float *packed, const float *weights, const anew_conv_shape *shape)
{
    const size_t in = (size_t)shape->in_channels;
    const size_t taps = (size_t)shape->kernel_height * (size_t)shape->kernel_width;
    for (size_t block = 0; block < blocks_of(shape->out_channels); block++)
        for (size_t tap = 0; tap < taps; tap++)
            for (size_t ic = 0; ic < in; ic++)
                for (size_t lane = 0; lane < ANEW_BLOCK; lane++) {
                    const size_t oc = block * ANEW_BLOCK + lane;
                    *packed++ = oc < (size_t)shape->out_channels
                                    ? weights[(oc * in + ic) * taps + tap]
                                    : 0.0f;
                }
}
