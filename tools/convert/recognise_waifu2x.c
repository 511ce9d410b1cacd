/*
 * recognise_waifu2x.c - waifu2x: upconv_7, vgg_7 and cunet as nunif saves them, and Real-CUGAN's x2 network, which is a
 * cunet. Names there and here:
 *
 *     0, 2, ... 2N (net.0, net.2 ...)   conv1, conv2, ... convN; a last one of 4x4 is transposed
 *
 *     unetU.convK.conv.0, .2            unetU.pairK.conv1, .conv2
 *     unetU.convK.seblock.conv1, .conv2 unetU.pairK.squeeze, .excite
 *     unetU.convK_down, _up             unetU.downK, upK
 *     unet1.conv3, unet2.conv5          the same
 *     unetU.conv_bottom                 unetU.bottom; of 4x4 in unet1 where the network enlarges
 */
#include <stdio.h>

#include "fold.h"
#include "names.h"
#include "recognise.h"

#define SLOPE_REMARK "LeakyReLU of 0.1 assumed, which no tensor shows"

static const checkpoint_tensor *layer(const checkpoint *c, int index)
{
    char name[32];
    (void)snprintf(name, sizeof name, "%d.weight", 2 * index);
    return recognise_find(c, name);
}

static bool is_of(const checkpoint_tensor *t, int64_t side)
{
    return t != NULL && t->rank == 4 && t->dims[2] == side && t->dims[3] == side;
}

/* Convolutions of the chain, the last one included; 0 where it is none. */
static int chain(const checkpoint *c)
{
    int count = 0;
    while (is_of(layer(c, count), 3) &&
           (count == 0 || layer(c, count)->dims[1] == layer(c, count - 1)->dims[0]))
        count++;
    const checkpoint_tensor *last = layer(c, count);
    if (count > 0 && is_of(last, 4) && last->dims[0] == layer(c, count - 1)->dims[0] &&
        last->dims[1] == layer(c, 0)->dims[1])
        return count + 1;
    /* Without the transposed one only vgg_7's seven are taken for waifu2x's. */
    return count == 7 && last == NULL && layer(c, 0)->dims[1] == layer(c, 6)->dims[0] ? count : 0;
}

bool upconv_matches(const checkpoint *c)
{
    return chain(c) > 1;
}

anew_status upconv_describe(recognised *r, checkpoint *c, const char *label, anew_error *error)
{
    /* Parameters are named by what they are given. */
    static const char *const features[] = {"num_feat1", "num_feat2", "num_feat3", "num_feat4",
                                           "num_feat5", "num_feat6", "num_feat7", "num_feat8"};
    const int count = chain(c), known = (int)(sizeof features / sizeof features[0]);
    const bool larger = is_of(layer(c, count - 1), 4);
    if (count - 1 > known)
        return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                         "%s: a chain of %d convolutions; known are up to %d", label, count,
                         known + 1);
    recognised_integer(r, "num_in_ch", layer(c, 0)->dims[1]);
    recognised_integer(r, "num_conv", count);
    recognised_integer(r, "upscale", larger ? 2 : 1);
    for (int i = 0; i < count - 1; i++)
        recognised_integer(r, features[i], layer(c, i)->dims[0]);
    for (int i = 0; i < count; i++) {
        char from[32], to[32];
        (void)snprintf(from, sizeof from, "%d", 2 * i);
        (void)snprintf(to, sizeof to, "conv%d", i + 1);
        if (larger && i == count - 1)
            ANEW_TRY(fold_transposed(c, label, from, error));
        ANEW_TRY(fold_norm(c, label, from, NULL, to, error));
    }
    (void)snprintf(r->remark, sizeof r->remark, SLOPE_REMARK);
    return ANEW_OK;
}

/* ---- cunet ------------------------------------------------------------------------------------------ */

