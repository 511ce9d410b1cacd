/*
 * check_finish.c - the finishing tools of src/finish/: what each does, what it must leave alone, the same bits with any
 * number of threads, pictures of every kind and size, any allocation may fail.
 *
 * Seen to fail by: a difference that is subtracted in place of added, a lock that is not smoothed, a comparison that
 * leaves a row out (project.c); a whole result that ends early, grain that counts rows from each portion's first one
 * (finishing.c); paper whose channels are all the brightest one, gains of encoded samples, a gamma the other way round, a
 * saturation that clips each channel for itself (tone.c); sharpening without its limit, a block whose rows are moved too
 * far (sharpen.c); flatness that is 1 everywhere, Lee's share the other way round (texture.c); slopes that are carried on
 * too steeply, the farthest pixel first (infill.c); lines whose sides, colour, neighbours or length do not count, evidence that
 * does not grow with their number, one threshold for clean and damaged prints (light_lines.c); specks in texture or in a
 * colour (scratches.c).
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/suite.h"
#include "core/memory.h"
#include "finish/finish.h"
#include "finish/infill.h"
#include "finish/scratches.h"
#include "finish/texture.h"
#include "image/resize.h"
#include "pipeline/finishing.h"

static anew_finish_machine machine(int threads)
{
    anew_isa isa;
    ck_assert(anew_isa_detect(&isa, NULL));
    return (anew_finish_machine){anew_row_kernels_for(isa), threads};
}

static uint32_t mixed(uint32_t v)
{
    v ^= v >> 16;
    v *= 0x7feb352du;
    v ^= v >> 15;
    v *= 0x846ca68bu;
    return v ^ v >> 16;
}

/* Smooth waves with some noise; of `seed` depends the noise only. */
static anew_image picture(int width, int height, int channels, int depth, double noise, int seed)
{
    anew_image image;
    anew_error error;
    ck_assert_int_eq(anew_image_create(&image, width, height, channels, depth, &error), ANEW_OK);
    for (int i = 0; i < width * height * channels; i++) {
        const int pixel = i / channels, c = i % channels;
        const double x = (pixel % width + 0.5) / width, y = (pixel / width + 0.5) / height;
        const double random = mixed((uint32_t)(i + 7919 * seed)) / 4294967296.0 - 0.5;
        double v = 0.5 + 0.25 * sin(9 * x + c) * cos(7 * y - c) + noise * random;
        v = v < 0 ? 0 : v > 1 ? 1 : v;
        if (depth == 32)
            ((float *)image.pixels)[i] = (float)v;
        else if (depth == 16)
            ((uint16_t *)image.pixels)[i] = (uint16_t)lrint(v * 65535);
        else
            ((uint8_t *)image.pixels)[i] = (uint8_t)lrint(v * 255);
    }
    return image;
}

static size_t bytes_of(const anew_image *image)
{
    return (size_t)image->width * (size_t)image->height * (size_t)image->channels *
           (size_t)(image->depth / 8);
}

/* All tools with these options on a result of noise of its own, `scale` times the input; the caller frees it. */
static anew_image finished(const anew_finish_options *options, anew_finish_report *report,
                           const anew_image *input, int width, int height, int threads)
{
    anew_error error;
    anew_planes reference = {0};
    const anew_finish_machine m = machine(threads);
    anew_image result = picture(width, height, input->channels, 32, 0.2, 5);
    ck_assert_int_eq(anew_finish_reference(&reference, input, &error), ANEW_OK);
    ck_assert_int_eq(anew_finish_whole(&result, report, &reference, 8, options, &m, &error),
                     ANEW_OK);
    anew_planes_free(&reference);
    return result;
}

/* Decibels between the input and the result, downscaled and rounded by other code than the tool's. */
static double agreement(const anew_image *result, const anew_image *input)
{
    const anew_finish_machine m = machine(1);
    anew_planes large, small;
    anew_error error;
    double squares = 0;
    const int colours = input->channels >= 3 ? 3 : 1;
    ck_assert_int_eq(anew_planes_create(&large, colours, result->height, result->width, &error),
                     ANEW_OK);
    ck_assert_int_eq(anew_planes_create(&small, colours, input->height, input->width, &error),
                     ANEW_OK);
    anew_planes_from_image(&large, result, 0);
    for (size_t i = 0; i < (size_t)colours * (size_t)large.height * (size_t)large.width; i++)
        large.data[i] = rintf(large.data[i] * 255) / 255;
    ck_assert_int_eq(anew_planes_resize(&small, &large, ANEW_FILTER_CUBIC, m.kernels, 1, &error),
                     ANEW_OK);
    anew_planes wanted;
    ck_assert_int_eq(anew_planes_create(&wanted, colours, input->height, input->width, &error),
                     ANEW_OK);
    anew_planes_from_image(&wanted, input, 0);
    const size_t count = (size_t)colours * (size_t)small.height * (size_t)small.width;
    for (size_t i = 0; i < count; i++) {
        const double d = (double)wanted.data[i] - (double)small.data[i];
        squares += d * d;
    }
    anew_planes_free(&large);
    anew_planes_free(&small);
    anew_planes_free(&wanted);
    return 10 * log10((double)count / squares);
}

