/* vector_c.h - the vector vocabulary on a single float: what the words mean. */
#include <math.h>

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
