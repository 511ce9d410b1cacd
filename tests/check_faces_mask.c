/*
 * check_faces_mask.c - masks, the blur under them, and what is measured on a crop: grain, casts, the identity guard.
 *
 * Seen to fail by: a box filter with whole ends only, one sample too many behind, or along one axis only; no fall
 * towards the crop's border; half the feather, twice the feather; a shape that is too low, or that does not turn with
 * the face; masks that do not end; a feather in crop pixels, or without its least width; the half for the quarter of the
 * responses; a cast added once more, taken over 2 pixels, or not weighted by the face; what is not a number let through;
 * no gain for what the choice of small deviations takes; luma counted as chroma.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/blank.h"
#include "common/suite.h"
#include "faces/blur.h"
#include "faces/guard.h"
#include "faces/mask.h"
#include "faces/match.h"

/* ---- blur ------------------------------------------------------------------------------------------------- */

START_TEST(a_blur_is_nearly_gaussian)
{
    static const double sigmas[] = {0.6, 1, 2.3, 5, 11.7};
    for (int i = 0; i < 5; i++) {
        const double sigma = sigmas[i];
        anew_planes p = blank(1, 121, 131, 0);
        p.data[60 * 131 + 65] = 1;
        ck_assert_int_eq(anew_blur(p.data, 121, 131, sigma, NULL), ANEW_OK);
        double sum = 0, across = 0, down = 0, worst = 0;
        for (int y = 0; y < 121; y++)
            for (int x = 0; x < 131; x++) {
                const double v = (double)p.data[y * 131 + x];
                const double d2 = (x - 65) * (x - 65) + (y - 60) * (y - 60);
                sum += v;
                across += v * (x - 65) * (x - 65);
                down += v * (y - 60) * (y - 60);
                worst = fmax(worst, fabs(v - exp(-d2 / (2 * sigma * sigma)) /
                                                 (2 * 3.14159265358979 * sigma * sigma)));
            }
        ck_assert_msg(fabs(sum - 1) < 1e-5, "sigma %g: sum %g", sigma, sum);
        ck_assert_msg(fabs(sqrt(across) - sigma) < 1e-3 * sigma + 1e-4, "sigma %g: %g", sigma,
                      sqrt(across));
        ck_assert_msg(fabs(sqrt(down) - sigma) < 1e-3 * sigma + 1e-4, "sigma %g: %g", sigma,
                      sqrt(down));
        ck_assert_msg(worst * sigma * sigma < 0.03, "sigma %g: %g", sigma, worst * sigma * sigma);
        anew_planes_free(&p);
    }
    /* Beyond the edges lies 0, also for a filter wider than the picture. */
    anew_planes p = blank(1, 5, 9, 1);
    ck_assert_int_eq(anew_blur(p.data, 5, 9, 30, NULL), ANEW_OK);
    for (int i = 0; i < 45; i++)
        ck_assert(p.data[i] > 0 && p.data[i] < 0.05f);
    anew_planes_free(&p);
}
END_TEST

/* ---- masks ------------------------------------------------------------------------------------------------ */

/* 0 at the border, 0 .. 1, and no step larger than the smoothest fall of that width has (1.875 of its mean). */
static void assert_smooth(const anew_planes *m, double feather, const char *what)
{
    double steepest = 0;
    for (int y = 0; y < m->height; y++)
        for (int x = 0; x < m->width; x++) {
            const float v = m->data[y * m->width + x];
            ck_assert(v >= 0 && v <= 1);
            if (x < 2 || y < 2 || x >= m->width - 2 || y >= m->height - 2)
                ck_assert(v == 0);
            if (x > 0)
                steepest = fmax(steepest, fabs((double)(v - m->data[y * m->width + x - 1])));
            if (y > 0)
                steepest = fmax(steepest, fabs((double)(v - m->data[(y - 1) * m->width + x])));
        }
    ck_assert_msg(steepest <= 2.4 / feather, "%s: a step of %g with a feather of %g", what,
                  steepest, feather);
    ck_assert_msg(steepest >= 0.8 / feather, "%s: at most %g with a feather of %g", what, steepest,
                  feather);
}

