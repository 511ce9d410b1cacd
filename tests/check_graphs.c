/*
 * check_graphs.c - networks that stand in the model file as a list of records (src/nets/recorded.c), and what ncnn's
 * and ONNX' convolutions become in one: against the definition, in every plan, band and number of threads; whole
 * pictures with a margin, in strips and in bands; lists that are refused.
 *
 * Seen to fail by rows of a crop asked for as if it had cut nothing above (bands.c), by padding below that is not shortened
 * (exec_ref.c), by a picture whose margin is not mirrored above (strips.c), and by a source that may be a later record
 * (recorded.c).
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/networks.h"
#include "common/random_model.h"
#include "common/suite.h"
#include "core/memory.h"
#include "exec/exec.h"
#include "model/model_write.h"
#include "nets/nets.h"
#include "pipeline/enhance.h"
#include "tools/convert/nodes.h"

static unsigned int state = 20261123;

static int random_below(int limit)
{
    state = state * 1664525u + 1013904223u;
    return (int)((state >> 8) % (unsigned int)limit);
}

/* ---- in every way ---------------------------------------------------------------------------------------------- */

/* Convolutions without padding and with uneven padding, a crop beside them, twice the size, a margin of 3. */
static const char without_padding[] =
    "input channels=3; conv 0 channels=20 kernel=3 bias=1 before=0 after=0 name=a; "
    "leaky_relu 1 number=13421773p-26; conv 2 channels=24 kernel=3 before=0 after=0 name=b; "
    "crop 2 before=1 after=1; conv 4 channels=24 kernel=1 name=c; add 3 5; "
    "pixel_unshuffle 6 factor=2; conv 7 channels=48 kernel=3 bias=1 before=0 after=1 name=d; "
    "pixel_shuffle 8 factor=4; ";
static const random_tensor its_tensors[] = {
    {"a.weight", 4, {20, 3, 3, 3}},
    {"a.bias", 1, {20}},
    {"b.weight", 4, {24, 20, 3, 3}},
    {"c.weight", 4, {24, 20, 1, 1}},
    {"d.weight", 4, {48, 96, 3, 3}},
    {"d.bias", 1, {48}},
    {NULL, 0, {0}},
};

/* The same with means over all of a value that is smaller than the picture, and a stride. */
static const char with_means[] =
    "input channels=3; conv 0 channels=16 kernel=5 stride=2 before=0 after=1 name=a; relu 1; "
    "global_mean 2; sigmoid 3; multiply 2 4; conv 5 channels=12 kernel=3 before=0 after=0 name=b; "
    "pixel_shuffle 6 factor=2; ";
static const random_tensor tensors_of_means[] = {
    {"a.weight", 4, {16, 3, 5, 5}}, {"b.weight", 4, {12, 16, 3, 3}}, {NULL, 0, {0}}};

/* A crop that alone asks for the rows that it reads, with an epilogue behind it. */
static const char with_crop[] =
    "input channels=3; conv 0 channels=16 kernel=3 name=a; crop 1 before=7 after=5; "
    "sigmoid 2; conv 3 channels=3 kernel=1 name=b; ";
static const random_tensor tensors_of_crop[] = {
    {"a.weight", 4, {16, 3, 3, 3}}, {"b.weight", 4, {3, 16, 1, 1}}, {NULL, 0, {0}}};

/* Values that nobody reads, of another size, too. */
static const char with_unread[] = "input channels=3; relu 0; conv 0 channels=3 kernel=3 before=0 "
                                  "after=0 name=a; crop 0 before=2 after=0; "
                                  "upsample_nearest 2 factor=4; global_mean 0; conv 0 channels=3 "
                                  "kernel=3 before=0 after=0 name=b; ";
static const random_tensor tensors_of_unread[] = {
    {"a.weight", 4, {3, 3, 3, 3}}, {"b.weight", 4, {3, 3, 3, 3}}, {NULL, 0, {0}}};

static const struct {
    const char *text;
    const random_tensor *tensors;
    int scale, margin;
} networks[] = {{without_padding, its_tensors, 2, 3},
                {with_means, tensors_of_means, 1, 3},
                {with_crop, tensors_of_crop, 1, 6},
                {with_unread, tensors_of_unread, 1, 1}};

#define HEIGHT 26
#define WIDTH  40

