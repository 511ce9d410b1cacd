/*
 * check_look.c - what anew_look says of pictures whose history is known: drawn here, then made noisy, enlarged,
 * compressed and tinted.
 *
 * Seen to fail by: table K.1 with another first entry (jpeg_quality.c), the grid's row and column exchanged, tables that are not
 * turned (jpeg_pixels.c),
 * LEAST_LINE 24000, or TOO_DEEP 1 (sharpness.c), EVEN 300, or factors of both directions not compared (repeats.c), noise that was
 * cut off not made up for, or 1.4 times the variance of noise (noise.c), a choice that is not rounded
 * (look_choice.c), flat squares of 8x8 (look_tone.c), u16 divided by 256 (look_samples.c), fewer terms of the logarithm (functions.c).
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/suite.h"
#include "core/memory.h"
#include "image/planes.h"
#include "image/resize.h"
#include "look/functions.h"
#include "look/look.h"
#include "look/parts.h"

/* ---- pictures ---------------------------------------------------------------------------------------- */

static uint64_t dice_state;

/* 0 .. 1 (splitmix64) */
static double dice(void)
{
    uint64_t z = (dice_state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (double)((z ^ (z >> 31)) >> 11) / 9007199254740992.0;
}

static double gauss(void)
{
    const double a = dice(), b = dice();
    return sqrt(-2.0 * log(a + 1e-300)) * cos(6.283185307179586 * b);
}

/* A scene as a camera would see it: a sky of one slow gradient, and discs of many sizes before it, each with a texture of
 * its own; every pixel the mean of 3x3 points. Planes of 0 .. 1, and the same scene for the same seed. */
static anew_planes scene(int width, int height, uint64_t seed)
{
    enum { DISCS = 90 };
    double disc[DISCS][9];
    anew_planes planes;
    anew_error error;
    ck_assert_int_eq(anew_planes_create(&planes, 3, height, width, &error), ANEW_OK);
    dice_state = seed;
    for (int i = 0; i < DISCS; i++) {
        disc[i][0] = dice();
        disc[i][1] = 0.35 + 0.75 * dice();
        disc[i][2] = 0.015 + 0.15 * dice() * dice();
        for (int k = 3; k < 9; k++)
            disc[i][k] = dice();
    }
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            double sum[3] = {0};
            for (int part = 0; part < 9; part++) {
                const double u = (x + (part % 3 + 0.5) / 3.0) / width,
                             v = (y + (part / 3 + 0.5) / 3.0) / width;
                double colour[3] = {0.35 + 0.2 * v, 0.42 + 0.15 * v, 0.6 + 0.05 * u};
                for (int i = 0; i < DISCS; i++) {
                    const double dx = u - disc[i][0], dy = v - disc[i][1] * height / width;
                    if (dx * dx + dy * dy > disc[i][2] * disc[i][2])
                        continue;
                    const double wave =
                        sin((dx * disc[i][7] + dy * disc[i][8]) * (100.0 + 900.0 * disc[i][6]));
                    for (int c = 0; c < 3; c++)
                        colour[c] =
                            0.2 + 0.55 * disc[i][3 + c] + (disc[i][6] > 0.4 ? 0.08 * wave : 0.0);
                }
                for (int c = 0; c < 3; c++)
                    sum[c] += colour[c] / 9.0;
            }
            for (int c = 0; c < 3; c++)
                planes.data[((size_t)c * (size_t)height + (size_t)y) * (size_t)width + (size_t)x] =
                    (float)sum[c];
        }
    return planes;
}

static anew_image image_of(const anew_planes *planes)
{
    anew_image image;
    anew_error error;
    ck_assert_int_eq(
        anew_image_create(&image, planes->width, planes->height, planes->channels, 8, &error),
        ANEW_OK);
    anew_planes_to_image(&image, planes, 0);
    return image;
}

static anew_pixels pixels_of(const anew_image *image)
{
    return (anew_pixels){.data = image->pixels,
                         .sample = image->depth == 16 ? ANEW_SAMPLE_U16 : ANEW_SAMPLE_U8,
                         .width = image->width,
                         .height = image->height,
                         .channels = image->channels};
}

static anew_findings look_at(const anew_image *image)
{
    anew_findings findings;
    anew_error error = {0};
    const anew_pixels pixels = pixels_of(image);
    ck_assert_msg(anew_look(&findings, &pixels, &error) == ANEW_OK, "%s", error.text);
    return findings;
}

static anew_findings look_at_planes(const anew_planes *planes)
{
    anew_image image = image_of(planes);
    const anew_findings findings = look_at(&image);
    anew_image_free(&image);
    return findings;
}

