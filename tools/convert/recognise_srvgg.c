/*
 * recognise_srvgg.c - SRVGGNetCompact: a plain Sequential, body.0, body.1 ... The convolutions have
 * even numbers; PReLU's slopes, where there are any, the odd ones. Twelve or 48 channels at the start are three colours of
 * squares of 2 or 4 pixels.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "recognise.h"

bool srvgg_matches(const checkpoint *c)
{
    const checkpoint_tensor *first = recognise_find(c, "body.0.weight");
    return first != NULL && first->rank == 4 && first->dims[2] == 3 && first->dims[3] == 3 &&
           (recognise_find(c, "body.1.weight") == NULL ||
            recognise_find(c, "body.1.weight")->rank == 1) &&
           recognise_find(c, "body.2.weight") != NULL;
}

/* s where channels = colours * s * s, or 0. */
static int64_t scale_of(int64_t channels, int64_t colours)
{
    for (int64_t s = 1; s <= 8; s++)
        if (colours * s * s == channels)
            return s;
    return 0;
}

anew_status srvgg_describe(recognised *r, checkpoint *c, const char *label, anew_error *error)
{
    long highest = 0;
    for (int i = 0; i < c->count; i++) {
        char *end = NULL;
        if (strncmp(c->tensors[i].name, "body.", 5) != 0)
            continue;
        const long index = strtol(c->tensors[i].name + 5, &end, 10);
        if (end != c->tensors[i].name + 5 && *end == '.' && index > highest && index < 100000)
            highest = index;
    }
    char name[64];
    (void)snprintf(name, sizeof name, "body.%ld.weight", highest);
    const checkpoint_tensor *first = recognise_find(c, "body.0.weight"), *last;
    ANEW_TRY(recognise_conv(&last, c, "SRVGGNetCompact", name, label, error));
    if (highest % 2 != 0)
        return anew_fail(error, ANEW_ERROR_FORMAT,
                         "%s: looks like SRVGGNetCompact, but its last layer has the number %ld; "
                         "convolutions have even ones",
                         label, highest);
    const int64_t wide = first->dims[1], unshuffle = wide == 12 ? 2 : wide == 48 ? 4 : 1;
    const int64_t in = wide / (unshuffle * unshuffle);
    const int64_t candidates[] = {in, 3, 4, 1};
    int64_t out = 0, scale = 0;
    for (size_t i = 0; i < sizeof candidates / sizeof candidates[0] && scale == 0; i++) {
        out = candidates[i];
        scale = scale_of(last->dims[0], out);
    }
    if (scale == 0)
        return anew_fail(
            error, ANEW_ERROR_FORMAT,
            "%s: looks like SRVGGNetCompact, but %lld channels at its end are not 3, 4, 1 or %lld "
            "(those at its start) times the square of a scale up to 8",
            label, (long long)last->dims[0], (long long)in);
    if (scale % unshuffle != 0)
        return anew_fail(error, ANEW_ERROR_FORMAT,
                         "%s: looks like SRVGGNetCompact on squares of %lld pixels, but %lld "
                         "channels at its end "
                         "are no squares of %lld times a whole scale",
                         label, (long long)unshuffle, (long long)last->dims[0],
                         (long long)unshuffle);
    scale /= unshuffle;
    recognised_integer(r, "num_in_ch", in);
    recognised_integer(r, "num_out_ch", out);
    recognised_integer(r, "num_feat", first->dims[0]);
    recognised_integer(r, "num_conv", (highest - 2) / 2);
    recognised_integer(r, "upscale", scale);
    if (unshuffle > 1)
        recognised_integer(r, "unshuffle", unshuffle);
    recognised_real(r, "value_range", 1.0);
    if (recognise_find(c, "body.1.weight") != NULL) {
        recognised_text(r, "act_type", "prelu");
    } else if (c->has_slope) {
        recognised_text(r, "act_type", c->slope == 0 ? "relu" : "leakyrelu");
        recognised_real(r, "negative_slope", c->slope);
    } else {
        recognised_text(r, "act_type", "leakyrelu");
        recognised_real(r, "negative_slope", 0.1);
        (void)snprintf(
            r->remark, sizeof r->remark,
            "no slopes in the file: LeakyReLU with slope 0.1 is assumed; if it was built "
            "with ReLU, use --set act_type=relu");
    }
    return ANEW_OK;
}
