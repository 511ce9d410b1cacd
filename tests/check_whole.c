/*
 * check_whole.c - the kernels of kernels/whole.h against their definitions, on rows of every odd size that end where
 * their memory ends, on every CPU level: the same bytes; and the operations on whole values against formulas in double,
 * where the goldens of networks cannot tell one formula from another: variances of the size of an epsilon.
 *
 * Seen to fail by: sums of parts in another order, the last source pixel's right neighbour not held back (bilinear),
 * keys past the last pixel counted in a softmax, lanes of another head overwritten (all in kernels/whole_body.h); n
 * instead of n - 1 in adain, no epsilon in the group norm and in the demodulation (both executors); a seed that is not
 * used (src/graph/graph_whole.c); a second block's lanes taken from its first one on wherever they go (take_lanes);
 * the sixteenth pixel's place taken for the first one's again (take_pixels).
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/networks.h"
#include "common/suite.h"
#include "common/whole_operations.h"
#include "exec/exec.h"
#include "kernels/whole.h"
#include "model/model_write.h"

static unsigned int state = 20261123;

static float random_float(float range)
{
    state = state * 1664525u + 1013904223u;
    return ((float)(state >> 8) / 8388608.0f - 1.0f) * range;
}

static float *random_floats(size_t count, float range)
{
    float *values = malloc(count * sizeof(float));
    for (size_t i = 0; i < count; i++)
        values[i] = random_float(range);
    return values;
}

static anew_isa best_isa(void)
{
    anew_isa isa = ANEW_ISA_C;
    ck_assert(anew_isa_detect(&isa, NULL));
    return isa;
}

#define EACH_LEVEL(isa) for (int isa = ANEW_ISA_C; isa <= (int)best_isa(); isa++)

/* ---- rows ----------------------------------------------------------------------------------------------- */

START_TEST(sums_and_factors)
{
    for (int width = 1; width <= 45; width++) {
        const size_t count = (size_t)width * ANEW_BLOCK;
        float *row = random_floats(count, 3), *got = malloc(count * sizeof(float));
        float *factors = random_floats(2 * ANEW_BLOCK, 2);
        double want[2 * ANEW_BLOCK], sums[2 * ANEW_BLOCK];
        row[0] = 1e20f; /* what cancels shows the order */
        row[(width > 1 ? 1 : 0) * ANEW_BLOCK] = -1e20f;
        for (int lane = 0; lane < ANEW_BLOCK; lane++) {
            double parts[2][4] = {{0}};
            for (int x = 0; x < width; x++) {
                const double v = (double)row[x * ANEW_BLOCK + lane];
                parts[0][x % 4] += v;
                parts[1][x % 4] += v * v;
            }
            for (int k = 0; k < 2; k++)
                want[k * ANEW_BLOCK + lane] =
                    (parts[k][0] + parts[k][1]) + (parts[k][2] + parts[k][3]);
        }
        EACH_LEVEL(isa)
        {
            const anew_whole_kernels *k = anew_whole_kernels_for((anew_isa)isa);
            k->sums(sums, row, width);
            ck_assert_msg(memcmp(sums, want, sizeof want) == 0, "sums, %s, %d pixels",
                          anew_isa_name((anew_isa)isa), width);
            k->affine(got, row, factors, factors + ANEW_BLOCK, width);
            for (size_t i = 0; i < count; i++)
                ck_assert(got[i] == fmaf(row[i], factors[i % ANEW_BLOCK],
                                         factors[ANEW_BLOCK + i % ANEW_BLOCK]));
        }
        free(row);
        free(got);
        free(factors);
    }
}
END_TEST

