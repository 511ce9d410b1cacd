/* functions.c - series after a reduction of the argument. */
#include "look/functions.h"

#include <math.h>

#define LOG_2 0.69314718055994530942
#define PI    3.14159265358979323846

/* value = m * 2^e with m of 0.7 .. 1.4; log m = 2 artanh((m - 1) / (m + 1)). frexp and floor are exact. */
double anew_look_log(double value)
{
    int exponent = 0;
    double m = frexp(value, &exponent);
    if (m < 0.70710678118654752) {
        m *= 2.0;
        exponent--;
    }
    const double t = (m - 1.0) / (m + 1.0), t2 = t * t;
    double sum = 0.0;
    for (int i = 19; i >= 1; i -= 2)
        sum = sum * t2 + 1.0 / i;
    return 2.0 * t * sum + exponent * LOG_2;
}

/* value = k log 2 + r with |r| <= 0.35; Taylor. */
double anew_look_exp(double value)
{
    if (value < -700.0)
        return 0.0;
    if (value > 700.0)
        value = 700.0;
    const double k = floor(value / LOG_2 + 0.5);
    const double r = value - k * LOG_2;
    double sum = 1.0;
    for (int i = 12; i >= 1; i--)
        sum = 1.0 + sum * r / i;
    return ldexp(sum, (int)k);
}

/* To a quarter of a turn, then Taylor. */
double anew_look_cosine(double turns)
{
    double t = turns - floor(turns); /* 0 .. 1 */
    double sign = 1.0;
    if (t > 0.5)
        t = 1.0 - t;
    if (t > 0.25) {
        t = 0.5 - t;
        sign = -1.0;
    }
    const double x2 = (2.0 * PI * t) * (2.0 * PI * t);
    double sum = 1.0;
    for (int i = 20; i >= 2; i -= 2)
        sum = 1.0 - sum * x2 / (i * (i - 1));
    return sign * sum;
}
