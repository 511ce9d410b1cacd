/* conv_int8_neoni8mm.c - direct convolution on integers of 8 bits (int8.h), on the matrix products of FEAT_I8MM. */
#include <string.h>

#include "kernels/arm/round_int8_neon.h"
#include "kernels/arm/vector_neon.h"
#include "kernels/implementations.h"
#include "kernels/int8.h"
#include "kernels/sums_body.h"

#define UNITS_OF_BLOCK 2
#define NOTHING        vdupq_n_s32(0)
typedef int32x4_t accumulator;

INLINE accumulator matrix_multiply(accumulator sums, uint8x16_t pixels, uint8x16_t weights)
{
    return vusmmlaq_s32(sums, pixels, vreinterpretq_s8_u8(weights));
}

/* The four outputs of the first or of the second pixel of two accumulators. */
INLINE accumulator first_pixel(accumulator a, accumulator b)
{
    return vcombine_s32(vget_low_s32(a), vget_low_s32(b));
}

INLINE accumulator second_pixel(accumulator a, accumulator b)
{
    return vcombine_s32(vget_high_s32(a), vget_high_s32(b));
}

#include "kernels/arm/conv_matrix_body.h"

static const uint8_t *weights_of(const anew_conv_row *row)
{
    return (const uint8_t *)anew_int8_parts(row).weights;
}

INLINE void round_pixel(const convolution *c, uint8_t *to, int block, const float *source)
{
    const anew_int8_packed packed = anew_int8_parts(c->row);
    const uint8x16_t bytes = round_sixteen(source, packed.inverse + block * ANEW_BLOCK,
                                           packed.zero + block * ANEW_BLOCK);
    vst1_u8(to, vget_low_u8(bytes));
    vst1_u8(to + c->plane, vget_high_u8(bytes));
}

INLINE vector finish_sums(const convolution *c, accumulator sums, int block, int lane)
{
    const anew_int8_packed packed = anew_int8_parts(c->row);
    const int at = block * ANEW_BLOCK + lane;
    return vector_fma(vcvtq_f32_s32(vsubq_s32(sums, vld1q_s32(packed.offset + at))),
                      vector_load(packed.factor + at), vector_load(c->row->bias + at));
}

/* [16 groups][16 outputs][4] becomes [8 parts][8 pairs of outputs][2][8]. */
void anew_conv_int8_pack_neoni8mm(float *packed, const float *weights, const anew_conv_shape *shape)
{
    anew_conv_int8_pack(packed, weights, shape);
    const size_t blocks = ((size_t)shape->out_channels + ANEW_BLOCK - 1) / ANEW_BLOCK;
    const size_t lines = ((size_t)shape->in_channels + ANEW_INT8_CHANNELS - 1) / ANEW_INT8_CHANNELS;
    const size_t taps = blocks * lines * (size_t)shape->kernel_height * (size_t)shape->kernel_width;
    uint8_t *tap = (uint8_t *)(packed + anew_conv_int8_packed_floats(shape)) - taps * TAP;
    for (size_t i = 0; i < taps; i++, tap += TAP) {
        uint8_t ordered[TAP] = {0};
        for (size_t group = 0; group < TAP / (4 * ANEW_BLOCK); group++)
            for (size_t output = 0; output < ANEW_BLOCK; output++)
                memcpy(ordered + group / 2 * (TAP / PARTS) + output * 8 + group % 2 * 4,
                       tap + (group * ANEW_BLOCK + output) * 4, 4);
        memcpy(tap, ordered, sizeof ordered);
    }
}

void anew_conv_int8_neoni8mm(const anew_conv_row *row)
{
    convolve(row, ANEW_INT8_ROWS);
}

void anew_conv_int8_row_neoni8mm(const anew_conv_row *row)
{
    convolve(row, 1);
}