START_TEST(resampling)
{
    for (int source = 1; source <= 21; source++)
        for (int width = 1; width <= 40; width += 3) {
            const size_t from = (size_t)source * ANEW_BLOCK, to = (size_t)width * ANEW_BLOCK;
            float *above = random_floats(from, 3), *below = random_floats(from, 3);
            float *between = malloc(from * sizeof(float)), *got = malloc(to * sizeof(float));
            float *weights = random_floats((size_t)width, 1), weight = fabsf(random_float(1));
            int32_t *first = malloc((size_t)width * sizeof(int32_t));
            for (int x = 0; x < width; x++) {
                weights[x] = fabsf(weights[x]);
                first[x] = (int32_t)((x * 7 + width) % source);
            }
            EACH_LEVEL(isa)
            {
                const anew_bilinear_row row = {got,   above,   below,  between, weight,
                                               first, weights, source, width};
                anew_whole_kernels_for((anew_isa)isa)->bilinear(&row);
                for (int i = 0; i < width * ANEW_BLOCK; i++) {
                    const int x = i / ANEW_BLOCK, lane = i % ANEW_BLOCK, left = first[x];
                    const int right = left + 1 < source ? left + 1 : left;
                    float ends[2];
                    for (int k = 0; k < 2; k++) {
                        const int at = (k == 0 ? left : right) * ANEW_BLOCK + lane;
                        ends[k] = fmaf(weight, below[at], (1 - weight) * above[at]);
                    }
                    ck_assert_msg(got[i] == fmaf(weights[x], ends[1], (1 - weights[x]) * ends[0]),
                                  "bilinear, %s, %d to %d pixels", anew_isa_name((anew_isa)isa),
                                  source, width);
                }
            }
            free(above);
            free(below);
            free(between);
            free(got);
            free(weights);
            free(first);
        }
    for (int r = 2; r <= 4; r++)
        for (int width = 1; width <= 9; width++) {
            float *rows[4], got[9 * ANEW_BLOCK];
            for (int i = 0; i < r; i++)
                rows[i] = random_floats((size_t)(width * r) * ANEW_BLOCK, 3);
            EACH_LEVEL(isa)
            {
                anew_whole_kernels_for((anew_isa)isa)
                    ->average(got, (const float *const *)rows, r, width);
                for (int i = 0; i < width * ANEW_BLOCK; i++) {
                    float sum = 0;
                    for (int k = 0; k < r * r; k++)
                        sum +=
                            rows[k / r][(i / ANEW_BLOCK * r + k % r) * ANEW_BLOCK + i % ANEW_BLOCK];
                    ck_assert(got[i] == sum * (float)(1.0 / (r * r)));
                }
            }
            for (int i = 0; i < r; i++)
                free(rows[i]);
        }
}
END_TEST

/* ---- attention -------------------------------------------------------------------------------------------- */

/* p[pixels], the softmax of a query's products with all keys, as ops.def has it. */
static void define_shares(float *p, const float *query, const float *keys, int padded, int each,
                          int pixels)
{
    double lanes[16] = {0};
    float largest = -INFINITY;
    for (int j = 0; j < pixels; j++) {
        float sum = 0;
        for (int c = 0; c < each; c++)
            sum = fmaf(query[c], keys[c * padded + j], sum);
        p[j] = sum * (float)(1.0 / sqrt((double)each));
        largest = p[j] > largest ? p[j] : largest;
    }
    for (int j = 0; j < pixels; j++) {
        p[j] = p[j] - largest;
        anew_ref_kernels_for(ANEW_ISA_C)->pointwise(ANEW_POINTWISE_EXP, &p[j], &p[j], NULL, 1);
        lanes[j % 16] += (double)p[j];
    }
    for (int half = 8; half > 0; half /= 2)
        for (int lane = 0; lane < half; lane++)
            lanes[lane] += lanes[lane + half];
    for (int j = 0; j < pixels; j++)
        p[j] = (float)((double)p[j] / lanes[0]);
}