START_TEST(in_every_way)
{
    anew_error error = {0};
    anew_graph *graph = NULL;
    anew_isa best = ANEW_ISA_C;
    ck_assert(anew_isa_detect(&best, NULL));
    anew_model *model = random_model(networks[_i].text, networks[_i].tensors, 0.25f);
    ck_assert_msg(anew_net_graph(&graph, model, &error) == ANEW_OK, "%s", error.text);
    const int scale = networks[_i].scale, margin = networks[_i].margin;
    ck_assert_int_eq(anew_graph_scale(graph), scale);
    ck_assert_int_eq(anew_graph_margin(graph), margin);
    static float in[3 * HEIGHT * WIDTH], want[12 * HEIGHT * WIDTH], got[12 * HEIGHT * WIDTH];
    for (size_t i = 0; i < sizeof in / sizeof in[0]; i++)
        in[i] = random_number();
    const int rows = (HEIGHT - 2 * margin) * scale, columns = (WIDTH - 2 * margin) * scale;
    const size_t plane = (size_t)rows * (size_t)columns;
    const anew_picture from = {in, 3, HEIGHT, WIDTH, HEIGHT * WIDTH, WIDTH};
    const anew_picture to = {got, 3, rows, columns, plane, (size_t)columns};
    anew_picture reference = to;
    reference.data = want;
    ck_assert_int_eq(anew_execute_ref(graph, best, &from, &reference, NULL, NULL, &error), ANEW_OK);
    for (int isa = ANEW_ISA_C; isa <= (int)best; isa++) {
        anew_weights *weights = pack_weights(graph, isa, ANEW_SELECT_EXACT);
        for (int level = ANEW_PLAN_FULL; level <= ANEW_PLAN_NOFUSE; level++)
            for (int band = 0; band < 6; band++) {
                memset(got, 0xff, sizeof got);
                run_plan(&to, &from, weights, band, level, 1 + band % 3);
                ck_assert_msg(memcmp(got, want, 3 * plane * sizeof *got) == 0,
                              "%s, plan %d, bands of %d", anew_isa_name((anew_isa)isa), level,
                              band);
            }
        anew_weights_free(&weights);
    }
    anew_graph_free(&graph);
    anew_model_close(&model);
}
END_TEST

START_TEST(too_small_a_picture)
{
    anew_error error = {0};
    anew_graph *graph = NULL;
    anew_plan *plan = NULL;
    anew_model *model = random_model(without_padding, its_tensors, 0.25f);
    ck_assert_int_eq(anew_net_graph(&graph, model, &error), ANEW_OK);
    anew_weights *weights = pack_weights(graph, ANEW_ISA_C, ANEW_SELECT_EXACT);
    ck_assert_int_eq(anew_plan_create(&plan, weights, 8, 8, 0, ANEW_PLAN_FULL, &error), ANEW_OK);
    anew_plan_free(&plan);
    ck_assert_int_eq(anew_plan_create(&plan, weights, 6, 40, 0, ANEW_PLAN_FULL, &error),
                     ANEW_ERROR_ARGUMENT);
    ck_assert_msg(strstr(error.text, "40x6 pixels is too small") != NULL, "%s", error.text);
    anew_weights_free(&weights);
    anew_graph_free(&graph);
    anew_model_close(&model);
}
END_TEST

/* ---- whole pictures --------------------------------------------------------------------------------------------- */

static int mirrored(int at, int size)
{
    while (at < 0 || at >= size)
        at = at < 0 ? -at : 2 * (size - 1) - at;
    return at;
}

