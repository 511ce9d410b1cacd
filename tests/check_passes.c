/*
 * check_passes.c - several passes in one run: equal to the same runs one after the other with pictures of floats
 * between them, streaming, and ending as they should when something fails.
 *
 * Seen to fail by: 8 bits in place of floats between passes (chain_equals_runs), a share that is squared (half_a_share),
 * a plain resampling that does not bleed (no_share_is_resampling), a run that is made whole at the first question
 * (rows_stream), a waiting pass that is not told of an end (ends_in_the_middle hangs until the time limit).
 */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/suite.h"
#include "core/memory.h"
#include "image/bleed.h"
#include "image/resize.h"
#include "pipeline/passes.h"

#define WIDTH  61
#define HEIGHT 47

static anew_model *model; /* the default one, of scale 4 */

static void open_model(void)
{
    anew_error error;
    ck_assert_int_eq(anew_model_open_named(&model, NULL, &error), ANEW_OK);
}

static void close_model(void)
{
    anew_model_close(&model);
}

static void make_picture(anew_image *image, int width, int height, int channels, int depth)
{
    anew_error error;
    ck_assert_int_eq(anew_image_create(image, width, height, channels, depth, &error), ANEW_OK);
    const int count = width * height * channels;
    for (int i = 0; i < count; i++) {
        const unsigned int value = (unsigned int)(i * 37 + i / 61 * 11) % 251;
        if (depth == 8)
            ((uint8_t *)image->pixels)[i] = (uint8_t)value;
        else if (depth == 16)
            ((uint16_t *)image->pixels)[i] = (uint16_t)(value * 257 + 3);
        else
            ((float *)image->pixels)[i] = (float)value / 255;
    }
    /* A corner that cannot be seen. */
    for (int i = 0; channels % 2 == 0 && i < 10; i++)
        for (int x = 0; x < 12; x++) {
            const int at = (i * width + x) * channels + channels - 1;
            if (depth == 8)
                ((uint8_t *)image->pixels)[at] = 0;
            else if (depth == 16)
                ((uint16_t *)image->pixels)[at] = 0;
        }
}

static size_t bytes_of(const anew_image *image)
{
    return (size_t)image->width * (size_t)image->height * (size_t)image->channels *
           (size_t)(image->depth / 8);
}

/* ---- a run from memory to memory --------------------------------------------------------------------------- */

typedef struct memory_run {
    const anew_image *in;
    anew_image out;
    int read, written;
    int fail_at;       /* row of the picture that cannot be read; 0: none */
    int refuse_at;     /* row of the result that is refused; 0: none */
    int read_at_first; /* rows that were read when the first row of the result came */
} memory_run;

static anew_status read_rows(void *context, void *pixels, int rows, anew_error *error)
{
    memory_run *run = context;
    const size_t row = bytes_of(run->in) / (size_t)run->in->height;
    if (run->fail_at > 0 && run->read + rows > run->fail_at)
        return anew_fail(error, ANEW_ERROR_IO, "row %d cannot be read", run->fail_at);
    memcpy(pixels, (const uint8_t *)run->in->pixels + (size_t)run->read * row, (size_t)rows * row);
    run->read += rows;
    return ANEW_OK;
}

static anew_status read_all(void *context, anew_image *image, anew_error *error)
{
    memory_run *run = context;
    ANEW_TRY(anew_image_create(image, run->in->width, run->in->height, run->in->channels,
                               run->in->depth, error));
    const anew_status status = read_rows(context, image->pixels, run->in->height, error);
    if (status != ANEW_OK)
        anew_image_free(image);
    return status;
}

static anew_status begin(void *context, const anew_image *shape, anew_error *error)
{
    memory_run *run = context;
    return anew_image_create(&run->out, shape->width, shape->height, shape->channels, shape->depth,
                             error);
}

static anew_status write_rows(void *context, const anew_image *part, anew_error *error)
{
    memory_run *run = context;
    const size_t row = bytes_of(&run->out) / (size_t)run->out.height;
    if (run->written == 0)
        run->read_at_first = run->read;
    if (run->refuse_at > 0 && run->written + part->height > run->refuse_at)
        return anew_fail(error, ANEW_ERROR_IO, "the disk is full");
    memcpy((uint8_t *)run->out.pixels + (size_t)run->written * row, part->pixels,
           (size_t)part->height * row);
    run->written += part->height;
    return ANEW_OK;
}

