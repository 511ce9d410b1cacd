/*
 * recognise_yunet.c - YuNet, of its PyTorch files or of a graph (onnx_yunet.c). Canonical names:
 *
 *     backbone.model0.conv1, .bn1              stem
 *     backbone.model0.conv2                    model0.pointwise, .depthwise
 *     backbone.modelM.conv1, .conv2            modelM.0, modelM.1 (.pointwise, .depthwise)
 *     neck.lateral_convs.I                     neck.I
 *     bbox_head.multi_level_share_convs.I.0    share.I
 *     bbox_head.multi_level_{bbox,cls,obj,kps}.I    head.I, side by side
 *
 * A unit's first convolution is .conv1, its depthwise one .conv2 with the normalisation .bn.
 */
#include <stdio.h>
#include <string.h>

#include "fold.h"
#include "recognise.h"

bool yunet_matches(const checkpoint *c)
{
    return recognise_find(c, "bbox_head.multi_level_kps.0.conv1.weight") != NULL &&
           recognise_find(c, "backbone.model0.conv1.weight") != NULL;
}

typedef struct yunet {
    recognised *r;
    checkpoint *c;
    const char *label;
    anew_error *error;
} yunet;

/* A unit with normalisation; *channels of its result. */
static anew_status fold_unit(const yunet *y, const char *from, const char *to, int64_t *channels)
{
    char conv[128], norm[128], name[64];
    const checkpoint_tensor *weight = NULL;
    (void)snprintf(conv, sizeof conv, "%s.conv1", from);
    (void)snprintf(name, sizeof name, "%s.pointwise", to);
    ANEW_TRY(fold_norm(y->c, y->label, conv, NULL, name, y->error));
    (void)snprintf(conv, sizeof conv, "%s.conv2", from);
    (void)snprintf(norm, sizeof norm, "%s.bn", from);
    (void)snprintf(name, sizeof name, "%s.depthwise", to);
    ANEW_TRY(fold_norm(y->c, y->label, conv, norm, name, y->error));
    (void)snprintf(name, sizeof name, "%s.depthwise.weight", to);
    ANEW_TRY(recognise_conv(&weight, y->c, "YuNet", name, y->label, y->error));
    *channels = weight->dims[0];
    return ANEW_OK;
}

static anew_status fold_backbone(const yunet *y)
{
    static const char *const widths[] = {"num_ch0", "num_ch1", "num_ch2",
                                         "num_ch3", "num_ch4", "num_ch5"};
    char from[64], to[32];
    int64_t channels = 0;
    ANEW_TRY(fold_norm(y->c, y->label, "backbone.model0.conv1", "backbone.model0.bn1", "stem",
                       y->error));
    ANEW_TRY(fold_unit(y, "backbone.model0.conv2", "model0", &channels));
    recognised_integer(y->r, widths[0], channels);
    for (int m = 1; m <= 5; m++) {
        for (int k = 0; k < 2; k++) {
            (void)snprintf(from, sizeof from, "backbone.model%d.conv%d", m, k + 1);
            (void)snprintf(to, sizeof to, "model%d.%d", m, k);
            ANEW_TRY(fold_unit(y, from, to, &channels));
        }
        recognised_integer(y->r, widths[m], channels);
    }
    return ANEW_OK;
}

static anew_status join_heads(const yunet *y, int level)
{
    static const char *const heads[] = {"bbox", "cls", "obj", "kps"};
    static const char *const parts[][2] = {{"conv1", "pointwise"}, {"conv2", "depthwise"}};
    char names[4][64], to[32];
    for (int p = 0; p < 2; p++) {
        for (int i = 0; i < 4; i++)
            (void)snprintf(names[i], sizeof names[i], "bbox_head.multi_level_%s.%d.%s", heads[i],
                           level, parts[p][0]);
        (void)snprintf(to, sizeof to, "head.%d.%s", level, parts[p][1]);
        ANEW_TRY(fold_join(y->c, y->label,
                           (const char *const[]){names[0], names[1], names[2], names[3]}, 4, to,
                           y->error));
    }
    return ANEW_OK;
}

anew_status yunet_describe(recognised *r, checkpoint *c, const char *label, anew_error *error)
{
    const yunet y = {r, c, label, error};
    const checkpoint_tensor *first = NULL;
    char from[64], to[32];
    int64_t channels = 0;
    ANEW_TRY(recognise_conv(&first, c, "YuNet", "backbone.model0.conv1.weight", label, error));
    recognised_integer(r, "num_stem_ch", first->dims[0]);
    ANEW_TRY(fold_backbone(&y));
    for (int i = 0; i < 3; i++) {
        (void)snprintf(from, sizeof from, "neck.lateral_convs.%d", i);
        (void)snprintf(to, sizeof to, "neck.%d", i);
        ANEW_TRY(fold_unit(&y, from, to, &channels));
        (void)snprintf(from, sizeof from, "bbox_head.multi_level_share_convs.%d.0", i);
        (void)snprintf(to, sizeof to, "share.%d", i);
        ANEW_TRY(fold_unit(&y, from, to, &channels));
        ANEW_TRY(join_heads(&y, i));
    }
    recognised_integer(r, "num_feat", channels);
    return ANEW_OK;
}