static void check_attention(int pixels, int heads, int each)
{
    const int channels = heads * each, blocks = (channels + ANEW_BLOCK - 1) / ANEW_BLOCK;
    const int padded = (pixels + ANEW_BLOCK - 1) / ANEW_BLOCK * ANEW_BLOCK, width = 3;
    float *queries = random_floats((size_t)(width * channels), 2);
    float *keys = random_floats((size_t)(channels * padded), 2);
    float *values = random_floats((size_t)(blocks * pixels) * ANEW_BLOCK, 2);
    float *scores = malloc((size_t)padded * sizeof(float)), *p = malloc((size_t)pixels * 4);
    float *want = calloc((size_t)(blocks * width) * ANEW_BLOCK, sizeof(float));
    float *destinations[8];
    for (int i = 0; i < channels * padded; i++)
        keys[i] = i % padded < pixels ? keys[i] : 0.0f;
    for (int b = 0; b < blocks; b++)
        destinations[b] = malloc((size_t)width * ANEW_BLOCK * sizeof(float));
    for (int x = 0; x < width; x++)
        for (int c = 0; c < channels; c++) {
            float sum = 0;
            const int head = c / each * each;
            define_shares(p, queries + x * channels + head, keys + head * padded, padded, each,
                          pixels);
            for (int j = 0; j < pixels; j++)
                sum = fmaf(
                    p[j], values[(c / ANEW_BLOCK * pixels + j) * ANEW_BLOCK + c % ANEW_BLOCK], sum);
            want[(c / ANEW_BLOCK * width + x) * ANEW_BLOCK + c % ANEW_BLOCK] = sum;
        }
    EACH_LEVEL(isa)
    {
        const anew_attention_row row = {queries, keys,     values, scores, destinations,
                                        width,   channels, heads,  pixels, padded};
        for (int b = 0; b < blocks; b++)
            memset(destinations[b], 0xff, (size_t)width * ANEW_BLOCK * sizeof(float));
        anew_whole_kernels_for((anew_isa)isa)->attend(&row);
        for (int b = 0; b < blocks; b++)
            ck_assert_msg(memcmp(destinations[b], want + b * width * ANEW_BLOCK,
                                 (size_t)width * ANEW_BLOCK * sizeof(float)) == 0,
                          "attention, %s, %d pixels, %d heads of %d", anew_isa_name((anew_isa)isa),
                          pixels, heads, each);
    }
    for (int b = 0; b < blocks; b++)
        free(destinations[b]);
    free(queries);
    free(keys);
    free(values);
    free(scores);
    free(p);
    free(want);
}

/* Lanes of all places and counts, of one block or two, and pixels in any order: the same bits, whatever they are, nothing else
 * written, nothing outside of the rows read (they have not one float more: AddressSanitizer would tell). */
START_TEST(moves)
{
    for (int width = 1; width <= 18; width++) {
        const size_t count = (size_t)width * ANEW_BLOCK;
        float *a = random_floats(count, 3), *b = random_floats(count, 3);
        float *got = malloc((count + 1) * sizeof(float)), *want = malloc(count * sizeof(float));
        int32_t *places = malloc((size_t)width * sizeof(int32_t));
        const uint32_t strange = 0x7fa01234u; /* a not-a-number */
        memcpy(&a[count / 2], &strange, sizeof strange);
        for (int first = 0; first < ANEW_BLOCK; first++)
            for (int lanes = 1; lanes <= ANEW_BLOCK; lanes++) {
                const int left = ANEW_BLOCK - first, head = lanes < left ? lanes : left;
                for (size_t i = 0; i < count; i++) {
                    const int l = (int)(i % ANEW_BLOCK);
                    const size_t pixel = i - (size_t)l;
                    want[i] = l < head    ? a[pixel + (size_t)(first + l)]
                              : l < lanes ? b[pixel + (size_t)(l - head)]
                                          : 0.0f;
                }
                EACH_LEVEL(isa)
                {
                    memset(got, 0xa5, (count + 1) * sizeof(float));
                    anew_whole_kernels_for((anew_isa)isa)
                        ->take_lanes(got, a, b, first, head, lanes, width);
                    ck_assert_msg(memcmp(got, want, count * sizeof(float)) == 0 &&
                                      ((unsigned char *)&got[count])[0] == 0xa5,
                                  "%s: %d lanes from %d, %d pixels", anew_isa_name((anew_isa)isa),
                                  lanes, first, width);
                }
            }
        for (int x = 0; x < width; x++) {
            places[x] = x * 5 % width;
            memcpy(want + (size_t)x * ANEW_BLOCK, a + (size_t)places[x] * ANEW_BLOCK,
                   ANEW_BLOCK * sizeof(float));
        }
        EACH_LEVEL(isa)
        {
            memset(got, 0xa5, (count + 1) * sizeof(float));
            anew_whole_kernels_for((anew_isa)isa)->take_pixels(got, a, places, width);
            ck_assert_msg(memcmp(got, want, count * sizeof(float)) == 0 &&
                              ((unsigned char *)&got[count])[0] == 0xa5,
                          "%s: %d pixels", anew_isa_name((anew_isa)isa), width);
        }
        free(a);
        free(b);
        free(got);
        free(want);
        free(places);
    }
}
END_TEST