/* Noise of that standard deviation, in steps of 8 bits: the same in all channels, or independent. */
static void add_noise(anew_planes *planes, double sigma, bool gray)
{
    const size_t plane = (size_t)planes->width * (size_t)planes->height;
    for (size_t i = 0; i < plane; i++) {
        double value = gauss();
        for (int c = 0; c < planes->channels; c++) {
            planes->data[(size_t)c * plane + i] += (float)(value * sigma / 255.0);
            if (!gray)
                value = gauss();
        }
    }
}

/* ---- noise ------------------------------------------------------------------------------------------- */

START_TEST(noise_is_measured)
{
    static const double sigmas[] = {0, 2, 5, 10, 15, 25, 40};
    double worst = 0.0;
    for (int seed = 1; seed <= 2; seed++)
        for (int i = 0; i < 7; i++)
            for (int gray = 0; gray < 2; gray++) {
                anew_planes planes = scene(320, 240, (uint64_t)seed);
                add_noise(&planes, sigmas[i], gray);
                const anew_findings f = look_at_planes(&planes);
                /* Of independent noise in R, G, B: the norms of the rows of BT.601's matrix. */
                const double luma = gray ? 1.0 : 0.66856, chroma = gray ? 0.0 : 0.64035;
                worst = fmax(worst, fabs(f.noise_luma - sigmas[i] * luma));
                worst = fmax(worst, fabs(f.noise_chroma - sigmas[i] * chroma));
                ck_assert_msg(fabs(f.noise_luma - sigmas[i] * luma) <= 1.0 &&
                                  fabs(f.noise_chroma - sigmas[i] * chroma) <= 1.0,
                              "noise %g: luma %.2f, chroma %.2f", sigmas[i], f.noise_luma,
                              f.noise_chroma);
                anew_planes_free(&planes);
            }
    printf("noise: off by %.2f at most\n", worst);
}
END_TEST

/* A picture of much contrast, where much noise reaches both ends of the range and is cut off there. */
START_TEST(noise_that_is_cut_off_is_measured)
{
    for (int gray = 0; gray < 2; gray++)
        for (int sigma = 25; sigma <= 40; sigma += 15) {
            anew_planes planes = scene(480, 360, 4);
            for (size_t i = 0; i < (size_t)3 * 480 * 360; i++)
                planes.data[i] = 0.35f + 2.0f * (planes.data[i] - 0.45f);
            for (size_t i = 0; i < (size_t)3 * 480 * 360; i++)
                planes.data[i] = fminf(fmaxf(planes.data[i], 0.0f), 1.0f);
            add_noise(&planes, sigma, gray);
            const anew_findings f = look_at_planes(&planes);
            const double luma = gray ? 1.0 : 0.66856, chroma = gray ? 0.0 : 0.64035;
            ck_assert_msg(fabs(f.noise_luma - sigma * luma) <= 1.0 &&
                              fabs(f.noise_chroma - sigma * chroma) <= 1.0,
                          "noise %d: luma %.2f, chroma %.2f", sigma, f.noise_luma, f.noise_chroma);
            anew_planes_free(&planes);
        }
}
END_TEST

/* Grain that is there before: variances add up. */
START_TEST(noise_adds_up)
{
    anew_planes planes = scene(320, 240, 6);
    add_noise(&planes, 6.0, true);
    anew_image image = image_of(&planes);
    anew_planes_from_image(&planes, &image, 0);
    add_noise(&planes, 8.0, true);
    ck_assert_double_eq_tol(look_at_planes(&planes).noise_luma, 10.0, 1.0);
    anew_image_free(&image);
    anew_planes_free(&planes);
}
END_TEST

START_TEST(nothing_has_no_noise)
{
    anew_planes planes = scene(320, 240, 3);
    ck_assert_double_lt(look_at_planes(&planes).noise_luma, 1.0);
    for (size_t i = 0; i < (size_t)3 * 320 * 240; i++)
        planes.data[i] = 0.5f;
    const anew_findings f = look_at_planes(&planes);
    ck_assert_double_eq(f.noise_luma, 0.0);
    ck_assert_double_eq(f.noise_chroma, 0.0);
    ck_assert_double_eq(f.enlarged, 1.0);
    ck_assert_int_eq(f.jpeg_quality, 0);
    anew_planes_free(&planes);
}
END_TEST

/* ---- enlarging --------------------------------------------------------------------------------------- */

