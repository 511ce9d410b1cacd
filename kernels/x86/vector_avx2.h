/* vector_avx2.h - the vector vocabulary on 8 floats (AVX2, FMA3); the bodies *_body.h speak it. */
#include <immintrin.h>
#include <stdint.h>

#define LANES        8
#define VECTOR_CLASS "v" /* of an assembler operand that is a vector register */
typedef __m256 vector;

static inline vector vector_load(const float *p)
{
    return _mm256_loadu_ps(p);
}

static inline void vector_store(float *p, vector v)
{
    _mm256_storeu_ps(p, v);
}

static inline vector vector_repeat(float value)
{
    return _mm256_set1_ps(value);
}

static inline vector vector_fma(vector a, vector b, vector c)
{
    return _mm256_fmadd_ps(a, b, c);
}

static inline vector vector_add(vector a, vector b)
{
    return _mm256_add_ps(a, b);
}

static inline vector vector_sub(vector a, vector b)
{
    return _mm256_sub_ps(a, b);
}

static inline vector vector_mul(vector a, vector b)
{
    return _mm256_mul_ps(a, b);
}

/* v >= 0 ? v : otherwise, lane by lane; NaN takes `otherwise`, as in C. */
static inline vector vector_positive_or(vector v, vector otherwise)
{
    return _mm256_blendv_ps(otherwise, v, _mm256_cmp_ps(v, _mm256_setzero_ps(), _CMP_GE_OQ));
}

static inline vector vector_div(vector a, vector b)
{
    return _mm256_div_ps(a, b);
}

static inline vector vector_sqrt(vector v)
{
    return _mm256_sqrt_ps(v);
}

/* a < b ? yes : no, lane by lane; a NaN takes `no`. */
static inline vector vector_less(vector a, vector b, vector yes, vector no)
{
    return _mm256_blendv_ps(no, yes, _mm256_cmp_ps(a, b, _CMP_LT_OQ));
}

static inline vector vector_abs(vector v)
{
    return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), v);
}

/* The magnitude of one, the sign of another. */
static inline vector vector_copy_sign(vector magnitude, vector sign)
{
    const vector bit = _mm256_set1_ps(-0.0f);
    return _mm256_or_ps(_mm256_andnot_ps(bit, magnitude), _mm256_and_ps(bit, sign));
}

/* 2 to the power of n, which is whole and from -126 to 127: n + 127 in the exponent's bits. */
static inline vector vector_power_of_two(vector n)
{
    const __m256i exponent = _mm256_add_epi32(_mm256_cvttps_epi32(n), _mm256_set1_epi32(127));
    return _mm256_castsi256_ps(_mm256_slli_epi32(exponent, 23));
}

/* base[index[0]], base[index[1]], ... */
static inline vector vector_gather(const float *base, const int32_t *index)
{
    return _mm256_i32gather_ps(base, _mm256_loadu_si256((const __m256i *)(const void *)index), 4);
}

/* Whole numbers, and the nearest whole numbers, of ties the even one. */
static inline vector vector_load_whole(const int32_t *p)
{
    return _mm256_cvtepi32_ps(_mm256_loadu_si256((const __m256i *)(const void *)p));
}

static inline void vector_store_whole(int32_t *p, vector v)
{
    _mm256_storeu_si256((__m256i *)(void *)p, _mm256_cvtps_epi32(v));
}

/* a[0], b[0], c[0], a[1], ...: each vector is turned so that its samples lie in the lanes where they belong. */
static inline void vector_store_three(float *p, vector a, vector b, vector c)
{
    a = _mm256_permutevar8x32_ps(a, _mm256_setr_epi32(0, 3, 6, 1, 4, 7, 2, 5));
    b = _mm256_permutevar8x32_ps(b, _mm256_setr_epi32(5, 0, 3, 6, 1, 4, 7, 2));
    c = _mm256_permutevar8x32_ps(c, _mm256_setr_epi32(2, 5, 0, 3, 6, 1, 4, 7));
    _mm256_storeu_ps(p, _mm256_blend_ps(_mm256_blend_ps(a, b, 0x92), c, 0x24));
    _mm256_storeu_ps(p + 8, _mm256_blend_ps(_mm256_blend_ps(a, b, 0x24), c, 0x49));
    _mm256_storeu_ps(p + 16, _mm256_blend_ps(_mm256_blend_ps(a, b, 0x49), c, 0x92));
}

/* The same of the nearest whole numbers, which are from 0 to 255: three bytes of each lane, then 12 of each four lanes. */
static inline void vector_store_three_bytes(uint8_t *p, vector a, vector b, vector c)
{
    const __m256i close = _mm256_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1,
                                           0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1);
    const __m256i order = _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 3, 7);
    const __m256i pixels = _mm256_or_si256(
        _mm256_cvtps_epi32(a), _mm256_or_si256(_mm256_slli_epi32(_mm256_cvtps_epi32(b), 8),
                                               _mm256_slli_epi32(_mm256_cvtps_epi32(c), 16)));
    const __m256i bytes = _mm256_permutevar8x32_epi32(_mm256_shuffle_epi8(pixels, close), order);
    _mm_storeu_si128((__m128i *)(void *)p, _mm256_castsi256_si128(bytes));
    _mm_storel_epi64((__m128i *)(void *)(p + 16), _mm256_extracti128_si256(bytes, 1));
}
