/*
 * check_faces_parser.c - parsers of faces, with weights by hand that tell a pixel's class by its colour: the class of
 * each pixel, which classes are the face, masks that are narrowed and never widened, and what is no face.
 *
 * Seen to fail by: BiSeNet's classes by ParseNet's table; the largest of equal classes taken; samples of 0 .. 1 handed
 * to the network as they are; rows of a band put where those of the first one are; a mask that takes the parser's
 * alone; hair counted as a feature; a least share of features of 0.
 */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/blank.h"
#include "common/suite.h"
#include "common/tiny_detector.h"
#include "common/tiny_faces.h"
#include "faces/face_parser.h"
#include "faces/mask.h"

static const char *const kinds[] = {"parsenet", "bisenet", "unet"};

/* The published labels, in the order of their numbers (the networks' papers and pages). */
static const char *const labels[3][19] = {
    {"background", "skin", "nose", "glasses", "eye", "eye", "brow", "brow", "ear", "ear", "mouth",
     "lip", "lip", "hair", "hat", "earring", "necklace", "neck", "cloth"},
    {"background", "skin", "brow", "brow", "eye", "eye", "glasses", "ear", "ear", "earring", "nose",
     "mouth", "lip", "lip", "neck", "necklace", "cloth", "hair", "hat"},
    {"background", "lip", "brow", "skin", "ear", "eye", "nose", "necklace", "ear", "glasses", "lip",
     "brow", "hat", "hair", "mouth", "neck", "cloth", "eye", "earring"}};

static int class_of(int kind, const char *label)
{
    int c = 0;
    while (strcmp(labels[kind][c], label) != 0)
        c++;
    return c;
}

typedef struct opened {
    anew_model *model;
    anew_face_parser *parser;
} opened;

static opened open_parser(int kind, const int of_colour[3])
{
    opened o = {0};
    anew_error error = {0};
    const anew_face_network_options options = {.threads = 2};
    ck_assert_msg(tiny_parser_model(&o.model, kinds[kind], of_colour, 19, &error) == ANEW_OK, "%s",
                  error.text);
    ck_assert_msg(anew_face_parser_open(&o.parser, o.model, &options, &error) == ANEW_OK, "%s",
                  error.text);
    return o;
}

static void close_parser(opened *o)
{
    anew_face_parser_close(&o->parser);
    anew_model_close(&o->model);
}

/* A colour (bits 0, 1, 2: red, green, blue) in the columns and rows left .. right, top .. bottom, shares of the side. */
static void paint(anew_planes *face, int bits, double left, double right, double top, double bottom)
{
    const int side = face->width;
    for (int y = (int)(top * side); y < (int)(bottom * side); y++)
        for (int x = (int)(left * side); x < (int)(right * side); x++)
            for (int c = 0; c < 3; c++)
                face->data[(c * side + y) * side + x] = (bits >> c & 1) != 0 ? 0.8f : 0.1f;
}

START_TEST(classes_lie_where_their_colours_are)
{
    static const int sides[] = {256, 512, 1024, 300};
    static const int of_colour[] = {7, 18, 2};
    opened o = open_parser(_i, of_colour);
    uint8_t *classes = malloc((size_t)ANEW_PARSER_SIDE * ANEW_PARSER_SIDE);
    for (int s = 0; s < 4; s++) {
        anew_planes face = blank(3, sides[s], sides[s], 0);
        paint(&face, 1, 0.125, 0.5, 0, 0.25);
        paint(&face, 2, 0.5, 1, 0.125, 0.75);
        paint(&face, 4, 0, 0.5, 0.625, 1);
        paint(&face, 3, 0.625, 1, 0.875, 1); /* red and green alike: the lower class */
        ck_assert_int_eq(anew_face_parser_run(o.parser, classes, &face, NULL), ANEW_OK);
        int wrong = 0, seen[19] = {0};
        for (int y = 0; y < 512; y++)
            for (int x = 0; x < 512; x++) {
                /* Not within a few pixels of a border between colours, which all lie on eighths. */
                const int u = x % 64, v = y % 64;
                if (u < 16 || u >= 48 || v < 16 || v >= 48)
                    continue;
                const float *at = face.data + (size_t)(y * sides[s] / 512) * (size_t)sides[s] +
                                  x * sides[s] / 512;
                const size_t plane = (size_t)sides[s] * (size_t)sides[s];
                const int want = at[0] > 0.5f           ? of_colour[0]
                                 : at[plane] > 0.5f     ? of_colour[1]
                                 : at[2 * plane] > 0.5f ? of_colour[2]
                                                        : 0;
                wrong += classes[y * 512 + x] != want;
                seen[want]++;
            }
        ck_assert_msg(wrong == 0, "%s, side %d: %d pixels", kinds[_i], sides[s], wrong);
        ck_assert(seen[0] > 1000 && seen[2] > 1000 && seen[7] > 1000 && seen[18] > 1000);
        anew_planes_free(&face);
    }
    free(classes);
    close_parser(&o);
}
END_TEST