/* ---- faithfulness ------------------------------------------------------------------------------------------ */

START_TEST(a_faithful_result_is_the_input_when_downscaled)
{
    static const struct {
        int width, height, channels, depth, out_width, out_height;
    } cases[] = {{40, 30, 3, 8, 160, 120}, {40, 30, 1, 16, 120, 90}, {33, 21, 4, 8, 85, 64},
                 {24, 20, 3, 8, 24, 20},   {24, 20, 2, 16, 48, 20},  {5, 1, 3, 8, 20, 4}};
    const anew_finish_options options = {.faithful = 45};
    anew_finish_report report, again;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        anew_image input =
            picture(cases[i].width, cases[i].height, cases[i].channels, cases[i].depth, 0.1, 1);
        anew_image one =
            finished(&options, &report, &input, cases[i].out_width, cases[i].out_height, 1);
        const bool seen = cases[i].channels == 1 || cases[i].channels == 3;
        ck_assert_double_ge(report.faithful, 45);
        ck_assert_double_lt(report.faithful_before, 36);
        ck_assert_int_gt(report.rounds, 0);
        if (seen && isfinite(report.faithful)) /* at the input's own size it becomes the input */
            ck_assert_double_eq_tol(agreement(&one, &input), report.faithful, 1e-3);
        for (int threads = 2; threads < 6; threads++) {
            anew_image other = finished(&options, &again, &input, cases[i].out_width,
                                        cases[i].out_height, threads);
            ck_assert_mem_eq(one.pixels, other.pixels, bytes_of(&one));
            ck_assert_mem_eq(&again, &report, sizeof report);
            anew_image_free(&other);
        }
        anew_image_free(&one);
        anew_image_free(&input);
    }
}
END_TEST

/* A result smaller than its input agrees with the input as small. */
START_TEST(a_small_result_is_faithful_too)
{
    const anew_finish_options options = {.faithful = 50};
    anew_finish_report report;
    anew_image input = picture(60, 44, 3, 8, 0.1, 1);
    anew_image result = finished(&options, &report, &input, 30, 50, 2);
    ck_assert_double_ge(report.faithful, 50);
    anew_image_free(&result);
    anew_image_free(&input);
}
END_TEST

/* Transparency is not touched, whatever the tools. */
static void alpha_is_left(const anew_finish_options *options)
{
    anew_finish_report report;
    for (int channels = 2; channels <= 4; channels += 2) {
        anew_image input = picture(20, 16, channels, 8, 0.1, 1);
        anew_image before = picture(80, 64, channels, 32, 0.2, 5);
        anew_image after = finished(options, &report, &input, 80, 64, 2);
        int changed = 0;
        for (int i = 0; i < 80 * 64 * channels; i++) {
            const bool same = ((float *)before.pixels)[i] == ((float *)after.pixels)[i];
            if (i % channels == channels - 1)
                ck_assert(same);
            changed += !same;
        }
        ck_assert_int_gt(changed, 80 * 64 / 2);
        anew_image_free(&input);
        anew_image_free(&before);
        anew_image_free(&after);
    }
}

START_TEST(transparency_is_left_alone)
{
    static const anew_finish_options options[] = {{.faithful = 45}, {.colour_lock = 1}};
    alpha_is_left(&options[_i]);
}
END_TEST

/* A cast that the result has is taken out by its share; detail that the input does not know stays. */
START_TEST(the_lock_takes_a_cast_and_leaves_detail)
{
    const anew_finish_machine m = machine(2);
    anew_error error;
    anew_finish_report report;
    anew_image input = picture(64, 48, 3, 8, 0, 1);
    anew_planes reference;
    ck_assert_int_eq(anew_finish_reference(&reference, &input, &error), ANEW_OK);
    for (int half = 0; half < 2; half++) {
        const anew_finish_options options = {.colour_lock = half ? 0.5 : 1};
        anew_image result = picture(256, 192, 3, 32, 0, 1);
        float *p = result.pixels;
        for (int i = 0; i < 256 * 192; i++) {
            const float detail = (i % 256 / 6 + i / 256 / 6) % 2 ? 0.1f : -0.1f;
            p[3 * i] += 0.1f + detail;
            p[3 * i + 1] += detail;
            p[3 * i + 2] += detail - 0.05f;
        }
        ck_assert_int_eq(anew_finish_whole(&result, &report, &reference, 8, &options, &m, &error),
                         ANEW_OK);
        anew_image truth = picture(256, 192, 3, 32, 0, 1);
        double cast[3] = {0}, detail = 0;
        for (int i = 0; i < 256 * 192; i++)
            for (int c = 0; c < 3; c++) {
                const double d = (double)p[3 * i + c] - (double)((float *)truth.pixels)[3 * i + c];
                cast[c] += d / (256 * 192);
                detail += d * ((i % 256 / 6 + i / 256 / 6) % 2 ? 0.1 : -0.1) / (3 * 256 * 192);
            }
        ck_assert_double_eq_tol(cast[0], half ? 0.05 : 0, 0.003);
        ck_assert_double_eq_tol(cast[2], half ? -0.025 : 0, 0.003);
        ck_assert_double_eq_tol(detail, 0.01, 0.001);
        anew_image_free(&truth);
        anew_image_free(&result);
    }
    anew_planes_free(&reference);
    anew_image_free(&input);
}
END_TEST