START_TEST(enlarging_is_seen)
{
    static const double factors[] = {4.0 / 3.0, 1.5, 1.8, 2, 2.25, 2.5, 3, 4};
    static const anew_filter filters[] = {ANEW_FILTER_LANCZOS3, ANEW_FILTER_CUBIC,
                                          ANEW_FILTER_TRIANGLE};
    double worst = 0.0;
    anew_error error;
    for (int seed = 1; seed <= 2; seed++) {
        anew_planes small = scene(224, 176, (uint64_t)seed);
        add_noise(&small, 2.0, false); /* as a camera's */
        ck_assert_double_eq(look_at_planes(&small).enlarged, 1.0);
        for (int i = 0; i < 8; i++)
            /* What linear interpolation does to so little detail shows clearly from a factor of 2 on. */
            for (int k = 0; k < (i == 0 ? 1 : i < 3 ? 2 : 3); k++) {
                anew_planes large;
                ck_assert_int_eq(anew_planes_create(&large, 3, (int)lround(176 * factors[i]),
                                                    (int)lround(224 * factors[i]), &error),
                                 ANEW_OK);
                ck_assert_int_eq(anew_planes_resize(&large, &small, filters[k],
                                                    anew_row_kernels_for(ANEW_ISA_C), 1, &error),
                                 ANEW_OK);
                const double seen = look_at_planes(&large).enlarged;
                worst = fmax(worst, fabs(seen / factors[i] - 1.0));
                ck_assert_msg(fabs(seen / factors[i] - 1.0) <= 0.1,
                              "enlarged %g times with filter %d: seen %.3f", factors[i],
                              (int)filters[k], seen);
                anew_planes_free(&large);
            }
        anew_planes_free(&small);
    }
    printf("factors: off by %.1f %% at most\n", 100.0 * worst);
}
END_TEST

/* Of too few rows nothing is said; repeated pixels are seen anywhere. */
START_TEST(thumbnails_are_not_judged)
{
    static const int sides[] = {90, 98};
    anew_error error;
    for (int i = 0; i < 2; i++) {
        anew_planes small = scene(72, 60, 5), large;
        ck_assert_int_eq(anew_planes_create(&large, 3, sides[i], sides[i] * 6 / 5, &error),
                         ANEW_OK);
        ck_assert_int_eq(anew_planes_resize(&large, &small, ANEW_FILTER_CUBIC,
                                            anew_row_kernels_for(ANEW_ISA_C), 1, &error),
                         ANEW_OK);
        const double seen = look_at_planes(&large).enlarged;
        ck_assert_msg((seen > 1.0) == (i == 1), "%d rows: seen %.3f", sides[i], seen);
        anew_planes_free(&large);
        anew_planes_free(&small);
    }
}
END_TEST

/* Column and row i are those of the small one at floor((i + 0.5) / factor). */
static anew_planes repeated(const anew_planes *small, double factor)
{
    anew_planes large;
    anew_error error;
    const int width = (int)(small->width * factor);
    const int height = (int)(small->height * factor);
    ck_assert_int_eq(anew_planes_create(&large, 3, height, width, &error), ANEW_OK);
    for (int c = 0; c < 3; c++)
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++) {
                const int row = c * small->height + (int)((y + 0.5) / factor);
                large.data[((size_t)c * (size_t)height + (size_t)y) * (size_t)width + (size_t)x] =
                    small->data[(size_t)row * (size_t)small->width + (size_t)((x + 0.5) / factor)];
            }
    return large;
}

START_TEST(repeated_pixels_are_seen)
{
    static const double factors[] = {1.25, 1.5, 2, 2.5, 3, 4, 8};
    for (int i = 0; i < 7; i++) {
        anew_planes small = scene(150, 120, 7);
        /* So that no two rows of sky are alike, which by 1.25 might be one that is repeated. */
        add_noise(&small, 2.0, false);
        anew_planes large = repeated(&small, factors[i]);
        const anew_findings f = look_at_planes(&large);
        ck_assert_msg(f.repeated && fabs(f.enlarged / factors[i] - 1.0) < 0.01,
                      "repeated %g times: seen %.3f", factors[i], f.enlarged);
        /* One column that is not as the one before it, where it should be: no longer. */
        if (factors[i] == 3) {
            for (int y = 0; y < large.height; y++)
                large.data[(size_t)y * (size_t)large.width + 100] += 0.05f;
            const anew_findings other = look_at_planes(&large);
            ck_assert(!other.repeated);
        }
        anew_planes_free(&large);
        anew_planes_free(&small);
    }
    /* Not evenly: twice and three times as dice say. Not by one factor: twice across, three times down. */
    anew_planes small = scene(150, 120, 8);
    for (int kind = 0; kind < 2; kind++) {
        const double down = kind == 0 ? 2.5 : 3.0;
        anew_planes large = repeated(&small, down);
        dice_state = 5;
        for (int x = 0, from = 0, left = 0; x < large.width; x++, left--) {
            if (left == 0) {
                from += x > 0;
                left = kind == 1 ? 2 : 2 + (int)(dice() * 2.0);
            }
            for (int row = 0; row < 3 * large.height; row++) {
                const int c = row / large.height, y = row % large.height;
                const int above = c * small.height + (int)((y + 0.5) / down);
                large.data[row * large.width + x] =
                    small.data[above * small.width + from % small.width];
            }
        }
        const anew_findings f = look_at_planes(&large);
        ck_assert_msg(!f.repeated, "kind %d: %.3f", kind, f.enlarged);
        anew_planes_free(&large);
    }
    anew_planes_free(&small);
}
END_TEST

