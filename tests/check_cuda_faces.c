/*
 * check_cuda_faces.c - crops of faces, and what restored faces add to a picture, by the CUDA plug-in's source on the CPU
 * (tests/cuda/shim.h): the bytes of warp.c and paste.c, for enlargements and shrinks, odd sizes, all borders, kinds of
 * pictures and faces that lie on each other; and what happens where the device is short of memory, or fails.
 *
 * The published tools' paste has other masks than ours (check_faces_reference.c), so that only their warp is compared here.
 * Nothing of this runs on a GPU: docs/cuda.md.
 *
 * Seen to fail by: a mirror that repeats the edge, a footprint's lanes joined in turn, positions in float32, a fused multiply-add, a
 * mask that is not cut at 1, shares without the sum of all faces (faces.cuh); a table of spans that begins a face late, rows
 * that both the engine and the CPU add (paste.c).
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/blank.h"
#include "common/suite.h"
#include "core/memory.h"
#include "faces/mask.h"
#include "faces/paste.h"
#include "faces/reference_warp.h"
#include "pipeline/device_engine.h"

/* ---- an engine that counts -------------------------------------------------------------------------------- */

typedef struct counting {
    anew_engine engine;
    const anew_engine *device;
    int warps, pastes; /* that the device did */
} counting;

static anew_status warp_and_count(const anew_engine *engine, float *to,
                                  const anew_device_warp *what, int height, int width,
                                  anew_error *error)
{
    counting *c = (counting *)(uintptr_t)engine;
    const anew_status status = c->device->warp(c->device, to, what, height, width, error);
    c->warps += status == ANEW_OK;
    return status;
}

static anew_status paste_and_count(const anew_engine *engine, float *delta,
                                   const anew_device_paste *what, anew_error *error)
{
    counting *c = (counting *)(uintptr_t)engine;
    const anew_status status = c->device->paste(c->device, delta, what, error);
    c->pastes += status == ANEW_OK;
    return status;
}

static const char *plugin(void)
{
    static char path[1024];
    const char *build = getenv("BUILD");
    (void)snprintf(path, sizeof path, "%s/anew-cuda-shim.so",
                   build == NULL ? "build/release" : build);
    return path;
}

static counting open_engine(size_t memory)
{
    anew_error error = {0};
    counting c = {.engine = {NULL, warp_and_count, paste_and_count}};
    ck_assert_msg(anew_device_engine_open(&c.device, "cuda", plugin(), memory, &error) == ANEW_OK,
                  "%s", error.text);
    return c;
}

/* ---- pictures ---------------------------------------------------------------------------------------------- */

static double noise(int c, int y, int x)
{
    const uint32_t at = (uint32_t)(c * 7919 + y * 131 + x) * 2654435761u;
    return (at >> 8) / 16777216.0;
}

static anew_planes noisy(int channels, int height, int width)
{
    anew_planes planes = blank(channels, height, width, 0);
    for (int c = 0; c < channels; c++)
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++)
                planes.data[((size_t)c * (size_t)height + (size_t)y) * (size_t)width + (size_t)x] =
                    (float)noise(c, y, x);
    return planes;
}

static size_t floats_of(const anew_planes *p)
{
    return (size_t)p->channels * (size_t)p->height * (size_t)p->width;
}

static anew_affine turned(double scale, double angle, double x, double y)
{
    const double a = scale * cos(angle), b = scale * sin(angle);
    return (anew_affine){{{a, -b, x}, {b, a, y}}};
}

/* ---- crops ---------------------------------------------------------------------------------------------------- */

static void check_warp(counting *c, const anew_planes *from, int height, int width,
                       const anew_affine *map, anew_border border, const char *what)
{
    anew_error error = {0};
    anew_warp_options options = {border, {0.25f, 0.5f, 0.75f, 1}, NULL};
    const anew_plane_rows rows = anew_planes_rows(from);
    anew_planes want = blank(from->channels, height, width, -1),
                got = blank(from->channels, height, width, -2);
    ck_assert_int_eq(anew_warp(&want, &rows, map, &options, kernels(), 1, &error), ANEW_OK);
    options.engine = &c->engine;
    ck_assert_msg(anew_warp(&got, &rows, map, &options, kernels(), 1, &error) == ANEW_OK, "%s",
                  error.text);
    for (size_t i = 0; i < floats_of(&want); i++)
        ck_assert_msg(memcmp(&want.data[i], &got.data[i], sizeof(float)) == 0,
                      "%s, border %d, %dx%d of %d: sample %zu is %.9g, not %.9g", what, (int)border,
                      from->width, from->height, from->channels, i, (double)got.data[i],
                      (double)want.data[i]);
    anew_planes_free(&want);
    anew_planes_free(&got);
}