/* ---- sharpness and texture -------------------------------------------------------------------------------- */

/* Tools on a picture of floats, with an input to compare. */
static void finish_with(anew_image *result, const anew_finish_options *options,
                        const anew_image *input)
{
    anew_error error;
    anew_finish_report report;
    anew_planes reference;
    const anew_finish_machine m = machine(2);
    ck_assert_int_eq(anew_finish_reference(&reference, input, &error), ANEW_OK);
    ck_assert_int_eq(anew_finish_whole(result, &report, &reference, 8, options, &m, &error),
                     ANEW_OK);
    anew_planes_free(&reference);
}

/* A soft edge gets steeper and stays within its two sides and a tenth more; flat parts stay, and so does the hue. */
START_TEST(sharpening_makes_no_halo)
{
    anew_image input = picture(30, 20, 3, 8, 0, 1);
    float steepest = 0;
    for (int strength = 0; strength <= 2; strength++) {
        const anew_finish_options options = {.sharpen = strength / 2.0};
        anew_image result = picture(60, 40, 3, 32, 0, 1);
        float *p = result.pixels, slope = 0;
        for (int i = 0; i < 60 * 40; i++)
            for (int c = 0; c < 3; c++)
                p[3 * i + c] = (float)(0.3 + 0.05 * c + 0.3 / (1 + exp((30 - i % 60) / 0.8)));
        finish_with(&result, &options, &input);
        for (int i = 0; i < 60 * 40; i++) {
            ck_assert(p[3 * i] > 0.3f - 0.031f && p[3 * i] < 0.6f + 0.031f);
            ck_assert(fabsf(p[3 * i + 2] - p[3 * i] - 0.1f) < 1e-5f);
            if (i % 60 < 10 || i % 60 > 50)
                ck_assert(fabsf(p[3 * i] - (i % 60 < 10 ? 0.3f : 0.6f)) < 1e-3f);
            else
                slope = fmaxf(slope, p[3 * i + 3] - p[3 * i]);
        }
        ck_assert(slope > steepest * 1.05f);
        steepest = slope;
        anew_image_free(&result);
    }
    /* A hard edge would get lines beside it of a sixth of its height each. */
    const anew_finish_options full = {.sharpen = 1};
    anew_image hard = picture(60, 40, 3, 32, 0, 1);
    float *p = hard.pixels;
    for (int i = 0; i < 60 * 40 * 3; i++)
        p[i] = i / 3 % 60 < 30 ? 0.3f : 0.6f;
    finish_with(&hard, &full, &input);
    for (int i = 0; i < 60 * 40 * 3; i++)
        ck_assert(p[i] > 0.2695f && p[i] < 0.6305f);
    ck_assert(p[29 * 3] < 0.271f && p[30 * 3] > 0.629f);
    anew_image_free(&hard);
    anew_image_free(&input);
}
END_TEST

/* The left half of the input is a slope without detail, the right half textured; the result has texture everywhere. */
START_TEST(the_guard_knows_flat_from_textured)
{
    anew_image input = picture(80, 60, 3, 8, 0, 1);
    uint8_t *in = input.pixels;
    for (int i = 0; i < 80 * 60; i++)
        for (int c = 0; c < 3; c++)
            in[3 * i + c] = (uint8_t)(i % 80 < 40 ? 60 + i % 80
                                                  : 100 + (int)(mixed((uint32_t)(3 * i + c)) % 64));
    for (int half = 0; half < 2; half++) {
        const anew_finish_options options = {.guard = half ? 0.5 : 1};
        anew_image before = picture(160, 120, 3, 32, 0.2, 5);
        anew_image after = picture(160, 120, 3, 32, 0.2, 5);
        finish_with(&after, &options, &input);
        const float *b = before.pixels, *a = after.pixels;
        for (int y = 10; y < 110; y++)
            for (int x = 10; x < 150; x++) {
                const int i = (y * 160 + x) * 3;
                const double plain = (60 + x / 2.0 - 0.25) / 255;
                const double wanted = half ? (b[i] + plain) / 2 : plain;
                if (x < 50)
                    ck_assert_double_eq_tol(a[i], wanted, 0.003);
                else if (x > 110)
                    ck_assert(a[i] == b[i]);
            }
        anew_image_free(&before);
        anew_image_free(&after);
    }
    anew_image_free(&input);
}
END_TEST

/* Deviation of the differences between two pictures, in columns first .. last - 1. */
static double deviation(const anew_image *a, const anew_image *b, int first, int last)
{
    double sum = 0, squares = 0;
    const int count = (last - first) * a->height;
    for (int y = 0; y < a->height; y++)
        for (int x = first; x < last; x++) {
            const int i = (y * a->width + x) * a->channels;
            const double d = (double)((float *)a->pixels)[i] - (double)((float *)b->pixels)[i];
            sum += d / count;
            squares += d * d / count;
        }
    return sqrt(squares - sum * sum);
}

