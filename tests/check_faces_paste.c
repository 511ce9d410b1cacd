/*
 * check_faces_paste.c - what restored faces do to a picture, and what they do not: properties, on pictures of our own.
 *
 * Seen to fail by: 0.1 % less of the difference; a run that is written twice or not ended; pixels behind a mask's end;
 * two faces that each take their whole mask, or twice the larger one, or that share without regard to whose middle it
 * is; pixels written once for each face; no factor of strength; masks above 1; a mask's last 4 pixels left out, at either
 * end; rows left out below; a row's sums not cleared; red and green changed over in the luma; RGB taken for gray; a
 * whole row looked at for each face; corners of the region forgotten; the crop's layers freed while they are needed; a
 * difference that is never 0; a resize that keeps the centre of pixel 0; a sample of a run changed on the way.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/blank.h"
#include "common/suite.h"
#include "core/memory.h"
#include "faces/crop.h"
#include "faces/mask.h"
#include "faces/match.h"
#include "faces/paste.h"

static double noise(int c, int y, int x)
{
    uint32_t at = ((uint32_t)c * 7919u + (uint32_t)y * 131071u + (uint32_t)x) * 2654435761u;
    at ^= at >> 15;
    at *= 2246822519u;
    return (at >> 8) / 16777216.0;
}

static void put(anew_image *image, size_t at, double value)
{
    if (image->depth == 8)
        ((uint8_t *)image->pixels)[at] = (uint8_t)lrint(value * 255);
    else if (image->depth == 16)
        ((uint16_t *)image->pixels)[at] = (uint16_t)lrint(value * 65535);
    else
        ((float *)image->pixels)[at] = (float)value;
}

static double get(const anew_image *image, size_t at)
{
    return image->depth == 8    ? ((const uint8_t *)image->pixels)[at] / 255.0
           : image->depth == 16 ? ((const uint16_t *)image->pixels)[at] / 65535.0
                                : (double)((const float *)image->pixels)[at];
}

/* Shades with detail down to single pixels, 0.2 .. 0.8. */
static anew_image picture(int width, int height, int channels, int depth)
{
    anew_image image;
    ck_assert_int_eq(anew_image_create(&image, width, height, channels, depth, NULL), ANEW_OK);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            for (int c = 0; c < channels; c++)
                put(&image, ((size_t)y * (size_t)width + (size_t)x) * (size_t)channels + (size_t)c,
                    0.5 + 0.2 * sin(x * 0.03 + c) * cos(y * 0.04) + 0.2 * (noise(c, y, x) - 0.5));
    return image;
}

static size_t bytes_of(const anew_image *image)
{
    return (size_t)image->width * (size_t)image->height * (size_t)image->channels *
           (size_t)(image->depth / 8);
}

static anew_image copy_of(const anew_image *image)
{
    anew_image copy;
    ck_assert_int_eq(
        anew_image_create(&copy, image->width, image->height, image->channels, image->depth, NULL),
        ANEW_OK);
    memcpy(copy.pixels, image->pixels, bytes_of(image));
    return copy;
}

/* A face whose eyes are `eyes` pixels apart, turned, around (x, y): the map to its crop. */
static anew_affine face_at(double x, double y, double eyes, double angle, int size)
{
    const double scale = size / 512.0 * 126 / eyes;
    const double a = scale * cos(angle), b = scale * sin(angle), middle = (size - 1) / 2.0;
    return (anew_affine){{{a, -b, middle - a * x + b * y}, {b, a, middle - b * x - a * y}}};
}

/* The mask of a face as from landmarks in their places. */
static anew_planes mask_for(const anew_affine *to_crop, int size)
{
    anew_planes mask = blank(1, size, size, 0);
    anew_point p[ANEW_LANDMARKS];
    anew_face_template(p, size);
    anew_mask_from_landmarks(&mask, p, anew_mask_feather(0, to_crop, size));
    return mask;
}