START_TEST(attention)
{
    static const int pixels[] = {1, 5, 16, 31, 70}, each[] = {1, 5, 8, 16, 21};
    for (size_t i = 0; i < 5; i++)
        for (size_t k = 0; k < 5; k++)
            for (int heads = 1; heads <= 3; heads++)
                check_attention(pixels[i], heads, each[k]);
}
END_TEST

/* ---- formulas in double ------------------------------------------------------------------------------------- */

#define SIDE  8
#define PLANE (SIDE * SIDE)
#define WIDE  4

typedef struct seen {
    float x[WIDE * PLANE], like[WIDE * PLANE], adain[WIDE * PLANE], norm[WIDE * PLANE];
    float style[3], demodulation[WIDE];
} seen;

static void see(void *context, const anew_node *node, const float *values, int height, int width)
{
    seen *s = context;
    const struct {
        const char *name;
        float *to;
    } wanted[] = {{"x", s->x},       {"like", s->like},   {"adain", s->adain},
                  {"norm", s->norm}, {"style", s->style}, {"demodulation", s->demodulation}};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        if (strcmp(wanted[i].name, node->name) == 0)
            memcpy(wanted[i].to, values, (size_t)(node->channels * height * width) * sizeof(float));
}

/* Variance over n - less values. */
static double variance_of(const float *values, int count, int less, double *mean)
{
    double sum = 0, squares = 0;
    for (int i = 0; i < count; i++)
        sum += (double)values[i];
    *mean = sum / count;
    for (int i = 0; i < count; i++)
        squares += ((double)values[i] - *mean) * ((double)values[i] - *mean);
    return squares / (count - less);
}

static void near(float got, double want, const char *what)
{
    ck_assert_msg(fabs((double)got - want) <= 2e-5 * (fabs(want) > 1 ? fabs(want) : 1),
                  "%s: %.9g, not %.9g", what, (double)got, want);
}

static anew_status build(anew_graph *g, anew_error *error)
{
    const anew_val picture = anew_input_square(g, 3, SIDE);
    const anew_val x = anew_conv1_plain(g, picture, WIDE, "x");
    const anew_val like = anew_conv1_plain(g, picture, WIDE, "like");
    anew_enter(g, "adain");
    anew_val y = anew_leave(g, anew_adain(g, x, like, 1e-5f));
    y = anew_add(g, y, anew_group_norm(g, x, 2, 1e-6f, "norm"));
    anew_enter(g, "style");
    const anew_val style = anew_leave(g, anew_global_mean(g, picture));
    const anew_val conv = anew_conv1_plain(g, picture, WIDE, "conv");
    anew_enter(g, "demodulation");
    const anew_val d = anew_leave(g, anew_demodulation(g, style, conv, 1e-8f));
    y = anew_add(g, y, anew_multiply(g, conv, d));
    return anew_graph_finish(g, y, error);
}

