/*
 * check_faces_reference.c - the published tools' masks, resizes and pastes, step by step and whole, against what they
 * make (needs the shared folder); and their plain steps on data of our own. Their warp is in check_faces_warp.c.
 *
 * Seen to fail by: a kernel from the C library's exponential; sums without fused multiply-add; a window that reaches one
 * further to the right; no default for an empty one; the hat counted as face; a frame of 9; the wrong half-pixel offset,
 * or one at x1 too; an edge that is rounded; results that are rounded; the fork's square mask left out, or the larger of
 * its masks; another order of the blend; resizes without rounding, with unnormalised weights, with bits kept or steps
 * taken in another order; gray without rounding; weights of luma in the order B, G, R.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/blank.h"
#include "common/npy_doubles.h"
#include "common/suite.h"
#include "faces/gray.h"
#include "faces/reference_mask.h"
#include "faces/reference_paste.h"
#include "image/image.h"

static char folder[1024];

static const char *in_folder(const char *name)
{
    static char path[1300];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static bool goldens(const char *name, const char *file, const char *what)
{
    (void)snprintf(folder, sizeof folder, "%s/reference/goldens/%s", shared_folder(), name);
    return is_there(in_folder(file), what);
}

static double *golden(const char *name, size_t count)
{
    size_t found = 0;
    double *values = npy_doubles(in_folder(name), &found);
    ck_assert_ptr_nonnull(values);
    ck_assert_uint_eq(found, count);
    return values;
}

/* ---- steps on our own data ------------------------------------------------------------------------------- */

START_TEST(steps_mean_what_they_say)
{
    double kernel[101], sum = 0;
    anew_reference_gauss(kernel, 101, 11);
    for (int i = 0; i < 101; i++) {
        sum += kernel[i];
        ck_assert(fabs(kernel[i] - kernel[100 - i]) < 1e-18);
    }
    ck_assert(fabs(sum - 1) < 1e-14);
    ck_assert(fabs(kernel[61] / kernel[50] - exp(-0.5)) < 1e-12);
    for (int i = 0; i < 101; i++)
        ck_assert(fabs(kernel[i] / kernel[50] / exp(-(i - 50) * (i - 50) / 242.0) - 1) < 1e-15);
    /* Nothing changes what is constant: borders are reflected. */
    double flat[20 * 30];
    for (int i = 0; i < 600; i++)
        flat[i] = 7;
    ck_assert_int_eq(anew_reference_blur_f64(flat, 20, 30, 101, 11, NULL), ANEW_OK);
    for (int i = 0; i < 600; i++)
        ck_assert(fabs(flat[i] - 7) < 1e-12);
    ck_assert_int_eq(anew_reference_blur_f64(flat, 20, 30, 4, 1, NULL), ANEW_ERROR_ARGUMENT);
    /* An even window reaches one further to the left and up. */
    float dot[9 * 9];
    for (int size = 0; size <= 4; size += 2) {
        for (int i = 0; i < 81; i++)
            dot[i] = i == 4 * 9 + 4 ? 0 : 1;
        ck_assert_int_eq(anew_reference_erode(dot, 9, 9, size, NULL), ANEW_OK);
        const int low = size == 0 ? 3 : size == 2 ? 4 : 3, high = size == 0 ? 5 : size == 2 ? 5 : 6;
        for (int y = 0; y < 9; y++)
            for (int x = 0; x < 9; x++)
                ck_assert(dot[y * 9 + x] ==
                          (x >= low && x <= high && y >= low && y <= high ? 0 : 1));
    }
    ck_assert_int_eq(anew_reference_gray_u8(255, 255, 255), 255);
    ck_assert_int_eq(anew_reference_gray_u8(255, 0, 0), 76);
    /* A resize keeps what is constant, in both depths and both filters. */
    uint8_t in[6 * 5], out[13 * 3];
    memset(in, 93, sizeof in);
    const anew_reference_picture from = {in, ANEW_REFERENCE_U8, 6, 5, 1};
    const anew_reference_picture to = {out, ANEW_REFERENCE_U8, 13, 3, 1};
    for (int lanczos = 0; lanczos < 2; lanczos++) {
        memset(out, 0, sizeof out);
        ck_assert_int_eq(anew_reference_resize(&to, &from, lanczos == 1, NULL), ANEW_OK);
        for (size_t i = 0; i < sizeof out; i++)
            ck_assert_int_eq(out[i], 93);
    }
}
END_TEST