static void add(anew_paste *paste, const anew_planes *difference, const anew_planes *mask,
                const anew_affine *to_crop, float strength)
{
    anew_error error = {0};
    ck_assert_msg(
        anew_paste_add(paste, difference, mask, to_crop, strength, kernels(), 2, &error) == ANEW_OK,
        "%s", error.text);
}

static void paste_into(anew_image *image, anew_paste *paste, int threads)
{
    anew_error error = {0};
    ck_assert_msg(anew_paste_image(paste, image, 0, threads, &error) == ANEW_OK, "%s", error.text);
}

static anew_paste *paste_for(const anew_image *image)
{
    anew_paste *paste;
    ck_assert_int_eq(
        anew_paste_create(&paste, image->width, image->height, image->channels >= 3 ? 3 : 1, NULL),
        ANEW_OK);
    return paste;
}

/* ---- what must not change ---------------------------------------------------------------------------------- */

/* The whole way of a face, through a restorer that changes nothing: no sample changes, whatever kind of picture. */
START_TEST(an_identity_restorer_changes_nothing)
{
    static const double eyes[] = {9, 40, 126, 300};
    for (int kind = 0; kind < 12; kind++)
        for (int e = 0; e < 4; e++) {
            anew_image image = picture(220, 180, kind % 4 + 1, 8 << (kind / 4));
            if (image.depth == 32) /* brighter than white: would be clamped if it were written */
                put(&image, (95 * 220 + 100) * (size_t)image.channels, 1.5);
            anew_image before = copy_of(&image);
            const anew_affine to_crop = face_at(100, 95, eyes[e], 0.3, 256);
            const anew_warp_options options = {ANEW_BORDER_REFLECT, {0}, NULL};
            anew_planes crop = blank(3, 256, 256, 0), d = blank(3, 256, 256, 9);
            anew_planes mask = mask_for(&to_crop, 256);
            ck_assert_int_eq(anew_face_crop(&crop, &image, &to_crop, &options, kernels(), 1, NULL),
                             ANEW_OK);
            const anew_match_options match = {1, 1, 1};
            ck_assert_int_eq(anew_face_difference(&d, &crop, &crop, &mask, &match, NULL), ANEW_OK);
            anew_paste *paste = paste_for(&image);
            add(paste, &d, &mask, &to_crop, 1);
            paste_into(&image, paste, 2);
            ck_assert_int_gt((int)anew_paste_visited(paste), 100);
            ck_assert_msg(memcmp(image.pixels, before.pixels, bytes_of(&image)) == 0,
                          "kind %d, eyes %g: something changed", kind, eyes[e]);
            anew_paste_free(&paste);
            anew_planes_free(&crop);
            anew_planes_free(&d);
            anew_planes_free(&mask);
            anew_image_free(&image);
            anew_image_free(&before);
        }
}
END_TEST

/* A wild restorer: outside the mask no bit changes, inside the picture becomes what it says, alpha stays, gray gets the
 * luma; and every kind of picture shows the same change. */