static anew_status run_passes(memory_run *run, const anew_pass_wish *wish, int width, int height,
                              const anew_enhance_options *options, anew_report *report,
                              anew_error *error)
{
    const anew_row_source source = {run, read_rows, read_all};
    const anew_row_sink sink = {run, begin, write_rows};
    anew_pass_list list;
    anew_image shape = *run->in;
    shape.pixels = NULL;
    ANEW_TRY(anew_passes_plan(&list, wish, shape.width, shape.height, width, height, error));
    return anew_passes_rows(&sink, &source, &shape, &list, options, report, error);
}

/* ---- the tests ----------------------------------------------------------------------------------------------- */

START_TEST(sizes_of_passes)
{
    anew_pass_list list;
    anew_error error;
    anew_pass_wish wish = {.upscale = model, .strength = 1};
    ck_assert_int_eq(anew_passes_plan(&list, &wish, 64, 48, 256, 192, &error), ANEW_OK);
    ck_assert_int_eq(list.count, 1);
    ck_assert_int_eq(anew_passes_plan(&list, &wish, 64, 48, 512, 384, &error), ANEW_OK);
    ck_assert_int_eq(list.count, 2);
    ck_assert_int_eq(list.passes[0].width, 256);
    ck_assert_int_eq(list.passes[0].height, 192);
    ck_assert_int_eq(list.passes[1].width, 512);
    /* One side only: the other is not made larger than wanted in between. */
    ck_assert_int_eq(anew_passes_plan(&list, &wish, 64, 48, 640, 96, &error), ANEW_OK);
    ck_assert_int_eq(list.count, 2);
    ck_assert_int_eq(list.passes[0].height, 96);
    wish.most = 1;
    ck_assert_int_eq(anew_passes_plan(&list, &wish, 64, 48, 512, 384, &error), ANEW_OK);
    ck_assert_int_eq(list.count, 1);
    wish = (anew_pass_wish){.upscale = model,
                            .strength = 1,
                            .restore = model,
                            .restore_strength = 0.5,
                            .shrink_first = 2};
    ck_assert_int_eq(anew_passes_plan(&list, &wish, 64, 48, 128, 96, &error), ANEW_OK);
    ck_assert_int_eq(list.count, 3);
    ck_assert_ptr_null(list.passes[0].model);
    ck_assert_int_eq(list.passes[0].width, 32);
    ck_assert_int_eq(list.passes[1].width, 32);
    ck_assert_double_eq(list.passes[1].strength, 0.5);
    wish.upscale_first = true;
    ck_assert_int_eq(anew_passes_plan(&list, &wish, 64, 48, 128, 96, &error), ANEW_OK);
    ck_assert_int_eq(list.passes[1].width, 128);
    ck_assert_int_eq(list.passes[2].width, 128);
    ck_assert_double_eq(list.passes[2].strength, 0.5);
    /* More passes than there are. */
    ck_assert_int_eq(anew_passes_plan(&list, &wish, 1, 1, 1000000, 1000000, &error),
                     ANEW_ERROR_LIMIT);
}
END_TEST

/* Restored at its own size, enlarged by 5: three networks; against three runs with pictures of floats between them. */
START_TEST(chain_equals_runs)
{
    static const struct {
        int channels, depth, strip, threads;
    } kinds[] = {{3, 8, 0, 1}, {3, 8, 0, 2},   {1, 16, 0, 2}, {4, 8, 0, 2},
                 {2, 8, 0, 2}, {3, 16, 30, 2}, {3, 32, 0, 1}};
    const anew_pass_wish wish = {
        .upscale = model, .strength = 1, .restore = model, .restore_strength = 1};
    anew_enhance_options options = {
        .strip = kinds[_i].strip, .threads = kinds[_i].threads, .precision = ANEW_PRECISION_EXACT};
    anew_image in, first, second, third;
    anew_error error;
    make_picture(&in, WIDTH, HEIGHT, kinds[_i].channels, kinds[_i].depth);
    memory_run run = {.in = &in};
    ck_assert_int_eq(run_passes(&run, &wish, 5 * WIDTH, 5 * HEIGHT, &options, NULL, &error),
                     ANEW_OK);
    options.depth = 32;
    options.width = WIDTH;
    options.height = HEIGHT;
    ck_assert_int_eq(anew_enhance(&first, &in, model, &options, NULL, &error), ANEW_OK);
    options.width = 4 * WIDTH;
    options.height = 4 * HEIGHT;
    ck_assert_int_eq(anew_enhance(&second, &first, model, &options, NULL, &error), ANEW_OK);
    options.depth = in.depth;
    options.width = 5 * WIDTH;
    options.height = 5 * HEIGHT;
    ck_assert_int_eq(anew_enhance(&third, &second, model, &options, NULL, &error), ANEW_OK);
    ck_assert_int_eq(run.written, third.height);
    ck_assert_mem_eq(run.out.pixels, third.pixels, bytes_of(&third));
    anew_image_free(&in);
    anew_image_free(&first);
    anew_image_free(&second);
    anew_image_free(&third);
    anew_image_free(&run.out);
}
END_TEST

