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
