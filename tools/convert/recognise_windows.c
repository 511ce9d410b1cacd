/* recognise_windows.c - what the checkpoints of SwinIR, Swin2SR and HAT have in common. */
#include "recognise_windows.h"

#include <stdio.h>
#include <string.h>

#include "core/memory.h"

/* Of DIV2K's pictures, red, green, blue, as published. */
static const float mean[3] = {0.4488f, 0.4371f, 0.4040f};

static const char first_block[] = "layers.0.residual_group.blocks.0.";
static const char bias_table[] = "relative_position_bias_table";

static bool ends_with(const char *name, const char *ending)
{
    const size_t length = strlen(name), part = strlen(ending);
    return length >= part && strcmp(name + length - part, ending) == 0;
}

void windows_make_canonical(checkpoint *c)
{
    int kept = 0;
    for (int i = 0; i < c->count; i++) {
        checkpoint_tensor *t = &c->tensors[i];
        if (ends_with(t->name, ".attn_mask") || ends_with(t->name, ".relative_position_index") ||
            strncmp(t->name, "relative_position_index_", 24) == 0) {
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

anew_status windows_find(const checkpoint_tensor **found, const checkpoint *c, const char *network,
                         const char *part, int rank, const char *label, anew_error *error)
{
    char name[128], shape[ANEW_SHAPE_TEXT];
    (void)snprintf(name, sizeof name, "%s%s", first_block, part);
    *found = recognise_find(c, name);
    if (*found == NULL)
        return anew_fail(error, ANEW_ERROR_FORMAT,
                         "%s: looks like %s, but its tensor '%s' is missing", label, network, name);
    if ((*found)->rank != rank)
        return anew_fail(error, ANEW_ERROR_FORMAT,
                         "%s: looks like %s, but its tensor '%s' has the shape %s", label, network,
                         name, anew_shape_text(shape, (*found)->rank, (*found)->dims));
    return ANEW_OK;
}

anew_status windows_count_blocks(int *stages, int *depth, const checkpoint *c, const char *network,
                                 const char *label, anew_error *error)
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
                             "%s: a %s with %d blocks in its first stage and %d in another; known "
                             "are those with as many in each",
                             label, network, *depth, depths[i]);
    return ANEW_OK;
}

int windows_root(int64_t square)
{
    for (int i = 1; i <= 1024; i++)
        if ((int64_t)i * i == square)
            return i;
    return 0;
}

int64_t windows_shuffled_scale(const checkpoint *c)
{
    int64_t scale = 1;
    for (int i = 0; i < 6; i += 2) {
        char name[32];
        (void)snprintf(name, sizeof name, "upsample.%d.weight", i);
        const checkpoint_tensor *up = recognise_find(c, name);
        if (up != NULL && up->rank == 4 && up->dims[1] > 0)
            scale *= windows_root(up->dims[0] / up->dims[1]);
    }
    return scale;
}

anew_status windows_describe_end(recognised *r, const checkpoint *c, const char *network,
                                 int64_t colours, const char *label, anew_error *error)
{
    const checkpoint_tensor *before = recognise_find(c, "conv_before_upsample.0.weight");
    const checkpoint_tensor *up = recognise_find(c, "upsample.0.weight");
    const char *kind = "none";
    int64_t scale = 1;
    if (before != NULL && recognise_find(c, "conv_up1.weight") != NULL) {
        kind = "nearest+conv";
        scale = recognise_find(c, "conv_up2.weight") != NULL ? 4 : 2;
    } else if (before != NULL) {
        kind = "pixelshuffle";
        scale = windows_shuffled_scale(c);
    } else if (up != NULL && up->rank == 4) {
        kind = "pixelshuffledirect";
        scale = windows_root(up->dims[0] / colours);
    }
    if (scale < 1 || scale > 8)
        return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                         "%s: a %s whose pixel shuffles enlarge by no number from 1 to 8", label,
                         network);
    recognised_text(r, "upsampler", kind);
    recognised_integer(r, "num_feat", before != NULL ? before->dims[0] : 0);
    recognised_integer(r, "upscale", scale);
    return ANEW_OK;
}

anew_status windows_add_mean(checkpoint *c, const char *label, anew_error *error)
{
    return checkpoint_add(c, label, "mean.weight", ELEMENT_F32, 1, (const int64_t[]){3}, NULL,
                          (const uint8_t *)mean, 0, 3, error);
}
