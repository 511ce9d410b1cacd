/* check_enhance.c - the way of a picture as a whole: progress, and stopping in the middle. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/suite.h"
#include "pipeline/enhance.h"

typedef struct witness {
    int64_t last, total;
    int calls, stop_at; /* the call that asks to stop; 0: none */
    bool wrong;
} witness;

static bool see(void *context, int64_t done, int64_t total)
{
    witness *w = context;
    w->calls++;
    w->wrong = w->wrong || done < w->last || done > total || total < 1 ||
               (w->total != 0 && w->total != total);
    w->last = done;
    w->total = total;
    return w->calls != w->stop_at;
}

static void make_picture(anew_image *image, int channels)
{
    anew_error error;
    ck_assert_int_eq(anew_image_create(image, 75, 53, channels, 8, &error), ANEW_OK);
    uint8_t *samples = image->pixels;
    for (int i = 0; i < 75 * 53 * channels; i++)
        samples[i] = (uint8_t)(i * 37 % 251);
}

/* Whole, in bands, in strips, with alpha: from the first call to the last, and the same pixels. */
START_TEST(progress_is_told)
{
    static const int ways[][3] = {{0, 0, 3}, {0, 4, 3}, {20, 8, 3}, {0, 8, 4}};
    anew_model *model = NULL;
    anew_image in, quiet, told;
    anew_error error;
    witness w = {0};
    anew_enhance_options options = {.strip = ways[_i][0], .band = ways[_i][1], .threads = 2};
    make_picture(&in, ways[_i][2]);
    ck_assert_int_eq(anew_model_open_named(&model, NULL, &error), ANEW_OK);
    ck_assert_int_eq(anew_enhance(&quiet, &in, model, &options, NULL, &error), ANEW_OK);
    options.progress = see;
    options.progress_context = &w;
    ck_assert_int_eq(anew_enhance(&told, &in, model, &options, NULL, &error), ANEW_OK);
    ck_assert(!w.wrong);
    ck_assert_int_eq(w.last, w.total);
    ck_assert_int_ge(w.calls, ways[_i][1] == 4 ? 13 : 1);
    ck_assert_int_ge(w.total, 75 * 53);
    ck_assert_mem_eq(told.pixels, quiet.pixels,
                     (size_t)told.width * (size_t)told.height * (size_t)told.channels);
    anew_image_free(&in);
    anew_image_free(&quiet);
    anew_image_free(&told);
    anew_model_close(&model);
}
END_TEST

START_TEST(progress_can_stop)
{
    anew_model *model = NULL;
    anew_image in, out;
    anew_error error;
    witness w = {.stop_at = 1 + _i};
    const anew_enhance_options options = {
        .band = 8, .threads = 2, .progress = see, .progress_context = &w};
    make_picture(&in, 3);
    ck_assert_int_eq(anew_model_open_named(&model, NULL, &error), ANEW_OK);
    ck_assert_int_eq(anew_enhance(&out, &in, model, &options, NULL, &error), ANEW_ERROR_CANCELLED);
    ck_assert_int_eq(w.calls, 1 + _i);
    ck_assert_ptr_null(out.pixels);
    ck_assert_str_eq(error.text, "cancelled");
    anew_image_free(&in);
    anew_model_close(&model);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("enhance");
    TCase *all = add_case(suite, "all", 120);
    tcase_add_loop_test(all, progress_is_told, 0, 4);
    tcase_add_loop_test(all, progress_can_stop, 0, 3);
    return run_suite(suite);
}
