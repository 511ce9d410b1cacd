/* check_api.c - the public interface, as a program that knows nothing but anew.h sees it. */
#include <anew.h>

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

START_TEST(a_file_is_enhanced)
{
    anew_error error = {0};
    char folder[] = "/tmp/anew-api-XXXXXX", path[64];
    ck_assert_ptr_nonnull(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/out.png", folder);
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

int main(void)
{
    Suite *suite = suite_create("api");
    TCase *all = tcase_create("anew.h");
    tcase_set_timeout(all, 120);
    tcase_add_test(all, a_file_is_enhanced);
    tcase_add_test(all, pixels_are_enhanced_the_same_for_any_threads);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