/* A picture continued by hand and put through the definition, against the whole way of pictures. */
START_TEST(whole_pictures)
{
    static const int sizes[][2] = {{23, 31}, {24, 40}, {3, 9}, {9, 64}};
    anew_error error = {0};
    anew_graph *graph = NULL;
    const int scale = networks[_i].scale, margin = networks[_i].margin;
    anew_model *model = random_model(networks[_i].text, networks[_i].tensors, 0.25f);
    ck_assert_int_eq(anew_net_graph(&graph, model, &error), ANEW_OK);
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        const int height = sizes[s][0], width = sizes[s][1];
        const int rows = (height + 1) / 2 * 2 + 2 * margin,
                  columns = (width + 1) / 2 * 2 + 2 * margin;
        anew_image picture = {0};
        ck_assert_int_eq(anew_image_create(&picture, width, height, 3, 8, &error), ANEW_OK);
        uint8_t *pixels = picture.pixels;
        for (int i = 0; i < height * width * 3; i++)
            pixels[i] = (uint8_t)random_below(256);
        const size_t plane = (size_t)rows * (size_t)columns;
        const int out_columns = (columns - 2 * margin) * scale;
        const size_t out_plane = (size_t)(rows - 2 * margin) * (size_t)scale * (size_t)out_columns;
        float *in = malloc(3 * plane * sizeof(float)), *out = malloc(3 * out_plane * sizeof(float));
        for (int c = 0; c < 3; c++)
            for (int y = 0; y < rows; y++)
                for (int x = 0; x < columns; x++)
                    in[(size_t)c * plane + (size_t)(y * columns + x)] =
                        (float)pixels[(mirrored(y - margin, height) * width +
                                       mirrored(x - margin, width)) *
                                          3 +
                                      c] /
                        255.0f;
        const anew_picture from = {in, 3, rows, columns, plane, (size_t)columns};
        const anew_picture to = {out,         3,         (rows - 2 * margin) * scale,
                                 out_columns, out_plane, (size_t)out_columns};
        ck_assert_int_eq(anew_execute_ref(graph, ANEW_ISA_C, &from, &to, NULL, NULL, &error),
                         ANEW_OK);
        for (int strip = 0; strip < (_i % 2 == 1 ? 1 : 17); strip += 8) {
            anew_enhance_options options = {
                .strip = strip, .band = strip / 4, .threads = 2, .precision = ANEW_PRECISION_EXACT};
            anew_image result;
            ck_assert_msg(anew_enhance(&result, &picture, model, &options, NULL, &error) == ANEW_OK,
                          "%s", error.text);
            ck_assert_int_eq(result.width, width * scale);
            const uint8_t *got = result.pixels;
            for (int y = 0; y < height * scale; y++)
                for (int x = 0; x < width * scale * 3; x++) {
                    float v = out[(size_t)(x % 3) * out_plane + (size_t)(y * out_columns + x / 3)];
                    v = v < 0 ? 0 : v > 1 ? 1 : v;
                    ck_assert_msg(fabs((double)v * 255 - got[y * width * scale * 3 + x]) <= 0.5001,
                                  "%dx%d, strips of %d: sample %d of row %d", width, height, strip,
                                  x, y);
                }
            anew_image_free(&result);
        }
        free(in);
        free(out);
        anew_image_free(&picture);
    }
    anew_graph_free(&graph);
    anew_model_close(&model);
}
END_TEST

/* ---- convolutions of other frameworks ------------------------------------------------------------------------------ */

#define CHANNELS 6
#define SIDE     9

/* out[oc][y][x], by the textbook; what lies outside is zero. */
static double plain_value(const nodes_conv *c, const float *in, int64_t oc, int64_t y, int64_t x)
{
    const int64_t in_each = c->in / c->groups, first = oc / (c->out / c->groups) * in_each;
    double sum = c->bias == NULL ? 0 : (double)c->bias[oc];
    for (int64_t i = 0; i < in_each; i++)
        for (int64_t ky = 0; ky < c->kernel[0]; ky++)
            for (int64_t kx = 0; kx < c->kernel[1]; kx++) {
                const int64_t sy = y * c->stride[0] + ky * c->dilation[0] - c->before[0];
                const int64_t sx = x * c->stride[1] + kx * c->dilation[1] - c->before[1];
                if (sy >= 0 && sy < SIDE + 1 && sx >= 0 && sx < SIDE + 1)
                    sum +=
                        (double)in[((first + i) * (SIDE + 1) + sy) * (SIDE + 1) + sx] *
                        (double)c
                            ->weights[((oc * in_each + i) * c->kernel[0] + ky) * c->kernel[1] + kx];
            }
    return sum;
}

