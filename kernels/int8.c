/* int8.c - sizes and weights of the direct convolution on integers of 8 bits (int8.h). */
#include "kernels/int8.h"

#include <math.h>
#include <string.h>

static size_t up(size_t count, size_t unit)
{
    return (count + unit - 1) / unit;
}

static size_t lines_of(const anew_conv_shape *shape)
{
    return up((size_t)shape->in_channels, ANEW_INT8_CHANNELS);
}

static size_t header_floats(const anew_conv_shape *shape)
{
    return 2 * ANEW_BLOCK *
           (up((size_t)shape->in_channels, ANEW_BLOCK) +
            up((size_t)shape->out_channels, ANEW_BLOCK));
}

size_t anew_conv_int8_packed_floats(const anew_conv_shape *shape)
{
    return header_floats(shape) + up((size_t)shape->out_channels, ANEW_BLOCK) *
                                      (size_t)shape->kernel_height * (size_t)shape->kernel_width *
                                      lines_of(shape) * ANEW_INT8_FLOATS;
}

/* The source rows in bytes, 4 channels in the place of a float, up to a whole vector; and, for the kernel on
 * tiles, four tiles of sums. */
size_t anew_conv_int8_scratch_floats(const anew_conv_shape *shape)
{
    const size_t rows = ANEW_INT8_ROWS - 1 + (size_t)shape->kernel_height;
    const size_t pixels = up(ANEW_INT8_PIECE + (size_t)shape->kernel_width - 1, 4) * 4;
    return rows * lines_of(shape) * (ANEW_INT8_CHANNELS / ANEW_INT8_GROUP) * pixels +
           4 * ANEW_INT8_FLOATS;
}

/* The integer that `weight` was made from. */
static int8_t integer_of(float weight, float row_scale)
{
    const float q = nearbyintf(weight / row_scale);
    return (int8_t)(q > 127.0f ? 127.0f : q < -127.0f ? -127.0f : q);
}

void anew_conv_int8_pack(float *packed, const float *weights, const anew_conv_shape *shape)
{
    const size_t in = (size_t)shape->in_channels, out = (size_t)shape->out_channels;
    const size_t in_padded = up(in, ANEW_BLOCK) * ANEW_BLOCK;
    const size_t out_padded = up(out, ANEW_BLOCK) * ANEW_BLOCK;
    const size_t height = (size_t)shape->kernel_height, width = (size_t)shape->kernel_width;
    const anew_conv_int8 *q = shape->int8;
    memset(packed, 0, anew_conv_int8_packed_floats(shape) * sizeof(float));
    float *inverse = packed, *zero = inverse + in_padded, *factor = zero + in_padded;
    int32_t *offset = (int32_t *)(void *)(factor + out_padded);
    int8_t *to = (int8_t *)(offset + out_padded);
    for (size_t ic = 0; ic < in; ic++) {
        inverse[ic] = 1.0f / q->scale[ic];
        zero[ic] = q->zero[ic];
    }
    for (size_t oc = 0; oc < out; oc++)
        factor[oc] = q->row_scale[oc];
    for (size_t block = 0; block < out_padded / ANEW_BLOCK; block++)
        for (size_t ky = 0; ky < height; ky++)
            for (size_t line = 0; line < lines_of(shape); line++)
                for (size_t kx = 0; kx < width; kx++)
                    for (size_t i = 0; i < (size_t)ANEW_INT8_CHANNELS * ANEW_BLOCK; i++, to++) {
                        const size_t group = i / (ANEW_BLOCK * ANEW_INT8_GROUP);
                        const size_t oc = block * ANEW_BLOCK + i / ANEW_INT8_GROUP % ANEW_BLOCK;
                        const size_t ic = line * ANEW_INT8_CHANNELS + group * ANEW_INT8_GROUP +
                                          i % ANEW_INT8_GROUP;
                        if (oc >= out || ic >= in)
                            continue;
                        *to = integer_of(weights[((oc * in + ic) * height + ky) * width + kx],
                                         q->row_scale[oc]);
                        offset[oc] += *to * (int32_t)q->zero[ic];
                    }
}
