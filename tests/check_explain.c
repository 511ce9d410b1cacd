/*
 * check_explain.c - what `anew explain` says of a network, against the network itself.
 *
 * Receptive fields are measured: one row of the picture is made NaN at a time, the reference interpreter
 * runs, and for each row of each value the picture's rows that made it NaN are counted. (Of all operations
 * only ReLU stops a NaN, and no golden network has it.)
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/every_convolution.h"
#include "common/every_operation.h"
#include "common/suite.h"
#include "exec/exec.h"
#include "nets/nets.h"
#include "pipeline/explain.h"

static const char *const models[] = {"srvgg_tiny_x1", "srvgg_tiny_x4", "rrdb_tiny_x1",
                                     "rrdb_tiny_x2",  "esrgan_old_x4", "esrgan_old_x8"};
#define MODELS ((int)(sizeof models / sizeof models[0]))

#define MOST_SCALE 8

static void open_model(anew_model **model, const char *name)
{
    char path[1024];
    anew_error error = {0};
    (void)snprintf(path, sizeof path, "%s/%s.anew", model_folder(), name);
    ck_assert_msg(anew_model_open(model, path, &error) == ANEW_OK, "%s", error.text);
}

typedef struct counted {
    const anew_graph *graph;
    int rows;
    int *count; /* [nodes][rows * MOST_SCALE]: rows of the picture that made this row NaN */
    int next;   /* node */
} counted;

static void count_rows(void *context, const anew_node *node, const float *values, int height,
                       int width)
{
    counted *c = context;
    const int id = c->next++;
    ck_assert_ptr_eq(node, anew_graph_node(c->graph, id));
    ck_assert_int_le(height, c->rows * MOST_SCALE);
    for (int y = 0; y < height; y++) {
        bool any = false;
        for (int channel = 0; channel < node->channels && !any; channel++)
            for (int x = 0; x < width && !any; x++)
                any = isnan(values[((size_t)channel * (size_t)height + (size_t)y) * (size_t)width +
                                   (size_t)x]);
        c->count[id * c->rows * MOST_SCALE + y] += any;
    }
}

/* A maximum passes over NaN: what comes after one is seen to depend on fewer rows. */
static bool is_behind_maximum(const anew_graph *graph, const anew_node *node)
{
    if (node->op == ANEW_OP_MAX_POOL)
        return true;
    for (int k = 0; k < node->source_count; k++)
        if (is_behind_maximum(graph, anew_graph_node(graph, node->sources[k])))
            return true;
    return false;
}

/* ReLU, or a scaling of its result. */
static bool stops_nan(const anew_graph *graph, const anew_node *node)
{
    for (; node->op == ANEW_OP_SCALE; node = anew_graph_node(graph, node->sources[0]))
        ;
    return node->op == ANEW_OP_RELU;
}

static void measure_fields(const anew_graph *graph, const char *name)
{
    anew_error error = {0};
    anew_isa isa;
    ck_assert(anew_isa_detect(&isa, NULL));
    const int nodes = anew_graph_count(graph), width = anew_graph_alignment(graph);
    const int scale = anew_graph_scale(graph), channels = anew_graph_node(graph, 0)->channels;
    int *fields = malloc((size_t)nodes * sizeof *fields);
    ck_assert_int_eq(anew_graph_fields(fields, graph, &error), ANEW_OK);

    ck_assert_int_le(fields[anew_graph_output(graph)],
                     2 * (anew_graph_radius(graph) + anew_graph_alignment(graph)));

    /* High enough that a row in the middle has its whole field inside. */
    const int alignment = anew_graph_alignment(graph);
    const int rows = (fields[anew_graph_output(graph)] / alignment + 3) * alignment;
    const size_t plane = (size_t)rows * (size_t)width;
    float *in_data = malloc((size_t)channels * plane * sizeof(float));
    float *out_data = malloc((size_t)(channels * scale * scale) * plane * sizeof(float));
    counted c = {graph, rows, calloc((size_t)(nodes * rows) * MOST_SCALE, sizeof(int)), 0};
    const anew_picture in = {in_data, channels, rows, width, plane, (size_t)width};
    const anew_picture out = {out_data,
                              channels,
                              rows * scale,
                              width * scale,
                              plane * (size_t)(scale * scale),
                              (size_t)(width * scale)};
    for (int bad = 0; bad < rows; bad++) {
        for (size_t i = 0; i < (size_t)channels * plane; i++)
            in_data[i] = (int)(i / (size_t)width) % rows == bad ? NAN : 0.5f;
        c.next = 0;
        ck_assert_int_eq(anew_execute_ref(graph, isa, &in, &out, count_rows, &c, &error), ANEW_OK);
        ck_assert_int_eq(c.next, nodes);
    }
    for (int id = 0; id < nodes; id++) {
        int most = 0;
        for (int y = 0; y < rows * MOST_SCALE; y++)
            if (most < c.count[id * rows * MOST_SCALE + y])
                most = c.count[id * rows * MOST_SCALE + y];
        const anew_node *node = anew_graph_node(graph, id);
        ck_assert_msg(most == fields[id] || stops_nan(graph, node) ||
                          (most < fields[id] && is_behind_maximum(graph, node)),
                      "%s: node %d (%s %s) sees %d rows, not %d", name, id, anew_op_name(node->op),
                      node->name, most, fields[id]);
    }
    free(in_data);
    free(out_data);
    free(c.count);
    free(fields);
}

