/* vector_avx2.h - the vector vocabulary on 8 floats (AVX2, FMA3); the bodies *_body.h speak it. */
#include <immintrin.h>
#include <stdint.h>

#define LANES 8
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

/* base[index[0]], base[index[1]], ... */
static inline vector vector_gather(const float *base, const int32_t *index)
{
    return _mm256_i32gather_ps(base, _mm256_loadu_si256((const __m256i *)(const void *)index), 4);
}
