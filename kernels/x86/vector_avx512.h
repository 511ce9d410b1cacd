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

/* Whole numbers, and the nearest whole numbers, of ties the even one. */
static inline vector vector_load_whole(const int32_t *p)
{
    return _mm512_cvtepi32_ps(_mm512_loadu_si512((const void *)p));
}

static inline void vector_store_whole(int32_t *p, vector v)
{
    _mm512_storeu_si512((void *)p, _mm512_cvtps_epi32(v));
}

/* a[0], b[0], c[0], a[1], ...: lane i of result k is sample 16 k + i, whose pixel is a third of that. */
static inline void vector_store_three(float *p, vector a, vector b, vector c)
{
    const __m512i ab0 = _mm512_setr_epi32(0, 16, 0, 1, 17, 0, 2, 18, 0, 3, 19, 0, 4, 20, 0, 5);
    const __m512i ab1 = _mm512_setr_epi32(21, 0, 6, 22, 0, 7, 23, 0, 8, 24, 0, 9, 25, 0, 10, 26);
    const __m512i ab2 = _mm512_setr_epi32(0, 11, 27, 0, 12, 28, 0, 13, 29, 0, 14, 30, 0, 15, 31, 0);
    const __m512i c0 = _mm512_setr_epi32(0, 0, 0, 0, 0, 1, 0, 0, 2, 0, 0, 3, 0, 0, 4, 0);
    const __m512i c1 = _mm512_setr_epi32(0, 5, 0, 0, 6, 0, 0, 7, 0, 0, 8, 0, 0, 9, 0, 0);
    const __m512i c2 = _mm512_setr_epi32(10, 0, 0, 11, 0, 0, 12, 0, 0, 13, 0, 0, 14, 0, 0, 15);
    _mm512_storeu_ps(p,
                     _mm512_mask_permutexvar_ps(_mm512_permutex2var_ps(a, ab0, b), 0x4924, c0, c));
    _mm512_storeu_ps(p + 16,
                     _mm512_mask_permutexvar_ps(_mm512_permutex2var_ps(a, ab1, b), 0x2492, c1, c));
    _mm512_storeu_ps(p + 32,
                     _mm512_mask_permutexvar_ps(_mm512_permutex2var_ps(a, ab2, b), 0x9249, c2, c));
}

/* The same of the nearest whole numbers, which are from 0 to 255: three bytes of each lane, then 12 of each four lanes. */
static inline void vector_store_three_bytes(uint8_t *p, vector a, vector b, vector c)
{
    const __m512i close = _mm512_broadcast_i32x4(
        _mm_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1));
    const __m512i order = _mm512_setr_epi32(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 3, 7, 11, 15);
    const __m512i pixels = _mm512_or_si512(
        _mm512_cvtps_epi32(a), _mm512_or_si512(_mm512_slli_epi32(_mm512_cvtps_epi32(b), 8),
                                               _mm512_slli_epi32(_mm512_cvtps_epi32(c), 16)));
    _mm512_mask_storeu_epi32(p, 0x0fff,
                             _mm512_permutexvar_epi32(order, _mm512_shuffle_epi8(pixels, close)));
}
