/*
 * recognise_retinaface.c - RetinaFace with MobileNetV1 or ResNet-50 behind it. Canonical names:
 *
 *     body.stage1.0.0, .1                     body.stage1.0                    MobileNet: convolution, normalisation
 *     body.stageS.B.0, .1 and .3, .4          body.stageS.B.depthwise, .pointwise
 *     body.conv1, body.bn1                    body.conv1                       ResNet
 *     body.layerL.B.convK, .bnK               body.layerL.B.convK
 *     body.layerL.B.downsample.0, .1          body.layerL.B.downsample
 *     fpn.outputI.0, .1; fpn.mergeI.0, .1     fpn.outputI; fpn.mergeI
 *     sshI.conv3X3.0, .1 ... conv7x7_3        sshI.conv3x3 ... conv7x7_3
 *     BboxHead.I, ClassHead.I, LandmarkHead.I (.conv1x1)    head.I
 */
#include <stdio.h>
#include <string.h>

#include "fold.h"
#include "recognise.h"

bool retinaface_matches(const checkpoint *c)
{
    return recognise_find(c, "ClassHead.0.conv1x1.weight") != NULL &&
           (recognise_find(c, "body.stage1.0.0.weight") != NULL ||
            recognise_find(c, "body.conv1.weight") != NULL);
}

typedef struct folding {
    checkpoint *c;
    const char *label;
    anew_error *error;
} folding;

/* PREFIX.conv and PREFIX.norm become `to`. */
static anew_status fold(const folding *f, const char *prefix, const char *conv, const char *norm,
                        const char *to)
{
    char from[128], behind[128];
    (void)snprintf(from, sizeof from, "%s%s", prefix, conv);
    (void)snprintf(behind, sizeof behind, "%s%s", prefix, norm);
    return fold_norm(f->c, f->label, from, behind, to, f->error);
}

static anew_status fold_mobilenet(const folding *f)
{
    static const int blocks[] = {6, 6, 2};
    char prefix[64], to[96];
    ANEW_TRY(fold(f, "body.stage1.0", ".0", ".1", "body.stage1.0"));
    for (int stage = 1; stage <= 3; stage++)
        for (int b = stage == 1 ? 1 : 0; b < blocks[stage - 1]; b++) {
            (void)snprintf(prefix, sizeof prefix, "body.stage%d.%d", stage, b);
            (void)snprintf(to, sizeof to, "%s.depthwise", prefix);
            ANEW_TRY(fold(f, prefix, ".0", ".1", to));
            (void)snprintf(to, sizeof to, "%s.pointwise", prefix);
            ANEW_TRY(fold(f, prefix, ".3", ".4", to));
        }
    return ANEW_OK;
}

static anew_status fold_resnet(const folding *f, recognised *r)
{
    static const char *const counts[] = {"num_block1", "num_block2", "num_block3", "num_block4"};
    char prefix[64], conv[32], norm[32], to[96];
    ANEW_TRY(fold(f, "body", ".conv1", ".bn1", "body.conv1"));
    for (int layer = 1; layer <= 4; layer++) {
        int b = 0;
        for (; b < 64; b++) {
            (void)snprintf(prefix, sizeof prefix, "body.layer%d.%d", layer, b);
            (void)snprintf(to, sizeof to, "%s.conv1.weight", prefix);
            if (recognise_find(f->c, to) == NULL)
                break;
            for (int k = 1; k <= 3; k++) {
                (void)snprintf(conv, sizeof conv, ".conv%d", k);
                (void)snprintf(norm, sizeof norm, ".bn%d", k);
                (void)snprintf(to, sizeof to, "%s.conv%d", prefix, k);
                ANEW_TRY(fold(f, prefix, conv, norm, to));
            }
            (void)snprintf(to, sizeof to, "%s.downsample", prefix);
            if (b == 0)
                ANEW_TRY(fold(f, to, ".0", ".1", to));
        }
        recognised_integer(r, counts[layer - 1], b);
    }
    return ANEW_OK;
}

static anew_status fold_neck(const folding *f)
{
    /* The files spell one of the five with a small x. */
    static const char *const stacks[][2] = {{"conv3X3", "conv3x3"},
                                            {"conv5X5_1", "conv5x5_1"},
                                            {"conv5X5_2", "conv5x5_2"},
                                            {"conv7X7_2", "conv7x7_2"},
                                            {"conv7x7_3", "conv7x7_3"}};
    char prefix[64], to[96];
    for (int i = 1; i <= 3; i++) {
        (void)snprintf(to, sizeof to, "fpn.output%d", i);
        ANEW_TRY(fold(f, to, ".0", ".1", to));
        (void)snprintf(to, sizeof to, "fpn.merge%d", i);
        if (i < 3)
            ANEW_TRY(fold(f, to, ".0", ".1", to));
        for (size_t k = 0; k < sizeof stacks / sizeof stacks[0]; k++) {
            (void)snprintf(prefix, sizeof prefix, "ssh%d.%s", i, stacks[k][0]);
            (void)snprintf(to, sizeof to, "ssh%d.%s", i, stacks[k][1]);
            ANEW_TRY(fold(f, prefix, ".0", ".1", to));
        }
    }
    return ANEW_OK;
}

static anew_status join_heads(const folding *f)
{
    static const char *const heads[] = {"BboxHead", "ClassHead", "LandmarkHead"};
    char names[3][64], to[32];
    for (int i = 0; i < 3; i++) {
        for (int k = 0; k < 3; k++)
            (void)snprintf(names[k], sizeof names[k], "%s.%d.conv1x1", heads[k], i);
        (void)snprintf(to, sizeof to, "head.%d", i);
        ANEW_TRY(fold_join(f->c, f->label, (const char *const[]){names[0], names[1], names[2]}, 3,
                           to, f->error));
    }
    return ANEW_OK;
}

anew_status retinaface_describe(recognised *r, checkpoint *c, const char *label, anew_error *error)
{
    const folding f = {c, label, error};
    const bool mobile = recognise_find(c, "body.stage1.0.0.weight") != NULL;
    const checkpoint_tensor *first = NULL, *neck = NULL;
    ANEW_TRY(recognise_conv(&first, c, "RetinaFace",
                            mobile ? "body.stage1.0.0.weight" : "body.conv1.weight", label, error));
    ANEW_TRY(recognise_conv(&neck, c, "RetinaFace", "fpn.output1.0.weight", label, error));
    const int64_t features = neck->dims[0];
    recognised_text(r, "backbone", mobile ? "mobilenet" : "resnet");
    recognised_integer(r, "num_feat", first->dims[0]);
    recognised_integer(r, "num_neck_ch", features);
    if (c->has_slope || features > 64) {
        recognised_real(r, "negative_slope", c->has_slope ? c->slope : 0);
    } else {
        recognised_real(r, "negative_slope", 0.1);
        (void)snprintf(r->remark, sizeof r->remark,
                       "no slopes in the file: LeakyReLU with slope 0.1 is assumed; if boxes and "
                       "points are spread too far, it was trained with ReLU: --set slope=0");
    }
    ANEW_TRY(mobile ? fold_mobilenet(&f) : fold_resnet(&f, r));
    ANEW_TRY(fold_neck(&f));
    return join_heads(&f);
}
