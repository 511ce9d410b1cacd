/* check_api.c - the public interface, as a program that knows nothing but anew.h sees it. */
#include <anew.h>

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/suite.h"

START_TEST(a_file_is_enhanced)
{
    anew_error error = {0};
    char folder[] = "/tmp/anew-api-XXXXXX", path[64];
    ck_assert_ptr_nonnull(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/out.ppm", folder);
    ck_assert_msg(anew_enhance_file("tests/data/small.ppm", path, NULL, &error) == ANEW_OK, "%s",
                  error.text);
    ck_assert_int_eq(access(path, R_OK), 0);
    ck_assert_int_eq(anew_enhance_file("tests/data/none.ppm", path, NULL, &error), ANEW_ERROR_IO);
    ck_assert_int_eq(anew_enhance_file("tests/data/small.ppm", folder, NULL, &error),
                     ANEW_ERROR_ARGUMENT);
    (void)unlink(path);
    (void)rmdir(folder);
}
END_TEST

START_TEST(pixels_are_enhanced_the_same_for_any_threads)
{
    anew_model *model = NULL;
    anew_error error = {0};
    uint8_t in[24 * 20 * 4];
    for (size_t i = 0; i < sizeof in; i++)
        in[i] = (uint8_t)(i * 37 % 251);
    ck_assert_msg(anew_model_open_named(&model, "photo-x4", &error) == ANEW_OK, "%s", error.text);
    for (int channels = 1; channels <= 4; channels++) {
        uint8_t *one = malloc(96 * 80 * 4), *three = malloc(96 * 80 * 4);
        ck_assert_int_eq(anew_enhance_pixels(one, 96, 80, in, 24, 20, channels, model, 1, &error),
                         ANEW_OK);
        ck_assert_int_eq(anew_enhance_pixels(three, 96, 80, in, 24, 20, channels, model, 3, &error),
                         ANEW_OK);
        ck_assert_mem_eq(one, three, (size_t)(96 * 80 * channels));
        ck_assert_int_eq(anew_enhance_pixels(one, 50, 33, in, 24, 20, channels, model, 2, &error),
                         ANEW_OK);
        free(one);
        free(three);
    }
    uint8_t pixel = 0;
    ck_assert_int_eq(anew_enhance_pixels(&pixel, 0, 1, in, 24, 20, 1, model, 1, &error),
                     ANEW_ERROR_ARGUMENT);
    ck_assert_int_eq(anew_enhance_pixels(&pixel, 1, 1, in, 24, 20, 7, model, 1, &error),
                     ANEW_ERROR_ARGUMENT);
    anew_model_close(&model);
    ck_assert_ptr_null(model);
    ck_assert_int_eq(anew_model_open_named(&model, "no-such-model", &error), ANEW_ERROR_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(error.text, "no-such-model"));
}
END_TEST

/* A red disc; everything around it is invisible and green. No green may show at its edge. */
START_TEST(what_is_invisible_leaves_no_fringe)
{
    enum { SIDE = 40 };
    anew_model *model = NULL;
    anew_error error = {0};
    uint8_t in[SIDE * SIDE * 4], *out = malloc(SIDE * SIDE * 16 * 4);
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            const int distance = (x - 20) * (x - 20) + (y - 20) * (y - 20);
            uint8_t *p = in + 4 * (y * SIDE + x);
            p[3] = distance < 121 ? 255 : distance < 132 ? 128 : 0;
            p[0] = p[3] > 0 ? 220 : 0;
            p[1] = p[3] > 0 ? 10 : 255;
            p[2] = 10;
        }
    ck_assert_int_eq(anew_model_open_named(&model, NULL, &error), ANEW_OK);
    ck_assert_int_eq(
        anew_enhance_pixels(out, 4 * SIDE, 4 * SIDE, in, SIDE, SIDE, 4, model, 2, &error), ANEW_OK);
    int visible = 0, greenest = 0;
    for (int i = 0; i < SIDE * SIDE * 16; i++) {
        if (out[4 * i + 3] == 0)
            continue;
        visible++;
        greenest = out[4 * i + 1] > greenest ? out[4 * i + 1] : greenest;
    }
    ck_assert_int_gt(visible, 16 * 380);
    ck_assert_int_lt(visible, 16 * 600);
    ck_assert_msg(greenest < 40, "green %d at the edge", greenest);
    anew_model_close(&model);
    free(out);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("api");
    TCase *all = add_case(suite, "anew.h", 120);
    tcase_add_test(all, a_file_is_enhanced);
    tcase_add_test(all, pixels_are_enhanced_the_same_for_any_threads);
    tcase_add_test(all, what_is_invisible_leaves_no_fringe);
    return run_suite(suite);
}