START_TEST(only_the_face_changes)
{
    static const double eyes[] = {9, 30, 50, 70};
    for (int kind = 0; kind < 12; kind++)
        for (int e = 0; e < 4; e++) {
            const int size = 256, channels = kind % 4 + 1;
            const int colours = channels >= 3 ? 3 : 1;
            anew_image image = picture(320, 280, channels, 8 << (kind / 4));
            anew_image before = copy_of(&image);
            const anew_affine to_crop = face_at(160, 135, eyes[e], -0.4, size);
            anew_planes mask = mask_for(&to_crop, size), d = blank(3, size, size, 0);
            static const float change[3] = {0.1f, -0.12f, 0.15f};
            for (int c = 0; c < 3; c++)
                for (int i = 0; i < size * size; i++)
                    d.data[c * size * size + i] = change[c];
            anew_paste *paste = paste_for(&image);
            add(paste, &d, &mask, &to_crop, 1);
            paste_into(&image, paste, 1);
            const double luma = 0.299 * 0.1 - 0.587 * 0.12 + 0.114 * 0.15;
            int inside = 0, outside = 0;
            for (int y = 0; y < 280; y++)
                for (int x = 0; x < 320; x++) {
                    const anew_point at = anew_affine_apply(&to_crop, x, y);
                    const int u = (int)lrint(at.x), v = (int)lrint(at.y);
                    const bool in_crop = u >= 0 && v >= 0 && u < size && v < size;
                    const float m = in_crop ? mask.data[v * size + u] : 0;
                    /* A pixel of a small face is made of many of its crop's. */
                    const double r = hypot(at.x - 128, at.y - 128) / size;
                    for (int c = 0; c < channels; c++) {
                        const size_t i =
                            ((size_t)y * 320 + (size_t)x) * (size_t)channels + (size_t)c;
                        const double moved = get(&image, i) - get(&before, i);
                        if (c >= colours) {
                            ck_assert(moved == 0);
                        } else if (r < 0.2) {
                            ck_assert_msg(fabs(moved - (colours == 3 ? (double)change[c] : luma)) <
                                              1.01 / 255,
                                          "kind %d, eyes %g: %g at %d, %d", kind, eyes[e], moved, x,
                                          y);
                            inside++;
                        } else if (m == 0 && r > (e == 0 ? 0.55 : 0.5)) {
                            ck_assert(moved == 0);
                            outside++;
                        }
                    }
                }
            ck_assert_int_gt(inside, 10);
            ck_assert_int_gt(outside, 100);
            anew_paste_free(&paste);
            anew_planes_free(&d);
            anew_planes_free(&mask);
            anew_image_free(&image);
            anew_image_free(&before);
        }
}
END_TEST

/* ---- where it lies ---------------------------------------------------------------------------------------- */

/* A restorer that draws a smooth pattern: it appears in the picture at its exact place, at any scale of the output. */
START_TEST(the_change_lands_where_it_belongs)
{
    static const double factors[] = {1, 1.5, 2, 4, 0.5};
    const int size = 512;
    for (int f = 0; f < 5; f++)
        for (int turn = 0; turn < 3; turn++) {
            const double factor = factors[f];
            anew_affine to_crop = face_at(70, 60, 25, 0.35 * turn, size), back;
            /* From the enlarged picture to the picture to the crop. */
            const anew_affine resize = anew_affine_resize(factor, factor);
            ck_assert_int_eq(anew_affine_invert(&back, &resize, NULL), ANEW_OK);
            to_crop = anew_affine_then(&back, &to_crop);
            const int width = (int)(140 * factor), height = (int)(120 * factor);
            anew_planes rows = blank(3, height, width, 0.5f), d = blank(3, size, size, 0);
            anew_planes mask = blank(1, size, size, 0);
            for (int y = 0; y < size; y++)
                for (int x = 0; x < size; x++) {
                    const double r2 = (x - 255.5) * (x - 255.5) + (y - 255.5) * (y - 255.5);
                    mask.data[y * size + x] = (float)fmax(0, 1 - r2 / (240.0 * 240));
                    for (int c = 0; c < 3; c++)
                        d.data[(c * size + y) * size + x] =
                            (float)(0.3 * sin(x * 0.03 + c) * sin(y * 0.035));
                }
            anew_paste *paste;
            ck_assert_int_eq(anew_paste_create(&paste, width, height, 3, NULL), ANEW_OK);
            add(paste, &d, &mask, &to_crop, 0.8f);
            const anew_plane_rows all = anew_planes_rows(&rows);
            ck_assert_int_eq(anew_paste_rows(paste, &all, 0, 3, NULL), ANEW_OK);
            double worst = 0, mean = 0;
            int count = 0;
            for (int y = 0; y < height; y++)
                for (int x = 0; x < width; x++) {
                    /* By the picture's own coordinates, not through the joined map. */
                    const anew_affine plain = face_at(70, 60, 25, 0.35 * turn, size);
                    const anew_point p = anew_affine_apply(&plain, (x + 0.5) / factor - 0.5,
                                                           (y + 0.5) / factor - 0.5);
                    const double r2 = (p.x - 255.5) * (p.x - 255.5) + (p.y - 255.5) * (p.y - 255.5);
                    const double m = fmax(0, 1 - r2 / (240.0 * 240));
                    if (m > 0 && m < 0.2)
                        continue; /* the pattern's rim is no smooth one */
                    for (int c = 0; c < 3; c++) {
                        const double want =
                            0.5 + 0.8 * m * 0.3 * sin(p.x * 0.03 + c) * sin(p.y * 0.035);
                        const double off = (double)rows.data[(c * height + y) * width + x] - want;
                        worst = fmax(worst, fabs(off));
                        mean += off;
                        count++;
                    }
                }
            /* A tenth of the input's pixel would be 0.5 crop pixels: 0.004. */
            const double step = 5.04 / factor; /* crop pixels to a pixel */
            const double limit = 2e-4 + 7e-5 * step * step;
            ck_assert_msg(worst < limit, "factor %g, turn %d: %g, not %g", factor, turn, worst,
                          limit);
            ck_assert(fabs(mean / count) < 2e-4);
            anew_paste_free(&paste);
            anew_planes_free(&rows);
            anew_planes_free(&d);
            anew_planes_free(&mask);
        }
}
END_TEST

