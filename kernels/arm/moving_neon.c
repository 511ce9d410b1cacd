/*
 * moving_neon.c - between arrangements of channels, 4 pixels of 4 channels at a time, which are transposed in
 * registers. With a shuffle, or with a residual, the plain C kernel: a pixel's samples of a row then lie side by
 * side in both arrangements, and the compiler moves them as vectors already.
 */
#include "kernels/arm/transpose_neon.h"
#include "kernels/arm/vector_neon.h"
#include "kernels/implementations.h"

void anew_upsample_nearest_neon(float *destination, const float *source, int width_out, int factor)
{
    anew_upsample_nearest_c(destination, source, width_out, factor);
}

void anew_planar_to_blocks_neon(float *const *destinations, const float *const *planes,
                                int channels, int r, int width)
{
    if (r != 1) {
        anew_planar_to_blocks_c(destinations, planes, channels, r, width);
        return;
    }
    const int blocks = (channels + ANEW_BLOCK - 1) / ANEW_BLOCK;
    for (int c = 0; c < blocks * ANEW_BLOCK; c += LANES) {
        float *to = destinations[c / ANEW_BLOCK] + c % ANEW_BLOCK;
        int x = 0;
        for (; x + LANES <= width; x += LANES) {
            vector m[LANES];
            for (int i = 0; i < LANES; i++)
                m[i] = c + i < channels ? vector_load(planes[c + i] + x) : vector_repeat(0.0f);
            transpose(m);
            for (int i = 0; i < LANES; i++)
                vector_store(to + (x + i) * ANEW_BLOCK, m[i]);
        }
        for (; x < width; x++)
            for (int i = 0; i < LANES; i++)
                to[x * ANEW_BLOCK + i] = c + i < channels ? planes[c + i][x] : 0.0f;
    }
}

void anew_blocks_to_planar_neon(float *const *planes, const float *const *sources, int channels,
                                int r, int width, const float *const *residual, int factor)
{
    if (r != 1 || residual != NULL) {
        anew_blocks_to_planar_c(planes, sources, channels, r, width, residual, factor);
        return;
    }
    for (int c = 0; c < channels; c += LANES) {
        const float *from = sources[c / ANEW_BLOCK] + c % ANEW_BLOCK;
        const int used = channels - c < LANES ? channels - c : LANES;
        int x = 0;
        for (; x + LANES <= width; x += LANES) {
            vector m[LANES];
            for (int i = 0; i < LANES; i++)
                m[i] = vector_load(from + (x + i) * ANEW_BLOCK);
            transpose(m);
            for (int i = 0; i < LANES; i++)
                if (i < used)
                    vector_store(planes[c + i] + x, m[i]);
        }
        for (; x < width; x++)
            for (int i = 0; i < used; i++)
                planes[c + i][x] = from[x * ANEW_BLOCK + i];
    }
}
