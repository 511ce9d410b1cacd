/*
 * recognise_swin2sr.c - Swin2SR. Of each block's attention, what its layers are made of is computed here (src/nets/swin2sr.c):
 *
 *     attn.q_bias, attn.v_bias                  attn.qkv.bias: queries', zeros for keys, values'
 *     attn.logit_scale                          attn.lengths: sums of squares by heads, 1e-24 more so that none is 0
 *     attn.cpb_mlp.0, .2, relative_coords_table attn.windows.bias_table = 16 sigmoid(W2 relu(W0 offsets + b0))
 *
 * The window's side is seen in the table of offsets. Forms with two results (`pixelshuffle_aux`, `_hf`) are refused.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "recognise.h"
#include "recognise_windows.h"

#define MOST_SCALE 100.0 /* of a head; what is learned is cut there */

bool swin2sr_matches(const checkpoint *c)
{
    return recognise_find(c, "layers.0.residual_group.blocks.0.attn.logit_scale") != NULL &&
           recognise_find(c, "layers.0.residual_group.blocks.0.attn.cpb_mlp.0.weight") != NULL;
}

/* What a block's attention is made of: [channels], [channels], [heads], [offsets][2], [hidden][2], [hidden],
 * [heads][hidden]. */
typedef struct attention_parts {
    const float *q_bias, *v_bias, *logit_scale, *offsets, *first, *bias, *second;
    int64_t channels, heads, count, hidden;
} attention_parts;

/* The values of a tensor of the attention PREFIX, of so many elements. */
static anew_status find_part(const float **found, const checkpoint *c, const char *prefix,
                             const char *name, int64_t elements, const char *label,
                             anew_error *error)
{
    char whole[160];
    (void)snprintf(whole, sizeof whole, "%s%s", prefix, name);
    const checkpoint_tensor *t = recognise_find(c, whole);
    if (t == NULL || t->elements != elements)
        return anew_fail(error, ANEW_ERROR_FORMAT,
                         "%s: looks like Swin2SR, but its tensor '%s' is %s", label, whole,
                         t == NULL ? "missing" : "of another size than the others need");
    *found = t->values;
    return ANEW_OK;
}

static anew_status find_parts(attention_parts *a, const checkpoint *c, const char *prefix,
                              const char *label, anew_error *error)
{
    char name[160];
    (void)snprintf(name, sizeof name, "%scpb_mlp.0.bias", prefix);
    const checkpoint_tensor *bias = recognise_find(c, name);
    a->hidden = bias == NULL ? 0 : bias->elements;
    ANEW_TRY(find_part(&a->bias, c, prefix, "cpb_mlp.0.bias", a->hidden, label, error));
    ANEW_TRY(find_part(&a->first, c, prefix, "cpb_mlp.0.weight", 2 * a->hidden, label, error));
    ANEW_TRY(
        find_part(&a->second, c, prefix, "cpb_mlp.2.weight", a->heads * a->hidden, label, error));
    ANEW_TRY(
        find_part(&a->offsets, c, prefix, "relative_coords_table", 2 * a->count, label, error));
    ANEW_TRY(find_part(&a->logit_scale, c, prefix, "logit_scale", a->heads, label, error));
    ANEW_TRY(find_part(&a->q_bias, c, prefix, "q_bias", a->channels, label, error));
    return find_part(&a->v_bias, c, prefix, "v_bias", a->channels, label, error);
}

/* [offsets][heads] of the small network of two layers. */
static void find_biases(float *table, const attention_parts *a)
{
    for (int64_t i = 0; i < a->count; i++)
        for (int64_t head = 0; head < a->heads; head++) {
            double sum = 0;
            for (int64_t k = 0; k < a->hidden; k++) {
                const double v = (double)a->first[2 * k] * (double)a->offsets[2 * i] +
                                 (double)a->first[2 * k + 1] * (double)a->offsets[2 * i + 1] +
                                 (double)a->bias[k];
                sum += v > 0 ? v * (double)a->second[head * a->hidden + k] : 0;
            }
            table[i * a->heads + head] = (float)(16 / (1 + exp(-sum)));
        }
}

/* [2 * channels][channels of a head]: of queries such that, divided by the root of the sum, they have the head's factor times
 * sqrt(channels of a head), as scores are multiplied by 1 / sqrt of that (graph/ops.def); of keys ones. */
static void find_lengths(float *weights, const attention_parts *a)
{
    const int64_t each = a->channels / a->heads;
    for (int64_t i = 0; i < 2 * a->channels; i++) {
        const double learned = i < a->channels ? exp((double)a->logit_scale[i / each]) : 0;
        const double factor = learned < MOST_SCALE ? learned : MOST_SCALE;
        for (int64_t k = 0; k < each; k++)
            weights[i * each + k] =
                i < a->channels ? (float)(1 / (factor * factor * (double)each)) : 1.0f;
    }
}

static anew_status add(checkpoint *c, const char *prefix, const char *name, int rank,
                       const int64_t *dims, const float *values, const char *label,
                       anew_error *error)
{
    char whole[160];
    int64_t count = 1;
    for (int i = 0; i < rank; i++)
        count *= dims[i];
    (void)snprintf(whole, sizeof whole, "%s%s", prefix, name);
    return checkpoint_add(c, label, whole, ELEMENT_F32, rank, dims, NULL, (const uint8_t *)values,
                          0, count, error);
}

