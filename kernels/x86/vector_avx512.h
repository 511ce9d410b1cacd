/* vector_avx512.h - the vector vocabulary on 16 floats (AVX-512F); the bodies *_body.h speak it. */
#include <immintrin.h>
#include <stdint.h>

#define LANES        16
#define VECTOR_CLASS "v" /* of an assembler operand that is a vector register */
typedef __m512 vector;

static inline vector vector_load(const float *p)
{
    return _mm512_loadu_ps(p);
}

static inline void vector_store(float *p, vector v)
{
    _mm512_storeu_ps(p, v);
}

static inline vector vector_repeat(float value)
{
    return _mm512_set1_ps(value);
}

static inline vector vector_fma(vector a, vector b, vector c)
{
    return _mm512_fmadd_ps(a, b, c);
}

static inline vector vector_add(vector a, vector b)
{
    return _mm512_add_ps(a, b);
}

static inline vector vector_sub(vector a, vector b)
{
    return _mm512_sub_ps(a, b);
}

static inline vector vector_mul(vector a, vector b)
{
    return _mm512_mul_ps(a, b);
}

/* v >= 0 ? v : otherwise, lane by lane; NaN takes `otherwise`, as in C. */
static inline vector vector_positive_or(vector v, vector otherwise)
{
    return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(v, _mm512_setzero_ps(), _CMP_GE_OQ), otherwise,
                                v);
}

static inline vector vector_div(vector a, vector b)
{
    return _mm512_div_ps(a, b);
}

static inline vector vector_sqrt(vector v)
{
    return _mm512_sqrt_ps(v);
}

/* a < b ? yes : no, lane by lane; a NaN takes `no`. */
static inline vector vector_less(vector a, vector b, vector yes, vector no)
{
    return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(a, b, _CMP_LT_OQ), no, yes);
}

static inline vector vector_abs(vector v)
{
    return _mm512_abs_ps(v);
}

/* The magnitude of one, the sign of another. */
static inline vector vector_copy_sign(vector magnitude, vector sign)
{
    const vector bit = _mm512_set1_ps(-0.0f);
    return _mm512_or_ps(_mm512_andnot_ps(bit, magnitude), _mm512_and_ps(bit, sign));
}

/* 2 to the power of n, which is whole and from -126 to 127: n + 127 in the exponent's bits. */
static inline vector vector_power_of_two(vector n)
{
    const __m512i exponent = _mm512_add_epi32(_mm512_cvttps_epi32(n), _mm512_set1_epi32(127));
    return _mm512_castsi512_ps(_mm512_slli_epi32(exponent, 23));
}

/* base[index[0]], base[index[1]], ... */
static inline vector vector_gather(const float *base, const int32_t *index)
{
    return _mm512_i32gather_ps(_mm512_loadu_si512((const void *)index), base, 4);
}