/* Grain is there again where the input had it on flat parts, as much as is asked for; edges are no grain. */
START_TEST(grain_of_the_input_is_kept)
{
    anew_image input = picture(120, 80, 1, 16, 0, 1);
    uint16_t *in = input.pixels;
    for (int i = 0; i < 120 * 80; i++)
        in[i] = (uint16_t)((i % 120 < 80      ? 30000
                            : i % 120 % 8 < 4 ? 10000
                                              : 50000) +
                           (int)(mixed((uint32_t)i) % 4001) - 2000);
    const double of_input = 4000.0 / 65535 / sqrt(12);
    for (int share = 0; share <= 2; share++) {
        const anew_finish_options options = {.grain = share / 2.0};
        anew_image before = picture(120, 80, 1, 32, 0, 1), after = picture(120, 80, 1, 32, 0, 1);
        finish_with(&after, &options, &input);
        ck_assert_double_eq_tol(deviation(&after, &before, 10, 70), of_input * share / 2, 0.0025);
        /* Stripes of ten times that leave of themselves no more than grain. */
        ck_assert_double_lt(deviation(&after, &before, 90, 110), of_input);
        anew_image_free(&before);
        anew_image_free(&after);
    }
    anew_image_free(&input);
}
END_TEST

START_TEST(synthetic_grain)
{
    anew_image flat[3];
    anew_error error;
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(anew_image_create(&flat[i], 300, 200, 1, 32, &error), ANEW_OK);
        for (int k = 0; k < 300 * 200; k++)
            ((float *)flat[i].pixels)[k] = k % 300 < 200 ? 0.5f : 0;
    }
    for (int y = 0; y < 200; y++) {
        float *const one[1] = {(float *)flat[1].pixels + y * 300};
        float *const two[1] = {(float *)flat[2].pixels + y * 300};
        anew_grain_row(one, 1, 1, y, 300, 0.8, 1);
        anew_grain_row(two, 1, 1, y, 300, 0.8, 2);
    }
    ck_assert_double_eq_tol(deviation(&flat[1], &flat[0], 0, 200), 0.04, 0.001);
    ck_assert_double_eq_tol(deviation(&flat[1], &flat[2], 0, 200), 0.04 * sqrt(2), 0.002);
    ck_assert_double_eq_tol(deviation(&flat[1], &flat[0], 200, 300), 0, 1e-9); /* black stays */
    for (int i = 0; i < 3; i++)
        anew_image_free(&flat[i]);
}
END_TEST

/* ---- scratches and in-fill --------------------------------------------------------------------------------- */

/* A slope of light in each channel, with an edge down the middle. */
static double scene(int x, int y, int c)
{
    return (x < 40 ? 0.2 : 0.6) + 0.002 * x + 0.003 * y + 0.02 * c;
}

static anew_image scene_picture(int channels, int depth)
{
    anew_image image;
    anew_error error;
    ck_assert_int_eq(anew_image_create(&image, 80, 60, channels, depth, &error), ANEW_OK);
    for (int i = 0; i < 80 * 60 * channels; i++) {
        const int pixel = i / channels;
        const double v = scene(pixel % 80, pixel / 80, i % channels);
        if (depth == 16)
            ((uint16_t *)image.pixels)[i] = (uint16_t)lrint(v * 65535);
        else
            ((uint8_t *)image.pixels)[i] = (uint8_t)lrint(v * 255);
    }
    return image;
}

static double value_at(const anew_image *image, int i)
{
    return image->depth == 16 ? ((uint16_t *)image->pixels)[i] / 65535.0
                              : ((uint8_t *)image->pixels)[i] / 255.0;
}

/* Lines of 5 pixels across slopes and across an edge come back, and nothing else changes, whatever the kind. */
START_TEST(what_is_masked_is_filled_in)
{
    anew_error error;
    uint8_t mask[80 * 60] = {0};
    for (int i = 0; i < 80 * 60; i++)
        mask[i] = (i / 80 >= 20 && i / 80 < 25 && i % 80 > 3) || i % 80 > 75 ? 1 : 0;
    for (int channels = 1; channels <= 4; channels++)
        for (int depth = 8; depth <= 16; depth += 8) {
            anew_image image = scene_picture(channels, depth);
            const anew_image whole = scene_picture(channels, depth);
            for (int i = 0; i < 80 * 60 * channels; i++) {
                if (mask[i / channels] == 0)
                    continue;
                if (depth == 16)
                    ((uint16_t *)image.pixels)[i] = 65535;
                else
                    ((uint8_t *)image.pixels)[i] = 255;
            }
            ck_assert_int_eq(anew_infill(&image, mask, &error), ANEW_OK);
            for (int i = 0; i < 80 * 60 * channels; i++) {
                const int x = i / channels % 80;
                const bool alpha = channels % 2 == 0 && i % channels == channels - 1;
                if (mask[i / channels] == 0)
                    ck_assert(value_at(&image, i) == value_at(&whole, i));
                else if (alpha)
                    ck_assert(value_at(&image, i) == 1);
                else if (x < 36 || x > 44) /* the edge may bend a little */
                    ck_assert_double_eq_tol(value_at(&image, i), value_at(&whole, i), 0.02);
                else
                    ck_assert(value_at(&image, i) > 0.2 && value_at(&image, i) < 0.95);
            }
            anew_image_free(&image);
            anew_image whole_copy = whole;
            anew_image_free(&whole_copy);
        }
    anew_image image = scene_picture(3, 8);
    memset(mask, 1, sizeof mask);
    ck_assert_int_eq(anew_infill(&image, mask, &error), ANEW_ERROR_ARGUMENT);
    anew_image_free(&image);
}
END_TEST

