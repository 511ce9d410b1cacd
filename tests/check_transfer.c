/*
 * check_transfer.c - sRGB's curve against its definition in double, and there and back.
 * Seen to fail by: three steps of Newton's method in place of four, 0.0031 for 0.0031308, 1.05501 for 1.055, values
 * beyond 1 that are not brought back.
 */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "common/suite.h"
#include "image/transfer.h"

#define COUNT 100003

static float *ramp(void)
{
    float *row = malloc(COUNT * sizeof *row);
    ck_assert_ptr_nonnull(row);
    for (int i = 0; i < COUNT; i++)
        row[i] = (float)i / (COUNT - 1);
    return row;
}

static bool is_near(float value, double wanted)
{
    const float nearest = (float)wanted;
    return value >= nextafterf(nearest, 0.0f) && value <= nextafterf(nearest, 2.0f);
}

START_TEST(curve_is_the_standards)
{
    float *row = ramp();
    anew_srgb_to_linear(row, COUNT);
    for (int i = 0; i < COUNT; i++) {
        const double v = (double)((float)i / (COUNT - 1));
        ck_assert(is_near(row[i], v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4)));
    }
    free(row);
    row = ramp();
    anew_linear_to_srgb(row, COUNT);
    for (int i = 0; i < COUNT; i++) {
        const double v = (double)((float)i / (COUNT - 1));
        ck_assert(is_near(row[i], v <= 0.0031308 ? v * 12.92 : 1.055 * pow(v, 1 / 2.4) - 0.055));
    }
    free(row);
}
END_TEST

/* Every value of 16 bits, and what is none. */
START_TEST(there_and_back)
{
    float *row = malloc(65536 * sizeof *row);
    ck_assert_ptr_nonnull(row);
    for (int i = 0; i < 65536; i++)
        row[i] = (float)i / 65535.0f;
    anew_srgb_to_linear(row, 65536);
    for (int i = 1; i < 65536; i++)
        ck_assert(row[i] > row[i - 1]);
    anew_linear_to_srgb(row, 65536);
    for (int i = 0; i < 65536; i++)
        ck_assert_int_eq(lrintf(row[i] * 65535.0f), i);
    float outside[4] = {-1.0f, 2.0f, NAN, INFINITY}, again[4] = {-1.0f, 2.0f, NAN, INFINITY};
    anew_srgb_to_linear(outside, 4);
    anew_linear_to_srgb(again, 4);
    for (int i = 0; i < 4; i++) {
        const float wanted = i % 2 == 0 ? 0.0f : 1.0f;
        ck_assert(outside[i] >= wanted && outside[i] <= wanted);
        ck_assert(is_near(again[i], (double)wanted) && again[i] <= 1.0f);
    }
    free(row);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("transfer");
    TCase *all = add_case(suite, "all", 60);
    tcase_add_test(all, curve_is_the_standards);
    tcase_add_test(all, there_and_back);
    return run_suite(suite);
}
