/*
 * recognise_span.c - SPAN. Its convolutions were trained as several branches, which add up to the one that
 * runs, `eval_conv`; where the branches are still there, they are added up here (fold.h). Canonical names leave
 * that word out:
 *
 *     conv_1.eval_conv              conv_1
 *     block_B.cK_r.eval_conv        block_B.cK_r
 *     conv_2.eval_conv              conv_2
 *     conv_cat                      conv_cat
 *     upsampler.0                   upsampler
 *
 * The mean and the range of samples, which are no tensors there, become a 1x1 convolution, `normalise`.
 */
#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "fold.h"
#include "recognise.h"

/* Of DIV2K's pictures, as published; samples run from 0 to 255 inside. */
static const double mean[3] = {0.4488, 0.4371, 0.4040};
#define RANGE 255.0

bool span_matches(const checkpoint *c)
{
    return (recognise_find(c, "block_1.c1_r.eval_conv.weight") != NULL ||
            recognise_find(c, "block_1.c1_r.conv.0.weight") != NULL) &&
           recognise_find(c, "conv_cat.weight") != NULL;
}

/* `name` without the first `part` in it. */
static void leave_out(char *name, const char *part)
{
    char *at = strstr(name, part);
    if (at != NULL)
        memmove(at, at + strlen(part), strlen(at + strlen(part)) + 1);
}

static anew_status add_normalisation(checkpoint *c, bool plain, const char *label,
                                     anew_error *error)
{
    float weight[9] = {0}, bias[3];
    for (int i = 0; i < 3; i++) {
        weight[4 * i] = plain ? 1 : (float)RANGE;
        bias[i] = plain ? 0 : (float)(-mean[i] * RANGE);
    }
    ANEW_TRY(checkpoint_add(c, label, "normalise.weight", ELEMENT_F32, 4,
                            (const int64_t[]){3, 3, 1, 1}, NULL, (const uint8_t *)weight, 0, 9,
                            error));
    return checkpoint_add(c, label, "normalise.bias", ELEMENT_F32, 1, (const int64_t[]){3}, NULL,
                          (const uint8_t *)bias, 0, 3, error);
}

/* What was trained without biases gets zeros. */
static anew_status complete_biases(checkpoint *c, const char *label, anew_error *error)
{
    static const char ending[] = ".weight";
    char layer[64];
    for (int i = 0; i < c->count; i++) {
        const size_t length = strlen(c->tensors[i].name), tail = sizeof ending - 1;
        if (length <= tail || length - tail >= sizeof layer || c->tensors[i].rank != 4 ||
            strcmp(c->tensors[i].name + length - tail, ending) != 0)
            continue;
        (void)snprintf(layer, sizeof layer, "%.*s", (int)(length - tail), c->tensors[i].name);
        ANEW_TRY(fold_norm(c, label, layer, NULL, layer, error));
    }
    return ANEW_OK;
}

anew_status span_describe(recognised *r, checkpoint *c, const char *label, anew_error *error)
{
    int blocks = 0, scale = 0;
    ANEW_TRY(fold_branches(c, label, error));
    for (int i = 0; i < c->count; i++) {
        char *name = c->tensors[i].name;
        int block = 0;
        if (sscanf(name, "block_%d.", &block) == 1 && block > blocks && block < 1000)
            blocks = block;
        leave_out(name, ".eval_conv");
        if (strncmp(name, "upsampler.0.", 12) == 0)
            leave_out(name, ".0");
    }
    ANEW_TRY(complete_biases(c, label, error));
    const checkpoint_tensor *first, *last, *mix;
    ANEW_TRY(recognise_conv(&first, c, "SPAN", "conv_1.weight", label, error));
    ANEW_TRY(recognise_conv(&last, c, "SPAN", "upsampler.weight", label, error));
    ANEW_TRY(recognise_conv(&mix, c, "SPAN", "conv_cat.weight", label, error));
    for (int s = 1; s <= 8; s++)
        if (last->dims[0] == (int64_t)3 * s * s)
            scale = s;
    if (first->dims[1] != 3 || scale == 0)
        return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                         "%s: a SPAN of %lld channels in and %lld before its pixel shuffle; known "
                         "are those for 3 colours",
                         label, (long long)first->dims[1], (long long)last->dims[0]);
    recognised_integer(r, "num_in_ch", 3);
    recognised_integer(r, "num_feat", first->dims[0]);
    recognised_integer(r, "num_cat_ch", mix->dims[0]);
    recognised_integer(r, "num_block", blocks);
    recognised_integer(r, "upscale", scale);
    /* What trains without it leaves an empty tensor of this name in the file. */
    const bool plain = fold_drop(c, "no_norm");
    if (!plain)
        (void)snprintf(r->remark, sizeof r->remark,
                       "the mean of DIV2K and samples up to 255 are assumed, as SPAN was published "
                       "(a file of one that was trained without has a tensor 'no_norm')");
    return add_normalisation(c, plain, label, error);
}