/* Channel 0 of x is nearly flat, as are those of the norm's first group; the convolution's weights are tiny. */
static void make_model(anew_model **model, float *conv, float *norm, anew_error *error)
{
    static const float flat[WIDE] = {2e-3f, 4e-3f, 1.0f, 0.5f};
    anew_model_writer *writer = NULL;
    anew_bytes bytes = {0};
    float weights[WIDE * 3];
    ck_assert_int_eq(anew_model_writer_create(&writer, error), ANEW_OK);
    ck_assert_int_eq(anew_model_writer_set(writer, "architecture", "test", error), ANEW_OK);
    for (int i = 0; i < WIDE * 3; i++)
        weights[i] = random_float(1) * flat[i / 3];
    ck_assert_int_eq(anew_model_writer_tensor(writer, "x.weight", ANEW_DTYPE_F32, 4,
                                              (int64_t[]){WIDE, 3, 1, 1}, weights, error),
                     ANEW_OK);
    for (int i = 0; i < WIDE * 3; i++) {
        weights[i] = random_float(1);
        conv[i] = random_float(2e-4f);
    }
    ck_assert_int_eq(anew_model_writer_tensor(writer, "like.weight", ANEW_DTYPE_F32, 4,
                                              (int64_t[]){WIDE, 3, 1, 1}, weights, error),
                     ANEW_OK);
    ck_assert_int_eq(anew_model_writer_tensor(writer, "conv.weight", ANEW_DTYPE_F32, 4,
                                              (int64_t[]){WIDE, 3, 1, 1}, conv, error),
                     ANEW_OK);
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(anew_model_writer_tensor(writer, i == 0 ? "norm.weight" : "norm.bias",
                                                  ANEW_DTYPE_F32, 1, (int64_t[]){WIDE},
                                                  norm + i * WIDE, error),
                         ANEW_OK);
    ck_assert_int_eq(anew_model_writer_finish(writer, &bytes, error), ANEW_OK);
    ck_assert_int_eq(anew_model_from_bytes(model, &bytes, "test", error), ANEW_OK);
    anew_model_writer_free(&writer);
}

START_TEST(formulas)
{
    static float in[3 * PLANE], out[WIDE * PLANE], run[WIDE * PLANE];
    static seen s;
    float conv[WIDE * 3], norm[2 * WIDE] = {1, 2, -1, 0.5f, 0, 1, 2, 3};
    anew_error error = {0};
    anew_model *model = NULL;
    anew_graph *graph = NULL;
    make_model(&model, conv, norm, &error);
    for (int i = 0; i < 3 * PLANE; i++)
        in[i] = random_float(1);
    ck_assert_int_eq(anew_graph_create(&graph, model, &error), ANEW_OK);
    ck_assert_msg(build(graph, &error) == ANEW_OK, "%s", error.text);
    const anew_picture from = {in, 3, SIDE, SIDE, PLANE, SIDE};
    const anew_picture to = {out, WIDE, SIDE, SIDE, PLANE, SIDE};
    ck_assert_msg(anew_execute_ref(graph, best_isa(), &from, &to, see, &s, &error) == ANEW_OK, "%s",
                  error.text);
    for (int c = 0; c < WIDE; c++) {
        double mean, to_mean;
        const double deviation = sqrt(variance_of(s.x + c * PLANE, PLANE, 1, &mean) + 1e-5);
        const double to_deviation =
            sqrt(variance_of(s.like + c * PLANE, PLANE, 1, &to_mean) + 1e-5);
        double group_mean;
        const double group = variance_of(s.x + c / 2 * 2 * PLANE, 2 * PLANE, 0, &group_mean);
        double squares = 0;
        for (int i = 0; i < 3; i++)
            squares += pow((double)conv[c * 3 + i] * (double)s.style[i], 2);
        near(s.demodulation[c], 1 / sqrt(squares + 1e-8), "demodulation");
        for (int i = c * PLANE; i < (c + 1) * PLANE; i++) {
            const double v = (double)s.x[i];
            near(s.adain[i], (v - mean) / deviation * to_deviation + to_mean, "adain");
            near(s.norm[i],
                 (v - group_mean) / sqrt(group + 1e-6) * (double)norm[c] + (double)norm[WIDE + c],
                 "group norm");
        }
    }
    anew_weights *weights = pack_weights(graph, (int)best_isa(), ANEW_SELECT_EXACT);
    anew_picture same = to;
    same.data = run;
    run_plan(&same, &from, weights, 0, ANEW_PLAN_FULL, 2);
    ck_assert(memcmp(out, run, sizeof out) == 0);
    anew_weights_free(&weights);
    anew_graph_free(&graph);
    anew_model_close(&model);
}
END_TEST