START_TEST(crops_are_those_of_the_cpu)
{
    static const double scales[] = {0.13, 0.77, 1, 1.31, 1.9, 2.7, 5.3};
    static const int sizes[][2] = {{37, 23}, {1, 1}, {64, 5}, {2, 41}};
    counting c = open_engine(0);
    int count = 0;
    for (int s = 0; s < 4; s++)
        for (size_t k = 0; k < sizeof scales / sizeof scales[0]; k++)
            for (int border = 0; border < 3; border++, count++) {
                const int channels = 1 + count % 4;
                anew_planes from = noisy(channels, sizes[s][1], sizes[s][0]);
                const anew_affine map =
                    turned(scales[k], 0.7 * count, sizes[s][0] / 2.0 - 3, sizes[s][1] / 2.0 + 1.25);
                check_warp(&c, &from, 19, 31, &map, (anew_border)border, "turned");
                anew_planes_free(&from);
            }
    /* Positions that no int holds, and one direction alone shrunk. */
    anew_planes from = noisy(3, 40, 50);
    const anew_affine far_away = turned(1.5, 0.3, 1e12, -1e11),
                      squeezed = {{{4.5, 0.2, 3}, {0.1, 0.9, 2}}};
    check_warp(&c, &from, 9, 11, &far_away, ANEW_BORDER_REFLECT, "far away");
    check_warp(&c, &from, 21, 17, &squeezed, ANEW_BORDER_REFLECT, "squeezed");
    anew_planes_free(&from);
    ck_assert_int_eq(c.warps, count + 2);
    anew_device_engine_close(&c.device);
}
END_TEST

/* Of a smooth picture the published tools' bilinear warp makes nearly the same: within 0.005. */
START_TEST(crops_are_near_the_published_warp)
{
    enum { SIDE = 61 };
    anew_error error = {0};
    counting c = open_engine(0);
    anew_planes from = blank(1, SIDE, SIDE, 0), got = blank(1, SIDE, SIDE, 0),
                want = blank(1, SIDE, SIDE, 0);
    const anew_affine to_source = turned(0.7, 0.4, 18.3, 3.9);
    const double black[4] = {0, 0, 0, 0};
    anew_affine forward;
    int compared = 0;
    for (int i = 0; i < SIDE * SIDE; i++)
        from.data[i] = (float)(0.5 + 0.4 * sin(0.11 * (i % SIDE)) * cos(0.13 * (i / SIDE)));
    ck_assert_int_eq(anew_affine_invert(&forward, &to_source, &error), ANEW_OK);
    const anew_reference_picture in = {from.data, ANEW_REFERENCE_F32, SIDE, SIDE, 1};
    const anew_reference_picture out = {want.data, ANEW_REFERENCE_F32, SIDE, SIDE, 1};
    ck_assert_int_eq(anew_reference_warp(&out, &in, &forward, black, &error), ANEW_OK);
    const anew_warp_options options = {ANEW_BORDER_CONSTANT, {0}, &c.engine};
    const anew_plane_rows rows = anew_planes_rows(&from);
    ck_assert_int_eq(anew_warp(&got, &rows, &to_source, &options, kernels(), 1, &error), ANEW_OK);
    ck_assert_int_eq(c.warps, 1);
    for (int i = 0; i < SIDE * SIDE; i++) {
        const anew_point p = anew_affine_apply(&to_source, i % SIDE, i / SIDE);
        if (p.x < 2 || p.y < 2 || p.x > SIDE - 4 || p.y > SIDE - 4)
            continue;
        compared++;
        ck_assert_msg(fabs((double)got.data[i] - (double)want.data[i]) < 0.005,
                      "pixel %d is %g, not %g", i, (double)got.data[i], (double)want.data[i]);
    }
    ck_assert_int_gt(compared, 1000);
    anew_planes_free(&from);
    anew_planes_free(&got);
    anew_planes_free(&want);
    anew_device_engine_close(&c.device);
}
END_TEST

/* ---- pastes ----------------------------------------------------------------------------------------------------- */

