/*
 * check_operations.c - the operations beyond convolution: functions of single values against the C library
 * in double, what is taken over a pixel's channels against its definition, and a network that has every
 * operation of ops.def, run in every way; convolutions of every shape and random groups of operations on
 * single values. All CPU levels give the same bytes; NaN may be any NaN.
 *
 * The groups were seen to fail by a row of scratch given out while it is still needed (tail.c), a group's rows
 * left out of bands.c, and the slopes of the first block used for all (exec_tail.c).
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/every_convolution.h"
#include "common/every_operation.h"
#include "common/networks.h"
#include "common/suite.h"
#include "common/whole_operations.h"
#include "exec/exec.h"
#include "kernels/kernels.h"

static anew_isa best_isa(void)
{
    anew_isa isa = ANEW_ISA_C;
    ck_assert(anew_isa_detect(&isa, NULL));
    return isa;
}

static bool same(const float *a, const float *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (memcmp(&a[i], &b[i], sizeof *a) != 0 && !(isnan(a[i]) && isnan(b[i])))
            return false;
    return true;
}

static float float_of(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static unsigned int state = 20261121;

static float random_float(float range)
{
    state = state * 1664525u + 1013904223u;
    return ((float)(state >> 8) / 8388608.0f - 1.0f) * range;
}

/* ---- functions of single values ----------------------------------------------------------------------- */

static double exact_gelu(double v)
{
    return v * 0.5 * erfc(-v / sqrt(2.0));
}

static double exact_sigmoid(double v)
{
    return 1 / (1 + exp(-v));
}

static double exact_silu(double v)
{
    return v / (1 + exp(-v));
}

static double exact_mish(double v)
{
    return v * tanh(log1p(exp(v)));
}

static double exact_clamp(double v)
{
    return v < 0 ? 0 : v > 1 ? 1 : v;
}

/* `relative` in units of the last place of the result; `absolute` where cancellation costs digits, and for
 * results below the smallest normal number. */
static const struct {
    const char *name;
    double (*exact)(double);
    double relative, absolute;
} functions[] = {
    [ANEW_POINTWISE_EXP] = {"exp", exp, 1.0, 1.5e-45},
    [ANEW_POINTWISE_ERF] = {"erf", erf, 1.5, 1.5e-45},
    [ANEW_POINTWISE_TANH] = {"tanh", tanh, 1.5, 1.5e-45},
    [ANEW_POINTWISE_SIGMOID] = {"sigmoid", exact_sigmoid, 2.5, 4e-39},
    [ANEW_POINTWISE_SILU] = {"silu", exact_silu, 3.0, 3e-37},
    [ANEW_POINTWISE_MISH] = {"mish", exact_mish, 4.0, 4e-37},
    [ANEW_POINTWISE_CLAMP] = {"clamp", exact_clamp, 0, 0},
    [ANEW_POINTWISE_GELU] = {"gelu", exact_gelu, 3.0, 2.5e-7},
    [ANEW_POINTWISE_SQRT] = {"sqrt", sqrt, 0.5, 0},
};

static double error_in_units(float got, double want)
{
    int exponent = 0;
    (void)frexp(want, &exponent);
    return fabs((double)got - want) / ldexp(1.0, (exponent < -125 ? -125 : exponent) - 24);
}

/* Every 1021st float of all, 0 and its neighbours, infinities and NaN among them. */
#define STEP 1021
#define WIDE 4096

