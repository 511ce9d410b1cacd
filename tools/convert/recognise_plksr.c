/*
 * recognise_plksr.c - PLKSR and RealPLKSR. Names there and here, blocks B = 1 ... N:
 *
 *     feats.0                              conv_first
 *     feats.B.channel_mixer.0, .2          block_B.mix1, .mix2      (PLKSR writes channe_mixer)
 *     feats.B.lk.conv                      block_B.large
 *     feats.B.attn.f.0                     block_B.attention
 *     feats.B.refine, .norm, .layer_norm   block_B.refine, .norm
 *     feats.(N + 1), or N + 2              upsampler                (a dropout may stand before it)
 */
#include <stdio.h>

#include "fold.h"
#include "names.h"
#include "recognise.h"

bool plksr_matches(const checkpoint *c)
{
    return recognise_find(c, "feats.0.weight") != NULL &&
           recognise_find(c, "feats.1.refine.weight") != NULL &&
           (recognise_find(c, "feats.1.channel_mixer.0.weight") != NULL ||
            recognise_find(c, "feats.1.channe_mixer.0.weight") != NULL);
}

static anew_status rename_all(checkpoint *c, int blocks, const char *label, anew_error *error)
{
    static const char *const renamed[][2] = {
        {"feats.0.", "conv_first."},     {".channel_mixer.0.", ".mix1."},
        {".channel_mixer.2.", ".mix2."}, {".channe_mixer.0.", ".mix1."},
        {".channe_mixer.2.", ".mix2."},  {".lk.conv.", ".large."},
        {".attn.f.0.", ".attention."},   {".layer_norm.", ".norm."}};
    char last[32];
    (void)snprintf(last, sizeof last, "feats.%d.", names_count(c, "feats.") - 1);
    ANEW_TRY(names_replace(c, label, last, "upsampler.", true, error));
    for (size_t i = 0; i < sizeof renamed / sizeof renamed[0]; i++)
        ANEW_TRY(names_replace(c, label, renamed[i][0], renamed[i][1], i == 0, error));
    for (int b = 1; b <= blocks; b++) {
        char from[32], to[32];
        (void)snprintf(from, sizeof from, "feats.%d.", b);
        (void)snprintf(to, sizeof to, "block_%d.", b);
        ANEW_TRY(names_replace(c, label, from, to, true, error));
    }
    return ANEW_OK;
}

anew_status plksr_describe(recognised *r, checkpoint *c, const char *label, anew_error *error)
{
    const checkpoint_tensor *first, *mix1, *mix2, *large, *last;
    const bool group = recognise_find(c, "feats.1.norm.weight") != NULL;
    const bool layer = recognise_find(c, "feats.1.layer_norm.weight") != NULL;
    const bool real = group || layer;
    int blocks = 0;
    char name[64];
    if (recognise_find(c, "feats.1.lk.conv.weight") == NULL)
        return anew_fail(
            error, ANEW_ERROR_UNSUPPORTED,
            "%s: PLKSR whose large kernel is made of several (SparsePLK, RectSparsePLK); known "
            "is PLK, of one",
            label);
    if (recognise_find(c, "to_img.offset.weight") != NULL)
        return anew_fail(
            error, ANEW_ERROR_UNSUPPORTED,
            "%s: RealPLKSR that enlarges by DySample; known is that by a pixel shuffle", label);
    do
        (void)snprintf(name, sizeof name, "feats.%d.refine.weight", ++blocks);
    while (recognise_find(c, name) != NULL);
    blocks--;
    ANEW_TRY(rename_all(c, blocks, label, error));
    ANEW_TRY(recognise_conv(&first, c, "PLKSR", "conv_first.weight", label, error));
    ANEW_TRY(recognise_conv(&mix1, c, "PLKSR", "block_1.mix1.weight", label, error));
    ANEW_TRY(recognise_conv(&mix2, c, "PLKSR", "block_1.mix2.weight", label, error));
    ANEW_TRY(recognise_conv(&large, c, "PLKSR", "block_1.large.weight", label, error));
    ANEW_TRY(recognise_conv(&last, c, "PLKSR", "upsampler.weight", label, error));
    const int64_t scale = names_scale(last->dims[0], first->dims[1]);
    if (scale == 0)
        return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                         "%s: PLKSR of %lld channels in and %lld before its pixel shuffle", label,
                         (long long)first->dims[1], (long long)last->dims[0]);
    recognised_integer(r, "num_in_ch", first->dims[1]);
    recognised_integer(r, "num_feat", first->dims[0]);
    recognised_integer(r, "num_block", blocks);
    recognised_integer(r, "num_large", large->dims[0]);
    recognised_integer(r, "kernel_mix1", mix1->dims[2]);
    recognised_integer(r, "kernel_mix2", mix2->dims[2]);
    recognised_integer(r, "kernel_large", large->dims[2]);
    recognised_integer(r, "attention", recognise_find(c, "block_1.attention.weight") != NULL);
    recognised_text(r, "norm", group ? "group" : layer ? "layer" : "none");
    recognised_integer(r, "num_group", 4);
    recognised_text(r, "act_type", real ? "mish" : "gelu");
    recognised_integer(r, "upscale", scale);
    if (group)
        (void)snprintf(r->remark, sizeof r->remark,
                       "norm over 4 groups of channels assumed; else --set num_group=...");
    return ANEW_OK;
}
