/*
 * bf16.h - bfloat16: the upper half of a float32, so 8 exponent bits and 8 bits of precision.
 *
 * Rounded to nearest even; a denormal becomes a zero of its sign, as the CPUs' own conversions do
 * (Intel SDM, VCVTNE2PS2BF16); a NaN stays one.
 */
#ifndef ANEW_KERNELS_BF16_H
#define ANEW_KERNELS_BF16_H

#include <stdint.h>
#include <string.h>

static inline uint16_t anew_bf16_from(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    if ((bits & 0x7f800000u) == 0)
        return (uint16_t)((bits >> 16) & 0x8000u);
    if ((bits & 0x7fffffffu) > 0x7f800000u)
        return (uint16_t)(bits >> 16 | 0x40u);
    return (uint16_t)((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

static inline float anew_bf16_to(uint16_t half)
{
    const uint32_t bits = (uint32_t)half << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

#endif