START_TEST(fields_are_those_of_the_network)
{
    anew_model *model = NULL;
    anew_graph *graph = NULL;
    anew_error error = {0};
    open_model(&model, models[_i]);
    ck_assert_msg(anew_net_graph(&graph, model, &error) == ANEW_OK, "%s", error.text);
    measure_fields(graph, models[_i]);
    anew_graph_free(&graph);
    anew_model_close(&model);
}
END_TEST

START_TEST(fields_of_every_convolution)
{
    anew_model *model = NULL;
    anew_graph *graph = NULL;
    anew_error error = {0};
    ck_assert_int_eq(every_convolution_model(&model, &error), ANEW_OK);
    ck_assert_int_eq(every_convolution_graph(&graph, model, &error), ANEW_OK);
    measure_fields(graph, "every convolution");
    anew_graph_free(&graph);
    anew_model_close(&model);
}
END_TEST

START_TEST(fields_of_every_operation)
{
    anew_model *model = NULL;
    anew_graph *graph = NULL;
    anew_error error = {0};
    ck_assert_int_eq(every_operation_model(&model, &error), ANEW_OK);
    ck_assert_int_eq(every_operation_graph(&graph, model, &error), ANEW_OK);
    measure_fields(graph, "every operation");
    anew_graph_free(&graph);
    anew_model_close(&model);
}
END_TEST

/* From step to step nothing is lost: what a step reads is as large as what an earlier one gave. */
START_TEST(shapes_follow_each_other)
{
    anew_model *model = NULL;
    anew_explanation e = {0};
    anew_error error = {0};
    static const anew_plan_level levels[] = {ANEW_PLAN_FULL, ANEW_PLAN_NOFUSE};
    open_model(&model, models[_i]);
    for (int level = 0; level < 2; level++) {
        const anew_enhance_options options = {.plan = levels[level], .threads = 1};
        ck_assert_msg(anew_explain(&e, model, 24, 16, &options, false, &error) == ANEW_OK, "%s",
                      error.text);
        ck_assert_int_gt(e.step_count, 2);
        for (int i = 0; i < e.step_count; i++) {
            const anew_explained_step *s = &e.steps[i];
            bool found = s->in_height == 16 && s->in_width == 24; /* the picture */
            for (int k = 0; k < i && !found; k++)
                found =
                    e.steps[k].out_height == s->in_height && e.steps[k].out_width == s->in_width;
            ck_assert_msg(found, "%s: step %d reads %dx%d, which none gave", models[_i], i + 1,
                          s->in_width, s->in_height);
            ck_assert_int_ge(s->field, 1);
            ck_assert_int_le(s->field, e.field);
        }
        const anew_explained_step *last = &e.steps[e.step_count - 1];
        ck_assert_int_eq(e.steps[0].in_channels, 3);
        ck_assert_int_eq(last->out_channels, 3);
        ck_assert_int_eq(last->out_height, e.out_height);
        ck_assert_int_eq(last->out_width, e.out_width);
        ck_assert_int_eq(last->field, e.field);
        anew_explanation_free(&e);
    }
    anew_model_close(&model);
}
END_TEST

/* A step's line as it is expected: "name (then): channels x height x width -> the same". */
static void line_of(char *text, size_t bytes, const anew_explained_step *s)
{
    (void)snprintf(text, bytes, "%s (%s): %dx%dx%d*%d/%d -> %dx%dx%d sees %d", s->name, s->then,
                   s->in_channels, s->in_height, s->in_width, s->enlarge, s->unshuffle,
                   s->out_channels, s->out_height, s->out_width, s->field);
}

