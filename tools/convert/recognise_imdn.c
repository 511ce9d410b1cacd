/*
 * recognise_imdn.c - IMDN. Names there and here:
 *
 *     fea_conv                              conv_first
 *     IMDB1.X                               block_1.X
 *     IMDB1.cca.conv_du.0, .2               block_1.cca.conv1, .conv2
 *     c.0                                   conv_cat
 *     LR_conv                               conv_body
 *     upsampler.0                           upsampler
 */
#include <stdio.h>

#include "names.h"
#include "recognise.h"

bool imdn_matches(const checkpoint *c)
{
    return recognise_find(c, "fea_conv.weight") != NULL &&
           recognise_find(c, "IMDB1.c4.weight") != NULL &&
           recognise_find(c, "IMDB1.cca.conv_du.0.weight") != NULL;
}

static anew_status rename_all(checkpoint *c, const char *label, anew_error *error)
{
    static const char *const renamed[][2] = {{"fea_conv.", "conv_first."},
                                             {"c.0.", "conv_cat."},
                                             {"LR_conv.", "conv_body."},
                                             {"upsampler.0.", "upsampler."}};
    for (size_t i = 0; i < sizeof renamed / sizeof renamed[0]; i++)
        ANEW_TRY(names_replace(c, label, renamed[i][0], renamed[i][1], true, error));
    for (int b = 1; b <= 16; b++) {
        char from[16], to[16];
        (void)snprintf(from, sizeof from, "IMDB%d.", b);
        (void)snprintf(to, sizeof to, "block_%d.", b);
        ANEW_TRY(names_replace(c, label, from, to, true, error));
    }
    ANEW_TRY(names_replace(c, label, ".cca.conv_du.0.", ".cca.conv1.", false, error));
    return names_replace(c, label, ".cca.conv_du.2.", ".cca.conv2.", false, error);
}

anew_status imdn_describe(recognised *r, checkpoint *c, const char *label, anew_error *error)
{
    const checkpoint_tensor *first, *aside, *contrast, *last;
    int blocks = 0;
    char name[64];
    ANEW_TRY(rename_all(c, label, error));
    do
        (void)snprintf(name, sizeof name, "block_%d.c5.weight", ++blocks);
    while (recognise_find(c, name) != NULL);
    ANEW_TRY(recognise_conv(&first, c, "IMDN", "conv_first.weight", label, error));
    ANEW_TRY(recognise_conv(&aside, c, "IMDN", "block_1.c4.weight", label, error));
    ANEW_TRY(recognise_conv(&contrast, c, "IMDN", "block_1.cca.conv1.weight", label, error));
    ANEW_TRY(recognise_conv(&last, c, "IMDN", "upsampler.weight", label, error));
    const int64_t scale = names_scale(last->dims[0], first->dims[1]);
    if (scale == 0)
        return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                         "%s: IMDN of %lld channels in and %lld before its pixel shuffle", label,
                         (long long)first->dims[1], (long long)last->dims[0]);
    recognised_integer(r, "num_in_ch", first->dims[1]);
    recognised_integer(r, "num_feat", first->dims[0]);
    recognised_integer(r, "num_block", blocks - 1);
    recognised_integer(r, "num_distilled", aside->dims[0]);
    recognised_integer(r, "num_contrast", contrast->dims[0]);
    recognised_integer(r, "upscale", scale);
    return ANEW_OK;
}
