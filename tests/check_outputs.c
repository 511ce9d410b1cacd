/*
 * check_outputs.c - networks with several outputs of sizes of their own, as detectors have them: every way of
 * running one against the reference interpreter, for pictures of any size, odd ones among them; and the memory of
 * bands, which must not grow with the picture's height.
 *
 * Seen to fail by sizes rounded down instead of up (anew_node_side), by a window of the pooling that begins a row late or
 * (bands.c), by borders of zeros taking part in the pooling (pool_body.h), and by an output that others read
 * written only to the output (fuse.c).
 */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/networks.h"
#include "common/random_model.h"
#include "common/suite.h"
#include "core/memory.h"
#include "exec/exec.h"

#define OUTPUTS 5

static anew_isa best_isa(void)
{
    anew_isa isa = ANEW_ISA_C;
    ck_assert(anew_isa_detect(&isa, NULL));
    return isa;
}

static anew_model *make_model(void)
{
    static const random_tensor tensors[] = {
        {"stem.weight", 4, {20, 3, 7, 7}},
        {"stem.bias", 1, {20}},
        {"depth.weight", 4, {20, 1, 3, 3}},
        {"depth.bias", 1, {20}},
        {"low.weight", 4, {33, 20, 3, 3}},
        {"low.bias", 1, {33}},
        {"side.weight", 4, {33, 20, 1, 1}},
        {"side.bias", 1, {33}},
        {"head0.weight", 4, {6, 20, 1, 1}},
        {"head0.bias", 1, {6}},
        {"head1.weight", 4, {18, 33, 1, 1}},
        {"head1.bias", 1, {18}},
        {NULL, 0, {0}},
    };
    return random_model(NULL, tensors, 0.3f);
}

/* A pyramid: 1/2, 1/4 by a pooling whose values are below zero, too, 1/8; enlarged again and added. Outputs that end
 * a convolution, that others read, and that no convolution ends. */
static void make_graph(anew_graph **graph, const anew_model *model)
{
    anew_error error = {0};
    anew_graph *g = NULL;
    ck_assert_int_eq(anew_graph_create(&g, model, &error), ANEW_OK);
    anew_val x = anew_input(g, 3);
    const anew_conv_options stem = {.channels = 20, .kernel = 7, .stride = 2, .bias = true};
    x = anew_conv_with(g, x, stem, "stem");
    const anew_val half = anew_lrelu(g, x, 0.1f);
    const anew_val quarter = anew_max_pool(g, x, 3, 2);
    const anew_conv_options depth = {.channels = 20, .kernel = 3, .groups = 20, .bias = true};
    const anew_val deep = anew_relu(g, anew_conv_with(g, quarter, depth, "depth"));
    const anew_conv_options low = {.channels = 33, .kernel = 3, .stride = 2, .bias = true};
    const anew_val eighth = anew_lrelu(g, anew_conv_with(g, deep, low, "low"), 0.2f);
    const anew_val side = anew_conv(g, deep, 33, 1, true, "side");
    const anew_val sum = anew_add(g, anew_relu(g, side), anew_upsample_nearest(g, eighth, 2));
    const anew_val pooled = anew_max_pool(g, sum, 2, 2);
    const anew_val outputs[OUTPUTS] = {
        anew_conv(g, half, 6, 1, true, "head0"), anew_conv(g, sum, 18, 1, true, "head1"), eighth,
        anew_cat(g, eighth, pooled), anew_upsample_nearest(g, pooled, 4)};
    ck_assert_msg(anew_graph_finish(g, anew_outputs(g, outputs, OUTPUTS), &error) == ANEW_OK, "%s",
                  error.text);
    *graph = g;
}

static anew_picture new_picture(int channels, int height, int width)
{
    const size_t plane = (size_t)height * (size_t)width;
    float *data = malloc(plane * (size_t)channels * sizeof(float));
    ck_assert_ptr_nonnull(data);
    return (anew_picture){data, channels, height, width, plane, (size_t)width};
}

static size_t bytes_of(const anew_picture *p)
{
    return p->plane_stride * (size_t)p->channels * sizeof(float);
}

static const int sizes[][2] = {{1, 1},   {1, 2},   {2, 1},   {3, 9},   {8, 8},   {16, 24},
                               {15, 17}, {31, 33}, {37, 21}, {50, 67}, {23, 130}};

START_TEST(every_way_is_equal)
{
    anew_error error = {0};
    anew_model *model = NULL;
    anew_graph *graph = NULL;
    model = make_model();
    make_graph(&graph, model);
    ck_assert(anew_graph_takes_any_size(graph));
    const int height = sizes[_i][0], width = sizes[_i][1];
    const anew_picture in = new_picture(3, height, width);
    for (size_t i = 0; i < 3 * in.plane_stride; i++)
        in.data[i] = random_number();
    anew_picture want[OUTPUTS], got[OUTPUTS];
    static const int down[OUTPUTS] = {2, 4, 8, 8, 2};
    for (int i = 0; i < OUTPUTS; i++) {
        const anew_node *node = anew_graph_node(graph, anew_graph_output_at(graph, i));
        const int rows = (height + down[i] - 1) / down[i],
                  columns = (width + down[i] - 1) / down[i];
        ck_assert_int_eq(anew_node_side(node, height), rows);
        want[i] = new_picture(node->channels, rows, columns);
        got[i] = new_picture(node->channels, rows, columns);
    }
    ck_assert_int_eq(anew_execute_ref(graph, best_isa(), &in, want, NULL, NULL, &error), ANEW_OK);
    for (int isa = ANEW_ISA_C; isa <= (int)best_isa(); isa++) {
        anew_weights *weights = pack_weights(graph, isa, ANEW_SELECT_EXACT);
        for (int level = ANEW_PLAN_FULL; level <= ANEW_PLAN_NOFUSE; level++)
            for (int band = 0; band <= 16; band = band == 0 ? 1 : band * 4) {
                for (int i = 0; i < OUTPUTS; i++)
                    memset(got[i].data, 0xff, bytes_of(&got[i]));
                run_plan(got, &in, weights, band, level, 1 + band % 3);
                for (int i = 0; i < OUTPUTS; i++)
                    ck_assert_msg(memcmp(got[i].data, want[i].data, bytes_of(&want[i])) == 0,
                                  "%dx%d, %s, plan %d, bands of %d: output %d differs", width,
                                  height, anew_isa_name((anew_isa)isa), level, band, i);
            }
        anew_weights_free(&weights);
    }
    for (int i = 0; i < OUTPUTS; i++) {
        free(want[i].data);
        free(got[i].data);
    }
    free(in.data);
    anew_graph_free(&graph);
    anew_model_close(&model);
}
END_TEST