static void expect_lines(const anew_explanation *e, const char *const *lines, int count)
{
    for (int k = 0; k < count; k++) {
        bool found = false;
        char text[320], all[8192] = "";
        for (int i = 0; i < e->step_count; i++) {
            line_of(text, sizeof text, &e->steps[i]);
            found = found || strcmp(text, lines[k]) == 0;
            (void)snprintf(all + strlen(all), sizeof all - strlen(all), "\n  %s", text);
        }
        ck_assert_msg(found, "no step is '%s':%s", lines[k], all);
    }
}

/* Of a picture of 24x16 pixels, fused; worked out by hand. */
START_TEST(steps_say_what_they_do)
{
    static const char *const rrdb[] = {
        "conv_first (): 3x16x24*1/2 -> 16x8x12 sees 6",
        "body.0.rdb1.conv2+ (leaky_relu): 24x8x12*1/1 -> 8x8x12 sees 14",
        ("body.0.rdb3.conv5+ (* 0.2, + body.0.rdb2, * 0.2, + conv_first): 48x8x12*1/1 -> 16x8x12 "
         "sees 66"),
        "conv_up1+ (leaky_relu): 16x8x12*2/1 -> 16x16x24 sees 72",
        "conv_last>out (): 16x32x48*1/1 -> 3x32x48 sees 76",
    };
    anew_model *model = NULL;
    anew_explanation e = {0};
    anew_error error = {0};
    const anew_enhance_options options = {.plan = ANEW_PLAN_FULL, .threads = 1};
    open_model(&model, "rrdb_tiny_x2");
    ck_assert_msg(anew_explain(&e, model, 24, 16, &options, false, &error) == ANEW_OK, "%s",
                  error.text);
    expect_lines(&e, rrdb, (int)(sizeof rrdb / sizeof rrdb[0]));
    anew_explanation_free(&e);
    anew_model_close(&model);
}
END_TEST

START_TEST(steps_of_every_operation)
{
    static const char *const lines[] = {
        "norm (layer_norm): 22x8x12*1/1 -> 22x8x12 sees 6",
        "scale (softmax, * 0.25): 22x8x12*1/1 -> 22x8x12 sees 6",
        ("add (erf, * 0.25, + norm, + scale(tanh(norm)), + scale(sigmoid(norm)), ...): "
         "22x8x12*1/1 -> 22x8x12 sees 6"),
        "max_pool (): 22x8x12*1/1 -> 22x8x12 sees 10",
        "add (exp, * 0.25, + add, + scale(softmax(norm)), + scale(relu(norm)), ...): 22x8x12*1/1 "
        "-> 22x8x12 sees 12",
        "divide (* add, sqrt, + exp(norm), / leaky_relu(add)): 22x8x12*1/1 -> 22x8x12 sees 12",
        "concat (): 66x8x12*1/1 -> 66x8x12 sees 12",
        "windows (window_attention): 66x8x12*1/1 -> 22x8x12 sees 14",
        "join (): 44x8x12*1/1 -> 22x8x12 sees 14",
        "last>out (pixel_shuffle 2): 22x8x12*2/1 -> 3x32x48 sees 18",
    };
    anew_model *model = NULL;
    anew_graph *graph = NULL;
    anew_weights *weights = NULL;
    anew_plan *plan = NULL;
    anew_explanation e = {0};
    anew_error error = {0};
    ck_assert_int_eq(every_operation_model(&model, &error), ANEW_OK);
    ck_assert_int_eq(every_operation_graph(&graph, model, &error), ANEW_OK);
    ck_assert_int_eq(anew_weights_choose(&weights, graph, ANEW_ISA_C, ANEW_SELECT_EXACT, &error),
                     ANEW_OK);
    ck_assert_int_eq(anew_plan_create(&plan, weights, 16, 24, 0, ANEW_PLAN_FULL, &error), ANEW_OK);
    ck_assert_int_eq(anew_explain_steps(&e, plan, &error), ANEW_OK);
    expect_lines(&e, lines, (int)(sizeof lines / sizeof lines[0]));
    anew_explanation_free(&e);
    anew_plan_free(&plan);
    anew_weights_free(&weights);
    anew_graph_free(&graph);
    anew_model_close(&model);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("explain");
    TCase *all = add_case(suite, "explain", 300);
    tcase_add_loop_test(all, fields_are_those_of_the_network, 0, MODELS);
    tcase_add_test(all, fields_of_every_operation);
    tcase_add_test(all, fields_of_every_convolution);
    tcase_add_test(all, steps_say_what_they_do);
    tcase_add_test(all, steps_of_every_operation);
    tcase_add_loop_test(all, shapes_follow_each_other, 0, MODELS);
    return run_suite(suite);
}