/* ---- JPEG -------------------------------------------------------------------------------------------- */

#if ANEW_JPEG
static char path[64];

/* A file of that quality; the caller unlinks it. */
static void write_jpeg(const anew_image *image, int quality, int chroma)
{
    anew_error error = {0};
    const anew_image_options options = {.quality = quality, .jpeg_chroma = chroma};
    (void)snprintf(path, sizeof path, "/tmp/anew-look-%ld.jpg", (long)getpid());
    ck_assert_msg(anew_image_write(image, path, ANEW_FORMAT_JPEG, &options, &error) == ANEW_OK,
                  "%s", error.text);
}

START_TEST(tables_say_the_quality)
{
    anew_planes planes = scene(48, 40, 1);
    anew_image image = image_of(&planes);
    for (int quality = 1; quality <= 100; quality++) {
        anew_findings f;
        anew_error error = {0};
        write_jpeg(&image, quality, quality % 2 == 0 ? 444 : 420);
        ck_assert_msg(anew_look_file(&f, path, &error) == ANEW_OK, "%s", error.text);
        ck_assert_int_eq(f.file_quality, quality);
        ck_assert(f.file_quality_exact);
        ck_assert_int_eq(f.file_chroma_x, quality % 2 == 0 ? 1 : 2);
        ck_assert_int_eq(f.file_chroma_y, quality % 2 == 0 ? 1 : 2);
        (void)unlink(path);
    }
    anew_image_free(&image);
    anew_planes_free(&planes);
}
END_TEST

/* By a Gaussian, separably, with its edge pixels repeated. */
static void blur(anew_planes *planes, double sigma)
{
    const int width = planes->width, height = planes->height;
    double taps[25], sum = 0.0;
    float *line = anew_alloc((size_t)(width + height) * sizeof *line);
    for (int i = 0; i < 25; i++)
        sum += taps[i] = exp(-0.5 * (i - 12) * (i - 12) / (sigma * sigma));
    for (int c = 0; c < planes->channels; c++)
        for (int down = 0; down < 2; down++)
            for (int k = 0; k < (down ? width : height); k++) {
                const int length = down ? height : width, step = down ? width : 1;
                float *at = planes->data + (size_t)c * (size_t)width * (size_t)height +
                            (size_t)(down ? k : k * width);
                for (int i = 0; i < length; i++) {
                    double value = 0.0;
                    for (int t = -12; t <= 12; t++) {
                        const int from = i + t < 0 ? 0 : i + t >= length ? length - 1 : i + t;
                        value += taps[t + 12] * at[(ptrdiff_t)from * step];
                    }
                    line[i] = (float)(value / sum);
                }
                for (int i = 0; i < length; i++)
                    at[(ptrdiff_t)i * step] = line[i];
            }
    anew_free(line);
}

/* The blocks hide the lines of enlarging; what is blurred must not be taken for enlarged without them. */
START_TEST(a_blurred_jpeg_is_no_enlarging)
{
    anew_error error = {0};
    anew_image photo, back;
    anew_planes planes;
    ck_assert_msg(anew_image_read(&photo, "examples/photo.jpg", NULL, NULL, &error) == ANEW_OK,
                  "%s", error.text);
    ck_assert_int_eq(anew_planes_create(&planes, 3, photo.height, photo.width, &error), ANEW_OK);
    anew_planes_from_image(&planes, &photo, 0);
    blur(&planes, 1.0);
    anew_image image = image_of(&planes);
    for (int quality = 85; quality <= 90; quality += 5) {
        write_jpeg(&image, quality, 420);
        ck_assert_int_eq(anew_image_read(&back, path, NULL, NULL, &error), ANEW_OK);
        (void)unlink(path);
        const double seen = look_at(&back).enlarged;
        ck_assert_msg(seen <= 1.0, "quality %d: enlarged %.2f", quality, seen);
        anew_image_free(&back);
    }
    anew_image_free(&image);
    anew_image_free(&photo);
    anew_planes_free(&planes);
}
END_TEST

