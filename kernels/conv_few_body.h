/*
 * conv_few_body.h - the convolution to few outputs, whose vectors are pixels side by side: in the direct
 * convolution's blocks of 16 outputs most lanes would be idle. An including file brings the vector
 * vocabulary, transpose() and:
 *
 *     NAME   the function's name
 *     GROUPS vectors of pixels of the tile, for up to 3 outputs (FOUR_GROUPS: for 4)
 *
 * Three parts for each piece of a row: the source is transposed to rows of one channel, [ky][ic][pixel],
 * which is some third of the time; the sums walk the exact class's chain, each multiply-add a vector of
 * pixels times one weight; the sums are transposed back to blocks, through the epilogue.
 */
#include "kernels/conv_few.h"
#include "kernels/epilogue_body.h"
#include "kernels/implementations.h"
#include "kernels/sums_body.h"

#define PIECE    ANEW_CONV_FEW_PIECE
#define MOST_OUT ANEW_CONV_FEW_MOST

/* Pixels from x on, `count` of them, of one block: to[channel * step + pixel]. The last vectors are filled
 * up with zeros. */
INLINE void transpose_block(float *to, size_t step, const float *from, int channels, int count)
{
    for (int lane = 0; lane < channels; lane += LANES) {
        const int used = channels - lane < LANES ? channels - lane : LANES;
        for (int x = 0; x < count; x += LANES) {
            vector m[LANES];
            for (int i = 0; i < LANES; i++)
                m[i] = x + i < count ? vector_load(from + (x + i) * ANEW_BLOCK + lane)
                                     : vector_repeat(0.0f);
            transpose(m);
            for (int c = 0; c < LANES; c++)
                if (c < used)
                    vector_store(to + (size_t)(lane + c) * step + x, m[c]);
        }
    }
}

/* Pixels are loaded once for all outputs: most of them are not aligned, and a compiler that puts the load
 * into each multiply-add (gcc 12) makes the loads the bottleneck. */
#define IN_REGISTER(assignment)                                                                    \
    do {                                                                                           \
        assignment;                                                                                \
        __asm__("" : "+" VECTOR_CLASS(pixels));                                                    \
    } while (0)

/* Sum i belongs to group of pixels i / outs and to output i % outs of the tile. */
#define STEP(i, statement)                                                                         \
    if ((i) < groups * outs) {                                                                     \
        statement;                                                                                 \
    }
#define START(i) STEP(i, sum[i] = vector_repeat(bias[(i) % outs]))
#define MULTIPLY(i)                                                                                \
    STEP(i, if ((i) % outs == 0) IN_REGISTER(pixels = vector_load(source + (i) / outs * LANES));   \
         sum[i] = vector_fma(pixels,                                                               \
                             (i) % outs == 0   ? weight_0                                          \
                             : (i) % outs == 1 ? weight_1                                          \
                             : (i) % outs == 2 ? weight_2                                          \
                                               : weight_3,                                         \
                             sum[i]))
#define STORE(i) STEP(i, vector_store(sums + (i) % outs * PIECE + (i) / outs * LANES, sum[i]))

/* `outs` outputs of groups * LANES pixels: sums[output][PIECE]. `transposed` points to the pixel that the
 * kernel's first column meets; weights are [tap][ic][all outputs]. */
INLINE void tile(float *sums, const float *transposed, size_t step, const anew_conv_row *row,
                 int in_channels, const float *weight, const float *bias, const int groups,
                 const int outs)
{
    vector sum[MOST_SUMS];
    EACH_SUM(START)
    for (int ky = 0; ky < row->kernel_height; ky++) {
        for (int kx = 0; kx < row->kernel_width; kx++) {
            const float *source = transposed + (size_t)(ky * in_channels) * step + kx;
            for (int ic = 0; ic < in_channels; ic++) {
                const vector weight_0 = vector_repeat(weight[0]);
                const vector weight_1 = vector_repeat(weight[outs > 1 ? 1 : 0]);
                const vector weight_2 = vector_repeat(weight[outs > 2 ? 2 : 0]);
                const vector weight_3 = vector_repeat(weight[outs > 3 ? 3 : 0]);
                vector pixels = weight_0;
                EACH_SUM(MULTIPLY)
                source += step;
                weight += row->out_channels;
            }
        }
    }
    EACH_SUM(STORE)
}

/* The piece's sums of `outs` outputs from `first` on, in tiles; pixels past the piece's end come to nothing. */
INLINE void piece(float *sums, const float *transposed, size_t step, const anew_conv_row *row,
                  int in_channels, int first, int pixels, const int groups, const int outs)
{
    const float *weight = row->weights + first, *bias = row->bias + first;
    int x = 0;
    for (; x + (groups - 1) * LANES < pixels; x += groups * LANES)
        tile(sums + first * PIECE + x, transposed + x, step, row, in_channels, weight, bias, groups,
             outs);
    for (; x < pixels; x += LANES)
        tile(sums + first * PIECE + x, transposed + x, step, row, in_channels, weight, bias, 1,
             outs);
}

/* Sums to the destination's pixels from x on, through the epilogue. */
INLINE void finish(const anew_conv_row *row, const float *sums, int x, int pixels)
{
    for (int lane = 0; lane < ANEW_BLOCK; lane += LANES)
        for (int first = 0; first < pixels; first += LANES) {
            const int count = pixels - first < LANES ? pixels - first : LANES;
            vector m[LANES];
            for (int c = 0; c < LANES; c++)
                m[c] = lane + c < row->out_channels ? vector_load(sums + (lane + c) * PIECE + first)
                                                    : vector_repeat(0.0f);
            transpose(m);
            for (int i = 0; i < count; i++) {
                const int place = (x + first + i) * ANEW_BLOCK + lane;
                vector_store(
                    row->destinations[0] + place,
                    vector_epilogue(m[i], row->epilogue, row->epilogue_count, lane, 0, place));
            }
        }
}

void NAME(const anew_conv_row *row)
{
    const int pad = row->kernel_width / 2, pixels = row->x1 - row->x0;
    const size_t step = anew_conv_few_step(row->kernel_width);
    float *sums = row->scratch, *transposed = sums + MOST_OUT * PIECE;
    int in_channels = 0;
    for (int b = 0; b < row->source_blocks; b++)
        in_channels += row->source_channels[b];
    int channel = 0;
    for (int b = 0; b < row->source_blocks; b++) {
        for (int ky = 0; ky < row->kernel_height; ky++)
            transpose_block(transposed + (size_t)(ky * in_channels + channel) * step, step,
                            row->sources[b * row->kernel_height + ky] +
                                (row->x0 - pad) * ANEW_BLOCK,
                            row->source_channels[b], pixels + 2 * pad);
        channel += row->source_channels[b];
    }
    int first = 0;
    for (; row->out_channels - first > 3; first += 4)
        piece(sums, transposed, step, row, in_channels, first, pixels, FOUR_GROUPS, 4);
    switch (row->out_channels - first) {
    case 3:
        piece(sums, transposed, step, row, in_channels, first, pixels, GROUPS, 3);
        break;
    case 2:
        piece(sums, transposed, step, row, in_channels, first, pixels, GROUPS, 2);
        break;
    case 1:
        piece(sums, transposed, step, row, in_channels, first, pixels, GROUPS, 1);
        break;
    default:
        break;
    }
    finish(row, sums, row->x0, pixels);
}
