/*
 * check_faces_warp.c - warps: exact where they must be, sub-pixel true, without aliasing where they shrink, borders,
 * parts equal to the whole, crops of every kind of picture; and (with the shared folder) the published tools' warp.
 *
 * Seen to fail by: no low-pass; a triangle for the cubic; another cubic; weights that are not divided by their sum; a
 * footprint turned the wrong way or moved by a quarter of a pixel; a mirror that repeats the edge; replicating where
 * mirroring was asked; positions counted from a part's first column; positions that are not bounded; folding maps let
 * through; a crop's window without the kernel's reach, without what is mirrored, or half a pixel off; a gray crop with
 * one channel left. The published tools' warp: no rounding of positions or of samples, a floor for the rounding of 16
 * bits, another order of products, a weight off by 1e-7.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/npy_doubles.h"
#include "common/suite.h"
#include "faces/crop.h"
#include "faces/reference_warp.h"

static const double pi = 3.14159265358979323846;

static const anew_row_kernels *kernels(void)
{
    anew_isa isa;
    ck_assert(anew_isa_detect(&isa, NULL));
    return anew_row_kernels_for(isa);
}

static anew_affine turned(double scale, double angle, double x, double y)
{
    const double a = scale * cos(angle), b = scale * sin(angle);
    return (anew_affine){{{a, -b, x}, {b, a, y}}};
}

static anew_planes made(int channels, int height, int width,
                        double (*value)(int c, double y, double x))
{
    anew_planes planes;
    ck_assert_int_eq(anew_planes_create(&planes, channels, height, width, NULL), ANEW_OK);
    for (int i = 0; i < channels * height * width; i++)
        planes.data[i] =
            value == NULL ? 0 : (float)value(i / (height * width), i / width % height, i % width);
    return planes;
}

static void warp(anew_planes *to, const anew_planes *from, const anew_affine *map,
                 anew_border border, int threads)
{
    const anew_warp_options options = {border, {0.25f, 0.5f, 0.75f, 1}, NULL};
    const anew_plane_rows rows = anew_planes_rows(from);
    anew_error error = {0};
    ck_assert_msg(anew_warp(to, &rows, map, &options, kernels(), threads, &error) == ANEW_OK, "%s",
                  error.text);
}

static double noise(int c, double y, double x)
{
    const uint32_t at = (uint32_t)(c * 7919 + (int)y * 131 + (int)x) * 2654435761u;
    return (at >> 8) / 16777216.0;
}

START_TEST(whole_shifts_are_exact)
{
    anew_planes from = made(3, 20, 24, noise), to = made(3, 9, 11, NULL);
    const anew_affine shift = {{{1, 0, 5}, {0, 1, 7}}}, quarter = {{{0, -1, 15}, {1, 0, 4}}};
    warp(&to, &from, &shift, ANEW_BORDER_REPLICATE, 1);
    for (int c = 0; c < 3; c++)
        for (int y = 0; y < 9; y++)
            ck_assert_mem_eq(to.data + (c * 9 + y) * 11, from.data + (c * 20 + y + 7) * 24 + 5,
                             11 * sizeof(float));
    warp(&to, &from, &quarter, ANEW_BORDER_REPLICATE, 1);
    for (int y = 0; y < 9; y++)
        for (int x = 0; x < 11; x++)
            ck_assert(to.data[y * 11 + x] == from.data[(x + 4) * 24 + 15 - y]);
    anew_planes_free(&from);
    anew_planes_free(&to);
}
END_TEST

static double wave(int c, double y, double x)
{
    return 0.5 + 0.4 * sin(0.11 * x + 0.07 * y + c) * cos(0.05 * x - 0.13 * y);
}

/* A smooth picture is the same picture, wherever it is sampled: any shift would show. */
START_TEST(positions_are_true)
{
    static const double scales[] = {0.2, 0.77, 1, 1.2, 1.9, 2.7, 3.3, 5.1};
    anew_planes from = made(2, 300, 300, wave), to = made(2, 30, 34, NULL);
    for (size_t s = 0; s < sizeof scales / sizeof scales[0]; s++)
        for (int turn = 0; turn < 7; turn++) {
            const anew_affine map =
                turned(scales[s], turn * 0.9, 150.3 - 20 * (cos(turn) * scales[s]), 149.6);
            /* Only where the footprint lies inside. */
            warp(&to, &from, &map, ANEW_BORDER_REPLICATE, 1);
            double worst = 0, mean = 0;
            int count = 0;
            for (int c = 0; c < 2; c++)
                for (int y = 0; y < 30; y++)
                    for (int x = 0; x < 34; x++) {
                        const anew_point p = anew_affine_apply(&map, x, y);
                        if (p.x < 30 || p.y < 30 || p.x > 270 || p.y > 270)
                            continue;
                        const double d = (double)to.data[(c * 30 + y) * 34 + x] - wave(c, p.y, p.x);
                        worst = fmax(worst, fabs(d));
                        mean += d;
                        count++;
                    }
            /* What a low-pass of that width leaves of such waves; a quarter of a pixel is 0.018 here. */
            const double limit = scales[s] <= 1 ? 5e-4 : 1.2e-3 * scales[s] * scales[s];
            ck_assert_int_gt(count, 300);
            ck_assert_msg(worst < limit, "scale %g, turn %d: %g", scales[s], turn, worst);
            ck_assert_msg(fabs(mean / count) < 3e-4 * scales[s], "scale %g, turn %d: mean %g",
                          scales[s], turn, mean / count);
        }
    anew_planes_free(&from);
    anew_planes_free(&to);
}
END_TEST