/* A network of one size refuses any other, whichever way it is run. */
START_TEST(one_size_only)
{
    static float samples[3 * 4 * PLANE];
    float conv[WIDE * 3], norm[2 * WIDE] = {0};
    anew_error error = {0};
    anew_model *model = NULL;
    anew_graph *graph = NULL;
    anew_plan *plan = NULL;
    make_model(&model, conv, norm, &error);
    ck_assert_int_eq(anew_graph_create(&graph, model, &error), ANEW_OK);
    ck_assert_int_eq(build(graph, &error), ANEW_OK);
    anew_weights *weights = pack_weights(graph, (int)best_isa(), ANEW_SELECT_EXACT);
    ck_assert_int_eq(anew_plan_create(&plan, weights, 2 * SIDE, SIDE, 0, ANEW_PLAN_FULL, &error),
                     ANEW_ERROR_ARGUMENT);
    ck_assert_str_eq(error.text, "the network takes pictures of 8x8 pixels only, not 8x16");
    const anew_picture tall = {samples, 3, 2 * SIDE, SIDE, 2 * PLANE, SIDE};
    ck_assert_int_eq(anew_execute_ref(graph, best_isa(), &tall, &tall, NULL, NULL, &error),
                     ANEW_ERROR_ARGUMENT);
    anew_weights_free(&weights);
    anew_graph_free(&graph);
    anew_model_close(&model);
}
END_TEST

/* Noise that is drawn: mean 0 and variance 1 times the strength, the same for the same seed alone. */
START_TEST(drawn_noise)
{
    enum { COUNT = WHOLE_SIDE * WHOLE_SIDE };
    static float drawn[3][COUNT];
    static const int seeds[] = {1, 1, 2};
    float strength = 0;
    anew_error error = {0};
    anew_model *model = NULL;
    ck_assert_int_eq(whole_operations_model(&model, &error), ANEW_OK);
    for (int k = 0; k < 3; k++) {
        anew_graph *graph = NULL;
        ck_assert_int_eq(whole_operations_graph(&graph, model, seeds[k], &error), ANEW_OK);
        for (int i = 0; i < anew_graph_count(graph); i++)
            if (anew_graph_node(graph, i)->op == ANEW_OP_NOISE) {
                anew_noise_values(drawn[k], anew_graph_node(graph, i), WHOLE_SIDE);
                anew_tensor_to_f32(&strength, anew_graph_node(graph, i)->bias);
            }
        anew_graph_free(&graph);
        double mean;
        const double variance = variance_of(drawn[k], COUNT, 1, &mean);
        ck_assert_msg(fabs(mean) < 0.15 * fabs((double)strength), "mean %g", mean);
        ck_assert_msg(fabs(variance / ((double)strength * (double)strength) - 1) < 0.25,
                      "variance %g", variance);
    }
    ck_assert(memcmp(drawn[0], drawn[1], sizeof drawn[0]) == 0);
    ck_assert(memcmp(drawn[0], drawn[2], sizeof drawn[0]) != 0);
    anew_model_close(&model);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("whole");
    TCase *all = add_case(suite, "all", 120);
    tcase_add_test(all, sums_and_factors);
    tcase_add_test(all, resampling);
    tcase_add_test(all, moves);
    tcase_add_test(all, attention);
    tcase_add_test(all, formulas);
    tcase_add_test(all, one_size_only);
    tcase_add_test(all, drawn_noise);
    return run_suite(suite);
}
