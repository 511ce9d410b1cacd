/*
 * rows.c - small kernels on one row: element by element, and between arrangements of channels.
 */
#include <string.h>

#include "kernels/c/epilogue.h"
#include "kernels/c/suffix.h"
#include "kernels/implementations.h"

void ANEW_KERNEL(anew_map)(const anew_map_row *row)
{
    for (int b = 0; b < row->blocks; b++) {
        for (int x = row->x0; x < row->x1; x++) {
            float v[ANEW_BLOCK];
            memcpy(v, row->sources[b] + x * ANEW_BLOCK, sizeof v);
            apply_epilogue(v, row->epilogue, row->epilogue_count, b, b, x);
            memcpy(row->destinations[b] + x * ANEW_BLOCK, v, sizeof v);
        }
    }
}

void ANEW_KERNEL(anew_upsample_nearest)(float *destination, const float *source, int width_out,
                                        int factor)
{
    for (int x = 0; x < width_out; x++)
        memcpy(destination + x * ANEW_BLOCK, source + x / factor * ANEW_BLOCK,
               ANEW_BLOCK * sizeof(float));
}

void ANEW_KERNEL(anew_planar_to_blocks)(float *const *destinations, const float *const *planes,
                                        int channels, int r, int width)
{
    const int lanes = channels * r * r;
    for (int first = 0; first < lanes; first += ANEW_BLOCK) {
        float *destination = destinations[first / ANEW_BLOCK];
        const int used = lanes - first < ANEW_BLOCK ? lanes - first : ANEW_BLOCK;
        const float *source[ANEW_BLOCK];
        for (int lane = 0; lane < used; lane++) {
            const int channel = first + lane; /* c * r * r + i * r + j */
            source[lane] = planes[channel / r] + channel % r;
        }
        for (int x = 0; x < width; x++) {
            for (int lane = 0; lane < used; lane++)
                destination[x * ANEW_BLOCK + lane] = source[lane][x * r];
            for (int lane = used; lane < ANEW_BLOCK; lane++)
                destination[x * ANEW_BLOCK + lane] = 0.0f;
        }
    }
}

/* r channels that lie side by side in one block become r samples side by side; with r known to the
 * compiler a pixel is one move. */
static inline void shuffle_side_by_side(float *destination, const float *source, const int r,
                                        int width, const float *residual)
{
    if (residual == NULL)
        for (int x = 0; x < width; x++)
            for (int j = 0; j < r; j++)
                destination[x * r + j] = source[x * ANEW_BLOCK + j];
    else
        for (int x = 0; x < width; x++)
            for (int j = 0; j < r; j++)
                destination[x * r + j] = source[x * ANEW_BLOCK + j] + residual[x];
}

void ANEW_KERNEL(anew_blocks_to_planar)(float *const *planes, const float *const *sources,
                                        int channels, int r, int width,
                                        const float *const *residual, int factor)
{
    for (int row = 0; row < channels * r; row++) { /* c * r + i */
        float *destination = planes[row];
        const float *first = sources[row * r / ANEW_BLOCK] + row * r % ANEW_BLOCK;
        const float *added = residual == NULL ? NULL : residual[row];
        if ((r == 4 || r == 2) && (residual == NULL || factor == r)) {
            if (r == 4)
                shuffle_side_by_side(destination, first, 4, width, added);
            else
                shuffle_side_by_side(destination, first, 2, width, added);
            continue;
        }
        for (int j = 0; j < r; j++) {
            const int channel = row * r + j;
            const float *source = sources[channel / ANEW_BLOCK] + channel % ANEW_BLOCK;
            if (residual == NULL)
                for (int x = 0; x < width; x++)
                    destination[x * r + j] = source[x * ANEW_BLOCK];
            else
                for (int x = 0; x < width; x++)
                    destination[x * r + j] = source[x * ANEW_BLOCK] + added[(x * r + j) / factor];
        }
    }
}
