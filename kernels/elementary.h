/*
 * elementary.h - exp, erf, tanh and what networks make of them, as fixed sequences of correctly rounded
 * operations, so that every CPU gives the same bits. No library's functions are used: their last bits differ
 * from one C library to the next. An including file brings the vector vocabulary; with that of vector_c.h
 * these are the functions' definitions.
 *
 * The polynomials are derived by scripts/elementary_coefficients.py. Largest errors that
 * tests/check_operations.c has met over all floats, in units of the last place: exp 0.95, tanh 1.3, erf 1.1,
 * sigmoid 2.1, mish 3.7.
 */
#ifndef ANEW_KERNELS_ELEMENTARY_H
#define ANEW_KERNELS_ELEMENTARY_H

/* exp(r) = 1 + r + r r P(r), |r| <= ln 2 / 2; off by at most 4.1e-09. */
#define ANEW_EXP                                                                                   \
    0x1p-1f, 0x1.555556p-3f, 0x1.5554eap-5f, 0x1.1110ep-7f, 0x1.6d4316p-10f, 0x1.a124e4p-13f
/* tanh(x) = x + x s P(s), s = x x, x <= 0.625; off by at most 1.3e-08. */
#define ANEW_TANH                                                                                  \
    -0x1.555556p-2f, 0x1.1110eap-3f, -0x1.ba08c4p-5f, 0x1.64a976p-6f, -0x1.116a16p-7f, 0x1.2c83cp-9f
/* erf(x) = x + x P(s), s = x x, x <= 1; off by at most 1.7e-09. */
#define ANEW_ERF                                                                                   \
    0x1.06eba8p-3f, -0x1.812746p-2f, 0x1.ce2f08p-4f, -0x1.b829c8p-6f, 0x1.562a6p-8f,               \
        -0x1.bccf66p-11f, 0x1.d8875p-14f, -0x1.445f48p-17f
/* erf(x) = 1 - exp(P(x)), 1 <= x <= 4; off by at most 1.3e-07. */
#define ANEW_ERFC                                                                                  \
    0x1.4fb068p-12f, -0x1.2156fap+0f, -0x1.437eb4p-1f, -0x1.c2e356p-4f, 0x1.b0e246p-6f,            \
        -0x1.37ecc6p-8f, 0x1.38e5e6p-11f, -0x1.825ce4p-15f, 0x1.b7783p-20f

#ifndef ELEMENTARY /* cuda/values.cuh has its own */
#define ELEMENTARY static inline __attribute__((always_inline)) vector
#endif

/* c[0] + c[1] x + ... + c[degree] x^degree by Horner's rule. */
ELEMENTARY elementary_polynomial(const float *c, int degree, vector x)
{
    vector sum = vector_repeat(c[degree]);
    for (int i = degree - 1; i >= 0; i--)
        sum = vector_fma(sum, x, vector_repeat(c[i]));
    return sum;
}

/* e^x = 2^n e^r with n = x / ln 2 to the nearest whole number. ln 2 is taken off in two parts, of which the
 * first has so few digits that n times it is exact (Cody and Waite); 2^n is applied in two halves, so that
 * results below the smallest normal number are rounded once and those above the largest are infinite. */
ELEMENTARY elementary_exp(vector x)
{
    static const float p[] = {ANEW_EXP};
    const vector most = vector_repeat(90.0f), least = vector_repeat(-105.0f);
    const vector to_whole = vector_repeat(0x1.8p23f); /* adding it rounds to a whole number */
    x = vector_less(most, x, most, x);
    x = vector_less(x, least, least, x);
    const vector n = vector_sub(vector_fma(x, vector_repeat(0x1.715476p0f), to_whole), to_whole);
    vector r = vector_fma(n, vector_repeat(-0x1.62e4p-1f), x);
    r = vector_fma(n, vector_repeat(-0x1.7f7d1cp-20f), r);
    const vector tail = elementary_polynomial(p, 5, r);
    const vector power = vector_add(vector_repeat(1.0f), vector_fma(vector_mul(r, r), tail, r));
    const vector half = vector_sub(vector_fma(n, vector_repeat(0.5f), to_whole), to_whole);
    return vector_mul(vector_mul(power, vector_power_of_two(half)),
                      vector_power_of_two(vector_sub(n, half)));
}

/* 1 / (1 + e^-x) */
ELEMENTARY elementary_sigmoid(vector x)
{
    const vector one = vector_repeat(1.0f);
    return vector_div(one, vector_add(one, elementary_exp(vector_sub(vector_repeat(0.0f), x))));
}

/* Near 0 a polynomial, which keeps the relative error small; beyond, 1 - 2 / (e^2x + 1). */
ELEMENTARY elementary_tanh(vector x)
{
    static const float p[] = {ANEW_TANH};
    const vector one = vector_repeat(1.0f), a = vector_abs(x), s = vector_mul(a, a);
    const vector near = vector_fma(vector_mul(a, s), elementary_polynomial(p, 5, s), a);
    const vector e = elementary_exp(vector_add(a, a));
    const vector far = vector_sub(one, vector_div(vector_repeat(2.0f), vector_add(e, one)));
    return vector_copy_sign(vector_less(a, vector_repeat(0.625f), near, far), x);
}

/* Below 1 a polynomial; beyond, 1 less e to the power of one; from 4 on, 1. */
ELEMENTARY elementary_erf(vector x)
{
    static const float below[] = {ANEW_ERF}, beyond[] = {ANEW_ERFC};
    const vector one = vector_repeat(1.0f), four = vector_repeat(4.0f), a = vector_abs(x);
    const vector near = vector_fma(a, elementary_polynomial(below, 7, vector_mul(a, a)), a);
    const vector bounded = vector_less(four, a, four, a);
    const vector far = vector_sub(one, elementary_exp(elementary_polynomial(beyond, 8, bounded)));
    return vector_copy_sign(vector_less(a, one, near, far), x);
}

/* x times the share of a normal distribution that is below x: x / 2 (1 + erf(x / sqrt 2)). */
ELEMENTARY elementary_gelu(vector x)
{
    const vector share = vector_add(vector_repeat(1.0f),
                                    elementary_erf(vector_mul(x, vector_repeat(0x1.6a09e6p-1f))));
    return vector_mul(vector_mul(x, vector_repeat(0.5f)), share);
}

ELEMENTARY elementary_silu(vector x)
{
    return vector_mul(x, elementary_sigmoid(x));
}

/* x tanh(log(1 + e^x)): the tanh of a logarithm is a quotient, ((1 + e)^2 - 1) / ((1 + e)^2 + 1) with e = e^x. From 20 on
 * that is 1, and the square would grow beyond all floats. */
ELEMENTARY elementary_mish(vector x)
{
    const vector two = vector_repeat(2.0f), most = vector_repeat(20.0f);
    const vector e = elementary_exp(vector_less(most, x, most, x));
    const vector n = vector_mul(e, vector_add(e, two));
    return vector_mul(x, vector_div(n, vector_add(n, two)));
}

/* The nearest of 0 .. 1. */
ELEMENTARY elementary_clamp(vector x)
{
    const vector one = vector_repeat(1.0f), zero = vector_repeat(0.0f);
    const vector below = vector_less(one, x, one, x);
    return vector_less(below, zero, zero, below);
}

#endif