/* Adds the layers of the attention PREFIX. */
static anew_status compute(checkpoint *c, attention_parts *a, const char *prefix, const char *label,
                           anew_error *error)
{
    const int64_t channels = a->channels, side = 2 * channels, each = channels / a->heads;
    anew_status status = ANEW_OK;
    ANEW_TRY(find_parts(a, c, prefix, label, error));
    const size_t floats = (size_t)(3 * channels + side * each + side + a->count * a->heads);
    float *all = anew_alloc_zero(anew_size_mul(floats, sizeof(float)));
    if (all == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory for '%s'", prefix);
    float *weights = all + 3 * channels, *little = weights + side * each, *table = little + side;
    for (int64_t i = 0; i < channels; i++) {
        all[i] = a->q_bias[i];
        all[2 * channels + i] = a->v_bias[i];
        little[i] = little[channels + i] = 1e-24f;
    }
    find_lengths(weights, a);
    find_biases(table, a);
    ANEW_TRY_GOTO(add(c, prefix, "qkv.bias", 1, (int64_t[]){3 * channels}, all, label, error), out);
    ANEW_TRY_GOTO(
        add(c, prefix, "lengths.weight", 4, (int64_t[]){side, each, 1, 1}, weights, label, error),
        out);
    ANEW_TRY_GOTO(add(c, prefix, "lengths.bias", 1, (int64_t[]){side}, little, label, error), out);
    ANEW_TRY_GOTO(add(c, prefix, "windows.bias_table", 2, (int64_t[]){a->count, a->heads}, table,
                      label, error),
                  out);
out:
    anew_free(all);
    return status;
}

/* Leaves out what the computed layers were made of. */
static void drop_parts(checkpoint *c)
{
    static const char *const parts[] = {".q_bias",
                                        ".v_bias",
                                        ".logit_scale",
                                        ".attn_mask",
                                        ".relative_coords_table",
                                        ".relative_position_index",
                                        ".cpb_mlp.0.weight",
                                        ".cpb_mlp.0.bias",
                                        ".cpb_mlp.2.weight"};
    int kept = 0;
    for (int i = 0; i < c->count; i++) {
        checkpoint_tensor *t = &c->tensors[i];
        bool dropped = false;
        for (size_t k = 0; k < sizeof parts / sizeof parts[0]; k++) {
            const size_t length = strlen(t->name), tail = strlen(parts[k]);
            dropped = dropped || (length >= tail && strcmp(t->name + length - tail, parts[k]) == 0);
        }
        if (dropped) {
            c->elements -= t->elements;
            anew_free(t->name);
            anew_free(t->values);
            continue;
        }
        c->tensors[kept++] = *t;
    }
    c->count = kept;
}

anew_status swin2sr_describe(recognised *r, checkpoint *c, const char *label, anew_error *error)
{
    const checkpoint_tensor *first, *fc1, *scale, *coords;
    int stages, depth;
    if (recognise_find(c, "absolute_pos_embed") != NULL ||
        recognise_find(c, "conv_aux.weight") != NULL ||
        recognise_find(c, "conv_last_hf.weight") != NULL ||
        recognise_find(c, "conv_after_body.weight") == NULL)
        return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                         "%s: a Swin2SR of a form that is not known: with a second result "
                         "(pixelshuffle_aux, pixelshuffle_hf), learned positions, or three "
                         "convolutions for one",
                         label);
    ANEW_TRY(recognise_conv(&first, c, "Swin2SR", "conv_first.weight", label, error));
    ANEW_TRY(windows_find(&fc1, c, "Swin2SR", "mlp.fc1.weight", 2, label, error));
    ANEW_TRY(windows_find(&scale, c, "Swin2SR", "attn.logit_scale", 3, label, error));
    ANEW_TRY(windows_find(&coords, c, "Swin2SR", "attn.relative_coords_table", 4, label, error));
    ANEW_TRY(windows_count_blocks(&stages, &depth, c, "Swin2SR", label, error));
    const int64_t channels = first->dims[0], colours = first->dims[1], heads = scale->elements;
    const int64_t side = coords->dims[1], hidden = fc1->dims[0];
    if (colours != 3 || heads < 1 || channels % heads != 0 || channels > 1024 || side < 3 ||
        side > 31 || side % 2 == 0 || coords->dims[2] != side)
        return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                         "%s: a Swin2SR for %lld colours, %lld heads of %lld channels, and offsets "
                         "of %lld rows; known are those for 3 colours, whole heads of up to 1024 "
                         "channels, and 3 to 31 rows, an odd number",
                         label, (long long)colours, (long long)heads, (long long)channels,
                         (long long)side);
    attention_parts parts = {.channels = channels, .heads = heads, .count = side * side};
    for (int i = 0; i < stages; i++)
        for (int k = 0; k < depth; k++) {
            char prefix[96];
            (void)snprintf(prefix, sizeof prefix, "layers.%d.residual_group.blocks.%d.attn.", i, k);
            ANEW_TRY(compute(c, &parts, prefix, label, error));
        }
    drop_parts(c);
    recognised_integer(r, "embed_dim", channels);
    recognised_integer(r, "num_stage", stages);
    recognised_integer(r, "depth", depth);
    recognised_integer(r, "num_head", heads);
    recognised_integer(r, "window_size", (side + 1) / 2);
    recognised_integer(r, "dim_mlp", hidden);
    ANEW_TRY(windows_describe_end(r, c, "Swin2SR", colours, label, error));
    recognised_real(r, "img_range", 1);
    (void)snprintf(r->remark, sizeof r->remark,
                   "samples up to 1 inside are assumed (else --set img_range=255), and the mean of "
                   "DIV2K");
    return windows_add_mean(c, label, error);
}
