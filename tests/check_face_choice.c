/*
 * check_face_choice.c - which faces are restored: the order of the reasons, and where the line between a face that looks
 * at the camera and one that does not is.
 *
 * Seen to fail by: areas that end one pixel later, the longer side taken for the shorter one, a nose that is measured
 * across the picture and not along the eyes, landmarks beyond the right edge not seen, a named face that is judged, and
 * the first in place of the largest.
 */
#include <check.h>
#include <math.h>
#include <string.h>

#include "common/suite.h"
#include "pipeline/face_choice.h"

/* A face of box w x h around (x, y) that looks at the camera. */
static anew_face face_at(double x, double y, double w, double h, double score)
{
    const float fx = (float)x, fy = (float)y, e = (float)w / 2;
    return (anew_face){
        .box = {fx - (float)w / 2, fy - (float)h / 2, fx + (float)w / 2, fy + (float)h / 2},
        .landmarks = {{fx - e / 2, fy - e / 4},
                      {fx + e / 2, fy - e / 4},
                      {fx, fy + e / 4},
                      {fx - e / 2, fy + e * 3 / 4},
                      {fx + e / 2, fy + e * 3 / 4}},
        .score = (float)score};
}

/* The fate of one face in a picture of 400x300 pixels of which the detector is sure by 0.5. */
static anew_face_fate fate_of(anew_face face, const anew_face_options *options)
{
    anew_face_report report = {.face = face};
    anew_faces_choose(&report, 1, options, 400, 300, 0.5);
    return report.fate;
}

START_TEST(reasons)
{
    const anew_face_options all = {0};
    ck_assert_int_eq(fate_of(face_at(100, 100, 40, 50, 0.6), &all), ANEW_FACE_RESTORED);
    ck_assert_int_eq(fate_of(face_at(100, 100, 40, 50, 0.5), &all), ANEW_FACE_DOUBTFUL);
    ck_assert_int_eq(fate_of(face_at(100, 100, 23.9, 50, 0.6), &all), ANEW_FACE_SMALL);
    ck_assert_int_eq(fate_of(face_at(100, 100, 24, 50, 0.6), &all), ANEW_FACE_RESTORED);
    ck_assert_int_eq(fate_of(face_at(9, 100, 40, 50, 0.6), &all), ANEW_FACE_CUT);
    ck_assert_int_eq(fate_of(face_at(11, 100, 40, 50, 0.6), &all), ANEW_FACE_RESTORED);
    ck_assert_int_eq(fate_of(face_at(391, 100, 40, 50, 0.6), &all), ANEW_FACE_CUT);
    ck_assert_int_eq(fate_of(face_at(100, 4, 40, 50, 0.6), &all), ANEW_FACE_CUT);
    ck_assert_int_eq(fate_of(face_at(100, 286, 40, 50, 0.6), &all), ANEW_FACE_CUT);
    const anew_face_options sizes = {.min_size = 30, .max_size = 60};
    ck_assert_int_eq(fate_of(face_at(100, 100, 29, 50, 0.6), &sizes), ANEW_FACE_SMALL);
    ck_assert_int_eq(fate_of(face_at(100, 100, 30, 60, 0.6), &sizes), ANEW_FACE_RESTORED);
    ck_assert_int_eq(fate_of(face_at(100, 100, 30, 61, 0.6), &sizes), ANEW_FACE_LARGE);
    const anew_face_options areas = {.areas = {{0, 0, 10, 10}, {100, 90, 20, 10}}, .area_count = 2};
    ck_assert_int_eq(fate_of(face_at(100, 90, 40, 50, 0.6), &areas), ANEW_FACE_EXCLUDED);
    ck_assert_int_eq(fate_of(face_at(119.9, 99.9, 40, 50, 0.6), &areas), ANEW_FACE_EXCLUDED);
    ck_assert_int_eq(fate_of(face_at(120, 90, 40, 50, 0.6), &areas), ANEW_FACE_RESTORED);
    ck_assert_int_eq(fate_of(face_at(100, 100, 40, 50, 0.6), &areas), ANEW_FACE_RESTORED);
    ck_assert_int_eq(fate_of(face_at(99.9, 95, 40, 50, 0.6), &areas), ANEW_FACE_RESTORED);
    /* Excluded comes before all. */
    ck_assert_int_eq(fate_of(face_at(100, 90, 4, 5, 0.1), &areas), ANEW_FACE_EXCLUDED);
}
END_TEST

