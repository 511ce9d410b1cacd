/*
 * check_face_gain.c - how finely a picture shows a face, of faces that are made of octaves; and which faces gain.
 *
 * Seen to fail by: finer octaves that count where a coarser one is missing, a square that may hold more than the picture's
 * pixels (face_detail.c), room that does not depend on the enlargement (face_gain.c).
 */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "common/suite.h"
#include "faces/blur.h"
#include "faces/similarity.h"
#include "pipeline/face_gain.h"

#define SIDE ANEW_FACE_DETAIL_SIDE

static uint32_t dice = 1;

/* -1 .. 1 */
static float even(void)
{
    dice = dice * 1664525u + 1013904223u;
    return (float)(dice >> 8) / 8388608.0f - 1;
}

/* Gray, of octaves of the same strength: noise on grids of 2^k pixels, between whose points lines run. Blurred, and with white
 * noise of that standard deviation in steps of 8 bits. */
static anew_planes made(double blur, float white)
{
    anew_planes crop = {0};
    dice = 7;
    ck_assert_int_eq(anew_planes_create(&crop, 3, SIDE, SIDE, NULL), ANEW_OK);
    for (int i = 0; i < SIDE * SIDE; i++)
        crop.data[i] = 0.5f;
    for (int k = 0; k < 8; k++) {
        const int step = 1 << k, across = SIDE / step + 2;
        float *grid = calloc((size_t)across * (size_t)across, sizeof *grid);
        ck_assert_ptr_nonnull(grid);
        for (int i = 0; i < across * across; i++)
            grid[i] = 0.05f * even();
        for (int y = 0; y < SIDE; y++)
            for (int x = 0; x < SIDE; x++) {
                const float *at = grid + (ptrdiff_t)(y / step) * across + x / step;
                const float u = (float)(x % step) / (float)step,
                            v = (float)(y % step) / (float)step;
                crop.data[y * SIDE + x] += (1 - v) * ((1 - u) * at[0] + u * at[1]) +
                                           v * ((1 - u) * at[across] + u * at[across + 1]);
            }
        free(grid);
    }
    ck_assert_int_eq(anew_blur(crop.data, SIDE, SIDE, blur, NULL), ANEW_OK);
    for (int i = 0; i < SIDE * SIDE; i++)
        crop.data[i] += white * sqrtf(3) / 255 * even();
    for (int i = 0; i < SIDE * SIDE; i++)
        crop.data[SIDE * SIDE + i] = crop.data[2 * SIDE * SIDE + i] = crop.data[i];
    return crop;
}

static double shown(double blur, float white, double noise)
{
    anew_planes crop = made(blur, white);
    const double side = anew_face_detail_of_crop(&crop, noise, 1);
    anew_planes_free(&crop);
    return side;
}

/* Twice the blur, about half the square; and noise is no detail where it is known. */
START_TEST(octaves)
{
    ck_assert_double_eq(shown(0, 0, 0), SIDE);
    double before = shown(2, 0, 0), clean = 0;
    ck_assert_msg(before > 180 && before < 300, "blurred by 2: %g", before);
    for (int sigma = 4; sigma <= 8; sigma *= 2) {
        const double side = shown(sigma, 0, 0), share = side / before;
        ck_assert_msg(share > 0.35 && share < 0.65, "blurred by %d: %g, %g", sigma, before, side);
        clean = sigma == 4 ? side : clean;
        before = side;
    }
    ck_assert_double_gt(shown(4, 10, 0), 3 * clean);
    ck_assert_double_lt(shown(4, 10, 10), 2 * clean);
}
END_TEST

/* The same in a picture of another size: the square is of its pixels, and no more can be shown. */
START_TEST(pictures)
{
    const anew_row_kernels *kernels = anew_row_kernels_for(ANEW_ISA_C);
    for (int size = 128; size <= 512; size *= 2) {
        anew_planes crop = made(0, 0);
        anew_image image = {0};
        anew_face face = {.score = 1};
        anew_point points[ANEW_LANDMARKS];
        anew_face_detail detail;
        ck_assert_int_eq(anew_image_create(&image, size, size, 1, 8, NULL), ANEW_OK);
        for (int y = 0; y < size; y++)
            for (int x = 0; x < size; x++)
                ((uint8_t *)image.pixels)[y * size + x] =
                    (uint8_t)(255 * fminf(1, fmaxf(0, crop.data[y * SIDE + x])));
        anew_face_template(points, size);
        for (int k = 0; k < ANEW_LANDMARKS; k++) {
            face.landmarks[k][0] = (float)points[k].x;
            face.landmarks[k][1] = (float)points[k].y;
        }
        ck_assert_int_eq(anew_face_detail_measure(&detail, &image, &face, 0, kernels, 2, NULL),
                         ANEW_OK);
        ck_assert_double_eq_tol(detail.square, size, 0.01 * size);
        ck_assert_msg(detail.shown > 0.6 * size && detail.shown <= detail.square, "%d: %g", size,
                      detail.shown);
        for (int k = 0; k < ANEW_LANDMARKS; k++)
            face.landmarks[k][0] = face.landmarks[k][1] = 3;
        ck_assert_int_eq(anew_face_detail_measure(&detail, &image, &face, 0, kernels, 2, NULL),
                         ANEW_OK);
        ck_assert_double_eq(detail.square, 0);
        anew_image_free(&image);
        anew_planes_free(&crop);
    }
}
END_TEST

START_TEST(gains)
{
    const struct {
        double square, shown, enlarge, damage;
        bool gain;
    } rows[] = {
        {600, 512, 1, 0, false},    {600, 512, 4, 0, false}, /* sharp and large */
        {600, 342, 1, 0, false},    {600, 341, 1, 0, true},  /* soft and large */
        {100, 100, 1, 0, false},    {100, 100, 1.5, 0, true}, /* sharp and small: as it is enlarged */
        {100, 100, 1.49, 0, false}, {100, 66, 1, 0, true},    {600, 500, 1, 0.5, false},
        {600, 500, 1, 1, true}, /* damaged */
        {0, 0, 1, 1, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const anew_face_detail detail = {rows[i].square, rows[i].shown};
        const anew_face_need need = {512, rows[i].enlarge, rows[i].damage};
        ck_assert_msg(anew_face_gains(&detail, &need) == rows[i].gain, "row %zu", i);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("face_gain");
    TCase *test = add_case(suite, "gain", 60);
    tcase_add_test(test, octaves);
    tcase_add_test(test, pictures);
    tcase_add_test(test, gains);
    return run_suite(suite);
}