/* As a file of another kind would have them, whole and with the grid moved. */
START_TEST(pixels_say_the_quality)
{
    static const int qualities[] = {10, 30, 50, 65, 75, 85, 90};
    anew_error error = {0};
    for (int seed = 1; seed <= 2; seed++) {
        anew_planes planes = scene(328, 248, (uint64_t)seed);
        anew_image image = image_of(&planes), cut;
        ck_assert_int_eq(look_at(&image).jpeg_quality, 0);
        ck_assert_int_eq(look_at(&image).jpeg_grid_x, -1);
        ck_assert_int_eq(anew_image_create(&cut, 320, 240, 3, 8, &error), ANEW_OK);
        for (int i = 0; i < 7; i++) {
            const int left = (3 * i + 1) % 8, top = 5 * i % 8;
            anew_image back;
            write_jpeg(&image, qualities[i], 420);
            ck_assert_int_eq(anew_image_read(&back, path, NULL, NULL, &error), ANEW_OK);
            (void)unlink(path);
            for (int y = 0; y < 240; y++)
                memcpy((uint8_t *)cut.pixels + (size_t)y * 320 * 3,
                       (uint8_t *)back.pixels + ((size_t)(y + top) * 328 + (size_t)left) * 3,
                       320 * 3);
            for (int moved = 0; moved < 2; moved++) {
                const anew_findings f = look_at(moved ? &cut : &back);
                ck_assert_msg(abs(f.jpeg_quality - qualities[i]) <= 5, "quality %d: seen %d",
                              qualities[i], f.jpeg_quality);
                ck_assert_int_eq(f.jpeg_grid_x, moved ? (8 - left) % 8 : 0);
                ck_assert_int_eq(f.jpeg_grid_y, moved ? (8 - top) % 8 : 0);
                ck_assert_double_eq(f.enlarged, 1.0);
            }
            anew_image_free(&back);
        }
        anew_image_free(&cut);
        anew_image_free(&image);
        anew_planes_free(&planes);
    }
}
END_TEST

/* Laid on its side after it was a JPEG: the steps of libjpeg's table are not the same across and down. */
START_TEST(pixels_of_a_turned_picture_say_the_quality)
{
    static const int qualities[] = {20, 40, 55, 66, 78, 88, 94};
    anew_error error = {0};
    anew_planes planes = scene(320, 240, 3);
    add_noise(&planes, 6.0, true); /* something at every frequency */
    anew_image image = image_of(&planes), back, turned;
    for (int i = 0; i < 7; i++) {
        write_jpeg(&image, qualities[i], 420);
        ck_assert_int_eq(anew_image_read(&back, path, NULL, NULL, &error), ANEW_OK);
        (void)unlink(path);
        ck_assert_int_eq(anew_image_create(&turned, 240, 320, 3, 8, &error), ANEW_OK);
        for (int y = 0; y < 320; y++)
            for (int x = 0; x < 240; x++) /* clockwise */
                memcpy((uint8_t *)turned.pixels + (y * 240 + x) * 3,
                       (uint8_t *)back.pixels + ((239 - x) * 320 + y) * 3, 3);
        const anew_findings f = look_at(&turned);
        ck_assert_msg(abs(f.jpeg_quality - qualities[i]) <= 5, "quality %d: seen %d", qualities[i],
                      f.jpeg_quality);
        ck_assert_int_eq(f.jpeg_grid_x, 0);
        ck_assert_int_eq(f.jpeg_grid_y, 0);
        anew_image_free(&turned);
        anew_image_free(&back);
    }
    anew_image_free(&image);
    anew_planes_free(&planes);
}
END_TEST

/* A sky over hills: what JPEG makes flat in it is no ground of a drawing. And a sign, which stays one. */
START_TEST(a_jpeg_of_a_photo_is_no_drawing)
{
    static const int qualities[] = {30, 50, 75, 90};
    anew_error error = {0};
    anew_planes planes[2];
    for (int kind = 0; kind < 2; kind++) {
        ck_assert_int_eq(anew_planes_create(&planes[kind], 3, 240, 320, &error), ANEW_OK);
        dice_state = 9;
        for (int y = 0; y < 240; y++)
            for (int x = 0; x < 320; x++)
                for (int c = 0; c < 3; c++) {
                    const double ridge = 170.0 + 20.0 * sin(x / 37.0) + 6.0 * sin(x / 5.0);
                    const double hill = 0.12 + 0.05 * dice() + 0.08 * sin(x / 3.0 + y / 4.0);
                    const double sky = 0.6 + 0.0009 * y + 0.0004 * x - 0.08 * (c == 0);
                    const bool line =
                        abs((x - 160) * (x - 160) + (y - 120) * (y - 120) - 8000) < 900;
                    const double sign = line ? 0.1 : c == 2 && x > 160 ? 0.3 : 0.9;
                    planes[kind].data[(c * 240 + y) * 320 + x] = (float)(kind == 1   ? sign
                                                                         : y > ridge ? hill
                                                                                     : sky);
                }
    }
    for (int i = 0; i < 4; i++)
        for (int kind = 0; kind < 2; kind++) {
            anew_image image = image_of(&planes[kind]), back;
            write_jpeg(&image, qualities[i], 420);
            ck_assert_int_eq(anew_image_read(&back, path, NULL, NULL, &error), ANEW_OK);
            (void)unlink(path);
            ck_assert_msg(look_at(&back).drawing == (kind == 1), "quality %d, %s", qualities[i],
                          kind == 1 ? "a sign" : "a sky");
            anew_image_free(&back);
            anew_image_free(&image);
        }
    anew_planes_free(&planes[0]);
    anew_planes_free(&planes[1]);
}
END_TEST
#endif