/* ---- masks --------------------------------------------------------------------------------------------- */

static double gap(const double *a, const double *b, size_t count)
{
    double worst = 0;
    for (size_t i = 0; i < count; i++)
        worst = fmax(worst, fabs(a[i] - b[i]));
    return worst;
}

START_TEST(masks_as_the_published_tools)
{
    enum { SIDE = 512, ROWS = 60, COLUMNS = 70, PIXELS = ROWS * COLUMNS };
    if (!goldens("masks", "square_in.npy", "masks of the published tools"))
        return;
    double kernel[101];
    anew_reference_gauss(kernel, 101, 11);
    double *want = golden("gauss_kernel_101_s11.npy", 101);
    ck_assert_msg(gap(kernel, want, 101) == 0, "%g", gap(kernel, want, 101));
    free(want);

    double *in = golden("square_in.npy", PIXELS);
    static const int sizes[] = {2, 3, 4, 6, 0}, blurs[] = {3, 5, 7, 9, 11, 23};
    for (int i = 0; i < 5; i++) {
        char name[64];
        float plane[PIXELS];
        (void)snprintf(name, sizeof name,
                       sizes[i] == 0 ? "square_erode_empty_kernel.npy" : "square_erode%d.npy",
                       sizes[i]);
        want = golden(name, PIXELS);
        for (int n = 0; n < PIXELS; n++)
            plane[n] = (float)in[n];
        ck_assert_int_eq(anew_reference_erode(plane, ROWS, COLUMNS, sizes[i], NULL), ANEW_OK);
        for (int n = 0; n < PIXELS; n++)
            ck_assert_msg((double)plane[n] == want[n], "%s at %d", name, n);
        free(want);
    }
    for (int i = 0; i < 6; i++) {
        char name[64];
        float plane[PIXELS];
        double worst = 0;
        (void)snprintf(name, sizeof name, "square_gauss%d_sigma0.npy", blurs[i]);
        want = golden(name, PIXELS);
        for (int n = 0; n < PIXELS; n++)
            plane[n] = (float)in[n];
        ck_assert_int_eq(anew_reference_blur_f32(plane, ROWS, COLUMNS, blurs[i], 0, NULL), ANEW_OK);
        for (int n = 0; n < PIXELS; n++)
            worst = fmax(worst, fabs((double)plane[n] - want[n]));
        ck_assert_msg(worst == 0, "%s: %g", name, worst); /* the order of float sums */
        free(want);
    }
    free(in);

    double *bgr = golden("bgr_u8.npy", 63 * 3), *gray = golden("bgr2gray_u8.npy", 63);
    for (int i = 0; i < 63; i++)
        ck_assert_int_eq(anew_reference_gray_u8((uint8_t)bgr[3 * i + 2], (uint8_t)bgr[3 * i + 1],
                                                (uint8_t)bgr[3 * i]),
                         (int)gray[i]);
    free(bgr);
    free(gray);
    bgr = golden("bgr_f32.npy", 63 * 3);
    gray = golden("bgr2gray_f32.npy", 63);
    for (int i = 0; i < 63; i++) {
        const float got = anew_reference_gray_f32((float)bgr[3 * i + 2], (float)bgr[3 * i + 1],
                                                  (float)bgr[3 * i]);
        ck_assert_msg(fabs((double)got - gray[i]) < 1.2e-7, "%.9g, not %.9g", (double)got, gray[i]);
    }
    free(bgr);
    free(gray);

#if ANEW_PNG
    anew_image classes;
    ck_assert_int_eq(anew_image_read(&classes, in_folder("parsing_classes.png"), NULL, NULL, NULL),
                     ANEW_OK);
    double *mask = malloc(SIDE * SIDE * sizeof(double));
    const uint8_t *c = classes.pixels;
    for (int i = 0; i < SIDE * SIDE; i++)
        mask[i] = (c[i] >= 1 && c[i] <= 13) || c[i] == 15 ? 255 : 0;
    ck_assert_int_eq(anew_reference_blur_f64(mask, SIDE, SIDE, 101, 11, NULL), ANEW_OK);
    want = golden("blur_once_rows0_511_step8.npy", (size_t)SIDE / 8 * SIDE);
    for (int i = 0; i < SIDE / 8 * SIDE; i++)
        ck_assert(fabs(mask[i / SIDE * 8 * SIDE + i % SIDE] - want[i]) < 1e-5);
    free(want);
    ck_assert_int_eq(anew_reference_parse_mask(mask, c, NULL), ANEW_OK);
    want = golden("blur_twice_zero_border_div255_step2.npy", (size_t)SIDE / 2 * SIDE / 2);
    for (int i = 0; i < SIDE / 2 * SIDE / 2; i++) {
        /* The vector is float. */
        const double got = mask[i / (SIDE / 2) * 2 * SIDE + i % (SIDE / 2) * 2];
        ck_assert_msg((double)(float)got == want[i], "at %d: %.9g, not %.9g", i, got, want[i]);
    }
    free(want);
    free(mask);
    anew_image_free(&classes);
#endif
}
END_TEST

