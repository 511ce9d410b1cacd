/*
 * check_faces_similarity.c - fits of similarities: known maps come back, wrong landmarks are told from right ones,
 * and (with the shared folder) crops lie where those of the published tools lie.
 *
 * Seen to fail by: another multiplier of the generator, the second smallest residual for the median, no factor for few
 * points in the limit, all points in the last fit, coordinates that are not rounded to float (the published tools only);
 * turning the other way; a resize that keeps the centre of pixel 0 in place.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/npy_doubles.h"
#include "common/suite.h"
#include "faces/similarity.h"

static double random_unit(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return (*state >> 8) / 16777216.0;
}

static anew_affine similarity_of(double scale, double angle, double x, double y)
{
    const double a = scale * cos(angle), b = scale * sin(angle);
    return (anew_affine){{{a, -b, x}, {b, a, y}}};
}

static double largest_gap(const anew_affine *a, const anew_affine *b)
{
    double gap = 0;
    for (int i = 0; i < 6; i++)
        gap = fmax(gap, fabs(a->m[i / 3][i % 3] - b->m[i / 3][i % 3]));
    return gap;
}

/* Landmarks in a picture that `to_crop` carries to the template exactly. */
static void landmarks_for(anew_point landmarks[ANEW_LANDMARKS], const anew_affine *to_crop,
                          int size)
{
    anew_affine back;
    ck_assert_int_eq(anew_affine_invert(&back, to_crop, NULL), ANEW_OK);
    anew_face_template(landmarks, size);
    for (int i = 0; i < ANEW_LANDMARKS; i++)
        landmarks[i] = anew_affine_apply(&back, landmarks[i].x, landmarks[i].y);
}

START_TEST(known_maps_come_back)
{
    static const int sizes[] = {256, 512, 1024};
    uint32_t seed = 1;
    for (int round = 0; round < 300; round++) {
        const int size = sizes[round % 3];
        const anew_affine truth =
            similarity_of(0.2 + 8 * random_unit(&seed), 6.28 * random_unit(&seed),
                          900 * random_unit(&seed) - 450, 900 * random_unit(&seed) - 450);
        anew_point landmarks[ANEW_LANDMARKS], at[ANEW_LANDMARKS];
        landmarks_for(landmarks, &truth, size);
        anew_face_template(at, size);
        anew_affine fitted, robust;
        bool inliers[ANEW_LANDMARKS];
        ck_assert_int_eq(anew_similarity_fit(&fitted, landmarks, at, ANEW_LANDMARKS, NULL),
                         ANEW_OK);
        ck_assert_int_eq(anew_similarity_robust(&robust, inliers, landmarks, at, NULL), ANEW_OK);
        ck_assert_msg(largest_gap(&fitted, &truth) < 1e-9, "%g", largest_gap(&fitted, &truth));
        /* Its input is rounded to float. */
        ck_assert_msg(largest_gap(&robust, &truth) < 2e-3, "%g", largest_gap(&robust, &truth));
        for (int i = 0; i < ANEW_LANDMARKS; i++)
            ck_assert(inliers[i]);
    }
}
END_TEST

/* The least-squares fit has no better neighbour. */
START_TEST(least_squares_are_least)
{
    uint32_t seed = 5;
    anew_point from[ANEW_LANDMARKS], to[ANEW_LANDMARKS];
    anew_face_template(to, 512);
    for (int i = 0; i < ANEW_LANDMARKS; i++) {
        from[i].x = to[i].x * 0.3 + 20 * random_unit(&seed);
        from[i].y = to[i].y * 0.3 + 20 * random_unit(&seed);
    }
    anew_affine best;
    ck_assert_int_eq(anew_similarity_fit(&best, from, to, ANEW_LANDMARKS, NULL), ANEW_OK);
    double least = 0;
    for (int n = 0; n <= 8; n++) {
        double v[4] = {best.m[0][0], best.m[1][0], best.m[0][2], best.m[1][2]};
        if (n > 0)
            v[(n - 1) / 2] += (n % 2 == 0 ? 1e-3 : -1e-3);
        double sum = 0;
        for (int i = 0; i < ANEW_LANDMARKS; i++) {
            const double dx = v[0] * from[i].x - v[1] * from[i].y + v[2] - to[i].x;
            const double dy = v[1] * from[i].x + v[0] * from[i].y + v[3] - to[i].y;
            sum += dx * dx + dy * dy;
        }
        if (n == 0)
            least = sum;
        else
            ck_assert(sum > least);
    }
}
END_TEST

