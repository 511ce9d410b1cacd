/*
 * recognise_swinir.c - SwinIR. Its names are canonical but for one, and three kinds of tensors are left out, which are
 * computed: masks and indices of the size that it was trained on.
 *
 *     layers.I.residual_group.blocks.K.attn.relative_position_bias_table    layers.I. ... .attn.windows.bias_table
 *
 * All hyper-parameters stand in names and shapes but the range of samples inside, which is 255 in the networks against
 * JPEG's traces (they alone have windows of 7 pixels) and 1 in all others, and the mean of colours, `mean.weight` here.
 */
#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "recognise.h"

/* Of DIV2K's pictures, red, green, blue, as published. */
static const float mean[3] = {0.4488f, 0.4371f, 0.4040f};

static const char first_block[] = "layers.0.residual_group.blocks.0.";
static const char bias_table[] = "relative_position_bias_table";

bool swinir_matches(const checkpoint *c)
{
    return recognise_find(c, "layers.0.residual_group.blocks.0.attn.qkv.weight") != NULL &&
           recognise_find(c, "conv_after_body.0.weight") !=
               recognise_find(c, "conv_after_body.weight");
}

static bool ends_with(const char *name, const char *ending)
{
    const size_t length = strlen(name), part = strlen(ending);
    return length >= part && strcmp(name + length - part, ending) == 0;
}

/* Without what is computed for each size of picture; with canonical names. */
static void make_canonical(checkpoint *c)
{
    int kept = 0;
    for (int i = 0; i < c->count; i++) {
        checkpoint_tensor *t = &c->tensors[i];
        if (ends_with(t->name, ".attn_mask") || ends_with(t->name, ".relative_position_index")) {
            c->elements -= t->elements;
            anew_free(t->name);
            anew_free(t->values);
            continue;
        }
        if (ends_with(t->name, bias_table)) /* the shorter name fits */
            (void)snprintf(t->name + strlen(t->name) - strlen(bias_table), strlen(bias_table) + 1,
                           "windows.bias_table");
        c->tensors[kept++] = *t;
    }
    c->count = kept;
}

/* The tensor that every block has under this name, of so many dimensions. */
static anew_status find(const checkpoint_tensor **found, const checkpoint *c, const char *part,
                        int rank, const char *label, anew_error *error)
{
    char name[128], shape[ANEW_SHAPE_TEXT];
    (void)snprintf(name, sizeof name, "%s%s", first_block, part);
    *found = recognise_find(c, name);
    if (*found == NULL)
        return anew_fail(error, ANEW_ERROR_FORMAT,
                         "%s: looks like SwinIR, but its tensor '%s' is missing", label, name);
    if ((*found)->rank != rank)
        return anew_fail(error, ANEW_ERROR_FORMAT,
                         "%s: looks like SwinIR, but its tensor '%s' has the shape %s", label, name,
                         anew_shape_text(shape, (*found)->rank, (*found)->dims));
    return ANEW_OK;
}

/* Stages, and blocks in each of them, which must be as many everywhere. */
static anew_status count_blocks(int *stages, int *depth, const checkpoint *c, const char *label,
                                anew_error *error)
{
    enum { MOST = 64 };
    int depths[MOST] = {0};
    *stages = *depth = 0;
    for (int i = 0; i < c->count; i++) {
        int stage = 0, block = 0;
        if (sscanf(c->tensors[i].name, "layers.%d.residual_group.blocks.%d.", &stage, &block) !=
                2 ||
            stage < 0 || stage >= MOST || block < 0 || block >= MOST)
            continue;
        *stages = stage >= *stages ? stage + 1 : *stages;
        depths[stage] = block >= depths[stage] ? block + 1 : depths[stage];
    }
    *depth = depths[0];
    for (int i = 1; i < *stages; i++)
        if (depths[i] != *depth)
            return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                             "%s: a SwinIR with %d blocks in its first stage and %d in another; "
                             "known are those with as many in each",
                             label, *depth, depths[i]);
    return ANEW_OK;
}

