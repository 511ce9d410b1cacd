/*
 * recognise_rfdn.c - RFDN and BSRN. Names there and here:
 *
 *     fea_conv                              conv_first
 *     B1.X                                  block_1.X
 *     c.0 (RFDN), c1 (BSRN)                 conv_cat
 *     LR_conv, c2                           conv_body
 *     upsampler.0, .upsampleOneStep.0       upsampler
 *     B1.cca.conv_du.0, .2                  block_1.cca.conv1, .conv2
 *
 * BSRN's 1x1 convolutions are matrices in some files. Its first layer gets the picture four times, whose weights are
 * added up; `cw`, a factor of each channel before conv_out, goes into its weights.
 */
#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "fold.h"
#include "names.h"
#include "recognise.h"

bool rfdn_matches(const checkpoint *c)
{
    return recognise_find(c, "fea_conv.weight") != NULL &&
           recognise_find(c, "B1.c1_d.weight") != NULL &&
           recognise_find(c, "B1.esa.conv_max.weight") != NULL &&
           recognise_find(c, "LR_conv.weight") != NULL;
}

bool bsrn_matches(const checkpoint *c)
{
    return recognise_find(c, "fea_conv.pw.weight") != NULL &&
           recognise_find(c, "B1.c1_d.weight") != NULL &&
           recognise_find(c, "B1.esa.conv_max.pw.weight") != NULL;
}

static anew_status rename_all(checkpoint *c, const char *label, anew_error *error)
{
    static const char *const renamed[][2] = {
        {"fea_conv.", "conv_first."},  {"c.0.", "conv_cat."},
        {"c1.", "conv_cat."},          {"LR_conv.", "conv_body."},
        {"c2.", "conv_body."},         {"upsampler.upsampleOneStep.0.", "upsampler."},
        {"upsampler.0.", "upsampler."}};
    for (size_t i = 0; i < sizeof renamed / sizeof renamed[0]; i++)
        ANEW_TRY(names_replace(c, label, renamed[i][0], renamed[i][1], true, error));
    for (int b = 1; b <= 16; b++) {
        char from[16], to[16];
        (void)snprintf(from, sizeof from, "B%d.", b);
        (void)snprintf(to, sizeof to, "block_%d.", b);
        ANEW_TRY(names_replace(c, label, from, to, true, error));
    }
    ANEW_TRY(names_replace(c, label, ".cca.conv_du.0.", ".cca.conv1.", false, error));
    return names_replace(c, label, ".cca.conv_du.2.", ".cca.conv2.", false, error);
}

/* What both have in common; how many blocks there are, and the scale. */
static anew_status describe(recognised *r, checkpoint *c, const char *network, const char *first,
                            const char *label, anew_error *error)
{
    const checkpoint_tensor *start, *aside, *attention, *end;
    int blocks = 0;
    char name[64];
    do
        (void)snprintf(name, sizeof name, "block_%d.c5.weight", ++blocks);
    while (recognise_find(c, name) != NULL);
    ANEW_TRY(recognise_conv(&start, c, network, first, label, error));
    ANEW_TRY(recognise_conv(&aside, c, network, "block_1.c1_d.weight", label, error));
    ANEW_TRY(recognise_conv(&attention, c, network, "block_1.esa.conv1.weight", label, error));
    ANEW_TRY(recognise_conv(&end, c, network, "upsampler.weight", label, error));
    const int64_t scale = names_scale(end->dims[0], start->dims[1]);
    if (scale == 0)
        return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                         "%s: %s of %lld channels in and %lld before its pixel shuffle", label,
                         network, (long long)start->dims[1], (long long)end->dims[0]);
    recognised_integer(r, "num_in_ch", start->dims[1]);
    recognised_integer(r, "num_feat", start->dims[0]);
    recognised_integer(r, "num_block", blocks - 1);
    recognised_integer(r, "num_distilled", aside->dims[0]);
    recognised_integer(r, "num_attention", attention->dims[0]);
    recognised_integer(r, "upscale", scale);
    return ANEW_OK;
}

