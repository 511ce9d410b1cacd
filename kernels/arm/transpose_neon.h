/* transpose_neon.h - a matrix of 4 by 4 floats transposed in registers. */
#include <arm_neon.h>

static inline __attribute__((always_inline)) void transpose(float32x4_t m[4])
{
#ifdef __aarch64__
    /* Pairs of rows as matrices of 2 by 2 floats, then of 2 by 2 halves. */
    const float64x2_t a = vreinterpretq_f64_f32(vtrn1q_f32(m[0], m[1])); /* a0 b0 a2 b2 */
    const float64x2_t b = vreinterpretq_f64_f32(vtrn2q_f32(m[0], m[1])); /* a1 b1 a3 b3 */
    const float64x2_t c = vreinterpretq_f64_f32(vtrn1q_f32(m[2], m[3]));
    const float64x2_t d = vreinterpretq_f64_f32(vtrn2q_f32(m[2], m[3]));
    m[0] = vreinterpretq_f32_f64(vtrn1q_f64(a, c));
    m[1] = vreinterpretq_f32_f64(vtrn1q_f64(b, d));
    m[2] = vreinterpretq_f32_f64(vtrn2q_f64(a, c));
    m[3] = vreinterpretq_f32_f64(vtrn2q_f64(b, d));
#else
    const float32x4x2_t a = vtrnq_f32(m[0], m[1]); /* a0 b0 a2 b2, a1 b1 a3 b3 */
    const float32x4x2_t b = vtrnq_f32(m[2], m[3]);
    m[0] = vcombine_f32(vget_low_f32(a.val[0]), vget_low_f32(b.val[0]));
    m[1] = vcombine_f32(vget_low_f32(a.val[1]), vget_low_f32(b.val[1]));
    m[2] = vcombine_f32(vget_high_f32(a.val[0]), vget_high_f32(b.val[0]));
    m[3] = vcombine_f32(vget_high_f32(a.val[1]), vget_high_f32(b.val[1]));
#endif
}