/* ---- tones ------------------------------------------------------------------------------------------- */

START_TEST(tones_are_told)
{
    const size_t plane = (size_t)240 * 180;
    anew_planes planes = scene(240, 180, 5);
    anew_findings f = look_at_planes(&planes);
    ck_assert(!f.gray && !f.sepia && !f.drawing);
    /* Gray with three channels. */
    for (size_t i = 0; i < plane; i++)
        planes.data[plane + i] = planes.data[2 * plane + i] = planes.data[i];
    f = look_at_planes(&planes);
    ck_assert(f.gray && !f.sepia);
    ck_assert_double_eq(f.yellowing, 0.0);
    /* Brown, with whites of 255, 240, 200 / 255 of the gray. */
    for (size_t i = 0; i < plane; i++) {
        planes.data[plane + i] *= 240.0f / 255.0f;
        planes.data[2 * plane + i] *= 200.0f / 255.0f;
    }
    f = look_at_planes(&planes);
    ck_assert(!f.gray && f.sepia && f.yellowed);
    ck_assert_double_ge(f.yellowing, 20.0);
    /* Of brown things, one here and there has another colour, and a quarter is neutral. */
    for (size_t i = 0; i < plane / 4; i++)
        planes.data[plane + i] = planes.data[2 * plane + i] = planes.data[i];
    f = look_at_planes(&planes);
    ck_assert(!f.gray && !f.sepia && !f.yellowed);
    /* Faded to 80 .. 150 of 255. */
    double low = 1.0, high = 0.0;
    for (size_t i = 0; i < plane; i++) {
        low = fmin(low, planes.data[i]);
        high = fmax(high, planes.data[i]);
    }
    for (size_t i = 0; i < plane; i++)
        for (size_t c = 3; c-- > 0;)
            planes.data[c * plane + i] =
                (float)((80.0 + 70.0 * (planes.data[i] - low) / (high - low)) / 255.0);
    f = look_at_planes(&planes);
    ck_assert_double_ge(f.black, 79.0);
    ck_assert_double_le(f.white, 151.0);
    ck_assert_double_lt(f.black + 40.0, f.white);
    ck_assert(f.faded);
    /* A quarter black, an eighth white. */
    for (size_t i = 0; i < plane; i++)
        for (size_t c = 0; c < 3; c++)
            planes.data[c * plane + i] = i < plane / 4               ? 0.0f
                                         : i < plane / 4 + plane / 8 ? 1.0f
                                                                     : 0.5f;
    f = look_at_planes(&planes);
    ck_assert_double_eq_tol(f.shadows, 0.25, 1e-3);
    ck_assert_double_eq_tol(f.highlights, 0.125, 1e-3);
    anew_planes_free(&planes);
}
END_TEST

/* ---- the ways in ------------------------------------------------------------------------------------- */

/* The same picture as u8, as u16 and as floats, upside down in memory and with an alpha that hides nothing. */
START_TEST(the_kind_of_samples_does_not_matter)
{
    anew_planes planes = scene(200, 150, 7);
    anew_image image = image_of(&planes);
    const uint8_t *bytes = image.pixels;
    const anew_findings want = look_at(&image);
    uint16_t *wide = anew_alloc((size_t)200 * 150 * 4 * 2);
    float *real = anew_alloc((size_t)200 * 150 * 4 * 4);
    anew_error error;
    for (int y = 0; y < 150; y++)
        for (int x = 0; x < 200; x++)
            for (int c = 0; c < 4; c++) {
                const int value = c < 3 ? bytes[(y * 200 + x) * 3 + c] : 255;
                wide[((149 - y) * 200 + x) * 4 + c] = (uint16_t)(value * 257);
                real[(c * 150 + y) * 200 + x] = (float)value / 255.0f;
            }
    const anew_pixels kinds[] = {
        {wide + (ptrdiff_t)149 * 200 * 4, ANEW_SAMPLE_U16, 200, 150, 4, -200 * 8, 8, 2},
        {real, ANEW_SAMPLE_F32, 200, 150, 3, 200 * 4, 4, 150 * 200 * 4},
    };
    for (int i = 0; i < 2; i++) {
        anew_findings f;
        ck_assert_int_eq(anew_look(&f, &kinds[i], &error), ANEW_OK);
        ck_assert_double_eq(f.noise_luma, want.noise_luma);
        ck_assert_double_eq(f.noise_chroma, want.noise_chroma);
        ck_assert_double_eq(f.blur, want.blur);
        ck_assert_double_eq(f.detail, want.detail);
        ck_assert_double_eq(f.enlarged, want.enlarged);
        ck_assert_double_eq(f.yellowing, want.yellowing);
    }
    anew_free(real);
    anew_free(wide);
    anew_image_free(&image);
    anew_planes_free(&planes);
}
END_TEST