static double transposed_value(const nodes_conv *c, const float *in, int64_t oc, int64_t y,
                               int64_t x)
{
    const int64_t in_each = c->in / c->groups, first = oc / (c->out / c->groups) * in_each;
    double sum = c->bias == NULL ? 0 : (double)c->bias[oc];
    for (int64_t i = 0; i < in_each; i++)
        for (int64_t sy = 0; sy < SIDE + 1; sy++)
            for (int64_t sx = 0; sx < SIDE + 1; sx++) {
                const int64_t ky = y + c->before[0] - sy * c->stride[0];
                const int64_t kx = x + c->before[1] - sx * c->stride[1];
                if (ky >= 0 && ky < c->kernel[0] && kx >= 0 && kx < c->kernel[1])
                    sum +=
                        (double)in[((first + i) * (SIDE + 1) + sy) * (SIDE + 1) + sx] *
                        (double)c
                            ->weights[((oc * in_each + i) * c->kernel[0] + ky) * c->kernel[1] + kx];
            }
    return sum;
}

typedef struct watched {
    const nodes_conv *conv;
    const float *in;
    bool transposed, seen;
    int node, at;
    int64_t height, width;
} watched;

/* The value behind the convolution, compared where it comes by. */
static void compare(void *context, const anew_node *node, const float *values, int height,
                    int width)
{
    watched *w = context;
    if (w->at++ != w->node)
        return;
    w->seen = true;
    ck_assert_int_eq(node->channels, (int)w->conv->out);
    ck_assert_int_eq(height, (int)w->height);
    ck_assert_int_eq(width, (int)w->width);
    for (int64_t oc = 0; oc < w->conv->out; oc++)
        for (int64_t y = 0; y < height; y++)
            for (int64_t x = 0; x < width; x++) {
                const double want =
                    (w->transposed ? transposed_value : plain_value)(w->conv, w->in, oc, y, x);
                ck_assert_double_eq_tol((double)values[(oc * height + y) * width + x], want, 1e-5);
            }
}

/* Records the convolution behind the picture, and behind it what makes a picture of its result again. */
static void try_convolution(const nodes_conv *c, bool transposed)
{
    anew_error error = {0};
    checkpoint tensors = {0};
    anew_model_writer *writer = NULL;
    anew_bytes bytes = {0};
    anew_model *model = NULL;
    anew_graph *graph = NULL;
    node_list n = {.c = &tensors, .label = "test", .error = &error};
    /* CHANNELS of a picture: the convolution's own are made of it by one of 1x1. */
    float spread[CHANNELS * 3], in[CHANNELS * (SIDE + 1) * (SIDE + 1)] = {0};
    for (int i = 0; i < CHANNELS * 3; i++)
        spread[i] = random_number();
    const nodes_conv first = {.in = 3,
                              .out = CHANNELS,
                              .kernel = {1, 1},
                              .stride = {1, 1},
                              .dilation = {1, 1},
                              .groups = 1,
                              .weights = spread};
    const int a = nodes_convolve(&n, nodes_begin(&n, 3), &first, "spread");
    const int b = (transposed ? nodes_transposed : nodes_convolve)(&n, a, c, "tried");
    ck_assert_msg(!nodes_failed(&n), "%s", error.text);
    const nodes_value v = *nodes_value_of(&n, b);
    ck_assert_int_eq(nodes_end(&n), ANEW_OK);

    ck_assert_int_eq(anew_model_writer_create(&writer, &error), ANEW_OK);
    ck_assert_int_eq(anew_model_writer_set(writer, "architecture", "recorded", &error), ANEW_OK);
    ck_assert_int_eq(anew_model_writer_text(writer, "nodes.0", tensors.nodes, &error), ANEW_OK);
    for (int i = 0; i < tensors.count; i++)
        ck_assert_int_eq(anew_model_writer_tensor(writer, tensors.tensors[i].name, ANEW_DTYPE_F32,
                                                  tensors.tensors[i].rank, tensors.tensors[i].dims,
                                                  tensors.tensors[i].values, &error),
                         ANEW_OK);
    ck_assert_int_eq(anew_model_writer_finish(writer, &bytes, &error), ANEW_OK);
    ck_assert_int_eq(anew_model_from_bytes(&model, &bytes, "test", &error), ANEW_OK);
    anew_model_writer_free(&writer);
    /* The graph's result need be no picture: two outputs of which the first is none. */
    ck_assert_int_eq(anew_graph_create(&graph, model, &error), ANEW_OK);
    (void)anew_build_recorded(graph);
    watched w = {.conv = c, .in = in, .transposed = transposed, .node = b};
    w.height = (int64_t)(SIDE + 1) * v.up / v.down + v.extra;
    w.width = w.height;
    float picture[3 * (SIDE + 1) * (SIDE + 1)];
    static float out[CHANNELS * 16 * 64 * 64];
    for (size_t i = 0; i < sizeof picture / sizeof picture[0]; i++)
        picture[i] = random_number();
    for (int k = 0; k < CHANNELS; k++)
        for (int i = 0; i < (SIDE + 1) * (SIDE + 1); i++)
            for (int ic = 0; ic < 3; ic++)
                in[k * (SIDE + 1) * (SIDE + 1) + i] =
                    fmaf(picture[ic * (SIDE + 1) * (SIDE + 1) + i], spread[k * 3 + ic],
                         in[k * (SIDE + 1) * (SIDE + 1) + i]);
    /* A convolution may shrink by any number, which a network's result may not. */
    const int even = v.extra % (2 * v.up) == 0 && v.extra <= 0 && v.down == 1;
    const anew_status status = anew_graph_finish(graph, (anew_val){b}, &error);
    ck_assert_int_eq(status == ANEW_OK, even);
    if (even) {
        const anew_picture from = {picture, 3, SIDE + 1, SIDE + 1, (SIDE + 1) * (SIDE + 1),
                                   SIDE + 1};
        const anew_picture to = {out, (int)c->out, (int)w.height, (int)w.width, 64 * 64, 64};
        ck_assert_msg(anew_execute_ref(graph, ANEW_ISA_C, &from, &to, compare, &w, &error) ==
                          ANEW_OK,
                      "%s", error.text);
        ck_assert(w.seen);
    }
    anew_graph_free(&graph);
    anew_model_close(&model);
    checkpoint_free(&tensors);
}

