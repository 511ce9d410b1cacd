/*
 * recognise_unet.c - the small U-Net that parses faces. Names there and here:
 *
 *     enc1.0, .2 (enc2, bottleneck, dec1, dec2)    enc1.conv1, .conv2
 *     up1 [in][out][2][2], up2                     up1 [4 out][in][1][1], a transposed convolution as one of 1x1
 */
#include <stdio.h>
#include <string.h>

#include "core/memory.h"
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

/* Pixel (i, j) of the four that a pixel makes is output o * 4 + i * 2 + j. */
static anew_status unfold_up(checkpoint *c, const char *name, const char *label, anew_error *error)
{
    char weight_name[32], bias_name[32];
    (void)snprintf(weight_name, sizeof weight_name, "%s.weight", name);
    (void)snprintf(bias_name, sizeof bias_name, "%s.bias", name);
    const checkpoint_tensor *weight = recognise_find(c, weight_name),
                            *bias = recognise_find(c, bias_name);
    if (weight == NULL || bias == NULL || weight->rank != 4 || weight->dims[2] != 2 ||
        weight->dims[3] != 2 || bias->elements != weight->dims[1])
        return anew_fail(error, ANEW_ERROR_FORMAT,
                         "%s: looks like a U-Net, but '%s' is no transposed convolution of 2x2",
                         label, name);
    const int64_t in = weight->dims[0], out = weight->dims[1], outs = 4 * out;
    float *values = anew_alloc(anew_size_mul((size_t)(outs * (in + 1)), sizeof(float)));
    if (values == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory for its tensors", label);
    for (int64_t o = 0; o < outs; o++) {
        for (int64_t i = 0; i < in; i++)
            values[o * in + i] = weight->values[i * outs + o];
        values[outs * in + o] = bias->values[o / 4];
    }
    (void)fold_drop(c, weight_name);
    (void)fold_drop(c, bias_name);
    anew_status status =
        checkpoint_add(c, label, weight_name, ELEMENT_F32, 4, (const int64_t[]){outs, in, 1, 1},
                       NULL, (const uint8_t *)values, 0, outs * in, error);
    if (status == ANEW_OK)
        status = checkpoint_add(c, label, bias_name, ELEMENT_F32, 1, &outs, NULL,
                                (const uint8_t *)(values + outs * in), 0, outs, error);
    anew_free(values);
    return status;
}

anew_status unet_describe(recognised *r, checkpoint *c, const char *label, anew_error *error)
{
    const checkpoint_tensor *first, *last;
    ANEW_TRY(unfold_up(c, "up1", label, error));
    ANEW_TRY(unfold_up(c, "up2", label, error));
    ANEW_TRY(names_replace(c, label, ".0.", ".conv1.", false, error));
    ANEW_TRY(names_replace(c, label, ".2.", ".conv2.", false, error));
    ANEW_TRY(recognise_conv(&first, c, "U-Net", "enc1.conv1.weight", label, error));
    ANEW_TRY(recognise_conv(&last, c, "U-Net", "out.weight", label, error));
    recognised_integer(r, "num_feat", first->dims[0]);
    recognised_integer(r, "num_class", last->dims[0]);
    return ANEW_OK;
}
