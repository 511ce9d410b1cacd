/* every_operation.c - the network of every operation. A new operation is added here, or check_operations
 * names it as missing. */
#include "common/every_operation.h"

#include "core/memory.h"
#include "model/model_write.h"

#define FEATURES 22

/* Numbers between -0.3 and 0.3, the same ones in every run. */
static float next_weight(void)
{
    static unsigned int state = 20261121;
    state = state * 1664525u + 1013904223u;
    return ((float)(state >> 8) / 8388608.0f - 1.0f) * 0.3f;
}

static anew_status add_tensor(anew_model_writer *writer, const char *name, int rank,
                              const int64_t *dims, anew_error *error)
{
    static float values[2 * FEATURES * FEATURES * 9];
    int64_t count = 1;
    for (int i = 0; i < rank; i++)
        count *= dims[i];
    for (int64_t i = 0; i < count; i++)
        values[i] = next_weight();
    return anew_model_writer_tensor(writer, name, ANEW_DTYPE_F32, rank, dims, values, error);
}

anew_status every_operation_model(anew_model **model, anew_error *error)
{
    static const struct {
        const char *name;
        int rank;
        int64_t dims[4];
    } tensors[] = {
        {"first.weight", 4, {FEATURES, 12, 3, 3}},
        {"first.bias", 1, {FEATURES}},
        {"slopes.weight", 1, {FEATURES}},
        {"norm.weight", 1, {FEATURES}},
        {"norm.bias", 1, {FEATURES}},
        {"windows.bias_table", 2, {9, 2}},
        {"join.weight", 4, {FEATURES, 2 * FEATURES, 1, 1}},
        {"join.bias", 1, {FEATURES}},
        {"last.weight", 4, {12, FEATURES, 3, 3}},
        {"last.bias", 1, {12}},
    };
    anew_status status = ANEW_OK;
    anew_model_writer *writer = NULL;
    anew_bytes bytes = {0};
    ANEW_TRY_GOTO(anew_model_writer_create(&writer, error), out);
    ANEW_TRY_GOTO(anew_model_writer_set(writer, "architecture", "test", error), out);
    for (size_t i = 0; i < sizeof tensors / sizeof tensors[0]; i++)
        ANEW_TRY_GOTO(add_tensor(writer, tensors[i].name, tensors[i].rank, tensors[i].dims, error),
                      out);
    ANEW_TRY_GOTO(anew_model_writer_finish(writer, &bytes, error), out);
    ANEW_TRY_GOTO(anew_model_from_bytes(model, &bytes, "test", error), out);
out:
    anew_model_writer_free(&writer);
    return status;
}

anew_status every_operation_graph(anew_graph **graph, const anew_model *model, anew_error *error)
{
    static const anew_op of_one[] = {ANEW_OP_ERF,     ANEW_OP_TANH,  ANEW_OP_SIGMOID, ANEW_OP_SILU,
                                     ANEW_OP_MISH,    ANEW_OP_CLAMP, ANEW_OP_GELU,    ANEW_OP_EXP,
                                     ANEW_OP_SOFTMAX, ANEW_OP_RELU};
    anew_status status = ANEW_OK;
    anew_graph *g = NULL;
    ANEW_TRY_GOTO(anew_graph_create(&g, model, error), out);
    const anew_val picture = anew_input(g, 3);
    anew_val x = anew_conv3(g, anew_pixel_unshuffle(g, picture, 2), FEATURES, "first");
    x = anew_layer_norm(g, anew_prelu(g, x, "slopes"), 1e-5f, "norm");
    anew_val sum = x;
    for (size_t i = 0; i < sizeof of_one / sizeof of_one[0]; i++)
        sum = anew_add(g, sum, anew_scale(g, anew_function(g, of_one[i], x), 0.25f));
    sum = anew_add(g, sum, anew_max_pool(g, anew_max_pool(g, x, 3, 1), 2, 1));
    const anew_val size = anew_function(g, ANEW_OP_SQRT, anew_multiply(g, sum, sum));
    const anew_val share = anew_divide(g, anew_lrelu(g, sum, 0.1f),
                                       anew_add(g, size, anew_function(g, ANEW_OP_EXP, x)));
    const anew_val seen = anew_window_attention(g, anew_cat(g, x, share, x), 2, 2, 1, "windows");
    x = anew_conv(g, anew_cat(g, x, seen), FEATURES, 1, true, "join");
    x = anew_conv3(g, anew_upsample_nearest(g, x, 2), 12, "last");
    ANEW_TRY_GOTO(anew_graph_finish(g, anew_pixel_shuffle(g, x, 2), error), out);
    *graph = g;
    return ANEW_OK;
out:
    anew_graph_free(&g);
    return status;
}