/* ---- a zone plate ------------------------------------------------------------------------------------------ */

#define PLATE 360

/* Rings whose frequency grows with the distance from the middle, to 0.45 cycles a pixel at the edges. */
static double plate(int c, double y, double x)
{
    const double r2 = (x - PLATE / 2) * (x - PLATE / 2) + (y - PLATE / 2) * (y - PLATE / 2);
    (void)c;
    return 0.5 + 0.5 * cos(pi * 0.45 / (PLATE / 2) * r2);
}

static double keys(double x)
{
    x = fabs(x);
    return x < 1 ? (1.5 * x - 2.5) * x * x + 1 : x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}

/* The truth: the plate itself, sampled `fine` times a destination pixel in each direction, under the kernel. */
static double supersampled(const anew_affine *map, int x, int y)
{
    const int fine = 16;
    double sum = 0, total = 0;
    for (int v = -2 * fine; v <= 2 * fine; v++)
        for (int u = -2 * fine; u <= 2 * fine; u++) {
            const double w = keys((double)u / fine) * keys((double)v / fine);
            const anew_point p = anew_affine_apply(map, x + (double)u / fine, y + (double)v / fine);
            sum += w * plate(0, p.y, p.x);
            total += w;
        }
    return sum / total;
}

START_TEST(shrinking_does_not_alias)
{
    static const double scales[] = {1.4, 2, 2.9, 3.2, 4.6, 14};
    anew_planes from = made(1, PLATE + 1, PLATE + 1, plate);
    for (size_t s = 0; s < sizeof scales / sizeof scales[0]; s++)
        for (int turn = 0; turn < 3; turn++) {
            const double scale = scales[s];
            const int size = (int)(240 / scale);
            anew_planes to = made(1, size, size, NULL);
            anew_affine map = turned(scale, turn * 0.4, 0, 0);
            const anew_point middle = anew_affine_apply(&map, (size - 1) / 2.0, (size - 1) / 2.0);
            map.m[0][2] = PLATE / 2 - middle.x;
            map.m[1][2] = PLATE / 2 - middle.y;
            warp(&to, &from, &map, ANEW_BORDER_REPLICATE, 2);
            double squares = 0, beyond = 0;
            int count = 0, above = 0;
            for (int y = 0; y < size; y++)
                for (int x = 0; x < size; x++) {
                    const anew_point p = anew_affine_apply(&map, x, y);
                    const double r = hypot(p.x - PLATE / 2, p.y - PLATE / 2);
                    const double frequency = 0.45 / (PLATE / 2) * r; /* cycles a source pixel */
                    const double got = (double)to.data[y * size + x];
                    if ((x % 3 == 0 && y % 3 == 0) || size < 30) {
                        const double d = got - supersampled(&map, x, y);
                        squares += d * d;
                        count++;
                    }
                    if (frequency > 1.6 * 0.5 / scale) { /* finer than the destination can show */
                        beyond += (got - 0.5) * (got - 0.5);
                        above++;
                    }
                }
            const double rms = sqrt(squares / count), alias = above > 0 ? sqrt(beyond / above) : 0;
            printf("shrink %.1f turned %.1f: rms %.4f from the truth, %.4f of what is too fine\n",
                   scale, turn * 0.4, rms, alias);
            ck_assert_int_gt(count, 100);
            ck_assert_msg(rms < 0.015, "shrink %g, turn %d: %g from the truth", scale, turn, rms);
            ck_assert_msg(alias < 0.06, "shrink %g, turn %d: %g aliases", scale, turn, alias);
            anew_planes_free(&to);
        }
    anew_planes_free(&from);
}
END_TEST