/* The mask to its last pixel: what is added is the mask as a warp of the whole picture shows it. */
START_TEST(no_part_of_the_mask_is_left_out)
{
    const int size = 64, width = 150, height = 130;
    for (int k = 0; k < 6; k++) {
        const anew_affine to_crop = face_at(70, 66, 3 + 7 * k, 0.3 * k, size);
        const anew_warp_options nothing = {ANEW_BORDER_CONSTANT, {0}, NULL};
        anew_planes mask = blank(1, size, size, 0), d = blank(3, size, size, 0.5f);
        anew_planes want = blank(1, height, width, 0), got = blank(3, height, width, 0);
        for (int y = 2; y < size - 2; y++)
            for (int x = 2; x < size - 2; x++)
                mask.data[y * size + x] = 1;
        const anew_plane_rows rows = anew_planes_rows(&mask), all = anew_planes_rows(&got);
        ck_assert_int_eq(anew_warp(&want, &rows, &to_crop, &nothing, kernels(), 1, NULL), ANEW_OK);
        anew_paste *paste;
        ck_assert_int_eq(anew_paste_create(&paste, width, height, 3, NULL), ANEW_OK);
        add(paste, &d, &mask, &to_crop, 1);
        ck_assert_int_eq(anew_paste_rows(paste, &all, 0, 1, NULL), ANEW_OK);
        for (int i = 0; i < width * height; i++) {
            const float m = want.data[i];
            const bool inside = m > 0.98f; /* nearer to the border the difference fades, too */
            ck_assert_msg(inside       ? fabsf(got.data[i] - 0.5f) < 0.06f
                          : m < 0.001f ? got.data[i] == 0
                                       : m < 0.05f || got.data[i] > 0,
                          "map %d at %d, %d: %g for %g", k, i % width, i / width,
                          (double)got.data[i], (double)m);
        }
        anew_paste_free(&paste);
        anew_planes_free(&mask);
        anew_planes_free(&d);
        anew_planes_free(&want);
        anew_planes_free(&got);
    }
}
END_TEST

