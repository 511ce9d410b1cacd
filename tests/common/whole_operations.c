/* whole_operations.c - see whole_operations.h. */
#include "common/whole_operations.h"

#include <string.h>

#include "core/memory.h"
#include "model/model_write.h"

#define SIDE  WHOLE_SIDE
#define WIDE  24 /* channels */
#define ODD   21
#define CODES 11

static const struct {
    const char *name;
    int rank;
    int64_t dims[4];
} tensors[] = {
    {"first.weight", 4, {WIDE, 3, 3, 3}},
    {"first.bias", 1, {WIDE}},
    {"norm.weight", 1, {WIDE}},
    {"norm.bias", 1, {WIDE}},
    {"down.weight", 4, {ODD, WIDE, 3, 3}},
    {"down.bias", 1, {ODD}},
    {"mirror.weight", 4, {WIDE, ODD, 3, 3}},
    {"wide.weight", 4, {WIDE, ODD, 5, 5}},
    {"learned.weight", 3, {WIDE, SIDE / 2, SIDE / 2}},
    {"q.weight", 2, {WIDE, WIDE}},
    {"k.weight", 2, {WIDE, WIDE}},
    {"v.weight", 2, {WIDE, WIDE}},
    {"v.bias", 1, {WIDE}},
    {"logits.weight", 2, {CODES, WIDE}},
    {"codes.weight", 2, {CODES, WIDE}},
    {"style.weight", 2, {WIDE, WIDE * 25}},
    {"style.bias", 1, {WIDE}},
    {"modulated.weight", 4, {ODD, WIDE, 3, 3}},
    {"gate.weight", 2, {WIDE, WIDE}},
    {"noise.map", 4, {1, 1, SIDE, SIDE}},
    {"noise.strength", 1, {1}},
    {"offset.weight", 1, {ODD}},
    {"last.weight", 4, {3, ODD + WIDE, 3, 3}},
    {"last.bias", 1, {3}},
};

anew_status whole_operations_model(anew_model **model, anew_error *error)
{
    static float values[WIDE * WIDE * 25];
    static unsigned int state = 20261122;
    anew_status status = ANEW_OK;
    anew_model_writer *writer = NULL;
    anew_bytes bytes = {0};
    ANEW_TRY_GOTO(anew_model_writer_create(&writer, error), out);
    ANEW_TRY_GOTO(anew_model_writer_set(writer, "architecture", "test", error), out);
    for (size_t i = 0; i < sizeof tensors / sizeof tensors[0]; i++) {
        int64_t count = 1;
        for (int k = 0; k < tensors[i].rank; k++)
            count *= tensors[i].dims[k];
        for (int64_t k = 0; k < count; k++) {
            state = state * 1664525u + 1013904223u;
            values[k] = ((float)(state >> 8) / 8388608.0f - 1.0f) * 0.3f;
        }
        /* Codes in pairs that are always equally large: the first of two must be taken. */
        for (int64_t k = 0; strcmp(tensors[i].name, "logits.weight") == 0 && k < 5 * WIDE; k++)
            values[5 * WIDE + k] = values[k];
        ANEW_TRY_GOTO(anew_model_writer_tensor(writer, tensors[i].name, ANEW_DTYPE_F32,
                                               tensors[i].rank, tensors[i].dims, values, error),
                      out);
    }
    ANEW_TRY_GOTO(anew_model_writer_finish(writer, &bytes, error), out);
    ANEW_TRY_GOTO(anew_model_from_bytes(model, &bytes, "test", error), out);
out:
    anew_model_writer_free(&writer);
    return status;
}

/* Operations whose places depend on the value's sides. */
static anew_val placed(anew_graph *g, anew_val x)
{
    const anew_val grid = anew_adaptive_max_pool(g, x, 3);
    const anew_val small = anew_max_pool_valid(g, x, 4, 3);
    return anew_add(g, anew_resize_nearest(g, grid, x), anew_resize_bilinear(g, small, x, false));
}