/* ---- edges, parts, refusals ---------------------------------------------------------------------------------- */

START_TEST(borders_are_what_they_say)
{
    anew_planes from = made(2, 5, 6, noise), to = made(2, 40, 40, NULL);
    const anew_affine shift = {{{1, 0, -17}, {0, 1, -18}}};
    for (int border = ANEW_BORDER_REPLICATE; border <= ANEW_BORDER_CONSTANT; border++) {
        warp(&to, &from, &shift, (anew_border)border, 1);
        for (int c = 0; c < 2; c++)
            for (int y = 0; y < 40; y++)
                for (int x = 0; x < 40; x++) {
                    int u = x - 17, v = y - 18;
                    const bool inside = u >= 0 && v >= 0 && u < 6 && v < 5;
                    if (border == ANEW_BORDER_REFLECT) {
                        while (u < 0 || u > 5)
                            u = u < 0 ? -u : 10 - u;
                        while (v < 0 || v > 4)
                            v = v < 0 ? -v : 8 - v;
                    } else {
                        u = u < 0 ? 0 : u > 5 ? 5 : u;
                        v = v < 0 ? 0 : v > 4 ? 4 : v;
                    }
                    const float want = border == ANEW_BORDER_CONSTANT && !inside
                                           ? 0.25f * (float)(c + 1)
                                           : from.data[(c * 5 + v) * 6 + u];
                    ck_assert_msg(to.data[(c * 40 + y) * 40 + x] == want, "border %d at %d, %d",
                                  border, x, y);
                }
    }
    /* Far away and with every scale: numbers, and of the border. */
    for (int scale = 0; scale < 4; scale++) {
        const anew_affine far = turned(pow(4, scale - 1), 0.3, 1e12, -1e12);
        warp(&to, &from, &far, ANEW_BORDER_CONSTANT, 1);
        for (int i = 0; i < 1600; i++)
            ck_assert(fabsf(to.data[i] - 0.25f) < 1e-6f);
    }
    anew_planes_free(&from);
    anew_planes_free(&to);
}
END_TEST

START_TEST(parts_and_threads_give_the_same)
{
    anew_planes from = made(3, 90, 80, noise), to = made(3, 33, 31, NULL),
                again = made(3, 33, 31, NULL);
    for (int k = 0; k < 4; k++) {
        const anew_affine map = turned(0.4 + 1.1 * k, 0.35, 3, -8);
        const anew_warp_options options = {ANEW_BORDER_REFLECT, {0}, NULL};
        const anew_plane_rows rows = anew_planes_rows(&from);
        anew_warper *warper;
        warp(&to, &from, &map, ANEW_BORDER_REFLECT, 1);
        warp(&again, &from, &map, ANEW_BORDER_REFLECT, 3);
        ck_assert_mem_eq(to.data, again.data, 3 * 33 * 31 * sizeof(float));
        ck_assert_int_eq(anew_warper_create(&warper, &rows, &map, &options, kernels(), 1, NULL),
                         ANEW_OK);
        for (int y = 32; y >= 0; y -= 3) {
            float part[3][7];
            float *const into[3] = {part[0], part[1], part[2]};
            anew_warper_row(warper, into, y, 11, 18);
            for (int c = 0; c < 3; c++)
                ck_assert_mem_eq(part[c], to.data + (c * 33 + y) * 31 + 11, sizeof part[c]);
        }
        anew_warper_free(&warper);
    }
    anew_planes_free(&from);
    anew_planes_free(&to);
    anew_planes_free(&again);
}
END_TEST

