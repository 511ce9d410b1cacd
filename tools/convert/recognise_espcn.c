/*
 * recognise_espcn.c - ESPCN: conv1, conv2 ... and nothing else. Other names for them:
 *
 *     feature_maps.0, .2, sub_pixel.0       conv1, conv2, conv3
 *     first_part.0, .2, last_part.0         the same
 */
#include <stdio.h>
#include <string.h>

#include "names.h"
#include "recognise.h"

#define MOST 8

/* The number of convolutions conv1 ... that are all there is, each with weights and bias; 0: it is not so. */
static int count_convolutions(const checkpoint *c)
{
    int count = 0;
    for (char name[32]; count < MOST; count++) {
        (void)snprintf(name, sizeof name, "conv%d.weight", count + 1);
        const checkpoint_tensor *weight = recognise_find(c, name);
        (void)snprintf(name, sizeof name, "conv%d.bias", count + 1);
        if (weight == NULL || weight->rank != 4 || weight->dims[2] != weight->dims[3] ||
            recognise_find(c, name) == NULL)
            break;
    }
    return 2 * count == c->count ? count : 0;
}

static bool has_other_names(const checkpoint *c)
{
    return c->count == 6 && ((recognise_find(c, "feature_maps.2.weight") != NULL &&
                              recognise_find(c, "sub_pixel.0.weight") != NULL) ||
                             (recognise_find(c, "first_part.2.weight") != NULL &&
                              recognise_find(c, "last_part.0.weight") != NULL));
}

/* Colours of a chain of convolutions that ends in colours * scale * scale channels; 0: it is none. */
static int64_t colours_of(const checkpoint *c, int count, int64_t *scale)
{
    int64_t before = 0, first = 0;
    for (int i = 1; i <= count; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "conv%d.weight", i);
        const checkpoint_tensor *weight = recognise_find(c, name);
        if (i == 1)
            first = before = weight->dims[1];
        if (weight->dims[1] != before || weight->dims[2] % 2 == 0)
            return 0;
        before = weight->dims[0];
    }
    *scale = names_scale(before, first);
    return *scale > 1 && first <= 4 ? first : 0;
}

bool espcn_matches(const checkpoint *c)
{
    int64_t scale = 0;
    const int count = count_convolutions(c);
    return has_other_names(c) || (count >= 3 && colours_of(c, count, &scale) > 0);
}

anew_status espcn_describe(recognised *r, checkpoint *c, const char *label, anew_error *error)
{
    static const char *const renamed[][2] = {
        {"feature_maps.0", "conv1"}, {"feature_maps.2", "conv2"}, {"sub_pixel.0", "conv3"},
        {"first_part.0", "conv1"},   {"first_part.2", "conv2"},   {"last_part.0", "conv3"}};
    for (size_t i = 0; i < sizeof renamed / sizeof renamed[0]; i++)
        ANEW_TRY(names_replace(c, label, renamed[i][0], renamed[i][1], true, error));
    static const char *const features[MOST] = {"num_feat1", "num_feat2", "num_feat3", "num_feat4",
                                               "num_feat5", "num_feat6", "num_feat7", "num_feat8"};
    static const char *const kernels[MOST] = {"kernel1", "kernel2", "kernel3", "kernel4",
                                              "kernel5", "kernel6", "kernel7", "kernel8"};
    int64_t scale = 0;
    const int count = count_convolutions(c);
    const int64_t colours = count >= 2 ? colours_of(c, count, &scale) : 0;
    if (colours == 0 || count > 6)
        return anew_fail(
            error, ANEW_ERROR_UNSUPPORTED,
            "%s: looks like ESPCN, but its convolutions are no chain of up to six that "
            "ends in as many channels as a pixel shuffle needs",
            label);
    recognised_integer(r, "num_in_ch", colours);
    recognised_integer(r, "num_conv", count);
    recognised_integer(r, "upscale", scale);
    for (int i = 1; i <= count; i++) {
        char name[32];
        const checkpoint_tensor *weight = NULL;
        (void)snprintf(name, sizeof name, "conv%d.weight", i);
        ANEW_TRY(recognise_conv(&weight, c, "ESPCN", name, label, error));
        if (i < count)
            recognised_integer(r, features[i - 1], weight->dims[0]);
        recognised_integer(r, kernels[i - 1], weight->dims[2]);
    }
    recognised_text(r, "act_type", count == 3 ? "tanh" : "relu");
    if (colours == 1)
        recognised_text(r, "colours", "luma");
    (void)snprintf(r->remark, sizeof r->remark,
                   "activations are no tensors: %s; otherwise use --set act_type=%s",
                   count == 3 ? "tanh is assumed, as the paper has it"
                              : "ReLU is assumed, as PyTorch's example has it",
                   count == 3 ? "relu" : "tanh");
    return ANEW_OK;
}