START_TEST(wrong_landmarks_are_told_from_right_ones)
{
    uint32_t seed = 9;
    for (int round = 0; round < 200; round++) {
        const anew_affine truth =
            similarity_of(0.5 + 3 * random_unit(&seed), 0.5 - random_unit(&seed),
                          100 * random_unit(&seed), 100 * random_unit(&seed));
        anew_point landmarks[ANEW_LANDMARKS], at[ANEW_LANDMARKS];
        landmarks_for(landmarks, &truth, 512);
        anew_face_template(at, 512);
        const int wrong = round % ANEW_LANDMARKS;
        landmarks[wrong].x += 60;
        landmarks[wrong].y -= 45;
        anew_affine robust, plain;
        bool inliers[ANEW_LANDMARKS];
        ck_assert_int_eq(anew_similarity_robust(&robust, inliers, landmarks, at, NULL), ANEW_OK);
        ck_assert_int_eq(anew_similarity_fit(&plain, landmarks, at, ANEW_LANDMARKS, NULL), ANEW_OK);
        for (int i = 0; i < ANEW_LANDMARKS; i++)
            ck_assert_int_eq(inliers[i], i != wrong);
        ck_assert(largest_gap(&robust, &truth) < 1e-3);
        ck_assert(largest_gap(&plain, &truth) > 1);
    }
}
END_TEST

START_TEST(what_is_no_face_is_refused)
{
    anew_error error = {0};
    anew_affine to_crop;
    anew_face face = {.score = 1};
    ck_assert_int_eq(anew_face_align(&to_crop, &face, 512, &error), ANEW_ERROR_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(error.text, "landmarks"));
    for (int i = 0; i < ANEW_LANDMARKS; i++)
        face.landmarks[i][0] = face.landmarks[i][1] = (float)i;
    face.landmarks[3][1] = NAN;
    ck_assert_int_eq(anew_face_align(&to_crop, &face, 512, &error), ANEW_ERROR_ARGUMENT);
    face.landmarks[3][1] = INFINITY;
    ck_assert_int_eq(anew_face_align(&to_crop, &face, 512, &error), ANEW_ERROR_ARGUMENT);
    face.landmarks[3][1] = 1e30f;
    if (anew_face_align(&to_crop, &face, 512, &error) == ANEW_OK) /* or not, but no crash */
        ck_assert(isfinite(to_crop.m[0][2]));
    const anew_affine flat = {{{1, 2, 0}, {2, 4, 0}}};
    ck_assert_int_eq(anew_affine_invert(&to_crop, &flat, &error), ANEW_ERROR_ARGUMENT);
    /* Both eyes in one place: three points are left to tell. */
    anew_point at[ANEW_LANDMARKS];
    anew_face_template(at, 512);
    for (int i = 0; i < ANEW_LANDMARKS; i++) {
        face.landmarks[i][0] = (float)at[i == 1 ? 0 : i].x;
        face.landmarks[i][1] = (float)at[i == 1 ? 0 : i].y;
    }
    ck_assert_int_eq(anew_face_align(&to_crop, &face, 512, &error), ANEW_OK);
    ck_assert(fabs(to_crop.m[0][0] - 1) < 1e-3);
}
END_TEST

START_TEST(maps_are_joined_and_inverted)
{
    const anew_affine a = similarity_of(1.7, 0.4, 20, -3), resize = anew_affine_resize(2, 3);
    anew_affine back;
    ck_assert_int_eq(anew_affine_invert(&back, &a, NULL), ANEW_OK);
    const anew_affine both = anew_affine_then(&a, &back);
    anew_point p = anew_affine_apply(&both, 12.5, -7);
    ck_assert(fabs(p.x - 12.5) < 1e-12 && fabs(p.y + 7) < 1e-12);
    const anew_affine joined = anew_affine_then(&a, &resize);
    p = anew_affine_apply(&a, 3, 4);
    const anew_point q = anew_affine_apply(&joined, 3, 4);
    ck_assert(fabs((p.x + 0.5) * 2 - 0.5 - q.x) < 1e-12);
    ck_assert(fabs((p.y + 0.5) * 3 - 0.5 - q.y) < 1e-12);
}
END_TEST