START_TEST(masks_from_landmarks)
{
    static const int sizes[] = {256, 512, 1024};
    for (int i = 0; i < 3; i++)
        for (int k = 1; k < 4; k++) {
            const int size = sizes[i];
            const double feather = size / 64.0 * (2 << k), unit = size / 512.0;
            anew_planes m = blank(1, size, size, 9);
            anew_point p[ANEW_LANDMARKS];
            anew_face_template(p, size);
            anew_mask_from_landmarks(&m, p, feather);
            assert_smooth(&m, feather, "landmarks");
            /* Features inside, the corners outside. */
            for (int n = 0; n < ANEW_LANDMARKS; n++)
                ck_assert(m.data[(int)p[n].y * size + (int)p[n].x] == 1);
            ck_assert(m.data[(int)(430 * unit) * size + (int)(256 * unit)] >
                      (k == 3 ? 0.6f : 0.99f)); /* chin */
            ck_assert(m.data[(int)(190 * unit) * size + (int)(180 * unit)] >
                      (k == 3 ? 0.6f : 0.99f)); /* brow */
            ck_assert(m.data[(int)(60 * unit) * size + (int)(256 * unit)] <
                      (k == 3 ? 0.1f : 0.01f)); /* hair */
            ck_assert(m.data[(int)(100 * unit) * size + (int)(100 * unit)] <
                      (k == 3 ? 0.03f : 1e-9f));
            /* It turns and moves with the landmarks. */
            anew_point q[ANEW_LANDMARKS];
            anew_planes turned = blank(1, size, size, 0);
            for (int n = 0; n < ANEW_LANDMARKS; n++)
                q[n] = (anew_point){p[n].y, p[n].x};
            anew_mask_from_landmarks(&turned, q, feather);
            for (int y = 0; y < size; y++)
                for (int x = 0; x < size; x++)
                    ck_assert(fabsf(turned.data[x * size + y] - m.data[y * size + x]) < 1e-5f);
            anew_planes_free(&m);
            anew_planes_free(&turned);
        }
    /* Of a face turned to the left, more lies on the right of its nose. */
    anew_planes turned = blank(1, 256, 256, 0);
    anew_point p[ANEW_LANDMARKS];
    anew_face_template(p, 256);
    p[2].x -= 20;
    anew_mask_from_landmarks(&turned, p, 8);
    double sum = 0, sideways = 0;
    for (int i = 0; i < 256 * 256; i++) {
        sum += (double)turned.data[i];
        sideways += (double)turned.data[i] * (i % 256 - 128);
    }
    ck_assert_msg(fabs(sideways / sum - 10) < 1.5, "%g", sideways / sum);
    anew_planes_free(&turned);
    /* Landmarks in one place are no reason to crash. */
    anew_planes m = blank(1, 64, 64, 9);
    const anew_point nothing[ANEW_LANDMARKS] = {{0, 0}};
    anew_mask_from_landmarks(&m, nothing, 4);
    for (int i = 0; i < 64 * 64; i++)
        ck_assert(m.data[i] >= 0 && m.data[i] <= 1);
    anew_planes_free(&m);
}
END_TEST

START_TEST(masks_from_classes)
{
    /* A disc of class 5 with a hole of class 200, in class 7; the map is coarser than the crop or finer. */
    static const int maps[] = {128, 512, 300};
    float weights[256] = {0};
    weights[5] = 1;
    for (int i = 0; i < 3; i++) {
        const int side = maps[i], size = 384;
        const double feather = 24;
        uint8_t *classes = malloc((size_t)(side * side));
        for (int y = 0; y < side; y++)
            for (int x = 0; x < side; x++) {
                const double r = hypot((x + 0.5) / side - 0.5, (y + 0.5) / side - 0.5);
                classes[y * side + x] = r < 0.1 ? 200 : r < 0.35 ? 5 : 7;
            }
        anew_planes m = blank(1, size, size, 9);
        ck_assert_int_eq(
            anew_mask_from_classes(&m, classes, side, side, weights, feather, kernels(), NULL),
            ANEW_OK);
        assert_smooth(&m, feather, "classes");
        for (int y = 0; y < size; y++)
            for (int x = 0; x < size; x++) {
                const double r = hypot((x + 0.5) / size - 0.5, (y + 0.5) / size - 0.5) * size;
                const float v = m.data[y * size + x];
                const double slack = feather / 2 + 3;
                if (r > 0.1 * size + slack && r < 0.35 * size - slack)
                    ck_assert_msg(v == 1, "%g at %g", (double)v, r);
                if (r < 0.1 * size - slack || r > 0.35 * size + slack)
                    ck_assert_msg(v == 0, "%g at %g", (double)v, r);
                if (fabs(r - 0.35 * size) < 0.5)
                    ck_assert_msg(fabsf(v - 0.5f) < 0.12f, "%g at the edge", (double)v);
            }
        /* All of the crop: only the frame is left. */
        for (int n = 0; n < side * side; n++)
            classes[n] = 5;
        ck_assert_int_eq(
            anew_mask_from_classes(&m, classes, side, side, weights, feather, kernels(), NULL),
            ANEW_OK);
        assert_smooth(&m, feather, "a full map");
        ck_assert(m.data[size / 2 * size + size / 2] == 1);
        anew_planes_free(&m);
        free(classes);
    }
}
END_TEST