/* Rows in any portions, by any number of workers, as floats or straight into pixels. */
START_TEST(portions_and_threads_give_the_same)
{
    anew_image image = picture(300, 200, 3, 16), parts = copy_of(&image);
    anew_planes once = blank(3, 200, 300, 0), rows = blank(3, 200, 300, 0);
    anew_planes_from_image(&once, &image, 0);
    anew_planes_from_image(&rows, &image, 0);
    anew_paste *paste = paste_for(&image);
    for (int i = 0; i < 5; i++) {
        const anew_affine to_crop =
            face_at(60 + 45 * i, 80 + 20 * (i % 3), 10 + 22 * i, 0.2 * i, 128);
        anew_planes mask = mask_for(&to_crop, 128), d = blank(3, 128, 128, 0);
        for (int n = 0; n < 3 * 128 * 128; n++)
            d.data[n] = (float)(0.4 * (noise(i, n, 5) - 0.5));
        add(paste, &d, &mask, &to_crop, 1);
        anew_planes_free(&mask);
        anew_planes_free(&d);
    }
    const anew_plane_rows all = anew_planes_rows(&once);
    ck_assert_int_eq(anew_paste_rows(paste, &all, 0, 1, NULL), ANEW_OK);
    for (int y = 0; y < 200; y += 7) {
        anew_plane_rows part = anew_planes_rows(&rows);
        part.data += y * 300;
        part.height = y + 7 <= 200 ? 7 : 200 - y;
        ck_assert_int_eq(anew_paste_rows(paste, &part, y, 3, NULL), ANEW_OK);
        anew_image strip = {.width = 300,
                            .height = part.height,
                            .channels = 3,
                            .depth = 16,
                            .pixels = (uint16_t *)parts.pixels + (size_t)y * 900};
        ck_assert_int_eq(anew_paste_image(paste, &strip, y, 2, NULL), ANEW_OK);
    }
    ck_assert_mem_eq(once.data, rows.data, 3 * 200 * 300 * sizeof(float));
    anew_image rounded = copy_of(&image);
    anew_planes_to_image(&rounded, &once, 0);
    ck_assert_mem_eq(rounded.pixels, parts.pixels, bytes_of(&parts));
    int first, last;
    anew_paste_extent(paste, &first, &last);
    ck_assert_int_ge(first, 0);
    ck_assert_int_le(last, 200);
    anew_paste_free(&paste);
    anew_image_free(&image);
    anew_image_free(&parts);
    anew_image_free(&rounded);
    anew_planes_free(&once);
    anew_planes_free(&rows);
}
END_TEST

/* ---- strength, detail, cost --------------------------------------------------------------------------------- */

START_TEST(strength_0_is_nothing_and_distance_grows)
{
    anew_image image = picture(160, 140, 3, 8);
    const anew_affine to_crop = face_at(80, 70, 40, 0.1, 128);
    anew_planes mask = mask_for(&to_crop, 128), d = blank(3, 128, 128, 0);
    for (int n = 0; n < 3 * 128 * 128; n++)
        d.data[n] = (float)(1.4 * (noise(1, n, 9) - 0.5)); /* also beyond black and white */
    double last = -1;
    for (int step = 0; step <= 20; step++) {
        anew_image out = copy_of(&image);
        anew_paste *paste = paste_for(&image);
        add(paste, &d, &mask, &to_crop, (float)step / 20);
        paste_into(&out, paste, 1);
        double distance = 0;
        for (size_t i = 0; i < bytes_of(&image); i++)
            distance += fabs(get(&out, i) - get(&image, i));
        if (step == 0) {
            ck_assert_mem_eq(out.pixels, image.pixels, bytes_of(&image));
            ck_assert_int_eq((int)anew_paste_visited(paste), 0);
        }
        ck_assert_msg(distance > last, "strength %g", step / 20.0);
        last = distance;
        anew_paste_free(&paste);
        anew_image_free(&out);
    }
    anew_paste *paste = paste_for(&image);
    anew_error error = {0};
    ck_assert_int_eq(anew_paste_add(paste, &d, &mask, &to_crop, 1.5f, kernels(), 1, &error),
                     ANEW_ERROR_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(error.text, "1.5"));
    ck_assert_int_eq(anew_paste_add(paste, &d, &mask, &to_crop, NAN, kernels(), 1, &error),
                     ANEW_ERROR_ARGUMENT);
    ck_assert_int_eq(anew_paste_add(paste, &mask, &mask, &to_crop, 1, kernels(), 1, &error),
                     ANEW_ERROR_ARGUMENT);
    anew_image gray = picture(160, 140, 1, 8);
    ck_assert_int_eq(anew_paste_image(paste, &gray, 0, 1, &error), ANEW_ERROR_ARGUMENT);
    anew_image_free(&gray);
    anew_paste_free(&paste);
    anew_planes_free(&mask);
    anew_planes_free(&d);
    anew_image_free(&image);
}
END_TEST