/* Light lines of 1 and 2 pixels and a speck on a picture with an edge, a dark line and noise: these and no others. */
START_TEST(scratches_are_found)
{
    anew_error error;
    anew_scratches found;
    uint8_t mask[300 * 200];
    anew_image image = picture(300, 200, 3, 8, 0.03, 1);
    uint8_t *p = image.pixels;
    for (int i = 0; i < 300 * 200; i++) {
        const int x = i % 300, y = i / 300;
        const int noise = (int)(mixed((uint32_t)i) % 7);
        for (int c = 0; c < 3; c++)
            p[3 * i + c] = (uint8_t)(90 + noise + (x > 200 ? 60 : 0));
        const bool line =
            (y > 20 && y < 150 && x == 50 + y / 8) || (x > 20 && x < 180 && (y == 170 || y == 171));
        const bool speck = abs(x - 120) < 2 && abs(y - 60) < 2;
        const bool faint = x > 215 && x < 290 && y == 100; /* on the light half */
        if (line || speck || faint)
            p[3 * i] = p[3 * i + 1] = p[3 * i + 2] = 220;
        /* What is none: a short light dash, a faint speck, a spot as wide as things are. */
        if ((y == 40 && x > 100 && x < 117) || (abs(x - 170) < 2 && abs(y - 40) < 2))
            p[3 * i] = p[3 * i + 1] = p[3 * i + 2] = 123;
        if (hypot(x - 120, y - 120) < 9)
            p[3 * i] = p[3 * i + 1] = p[3 * i + 2] = 219;
        if (y > 20 && y < 160 && x == 150)
            p[3 * i] = p[3 * i + 1] = p[3 * i + 2] = 10;
    }
    ck_assert_int_eq(anew_find_scratches(mask, &found, &image, 2, &error), ANEW_OK);
    ck_assert_int_eq(found.count, 4);
    int covered = 0, missed = 0, stray = 0;
    for (int i = 0; i < 300 * 200; i++) {
        const int x = i % 300, y = i / 300;
        const bool line = p[3 * i] == 220;
        const bool near = (abs(x - 50 - y / 8) <= 2 && y > 18 && y < 152) ||
                          (x > 18 && x < 182 && y > 167 && y < 174) ||
                          (abs(x - 120) < 4 && abs(y - 60) < 4) ||
                          (x > 212 && x < 293 && abs(y - 100) < 3);
        covered += mask[i] != 0;
        missed += line && mask[i] == 0;
        stray += mask[i] != 0 && !near;
    }
    ck_assert_int_eq(covered, (int)found.pixels);
    ck_assert_int_eq(missed, 0);
    ck_assert_int_eq(stray, 0);
    for (int threads = 1; threads < 5; threads++) {
        uint8_t again[300 * 200];
        ck_assert_int_eq(anew_find_scratches(again, &found, &image, threads, &error), ANEW_OK);
        ck_assert_mem_eq(mask, again, sizeof mask);
    }
    anew_image_free(&image);
}
END_TEST

typedef bool inked(int x, int y);

static bool one_line(int x, int y)
{
    return y >= 20 && y < 180 && x == 60 + y / 2;
}

static bool bars(int x, int y)
{
    return y >= 20 && y < 180 && x % 16 == 8;
}

/* Above what is the picture's. */
static bool short_line(int x, int y)
{
    return (x >= 40 && x < 76 && y == 40) || (y >= 130 && bars(x, y));
}

static bool short_lines(int x, int y)
{
    return short_line(x, y) || (y >= 60 && y < 96 && x == 130) ||
           (x >= 180 && x < 206 && y == x - 100) || (x >= 230 && x < 266 && y == 300 - x);
}

static bool one_speck(int x, int y)
{
    return abs(x - 120) < 2 && abs(y - 60) < 2;
}

static bool many_specks(int x, int y)
{
    return x % 9 < 3 && y % 9 < 3;
}

/* How many are found where something is drawn in a colour on a picture whose right half is as light as is given. */
static int found_of(inked *is_inked, int red, int green, int blue, int right)
{
    anew_error error;
    anew_scratches found;
    uint8_t mask[300 * 200];
    anew_image image = picture(300, 200, 3, 8, 0.03, 1);
    uint8_t *p = image.pixels;
    for (int y = 0; y < 200; y++)
        for (int x = 0; x < 300; x++) {
            const int i = 3 * (300 * y + x), noise = (int)(mixed((uint32_t)i) % 7);
            const bool ink = is_inked(x, y);
            const int ground = (2 * x > 120 + y ? right : 90) + noise;
            p[i] = (uint8_t)(ink ? red : ground);
            p[i + 1] = (uint8_t)(ink ? green : ground);
            p[i + 2] = (uint8_t)(ink ? blue : ground);
        }
    ck_assert_int_eq(anew_find_scratches(mask, &found, &image, 1, &error), ANEW_OK);
    anew_image_free(&image);
    return found.count;
}