static anew_image picture(int width, int height, int channels, int depth)
{
    anew_image image;
    ck_assert_int_eq(anew_image_create(&image, width, height, channels, depth, NULL), ANEW_OK);
    const size_t samples = (size_t)width * (size_t)height * (size_t)channels;
    for (size_t i = 0; i < samples; i++) {
        const double v = 0.2 + 0.6 * noise(0, (int)(i / 997), (int)(i % 997));
        if (depth == 8)
            ((uint8_t *)image.pixels)[i] = (uint8_t)lrint(v * 255);
        else if (depth == 16)
            ((uint16_t *)image.pixels)[i] = (uint16_t)lrint(v * 65535);
        else
            ((float *)image.pixels)[i] = (float)v;
    }
    return image;
}

/* A face of so many pixels around (x, y), in a crop of `size`. */
typedef struct place {
    double x, y, pixels, angle;
    int size;
    float strength;
} place;

static void add_faces(anew_paste *paste, const place *places, int count)
{
    anew_error error = {0};
    for (int i = 0; i < count; i++) {
        const place *p = &places[i];
        const double scale = p->size / p->pixels, a = scale * cos(p->angle),
                     b = scale * sin(p->angle), middle = (p->size - 1) / 2.0;
        const anew_affine to_crop = {
            {{a, -b, middle - a * p->x + b * p->y}, {b, a, middle - b * p->x - a * p->y}}};
        anew_planes difference = noisy(3, p->size, p->size), mask = blank(1, p->size, p->size, 0);
        anew_point points[ANEW_LANDMARKS];
        anew_face_template(points, p->size);
        anew_mask_from_landmarks(&mask, points, anew_mask_feather(0, &to_crop, p->size));
        for (size_t k = 0; k < floats_of(&difference); k++)
            difference.data[k] -= 0.5f + 0.02f * (float)i;
        ck_assert_msg(anew_paste_add(paste, &difference, &mask, &to_crop, p->strength, kernels(), 1,
                                     &error) == ANEW_OK,
                      "%s", error.text);
        anew_planes_free(&difference);
        anew_planes_free(&mask);
    }
}

/* The picture with its faces; gives the pixels that were looked at. */
static int64_t paste_faces(anew_image *image, const place *places, int count,
                           const anew_engine *engine)
{
    anew_error error = {0};
    anew_paste *paste = NULL;
    ck_assert_int_eq(anew_paste_create(&paste, image->width, image->height,
                                       image->channels >= 3 ? 3 : 1, &error),
                     ANEW_OK);
    anew_paste_set_engine(paste, engine);
    add_faces(paste, places, count);
    ck_assert_msg(anew_paste_image(paste, image, 0, 2, &error) == ANEW_OK, "%s", error.text);
    const int64_t visited = anew_paste_visited(paste);
    anew_paste_free(&paste);
    return visited;
}

static void check_paste(const anew_engine *engine, int width, int height, int channels, int depth,
                        const place *places, int count)
{
    anew_image none = picture(width, height, channels, depth);
    anew_image want = picture(width, height, channels, depth);
    anew_image got = picture(width, height, channels, depth);
    const size_t bytes = (size_t)width * (size_t)height * (size_t)channels * (size_t)(depth / 8);
    const int64_t visited = paste_faces(&want, places, count, NULL);
    ck_assert_int_eq(paste_faces(&got, places, count, engine), visited);
    ck_assert_mem_ne(want.pixels, none.pixels, bytes);
    for (size_t i = 0; i < bytes; i++)
        ck_assert_msg(((uint8_t *)got.pixels)[i] == ((uint8_t *)want.pixels)[i],
                      "%dx%d, %d channels of %d bits: byte %zu of %zu differs", width, height,
                      channels, depth, i, bytes);
    anew_image_free(&none);
    anew_image_free(&want);
    anew_image_free(&got);
}

/* Three that lie on each other, one of them shrunk twice and more; one alone; one beyond the edges. */
static const place crowd[] = {{40, 35, 50, 0.2, 65, 1},
                              {61.5, 40, 45, -0.4, 33, 0.7f},
                              {50, 61, 30, 2.9, 101, 0.9f},
                              {120, 22, 26, 0, 25, 1},
                              {3, 92, 60, -1.1, 64, 0.5f}};
#define CROWD ((int)(sizeof crowd / sizeof crowd[0]))

