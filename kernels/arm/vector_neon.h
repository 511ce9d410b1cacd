/*
 * vector_neon.h - the vector vocabulary on 4 floats (NEON); the bodies *_body.h speak it. On 32 bits NEON flushes
 * denormals, so that the fast class alone may use it, and only the words of convolutions are there.
 */
#include <arm_neon.h>
#include <stdint.h>

#define LANES        4
#define VECTOR_CLASS "w" /* of an assembler operand that is a vector register */
typedef float32x4_t vector;

static inline vector vector_load(const float *p)
{
    return vld1q_f32(p);
}

static inline void vector_store(float *p, vector v)
{
    vst1q_f32(p, v);
}

static inline vector vector_repeat(float value)
{
    return vdupq_n_f32(value);
}

static inline vector vector_fma(vector a, vector b, vector c)
{
    return vfmaq_f32(c, a, b);
}

static inline vector vector_add(vector a, vector b)
{
    return vaddq_f32(a, b);
}

static inline vector vector_sub(vector a, vector b)
{
    return vsubq_f32(a, b);
}

static inline vector vector_mul(vector a, vector b)
{
    return vmulq_f32(a, b);
}

/* v >= 0 ? v : otherwise, lane by lane; NaN takes `otherwise`, as in C. */
static inline vector vector_positive_or(vector v, vector otherwise)
{
    return vbslq_f32(vcgeq_f32(v, vdupq_n_f32(0.0f)), v, otherwise);
}

#ifdef __aarch64__
static inline vector vector_div(vector a, vector b)
{
    return vdivq_f32(a, b);
}

static inline vector vector_sqrt(vector v)
{
    return vsqrtq_f32(v);
}

/* a < b ? yes : no, lane by lane; a NaN takes `no`. */
static inline vector vector_less(vector a, vector b, vector yes, vector no)
{
    return vbslq_f32(vcltq_f32(a, b), yes, no);
}

static inline vector vector_abs(vector v)
{
    return vabsq_f32(v);
}

/* The magnitude of one, the sign of another. */
static inline vector vector_copy_sign(vector magnitude, vector sign)
{
    return vbslq_f32(vdupq_n_u32(0x80000000u), sign, magnitude);
}

/* 2 to the power of n, which is whole and from -126 to 127: n + 127 in the exponent's bits. */
static inline vector vector_power_of_two(vector n)
{
    const int32x4_t exponent = vaddq_s32(vcvtq_s32_f32(n), vdupq_n_s32(127));
    return vreinterpretq_f32_s32(vshlq_n_s32(exponent, 23));
}

/* base[index[0]], base[index[1]], ... */
static inline vector vector_gather(const float *base, const int32_t *index)
{
    vector v = vld1q_dup_f32(base + index[0]);
    v = vld1q_lane_f32(base + index[1], v, 1);
    v = vld1q_lane_f32(base + index[2], v, 2);
    return vld1q_lane_f32(base + index[3], v, 3);
}

/* Whole numbers, and the nearest whole numbers, of ties the even one. */
static inline vector vector_load_whole(const int32_t *p)
{
    return vcvtq_f32_s32(vld1q_s32(p));
}

static inline void vector_store_whole(int32_t *p, vector v)
{
    vst1q_s32(p, vcvtnq_s32_f32(v));
}

/* a[0], b[0], c[0], a[1], ... */
static inline void vector_store_three(float *p, vector a, vector b, vector c)
{
    const float32x4x3_t three = {{a, b, c}};
    vst3q_f32(p, three);
}

/* The same of the nearest whole numbers, which are from 0 to 255: three bytes of each lane side by side. */
static inline void vector_store_three_bytes(uint8_t *p, vector a, vector b, vector c)
{
    static const uint8_t close[16] = {0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 255, 255, 255, 255};
    const uint32x4_t pixels =
        vorrq_u32(vcvtnq_u32_f32(a),
                  vorrq_u32(vshlq_n_u32(vcvtnq_u32_f32(b), 8), vshlq_n_u32(vcvtnq_u32_f32(c), 16)));
    const uint8x16_t bytes = vqtbl1q_u8(vreinterpretq_u8_u32(pixels), vld1q_u8(close));
    vst1_u8(p, vget_low_u8(bytes));
    vst1q_lane_u32((uint32_t *)(void *)(p + 8), vreinterpretq_u32_u8(bytes), 2);
}
#endif