/* The same line counts by itself, but not as one of many, nor in a colour, nor between two things; a speck not in texture;
 * and what one short line does not prove several do. */
START_TEST(what_belongs_to_the_picture_stays)
{
    ck_assert_int_eq(found_of(one_line, 220, 220, 215, 90), 1);
    ck_assert_int_eq(found_of(bars, 220, 220, 215, 90), 0);
    ck_assert_int_eq(found_of(one_line, 250, 180, 60, 90), 0);
    ck_assert_int_eq(found_of(one_line, 220, 220, 215, 160), 0);
    ck_assert_int_eq(found_of(one_speck, 220, 220, 215, 90), 1);
    ck_assert_int_eq(found_of(many_specks, 220, 220, 215, 90), 0);
    ck_assert_int_eq(found_of(one_speck, 250, 180, 60, 90), 0);
    ck_assert_int_eq(found_of(short_line, 220, 220, 215, 90), 0);
    ck_assert_int_eq(found_of(short_lines, 220, 220, 215, 90), 4);
}
END_TEST

START_TEST(repairs_without_memory)
{
    anew_error error;
    anew_scratches found;
    uint8_t mask[80 * 60];
    long n = 0;
    for (anew_status status = ANEW_ERROR_MEMORY; status != ANEW_OK; n++) {
        anew_image image = scene_picture(3, 8);
        memset(image.pixels, 255, 600);
        anew_alloc_limit(n);
        status = anew_find_scratches(mask, &found, &image, 1, &error);
        memset(mask, 1, 200);
        if (status == ANEW_OK)
            status = anew_infill(&image, mask, &error);
        anew_alloc_limit(-1);
        ck_assert(status == ANEW_OK || status == ANEW_ERROR_MEMORY);
        anew_image_free(&image);
    }
    ck_assert_int_gt(n, 10);
}
END_TEST

/* ---- tone ------------------------------------------------------------------------------------------------- */

/* A pixel of three channels through the tools. */
static void tone_of(float out[3], const anew_tone *tone, const double in[3])
{
    float samples[3] = {(float)in[0], (float)in[1], (float)in[2]};
    float *const rows[3] = {&samples[0], &samples[1], &samples[2]};
    anew_tone_row(rows, 1, tone);
    memcpy(out, samples, sizeof samples);
}

/* Half of the picture black, a tenth of it paper, between them grays; each channel squeezed into low .. high. */
static anew_planes faded(const double low[3], const double high[3])
{
    anew_planes p;
    anew_error error;
    ck_assert_int_eq(anew_planes_create(&p, 3, 50, 40, &error), ANEW_OK);
    for (int c = 0; c < 3; c++)
        for (int i = 0; i < 2000; i++) {
            const double v = i < 1000 ? 0 : i < 1800 ? (i - 1000) / 800.0 : 1;
            p.data[c * 2000 + i] = (float)(low[c] + v * (high[c] - low[c]));
        }
    return p;
}

START_TEST(fading_is_undone_by_its_share)
{
    const double low[3] = {0.2, 0.1, 0.05}, high[3] = {0.9, 0.8, 0.6};
    anew_planes input = faded(low, high);
    for (int half = 0; half < 2; half++) {
        const anew_tone_options options = {.restore = half ? 0.5 : 1};
        anew_tone tone;
        float paper[3], black[3], gray[3];
        const double middle[3] = {0.55, 0.45, 0.325};
        anew_tone_create(&tone, &input, 3, &options);
        tone_of(paper, &tone, high);
        tone_of(black, &tone, low);
        tone_of(gray, &tone, middle);
        for (int c = 0; c < 3; c++) {
            ck_assert_double_eq_tol(black[c], half ? low[c] / 2 : 0, 2e-3);
            ck_assert_double_eq_tol(paper[c], half ? (high[c] + 0.97) / 2 : 0.97, 3e-3);
            ck_assert_double_eq_tol(gray[c], half ? (middle[c] + 0.485) / 2 : 0.485, 3e-3);
        }
    }
    anew_planes_free(&input);
    /* A picture that is dark on purpose is not torn up: no gain beyond the limits. */
    const double zero[3] = {0, 0, 0}, dark[3] = {0.1, 0.1, 0.1};
    const anew_tone_options options = {.restore = 1};
    anew_tone tone;
    float out[3];
    input = faded(zero, dark);
    anew_tone_create(&tone, &input, 3, &options);
    tone_of(out, &tone, dark);
    ck_assert_double_eq_tol(out[0], 0.194, 2e-3);
    anew_planes_free(&input);
}
END_TEST