START_TEST(pastes_are_those_of_the_cpu)
{
    counting c = open_engine(0);
    for (int kind = 0; kind < 12; kind++)
        check_paste(&c.engine, 141, 97, 1 + kind % 4, 8 << kind / 4, crowd, CROWD);
    for (int i = 0; i < CROWD; i++)
        check_paste(&c.engine, 141, 97, 3, 32, &crowd[i], 1);
    ck_assert_int_eq(c.pastes, 12 + CROWD);
    anew_device_engine_close(&c.device);
}
END_TEST

/* Faces far below each other in a large picture: more than a portion, and rows between them that none has. */
START_TEST(portions_are_the_whole)
{
    static const place apart[] = {{900, 60, 55, 0.3, 48, 1},
                                  {903, 735, 50, 0.1, 40, 1},
                                  {905, 730, 40, 0.2, 40, 0.8f},
                                  {897, 1450, 40, 0, 48, 1}};
    counting c = open_engine(0);
    check_paste(&c.engine, 1001, 1500, 3, 8, apart, 4);
    ck_assert_int_eq(c.pastes, 3); /* of 698 rows at the most */
    anew_device_engine_close(&c.device);
}
END_TEST

/* Where the device is too small the CPU does it, from the first portion on or from a later one. */
START_TEST(short_memory)
{
    anew_planes from = noisy(3, 40, 50);
    const anew_affine map = turned(1.5, 0.3, 20, 3);
    counting c = open_engine(1000);
    check_warp(&c, &from, 9, 11, &map, ANEW_BORDER_REFLECT, "short memory");
    check_paste(&c.engine, 141, 97, 3, 8, crowd, CROWD);
    ck_assert_int_eq(c.warps + c.pastes, 0);
    anew_device_engine_close(&c.device);
    static const place apart[] = {{900, 60, 30, 0.3, 20, 1}, {500, 1100, 300, 0.1, 200, 1}};
    c = open_engine(1000000);
    check_paste(&c.engine, 1001, 1500, 3, 8, apart, 2);
    ck_assert_int_eq(c.pastes, 1);
    anew_device_engine_close(&c.device);
    anew_planes_free(&from);
}
END_TEST

START_TEST(a_failure_is_told)
{
    anew_error error = {0};
    anew_paste *paste = NULL;
    counting c = open_engine(0);
    anew_planes from = noisy(3, 40, 50), to = blank(3, 9, 11, 0);
    anew_image image = picture(141, 97, 3, 8), before = picture(141, 97, 3, 8);
    const anew_affine map = turned(1.5, 0.3, 20, 3);
    const anew_plane_rows rows = anew_planes_rows(&from);
    const anew_warp_options options = {ANEW_BORDER_REFLECT, {0}, &c.engine};
    ck_assert_int_eq(setenv("ANEW_SHIM_FAULT", "1", 1), 0);
    ck_assert_int_eq(anew_warp(&to, &rows, &map, &options, kernels(), 1, &error), ANEW_ERROR_IO);
    ck_assert_str_eq(error.text,
                     "cuda:0: faces: running: an illegal memory access was encountered");
    ck_assert_int_eq(anew_paste_create(&paste, 141, 97, 3, &error), ANEW_OK);
    anew_paste_set_engine(paste, &c.engine);
    add_faces(paste, crowd, CROWD);
    ck_assert_int_eq(anew_paste_image(paste, &image, 0, 2, &error), ANEW_ERROR_IO);
    ck_assert_mem_eq(image.pixels, before.pixels, 141 * 97 * 3);
    ck_assert_int_eq(unsetenv("ANEW_SHIM_FAULT"), 0);
    anew_paste_free(&paste);
    anew_image_free(&image);
    anew_image_free(&before);
    anew_planes_free(&from);
    anew_planes_free(&to);
    anew_device_engine_close(&c.device);
}
END_TEST

int main(void)
{
    if (!is_there(plugin(),
                  "CUDA's kernels (no C++ compiler, or a build for another machine or sanitizer)"))
        return 0;
    Suite *suite = suite_create("cuda faces");
    TCase *crops = add_case(suite, "crops", 60);
    tcase_add_test(crops, crops_are_those_of_the_cpu);
    tcase_add_test(crops, crops_are_near_the_published_warp);
    TCase *pastes = add_case(suite, "pastes", 120);
    tcase_add_test(pastes, pastes_are_those_of_the_cpu);
    tcase_add_test(pastes, portions_are_the_whole);
    TCase *failures = add_case(suite, "failures", 60);
    tcase_add_test(failures, short_memory);
    tcase_add_test(failures, a_failure_is_told);
    return run_suite(suite);
}
