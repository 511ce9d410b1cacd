/*
 * check_step_rows.c - which rows a step reads (plan/step_rows.c), on steps made by hand: the picture that is added where the
 * output is written, repeated or interpolated; the rows of a window; a convolution with a shuffle in its step.
 *
 * Seen to fail by: the last row of the repeated picture rounded down, the interpolated one placed by corners, a window's rows
 * counted upwards, the last row before a shuffle not rounded up.
 */
#include "common/suite.h"
#include "plan/plan.h"

#define PICTURE 8 /* rows */

typedef struct seen {
    int calls, value;
    anew_row_range rows;
} seen;

static void note(void *context, int value, anew_row_range rows)
{
    seen *to = context;
    to->calls++;
    to->value = value;
    to->rows = rows;
}

/* What the step reads, which is of one value. */
static seen reads(const anew_plan *plan, const anew_step *step, int first, int last)
{
    seen to = {0};
    anew_step_reads(plan, step, (anew_row_range){first, last}, note, &to);
    ck_assert_int_eq(to.calls, 1);
    return to;
}

/* The step gives `factor` rows of the output for each of its own; the picture is enlarged by `enlarge`. */
static anew_step writer(int factor, int enlarge, bool bilinear)
{
    return (anew_step){.kind = ANEW_STEP_CONV,
                       .destination = -1,
                       .height = PICTURE * enlarge / factor,
                       .shuffle = 1,
                       .factor = factor,
                       .add_input = enlarge,
                       .add_bilinear = bilinear};
}

static const int shapes[][2] = {{1, 1}, {4, 4}, {2, 2}, {1, 2}, {1, 4}, {2, 4}, {3, 3}};

/* Each range of rows against the source row of every row of the output in it. */
START_TEST(rows_of_the_added_picture)
{
    const anew_plan plan = {0};
    const int factor = shapes[_i][0], enlarge = shapes[_i][1];
    for (int bilinear = 0; bilinear < 2; bilinear++) {
        const anew_step step = writer(factor, enlarge, bilinear != 0);
        for (int first = 0; first < step.height; first++)
            for (int last = first + 1; last <= step.height; last++) {
                int low = PICTURE, high = 0;
                for (int y = first * factor; y < last * factor; y++) {
                    int source = y / enlarge, next = source;
                    float weight;
                    if (bilinear) {
                        anew_bilinear_source(&source, &weight, y, PICTURE, PICTURE * enlarge,
                                             false);
                        next = source + 1 < PICTURE ? source + 1 : source;
                    }
                    low = source < low ? source : low;
                    high = next + 1 > high ? next + 1 : high;
                }
                const seen got = reads(&plan, &step, first, last);
                ck_assert_int_eq(got.value, -1);
                ck_assert_msg(got.rows.first == low && got.rows.last == high,
                              "rows %d to %d: %d to %d of the picture, not %d to %d", first, last,
                              got.rows.first, got.rows.last, low, high);
            }
    }
}
END_TEST

START_TEST(rows_of_a_window)
{
    anew_value values[] = {{.height = 20, .source = -1}, {.height = 12, .source = 0, .shift = 4}};
    const anew_plan plan = {.values = values, .value_count = 2};
    anew_step step = {.kind = ANEW_STEP_MAP,
                      .height = 12,
                      .shuffle = 1,
                      .epilogue = {{.kind = ANEW_EPILOGUE_ADD, .value = 1}},
                      .epilogue_count = 1};
    seen got = reads(&plan, &step, 3, 5);
    ck_assert_int_eq(got.value, 0);
    ck_assert_int_eq(got.rows.first, 7);
    ck_assert_int_eq(got.rows.last, 9);
    step.epilogue[0].value = 0;
    got = reads(&plan, &step, 3, 5);
    ck_assert_int_eq(got.value, 0);
    ck_assert_int_eq(got.rows.first, 3);
    ck_assert_int_eq(got.rows.last, 5);
}
END_TEST

/* 3x3 with a stride of 1 on 10 rows, each of which becomes two or three rows of the value. */
START_TEST(rows_before_a_shuffle)
{
    anew_value values[] = {{.height = 10, .source = -1}};
    const anew_plan plan = {.values = values, .value_count = 1};
    const anew_packed packed = {
        .shape = {.kernel_height = 3, .kernel_width = 3, .stride = 1, .dilation = 1}};
    for (int shuffle = 1; shuffle <= 3; shuffle++) {
        const anew_step step = {.kind = ANEW_STEP_CONV,
                                .packed = &packed,
                                .height = 10 * shuffle,
                                .shuffle = shuffle,
                                .source_height = 10,
                                .operands = {{.value = 0, .enlarge = 1, .unshuffle = 1}},
                                .operand_count = 1};
        for (int first = 0; first < 10; first++)
            for (int last = first + 1; last <= 10; last++) {
                const seen got = reads(&plan, &step, first * shuffle, last * shuffle);
                ck_assert_int_eq(got.rows.first, first == 0 ? 0 : first - 1);
                ck_assert_int_eq(got.rows.last, last == 10 ? 10 : last + 1);
            }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("step_rows");
    TCase *all = add_case(suite, "all", 20);
    tcase_add_loop_test(all, rows_of_the_added_picture, 0, (int)(sizeof shapes / sizeof shapes[0]));
    tcase_add_test(all, rows_of_a_window);
    tcase_add_test(all, rows_before_a_shuffle);
    return run_suite(suite);
}
