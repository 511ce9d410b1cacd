/*
 * recognise_scrfd.c - SCRFD, which comes as a graph only; onnx_scrfd.c gives its layers the names that they keep
 * here, but for the three heads of a level, which become one: head.I.cls, .reg, .kps to head.I.out.
 */
#include <stdio.h>

#include "fold.h"
#include "recognise.h"

bool scrfd_matches(const checkpoint *c)
{
    return recognise_find(c, "neck.pafpn.0.weight") != NULL &&
           recognise_find(c, "head.0.kps.weight") != NULL;
}

/* How many blocks a stage of the backbone or a head has; *channels of the last one's result. */
static int count_blocks(const checkpoint *c, bool head, int index, int64_t *channels)
{
    char name[64];
    int count = 0;
    for (const checkpoint_tensor *t; count < 64; count++) {
        (void)snprintf(name, sizeof name, "%s.%d%s.%d.pointwise.weight", head ? "head" : "backbone",
                       index, head ? ".stack" : "", count);
        t = recognise_find(c, name);
        if (t == NULL || t->rank != 4)
            break;
        *channels = t->dims[0];
    }
    return count;
}

anew_status scrfd_describe(recognised *r, checkpoint *c, const char *label, anew_error *error)
{
    static const char *const blocks[] = {"num_block0", "num_block1", "num_block2", "num_block3",
                                         "num_block4"};
    static const char *const widths[] = {"num_ch0", "num_ch1", "num_ch2", "num_ch3", "num_ch4"};
    const checkpoint_tensor *stem = NULL, *neck = NULL;
    int64_t channels = 0;
    int stack = 0;
    ANEW_TRY(recognise_conv(&stem, c, "SCRFD", "stem.weight", label, error));
    ANEW_TRY(recognise_conv(&neck, c, "SCRFD", "neck.pafpn.0.weight", label, error));
    recognised_integer(r, "num_stem_ch", stem->dims[0]);
    recognised_integer(r, "num_neck_ch", neck->dims[0]);
    for (int i = 0; i < 5; i++) {
        recognised_integer(r, blocks[i], count_blocks(c, false, i, &channels));
        recognised_integer(r, widths[i], channels);
    }
    for (int i = 0; i < 3; i++) {
        char names[3][64], to[64];
        stack = count_blocks(c, true, i, &channels);
        (void)snprintf(names[0], sizeof names[0], "head.%d.reg", i);
        (void)snprintf(names[1], sizeof names[1], "head.%d.cls", i);
        (void)snprintf(names[2], sizeof names[2], "head.%d.kps", i);
        (void)snprintf(to, sizeof to, "head.%d.out", i);
        ANEW_TRY(
            fold_join(c, label, (const char *const[]){names[0], names[1], names[2]}, 3, to, error));
    }
    recognised_integer(r, "num_head_block", stack);
    recognised_integer(r, "num_feat", channels);
    return ANEW_OK;
}
