/* every_convolution.c - the network of every shape: large kernels, stride, dilation, groups of whole and of odd
 * numbers of channels, depthwise, few outputs; of the picture, of enlarged values, of concatenations. */
#include "common/every_convolution.h"

#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "model/model_write.h"

static const struct {
    const char *name;
    int in;
    anew_conv_options options;
} layers[] = {
    {"large", 3, {.channels = 22, .kernel = 9, .bias = true}},
    {"depth", 22, {.channels = 22, .kernel = 3, .dilation = 2, .groups = 22, .bias = true}},
    {"half", 22, {.channels = 33, .kernel = 5, .stride = 2, .groups = 11, .bias = true}},
    {"parts", 33, {.channels = 32, .kernel = 1, .bias = false}},
    {"blocks", 32, {.channels = 32, .kernel = 3, .groups = 2, .bias = true}},
    {"joined", 54, {.channels = 24, .kernel = 3, .groups = 2, .bias = true}},
    {"wide", 24, {.channels = 24, .kernel = 17, .groups = 24, .bias = true}},
    {"picture", 3, {.channels = 8, .kernel = 5, .stride = 2, .bias = true}},
    {"spread", 8, {.channels = 4, .kernel = 5, .dilation = 3, .bias = true}},
    {"skip", 22, {.channels = 16, .kernel = 3, .stride = 2, .groups = 2, .bias = true}},
    {"few", 24, {.channels = 3, .kernel = 3, .bias = true}},
    {"last", 23, {.channels = 12, .kernel = 3, .bias = true}},
};
#define LAYERS (sizeof layers / sizeof layers[0])

static float next_weight(void)
{
    static unsigned int state = 20261121;
    state = state * 1664525u + 1013904223u;
    return ((float)(state >> 8) / 8388608.0f - 1.0f) * 0.3f;
}

static anew_status add_tensor(anew_model_writer *writer, const char *layer, const char *part,
                              int rank, const int64_t *dims, anew_error *error)
{
    static float values[24 * 17 * 17];
    char name[64];
    int64_t count = 1;
    for (int i = 0; i < rank; i++)
        count *= dims[i];
    if (count > (int64_t)(sizeof values / sizeof values[0]))
        return anew_fail(error, ANEW_ERROR_ARGUMENT, "layer '%s' is too large", layer);
    for (int64_t i = 0; i < count; i++)
        values[i] = next_weight();
    (void)snprintf(name, sizeof name, "%s.%s", layer, part);
    return anew_model_writer_tensor(writer, name, ANEW_DTYPE_F32, rank, dims, values, error);
}

anew_status every_convolution_model(anew_model **model, anew_error *error)
{
    anew_status status = ANEW_OK;
    anew_model_writer *writer = NULL;
    anew_bytes bytes = {0};
    ANEW_TRY_GOTO(anew_model_writer_create(&writer, error), out);
    ANEW_TRY_GOTO(anew_model_writer_set(writer, "architecture", "test", error), out);
    for (size_t i = 0; i < LAYERS; i++) {
        const anew_conv_options *o = &layers[i].options;
        const int64_t dims[] = {o->channels, layers[i].in / (o->groups > 0 ? o->groups : 1),
                                o->kernel, o->kernel};
        ANEW_TRY_GOTO(add_tensor(writer, layers[i].name, "weight", 4, dims, error), out);
        if (o->bias)
            ANEW_TRY_GOTO(add_tensor(writer, layers[i].name, "bias", 1, dims, error), out);
    }
    ANEW_TRY_GOTO(anew_model_writer_finish(writer, &bytes, error), out);
    ANEW_TRY_GOTO(anew_model_from_bytes(model, &bytes, "test", error), out);
out:
    anew_model_writer_free(&writer);
    return status;
}

static anew_val layer(anew_graph *g, anew_val x, const char *name)
{
    size_t i = 0;
    while (i < LAYERS - 1 && strcmp(layers[i].name, name) != 0)
        i++;
    return anew_conv_with(g, x, layers[i].options, "%s", name);
}

anew_status every_convolution_graph(anew_graph **graph, const anew_model *model, anew_error *error)
{
    anew_status status = ANEW_OK;
    anew_graph *g = NULL;
    ANEW_TRY_GOTO(anew_graph_create(&g, model, error), out);
    const anew_val picture = anew_input(g, 3);
    const anew_val x = anew_lrelu(g, layer(g, layer(g, picture, "large"), "depth"), 0.2f);
    const anew_val half = anew_lrelu(g, layer(g, x, "half"), 0.1f);
    const anew_val parts = layer(g, half, "parts");
    const anew_val blocks = anew_upsample_nearest(g, layer(g, parts, "blocks"), 2);
    const anew_val joined = anew_silu(g, layer(g, anew_cat(g, x, blocks), "joined"));
    const anew_val wide = anew_multiply(g, layer(g, joined, "wide"), joined);
    const anew_val small = anew_upsample_nearest(g, layer(g, picture, "picture"), 2);
    const anew_val spread = layer(g, small, "spread");
    const anew_val skip = anew_upsample_nearest(g, layer(g, x, "skip"), 2);
    const anew_val few = layer(g, wide, "few");
    const anew_val last = layer(g, anew_cat(g, spread, few, skip), "last");
    ANEW_TRY_GOTO(anew_graph_finish(g, anew_pixel_shuffle(g, last, 2), error), out);
    *graph = g;
    return ANEW_OK;
out:
    anew_graph_free(&g);
    return status;
}