START_TEST(functions_are_near_and_equal)
{
    const anew_pointwise_kind kind = (anew_pointwise_kind)_i;
    const anew_isa best = best_isa();
    float *in = malloc(WIDE * ANEW_BLOCK * sizeof(float)), *out[ANEW_ISA_COUNT];
    for (int isa = 0; isa < ANEW_ISA_COUNT; isa++)
        out[isa] = malloc(WIDE * ANEW_BLOCK * sizeof(float));
    double worst = 0;
    for (uint64_t next = 0; next <= UINT32_MAX;) {
        size_t count = 0;
        for (; count < WIDE * ANEW_BLOCK && next <= UINT32_MAX; next += STEP)
            in[count++] = float_of((uint32_t)next);
        in[count - 1] = next > UINT32_MAX ? INFINITY : in[count - 1];
        count = (count + ANEW_BLOCK - 1) / ANEW_BLOCK * ANEW_BLOCK;
        for (int isa = ANEW_ISA_C; isa <= (int)best; isa++) {
            const anew_pointwise_row row = {kind,       (const float *const[]){in},
                                            NULL,       (float *const[]){out[isa]},
                                            ANEW_BLOCK, (int)(count / ANEW_BLOCK)};
            anew_row_kernels_for((anew_isa)isa)->pointwise(&row);
            ck_assert_msg(same(out[isa], out[0], count), "%s: %s differs from C",
                          functions[kind].name, anew_isa_name((anew_isa)isa));
        }
        anew_ref_kernels_for(best)->pointwise(kind, out[best], in, NULL, count);
        ck_assert(same(out[best], out[0], count));
        for (size_t i = 0; i < count; i++) {
            const double want = functions[kind].exact((double)in[i]);
            if (isnan(want) || isinf((float)want)) {
                /* -inf * sigmoid(-inf) has no value in steps of arithmetic. */
                ck_assert_msg(isnan(out[0][i]) || (float)want == out[0][i] ||
                                  error_in_units(out[0][i], want) <= 1,
                              "%s(%a) = %a", functions[kind].name, (double)in[i],
                              (double)out[0][i]);
                continue;
            }
            if ((isinf(in[i]) && isnan(out[0][i])) ||
                fabs((double)out[0][i] - want) <= functions[kind].absolute)
                continue;
            const double error = error_in_units(out[0][i], want);
            worst = error > worst ? error : worst;
            ck_assert_msg(error <= functions[kind].relative, "%s(%a) = %a, should be %a",
                          functions[kind].name, (double)in[i], (double)out[0][i], want);
        }
    }
    printf("%s: at most %.2f units of the last place off\n", functions[kind].name, worst);
    free(in);
    for (int isa = 0; isa < ANEW_ISA_COUNT; isa++)
        free(out[isa]);
}
END_TEST

/* ---- rows of all widths and channels ------------------------------------------------------------------- */

#define MOST 70

typedef struct rows {
    float *blocks[(MOST + ANEW_BLOCK - 1) / ANEW_BLOCK];
    int count, width;
} rows;

/* Exactly as large as may be touched, for AddressSanitizer; lanes past the channels hold zeros. */
static rows make_rows(int channels, int width, float range)
{
    rows r = {.count = (channels + ANEW_BLOCK - 1) / ANEW_BLOCK, .width = width};
    for (int b = 0; b < r.count; b++) {
        r.blocks[b] = malloc((size_t)width * ANEW_BLOCK * sizeof(float));
        for (int i = 0; i < width * ANEW_BLOCK; i++)
            r.blocks[b][i] =
                b * ANEW_BLOCK + i % ANEW_BLOCK < channels ? random_float(range) : 0.0f;
    }
    return r;
}

static void free_rows(rows *r)
{
    for (int b = 0; b < r->count; b++)
        free(r->blocks[b]);
}

static float *lane_of(const rows *r, int channel, int x)
{
    return &r->blocks[channel / ANEW_BLOCK][x * ANEW_BLOCK + channel % ANEW_BLOCK];
}

static void compare_rows(const rows *got, const rows *want, const char *what, int isa, int channels)
{
    for (int b = 0; b < got->count; b++)
        ck_assert_msg(same(got->blocks[b], want->blocks[b], (size_t)got->width * ANEW_BLOCK),
                      "%s: %s, %d channels, %d pixels", what, anew_isa_name((anew_isa)isa),
                      channels, got->width);
}

