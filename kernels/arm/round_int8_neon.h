/* round_int8_neon.h - sixteen channels of a pixel as bytes (int8.h). */
#include <arm_neon.h>

/* The conversion to unsigned integers rounds to nearest even and takes what is below 0, and a NaN, to 0; narrowing
 * takes what is above 255 to 255. */
static inline uint16x4_t round_four(const float *values, const float *inverse, const float *zero)
{
    const float32x4_t v = vfmaq_f32(vld1q_f32(zero), vld1q_f32(values), vld1q_f32(inverse));
    return vqmovn_u32(vcvtnq_u32_f32(v));
}

static inline uint8x16_t round_sixteen(const float *values, const float *inverse, const float *zero)
{
    const uint16x8_t low = vcombine_u16(round_four(values, inverse, zero),
                                        round_four(values + 4, inverse + 4, zero + 4));
    const uint16x8_t high = vcombine_u16(round_four(values + 8, inverse + 8, zero + 8),
                                         round_four(values + 12, inverse + 12, zero + 12));
    return vcombine_u8(vqmovn_u16(low), vqmovn_u16(high));
}