/* What is pasted: all of the head but what covers or carries it. */
START_TEST(the_face_is_these_classes)
{
    static const char *const others[] = {"background", "hat", "neck", "necklace", "cloth"};
    opened o = open_parser(_i, (const int[]){1, 2, 3});
    const float *weights = anew_face_parser_weights(o.parser);
    for (int c = 0; c < 256; c++) {
        bool other = c >= 19;
        for (int k = 0; k < 5 && !other; k++)
            other = strcmp(labels[_i][c], others[k]) == 0;
        ck_assert_msg(weights[c] == (other ? 0 : 1), "%s: class %d weighs %g", kinds[_i], c,
                      (double)weights[c]);
    }
    close_parser(&o);
}
END_TEST

/* Skin on the left, cloth on the right, of a mask by landmarks. */
START_TEST(a_mask_is_narrowed)
{
    static const int sides[] = {256, 512, 1024};
    opened o = open_parser(_i, (const int[]){class_of(_i, "skin"), class_of(_i, "cloth"), 0});
    for (int s = 0; s < 3; s++) {
        const int side = sides[s];
        const double feather = side / 16.0;
        anew_planes face = blank(3, side, side, 0), mask = blank(1, side, side, 0);
        anew_planes before = blank(1, side, side, 0);
        anew_point landmarks[ANEW_LANDMARKS];
        bool parsed = false;
        paint(&face, 1, 0, 0.5, 0, 1);
        paint(&face, 2, 0.5, 1, 0, 1);
        anew_face_template(landmarks, side);
        anew_mask_from_landmarks(&mask, landmarks, feather);
        memcpy(before.data, mask.data, (size_t)side * (size_t)side * sizeof(float));
        ck_assert_int_eq(anew_face_parser_narrow(o.parser, &mask, &parsed, &face, feather, NULL),
                         ANEW_OK);
        ck_assert(parsed);
        int kept = 0, dropped = 0;
        for (int y = 0; y < side; y++)
            for (int x = 0; x < side; x++) {
                const float was = before.data[y * side + x], is = mask.data[y * side + x];
                ck_assert(is >= 0 && is <= was);
                if (x < side / 2 - 0.75 * feather)
                    ck_assert_msg(is == was, "%d: %d %d: %g, was %g", side, x, y, (double)is,
                                  (double)was);
                if (x >= side / 2 + 0.75 * feather)
                    ck_assert(is == 0);
                kept += is == 1;
                dropped += is == 0 && was == 1;
                if (x > 0) /* no edge */
                    ck_assert(fabs((double)(is - mask.data[y * side + x - 1])) < 2.6 / feather);
            }
        ck_assert_int_gt(kept, side * side / 20);
        ck_assert_int_gt(dropped, side * side / 20);
        anew_planes_free(&face);
        anew_planes_free(&mask);
        anew_planes_free(&before);
    }
    close_parser(&o);
}
END_TEST