START_TEST(what_is_no_map_is_refused)
{
    anew_planes from = made(1, 8, 8, noise), to = made(1, 8, 8, NULL);
    const anew_warp_options options = {ANEW_BORDER_REPLICATE, {0}, NULL};
    const anew_plane_rows rows = anew_planes_rows(&from);
    const anew_affine bad[] = {
        {{{0, 0, 1}, {0, 0, 1}}}, {{{1, 1, 0}, {1, 1.01, 0}}}, {{{NAN, 0, 0}, {0, 1, 0}}}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        anew_error error = {0};
        ck_assert_int_eq(anew_warp(&to, &rows, &bad[i], &options, kernels(), 1, &error),
                         ANEW_ERROR_ARGUMENT);
        ck_assert_ptr_nonnull(strstr(error.text, "map"));
    }
    const anew_affine same = {{{1, 0, 0}, {0, 1, 0}}};
    to.channels = 2;
    ck_assert_int_eq(anew_warp(&to, &rows, &same, &options, kernels(), 1, NULL),
                     ANEW_ERROR_ARGUMENT);
    to.channels = 1;
    anew_planes_free(&from);
    anew_planes_free(&to);
}
END_TEST

/* ---- crops ----------------------------------------------------------------------------------------------- */

/* Of every kind of picture, against the warp of the whole picture. */
START_TEST(crops_of_every_kind_of_picture)
{
    for (int kind = 0; kind < 12; kind++)
        for (int k = 0; k < 5; k++) {
            const int channels = kind % 4 + 1, depth = 8 << (kind / 4),
                      colours = channels < 3 ? 1 : 3;
            anew_image image;
            ck_assert_int_eq(anew_image_create(&image, 150, 120, channels, depth, NULL), ANEW_OK);
            for (int i = 0; i < 150 * 120 * channels; i++) {
                const double v = noise(i % channels, i / channels / 150, i / channels % 150);
                if (depth == 8)
                    ((uint8_t *)image.pixels)[i] = (uint8_t)(v * 255);
                else if (depth == 16)
                    ((uint16_t *)image.pixels)[i] = (uint16_t)(v * 65535);
                else
                    ((float *)image.pixels)[i] = (float)v;
            }
            const anew_affine to_crop = turned(3.0 / (k + 1), 0.3 * k, -20 * k, 40 - 30 * k);
            anew_affine back;
            ck_assert_int_eq(anew_affine_invert(&back, &to_crop, NULL), ANEW_OK);
            anew_planes all = made(colours, 120, 150, NULL), crop = made(3, 64, 64, NULL);
            anew_planes want = made(colours, 64, 64, NULL);
            anew_planes_from_image(&all, &image, 0);
            warp(&want, &all, &back, (anew_border)(k % 2), 1);
            const anew_warp_options options = {(anew_border)(k % 2), {0}, NULL};
            ck_assert_int_eq(anew_face_crop(&crop, &image, &to_crop, &options, kernels(), 2, NULL),
                             ANEW_OK);
            for (int i = 0; i < 3 * 64 * 64; i++)
                ck_assert_msg(fabsf(crop.data[i] - want.data[i % (colours * 64 * 64)]) < 1e-5f,
                              "kind %d, map %d, sample %d", kind, k, i);
            anew_image_free(&image);
            anew_planes_free(&all);
            anew_planes_free(&crop);
            anew_planes_free(&want);
        }
}
END_TEST