/* ---- pastes ------------------------------------------------------------------------------------------------ */

#if ANEW_PNG
static anew_image picture_of(const char *name)
{
    anew_image image;
    anew_error error = {0};
    ck_assert_msg(anew_image_read(&image, in_folder(name), NULL, NULL, &error) == ANEW_OK, "%s",
                  error.text);
    return image;
}

static anew_reference_picture of(const anew_image *image)
{
    return (anew_reference_picture){image->pixels,
                                    image->depth == 16 ? ANEW_REFERENCE_U16 : ANEW_REFERENCE_U8,
                                    image->width, image->height, image->channels};
}

typedef struct pasting {
    const char *name, *background;
    double upscale;
    int faces, first; /* the first face's number */
    bool parse;
} pasting;

static const pasting pastings[] = {
    {"out_parse_x2.png", NULL, 2, 2, 0, true},
    {"out_square_x2.png", NULL, 2, 2, 0, false},
    {"out_parse_x2_bg.png", "bg_400x300.png", 2, 1, 0, true},
    {"out_parse_x2_bgra.png", "bg_bgra_400x300.png", 2, 1, 0, true},
    {"out_square_x1.png", NULL, 1, 1, 0, false},
    {"out_parse_x1.png", NULL, 1, 1, 0, true},
    {"out_parse_x1.5.png", NULL, 1.5, 1, 0, true},
    {"out_square_x3_tiny.png", NULL, 3, 2, 1, false},
    {"out_parse_x2_bg16.png", "bg_400x300.png", 2, 1, 0, true},
};

/* Landmarks of the two faces, as in info.json. */
static const anew_face two_faces[2] = {{.landmarks = {{83.12847900390625f, 70.01416778564453f},
                                                      {110.5808334350586f, 73.83756256103516f},
                                                      {94.78069305419922f, 87.29448699951172f},
                                                      {80.26278686523438f, 98.25565338134766f},
                                                      {104.9450912475586f, 102.14591979980469f}}},
                                       {.landmarks = {{150.59776306152344f, 55.435550689697266f},
                                                      {165.25579833984375f, 51.011627197265625f},
                                                      {160.43426513671875f, 61.72854995727539f},
                                                      {156.21800231933594f, 70.5117416381836f},
                                                      {169.2314910888672f, 66.13585662841797f}}}};