/* A face four times larger than the crop, through a restorer that blurs nothing but brightens: what is finer than the
 * crop can hold is still there, as strong as before. */
START_TEST(a_large_face_keeps_the_detail)
{
    const int size = 128, side = 640;
    anew_image image = picture(side, side, 1, 32), before = copy_of(&image);
    const anew_affine to_crop = face_at(side / 2, side / 2, 126, 0.25, size);
    const anew_warp_options options = {ANEW_BORDER_REFLECT, {0}, NULL};
    anew_planes crop = blank(3, size, size, 0), restored = blank(3, size, size, 0);
    anew_planes mask = mask_for(&to_crop, size), d = blank(3, size, size, 0);
    ck_assert_int_eq(anew_face_crop(&crop, &image, &to_crop, &options, kernels(), 1, NULL),
                     ANEW_OK);
    for (int n = 0; n < 3 * size * size; n++)
        restored.data[n] = 0.5f + 0.9f * (crop.data[n] - 0.45f);
    const anew_match_options match = {0, 0, 1};
    ck_assert_int_eq(anew_face_difference(&d, &restored, &crop, &mask, &match, NULL), ANEW_OK);
    anew_paste *paste = paste_for(&image);
    add(paste, &d, &mask, &to_crop, 1);
    paste_into(&image, paste, 1);
    double fine_before = 0, fine_after = 0, changed = 0;
    for (int y = side / 2 - 100; y < side / 2 + 100; y++)
        for (int x = side / 2 - 80; x < side / 2 + 80; x++) {
            const size_t i = (size_t)y * (size_t)side + (size_t)x;
            const double a = 4 * get(&before, i) - get(&before, i - 1) - get(&before, i + 1) -
                             get(&before, i - (size_t)side) - get(&before, i + (size_t)side);
            const double b = 4 * get(&image, i) - get(&image, i - 1) - get(&image, i + 1) -
                             get(&image, i - (size_t)side) - get(&image, i + (size_t)side);
            fine_before += a * a;
            fine_after += b * b;
            changed += fabs(get(&image, i) - get(&before, i));
        }
    ck_assert(changed / (200 * 160) > 0.03);
    ck_assert_msg(fabs(fine_after / fine_before - 1) < 0.01, "%g of the detail",
                  fine_after / fine_before);
    anew_paste_free(&paste);
    anew_planes_free(&crop);
    anew_planes_free(&restored);
    anew_planes_free(&mask);
    anew_planes_free(&d);
    anew_image_free(&image);
    anew_image_free(&before);
}
END_TEST

/* Pixels looked at by 40 faces in a picture of `side` x `side`. */
static int64_t visited_in(int side)
{
    anew_paste *paste;
    ck_assert_int_eq(anew_paste_create(&paste, side, side, 1, NULL), ANEW_OK);
    anew_image image = picture(side, side, 1, 8);
    anew_planes d = blank(3, 64, 64, 0.1f);
    for (int i = 0; i < 40; i++) {
        const anew_affine to_crop =
            face_at(80 + 100 * (i % 8), 80 + 100 * (i / 8), 20, 0.1 * i, 64);
        anew_planes mask = mask_for(&to_crop, 64);
        add(paste, &d, &mask, &to_crop, 1);
        anew_planes_free(&mask);
    }
    paste_into(&image, paste, 2);
    const int64_t visited = anew_paste_visited(paste);
    anew_paste_free(&paste);
    anew_planes_free(&d);
    anew_image_free(&image);
    return visited;
}

