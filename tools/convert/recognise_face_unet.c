/*
 * recognise_face_unet.c - anew's own U-Net for faces, as tools/train/face_network.py saves it; names stay. No tensor
 * tells the side of the faces it was trained on.
 */
#include <stdio.h>

#include "recognise.h"

#define USUAL_SIDE 256

bool face_unet_matches(const checkpoint *c)
{
    return recognise_find(c, "head.weight") != NULL && recognise_find(c, "tail.weight") != NULL &&
           recognise_find(c, "enc.0.act.weight") != NULL;
}

anew_status face_unet_describe(recognised *r, checkpoint *c, const char *label, anew_error *error)
{
    static const char *const channels[] = {"ch_0", "ch_1", "ch_2", "ch_3", "ch_4"};
    const int most = (int)(sizeof channels / sizeof channels[0]);
    int levels = 0;
    char name[64];
    for (; levels <= most; levels++) {
        const checkpoint_tensor *conv;
        (void)snprintf(name, sizeof name, "enc.%d.conv1.weight", levels);
        if (levels > 0 && recognise_find(c, name) == NULL)
            break;
        if (levels == most)
            return anew_fail(error, ANEW_ERROR_FORMAT,
                             "%s: looks like anew's U-Net for faces, but has more than %d sizes",
                             label, most);
        ANEW_TRY(recognise_conv(&conv, c, "anew's U-Net for faces", name, label, error));
        recognised_integer(r, channels[levels], conv->dims[0]);
    }
    recognised_integer(r, "num_level", levels);
    recognised_integer(r, "face_side", USUAL_SIDE);
    (void)snprintf(r->remark, sizeof r->remark,
                   "for faces of %d pixels; for others --set face_side=", USUAL_SIDE);
    return ANEW_OK;
}
