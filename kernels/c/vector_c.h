/* vector_c.h - the vector vocabulary on a single float: what the words mean. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#define LANES 1
typedef float vector;

static inline vector vector_load(const float *p)
{
    return *p;
}

static inline void vector_store(float *p, vector v)
{
    *p = v;
}

static inline vector vector_repeat(float value)
{
    return value;
}

static inline vector vector_fma(vector a, vector b, vector c)
{
    return fmaf(a, b, c);
}

static inline vector vector_add(vector a, vector b)
{
    return a + b;
}

static inline vector vector_sub(vector a, vector b)
{
    return a - b;
}

static inline vector vector_mul(vector a, vector b)
{
    return a * b;
}

static inline vector vector_positive_or(vector v, vector otherwise)
{
    return v >= 0 ? v : otherwise;
}

static inline vector vector_div(vector a, vector b)
{
    return a / b;
}

static inline vector vector_sqrt(vector v)
{
    return sqrtf(v);
}

static inline vector vector_less(vector a, vector b, vector yes, vector no)
{
    return a < b ? yes : no;
}

static inline vector vector_abs(vector v)
{
    return fabsf(v);
}

static inline vector vector_copy_sign(vector magnitude, vector sign)
{
    return copysignf(magnitude, sign);
}

/* 2 to the power of n, which is whole and from -126 to 127: n + 127 in the exponent's bits. A NaN may give
 * anything. */
static inline vector vector_power_of_two(vector n)
{
    const uint32_t bits = (n == n ? (uint32_t)((int32_t)n + 127) : 0) << 23;
    vector power;
    memcpy(&power, &bits, sizeof power);
    return power;
}