/* out = operation(a, b) for each pair; lanes past the channels zero. */
START_TEST(pairs_and_padding)
{
    static const anew_pointwise_kind kinds[] = {ANEW_POINTWISE_MULTIPLY, ANEW_POINTWISE_DIVIDE,
                                                ANEW_POINTWISE_SIGMOID, ANEW_POINTWISE_EXP};
    for (int isa = ANEW_ISA_C; isa <= (int)best_isa(); isa++)
        for (int channels = 1; channels <= MOST; channels += 3)
            for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
                const int width = 1 + channels % 7;
                rows a = make_rows(channels, width, 4), b = make_rows(channels, width, 4);
                rows got = make_rows(channels, width, 9), want = make_rows(channels, width, 9);
                for (int c = 0; c < got.count * ANEW_BLOCK; c++)
                    for (int x = 0; x < width; x++) {
                        float *to = lane_of(&want, c, x);
                        *to = 0.0f;
                        if (c < channels)
                            anew_ref_kernels_for(ANEW_ISA_C)
                                ->pointwise(kinds[k], to, lane_of(&a, c, x), lane_of(&b, c, x), 1);
                    }
                const anew_pointwise_row row = {kinds[k],
                                                (const float *const *)a.blocks,
                                                (const float *const *)b.blocks,
                                                got.blocks,
                                                channels,
                                                width};
                anew_row_kernels_for((anew_isa)isa)->pointwise(&row);
                compare_rows(&got, &want, "pointwise", isa, channels);
                free_rows(&a);
                free_rows(&b);
                free_rows(&got);
                free_rows(&want);
            }
}
END_TEST

static double tree(const double *terms, int count)
{
    double lanes[16] = {0};
    for (int i = 0; i < count; i++)
        lanes[i % 16] += terms[i];
    const double eight[8] = {lanes[0] + lanes[8],  lanes[1] + lanes[9],  lanes[2] + lanes[10],
                             lanes[3] + lanes[11], lanes[4] + lanes[12], lanes[5] + lanes[13],
                             lanes[6] + lanes[14], lanes[7] + lanes[15]};
    return ((eight[0] + eight[4]) + (eight[2] + eight[6])) +
           ((eight[1] + eight[5]) + (eight[3] + eight[7]));
}

/* As ops.def says, one pixel: out[channels]. */
static void define_norm(float *out, const float *v, int channels, const anew_channel_row *row)
{
    double terms[MOST] = {0};
    for (int c = 0; c < channels; c++)
        terms[c] = (double)v[c];
    const double mean = tree(terms, channels) / channels;
    for (int c = 0; c < channels; c++)
        terms[c] = ((double)v[c] - mean) * ((double)v[c] - mean);
    const double factor = 1 / sqrt(tree(terms, channels) / channels + row->epsilon);
    for (int c = 0; c < channels; c++)
        out[c] = fmaf((float)(((double)v[c] - mean) * factor), row->weight[c], row->bias[c]);
}

static void define_softmax(float *out, const float *v, int channels, const anew_channel_row *row)
{
    (void)row;
    double terms[MOST] = {0};
    float largest = v[0];
    for (int c = 1; c < channels; c++)
        largest = v[c] > largest ? v[c] : largest;
    for (int c = 0; c < channels; c++)
        out[c] = v[c] - largest;
    anew_ref_kernels_for(ANEW_ISA_C)
        ->pointwise(ANEW_POINTWISE_EXP, out, out, NULL, (size_t)channels);
    for (int c = 0; c < channels; c++)
        terms[c] = (double)out[c];
    const double sum = tree(terms, channels);
    for (int c = 0; c < channels; c++)
        out[c] = (float)(terms[c] / sum);
}