bool cunet_matches(const checkpoint *c)
{
    return recognise_find(c, "unet1.conv1.conv.0.weight") != NULL &&
           recognise_find(c, "unet2.conv4.conv.0.weight") != NULL &&
           recognise_find(c, "unet2.conv5.weight") != NULL;
}

static anew_status rename_all(checkpoint *c, const char *label, anew_error *error)
{
    static const char *const renamed[][2] = {{".conv.0.", ".conv1."},
                                             {".conv.2.", ".conv2."},
                                             {".seblock.conv1.", ".squeeze."},
                                             {".seblock.conv2.", ".excite."},
                                             {".conv_bottom.", ".bottom."}};
    for (size_t i = 0; i < sizeof renamed / sizeof renamed[0]; i++)
        ANEW_TRY(names_replace(c, label, renamed[i][0], renamed[i][1], false, error));
    for (int u = 1; u <= 2; u++)
        for (int k = 1; k <= 4; k++) {
            char from[32], to[32];
            (void)snprintf(from, sizeof from, "unet%d.conv%d_down.", u, k);
            (void)snprintf(to, sizeof to, "unet%d.down%d.", u, k);
            ANEW_TRY(names_replace(c, label, from, to, true, error));
            (void)snprintf(from, sizeof from, "unet%d.conv%d_up.", u, k);
            (void)snprintf(to, sizeof to, "unet%d.up%d.", u, k);
            ANEW_TRY(names_replace(c, label, from, to, true, error));
            if (u == 1 && k > 2) /* conv3 is a single convolution there */
                continue;
            (void)snprintf(from, sizeof from, "unet%d.conv%d.", u, k);
            (void)snprintf(to, sizeof to, "unet%d.pair%d.", u, k);
            ANEW_TRY(names_replace(c, label, from, to, true, error));
        }
    return ANEW_OK;
}

anew_status cunet_describe(recognised *r, checkpoint *c, const char *label, anew_error *error)
{
    static const char *const downs[] = {"unet1.down1", "unet2.down1", "unet2.down2"},
                             *const ups[] = {"unet1.up2", "unet2.up3", "unet2.up4"};
    const checkpoint_tensor *first, *bottom;
    if (recognise_find(c, "pro") != NULL)
        return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                         "%s: Real-CUGAN pro, whose samples have another range; known is the form "
                         "without pro",
                         label);
    ANEW_TRY(rename_all(c, label, error));
    ANEW_TRY(recognise_conv(&first, c, "cunet", "unet1.pair1.conv1.weight", label, error));
    ANEW_TRY(recognise_conv(&bottom, c, "cunet", "unet1.bottom.weight", label, error));
    const bool larger = bottom->dims[2] != 3;
    if ((larger && bottom->dims[2] != 4) || recognise_find(c, "conv_final.weight") != NULL)
        return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                         "%s: Real-CUGAN x3 or x4; known of cunet are x1 and x2", label);
    const bool waifu2x = recognise_find(c, "unet1.pair2.squeeze.bias") != NULL;
    recognised_integer(r, "num_in_ch", first->dims[1]);
    recognised_integer(r, "num_feat", first->dims[0]);
    recognised_integer(r, "upscale", larger ? 2 : 1);
    recognised_integer(r, "squeeze_bias", waifu2x);
    recognised_integer(r, "clamp", waifu2x);
    recognised_text(r, "edges", waifu2x ? "repeat" : "mirror");
    for (int i = 0; i < 3; i++) {
        ANEW_TRY(fold_even(c, label, downs[i], error));
        ANEW_TRY(fold_transposed(c, label, ups[i], error));
    }
    if (larger)
        ANEW_TRY(fold_transposed(c, label, "unet1.bottom", error));
    (void)snprintf(
        r->remark, sizeof r->remark,
        waifu2x ? "waifu2x's cunet, whose two halves nunif clamps between; else --set clamp=0"
                : "no biases behind the means: taken for Real-CUGAN's");
    return ANEW_OK;
}
