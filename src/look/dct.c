/* dct.c - by even and odd halves: 32 multiplications for 8 samples. */
#include "look/dct.h"

#include "look/look_samples.h"

/* cos(k pi / 16) / 2 for k = 0 .. 7; k = 0 by the square root of a half. */
static const double HALF_COSINES[8] = {
    0.35355339059327376220, 0.49039264020161522456, 0.46193976625564337806, 0.41573480615127261854,
    0.35355339059327376220, 0.27778511650980111237, 0.19134171618254488586, 0.09754516100806413392,
};

const uint8_t anew_look_zigzag[64] = {
    0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,  12, 19, 26, 33, 40, 48,
    41, 34, 27, 20, 13, 6,  7,  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23,
    30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
};

/* Eight values at x, x + step ...; in place. */
static void transform(double *x, int step)
{
    const double *c = HALF_COSINES;
    double even[4], odd[4];
    for (int i = 0; i < 4; i++) {
        even[i] = x[i * step] + x[(7 - i) * step];
        odd[i] = x[i * step] - x[(7 - i) * step];
    }
    const double a = even[0] + even[3], b = even[1] + even[2];
    const double d = even[0] - even[3], e = even[1] - even[2];
    x[0] = (a + b) * c[0];
    x[4 * step] = (a - b) * c[4];
    x[2 * step] = d * c[2] + e * c[6];
    x[6 * step] = d * c[6] - e * c[2];
    x[step] = odd[0] * c[1] + odd[1] * c[3] + odd[2] * c[5] + odd[3] * c[7];
    x[3 * step] = odd[0] * c[3] - odd[1] * c[7] - odd[2] * c[1] - odd[3] * c[5];
    x[5 * step] = odd[0] * c[5] - odd[1] * c[1] + odd[2] * c[7] + odd[3] * c[3];
    x[7 * step] = odd[0] * c[7] - odd[1] * c[5] + odd[2] * c[3] - odd[3] * c[1];
}

void anew_look_dct(double out[64], const uint16_t *samples, int stride)
{
    for (int y = 0; y < 8; y++)
        for (int x = 0; x < 8; x++)
            out[y * 8 + x] = samples[(int64_t)y * stride + x] * (1.0 / LOOK_STEP);
    for (int y = 0; y < 8; y++)
        transform(out + y * 8, 1);
    for (int x = 0; x < 8; x++)
        transform(out + x, 8);
}
