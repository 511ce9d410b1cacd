/*
 * recognise_hat.c - HAT. Names there and here, beside those that are the same, where * is the name of a group:
 *
 *     *.blocks.K.attn.relative_position_bias_table     *.blocks.K.attn.windows.bias_table
 *     *.overlap_attn.relative_position_bias_table      *.overlap_attn.attn.windows.bias_table
 *     *.overlap_attn.qkv, .proj                        *.overlap_attn.attn.qkv, .proj
 *
 * The table of overlapping windows is rearranged. In the files the entry for a key that stands `down` rows below its query
 * and `right` columns to its right is number ((down + d) * side + right + d) modulo side * side, where d is less than
 * 0, as indices from the end are Python's; here it is graph/ops.def's. That windows overlap by half, half of that on each
 * side, is seen in that table's size. No tensor shows by how much the convolutions beside a block's attention are scaled: 0.01 in
 * all published networks.
 */
#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "names.h"
#include "recognise.h"
#include "recognise_windows.h"

static const char overlapping[] = ".overlap_attn.attn.windows.bias_table";

bool hat_matches(const checkpoint *c)
{
    return recognise_find(c, "layers.0.residual_group.overlap_attn.qkv.weight") != NULL &&
           recognise_find(c, "layers.0.residual_group.blocks.0.conv_block.cab.0.weight") != NULL;
}

/* To the order of graph/ops.def: rows and columns by those of the query less those of the key. */
static anew_status rearrange(checkpoint_tensor *table, int window, int seen, anew_error *error)
{
    const int side = window + seen - 1, move = window - seen + 1;
    const int64_t heads = table->dims[1], square = (int64_t)side * side;
    float *values = anew_alloc(anew_size_mul((size_t)table->elements, sizeof(float)));
    if (values == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory for '%s'", table->name);
    for (int down = 1 - window; down < seen; down++)
        for (int right = 1 - window; right < seen; right++) {
            const int64_t from = ((int64_t)(down + move) * side + right + move + square) % square;
            const int64_t to = (int64_t)(seen - 1 - down) * side + seen - 1 - right;
            memcpy(values + to * heads, table->values + from * heads,
                   (size_t)heads * sizeof(float));
        }
    anew_free(table->values);
    table->values = values;
    return ANEW_OK;
}

/* Of windows that overlap, by all their tables: pixels past each edge. */
static anew_status describe_overlap(int *overlap, checkpoint *c, int window, const char *label,
                                    anew_error *error)
{
    int tables = 0, stages, depth;
    *overlap = 0;
    for (int i = 0; i < c->count; i++) {
        checkpoint_tensor *t = &c->tensors[i];
        const size_t length = strlen(t->name), part = sizeof overlapping - 1;
        if (length < part || strcmp(t->name + length - part, overlapping) != 0)
            continue;
        const int seen = t->rank == 2 ? windows_root(t->dims[0]) + 1 - window : 0;
        if (seen <= window || (seen - window) % 2 != 0 || seen > 2 * window ||
            (tables > 0 && seen != window + 2 * *overlap))
            return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                             "%s: a HAT whose windows of %d pixels have a table of %lld offsets in "
                             "'%s'; known are those that see an even number of pixels more, up to "
                             "twice as many, the same everywhere",
                             label, window, (long long)t->dims[0], t->name);
        *overlap = (seen - window) / 2;
        tables++;
        ANEW_TRY(rearrange(t, window, seen, error));
    }
    ANEW_TRY(windows_count_blocks(&stages, &depth, c, "HAT", label, error));
    if (tables != stages)
        return anew_fail(error, ANEW_ERROR_FORMAT,
                         "%s: a HAT of %d groups and %d tables of overlapping windows", label,
                         stages, tables);
    return ANEW_OK;
}

anew_status hat_describe(recognised *r, checkpoint *c, const char *label, anew_error *error)
{
    const checkpoint_tensor *first, *table, *fc1, *compress, *squeeze, *before;
    int stages, depth, overlap;
    ANEW_TRY(
        names_replace(c, label, ".overlap_attn.qkv.", ".overlap_attn.attn.qkv.", false, error));
    ANEW_TRY(
        names_replace(c, label, ".overlap_attn.proj.", ".overlap_attn.attn.proj.", false, error));
    ANEW_TRY(names_replace(c, label, ".overlap_attn.relative_position_bias_table",
                           ".overlap_attn.attn.relative_position_bias_table", false, error));
    windows_make_canonical(c);
    if (recognise_find(c, "absolute_pos_embed") != NULL)
        return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                         "%s: a HAT with learned positions of one size of picture; known are those "
                         "without",
                         label);
    ANEW_TRY(recognise_conv(&first, c, "HAT", "conv_first.weight", label, error));
    ANEW_TRY(recognise_conv(&before, c, "HAT", "conv_before_upsample.0.weight", label, error));
    ANEW_TRY(windows_find(&table, c, "HAT", "attn.windows.bias_table", 2, label, error));
    ANEW_TRY(windows_find(&fc1, c, "HAT", "mlp.fc1.weight", 2, label, error));
    ANEW_TRY(windows_find(&compress, c, "HAT", "conv_block.cab.0.weight", 4, label, error));
    ANEW_TRY(
        windows_find(&squeeze, c, "HAT", "conv_block.cab.3.attention.1.weight", 4, label, error));
    ANEW_TRY(windows_count_blocks(&stages, &depth, c, "HAT", label, error));
    const int window = (windows_root(table->dims[0]) + 1) / 2;
    if (first->dims[1] != 3 || window < 2)
        return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                         "%s: a HAT for %lld channels, with %lld offsets in its windows; known are "
                         "those for 3 colours, and tables of odd squares",
                         label, (long long)first->dims[1], (long long)table->dims[0]);
    ANEW_TRY(describe_overlap(&overlap, c, window, label, error));
    recognised_integer(r, "embed_dim", first->dims[0]);
    recognised_integer(r, "num_stage", stages);
    recognised_integer(r, "depth", depth);
    recognised_integer(r, "num_head", table->dims[1]);
    recognised_integer(r, "window_size", window);
    recognised_integer(r, "overlap", overlap);
    recognised_integer(r, "dim_mlp", fc1->dims[0]);
    recognised_integer(r, "num_compress", compress->dims[0]);
    recognised_integer(r, "num_squeeze", squeeze->dims[0]);
    recognised_integer(r, "num_feat", before->dims[0]);
    recognised_integer(r, "upscale", windows_shuffled_scale(c));
    recognised_real(r, "conv_scale", 0.01);
    recognised_real(r, "img_range", 1);
    (void)snprintf(r->remark, sizeof r->remark,
                   "the published scale of the convolutions beside attention, 0.01, is assumed "
                   "(else --set conv_scale=...), and the mean of DIV2K");
    return windows_add_mean(c, label, error);
}