/* Where there is no face to the parser, or its hair alone, nothing becomes of its opinion. */
START_TEST(no_face_leaves_the_mask)
{
    static const char *const seen[] = {"cloth", "hair", "ear", "earring"};
    const double feather = 32;
    for (int k = 0; k < 5; k++) {
        const int class = k < 4 ? class_of(_i, seen[k]) : class_of(_i, "skin");
        opened o = open_parser(_i, (const int[]){class, 0, 0});
        anew_planes face = blank(3, 512, 512, 0), mask = blank(1, 512, 512, 0);
        anew_planes before = blank(1, 512, 512, 0);
        anew_point landmarks[ANEW_LANDMARKS];
        bool parsed = true;
        /* All of it, or a fifth of the face's height in skin. */
        paint(&face, 1, 0, 1, k < 4 ? 0 : 0.5, k < 4 ? 1 : 0.6);
        anew_face_template(landmarks, 512);
        anew_mask_from_landmarks(&mask, landmarks, feather);
        memcpy(before.data, mask.data, 512 * 512 * sizeof(float));
        ck_assert_int_eq(anew_face_parser_narrow(o.parser, &mask, &parsed, &face, feather, NULL),
                         ANEW_OK);
        ck_assert_msg(!parsed, "%s: %d", kinds[_i], class);
        ck_assert_mem_eq(before.data, mask.data, 512 * 512 * sizeof(float));
        anew_planes_free(&face);
        anew_planes_free(&mask);
        anew_planes_free(&before);
        close_parser(&o);
    }
}
END_TEST

START_TEST(others_are_refused)
{
    anew_error error = {0};
    anew_model *model = NULL;
    anew_face_parser *parser = NULL;
    const anew_face_network_options options = {.threads = 1}, small = {.memory = 1 << 20},
                                    used = {.memory = 1 << 30, .taken = (1 << 30) - 1000};
    ck_assert_int_eq(tiny_detector_model(&model, true, 0, &error), ANEW_OK);
    ck_assert_int_eq(anew_face_parser_open(&parser, model, &options, &error),
                     ANEW_ERROR_UNSUPPORTED);
    ck_assert_ptr_nonnull(strstr(error.text, "parsenet, bisenet and unet do"));
    anew_model_close(&model);
    ck_assert_int_eq(tiny_parser_model(&model, kinds[_i], (const int[]){1, 2, 3}, 18, &error),
                     ANEW_OK);
    ck_assert_int_eq(anew_face_parser_open(&parser, model, &options, &error),
                     ANEW_ERROR_UNSUPPORTED);
    ck_assert_ptr_nonnull(strstr(error.text, "18 classes"));
    anew_model_close(&model);
    ck_assert_int_eq(tiny_parser_model(&model, kinds[_i], (const int[]){1, 2, 3}, 19, &error),
                     ANEW_OK);
    ck_assert_int_eq(anew_face_parser_open(&parser, model, &small, &error), ANEW_ERROR_LIMIT);
    ck_assert_int_eq(anew_face_parser_open(&parser, model, &used, &error), ANEW_ERROR_LIMIT);
    ck_assert_ptr_null(parser);
    ck_assert_int_eq(anew_face_parser_open(&parser, model, &options, &error), ANEW_OK);
    anew_planes face = blank(3, 60, 61, 0);
    uint8_t class = 0;
    ck_assert_int_eq(anew_face_parser_run(parser, &class, &face, &error), ANEW_ERROR_ARGUMENT);
    anew_planes_free(&face);
    anew_face_parser_close(&parser);
    anew_model_close(&model);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("face parser");
    TCase *all = add_case(suite, "all", 120);
    tcase_add_loop_test(all, classes_lie_where_their_colours_are, 0, 3);
    tcase_add_loop_test(all, the_face_is_these_classes, 0, 3);
    tcase_add_loop_test(all, a_mask_is_narrowed, 0, 3);
    tcase_add_loop_test(all, no_face_leaves_the_mask, 0, 3);
    tcase_add_loop_test(all, others_are_refused, 0, 2);
    return run_suite(suite);
}