START_TEST(convolutions)
{
    /* rows, columns, stride, dilation, groups, before (rows, columns), after (rows, columns), more, transposed */
    static const int shapes[][12] = {
        {3, 3, 1, 1, 1, 1, 1, 1, 1, 0, 0}, {3, 3, 1, 1, 1, 0, 0, 0, 0, 0, 0},
        {5, 5, 1, 1, 2, 0, 0, 2, 2, 0, 0}, {1, 3, 1, 1, 1, 0, 1, 0, 1, 0, 0},
        {5, 1, 1, 1, 3, 2, 0, 2, 0, 0, 0}, {4, 4, 1, 1, 1, 0, 0, 1, 1, 0, 0},
        {2, 2, 1, 1, 1, 0, 0, 1, 1, 0, 0}, {3, 3, 1, 2, 6, 2, 2, 2, 2, 0, 0},
        {3, 3, 1, 2, 1, 0, 0, 0, 0, 0, 0}, {2, 4, 1, 1, 1, 0, 1, 1, 2, 0, 0},
        {2, 2, 2, 1, 1, 0, 0, 0, 0, 0, 1}, {4, 4, 2, 1, 1, 1, 1, 1, 1, 0, 1},
        {4, 4, 2, 1, 1, 3, 3, 3, 3, 0, 1}, {3, 3, 2, 1, 2, 1, 1, 1, 1, 1, 1},
        {9, 9, 3, 1, 1, 4, 4, 4, 4, 2, 1}, {5, 5, 2, 1, 6, 2, 2, 2, 2, 1, 1},
        {6, 6, 3, 1, 1, 3, 3, 3, 3, 0, 1}, {1, 1, 2, 1, 1, 0, 0, 0, 0, 1, 1},
        {3, 3, 1, 1, 1, 1, 1, 1, 1, 0, 1}, {4, 4, 4, 1, 1, 0, 0, 0, 0, 0, 1},
    };
    const int *s = shapes[_i];
    const int64_t outs = 6, count = outs * CHANNELS / s[4] * s[0] * s[1];
    float *weights = malloc((size_t)count * sizeof(float)), bias[6];
    for (int64_t i = 0; i < count; i++)
        weights[i] = random_number();
    for (int i = 0; i < 6; i++)
        bias[i] = random_number();
    const nodes_conv c = {.in = CHANNELS,
                          .out = outs,
                          .kernel = {s[0], s[1]},
                          .stride = {s[2], s[2]},
                          .dilation = {s[3], s[3]},
                          .groups = s[4],
                          .before = {s[5], s[6]},
                          .after = {s[7], s[8]},
                          .more = {s[9], s[9]},
                          .weights = weights,
                          .bias = bias};
    try_convolution(&c, s[10] != 0);
    free(weights);
}
END_TEST

