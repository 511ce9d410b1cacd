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

#include "recognise.h"
#include "recognise_windows.h"

bool swinir_matches(const checkpoint *c)
{
    return recognise_find(c, "layers.0.residual_group.blocks.0.attn.qkv.weight") != NULL &&
           recognise_find(c, "layers.0.residual_group.overlap_attn.qkv.weight") == NULL &&
           recognise_find(c, "layers.0.residual_group.blocks.0.attn.logit_scale") == NULL &&
           recognise_find(c, "conv_after_body.0.weight") !=
               recognise_find(c, "conv_after_body.weight");
}

anew_status swinir_describe(recognised *r, checkpoint *c, const char *label, anew_error *error)
{
    const checkpoint_tensor *first, *table, *fc1;
    int stages, depth;
    windows_make_canonical(c);
    if (recognise_find(c, "absolute_pos_embed") != NULL)
        return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                         "%s: a SwinIR with learned positions of one size of picture; known are "
                         "those without",
                         label);
    ANEW_TRY(recognise_conv(&first, c, "SwinIR", "conv_first.weight", label, error));
    ANEW_TRY(windows_find(&table, c, "SwinIR", "attn.windows.bias_table", 2, label, error));
    ANEW_TRY(windows_find(&fc1, c, "SwinIR", "mlp.fc1.weight", 2, label, error));
    ANEW_TRY(windows_count_blocks(&stages, &depth, c, "SwinIR", label, error));
    const int64_t colours = first->dims[1];
    const int window = (windows_root(table->dims[0]) + 1) / 2;
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
    ANEW_TRY(windows_describe_end(r, c, "SwinIR", colours, label, error));
    recognised_real(r, "img_range", window == 7 ? 255 : 1);
    (void)snprintf(r->remark, sizeof r->remark,
                   "samples up to %d inside are assumed, as in the published networks with windows "
                   "of %d pixels (else --set img_range=%d)%s",
                   window == 7 ? 255 : 1, window, window == 7 ? 1 : 255,
                   colours == 3 ? ", and the mean of DIV2K" : "");
    if (colours == 1)
        return ANEW_OK;
    return windows_add_mean(c, label, error);
}