/* How many samples differ, and by how much at most. */
static void compare(int *count, int *worst, const anew_image *a, const anew_image *b)
{
    *count = *worst = 0;
    ck_assert_int_eq(a->width, b->width);
    ck_assert_int_eq(a->channels, b->channels);
    ck_assert_int_eq(a->depth, b->depth);
    for (int i = 0; i < a->width * a->height * a->channels; i++) {
        const int d = a->depth == 16
                          ? abs(((const uint16_t *)a->pixels)[i] - ((const uint16_t *)b->pixels)[i])
                          : abs(((const uint8_t *)a->pixels)[i] - ((const uint8_t *)b->pixels)[i]);
        *count += d != 0;
        *worst = d > *worst ? d : *worst;
    }
}

START_TEST(resizes_as_the_published_tools)
{
    static const char *const names[] = {
        "lanczos4_u8_100x80", "lanczos4_u8_134x106", "lanczos4_u8_33x26",    "lanczos4_u8_51x31",
        "lanczos4_u8_67x100", "lanczos4_u16_100x80", "lanczos4_u16_33x26",   "lanczos4_bgra_100x80",
        "linear_u8_100x80",   "linear_u8_134x106",   "linear_u8_33x26",      "linear_u8_51x31",
        "linear_u8_67x100",   "linear_u16_100x80",   "lanczos4_gray_100x80", "linear_u16_33x26"};
    if (!goldens("resize", "in8.png", "resizes of the published tools"))
        return;
    for (size_t n = 0; n < sizeof names / sizeof names[0]; n++) {
        char name[64];
        (void)snprintf(name, sizeof name, "%s.png", names[n]);
        anew_image want = picture_of(name), out;
        anew_image in = picture_of(strstr(name, "bgra") != NULL   ? "in8_bgra.png"
                                   : strstr(name, "gray") != NULL ? "in8_gray.png"
                                   : want.depth == 16             ? "in16.png"
                                                                  : "in8.png");
        ck_assert_int_eq(in.channels, want.channels);
        ck_assert_int_eq(
            anew_image_create(&out, want.width, want.height, want.channels, want.depth, NULL),
            ANEW_OK);
        const anew_reference_picture from = of(&in), to = of(&out);
        ck_assert_int_eq(anew_reference_resize(&to, &from, name[1] == 'a', NULL), ANEW_OK);
        int count, worst;
        compare(&count, &worst, &out, &want);
        ck_assert_msg(count == 0, "%s: %d samples differ, by %d at most", name, count, worst);
        anew_image_free(&in);
        anew_image_free(&out);
        anew_image_free(&want);
    }
}
END_TEST

START_TEST(pastes_as_the_published_tools)
{
    const bool fork = _i == 1;
    if (!goldens("paste", "in.png", "pastes of the published tools"))
        return;
    anew_image in = picture_of("in.png"),
               restored[2] = {picture_of("restored0.png"), picture_of("restored1.png")};
    char paste_folder[sizeof folder];
    memcpy(paste_folder, folder, sizeof folder);
    (void)snprintf(folder, sizeof folder, "%s/reference/goldens/masks", shared_folder());
    anew_image classes = picture_of("parsing_classes.png");
    anew_affine to_crop[2];
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(anew_face_align(&to_crop[i], &two_faces[i], 512, NULL), ANEW_OK);
    for (size_t n = 0; n < sizeof pastings / sizeof pastings[0]; n++) {
        const pasting *p = &pastings[n];
        const char *const kind = fork ? "paste_codeformer" : "paste";
        (void)snprintf(folder, sizeof folder, "%s/reference/goldens/%s", shared_folder(), kind);
        FILE *there = fopen(in_folder(p->name), "rb");
        if (there == NULL)
            continue; /* the fork has fewer */
        (void)fclose(there);
        anew_image want = picture_of(p->name), out;
        memcpy(folder, paste_folder, sizeof folder);
        anew_image background = p->background == NULL ? in : picture_of(p->background);
        /* 16 bits: the same background times 257. */
        const bool wide = want.depth == 16;
        ck_assert_int_eq(
            anew_image_create(&out, want.width, want.height, want.channels, want.depth, NULL),
            ANEW_OK);
        const anew_reference_picture to = of(&out), from = of(&background);
        if (wide)
            for (int i = 0; i < want.width * want.height * 3; i++)
                ((uint16_t *)out.pixels)[i] =
                    (uint16_t)(((const uint8_t *)background.pixels)[i] * 257);
        else
            ck_assert_int_eq(
                anew_reference_resize(&to, &from, !(fork && p->background == NULL), NULL), ANEW_OK);
        anew_reference_face faces[2];
        for (int i = 0; i < p->faces; i++) {
            const int face = p->first == 0 ? i : 1 - i;
            faces[i] = (anew_reference_face){restored[face].pixels, 512,
                                             p->parse ? classes.pixels : NULL, to_crop[face]};
        }
        ck_assert_int_eq(anew_reference_paste(&to, faces, p->faces, p->upscale, fork, NULL),
                         ANEW_OK);
        int count, worst;
        compare(&count, &worst, &out, &want);
        printf("%s%s: %d samples differ, by %d at most\n", fork ? "fork: " : "", p->name, count,
               worst);
        ck_assert_msg(count == 0, "%s: %d samples differ, by %d at most", p->name, count, worst);
        anew_image_free(&want);
        anew_image_free(&out);
        if (p->background != NULL)
            anew_image_free(&background);
    }
    anew_image_free(&in);
    anew_image_free(&restored[0]);
    anew_image_free(&restored[1]);
    anew_image_free(&classes);
}
END_TEST