/* ---- as the reference ---------------------------------------------------------------------------------- */

static double *golden(const char *name, size_t count)
{
    char path[1024];
    size_t found;
    (void)snprintf(path, sizeof path, "%s/reference/goldens/affine/%s.npy", shared_folder(), name);
    double *values = npy_doubles(path, &found);
    ck_assert_ptr_nonnull(values);
    ck_assert_uint_eq(found, count);
    return values;
}

/* volatile: as in similarity.c. */
static double at_float(double value)
{
    const volatile float narrow = (float)value;
    return (double)narrow;
}

START_TEST(crops_lie_where_the_published_tools_put_them)
{
    enum { CASES = 60 };
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/reference/goldens/affine/M_lmeds.npy", shared_folder());
    if (!is_there(path, "alignment as the published tools"))
        return;
    double *landmarks = golden("landmarks", CASES * 10), *inliers = golden("inliers", CASES * 5);
    double *robust = golden("M_lmeds", CASES * 6), *plain = golden("M_lsq_all5", CASES * 6);
    double *inverse = golden("M_inverse", CASES * 6), *at = golden("template512", 10);
    anew_point template[ANEW_LANDMARKS], to[ANEW_LANDMARKS];
    double worst[3] = {0};
    anew_face_template(template, 512);
    ck_assert_mem_eq(template, at, sizeof template);
    for (int i = 0; i < ANEW_LANDMARKS; i++)
        to[i] = (anew_point){at_float(template[i].x), at_float(template[i].y)};
    int different = 0;
    for (int n = 0; n < CASES; n++) {
        anew_point from[ANEW_LANDMARKS], rounded[ANEW_LANDMARKS];
        bool used[ANEW_LANDMARKS];
        anew_affine fitted[3], want[3];
        memcpy(from, landmarks + n * 10, sizeof from);
        for (int i = 0; i < ANEW_LANDMARKS; i++)
            rounded[i] = (anew_point){at_float(landmarks[n * 10 + 2 * i]),
                                      at_float(landmarks[n * 10 + 2 * i + 1])};
        memcpy(&want[0], robust + n * 6, sizeof want[0]);
        memcpy(&want[1], plain + n * 6, sizeof want[1]);
        memcpy(&want[2], inverse + n * 6, sizeof want[2]);
        ck_assert_int_eq(anew_similarity_robust(&fitted[0], used, from, template, NULL), ANEW_OK);
        ck_assert_int_eq(anew_similarity_fit(&fitted[1], rounded, to, ANEW_LANDMARKS, NULL),
                         ANEW_OK);
        ck_assert_int_eq(anew_affine_invert(&fitted[2], &fitted[0], NULL), ANEW_OK);
        for (int i = 0; i < ANEW_LANDMARKS; i++)
            ck_assert_msg(used[i] == (inliers[n * 5 + i] > 0), "case %d, landmark %d", n, i);
        for (int i = 0; i < 3; i++)
            worst[i] = fmax(worst[i], largest_gap(&fitted[i], &want[i]));
        different += largest_gap(&want[0], &want[1]) > 1e-3;
    }
    printf("robust %.1e, least squares %.1e, inverse %.1e off; they differ in %d of %d cases\n",
           worst[0], worst[1], worst[2], different, CASES);
    ck_assert(worst[0] < 5e-10);
    ck_assert(worst[1] < 5e-10);
    ck_assert(worst[2] < 5e-10);
    ck_assert_int_gt(different, 3);
    free(landmarks);
    free(inliers);
    free(robust);
    free(plain);
    free(inverse);
    free(at);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("faces: similarity");
    TCase *all = add_case(suite, "similarity", 30);
    tcase_add_test(all, known_maps_come_back);
    tcase_add_test(all, least_squares_are_least);
    tcase_add_test(all, wrong_landmarks_are_told_from_right_ones);
    tcase_add_test(all, what_is_no_face_is_refused);
    tcase_add_test(all, maps_are_joined_and_inverted);
    tcase_add_test(all, crops_lie_where_the_published_tools_put_them);
    return run_suite(suite);
}