START_TEST(the_feather_is_in_pixels_of_the_picture)
{
    const anew_affine same = {{{1, 0, 0}, {0, 1, 0}}}, small = {{{0, -8, 0}, {8, 0, 0}}};
    const anew_affine large = {{{0.25, 0, 3}, {0, 0.25, 4}}};
    ck_assert(anew_mask_feather(0, &same, 512) == 32);
    ck_assert(anew_mask_feather(0, &large, 512) == 32);
    ck_assert(anew_mask_feather(0, &small, 512) == 32);
    const anew_affine tiny = {{{16, 0, 0}, {0, 16, 0}}};
    ck_assert(anew_mask_feather(0, &tiny, 512) == 64);
    ck_assert(fabs(anew_mask_feather(10, &same, 512) - 10) < 1e-9);
    ck_assert(fabs(anew_mask_feather(10, &large, 512) - 2.5) < 1e-9);
    ck_assert(fabs(anew_mask_feather(10, &small, 512) - 80) < 1e-9);
    ck_assert(anew_mask_feather(1000, &same, 512) == 128);
}
END_TEST

/* ---- grain and casts --------------------------------------------------------------------------------------- */

/* Nearly Gaussian, of deviation 1. */
static double gauss(uint32_t *state)
{
    double sum = 0;
    for (int i = 0; i < 12; i++) {
        *state = *state * 1664525u + 1013904223u;
        sum += (*state >> 8) / 16777216.0;
    }
    return sum - 6;
}

START_TEST(grain_is_measured_beside_texture)
{
    uint32_t seed = 3;
    anew_planes p = blank(1, 256, 256, 0), mask = blank(1, 256, 256, 0);
    for (int y = 0; y < 256; y++)
        for (int x = 0; x < 256; x++) {
            const double sigma = x < 128 ? 0.01 : 0.04;
            mask.data[y * 256 + x] = x < 128 ? 0 : 1;
            /* Slopes, and edges here and there. */
            p.data[y * 256 + x] =
                (float)(0.002 * x + 0.001 * y + (x / 23 + y / 31) % 2 * 0.2 + sigma * gauss(&seed));
        }
    const double left = anew_grain(p.data, &mask, 0, 0.05f, 1);
    const double right = anew_grain(p.data, &mask, 0.5f, 1, 1);
    ck_assert_msg(fabs(left - 0.01) < 0.002, "%g", left);
    ck_assert_msg(fabs(right - 0.04) < 0.006, "%g", right);
    ck_assert(anew_grain(p.data, &mask, 0.2f, 0.3f, 1) == 0);
    ck_assert(anew_grain(p.data, &mask, 0, 1, 300) == 0);
    anew_planes_free(&p);
    anew_planes_free(&mask);
}
END_TEST

/* A grainy crop, with a cast and other grain after restoring; around and face are its grain, left is what the
 * restorer made itself. */
static void grainy_face(anew_planes *crop, anew_planes *restored, anew_planes *mask, double around,
                        double face, double left, uint32_t seed)
{
    anew_point p[ANEW_LANDMARKS];
    const int size = mask->width;
    anew_face_template(p, size);
    anew_mask_from_landmarks(mask, p, size / 16.0);
    for (int y = 0; y < size; y++)
        for (int x = 0; x < size; x++) {
            const double base = 0.4 + 0.2 * sin(x * 0.02) * cos(y * 0.03);
            const double m = (double)mask->data[y * size + x];
            for (int c = 0; c < 3; c++) {
                const int at = (c * size + y) * size + x;
                const double sigma = m > 0.02 ? face : around;
                crop->data[at] = (float)(base + sigma * gauss(&seed));
                restored->data[at] = (float)(base + 0.05 * (c - 1) + left * gauss(&seed));
            }
        }
}

static double grain_of(const anew_planes *p, const anew_planes *mask)
{
    return anew_grain(p->data, mask, 0.5f, 1, 1);
}

