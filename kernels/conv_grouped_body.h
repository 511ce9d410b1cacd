/*
 * conv_grouped_body.h - the convolution in groups, each of which sees its own channels only, by way of the
 * direct convolution: once for plain C and for every vector length. An including file brings the vector
 * vocabulary and:
 *
 *     NAME    the function's name
 *     PRODUCT the direct convolution of the same level
 *
 * Where groups begin and end with blocks of 16 channels the direct convolution reads and writes the blocks
 * themselves. Otherwise a group's channels are copied to blocks of their own, and its outputs from such
 * blocks to their places, which costs little beside the multiply-adds unless the groups are very small.
 */
#include "kernels/conv_grouped.h"
#include "kernels/epilogue_body.h"
#include "kernels/implementations.h"

#define INLINE static inline __attribute__((always_inline))
#define PIECE  ANEW_CONV_GROUPED_PIECE

/* Lanes [to, to + count) of `pixels` pixels from lanes [from, from + count). */
INLINE void copy_lanes(float *destination, int to, const float *source, int from, int count,
                       int pixels)
{
    destination += to;
    source += from;
    for (int x = 0; x < pixels; x++)
        for (int lane = 0; lane < count; lane++)
            destination[x * ANEW_BLOCK + lane] = source[x * ANEW_BLOCK + lane];
}

/* Copies channels first .. first + count - 1 of the source rows, `pixels` pixels from pixel `from` on, to
 * blocks [block][ky][pixels][16]. */
static void gather(float *to, const anew_conv_row *row, int first, int count, int from, int pixels)
{
    const size_t row_floats = (size_t)pixels * ANEW_BLOCK;
    int channel = 0;
    for (int b = 0; b < row->source_blocks; b++) {
        const int end = channel + row->source_channels[b];
        for (int c = channel > first ? channel : first; c < end && c < first + count;) {
            const int lane = (c - first) % ANEW_BLOCK, left = ANEW_BLOCK - lane;
            int used = (end < first + count ? end : first + count) - c;
            used = used < left ? used : left;
            float *block =
                to + (size_t)((c - first) / ANEW_BLOCK * row->kernel_height) * row_floats;
            for (int ky = 0; ky < row->kernel_height; ky++)
                copy_lanes(block + (size_t)ky * row_floats, lane,
                           row->sources[b * row->kernel_height + ky] + from * ANEW_BLOCK,
                           c - channel, used, pixels);
            c += used;
        }
        channel = end;
    }
}

/* Copies a group's outputs, [block][PIECE][16], to channels `first` and on of the destinations. */
static void scatter(const anew_conv_row *row, const float *from, int first, int count)
{
    for (int c = 0; c < count;) {
        const int lane = (first + c) % ANEW_BLOCK, taken = c % ANEW_BLOCK;
        int used = ANEW_BLOCK - (lane > taken ? lane : taken);
        used = used < count - c ? used : count - c;
        copy_lanes(row->destinations[(first + c) / ANEW_BLOCK] + row->x0 * ANEW_BLOCK, lane,
                   from + (size_t)(c / ANEW_BLOCK) * PIECE * ANEW_BLOCK, taken, used,
                   row->x1 - row->x0);
        c += used;
    }
}

INLINE void finish(const anew_conv_row *row)
{
    for (int b = 0; b < row->out_blocks; b++) {
        float *destination = row->destinations[b];
        const int used = row->out_channels - b * ANEW_BLOCK;
        for (int x = row->x0; used < ANEW_BLOCK && x < row->x1; x++)
            for (int lane = used; lane < ANEW_BLOCK; lane++)
                destination[x * ANEW_BLOCK + lane] = 0.0f;
        for (int i = row->x0 * ANEW_BLOCK; row->epilogue_count > 0 && i < row->x1 * ANEW_BLOCK;
             i += LANES)
            vector_store(destination + i, vector_epilogue(vector_load(destination + i),
                                                          row->epilogue, row->epilogue_count,
                                                          b * ANEW_BLOCK + i % ANEW_BLOCK, b, i));
    }
}

void NAME(const anew_conv_row *row)
{
    int in_channels = 0;
    bool whole = true;
    for (int b = 0; b < row->source_blocks; b++) {
        in_channels += row->source_channels[b];
        whole = whole && row->source_channels[b] == ANEW_BLOCK;
    }
    const int group_in = in_channels / row->groups, group_out = row->out_channels / row->groups;
    const int in_blocks = (group_in + ANEW_BLOCK - 1) / ANEW_BLOCK;
    const int out_blocks = (group_out + ANEW_BLOCK - 1) / ANEW_BLOCK;
    const size_t weights = (size_t)out_blocks * ANEW_BLOCK * (size_t)group_in *
                           (size_t)row->kernel_height * (size_t)row->kernel_width;
    anew_conv_row group = *row;
    group.epilogue_count = 0;
    group.groups = 1;
    group.out_channels = group_out;
    group.out_blocks = out_blocks;
    group.source_blocks = in_blocks;
    if (whole && group_in % ANEW_BLOCK == 0 && group_out % ANEW_BLOCK == 0) {
        for (int g = 0; g < row->groups; g++) {
            PRODUCT(&group);
            group.sources += in_blocks * row->kernel_height;
            group.source_channels += in_blocks;
            group.destinations += out_blocks;
            group.weights += weights;
            group.bias += group_out;
        }
        finish(row);
        return;
    }

    const float *sources[ANEW_CONV_GROUPED_POINTERS];
    float *destinations[ANEW_CONV_GROUPED_POINTERS];
    int channels[ANEW_CONV_GROUPED_POINTERS];
    const int pad = row->kernel_width / 2 * row->dilation;
    const int pixels = (row->x1 - row->x0 - 1) * row->stride + 1 + 2 * pad;
    const size_t row_floats = (size_t)pixels * ANEW_BLOCK;
    float *outputs = row->scratch;
    float *bias = outputs + (size_t)out_blocks * PIECE * ANEW_BLOCK;
    float *gathered = bias + out_blocks * ANEW_BLOCK;
    for (int i = 0; i < in_blocks * row->kernel_height; i++)
        sources[i] = gathered + (size_t)i * row_floats + pad * ANEW_BLOCK;
    for (int b = 0; b < in_blocks; b++)
        channels[b] =
            group_in - b * ANEW_BLOCK < ANEW_BLOCK ? group_in - b * ANEW_BLOCK : ANEW_BLOCK;
    for (int b = 0; b < out_blocks; b++)
        destinations[b] = outputs + (size_t)b * PIECE * ANEW_BLOCK;
    group.sources = sources;
    group.source_channels = channels;
    group.destinations = destinations;
    group.bias = bias;
    group.x0 = 0;
    group.x1 = row->x1 - row->x0;
    for (int g = 0; g < row->groups; g++) {
        for (int c = 0; c < out_blocks * ANEW_BLOCK; c++)
            bias[c] = c < group_out ? row->bias[g * group_out + c] : 0.0f;
        gather(gathered, row, g * group_in, group_in, row->x0 * row->stride - pad, pixels);
        PRODUCT(&group);
        scatter(row, outputs, g * group_out, group_out);
        group.weights += weights;
    }
    finish(row);
}