/* Light of another colour on the same gray: gains in linear light make it gray again, and keep its brightness. */
START_TEST(white_balance_makes_gray_gray)
{
    const double low[3] = {0.02, 0.02, 0.02}, high[3] = {0.9, 0.75, 0.6};
    const anew_tone_options options = {.white_balance = true};
    anew_planes input = faded(low, high);
    anew_tone tone;
    float out[3];
    anew_tone_create(&tone, &input, 3, &options);
    tone_of(out, &tone, high);
    ck_assert_double_eq_tol(out[0], out[1], 5e-3);
    ck_assert_double_eq_tol(out[2], out[1], 5e-3);
    ck_assert_double_eq_tol(out[1], 0.77, 0.02);
    /* Gains have limits. */
    const double red[3] = {0.9, 0.1, 0.1};
    anew_planes_free(&input);
    input = faded(low, red);
    anew_tone_create(&tone, &input, 3, &options);
    for (int c = 0; c < 3; c++)
        ck_assert(tone.gain[c] >= 0.5 && tone.gain[c] <= 2);
    anew_planes_free(&input);
}
END_TEST

START_TEST(levels_contrast_and_saturation)
{
    anew_tone tone;
    float out[3];
    const anew_tone_options levels = {.levels = true, .black = 0.1, .white = 0.9, .gamma = 2};
    anew_tone_create(&tone, NULL, 3, &levels);
    tone_of(out, &tone, (double[3]){0.1, 0.3, 0.95});
    ck_assert_double_eq_tol(out[0], 0, 1e-2); /* the root is steep at its start */
    ck_assert_double_eq_tol(out[1], 0.5, 1e-4);
    ck_assert_double_eq_tol(out[2], 1, 1e-6);
    for (int quarters = -4; quarters <= 4; quarters++) {
        const anew_tone_options options = {.contrast = quarters / 4.0};
        float before[3] = {0}, slope[3];
        anew_tone_create(&tone, NULL, 3, &options);
        tone_of(out, &tone, (double[3]){0, 0.5, 1});
        ck_assert(out[0] == 0 && out[1] == 0.5f && out[2] == 1);
        tone_of(slope, &tone, (double[3]){0.499, 0.501, 0});
        ck_assert_double_eq_tol((slope[1] - slope[0]) / 0.002, 1 + quarters / 8.0, 1e-3);
        for (int i = 0; i <= 512; i++) {
            tone_of(out, &tone, (double[3]){i / 512.0, 0, 0});
            ck_assert(out[0] >= before[0]);
            before[0] = out[0];
        }
    }
    const double colour[3] = {0.7, 0.4, 0.2};
    const double luma = 0.299 * 0.7 + 0.587 * 0.4 + 0.114 * 0.2;
    for (int halves = -2; halves <= 2; halves++) {
        const anew_tone_options options = {.saturation = halves / 2.0};
        anew_tone_create(&tone, NULL, 3, &options);
        tone_of(out, &tone, colour);
        for (int c = 0; halves <= 1 && c < 3; c++)
            ck_assert_double_eq_tol(out[c], luma + (1 + halves / 2.0) * (colour[c] - luma), 1e-5);
        /* No further than to where a channel ends; then all by the same factor, so that the hue stays. */
        ck_assert_double_eq_tol((out[0] - luma) * (colour[2] - luma),
                                (out[2] - luma) * (colour[0] - luma), 1e-5);
        ck_assert_double_eq_tol((out[0] - luma) * (colour[1] - luma),
                                (out[1] - luma) * (colour[0] - luma), 1e-5);
    }
    ck_assert_double_eq_tol(out[2], 0, 1e-5);
}
END_TEST

/* ---- the sink ------------------------------------------------------------------------------------------------ */

typedef struct taken {
    anew_image image;
    int next;
} taken;

static anew_status take_shape(void *context, const anew_image *shape, anew_error *error)
{
    taken *t = context;
    return anew_image_create(&t->image, shape->width, shape->height, shape->channels, shape->depth,
                             error);
}

static anew_status take_rows(void *context, const anew_image *part, anew_error *error)
{
    taken *t = context;
    (void)error;
    memcpy((char *)t->image.pixels + (size_t)t->next * bytes_of(part) / (size_t)part->height,
           part->pixels, bytes_of(part));
    t->next += part->height;
    return ANEW_OK;
}

/* Pushes `result` in parts of so many rows through the sink of the tools. */
static anew_status through_sink(anew_image *out, const anew_finish_options *options,
                                const anew_image *input, const anew_image *result, int depth,
                                int rows, int threads, anew_error *error)
{
    const anew_enhance_options enhance = {.threads = threads};
    anew_finishing *finishing = NULL;
    taken t = {.next = 0};
    const anew_row_sink end = {&t, take_shape, take_rows};
    anew_status status =
        anew_finishing_create(&finishing, options, input, result->channels, depth, &enhance, error);
    if (status == ANEW_OK) {
        const anew_row_sink sink = anew_finishing_sink(finishing, &end);
        status = sink.begin(sink.context, result, error);
        for (int y = 0; status == ANEW_OK && y < result->height; y += rows) {
            anew_image part = *result;
            part.pixels = (float *)result->pixels +
                          (size_t)y * (size_t)result->width * (size_t)result->channels;
            part.height = result->height - y < rows ? result->height - y : rows;
            status = sink.rows(sink.context, &part, error);
        }
    }
    anew_finishing_free(&finishing);
    if (status != ANEW_OK)
        anew_image_free(&t.image);
    *out = t.image;
    return status;
}