/* Crops that lie beyond the picture, in part or far: the border's, without a crash. */
START_TEST(crops_beyond_the_picture)
{
    anew_image image;
    ck_assert_int_eq(anew_image_create(&image, 7, 5, 3, 8, NULL), ANEW_OK);
    memset(image.pixels, 200, 7 * 5 * 3);
    anew_planes crop = made(3, 32, 32, NULL);
    for (int border = 0; border <= 1; border++)
        for (int k = 0; k < 6; k++)
            for (int far = 0; far < 3; far++) {
                const anew_affine to_crop =
                    turned(pow(3, k - 4), 0.2 * k, far * 900.0, far == 2 ? 1e9 : -700.0 * far);
                const anew_warp_options options = {(anew_border)border, {0}, NULL};
                ck_assert_int_eq(
                    anew_face_crop(&crop, &image, &to_crop, &options, kernels(), 1, NULL), ANEW_OK);
                for (int i = 0; i < 3 * 32 * 32; i++)
                    ck_assert_msg(fabsf(crop.data[i] - 200 / 255.0f) < 1e-4f, "%d %d %d: %g",
                                  border, k, far, (double)crop.data[i]);
            }
    anew_planes_free(&crop);
    anew_image_free(&image);
}
END_TEST

/* ---- as the published tools ---------------------------------------------------------------------------------- */

#if ANEW_PNG
static char *read_text(const char *path)
{
    FILE *file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    char *text = calloc(1, 1 << 16);
    ck_assert_uint_gt(fread(text, 1, (1 << 16) - 1, file), 0);
    (void)fclose(file);
    return text;
}

/* The six numbers of "M" in the part of a JSON text that begins with "name". */
static anew_affine map_of(const char *text, const char *name)
{
    anew_affine map;
    char quoted[64];
    (void)snprintf(quoted, sizeof quoted, "\"%s\"", name);
    const char *p = strstr(text, quoted);
    ck_assert_ptr_nonnull(p);
    p = strstr(p, "\"M\"") + 3;
    for (int i = 0; i < 6; i++) {
        char *end;
        p += strcspn(p, "-0123456789");
        map.m[i / 3][i % 3] = strtod(p, &end);
        p = end;
    }
    return map;
}

static anew_image golden_picture(const char *folder, const char *name)
{
    char path[1200];
    anew_image image;
    anew_error error = {0};
    (void)snprintf(path, sizeof path, "%s/%s.png", folder, name);
    ck_assert_msg(anew_image_read(&image, path, NULL, NULL, &error) == ANEW_OK, "%s", error.text);
    return image;
}

static anew_reference_picture reference_of(const anew_image *image)
{
    return (anew_reference_picture){image->pixels,
                                    image->depth == 16 ? ANEW_REFERENCE_U16 : ANEW_REFERENCE_U8,
                                    image->width, image->height, image->channels};
}