START_TEST(the_cost_is_that_of_the_faces)
{
    const int64_t small = visited_in(1000), large = visited_in(4000);
    /* A crop is 81 pixels wide there, its mask some 52 x 58. */
    printf("40 faces: %d pixels in one megapixel, %d in 16\n", (int)small, (int)large);
    ck_assert_int_eq((int)small, (int)large);
    ck_assert_int_lt((int)small, 40 * 81 * 81);
    ck_assert_int_gt((int)small, 40 * 50 * 50);
}
END_TEST

/* ---- several faces ------------------------------------------------------------------------------------------- */

/* Two faces that overlap, each with a change of 0.2: nowhere is more than 0.2 added, within each face it is that face's,
 * and the order does not matter. */
START_TEST(overlapping_faces_share)
{
    const int size = 128, width = 260, height = 180;
    for (int apart = 0; apart <= 120; apart += 20) {
        anew_planes d[2] = {blank(3, size, size, 0), blank(3, size, size, 0)};
        anew_planes out[3];
        anew_affine to_crop[2];
        anew_planes mask[2];
        for (int i = 0; i < 2; i++) {
            to_crop[i] = face_at(70 + apart * i, 90, 40, 0, size);
            mask[i] = mask_for(&to_crop[i], size);
            for (int n = 0; n < size * size; n++)
                d[i].data[i * size * size + n] = 0.2f; /* red of one, green of the other */
        }
        /* Both, both in the other order, and the first alone. */
        for (int k = 0; k < 3; k++) {
            out[k] = blank(3, height, width, 0);
            anew_paste *paste;
            ck_assert_int_eq(anew_paste_create(&paste, width, height, 3, NULL), ANEW_OK);
            for (int i = 0; i < (k == 2 ? 1 : 2); i++) {
                const int n = k == 1 ? 1 - i : i;
                add(paste, &d[n], &mask[n], &to_crop[n], 1);
            }
            const anew_plane_rows rows = anew_planes_rows(&out[k]);
            ck_assert_int_eq(anew_paste_rows(paste, &rows, 0, 1, NULL), ANEW_OK);
            anew_paste_free(&paste);
        }
        const int plane = width * height;
        double steepest = 0;
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++) {
                const int n = y * width + x;
                const float red = out[0].data[n], green = out[0].data[plane + n];
                ck_assert_msg(red + green <= 0.2f + 1e-5f, "%d apart: %g + %g at %d, %d", apart,
                              (double)red, (double)green, x, y);
                ck_assert(red >= 0 && green >= 0);
                ck_assert(fabsf(out[1].data[n] - red) < 1e-6f);
                ck_assert(red <= out[2].data[n] + 1e-6f);
                /* A face's own middle is its own; where it is alone it is as without the other. */
                if (apart >= 60 && hypot(x - 70.0, y - 90.0) < 10)
                    ck_assert_msg(red > 0.18f, "%g of the first face, %d apart", (double)red,
                                  apart);
                if (apart >= 40 && x == 70 && y == 90)
                    ck_assert_msg(red > 0.19f, "%g in the middle, %d apart", (double)red, apart);
                if (green == 0)
                    ck_assert(red == out[2].data[n]);
                if (x > 0)
                    steepest = fmax(steepest, fabs((double)(red - out[0].data[n - 1])));
            }
        if (apart == 0) /* found twice: as once, half from each */
            ck_assert(fabsf(out[0].data[90 * width + 70] - 0.1f) < 1e-6f);
        ck_assert_msg(steepest < 0.05, "a step of %g, %d apart", steepest, apart);
        for (int i = 0; i < 2; i++) {
            anew_planes_free(&d[i]);
            anew_planes_free(&mask[i]);
        }
        for (int k = 0; k < 3; k++)
            anew_planes_free(&out[k]);
    }
}
END_TEST

