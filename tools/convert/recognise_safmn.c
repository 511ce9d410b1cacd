/*
 * recognise_safmn.c - SAFMN of the paper and of the NTIRE 2023 contest. Names there and here:
 *
 *     to_feat                      conv_first
 *     feats.B.norm1, .norm2        block_B.norm1, .norm2
 *     feats.B.safm.mfr.I, .aggr    block_B.mfr.I.conv, .aggr
 *     feats.B.ccm.ccm.0, .2        block_B.mix1, .mix2
 *     to_img.0                     upsampler
 *     norm.gamma, .beta            norm.factor.weight, norm.beta.weight; norm.mean is a matrix that makes means
 */
#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "fold.h"
#include "names.h"
#include "recognise.h"

bool safmn_matches(const checkpoint *c)
{
    return recognise_find(c, "to_feat.weight") != NULL &&
           recognise_find(c, "feats.0.safm.mfr.0.weight") != NULL &&
           recognise_find(c, "to_img.0.weight") != NULL;
}

/* gamma and beta [1, channels, 1, 1] become a depthwise convolution with a bias of 1 and a constant; the mean over
 * channels a convolution, with a bias that keeps black pictures from a division by 0. */
static anew_status add_response_norm(checkpoint *c, const char *label, anew_error *error)
{
    const checkpoint_tensor *gamma = recognise_find(c, "norm.gamma"),
                            *beta = recognise_find(c, "norm.beta");
    if (gamma == NULL || beta == NULL || gamma->elements != beta->elements ||
        gamma->elements > 4096)
        return anew_fail(error, ANEW_ERROR_FORMAT, "%s: SAFMN's norm.gamma and norm.beta differ",
                         label);
    const int64_t channels = gamma->elements;
    float *values = anew_alloc(anew_size_mul((size_t)(channels * channels), sizeof(float)));
    anew_status status = ANEW_OK;
    if (values == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory for its tensors", label);
    const struct {
        const char *name;
        const float *from; /* NULL: `value` */
        int64_t dims[4];
        int rank;
        float value;
    } made[] = {
        {"norm.factor.weight", gamma->values, {channels, 1, 1, 1}, 4, 0},
        {"norm.factor.bias", NULL, {channels}, 1, 1},
        {"norm.beta.weight", beta->values, {channels}, 1, 0},
        {"norm.mean.weight", NULL, {channels, channels, 1, 1}, 4, 1.0f / (float)channels},
        {"norm.mean.bias", NULL, {channels}, 1, 1e-9f},
    };
    for (size_t i = 0; i < sizeof made / sizeof made[0]; i++) {
        int64_t count = 1;
        for (int k = 0; k < made[i].rank; k++)
            count *= made[i].dims[k];
        for (int64_t k = 0; k < count; k++)
            values[k] = made[i].from != NULL ? made[i].from[k] : made[i].value;
        ANEW_TRY_GOTO(checkpoint_add(c, label, made[i].name, ELEMENT_F32, made[i].rank,
                                     made[i].dims, NULL, (const uint8_t *)values, 0, count, error),
                      out);
    }
    (void)fold_drop(c, "norm.gamma");
    (void)fold_drop(c, "norm.beta");
out:
    anew_free(values);
    return status;
}

anew_status safmn_describe(recognised *r, checkpoint *c, const char *label, anew_error *error)
{
    const int blocks = names_count(c, "feats."), levels = names_count(c, "feats.0.safm.mfr.");
    const bool contest = recognise_find(c, "norm.gamma") != NULL;
    char from[64], to[64];
    for (int b = 0; b < blocks; b++) {
        for (int i = 0; i < levels; i++) {
            (void)snprintf(from, sizeof from, "feats.%d.safm.mfr.%d", b, i);
            (void)snprintf(to, sizeof to, "block_%d.mfr.%d.conv", b, i);
            ANEW_TRY(fold_norm(c, label, from, NULL, to, error));
        }
        static const char *const parts[][2] = {
            {"safm.aggr", "aggr"}, {"ccm.ccm.0", "mix1"}, {"ccm.ccm.2", "mix2"}};
        for (int k = 0; k < 3; k++) {
            (void)snprintf(from, sizeof from, "feats.%d.%s", b, parts[k][0]);
            (void)snprintf(to, sizeof to, "block_%d.%s", b, parts[k][1]);
            ANEW_TRY(fold_norm(c, label, from, NULL, to, error));
        }
    }
    ANEW_TRY(names_replace(c, label, "feats.", "block_", true, error));
    ANEW_TRY(fold_norm(c, label, "to_feat", NULL, "conv_first", error));
    ANEW_TRY(fold_norm(c, label, "to_img.0", NULL, "upsampler", error));
    if (contest)
        ANEW_TRY(add_response_norm(c, label, error));
    const checkpoint_tensor *first, *mixed, *last;
    ANEW_TRY(recognise_conv(&first, c, "SAFMN", "conv_first.weight", label, error));
    ANEW_TRY(recognise_conv(&mixed, c, "SAFMN", "block_0.mix1.weight", label, error));
    ANEW_TRY(recognise_conv(&last, c, "SAFMN", "upsampler.weight", label, error));
    recognised_integer(r, "num_in_ch", first->dims[1]);
    recognised_integer(r, "num_feat", first->dims[0]);
    recognised_integer(r, "num_mix_feat", mixed->dims[0]);
    recognised_integer(r, "num_block", blocks);
    recognised_integer(r, "num_level", levels);
    recognised_integer(r, "upscale", names_scale(last->dims[0], first->dims[1]));
    recognised_integer(r, "contest", contest);
    return ANEW_OK;
}