/* Of a large picture, tiles; of any size, an answer. */
START_TEST(every_size_is_looked_at)
{
    static const int sizes[][2] = {{1, 1},   {1, 300}, {300, 1},  {7, 9},     {8, 8},
                                   {63, 64}, {64, 64}, {65, 130}, {20000, 3}, {3, 70000}};
    anew_error error;
    for (int i = 0; i < 10; i++)
        for (int channels = 1; channels <= 4; channels++) {
            anew_image image;
            ck_assert_int_eq(
                anew_image_create(&image, sizes[i][0], sizes[i][1], channels, 8, &error), ANEW_OK);
            for (int k = 0; k < sizes[i][0] * sizes[i][1] * channels; k++)
                ((uint8_t *)image.pixels)[k] = (uint8_t)(k * 37 + k / 11);
            const anew_findings f = look_at(&image);
            ck_assert_double_ge(f.enlarged, 1.0);
            ck_assert(isfinite(f.noise_luma) && isfinite(f.noise_chroma) && isfinite(f.blur));
            ck_assert_int_eq(f.pixels_seen, (int64_t)sizes[i][0] * sizes[i][1]);
            anew_image_free(&image);
        }
    /* 2600 x 2000, of tiles of one picture, so that no tile is like its neighbour. */
    anew_planes planes = scene(650, 500, 9);
    add_noise(&planes, 6.0, true);
    anew_image part = image_of(&planes), large;
    ck_assert_int_eq(anew_image_create(&large, 2600, 2000, 3, 8, &error), ANEW_OK);
    for (int y = 0; y < 2000; y++)
        for (int x = 0; x < 2600; x++)
            memcpy((uint8_t *)large.pixels + ((size_t)y * 2600 + (size_t)x) * 3,
                   (uint8_t *)part.pixels + ((size_t)(y % 500) * 650 + (size_t)(x % 650)) * 3, 3);
    const anew_findings f = look_at(&large);
    ck_assert_int_eq(f.pixels_seen, 64 * 256 * 256 * 7 / 8);
    ck_assert_double_eq_tol(f.noise_luma, 6.0, 1.0);
    ck_assert_double_eq(f.enlarged, 1.0);
    anew_image_free(&part);
    anew_image_free(&large);
    anew_planes_free(&planes);
}
END_TEST

START_TEST(what_cannot_be_looked_at_says_why)
{
    anew_planes planes = scene(140, 130, 1);
    anew_image image = image_of(&planes);
    anew_findings f;
    anew_error error;
    anew_pixels none = pixels_of(&image);
    long allowed = 0;
    anew_status status = ANEW_ERROR_MEMORY;
    none.width = 0;
    ck_assert_int_eq(anew_look(&f, &none, &error), ANEW_ERROR_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(error.text, "0x130"));
    ck_assert_int_eq(anew_look_file(&f, "/nonexistent.png", &error), ANEW_ERROR_IO);
    const anew_pixels pixels = pixels_of(&image);
    for (; status != ANEW_OK && allowed < 100; allowed++) {
        anew_alloc_limit(allowed);
        status = anew_look(&f, &pixels, &error);
        anew_alloc_limit(-1);
        ck_assert(status == ANEW_OK || status == ANEW_ERROR_MEMORY);
    }
    ck_assert_int_gt(allowed, 5);
    ck_assert_int_eq(status, ANEW_OK);
    anew_image_free(&image);
    anew_planes_free(&planes);
}
END_TEST

/* ---- choices ----------------------------------------------------------------------------------------- */