anew_status rfdn_describe(recognised *r, checkpoint *c, const char *label, anew_error *error)
{
    ANEW_TRY(rename_all(c, label, error));
    ANEW_TRY(describe(r, c, "RFDN", "conv_first.weight", label, error));
    recognised_real(r, "sample_range", 255);
    (void)snprintf(r->remark, sizeof r->remark,
                   "samples up to 255 are assumed, as RFDN was published; a result that is far too "
                   "dark or bright says otherwise: --set sample_range=1");
    return ANEW_OK;
}

/* Matrices [out][in] become kernels of 1x1; every convolution gets a bias. */
static anew_status complete(checkpoint *c, const char *label, anew_error *error)
{
    for (int i = 0; i < c->count; i++) {
        checkpoint_tensor *t = &c->tensors[i];
        char layer[128];
        const size_t length = strlen(t->name);
        if (length < 8 || length >= sizeof layer || strcmp(t->name + length - 7, ".weight") != 0)
            continue;
        if (t->rank == 2) {
            t->rank = 4;
            t->dims[2] = t->dims[3] = 1;
        }
        if (t->rank != 4)
            continue;
        (void)snprintf(layer, sizeof layer, "%.*s", (int)(length - 7), t->name);
        ANEW_TRY(fold_norm(c, label, layer, NULL, layer, error));
    }
    return ANEW_OK;
}

static checkpoint_tensor *find(checkpoint *c, const char *name)
{
    for (int i = 0; i < c->count; i++)
        if (strcmp(c->tensors[i].name, name) == 0)
            return &c->tensors[i];
    return NULL;
}

/* The picture is given four times. */
static anew_status add_up_copies(checkpoint *c, const char *label, anew_error *error)
{
    checkpoint_tensor *t = find(c, "conv_first.pw.weight");
    if (t == NULL || t->rank != 4 || t->dims[2] * t->dims[3] != 1 || t->dims[1] % 4 != 0)
        return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                         "%s: BSRN whose first layer does not get the picture four times", label);
    const int64_t colours = t->dims[1] / 4;
    for (int64_t o = 0; o < t->dims[0]; o++)
        for (int64_t i = 0; i < colours; i++) {
            double sum = 0;
            for (int64_t k = 0; k < 4; k++)
                sum += (double)t->values[(o * 4 + k) * colours + i];
            t->values[o * colours + i] = (float)sum;
        }
    t->dims[1] = colours;
    c->elements -= t->elements * 3 / 4;
    t->elements /= 4;
    t->stored = ANEW_DTYPE_F32;
    return ANEW_OK;
}

/* conv_out(x * cw) is a convolution, too. */
static anew_status fold_factors(checkpoint *c, const char *label, anew_error *error)
{
    char name[64];
    for (int b = 1;; b++) {
        (void)snprintf(name, sizeof name, "block_%d.cw", b);
        const checkpoint_tensor *factors = find(c, name);
        (void)snprintf(name, sizeof name, "block_%d.conv_out.weight", b);
        checkpoint_tensor *t = find(c, name);
        if (factors == NULL)
            return ANEW_OK;
        if (t == NULL || t->rank != 4 || t->elements != t->dims[0] * factors->elements)
            return anew_fail(error, ANEW_ERROR_FORMAT, "%s: '%s' does not fit its cw", label, name);
        for (int64_t i = 0; i < t->elements; i++)
            t->values[i] *= factors->values[i % factors->elements];
        t->stored = ANEW_DTYPE_F32;
        (void)snprintf(name, sizeof name, "block_%d.cw", b);
        (void)fold_drop(c, name);
    }
}

anew_status bsrn_describe(recognised *r, checkpoint *c, const char *label, anew_error *error)
{
    ANEW_TRY(rename_all(c, label, error));
    ANEW_TRY(complete(c, label, error));
    ANEW_TRY(add_up_copies(c, label, error));
    ANEW_TRY(fold_factors(c, label, error));
    ANEW_TRY(describe(r, c, "BSRN", "conv_first.pw.weight", label, error));
    const checkpoint_tensor *contrast = recognise_find(c, "block_1.cca.conv1.weight");
    if (contrast != NULL)
        recognised_integer(r, "num_contrast", contrast->dims[0]);
    recognised_integer(r, "conv_out", recognise_find(c, "block_1.conv_out.weight") != NULL);
    return ANEW_OK;
}