START_TEST(over_channels)
{
    static void (*const definitions[])(float *, const float *, int,
                                       const anew_channel_row *) = {define_norm, define_softmax};
    for (int isa = ANEW_ISA_C; isa <= (int)best_isa(); isa++)
        for (int channels = 1; channels <= MOST; channels++)
            for (int kind = 0; kind < 2; kind++) {
                const int width = 1 + channels % 5;
                rows in = make_rows(channels, width, 3), got = make_rows(channels, width, 9);
                rows want = make_rows(channels, width, 9), vectors = make_rows(channels, 2, 2);
                float weight[MOST + ANEW_BLOCK] = {0}, bias[MOST + ANEW_BLOCK] = {0};
                for (int c = 0; c < channels; c++) {
                    weight[c] = *lane_of(&vectors, c, 0);
                    bias[c] = channels % 2 == 1 ? 0.0f : *lane_of(&vectors, c, 1);
                }
                const anew_channel_row row = {(const float *const *)in.blocks,
                                              got.blocks,
                                              channels,
                                              width,
                                              weight,
                                              bias,
                                              1e-5};
                /* Large values that cancel show the order of a sum. */
                for (int c = 0; channels % 2 == 1 && c < channels; c += 3)
                    *lane_of(&in, c, 0) = c % 2 == 0 ? 1e30f : -1e30f;
                for (int x = 0; x < width; x++) {
                    float v[MOST], out[MOST];
                    double total = 0;
                    for (int c = 0; c < channels; c++)
                        v[c] = *lane_of(&in, c, x);
                    definitions[kind](out, v, channels, &row);
                    for (int c = 0; c < want.count * ANEW_BLOCK; c++) {
                        *lane_of(&want, c, x) = c < channels ? out[c] : 0.0f;
                        total += c < channels ? (double)out[c] : 0;
                    }
                    if (kind == 1)
                        ck_assert_double_eq_tol(total, 1, 1e-6);
                }
                const anew_row_kernels *k = anew_row_kernels_for((anew_isa)isa);
                (kind == 0 ? k->normalise : k->softmax)(&row);
                compare_rows(&got, &want, kind == 0 ? "normalise" : "softmax", isa, channels);
                free_rows(&in);
                free_rows(&got);
                free_rows(&want);
                free_rows(&vectors);
            }
}
END_TEST

/* ---- a network of every operation ------------------------------------------------------------------------ */

#define HEIGHT 16
#define WIDTH  20

/* The graph by all levels, plans and heights of bands against its definition: the same bytes. */
static void run_in_every_way(const anew_graph *graph)
{
    anew_error error = {0};
    static float in[3 * HEIGHT * WIDTH], want[3 * HEIGHT * WIDTH * 4], got[3 * HEIGHT * WIDTH * 4];
    for (size_t i = 0; i < sizeof in / sizeof in[0]; i++)
        in[i] = random_float(1);
    const anew_picture from = {in, 3, HEIGHT, WIDTH, HEIGHT * WIDTH, WIDTH};
    const int side = anew_graph_scale(graph);
    ck_assert_int_eq(side, 2);
    const anew_picture to = {got, 3, HEIGHT * 2, WIDTH * 2, HEIGHT * WIDTH * 4, WIDTH * 2};
    anew_picture reference = to;
    reference.data = want;
    ck_assert_int_eq(anew_execute_ref(graph, best_isa(), &from, &reference, NULL, NULL, &error),
                     ANEW_OK);
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++)
        ck_assert(isfinite(want[i]));
    for (int isa = ANEW_ISA_C; isa <= (int)best_isa(); isa++) {
        anew_weights *weights = pack_weights(graph, isa, ANEW_SELECT_EXACT);
        for (int level = ANEW_PLAN_FULL; level <= ANEW_PLAN_NOFUSE; level++)
            for (int band = 0; band < 6; band += 2) {
                memset(got, 0xff, sizeof got);
                run_plan(&to, &from, weights, band, level, 1 + band % 3);
                ck_assert_msg(memcmp(got, want, sizeof got) == 0, "%s, plan %d, bands of %d",
                              anew_isa_name((anew_isa)isa), level, band);
            }
        anew_weights_free(&weights);
    }
}

