/*
 * recognise_pan.c - PAN. Names there and here:
 *
 *     SCPA_trunk.B.X                     body.B.X
 *     SCPA_trunk.B.k1.0, .PAConv.kN      body.B.k1, .kN
 *     trunk_conv                         conv_body
 *     upconvU, attU.conv, HRconvU        upU.conv1, upU.attention, upU.conv2
 */
#include <stdio.h>

#include "names.h"
#include "recognise.h"

bool pan_matches(const checkpoint *c)
{
    return recognise_find(c, "SCPA_trunk.0.PAConv.k2.weight") != NULL &&
           recognise_find(c, "upconv1.weight") != NULL;
}

anew_status pan_describe(recognised *r, checkpoint *c, const char *label, anew_error *error)
{
    static const char *const renamed[][2] = {{".k1.0.", ".k1."},
                                             {".PAConv.", "."},
                                             {"SCPA_trunk.", "body."},
                                             {"trunk_conv.", "conv_body."},
                                             {"upconv1.", "up1.conv1."},
                                             {"upconv2.", "up2.conv1."},
                                             {"att1.conv.", "up1.attention."},
                                             {"att2.conv.", "up2.attention."},
                                             {"HRconv1.", "up1.conv2."},
                                             {"HRconv2.", "up2.conv2."}};
    for (size_t i = 0; i < sizeof renamed / sizeof renamed[0]; i++)
        ANEW_TRY(names_replace(c, label, renamed[i][0], renamed[i][1], i >= 2, error));
    const checkpoint_tensor *first, *width, *up;
    ANEW_TRY(recognise_conv(&first, c, "PAN", "conv_first.weight", label, error));
    ANEW_TRY(recognise_conv(&width, c, "PAN", "body.0.conv1_a.weight", label, error));
    ANEW_TRY(recognise_conv(&up, c, "PAN", "up1.conv1.weight", label, error));
    const bool twice = recognise_find(c, "up2.conv1.weight") != NULL;
    recognised_integer(r, "num_in_ch", first->dims[1]);
    recognised_integer(r, "num_feat", first->dims[0]);
    recognised_integer(r, "num_half_feat", width->dims[0]);
    recognised_integer(r, "num_up_feat", up->dims[0]);
    recognised_integer(r, "num_block", names_count(c, "body."));
    recognised_integer(r, "upscale", twice ? 4 : 2);
    if (!twice)
        (void)snprintf(r->remark, sizeof r->remark,
                       "PAN for an enlargement by 2 and by 3 have the same tensors; 2 is assumed, "
                       "otherwise use --set upscale=3");
    return ANEW_OK;
}
