/* vector_avx512.h - the vector vocabulary on 16 floats (AVX-512F); the bodies *_body.h speak it. */
#include <immintrin.h>
#include <stdint.h>

#define LANES 16
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

/* base[index[0]], base[index[1]], ... */
static inline vector vector_gather(const float *base, const int32_t *index)
{
    return _mm512_i32gather_ps(_mm512_loadu_si512((const void *)index), base, 4);
}