START_TEST(choices_follow_what_is_seen)
{
    const anew_findings clean = {.enlarged = 1.0, .detail = 1.0, .white = 250.0, .blur = 0.5};
    anew_findings f = clean;
    anew_choice c, before;
    anew_choose(&c, &f);
    ck_assert_double_eq(c.restore_strength, 0.0);
    ck_assert_double_eq(c.denoise, 0.0);
    ck_assert_double_eq(c.shrink_first, 1.0);
    ck_assert(!c.wants_faces && !c.is_drawing);
    ck_assert_str_eq(c.reason, "photo: not restored");
    /* Each fault alone asks for more as it grows, and for no more than 1. */
    before = c;
    for (int i = 1; i <= 40; i++) {
        f = clean;
        f.noise_luma = i;
        anew_choose(&c, &f);
        ck_assert(c.restore_strength >= before.restore_strength && c.restore_strength <= 1.0);
        ck_assert(c.denoise >= before.denoise && c.denoise <= 1.0);
        before = c;
    }
    ck_assert_double_eq(c.denoise, 1.0);
    ck_assert(c.wants_faces);
    before.restore_strength = 0.0;
    for (int quality = 100; quality >= 1; quality--) {
        f = clean;
        f.file_quality = quality;
        anew_choose(&c, &f);
        ck_assert(c.restore_strength >= before.restore_strength && c.restore_strength <= 1.0);
        before = c;
    }
    ck_assert_double_eq(c.restore_strength, 1.0);
    /* Saved again at a high quality, a picture is what it was. */
    f.file_quality = 95;
    f.jpeg_quality = 40;
    anew_choose(&c, &f);
    ck_assert_double_eq(c.restore_strength, 1.0);
    ck_assert_ptr_nonnull(strstr(c.reason, "JPEG of quality 40 (saved again since)"));
    /* What nobody would see is left alone; what is done is said to the step of an option. */
    for (int i = 0; i < 3; i++) {
        f = clean;
        *(i == 0 ? &f.noise_luma : i == 1 ? &f.noise_chroma : &f.blur) = i < 2 ? 2.49 : 1.49;
        anew_choose(&c, &f);
        ck_assert_double_eq(c.restore_strength, 0.0);
        *(i == 0 ? &f.noise_luma : i == 1 ? &f.noise_chroma : &f.blur) = i < 2 ? 2.51 : 1.51;
        anew_choose(&c, &f);
        ck_assert(c.restore_strength > 0.1);
        ck_assert_double_eq_tol(c.restore_strength * 100, round(c.restore_strength * 100), 1e-9);
    }
    f = clean;
    f.jpeg_quality = 86;
    anew_choose(&c, &f);
    ck_assert_double_eq(c.restore_strength, 0.0);
    f.file_quality = 85;
    anew_choose(&c, &f);
    ck_assert(c.restore_strength > 0.1);
    f = clean;
    f.enlarged = 1.98765;
    anew_choose(&c, &f);
    ck_assert_double_eq(c.shrink_first, 1.988);
    f = clean;
    f.enlarged = 2.5;
    f.drawing = 1;
    anew_choose(&c, &f);
    ck_assert_double_eq(c.shrink_first, 2.5);
    ck_assert(c.is_drawing && !c.wants_faces);
    ck_assert_ptr_nonnull(strstr(c.reason, "reduced 2.5 times first"));
    /* Pixel art keeps its squares; a photo with such squares was small. */
    f.repeated = 1;
    anew_choose(&c, &f);
    ck_assert_double_eq(c.shrink_first, 1.0);
    ck_assert_ptr_nonnull(strstr(c.reason, "enlarged 2.5 times before by repeating pixels"));
    f.drawing = 0;
    anew_choose(&c, &f);
    ck_assert_double_eq(c.shrink_first, 2.5);
}
END_TEST

START_TEST(functions_are_those_of_the_library)
{
    for (int i = -2000; i <= 2000; i++) {
        const double x = i * 0.317;
        ck_assert_double_eq_tol(anew_look_cosine(x), cos(6.283185307179586 * x), 1e-11);
        if (x > -690.0 && x < 600.0)
            ck_assert_double_eq_tol(anew_look_exp(x) / exp(x), 1.0, 1e-11);
        ck_assert_double_eq_tol(anew_look_log(exp(x * 0.5)), x * 0.5, 1e-11);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("look");
    TCase *all = add_case(suite, "look", 120);
    tcase_add_test(all, noise_is_measured);
    tcase_add_test(all, noise_that_is_cut_off_is_measured);
    tcase_add_test(all, noise_adds_up);
    tcase_add_test(all, nothing_has_no_noise);
    tcase_add_test(all, enlarging_is_seen);
    tcase_add_test(all, thumbnails_are_not_judged);
    tcase_add_test(all, repeated_pixels_are_seen);
#if ANEW_JPEG
    tcase_add_test(all, a_blurred_jpeg_is_no_enlarging);
    tcase_add_test(all, tables_say_the_quality);
    tcase_add_test(all, pixels_say_the_quality);
    tcase_add_test(all, pixels_of_a_turned_picture_say_the_quality);
    tcase_add_test(all, a_jpeg_of_a_photo_is_no_drawing);
#else
    printf("SKIP JPEG: libjpeg was left out of this build\n");
#endif
    tcase_add_test(all, tones_are_told);
    tcase_add_test(all, the_kind_of_samples_does_not_matter);
    tcase_add_test(all, every_size_is_looked_at);
    tcase_add_test(all, what_cannot_be_looked_at_says_why);
    tcase_add_test(all, choices_follow_what_is_seen);
    tcase_add_test(all, functions_are_those_of_the_library);
    return run_suite(suite);
}