START_TEST(casts_are_left_out_and_grain_is_given_back)
{
    const int size = 256, plane = size * size;
    anew_planes crop = blank(3, size, size, 0), restored = blank(3, size, size, 0);
    anew_planes mask = blank(1, size, size, 0), d = blank(3, size, size, 0);
    /* Grain around, of the face, of the restored face; wanted afterwards. */
    static const double cases[][4] = {{0.03, 0.03, 0, 0.03},    {0.01, 0.03, 0, 0.01},
                                      {0.03, 0.01, 0, 0.01},    {0, 0.03, 0, 0},
                                      {0.03, 0.03, 0.02, 0.03}, {0.01, 0.03, 0.02, 0.02}};
    for (int i = 0; i < 6; i++) {
        grainy_face(&crop, &restored, &mask, cases[i][0], cases[i][1], cases[i][2],
                    77u + (uint32_t)i);
        for (int on = 0; on < 4; on++) {
            const anew_match_options options = {(float)(on & 1), (float)(on >> 1), 1};
            ck_assert_int_eq(anew_face_difference(&d, &restored, &crop, &mask, &options, NULL),
                             ANEW_OK);
            double cast[3] = {0}, weight = 0;
            for (int n = 0; n < plane; n++) {
                weight += (double)mask.data[n];
                for (int c = 0; c < 3; c++)
                    cast[c] += (double)mask.data[n] * (double)d.data[c * plane + n];
            }
            for (int c = 0; c < 3; c++)
                ck_assert_msg(fabs(cast[c] / weight - ((on & 1) != 0 ? 0 : 0.05 * (c - 1))) < 0.004,
                              "case %d, match %d: channel %d is off by %g", i, on, c,
                              cast[c] / weight);
            for (int n = 0; n < 3 * plane; n++)
                d.data[n] += crop.data[n];
            const double grain = grain_of(&d, &mask);
            const double want = (on & 2) != 0 ? cases[i][3] : cases[i][2];
            ck_assert_msg(fabs(grain - want) < 0.05 * want + 0.0005,
                          "case %d, match %d: grain %g, not %g", i, on, grain, want);
        }
    }
    /* What changed nothing stays nothing, matched or not; what is not a number is no change. */
    memcpy(restored.data, crop.data, (size_t)(3 * plane) * sizeof(float));
    restored.data[5 * size + 7] = NAN;
    restored.data[plane + 5 * size + 7] = INFINITY;
    const anew_match_options all = {1, 1, 1};
    ck_assert_int_eq(anew_face_difference(&d, &restored, &crop, &mask, &all, NULL), ANEW_OK);
    for (int n = 0; n < 3 * plane; n++)
        ck_assert(d.data[n] == 0);
    /* Details stay: a change that is small and local is not a cast. */
    for (int y = 120; y < 126; y++)
        for (int x = 100; x < 106; x++)
            restored.data[y * size + x] += 0.2f;
    const anew_match_options colour = {1, 0, 1};
    ck_assert_int_eq(anew_face_difference(&d, &restored, &crop, &mask, &colour, NULL), ANEW_OK);
    ck_assert(d.data[123 * size + 103] > 0.19f);
    mask.width--;
    anew_error error = {0};
    ck_assert_int_eq(anew_face_difference(&d, &restored, &crop, &mask, &all, &error),
                     ANEW_ERROR_ARGUMENT);
    mask.width++;
    anew_planes_free(&crop);
    anew_planes_free(&restored);
    anew_planes_free(&mask);
    anew_planes_free(&d);
}
END_TEST

/* ---- the identity guard ------------------------------------------------------------------------------------ */