/* What a pooling means, on a picture that is counted by hand: the borders are no zeros. */
START_TEST(pooling_by_hand)
{
    static const float in[3][5] = {
        {-5, -4, -9, -8, -7}, {-6, -3, -9, -2, -9}, {-9, -9, -9, -9, -1}};
    static const float three[2][3] = {{-3, -2, -2}, {-3, -2, -1}};
    static const float two[2][3] = {{-3, -2, -7}, {-9, -9, -1}};
    anew_error error = {0};
    anew_model *model = NULL;
    model = make_model();
    for (int kernel = 2; kernel <= 3; kernel++) {
        anew_graph *g = NULL;
        ck_assert_int_eq(anew_graph_create(&g, model, &error), ANEW_OK);
        const anew_val pooled = anew_max_pool(g, anew_input(g, 1), kernel, 2);
        const anew_val outputs[] = {pooled, anew_scale(g, pooled, 2)};
        (void)anew_outputs(g, outputs, 2);
        /* The model's tensors belong to no layer here, which is all that finishing has to say. */
        ck_assert_int_ne(anew_graph_finish(g, pooled, &error), ANEW_OK);
        float values[15], results[2][6];
        memcpy(values, in, sizeof values);
        const anew_picture from = {values, 1, 3, 5, 15, 5};
        const anew_picture to[2] = {{results[0], 1, 2, 3, 6, 3}, {results[1], 1, 2, 3, 6, 3}};
        ck_assert_int_eq(anew_execute_ref(g, ANEW_ISA_C, &from, to, NULL, NULL, &error), ANEW_OK);
        ck_assert_mem_eq(results[0], kernel == 3 ? three : two, sizeof results[0]);
        ck_assert(results[1][0] == -6.0f);
        anew_graph_free(&g);
    }
    anew_model_close(&model);
}
END_TEST

/* Bands of a picture four times as high take no more memory. */
START_TEST(bands_keep_memory)
{
    anew_error error = {0};
    anew_model *model = NULL;
    anew_graph *graph = NULL;
    model = make_model();
    make_graph(&graph, model);
    anew_weights *weights = pack_weights(graph, (int)best_isa(), ANEW_SELECT_EXACT);
    size_t bytes[2];
    for (int i = 0; i < 2; i++) {
        anew_plan *plan = NULL;
        ck_assert_int_eq(
            anew_plan_create(&plan, weights, i == 0 ? 501 : 2003, 333, 16, ANEW_PLAN_FULL, &error),
            ANEW_OK);
        bytes[i] = anew_execute_bytes(plan, 1);
        anew_plan_free(&plan);
    }
    ck_assert_uint_le(bytes[1], bytes[0] + bytes[0] / 8);
    anew_weights_free(&weights);
    anew_graph_free(&graph);
    anew_model_close(&model);
}
END_TEST

/* x, side by side with itself: 384 channels of 3. */
static anew_val many_channels(anew_graph *g, anew_val x)
{
    for (int i = 0; i < 7; i++)
        x = anew_cat(g, x, x);
    return x;
}

/* Outputs that do not exist, twice the same, too many, of too many channels. */
START_TEST(refusals)
{
    anew_error error = {0};
    anew_model *model = NULL;
    model = make_model();
    for (int i = 0; i < 5; i++) {
        anew_graph *g = NULL;
        ck_assert_int_eq(anew_graph_create(&g, model, &error), ANEW_OK);
        const anew_val x = anew_relu(g, anew_input(g, 3)), none = {7};
        const anew_val nine[9] = {x, x, x, x, x, x, x, x, x};
        if (i == 0)
            (void)anew_outputs(g, &none, 1);
        else if (i < 3)
            (void)anew_outputs(g, nine, i == 1 ? 2 : 9);
        else if (i == 3)
            (void)anew_max_pool(g, x, 0, 2);
        else
            (void)anew_outputs(g, (const anew_val[]){many_channels(g, x), x}, 2);
        ck_assert_int_ne(anew_graph_finish(g, x, &error), ANEW_OK);
        const char *const said[] = {"does not exist", "same value", "9 outputs", "pooling",
                                    "384 channels"};
        ck_assert_msg(strstr(error.text, said[i]) != NULL, "%s", error.text);
        anew_graph_free(&g);
    }
    anew_model_close(&model);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("outputs");
    TCase *all = add_case(suite, "all", 60);
    tcase_add_loop_test(all, every_way_is_equal, 0, (int)(sizeof sizes / sizeof sizes[0]));
    tcase_add_test(all, pooling_by_hand);
    tcase_add_test(all, bands_keep_memory);
    tcase_add_test(all, refusals);
    return run_suite(suite);
}