/* CodeFormer's test for gray pictures, and what it makes of a restored face then. */
START_TEST(gray_as_the_published_tool)
{
    static const struct {
        const char *name;
        double spread; /* info.json */
    } pictures[] = {
        {"gray.png", 0}, {"near_gray.png", 3.9193534999999997}, {"colour.png", 4283.079920833334}};
    anew_image image[4];
    anew_error error = {0};
    if (!goldens("codeformer_misc", "gray.png", "gray pictures"))
        return;
    for (int i = 0; i < 4; i++) {
        const char *name = i < 3 ? pictures[i].name : "restored.png";
        ck_assert_msg(anew_image_read(&image[i], in_folder(name), NULL, NULL, &error) == ANEW_OK,
                      "%s", error.text);
        ck_assert(image[i].width == 50 && image[i].height == 40 && image[i].channels == 3);
        if (i == 3)
            break;
        anew_planes planes = blank(3, 40, 50, 0);
        anew_planes_from_image(&planes, &image[i], 0);
        const double spread = anew_gray_spread(&planes);
        ck_assert_msg(fabs(spread - pictures[i].spread) <= 1e-4 * pictures[i].spread, "%s: %g",
                      name, spread);
        ck_assert_int_eq(spread <= ANEW_GRAY_MOST, i < 2);
        anew_planes_free(&planes);
    }
    double gray[50 * 40], *want = golden("gray_restored_with_adain_f64.npy", 3 * 50 * 40);
    anew_reference_gray_adain(gray, image[3].pixels, image[0].pixels, 50 * 40);
    for (int i = 0; i < 3 * 50 * 40; i++)
        ck_assert_msg(fabs(gray[i / 3] - want[i]) < 1e-10, "%d: %.17g, not %.17g", i, gray[i / 3],
                      want[i]);
    free(want);
    for (int i = 0; i < 4; i++)
        anew_image_free(&image[i]);
}
END_TEST
#endif

int main(void)
{
    Suite *suite = suite_create("faces: as the published tools");
    TCase *all = add_case(suite, "reference", 300);
    tcase_add_test(all, steps_mean_what_they_say);
    tcase_add_test(all, masks_as_the_published_tools);
#if ANEW_PNG
    tcase_add_test(all, resizes_as_the_published_tools);
    tcase_add_loop_test(all, pastes_as_the_published_tools, 0, 2);
    tcase_add_test(all, gray_as_the_published_tool);
#else
    printf("SKIP pastes of the published tools: libpng was left out of this build\n");
#endif
    return run_suite(suite);
}
