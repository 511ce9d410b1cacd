/* tiles.c - sizes and weights of the direct convolution in bfloat16 (tiles.h). */
#include "kernels/tiles.h"

#include <string.h>

#include "kernels/bf16.h"
#include "kernels/kernels.h"

static size_t up(size_t count, size_t unit)
{
    return (count + unit - 1) / unit;
}

size_t anew_conv_tiles_packed_floats(const anew_conv_shape *shape)
{
    return up((size_t)shape->out_channels, ANEW_BLOCK) * (size_t)shape->kernel_height *
           (size_t)shape->kernel_width * up((size_t)shape->in_channels, ANEW_TILES_CHANNELS) *
           ANEW_TILES_FLOATS;
}

/* The source rows in bfloat16, 32 channels in the place of 16 floats; and four tiles of sums. */
size_t anew_conv_tiles_scratch_floats(const anew_conv_shape *shape)
{
    const size_t rows = ANEW_TILES_ROWS - 1 + (size_t)shape->kernel_height;
    const size_t pixels = ANEW_TILES_PIECE + (size_t)shape->kernel_width - 1;
    return rows * up((size_t)shape->in_channels, ANEW_TILES_CHANNELS) * pixels * ANEW_BLOCK +
           4 * ANEW_TILES_FLOATS;
}

void anew_conv_tiles_pack(float *packed, const float *weights, const anew_conv_shape *shape)
{
    const size_t in = (size_t)shape->in_channels, out = (size_t)shape->out_channels;
    const size_t height = (size_t)shape->kernel_height, width = (size_t)shape->kernel_width;
    const size_t lines = up(in, ANEW_TILES_CHANNELS);
    unsigned char *to = (unsigned char *)packed;
    for (size_t block = 0; block < up(out, ANEW_BLOCK); block++)
        for (size_t ky = 0; ky < height; ky++)
            for (size_t line = 0; line < lines; line++)
                for (size_t kx = 0; kx < width; kx++)
                    for (size_t pair = 0; pair < ANEW_TILES_CHANNELS / 2; pair++)
                        for (size_t k = 0; k < 2 * ANEW_BLOCK; k++, to += sizeof(uint16_t)) {
                            const size_t oc = block * ANEW_BLOCK + k / 2;
                            const size_t ic = line * ANEW_TILES_CHANNELS + 2 * pair + k % 2;
                            const uint16_t half =
                                oc < out && ic < in
                                    ? anew_bf16_from(
                                          weights[((oc * in + ic) * height + ky) * width + kx])
                                    : 0;
                            memcpy(to, &half, sizeof half);
                        }
}