START_TEST(warps_as_the_published_tools)
{
    static const char *const crops[] = {"inside", "border", "shrink", "full512"};
    char folder[1024], path[1200];
    (void)snprintf(folder, sizeof folder, "%s/reference/goldens/warp", shared_folder());
    (void)snprintf(path, sizeof path, "%s/info.json", folder);
    if (!is_there(path, "the warp of the published tools"))
        return;
    char *text = read_text(path);
    anew_image in = golden_picture(folder, "in");
    const double gray[3] = {132, 133, 135}, black[3] = {0, 0, 0};
    for (int i = 0; i < 4; i++) {
        char name[64];
        (void)snprintf(name, sizeof name, "crop_%s", crops[i]);
        anew_image want = golden_picture(folder, name), got;
        const anew_affine map = map_of(text, crops[i]);
        const anew_reference_picture from = reference_of(&in);
        ck_assert_int_eq(anew_image_create(&got, want.width, want.height, 3, 8, NULL), ANEW_OK);
        const anew_reference_picture to = reference_of(&got);
        ck_assert_int_eq(anew_reference_warp(&to, &from, &map, gray, NULL), ANEW_OK);
        ck_assert_msg(memcmp(got.pixels, want.pixels, (size_t)(want.width * want.height * 3)) == 0,
                      "%s differs", name);
        anew_image_free(&want);
        anew_image_free(&got);
    }
    /* Back into a larger picture, from samples of every kind. */
    const anew_affine back = map_of(text, "back_inside_x2");
    anew_image crop = golden_picture(folder, "crop_inside"), want, got;
    want = golden_picture(folder, "back_inside_x2");
    ck_assert_int_eq(anew_image_create(&got, want.width, want.height, 3, 8, NULL), ANEW_OK);
    anew_reference_picture from = reference_of(&crop), to = reference_of(&got);
    ck_assert_int_eq(anew_reference_warp(&to, &from, &back, black, NULL), ANEW_OK);
    ck_assert_mem_eq(got.pixels, want.pixels, (size_t)(want.width * want.height * 3));
    anew_image_free(&want);
    anew_image_free(&got);

    enum { SIDE = 128, WIDTH = 110, HEIGHT = 90 };
    static uint16_t wide[SIDE * SIDE * 3], wide_out[WIDTH * HEIGHT * 3];
    static float real[SIDE * SIDE * 3], real_out[WIDTH * HEIGHT * 3];
    static double precise[SIDE * SIDE], precise_out[WIDTH * HEIGHT];
    for (int i = 0; i < SIDE * SIDE * 3; i++) {
        const int v = ((const uint8_t *)crop.pixels)[i];
        wide[i] = (uint16_t)(v * 257);
        real[i / 3 * 3 + 2 - i % 3] = (float)v / 255.0f; /* blue first */
        if (i % 3 == 2)
            precise[i / 3] = (double)((float)v / 255.0f);
    }
    want = golden_picture(folder, "back_inside_x2_u16");
    from = (anew_reference_picture){wide, ANEW_REFERENCE_U16, SIDE, SIDE, 3};
    to = (anew_reference_picture){wide_out, ANEW_REFERENCE_U16, WIDTH, HEIGHT, 3};
    ck_assert_int_eq(anew_reference_warp(&to, &from, &back, black, NULL), ANEW_OK);
    ck_assert_mem_eq(wide_out, want.pixels, sizeof wide_out);
    anew_image_free(&want);
    size_t count;
    (void)snprintf(path, sizeof path, "%s/back_inside_x2_f32.npy", folder);
    double *values = npy_doubles(path, &count);
    from = (anew_reference_picture){real, ANEW_REFERENCE_F32, SIDE, SIDE, 3};
    to = (anew_reference_picture){real_out, ANEW_REFERENCE_F32, WIDTH, HEIGHT, 3};
    ck_assert_int_eq(anew_reference_warp(&to, &from, &back, black, NULL), ANEW_OK);
    ck_assert_uint_eq(count, WIDTH * HEIGHT * 3);
    for (size_t i = 0; i < count; i++)
        ck_assert_msg((double)real_out[i] == values[i], "sample %d: %.9g, not %.9g", (int)i,
                      (double)real_out[i], values[i]);
    free(values);
    (void)snprintf(path, sizeof path, "%s/back_inside_x2_f64.npy", folder);
    values = npy_doubles(path, &count);
    from = (anew_reference_picture){precise, ANEW_REFERENCE_F64, SIDE, SIDE, 1};
    to = (anew_reference_picture){precise_out, ANEW_REFERENCE_F64, WIDTH, HEIGHT, 1};
    ck_assert_int_eq(anew_reference_warp(&to, &from, &back, black, NULL), ANEW_OK);
    ck_assert_uint_eq(count, WIDTH * HEIGHT);
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(precise_out[i] == values[i], "sample %d: %.17g, not %.17g", (int)i,
                      precise_out[i], values[i]);
    free(values);
    free(text);
    anew_image_free(&crop);
    anew_image_free(&in);
}
END_TEST
#endif

int main(void)
{
    Suite *suite = suite_create("faces: warp");
    TCase *all = add_case(suite, "warp", 120);
    tcase_add_test(all, whole_shifts_are_exact);
    tcase_add_test(all, positions_are_true);
    tcase_add_test(all, shrinking_does_not_alias);
    tcase_add_test(all, borders_are_what_they_say);
    tcase_add_test(all, parts_and_threads_give_the_same);
    tcase_add_test(all, what_is_no_map_is_refused);
    tcase_add_test(all, crops_of_every_kind_of_picture);
    tcase_add_test(all, crops_beyond_the_picture);
#if ANEW_PNG
    tcase_add_test(all, warps_as_the_published_tools);
#else
    printf("SKIP the warp of the published tools: libpng was left out of this build\n");
#endif
    return run_suite(suite);
}