/* The face turned in the picture's plane by an angle: no reason. Its nose moved along its eyes: one. */
START_TEST(poses)
{
    for (int degrees = 0; degrees < 360; degrees += 30)
        for (int narrow = 0; narrow < 2; narrow++)
            for (int step = 0; step < 4; step++) {
                const double angle = degrees * 3.14159265358979 / 180, c = cos(angle),
                             s = sin(angle);
                const double across = narrow ? (step % 2 ? 0.49 : 0.51) : 1; /* of the way down */
                const double aside = narrow ? 0 : (step % 2 ? 0.51 : 0.49) * (step < 2 ? 1 : -1);
                const double points[5][2] = {
                    {-across / 2, 0}, {across / 2, 0}, {aside, 0.5}, {-0.4, 1}, {0.4, 1}};
                anew_face face = {.score = 1};
                for (int k = 0; k < 5; k++) {
                    const double x = 40 * points[k][0], y = 40 * points[k][1];
                    face.landmarks[k][0] = (float)(200 + c * x - s * y);
                    face.landmarks[k][1] = (float)(150 + s * x + c * y);
                }
                ck_assert_msg(anew_face_is_turned(&face) == (step % 2 == 1),
                              "at %d degrees, %s, step %d", degrees, narrow ? "narrow" : "wide",
                              step);
            }
    anew_face face = {.score = 1}; /* all points in one */
    ck_assert(anew_face_is_turned(&face));
    face = face_at(100, 100, 40, 50, 1);
    face.landmarks[2][0] = NAN;
    ck_assert(anew_face_is_turned(&face));
    ck_assert(anew_face_is_cut(&face, 400, 300));
}
END_TEST

/* Four faces: a doubtful one, the nearest to the middle, the largest, and one that is cut off and larger still. */
static void choose_four(anew_face_report report[4], const anew_face_options *options)
{
    const anew_face faces[4] = {face_at(60, 60, 40, 50, 0.9), face_at(190, 150, 30, 40, 0.8),
                                face_at(330, 200, 60, 80, 0.7), face_at(8, 200, 90, 100, 0.6)};
    for (int i = 0; i < 4; i++)
        report[i] = (anew_face_report){.face = faces[i]};
    anew_faces_choose(report, 4, options, 400, 300, 0.5);
}

static void check_fates(const anew_face_options *options, anew_face_fate a, anew_face_fate b,
                        anew_face_fate c, anew_face_fate d)
{
    anew_face_report report[4];
    choose_four(report, options);
    ck_assert_int_eq(report[0].fate, a);
    ck_assert_int_eq(report[1].fate, b);
    ck_assert_int_eq(report[2].fate, c);
    ck_assert_int_eq(report[3].fate, d);
}

START_TEST(choices)
{
    static const anew_face_fate yes = ANEW_FACE_RESTORED, other = ANEW_FACE_OTHER,
                                cut = ANEW_FACE_CUT, out = ANEW_FACE_EXCLUDED;
    check_fates(&(anew_face_options){0}, yes, yes, yes, cut);
    check_fates(&(anew_face_options){.choice = ANEW_FACES_LARGEST}, other, other, yes, cut);
    check_fates(&(anew_face_options){.choice = ANEW_FACES_CENTER}, other, yes, other, cut);
    check_fates(&(anew_face_options){.choice = ANEW_FACES_LARGEST,
                                     .areas = {{300, 150, 100, 100}},
                                     .area_count = 1},
                yes, other, out, cut);
    /* Named faces are not judged. */
    check_fates(
        &(anew_face_options){.choice = ANEW_FACES_NUMBERS, .numbers = {4, 1, 9}, .number_count = 3},
        yes, other, other, yes);
}
END_TEST

START_TEST(wishes)
{
    anew_face_report report[3] = {
        {.face = face_at(9, 100, 10, 12, 0), .listed = true, .wanted = true},
        {.face = face_at(100, 100, 40, 50, 1), .listed = true, .wanted = false},
        {.face = face_at(200, 100, 40, 50, 1), .listed = true, .wanted = true}};
    const anew_face_options options = {.areas = {{190, 90, 20, 20}}, .area_count = 1};
    anew_faces_choose(report, 3, &options, 400, 300, 0.5);
    ck_assert_int_eq(report[0].fate, ANEW_FACE_RESTORED);
    ck_assert_int_eq(report[1].fate, ANEW_FACE_OTHER);
    ck_assert_int_eq(report[2].fate, ANEW_FACE_EXCLUDED);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("face_choice");
    TCase *tests = add_case(suite, "face_choice", 10);
    tcase_add_test(tests, reasons);
    tcase_add_test(tests, poses);
    tcase_add_test(tests, choices);
    tcase_add_test(tests, wishes);
    return run_suite(suite);
}