START_TEST(the_guard_measures_and_limits)
{
    const int size = 256, plane = size * size;
    anew_planes crop = blank(3, size, size, 0.4f), restored = blank(3, size, size, 0.4f);
    anew_point before[ANEW_LANDMARKS], after[ANEW_LANDMARKS];
    anew_face_template(before, size);
    memcpy(after, before, sizeof after);
    const double eyes = hypot(before[1].x - before[0].x, before[1].y - before[0].y);
    const anew_guard_limits limits = {0.1, 0.05};
    anew_guard guard;
    anew_error error = {0};
    ck_assert_int_eq(anew_guard_measure(&guard, before, after, &crop, &restored, &limits, NULL),
                     ANEW_OK);
    ck_assert(guard.displacement == 0 && guard.eye_colour == 0 && guard.share == 1);
    /* A landmark moves by a quarter of the eyes' distance: to a limit of 0.1, 0.4 of it may stay. */
    after[3].x += 0.2 * eyes;
    after[3].y -= 0.15 * eyes;
    after[0].x += 0.05 * eyes;
    ck_assert_int_eq(anew_guard_measure(&guard, before, after, &crop, &restored, &limits, NULL),
                     ANEW_OK);
    ck_assert(fabs(guard.displacement - 0.25) < 1e-9 && fabs(guard.share - 0.4) < 1e-9);
    after[3] = before[3];
    ck_assert_int_eq(anew_guard_measure(&guard, before, after, &crop, &restored, &limits, NULL),
                     ANEW_OK);
    ck_assert(fabs(guard.displacement - 0.05) < 1e-9 && guard.share == 1);
    /* Brighter is not another colour; blue is, in one eye only, and nowhere else. */
    for (int n = 0; n < 3 * plane; n++)
        restored.data[n] = 0.5f;
    ck_assert_int_eq(anew_guard_measure(&guard, before, before, &crop, &restored, &limits, NULL),
                     ANEW_OK);
    ck_assert(guard.eye_colour < 1e-6);
    for (int y = 0; y < size; y++)
        for (int x = 0; x < size; x++)
            if (hypot(x - 128.0, y - 200.0) < 30)
                restored.data[2 * plane + y * size + x] = 1;
    ck_assert_int_eq(anew_guard_measure(&guard, before, before, &crop, &restored, &limits, NULL),
                     ANEW_OK);
    ck_assert(guard.eye_colour < 1e-6);
    double last = 2;
    for (int step = 1; step <= 4; step++) {
        for (int y = 0; y < size; y++)
            for (int x = 0; x < size; x++)
                if (hypot(x - before[1].x, y - before[1].y) < 0.3 * eyes)
                    restored.data[2 * plane + y * size + x] = 0.5f + 0.1f * (float)step;
        ck_assert_int_eq(
            anew_guard_measure(&guard, before, before, &crop, &restored, &limits, NULL), ANEW_OK);
        /* d = (0, 0, 0.1 step): Cb moves by half of it, Cr by -0.114 / 1.402 of it. */
        const double want = 0.1 * step * hypot(0.5, 0.114 / 1.402);
        ck_assert_msg(fabs(guard.eye_colour - want) < 1e-4, "%g, not %g", guard.eye_colour, want);
        ck_assert(fabs(guard.share - fmin(1, 0.05 / want)) < 1e-3);
        ck_assert(guard.share <= last);
        last = guard.share;
        /* Mixed with that share, it keeps to the limit. */
        anew_planes mixed = blank(3, size, size, 0);
        for (int n = 0; n < 3 * plane; n++)
            mixed.data[n] = crop.data[n] + (float)guard.share * (restored.data[n] - crop.data[n]);
        ck_assert_int_eq(anew_guard_measure(&guard, before, before, &crop, &mixed, &limits, NULL),
                         ANEW_OK);
        ck_assert(guard.eye_colour <= limits.eye_colour + 1e-4);
        anew_planes_free(&mixed);
    }
    /* Not found again, or nonsense: nothing of it stays. */
    ck_assert_int_eq(anew_guard_measure(&guard, before, NULL, &crop, &crop, &limits, NULL),
                     ANEW_OK);
    ck_assert(isinf(guard.displacement) && guard.share == 0);
    after[2].x = NAN;
    ck_assert_int_eq(anew_guard_measure(&guard, before, after, &crop, &crop, &limits, NULL),
                     ANEW_OK);
    ck_assert(guard.share == 0);
    restored.data[2 * plane + (int)before[0].y * size + (int)before[0].x] = NAN;
    ck_assert_int_eq(anew_guard_measure(&guard, before, before, &crop, &restored, &limits, NULL),
                     ANEW_OK);
    ck_assert(guard.share == 0);
    before[0] = before[1];
    ck_assert_int_eq(anew_guard_measure(&guard, before, after, &crop, &crop, &limits, &error),
                     ANEW_ERROR_ARGUMENT);
    anew_planes_free(&crop);
    anew_planes_free(&restored);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("faces: masks");
    TCase *all = add_case(suite, "masks", 120);
    tcase_add_test(all, a_blur_is_nearly_gaussian);
    tcase_add_test(all, masks_from_landmarks);
    tcase_add_test(all, masks_from_classes);
    tcase_add_test(all, the_feather_is_in_pixels_of_the_picture);
    tcase_add_test(all, grain_is_measured_beside_texture);
    tcase_add_test(all, casts_are_left_out_and_grain_is_given_back);
    tcase_add_test(all, the_guard_measures_and_limits);
    return run_suite(suite);
}
