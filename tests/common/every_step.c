/* every_step.c - the network whose plans have every kind of step. */
#include "common/every_step.h"

#include <check.h>

#include "common/random_model.h"

#define WIDE 20 /* channels: a block and a part of one */

static const random_tensor tensors[] = {
    {"a.weight", 4, {WIDE, 3, 3, 3}},
    {"a.bias", 1, {WIDE}},
    {"b.weight", 4, {WIDE, 12, 1, 1}},
    {"b.bias", 1, {WIDE}},
    {"norm.weight", 1, {WIDE}},
    {"norm.bias", 1, {WIDE}},
    {"layer.weight", 1, {WIDE}},
    {"layer.bias", 1, {WIDE}},
    {"c.weight", 4, {WIDE, WIDE, 3, 3}},
    {"c.bias", 1, {WIDE}},
    {"noise.strength", 1, {1}},
    {"noise.map", 4, {1, 1, EVERY_STEP_SIDE, EVERY_STEP_SIDE}},
    {"q.weight", 4, {WIDE, WIDE, 1, 1}},
    {"k.weight", 4, {WIDE, WIDE, 1, 1}},
    {"v.weight", 4, {WIDE, WIDE, 1, 1}},
    {"book.weight", 2, {WIDE, 12}},
    {"constant.weight", 3, {12, 8, 8}},
    {"full.weight", 2, {WIDE, 12 * 64}},
    {"full.bias", 1, {WIDE}},
    {"qkv.weight", 4, {3 * WIDE, WIDE, 1, 1}},
    {"qkv.bias", 1, {3 * WIDE}},
    {"windows.bias_table", 2, {49, 4}},
    {"deep.weight", 4, {WIDE, 1, 5, 5}},
    {"deep.bias", 1, {WIDE}},
    {"groups.weight", 4, {8, 5, 3, 3}},
    {"groups.bias", 1, {8}},
    {"wide.weight", 4, {WIDE, WIDE, 3, 3}},
    {"wide.bias", 1, {WIDE}},
    {"edge.weight", 4, {WIDE, WIDE, 5, 5}},
    {"edge.bias", 1, {WIDE}},
    {"half.weight", 4, {80, WIDE, 3, 3}},
    {"half.bias", 1, {80}},
    {"again.weight", 4, {WIDE, 80, 1, 1}},
    {"again.bias", 1, {WIDE}},
    {"look.weight", 4, {WIDE, WIDE, 3, 3}},
    {"look.bias", 1, {WIDE}},
    {"slopes.weight", 1, {WIDE}},
    {"last.weight", 4, {12, 6 * WIDE + 8, 3, 3}},
    {"last.bias", 1, {12}},
    {NULL, 0, {0}},
};

anew_model *every_step_model(void)
{
    return random_model(NULL, tensors, 0);
}

void every_step_graph(anew_graph **graph, const anew_model *model)
{
    anew_error error = {0};
    anew_graph *g = NULL;
    ck_assert_int_eq(anew_graph_create(&g, model, &error), ANEW_OK);
    const anew_val picture = anew_input_square(g, 3, EVERY_STEP_SIDE);
    const anew_val x = anew_prelu(g, anew_conv3(g, picture, WIDE, "a"), "slopes");
    const anew_val like = anew_upsample_nearest(
        g, anew_conv(g, anew_pixel_unshuffle(g, picture, 2), WIDE, 1, true, "b"), 2);
    anew_val y = anew_adain(g, x, like, 1e-5f);
    y = anew_add(g, y, anew_group_norm(g, x, 4, 1e-6f, "norm"));
    y = anew_add(g, y, anew_softmax(g, anew_layer_norm(g, y, 1e-5f, "layer")));
    const anew_val style = anew_global_mean(g, y);
    const anew_val c = anew_conv3(g, anew_multiply(g, y, style), WIDE, "c");
    y = anew_multiply(g, c, anew_demodulation(g, style, c, 1e-8f));
    y = anew_noise(g, y, 5, "noise");
    /* Half the size. */
    const anew_val small = anew_max_pool(g, y, 3, 2);
    anew_val seen = anew_attention(g, anew_conv1_plain(g, small, WIDE, "q"),
                                   anew_conv1_plain(g, small, WIDE, "k"),
                                   anew_conv1_plain(g, small, WIDE, "v"), 4);
    const anew_val code =
        anew_add(g, anew_codebook(g, seen, 12, "book"), anew_constant(g, 12, 8, "constant"));
    seen = anew_multiply(g, seen, anew_linear(g, anew_flatten(g, code), WIDE, true, "full"));
    const anew_val average = anew_average_pool(g, y, 2);
    const anew_val largest = anew_adaptive_max_pool(g, y, 2);
    anew_val back =
        anew_add(g, anew_resize_bilinear(g, seen, y, false), anew_resize_nearest(g, largest, y));
    back = anew_add(g, back, anew_upsample_bilinear(g, average, 2, true));
    back = anew_multiply(g, back, anew_global_mean(g, anew_crop(g, y, 1, 1)));
    /* Windows, every kind of convolution. */
    const anew_val windows =
        anew_window_attention(g, anew_conv(g, y, 3 * WIDE, 1, true, "qkv"), 4, 4, 2, "windows");
    const anew_val deep = anew_conv_with(
        g, y, (anew_conv_options){.channels = WIDE, .kernel = 5, .groups = WIDE, .bias = true},
        "deep");
    const anew_val groups = anew_conv_with(
        g, deep, (anew_conv_options){.channels = 8, .kernel = 3, .groups = 4, .bias = true},
        "groups");
    const anew_val wide = anew_conv_with(
        g, deep, (anew_conv_options){.channels = WIDE, .kernel = 3, .dilation = 2, .bias = true},
        "wide");
    const anew_val edge = anew_conv_with(
        g, back,
        (anew_conv_options){.channels = WIDE, .kernel = 5, .edge = ANEW_EDGE_REFLECT, .bias = true},
        "edge");
    const anew_val half = anew_conv_with(
        g, back, (anew_conv_options){.channels = 80, .kernel = 3, .stride = 2, .bias = true},
        "half");
    const anew_val shuffled = anew_pixel_shuffle(g, half, 2);
    const anew_val again = anew_conv(g, anew_pixel_unshuffle(g, anew_add(g, shuffled, wide), 2),
                                     WIDE, 1, true, "again");
    const anew_val look = anew_conv3(g, anew_upsample_bilinear(g, again, 2, false), WIDE, "look");
    /* Functions of single values. */
    anew_val f = anew_function(g, ANEW_OP_GELU, anew_function(g, ANEW_OP_ERF, windows));
    f = anew_divide(g, anew_silu(g, f),
                    anew_function(g, ANEW_OP_EXP, anew_function(g, ANEW_OP_TANH, edge)));
    f = anew_multiply(g, f, anew_function(g, ANEW_OP_SQRT, anew_sigmoid(g, edge)));
    const anew_val parts[] = {f,    groups,   windows, anew_slice(g, half, 7, WIDE),
                              look, shuffled, edge};
    anew_val all[7];
    for (int i = 0; i < 7; i++)
        all[i] = i == 3 ? anew_upsample_nearest(g, anew_scale(g, anew_relu(g, parts[3]), 0.5f), 2)
                        : parts[i];
    const anew_val out = anew_conv3(g, anew_concat(g, all, 7), 12, "last");
    ck_assert_msg(anew_graph_finish(g,
                                    anew_add(g, anew_pixel_shuffle(g, out, 2),
                                             anew_upsample_nearest(g, picture, 2)),
                                    &error) == ANEW_OK,
                  "%s", error.text);
    *graph = g;
}