/* What strength 0 promises, from the resampler itself. */
static void resample(anew_image *out, const anew_image *in, int width, int height, int depth)
{
    anew_planes small, large;
    anew_error error;
    const bool alpha = in->channels % 2 == 0;
    ck_assert_int_eq(anew_planes_create(&small, in->channels, in->height, in->width, &error),
                     ANEW_OK);
    ck_assert_int_eq(anew_planes_create(&large, in->channels, height, width, &error), ANEW_OK);
    ck_assert_int_eq(anew_image_create(out, width, height, in->channels, depth, &error), ANEW_OK);
    anew_planes_from_image(&small, in, 0);
    const size_t plane = (size_t)in->width * (size_t)in->height;
    for (int y = 0; alpha && y < in->height; y++) {
        float *row = small.data + (size_t)y * (size_t)in->width;
        float *const planes[3] = {row, in->channels == 4 ? row + plane : row,
                                  in->channels == 4 ? row + 2 * plane : row};
        anew_bleed_row(planes, in, y, 0, in->width);
    }
    ck_assert_int_eq(anew_planes_resize(&large, &small, ANEW_FILTER_LANCZOS3,
                                        anew_row_kernels_for(ANEW_ISA_C), 1, &error),
                     ANEW_OK);
    anew_planes_to_image(out, &large, 0);
    anew_planes_free(&small);
    anew_planes_free(&large);
}

START_TEST(no_share_is_resampling)
{
    static const int sizes[][2] = {{4 * WIDTH, 4 * HEIGHT}, {100, 31}, {WIDTH, HEIGHT}};
    static const int kinds[][2] = {{3, 8}, {1, 16}, {4, 8}, {2, 16}};
    const int channels = kinds[_i % 4][0], depth = kinds[_i % 4][1];
    const int width = sizes[_i / 4][0], height = sizes[_i / 4][1];
    const anew_pass_wish wish = {.upscale = model, .strength = 0};
    const anew_enhance_options options = {.threads = 2};
    anew_image in, wanted;
    anew_error error;
    make_picture(&in, WIDTH, HEIGHT, channels, depth);
    memory_run run = {.in = &in};
    ck_assert_int_eq(run_passes(&run, &wish, width, height, &options, NULL, &error), ANEW_OK);
    resample(&wanted, &in, width, height, depth);
    ck_assert_mem_eq(run.out.pixels, wanted.pixels, bytes_of(&wanted));
    anew_image_free(&in);
    anew_image_free(&wanted);
    anew_image_free(&run.out);
}
END_TEST

/* Against the mixture of both pictures in floats. */
START_TEST(half_a_share)
{
    static const int kinds[][3] = {{3, 8, 0}, {1, 8, 0}, {4, 8, 0}, {3, 16, 30}};
    const int channels = kinds[_i][0], depth = kinds[_i][1];
    const anew_pass_wish wish = {.upscale = model, .strength = 0.3};
    anew_enhance_options options = {.threads = 2, .strip = kinds[_i][2]};
    anew_image in, plain, network;
    anew_error error;
    make_picture(&in, WIDTH, HEIGHT, channels, depth);
    memory_run run = {.in = &in};
    ck_assert_int_eq(run_passes(&run, &wish, 3 * WIDTH, 2 * HEIGHT, &options, NULL, &error),
                     ANEW_OK);
    ck_assert_int_eq(run.out.depth, depth);
    resample(&plain, &in, 3 * WIDTH, 2 * HEIGHT, 32);
    options.depth = 32;
    options.width = 3 * WIDTH;
    options.height = 2 * HEIGHT;
    ck_assert_int_eq(anew_enhance(&network, &in, model, &options, NULL, &error), ANEW_OK);
    const double full = depth == 8 ? 255 : 65535;
    double furthest = 0;
    for (int i = 0; i < 6 * WIDTH * HEIGHT * channels; i++) {
        const double a = ((const float *)plain.pixels)[i], b = ((const float *)network.pixels)[i];
        const double is = depth == 8 ? ((const uint8_t *)run.out.pixels)[i]
                                     : ((const uint16_t *)run.out.pixels)[i];
        furthest = fmax(furthest, fabs(is - full * (a + 0.3 * (b - a))));
    }
    ck_assert_double_le(furthest, 0.5 + full * 1e-6);
    anew_image_free(&in);
    anew_image_free(&plain);
    anew_image_free(&network);
    anew_image_free(&run.out);
}
END_TEST

