/*
 * pack.c - weights for the convolutions that walk the exact class's chain, laid out so that a kernel reads
 * them front to back; and the scratch that those kernels need.
 */
#include "kernels/conv_few.h"
#include "kernels/conv_grouped.h"
#include "kernels/kernels.h"

static size_t blocks_of(int channels)
{
    return ((size_t)channels + ANEW_BLOCK - 1) / ANEW_BLOCK;
}

/* ---- direct: [out block][ky][kx][ic][16 outputs] ------------------------------------------------------ */

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

static size_t taps_of(const anew_conv_shape *shape)
{
    return (size_t)shape->kernel_height * (size_t)shape->kernel_width;
}

/* ---- few outputs ---------------------------------------------------------------------------------- */

size_t anew_conv_few_packed_floats(const anew_conv_shape *shape)
{
    return (size_t)shape->out_channels * (size_t)shape->in_channels * taps_of(shape);
}

void anew_conv_few_pack(float *packed, const float *weights, const anew_conv_shape *shape)
{
    const size_t in = (size_t)shape->in_channels, taps = taps_of(shape);
    for (size_t tap = 0; tap < taps; tap++)
        for (size_t ic = 0; ic < in; ic++)
            for (size_t oc = 0; oc < (size_t)shape->out_channels; oc++)
                *packed++ = weights[(oc * in + ic) * taps + tap];
}

/* Sums of one piece, and its transposed source rows. */
size_t anew_conv_few_scratch_floats(const anew_conv_shape *shape)
{
    return ANEW_CONV_FEW_MOST * ANEW_CONV_FEW_PIECE + (size_t)shape->kernel_height *
                                                          (size_t)shape->in_channels *
                                                          anew_conv_few_step(shape->kernel_width);
}

/* ---- depthwise ------------------------------------------------------------------------------------ */

size_t anew_conv_depthwise_packed_floats(const anew_conv_shape *shape)
{
    return blocks_of(shape->out_channels) * ANEW_BLOCK * taps_of(shape);
}

void anew_conv_depthwise_pack(float *packed, const float *weights, const anew_conv_shape *shape)
{
    const size_t taps = taps_of(shape);
    for (size_t block = 0; block < blocks_of(shape->out_channels); block++)
        for (size_t tap = 0; tap < taps; tap++)
            for (size_t lane = 0; lane < ANEW_BLOCK; lane++) {
                const size_t c = block * ANEW_BLOCK + lane;
                *packed++ = c < (size_t)shape->out_channels ? weights[c * taps + tap] : 0.0f;
            }
}

/* ---- groups --------------------------------------------------------------------------------------- */

static anew_conv_shape shape_of_group(const anew_conv_shape *shape)
{
    anew_conv_shape group = *shape;
    group.groups = 1;
    group.in_channels = shape->in_channels / shape->groups;
    group.out_channels = shape->out_channels / shape->groups;
    return group;
}

size_t anew_conv_grouped_packed_floats(const anew_conv_shape *shape)
{
    const anew_conv_shape group = shape_of_group(shape);
    return (size_t)shape->groups * anew_conv_direct_packed_floats(&group);
}

void anew_conv_grouped_pack(float *packed, const float *weights, const anew_conv_shape *shape)
{
    const anew_conv_shape group = shape_of_group(shape);
    for (int g = 0; g < shape->groups; g++) {
        anew_conv_direct_pack(packed, weights, &group);
        packed += anew_conv_direct_packed_floats(&group);
        weights += (size_t)group.out_channels * (size_t)group.in_channels * taps_of(shape);
    }
}

/* One group's outputs, bias and source rows of a piece, in blocks of their own. */
size_t anew_conv_grouped_scratch_floats(const anew_conv_shape *shape)
{
    const anew_conv_shape group = shape_of_group(shape);
    const size_t border = (size_t)(shape->kernel_width / 2) * (size_t)shape->dilation;
    const size_t pixels = (ANEW_CONV_GROUPED_PIECE - 1) * (size_t)shape->stride + 1 + 2 * border;
    return ANEW_BLOCK * (blocks_of(group.out_channels) * (ANEW_CONV_GROUPED_PIECE + 1) +
                         blocks_of(group.in_channels) * (size_t)shape->kernel_height * pixels);
}
