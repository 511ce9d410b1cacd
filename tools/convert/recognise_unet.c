/*
 * recognise_unet.c - the small U-Net that parses faces. Names there and here:
 *
 *     enc1.0, .2 (enc2, bottleneck, dec1, dec2)    enc1.conv1, .conv2
 *     up1 [in][out][2][2], up2                     up1 [4 out][in][1][1], a transposed convolution as one of 1x1
 */
#include "fold.h"
#include "names.h"
#include "recognise.h"

bool unet_matches(const checkpoint *c)
{
    const checkpoint_tensor *up = recognise_find(c, "up1.weight");
    return recognise_find(c, "enc2.2.weight") != NULL &&
           recognise_find(c, "bottleneck.0.weight") != NULL &&
           recognise_find(c, "out.weight") != NULL && up != NULL && up->rank == 4 &&
           up->dims[2] == 2 && up->dims[3] == 2;
}

anew_status unet_describe(recognised *r, checkpoint *c, const char *label, anew_error *error)
{
    const checkpoint_tensor *first, *last;
    ANEW_TRY(fold_transposed(c, label, "up1", error));
    ANEW_TRY(fold_transposed(c, label, "up2", error));
    ANEW_TRY(names_replace(c, label, ".0.", ".conv1.", false, error));
    ANEW_TRY(names_replace(c, label, ".2.", ".conv2.", false, error));
    ANEW_TRY(recognise_conv(&first, c, "U-Net", "enc1.conv1.weight", label, error));
    ANEW_TRY(recognise_conv(&last, c, "U-Net", "out.weight", label, error));
    recognised_integer(r, "num_feat", first->dims[0]);
    recognised_integer(r, "num_class", last->dims[0]);
    return ANEW_OK;
}