/* A tall picture through three passes: the result begins long before the picture has been read. */
START_TEST(rows_stream)
{
    const anew_pass_wish wish = {.upscale = model,
                                 .strength = 0.5,
                                 .restore = model,
                                 .restore_strength = 1,
                                 .shrink_first = 1.5};
    const anew_enhance_options options = {.threads = 2, .band = 8};
    anew_image in;
    anew_error error;
    make_picture(&in, 24, 900, 3, 8);
    memory_run run = {.in = &in};
    ck_assert_int_eq(run_passes(&run, &wish, 48, 1800, &options, NULL, &error), ANEW_OK);
    ck_assert_int_eq(run.written, 1800);
    ck_assert_int_le(run.read_at_first, 300);
    anew_image_free(&in);
    anew_image_free(&run.out);
}
END_TEST

typedef struct witness {
    int64_t last;
    int calls, stop_at;
    bool wrong, whole;
} witness;

static bool see(void *context, int64_t done, int64_t total)
{
    witness *w = context;
    w->calls++;
    w->wrong = w->wrong || done < w->last || done > total;
    w->last = done;
    w->whole = done == total;
    return w->calls != w->stop_at;
}

/* The picture, the result, the caller: whoever ends it, its word is what comes back, and all threads end. */
START_TEST(ends_in_the_middle)
{
    const anew_pass_wish wish = {
        .upscale = model, .strength = 1, .restore = model, .restore_strength = 0.5};
    witness w = {.stop_at = _i == 2 ? 3 : 0};
    const anew_enhance_options options = {
        .threads = 2, .band = 8, .progress = see, .progress_context = &w};
    anew_image in;
    anew_error error;
    make_picture(&in, 24, 200, 3, 8);
    memory_run run = {.in = &in, .fail_at = _i == 0 ? 120 : 0, .refuse_at = _i == 1 ? 200 : 0};
    const anew_status status = run_passes(&run, &wish, 96, 800, &options, NULL, &error);
    ck_assert_int_eq(status, _i == 3 ? ANEW_OK : _i == 2 ? ANEW_ERROR_CANCELLED : ANEW_ERROR_IO);
    if (_i < 3)
        ck_assert_str_eq(error.text, _i == 0   ? "row 120 cannot be read"
                                     : _i == 1 ? "the disk is full"
                                               : "cancelled");
    ck_assert(!w.wrong);
    ck_assert_int_eq(w.whole, _i == 3);
    anew_image_free(&in);
    anew_image_free(&run.out);
}
END_TEST

/* All passes in one report, and within the memory that was allowed for all. */
START_TEST(reports_are_added)
{
    const anew_pass_wish wish = {
        .upscale = model, .strength = 1, .restore = model, .restore_strength = 1};
    anew_enhance_options options = {.threads = 2, .memory = (size_t)1 << 20};
    anew_image in;
    anew_report report = {0};
    anew_error error;
    make_picture(&in, WIDTH, HEIGHT, 3, 8);
    memory_run run = {.in = &in};
    /* Too little for the weights alone. */
    ck_assert_int_eq(run_passes(&run, &wish, 4 * WIDTH, 4 * HEIGHT, &options, NULL, &error),
                     ANEW_ERROR_LIMIT);
    anew_image_free(&run.out);
    run = (memory_run){.in = &in};
    options.memory = (size_t)64 << 20;
    ck_assert_int_eq(run_passes(&run, &wish, 4 * WIDTH, 4 * HEIGHT, &options, &report, &error),
                     ANEW_OK);
    int restoring = 0, enlarging = 0;
    for (int i = 0; i < report.step_count; i++) {
        restoring += strncmp(report.steps[i].name, "1: ", 3) == 0;
        enlarging += strncmp(report.steps[i].name, "2: ", 3) == 0;
    }
    ck_assert_int_gt(restoring, 0);
    ck_assert_int_eq(restoring, enlarging);
    ck_assert_int_eq(restoring + enlarging, report.step_count);
    ck_assert_double_gt(report.network_seconds, 0);
    anew_report_free(&report);
    anew_image_free(&in);
    anew_image_free(&run.out);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("passes");
    TCase *all = add_case(suite, "all", 240);
    tcase_add_checked_fixture(all, open_model, close_model);
    tcase_add_test(all, sizes_of_passes);
    tcase_add_loop_test(all, chain_equals_runs, 0, 7);
    tcase_add_loop_test(all, no_share_is_resampling, 0, 12);
    tcase_add_loop_test(all, half_a_share, 0, 4);
    tcase_add_test(all, rows_stream);
    tcase_add_loop_test(all, ends_in_the_middle, 0, 4);
    tcase_add_test(all, reports_are_added);
    return run_suite(suite);
}