/* ---- lists that are refused ------------------------------------------------------------------------------------------ */

#define START "input channels=3; "

START_TEST(refused)
{
    static const struct {
        const char *text, *says;
    } lists[] = {
        {"", "its list of nodes, 'nodes.0', is missing"},
        {"relu 0; ", "record 0 of its nodes: a source that is no earlier record"},
        {"input channels=3; input channels=3; ", "the input must be the first record"},
        {"input; ", "it has no 'channels'"},
        {"input channels=3 colour=1; ", "'colour' is nothing that 'input' knows"},
        {"input channels=100000; ", "an impossible number of channels"},
        {START "relu 1; ", "record 1 of its nodes: a source that is no earlier record"},
        {START "relu 7; ", "a source that is no earlier record"},
        {START "relu -1; ", "a source that is no earlier record"},
        {START "frobnicate 0; ", "the operation 'frobnicate' is not known in a list of nodes"},
        {START "noise 0 name=a; ", "the operation 'noise' is not known in a list of nodes"},
        {START "relu; ", "another number of sources"},
        {START "add 0; ", "another number of sources"},
        {START "relu 0", "it has no end"},
        {START "scale 0; ", "it has no 'number'"},
        {START "scale 0 number=1.5; ", "MANTISSApEXPONENT"},
        {START "scale 0 number=1p999; ", "MANTISSApEXPONENT"},
        {START "relu 0 number=1p0; ", "a name or number that the operation does not take"},
        {START "conv 0 channels=3; ", "it has no 'kernel'"},
        {START "conv 0 channels=3 kernel=3; ", "it has no 'name'"},
        {START "conv 0 channels=3 kernel=3 name=x; ", "tensor 'x.weight' is missing"},
        {START "conv 0 channels=3 kernel=4 name=x; ", "sides must be odd"},
        {START "conv 0 channels=3 kernel=3 before=2 after=0 name=x; ", "up to 1 zeros are known"},
        {START "pixel_unshuffle 0 factor=1; ", "it does nothing, or cannot be built"},
        {START "crop 0 before=0 after=0; ", "it does nothing, or cannot be built"},
        {START "crop 0 before=1 after=0; ", "1 pixels fewer than 1 times the input"},
        {START "crop 0 before=9999 after=0; ", "a crop of 9999 and 0 pixels"},
        {START "upsample_nearest 0 factor=16; upsample_nearest 1 factor=16; ", "impossible size"},
        {START "pixel_unshuffle 0 factor=16; pixel_unshuffle 1 factor=16; ", "impossible size"},
        {START "average_pool 0 factor=16; upsample_nearest 1 factor=16; average_pool 0 factor=15; "
               "average_pool 0 factor=7; ",
         "multiples of more than 1024 pixels"},
        {START "crop 0 before=1 after=0; add 0 1; ", "different shapes"},
        {START "upsample_nearest 0 factor=2; concat 0 1; ", "concat of different sizes"},
        {START "average_pool 0 factor=2; ", "1/2 of the input"},
        {START "relu 0 0123456789012345678901234567890123456789012345678901234567890123456789012345"
               "67890123456789012345678901234567890123456789012345678901234567890; ",
         "too long a word"},
        {START "concat 0 0 0 0 0 0 0 0 0; ", "too many sources"},
        {START ";", "no operation"},
    };
    static const random_tensor one[] = {{"y.weight", 1, {1}}, {NULL, 0, {0}}};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        anew_error error = {0};
        anew_graph *graph = NULL;
        anew_model *model = random_model(lists[i].text, one, 0.25f);
        ck_assert_msg(anew_net_graph(&graph, model, &error) != ANEW_OK, "'%s' was taken",
                      lists[i].text);
        ck_assert_msg(strstr(error.text, lists[i].says) != NULL, "'%s': %s", lists[i].text,
                      error.text);
        anew_model_close(&model);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("graphs");
    TCase *all = add_case(suite, "all", 60);
    tcase_add_loop_test(all, in_every_way, 0, 4);
    tcase_add_test(all, too_small_a_picture);
    tcase_add_loop_test(all, whole_pictures, 0, 4);
    tcase_add_loop_test(all, convolutions, 0, 20);
    tcase_add_test(all, refused);
    return run_suite(suite);
}
