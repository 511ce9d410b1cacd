/*
 * recognise_parsers.c - the networks that tell the parts of a face: ParseNet and BiSeNet. Batch normalisation goes into
 * the convolutions (fold.h); branches that only training needs are left out.
 *
 *     ParseNet   X.conv2d, X.norm.norm        X
 *     BiSeNet    X.convK, X.bnK               X.convK          in the ResNet
 *                X.downsample.0, .1           X.downsample
 *                X.conv, X.bn                 X.conv
 *                X.conv_atten, X.bn_atten     X.conv_atten
 */
#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "fold.h"
#include "recognise.h"

/* The name without `ending`, into `layer`; false where it does not end so. */
static bool layer_of(char layer[192], const char *name, const char *ending)
{
    const size_t length = strlen(name), end = strlen(ending);
    if (length < end || length - end >= 192 || strcmp(name + length - end, ending) != 0)
        return false;
    memcpy(layer, name, length - end);
    layer[length - end] = '\0';
    return true;
}

/* Convolutions called CONV become layers called by their names without `conv` and with `to`, with the batch norm
 * called by `norm` in them, where there is one. */
static anew_status fold_all(checkpoint *c, const char *label, const char *conv, const char *norm,
                            const char *to, anew_error *error)
{
    char ending[64], layer[192], names[3][256];
    (void)snprintf(ending, sizeof ending, "%s.weight", conv);
    for (int i = 0; i < c->count; i++) {
        if (!layer_of(layer, c->tensors[i].name, ending) || c->tensors[i].rank != 4)
            continue;
        (void)snprintf(names[0], sizeof names[0], "%s%s", layer, conv);
        (void)snprintf(names[1], sizeof names[1], "%s%s", layer, norm);
        (void)snprintf(names[2], sizeof names[2], "%s%s", layer, to);
        char mean[280];
        (void)snprintf(mean, sizeof mean, "%s.running_mean", names[1]);
        if (strcmp(conv, to) == 0 && recognise_find(c, mean) == NULL)
            continue;
        ANEW_TRY(fold_norm(c, label, names[0], names[1], names[2], error));
        i = -1; /* tensors were taken out */
    }
    return ANEW_OK;
}

static void drop_all(checkpoint *c, const char *prefix)
{
    for (int i = c->count - 1; i >= 0; i--)
        if (strncmp(c->tensors[i].name, prefix, strlen(prefix)) == 0)
            (void)fold_drop(c, c->tensors[i].name);
}

/* Blocks PREFIX0, PREFIX1, ...: one more than the highest number. */
static int count_blocks(const checkpoint *c, const char *prefix)
{
    int count = 0;
    for (int i = 0; i < c->count; i++) {
        int index = 0;
        const char *name = c->tensors[i].name;
        if (strncmp(name, prefix, strlen(prefix)) == 0 &&
            sscanf(name + strlen(prefix), "%d.", &index) == 1 && index + 1 > count && index < 1000)
            count = index + 1;
    }
    return count;
}

bool parsenet_matches(const checkpoint *c)
{
    return recognise_find(c, "out_mask_conv.conv2d.weight") != NULL &&
           recognise_find(c, "encoder.0.conv2d.weight") != NULL;
}

anew_status parsenet_describe(recognised *r, checkpoint *c, const char *label, anew_error *error)
{
    ANEW_TRY(fold_all(c, label, ".conv2d", ".norm.norm", "", error));
    drop_all(c, "out_img_conv.");
    const int downs = count_blocks(c, "encoder.") - 1;
    const checkpoint_tensor *first, *last;
    int64_t most = 0;
    ANEW_TRY(recognise_conv(&first, c, "ParseNet", "encoder.0.weight", label, error));
    ANEW_TRY(recognise_conv(&last, c, "ParseNet", "out_mask_conv.weight", label, error));
    for (int i = 0; i < c->count; i++)
        if (strncmp(c->tensors[i].name, "encoder.", 8) == 0 && c->tensors[i].rank == 4 &&
            c->tensors[i].dims[0] > most)
            most = c->tensors[i].dims[0];
    recognised_integer(r, "base_ch", first->dims[0]);
    recognised_integer(r, "max_ch", most);
    recognised_integer(r, "num_down", downs);
    recognised_integer(r, "num_block", count_blocks(c, "body."));
    recognised_integer(r, "num_class", last->dims[0]);
    return ANEW_OK;
}

bool bisenet_matches(const checkpoint *c)
{
    return recognise_find(c, "cp.resnet.conv1.weight") != NULL &&
           recognise_find(c, "ffm.convblk.conv.weight") != NULL;
}

anew_status bisenet_describe(recognised *r, checkpoint *c, const char *label, anew_error *error)
{
    drop_all(c, "conv_out16.");
    drop_all(c, "conv_out32.");
    ANEW_TRY(fold_all(c, label, ".conv1", ".bn1", ".conv1", error));
    ANEW_TRY(fold_all(c, label, ".conv2", ".bn2", ".conv2", error));
    ANEW_TRY(fold_all(c, label, ".downsample.0", ".downsample.1", ".downsample", error));
    ANEW_TRY(fold_all(c, label, ".conv", ".bn", ".conv", error));
    ANEW_TRY(fold_all(c, label, ".conv_atten", ".bn_atten", ".conv_atten", error));
    const checkpoint_tensor *first, *last;
    ANEW_TRY(recognise_conv(&first, c, "BiSeNet", "cp.resnet.conv1.weight", label, error));
    ANEW_TRY(recognise_conv(&last, c, "BiSeNet", "conv_out.conv_out.weight", label, error));
    recognised_integer(r, "num_feat", first->dims[0]);
    recognised_integer(r, "num_class", last->dims[0]);
    return ANEW_OK;
}