anew_status whole_operations_graph(anew_graph **graph, const anew_model *model, int seed,
                                   anew_error *error)
{
    anew_status status = ANEW_OK;
    anew_graph *g = NULL;
    ANEW_TRY_GOTO(anew_graph_create(&g, model, error), out);
    anew_val x = anew_conv3(g, anew_input_square(g, 3, SIDE), WIDE, "first");
    const anew_val first = anew_silu(g, anew_group_norm(g, x, 6, 1e-6f, "norm"));
    x = anew_conv_with(
        g, first,
        (anew_conv_options){.channels = ODD, .kernel = 3, .stride = 2, .bias = true, .after = true},
        "down");
    const anew_val mirror = anew_conv_with(
        g, x, (anew_conv_options){.channels = WIDE, .kernel = 3, .edge = ANEW_EDGE_REFLECT},
        "mirror");
    /* The same value read with mirrored edges, with repeated ones and with zeros; rows that reach two pixels out. */
    const anew_val wide = anew_conv_with(
        g, x, (anew_conv_options){.channels = WIDE, .kernel = 5, .edge = ANEW_EDGE_REPEAT}, "wide");
    const anew_val learned =
        anew_add(g, anew_add(g, mirror, wide), anew_constant(g, WIDE, SIDE / 2, "learned"));
    const anew_val r = anew_add(g, learned, placed(g, mirror));
    const anew_val attended =
        anew_attention(g, anew_linear(g, r, WIDE, false, "q"), anew_linear(g, r, WIDE, false, "k"),
                       anew_linear(g, r, WIDE, true, "v"), 3);
    const anew_val logits = anew_linear(g, attended, CODES, false, "logits");
    const anew_val code = anew_codebook(g, logits, WIDE, "codes");
    x = anew_add(g, anew_adain(g, code, anew_add(g, attended, r), 1e-5f), attended);

    const anew_val flat = anew_flatten(g, anew_average_pool(g, x, 2));
    const anew_val style = anew_linear(g, flat, WIDE, true, "style");
    x = anew_add(g, x, anew_global_mean(g, r));
    x = anew_upsample_bilinear(g, anew_multiply(g, x, style), 2, false);
    anew_val y = anew_conv(g, x, ODD, 3, false, "modulated");
    y = anew_multiply(g, y, anew_demodulation(g, style, y, 1e-8f));
    y = anew_noise(g, anew_scale(g, y, 1.5f), seed, "noise");
    y = anew_lrelu(g, anew_add(g, y, anew_constant(g, ODD, 1, "offset")), 0.2f);
    y = anew_add(g, y, anew_global_mean(g, anew_crop(g, y, 3, 2)));
    const anew_val tail = anew_slice(g, y, 4, ODD - 4);
    y = anew_cat(g, anew_slice(g, y, 0, 4), anew_multiply(g, tail, anew_sigmoid(g, tail)));
    /* A single pixel that only this product reads, while others read r. */
    const anew_val gated = anew_multiply(g, r, anew_linear(g, style, WIDE, false, "gate"));
    y = anew_cat(g, anew_upsample_bilinear(g, gated, 2, true), y);
    ANEW_TRY_GOTO(anew_graph_finish(g, anew_conv3(g, y, 3, "last"), error), out);
    *graph = g;
    return ANEW_OK;
out:
    anew_graph_free(&g);
    return status;
}

anew_status banded_operations_graph(anew_graph **graph, const anew_model *model, anew_error *error)
{
    static const char *const others[] = {"norm.", "wide.",  "learned.", "q.",    "k.",
                                         "v.",    "style.", "gate.",    "noise."};
    anew_status status = ANEW_OK;
    anew_graph *g = NULL;
    ANEW_TRY_GOTO(anew_graph_create(&g, model, error), out);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        anew_leave_out(g, others[i]);
    const anew_val first = anew_conv3(g, anew_input(g, 3), WIDE, "first");
    const anew_val down = anew_conv_with(
        g, first,
        (anew_conv_options){.channels = ODD, .kernel = 3, .stride = 2, .bias = true, .after = true},
        "down");
    const anew_val mirror = anew_conv_with(
        g, down, (anew_conv_options){.channels = WIDE, .kernel = 3, .edge = ANEW_EDGE_REFLECT},
        "mirror");
    anew_val x = anew_add(g, mirror, anew_average_pool(g, first, 2));
    x = anew_add(g, x, placed(g, mirror));
    x = anew_add(g, x, anew_codebook(g, anew_linear(g, x, CODES, false, "logits"), WIDE, "codes"));
    /* One enlargement that a convolution looks through, one that is stored. */
    anew_val y = anew_conv(g, anew_upsample_bilinear(g, x, 2, false), ODD, 3, false, "modulated");
    y = anew_lrelu(g, anew_add(g, y, anew_constant(g, ODD, 1, "offset")), 0.2f);
    x = anew_multiply(g, anew_upsample_bilinear(g, x, 2, true), first);
    x = anew_cat(g, anew_slice(g, x, 5, WIDE - 5), anew_slice(g, x, 0, 5));
    ANEW_TRY_GOTO(anew_graph_finish(g, anew_conv3(g, anew_cat(g, y, x), 3, "last"), error), out);
    *graph = g;
    return ANEW_OK;
out:
    anew_graph_free(&g);
    return status;
}
