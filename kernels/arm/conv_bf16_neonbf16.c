/*
 * conv_bf16_neonbf16.c - direct convolution in bfloat16 (tiles.h), on the matrix products of FEAT_BF16. Sums are rounded
 * as that instruction does it (to odd, without denormals), within the fast class's bound of the sums of rounded factors.
 */
#include <string.h>

#include "kernels/arm/vector_neon.h"
#include "kernels/implementations.h"
#include "kernels/sums_body.h"
#include "kernels/tiles.h"

#define UNITS_OF_BLOCK 4
#define NOTHING        vector_repeat(0.0f)
typedef float32x4_t accumulator;

INLINE accumulator matrix_multiply(accumulator sums, uint8x16_t pixels, uint8x16_t weights)
{
    return vbfmmlaq_f32(sums, vreinterpretq_bf16_u8(pixels), vreinterpretq_bf16_u8(weights));
}

/* The four outputs of the first or of the second pixel of two accumulators. */
INLINE accumulator first_pixel(accumulator a, accumulator b)
{
    return vcombine_f32(vget_low_f32(a), vget_low_f32(b));
}

INLINE accumulator second_pixel(accumulator a, accumulator b)
{
    return vcombine_f32(vget_high_f32(a), vget_high_f32(b));
}

#include "kernels/arm/conv_matrix_body.h"

static const uint8_t *weights_of(const anew_conv_row *row)
{
    return (const uint8_t *)row->weights;
}

/* Lanes past the block's channels may hold anything, and a NaN times 0 is one: they become zeros. */
INLINE void round_pixel(const convolution *c, uint8_t *to, int block, const float *source)
{
    static const uint32_t lanes[4] = {0, 1, 2, 3};
    const uint32x4_t used = vdupq_n_u32((uint32_t)c->row->source_channels[block]);
    for (int i = 0; i < UNITS_OF_BLOCK; i++) {
        const uint32x4_t lane = vaddq_u32(vld1q_u32(lanes), vdupq_n_u32((uint32_t)(4 * i)));
        const uint32x4_t value = vreinterpretq_u32_f32(vector_load(source + 4 * i));
        const uint32x4_t kept = vandq_u32(value, vcltq_u32(lane, used));
        vst1_u16((uint16_t *)(void *)(to + i * c->plane),
                 vreinterpret_u16_bf16(vcvt_bf16_f32(vreinterpretq_f32_u32(kept))));
    }
}

INLINE vector finish_sums(const convolution *c, accumulator sums, int block, int lane)
{
    return vector_add(sums, vector_load(c->row->bias + block * ANEW_BLOCK + lane));
}

/* [16 pairs of channels][16 outputs][2] becomes [8 parts][8 pairs of outputs][2][4]. */
void anew_conv_tiles_pack_neonbf16(float *packed, const float *weights,
                                   const anew_conv_shape *shape)
{
    anew_conv_tiles_pack(packed, weights, shape);
    const size_t taps = anew_conv_tiles_packed_floats(shape) / ANEW_TILES_FLOATS;
    uint8_t *tap = (uint8_t *)packed;
    for (size_t i = 0; i < taps; i++, tap += TAP) {
        uint8_t ordered[TAP] = {0};
        for (size_t pair = 0; pair < ANEW_TILES_CHANNELS / 2; pair++)
            for (size_t output = 0; output < ANEW_BLOCK; output++)
                memcpy(ordered + pair / 2 * (TAP / PARTS) + output * 8 + pair % 2 * 4,
                       tap + (pair * ANEW_BLOCK + output) * 4, 4);
        memcpy(tap, ordered, sizeof ordered);
    }
}

void anew_conv_bf16_neonbf16(const anew_conv_row *row)
{
    convolve(row, ANEW_TILES_ROWS);
}

void anew_conv_bf16_row_neonbf16(const anew_conv_row *row)
{
    convolve(row, 1);
}