START_TEST(every_operation_in_every_way)
{
    anew_error error = {0};
    anew_model *model = NULL;
    anew_graph *graph = NULL;
    ck_assert_msg(every_operation_model(&model, &error) == ANEW_OK &&
                      every_operation_graph(&graph, model, &error) == ANEW_OK,
                  "%s", error.text);
    bool met[ANEW_OP_COUNT] = {false};
    for (int i = 0; i < anew_graph_count(graph); i++)
        met[anew_graph_node(graph, i)->op] = true;
    /* Those on whole values, which check_restore.c runs. */
    anew_model *whole_model = NULL;
    anew_graph *whole = NULL;
    ck_assert_msg(whole_operations_model(&whole_model, &error) == ANEW_OK &&
                      whole_operations_graph(&whole, whole_model, 0, &error) == ANEW_OK,
                  "%s", error.text);
    for (int i = 0; i < anew_graph_count(whole); i++)
        met[anew_graph_node(whole, i)->op] = true;
    anew_graph_free(&whole);
    anew_model_close(&whole_model);
    for (int op = 0; op < ANEW_OP_COUNT; op++)
        ck_assert_msg(met[op], "no test has the operation %s", anew_op_name((anew_op)op));

    run_in_every_way(graph);
    anew_graph_free(&graph);
    anew_model_close(&model);
}
END_TEST

/* Convolutions of every shape. */
START_TEST(every_convolution_in_every_way)
{
    anew_error error = {0};
    anew_model *model = NULL;
    anew_graph *graph = NULL;
    ck_assert_msg(every_convolution_model(&model, &error) == ANEW_OK &&
                      every_convolution_graph(&graph, model, &error) == ANEW_OK,
                  "%s", error.text);
    run_in_every_way(graph);
    anew_graph_free(&graph);
    anew_model_close(&model);
}
END_TEST

/* ---- random groups of operations on single values ------------------------------------------------------- */

/* After a convolution `count` operations, each of values picked at random among the newest ones, so that some
 * are read twice, some by several operations, and some by none; a normalisation with more behind it. */
static anew_status random_graph(anew_graph **graph, const anew_model *model, int count,
                                anew_error *error)
{
    anew_val values[32];
    anew_graph *g = NULL;
    ANEW_TRY(anew_graph_create(&g, model, error));
    anew_leave_out(g, "windows.");
    values[0] = anew_conv3(g, anew_pixel_unshuffle(g, anew_input(g, 3), 2), 22, "first");
    int last = 0;
    for (int i = 0; i < count; i++) {
        state = state * 1664525u + 1013904223u;
        const unsigned int dice = state >> 16;
        const anew_val a = values[last > 0 ? last - (int)(dice / 16 % 3 == 0) : 0];
        const anew_val b = values[last > 1 ? last - (int)(dice / 64 % 3) : 0];
        anew_val c;
        switch (dice % 8) {
        case 0:
            c = anew_scale(g, a, random_float(2));
            break;
        case 1:
            c = anew_function(g, ANEW_OP_TANH, a);
            break;
        case 2:
            c = anew_silu(g, a);
            break;
        case 3:
            c = anew_multiply(g, a, b);
            break;
        case 4:
            c = anew_lrelu(g, a, 0.3f);
            break;
        case 5:
            c = anew_divide(g, a, anew_function(g, ANEW_OP_EXP, b));
            break;
        default:
            c = anew_add(g, a, b);
            break;
        }
        values[++last] = c;
    }
    const anew_val norm = anew_layer_norm(g, values[last], 1e-5f, "norm");
    anew_val x = anew_prelu(g, anew_scale(g, norm, 0.7f), "slopes");
    x = anew_conv(g, anew_cat(g, x, values[last - 1]), 22, 1, true, "join");
    x = anew_conv3(g, anew_upsample_nearest(g, x, 2), 12, "last");
    const anew_status status = anew_graph_finish(g, anew_pixel_shuffle(g, x, 2), error);
    if (status == ANEW_OK)
        *graph = g;
    else
        anew_graph_free(&g);
    return status;
}

