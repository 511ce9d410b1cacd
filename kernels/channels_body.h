/*
 * channels_body.h - normalisation and softmax over the channels of each pixel, written once; an including
 * file brings the vector vocabulary, NORMALISE and SOFTMAX. Loops over the 16 lanes are plain C, which the
 * compiler puts on the vectors of its level; no order is left to it.
 */
#include <math.h>

#include "kernels/elementary.h"
#include "kernels/implementations.h"

/* The tree of the 16 lanes: eight sums of two, four of those, two, one. */
static inline double sum_of_lanes(double lanes[ANEW_BLOCK])
{
    for (int half = ANEW_BLOCK / 2; half > 0; half /= 2)
        for (int lane = 0; lane < half; lane++)
            lanes[lane] += lanes[lane + half];
    return lanes[0];
}

static inline int lanes_of(const anew_channel_row *row, int block)
{
    const int left = row->channels - block * ANEW_BLOCK;
    return left < ANEW_BLOCK ? left : ANEW_BLOCK;
}

void NORMALISE(const anew_channel_row *row)
{
    const int blocks = (row->channels + ANEW_BLOCK - 1) / ANEW_BLOCK;
    for (int x = 0; x < row->width; x++) {
        double sums[ANEW_BLOCK] = {0}, squares[ANEW_BLOCK] = {0};
        for (int b = 0; b < blocks; b++)
            for (int lane = 0; lane < ANEW_BLOCK; lane++)
                sums[lane] += (double)row->sources[b][x * ANEW_BLOCK + lane];
        const double mean = sum_of_lanes(sums) / row->channels;
        for (int b = 0; b < blocks; b++) {
            const int used = lanes_of(row, b);
            for (int lane = 0; lane < ANEW_BLOCK; lane++) {
                const double d = (double)row->sources[b][x * ANEW_BLOCK + lane] - mean;
                squares[lane] += lane < used ? d * d : 0.0;
            }
        }
        const double variance = sum_of_lanes(squares) / row->channels;
        const double factor = 1.0 / sqrt(variance + row->epsilon);
        for (int b = 0; b < blocks; b++)
            for (int lane = 0; lane < ANEW_BLOCK; lane++) {
                const double d = (double)row->sources[b][x * ANEW_BLOCK + lane] - mean;
                row->destinations[b][x * ANEW_BLOCK + lane] =
                    fmaf((float)(d * factor), row->weight[b * ANEW_BLOCK + lane],
                         row->bias[b * ANEW_BLOCK + lane]);
            }
    }
}

void SOFTMAX(const anew_channel_row *row)
{
    const int blocks = (row->channels + ANEW_BLOCK - 1) / ANEW_BLOCK;
    for (int x = 0; x < row->width; x++) {
        const size_t at = (size_t)x * ANEW_BLOCK;
        float largest = row->sources[0][at];
        for (int b = 0; b < blocks; b++)
            for (int lane = 0; lane < lanes_of(row, b); lane++)
                largest = largest < row->sources[b][at + (size_t)lane]
                              ? row->sources[b][at + (size_t)lane]
                              : largest;
        double sums[ANEW_BLOCK] = {0};
        for (int b = 0; b < blocks; b++) {
            float *e = row->destinations[b] + at;
            for (int i = 0; i < ANEW_BLOCK; i += LANES)
                vector_store(e + i, elementary_exp(vector_sub(vector_load(row->sources[b] + at + i),
                                                              vector_repeat(largest))));
            const int used = lanes_of(row, b);
            for (int lane = 0; lane < ANEW_BLOCK; lane++) {
                e[lane] = lane < used ? e[lane] : 0.0f;
                sums[lane] += (double)e[lane];
            }
        }
        const double sum = sum_of_lanes(sums);
        for (int b = 0; b < blocks; b++)
            for (int lane = 0; lane < ANEW_BLOCK; lane++) {
                float *e = row->destinations[b] + at + lane;
                *e = (float)((double)*e / sum);
            }
    }
}