static const anew_finish_options every[] = {
    {.faithful = 0},
    {.faithful = 45},
    {.colour_lock = 0.7},
    {.guard = 0.8},
    {.sharpen = 0.6},
    {.grain = 0.7},
    {.grain = 0.7, .grain_seeded = true, .grain_seed = 3},
    {.sharpen = 1, .grain = 0.4, .grain_seeded = true, .tone = {.contrast = 0.5}},
    {.guard = 1, .colour_lock = 0.5, .sharpen = 0.5, .grain = 1, .faithful = 40},
    {.tone = {.white_balance = true, .restore = 0.5}},
    {.tone = {.levels = true,
              .black = 0.1,
              .white = 0.8,
              .gamma = 1.2,
              .contrast = 0.4,
              .saturation = 0.5}}};

/* The same whatever the portions in which rows come, and the number of threads; with nothing on, the rows rounded. */
START_TEST(any_portions_and_threads)
{
    anew_error error;
    const anew_finish_options *options = &every[_i];
    for (int channels = 1; channels <= 4; channels++)
        for (int depth = 8; depth <= 16; depth += 8) {
            anew_image input = picture(37, 23, channels, depth, 0.1, 1);
            for (int i = 0; i < 37 * 23 * channels; i++) { /* flat, so that the guard sees it */
                if (depth == 8)
                    ((uint8_t *)input.pixels)[i] =
                        (uint8_t)(((uint8_t *)input.pixels)[i] / 32 + 90);
                else
                    ((uint16_t *)input.pixels)[i] =
                        (uint16_t)(((uint16_t *)input.pixels)[i] / 32 + 20000);
            }
            anew_image result = picture(148, 92, channels, 32, 0.2, 5), first, other;
            ck_assert_int_eq(through_sink(&first, options, &input, &result, depth, 92, 1, &error),
                             ANEW_OK);
            ck_assert_int_eq(first.depth, depth);
            for (int rows = 1; rows < 92; rows += 30) {
                ck_assert_int_eq(through_sink(&other, options, &input, &result, depth, rows,
                                              1 + rows % 4, &error),
                                 ANEW_OK);
                ck_assert_mem_eq(first.pixels, other.pixels, bytes_of(&first));
                anew_image_free(&other);
            }
            bool equal = true;
            for (int i = 0; i < 148 * 92 * channels; i++) {
                const float v = ((float *)result.pixels)[i];
                equal = equal && (depth == 8 ? lrintf(v * 255) == ((uint8_t *)first.pixels)[i]
                                             : lrintf(v * 65535) == ((uint16_t *)first.pixels)[i]);
            }
            ck_assert_int_eq(equal, !anew_finish_is_on(options));
            anew_image_free(&first);
            anew_image_free(&input);
            anew_image_free(&result);
        }
}
END_TEST

START_TEST(any_allocation_may_fail)
{
    anew_error error;
    anew_image input = picture(37, 23, 4, 8, 0.1, 1), result = picture(148, 92, 4, 32, 0.2, 5), out;
    long n = 0;
    for (anew_status status = ANEW_ERROR_MEMORY; status != ANEW_OK; n++) {
        anew_alloc_limit(n);
        status = through_sink(&out, &every[_i], &input, &result, 8, 40, 1, &error);
        anew_alloc_limit(-1);
        ck_assert(status == ANEW_OK || status == ANEW_ERROR_MEMORY);
        if (status != ANEW_OK)
            ck_assert_uint_gt(strlen(error.text), 10);
        anew_image_free(&out);
    }
    ck_assert_int_gt(n, 2);
    anew_image_free(&input);
    anew_image_free(&result);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("finish");
    TCase *faithful = add_case(suite, "faithful", 60);
    tcase_add_test(faithful, a_faithful_result_is_the_input_when_downscaled);
    tcase_add_test(faithful, a_small_result_is_faithful_too);
    tcase_add_loop_test(faithful, transparency_is_left_alone, 0, 2);
    tcase_add_test(faithful, the_lock_takes_a_cast_and_leaves_detail);
    TCase *texture = add_case(suite, "texture", 60);
    tcase_add_test(texture, sharpening_makes_no_halo);
    tcase_add_test(texture, the_guard_knows_flat_from_textured);
    tcase_add_test(texture, grain_of_the_input_is_kept);
    tcase_add_test(texture, synthetic_grain);
    TCase *repairs = add_case(suite, "repairs", 60);
    tcase_add_test(repairs, what_is_masked_is_filled_in);
    tcase_add_test(repairs, scratches_are_found);
    tcase_add_test(repairs, what_belongs_to_the_picture_stays);
    tcase_add_test(repairs, repairs_without_memory);
    TCase *tone = add_case(suite, "tone", 60);
    tcase_add_test(tone, fading_is_undone_by_its_share);
    tcase_add_test(tone, white_balance_makes_gray_gray);
    tcase_add_test(tone, levels_contrast_and_saturation);
    TCase *sink = add_case(suite, "sink", 60);
    tcase_add_loop_test(sink, any_portions_and_threads, 0, (int)(sizeof every / sizeof *every));
    tcase_add_loop_test(sink, any_allocation_may_fail, 0, (int)(sizeof every / sizeof *every));
    return run_suite(suite);
}