START_TEST(groups_change_no_bit)
{
    static float in[3 * HEIGHT * WIDTH], want[3 * HEIGHT * WIDTH * 4], got[3 * HEIGHT * WIDTH * 4];
    const anew_picture from = {in, 3, HEIGHT, WIDTH, HEIGHT * WIDTH, WIDTH};
    const anew_picture to = {got, 3, HEIGHT * 2, WIDTH * 2, HEIGHT * WIDTH * 4, WIDTH * 2};
    anew_picture reference = to;
    reference.data = want;
    anew_error error = {0};
    anew_model *model = NULL;
    ck_assert_int_eq(every_operation_model(&model, &error), ANEW_OK);
    for (size_t i = 0; i < sizeof in / sizeof in[0]; i++)
        in[i] = random_float(1);
    int operations = 0, scratch = 0, with_conv = 0, without = 0;
    for (int turn = 0; turn < 200; turn++) {
        anew_graph *graph = NULL;
        anew_weights *weights = NULL;
        anew_plan *plan = NULL;
        anew_executor *executor = NULL;
        ck_assert_msg(random_graph(&graph, model, 1 + turn % 24, &error) == ANEW_OK, "%s",
                      error.text);
        ck_assert_int_eq(anew_execute_ref(graph, best_isa(), &from, &reference, NULL, NULL, &error),
                         ANEW_OK);
        ck_assert_int_eq(anew_weights_pack(&weights, graph, best_isa(), ANEW_SELECT_EXACT, &error),
                         ANEW_OK);
        for (int level = ANEW_PLAN_FULL; level <= ANEW_PLAN_NOFUSE; level++) {
            ck_assert_int_eq(anew_plan_create(&plan, weights, HEIGHT, WIDTH, turn % 5,
                                              (anew_plan_level)level, &error),
                             ANEW_OK);
            for (int i = 0; i < plan->step_count; i++) {
                const anew_step *step = &plan->steps[i];
                operations += step->tail_count;
                scratch = step->tail_rows > scratch ? step->tail_rows : scratch;
                with_conv += step->tail_count > 0 && step->kind == ANEW_STEP_CONV;
                without += step->tail_count > 0 && step->kind != ANEW_STEP_CONV;
                ck_assert(level == ANEW_PLAN_FULL || step->tail_count == 0);
            }
            ck_assert_int_eq(anew_executor_create(&executor, 1 + turn % 2, &error), ANEW_OK);
            memset(got, 0xff, sizeof got);
            ck_assert_int_eq(anew_execute_picture(executor, plan, &from, &to, NULL, &error),
                             ANEW_OK);
            ck_assert_msg(same(got, want, sizeof got / sizeof got[0]), "turn %d, plan %d", turn,
                          level);
            anew_executor_free(&executor);
            anew_plan_free(&plan);
        }
        anew_weights_free(&weights);
        anew_graph_free(&graph);
    }
    printf("groups: %d operations, at most %d rows of scratch, %d behind convolutions, %d others\n",
           operations, scratch, with_conv, without);
    ck_assert_int_gt(operations, 500);
    ck_assert_int_gt(scratch, 1);
    ck_assert_int_gt(with_conv, 10);
    ck_assert_int_gt(without, 10);
    anew_model_close(&model);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("operations");
    TCase *all = add_case(suite, "all", 300);
    tcase_add_loop_test(all, functions_are_near_and_equal, ANEW_POINTWISE_EXP,
                        ANEW_POINTWISE_SQRT + 1);
    tcase_add_test(all, pairs_and_padding);
    tcase_add_test(all, over_channels);
    tcase_add_test(all, every_operation_in_every_way);
    tcase_add_test(all, every_convolution_in_every_way);
    tcase_add_test(all, groups_change_no_bit);
    return run_suite(suite);
}