/* The whole number whose square it is; 0 where it is none. */
static int root_of(int64_t square)
{
    for (int i = 1; i <= 1024; i++)
        if ((int64_t)i * i == square)
            return i;
    return 0;
}

/* The end that makes the picture: its kind, channels and enlargement. */
static anew_status describe_end(recognised *r, const checkpoint *c, int64_t colours,
                                const char *label, anew_error *error)
{
    const checkpoint_tensor *before = recognise_find(c, "conv_before_upsample.0.weight");
    const checkpoint_tensor *up = recognise_find(c, "upsample.0.weight");
    const char *kind = "none";
    int64_t scale = 1;
    char name[32];
    if (before != NULL && recognise_find(c, "conv_up1.weight") != NULL) {
        kind = "nearest+conv";
        scale = recognise_find(c, "conv_up2.weight") != NULL ? 4 : 2;
    } else if (before != NULL) {
        kind = "pixelshuffle";
        for (int i = 0; i < 6; i += 2) {
            (void)snprintf(name, sizeof name, "upsample.%d.weight", i);
            up = recognise_find(c, name);
            if (up != NULL && up->rank == 4 && up->dims[1] > 0)
                scale *= root_of(up->dims[0] / up->dims[1]);
        }
    } else if (up != NULL && up->rank == 4) {
        kind = "pixelshuffledirect";
        scale = root_of(up->dims[0] / colours);
    }
    if (scale < 1 || scale > 8)
        return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                         "%s: a SwinIR whose pixel shuffles enlarge by no number from 1 to 8",
                         label);
    recognised_text(r, "upsampler", kind);
    recognised_integer(r, "num_feat", before != NULL ? before->dims[0] : 0);
    recognised_integer(r, "upscale", scale);
    return ANEW_OK;
}

anew_status swinir_describe(recognised *r, checkpoint *c, const char *label, anew_error *error)
{
    const checkpoint_tensor *first, *table, *fc1;
    int stages, depth;
    make_canonical(c);
    if (recognise_find(c, "absolute_pos_embed") != NULL)
        return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                         "%s: a SwinIR with learned positions of one size of picture; known are "
                         "those without",
                         label);
    ANEW_TRY(recognise_conv(&first, c, "SwinIR", "conv_first.weight", label, error));
    ANEW_TRY(find(&table, c, "attn.windows.bias_table", 2, label, error));
    ANEW_TRY(find(&fc1, c, "mlp.fc1.weight", 2, label, error));
    ANEW_TRY(count_blocks(&stages, &depth, c, label, error));
    const int64_t colours = first->dims[1];
    const int window = (root_of(table->dims[0]) + 1) / 2;
    if ((colours != 1 && colours != 3) || window < 2)
        return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                         "%s: a SwinIR for %lld channels, with %lld offsets in its windows; known "
                         "are those for 3 colours or 1, and tables of odd squares",
                         label, (long long)colours, (long long)table->dims[0]);
    recognised_integer(r, "num_in_ch", colours);
    recognised_integer(r, "embed_dim", first->dims[0]);
    recognised_integer(r, "num_stage", stages);
    recognised_integer(r, "depth", depth);
    recognised_integer(r, "num_head", table->dims[1]);
    recognised_integer(r, "window_size", window);
    recognised_integer(r, "dim_mlp", fc1->dims[0]);
    recognised_integer(r, "narrow", recognise_find(c, "conv_after_body.0.weight") != NULL);
    ANEW_TRY(describe_end(r, c, colours, label, error));
    recognised_real(r, "img_range", window == 7 ? 255 : 1);
    (void)snprintf(r->remark, sizeof r->remark,
                   "samples up to %d inside are assumed, as in the published networks with windows "
                   "of %d pixels (else --set img_range=%d)%s",
                   window == 7 ? 255 : 1, window, window == 7 ? 1 : 255,
                   colours == 3 ? ", and the mean of DIV2K" : "");
    if (colours == 1)
        return ANEW_OK;
    return checkpoint_add(c, label, "mean.weight", ELEMENT_F32, 1, (const int64_t[]){3}, NULL,
                          (const uint8_t *)mean, 0, 3, error);
}