/* Beyond the picture in part or in whole, tiny, huge: no crash, and nothing elsewhere. */
START_TEST(faces_at_the_edges)
{
    static const double places[][3] = {{-5, 10, 30}, {99, 79, 30},  {50, -300, 20},
                                       {1e7, 5, 30}, {50, 40, 0.4}, {50, 40, 4000},
                                       {0, 0, 1},    {-40, 40, 30}};
    for (int i = 0; i < 8; i++) {
        anew_image image = picture(100, 80, 3, 8);
        const anew_affine to_crop = face_at(places[i][0], places[i][1], places[i][2], 0.7, 64);
        anew_planes mask = mask_for(&to_crop, 64), d = blank(3, 64, 64, 0.3f);
        anew_paste *paste = paste_for(&image);
        add(paste, &d, &mask, &to_crop, 1);
        paste_into(&image, paste, 3);
        ck_assert_int_le((int)anew_paste_visited(paste), 100 * 80);
        anew_paste_free(&paste);
        anew_planes_free(&mask);
        anew_planes_free(&d);
        anew_image_free(&image);
    }
}
END_TEST

/* Each allocation fails once: a message, and nothing is lost or half done. */
START_TEST(without_memory)
{
    anew_image image = picture(100, 80, 3, 8);
    const anew_affine to_crop =
        face_at(50, 40, 12, 0.1, 128); /* reduced, so that every path allocates */
    const anew_warp_options options = {ANEW_BORDER_REFLECT, {0}, NULL};
    anew_planes mask = mask_for(&to_crop, 128), d = blank(3, 128, 128, 0),
                crop = blank(3, 128, 128, 0);
    anew_planes restored = blank(3, 128, 128, 0.5f);
    const anew_match_options match = {1, 1, 1};
    uint8_t *classes = calloc(128, 128);
    const float weights[256] = {1};
    int failures = 0;
    for (long n = 0; n < 200; n++) {
        anew_error error = {0};
        anew_paste *paste = NULL;
        anew_alloc_limit(n);
        anew_status status =
            anew_mask_from_classes(&mask, classes, 128, 128, weights, 8, kernels(), &error);
        if (status == ANEW_OK)
            status = anew_face_crop(&crop, &image, &to_crop, &options, kernels(), 1, &error);
        if (status == ANEW_OK)
            status = anew_face_difference(&d, &restored, &crop, &mask, &match, &error);
        if (status == ANEW_OK)
            status = anew_paste_create(&paste, 100, 80, 3, &error);
        if (status == ANEW_OK)
            status = anew_paste_add(paste, &d, &mask, &to_crop, 1, kernels(), 1, &error);
        if (status == ANEW_OK)
            status = anew_paste_image(paste, &image, 0, 1, &error);
        anew_alloc_limit(-1);
        anew_paste_free(&paste);
        if (status == ANEW_OK)
            break;
        ck_assert_int_eq(status, ANEW_ERROR_MEMORY);
        ck_assert_ptr_nonnull(strstr(error.text, "memory"));
        failures++;
    }
    printf("%d allocations failed, one after the other\n", failures);
    ck_assert_int_gt(failures, 15);
    ck_assert_int_lt(failures, 199);
    free(classes);
    anew_planes_free(&mask);
    anew_planes_free(&d);
    anew_planes_free(&crop);
    anew_planes_free(&restored);
    anew_image_free(&image);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("faces: paste");
    TCase *all = add_case(suite, "paste", 300);
    tcase_add_test(all, an_identity_restorer_changes_nothing);
    tcase_add_test(all, only_the_face_changes);
    tcase_add_test(all, the_change_lands_where_it_belongs);
    tcase_add_test(all, no_part_of_the_mask_is_left_out);
    tcase_add_test(all, portions_and_threads_give_the_same);
    tcase_add_test(all, strength_0_is_nothing_and_distance_grows);
    tcase_add_test(all, a_large_face_keeps_the_detail);
    tcase_add_test(all, the_cost_is_that_of_the_faces);
    tcase_add_test(all, overlapping_faces_share);
    tcase_add_test(all, faces_at_the_edges);
    tcase_add_test(all, without_memory);
    return run_suite(suite);
}
