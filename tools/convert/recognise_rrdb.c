/*
 * recognise_rrdb.c - RRDBNet in its three spellings:
 *
 *                   Real-ESRGAN          ESRGAN, BSRGAN          old ESRGAN (a flattened Sequential)
 *     first         conv_first           conv_first              model.0
 *     block         body.B.rdbR.convK    RRDB_trunk.B.RDBR.convK model.1.sub.B.RDBR.convK.0
 *     trunk         conv_body            trunk_conv              model.1.sub.B
 *     up i          conv_upI             upconvI                 model.{3i}
 *     before last   conv_hr              HRconv                  model.{3n + 2}
 *     last          conv_last            conv_last               model.{3n + 4}
 *
 * The first spelling is the canonical one. n is the number of enlargements by two.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "recognise.h"

bool rrdb_matches(const checkpoint *c)
{
    return recognise_find(c, "body.0.rdb1.conv1.weight") != NULL ||
           recognise_find(c, "RRDB_trunk.0.RDB1.conv1.weight") != NULL ||
           recognise_find(c, "model.1.sub.0.RDB1.conv1.0.weight") != NULL;
}

/* ".weight" or ".bias" at the end of a name. */
static const char *suffix_of(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot == NULL ? "" : dot;
}

/* The canonical name of an old spelling's tensor; `ups` enlargements. */
static void rename_old(char *to, size_t bytes, const char *from, int ups)
{
    int block = 0, rdb = 0, index = 0, used = 0;
    char conv[16] = "";
    const char *suffix = suffix_of(from);
    if (sscanf(from, "model.1.sub.%d.RDB%d.%15[a-z0-9]%n", &block, &rdb, conv, &used) == 3)
        (void)snprintf(to, bytes, "body.%d.rdb%d.%s%s", block, rdb, conv, suffix);
    else if (sscanf(from, "model.1.sub.%d%n", &block, &used) == 1 && from + used == suffix)
        (void)snprintf(to, bytes, "conv_body%s", suffix);
    else if (sscanf(from, "model.%d%n", &index, &used) == 1 && from + used == suffix && index == 0)
        (void)snprintf(to, bytes, "conv_first%s", suffix);
    else if (used > 0 && from + used == suffix && index % 3 == 0 && index / 3 <= ups)
        (void)snprintf(to, bytes, "conv_up%d%s", index / 3, suffix);
    else if (used > 0 && from + used == suffix && index == 3 * ups + 2)
        (void)snprintf(to, bytes, "conv_hr%s", suffix);
    else if (used > 0 && from + used == suffix && index == 3 * ups + 4)
        (void)snprintf(to, bytes, "conv_last%s", suffix);
}

static void rename_trunk(char *to, size_t bytes, const char *from)
{
    int block = 0, rdb = 0, up = 0, used = 0;
    const char *suffix = suffix_of(from);
    if (sscanf(from, "RRDB_trunk.%d.RDB%d.%n", &block, &rdb, &used) == 2 && used > 0)
        (void)snprintf(to, bytes, "body.%d.rdb%d.%s", block, rdb, from + used);
    else if (strncmp(from, "trunk_conv.", 11) == 0)
        (void)snprintf(to, bytes, "conv_body%s", suffix);
    else if (sscanf(from, "upconv%d", &up) == 1)
        (void)snprintf(to, bytes, "conv_up%d%s", up, suffix);
    else if (strncmp(from, "HRconv.", 7) == 0)
        (void)snprintf(to, bytes, "conv_hr%s", suffix);
}

/* Gives every tensor its canonical name; those that have none keep theirs, to be named as surplus. */
static anew_status rename_all(checkpoint *c, const char *label, anew_error *error)
{
    const bool old = recognise_find(c, "model.0.weight") != NULL;
    int highest = 0;
    for (int i = 0; old && i < c->count; i++) {
        int index = 0;
        if (sscanf(c->tensors[i].name, "model.%d", &index) == 1 && index > highest && index < 1000)
            highest = index;
    }
    const int ups = (highest + 1 - 5) / 3;
    for (int i = 0; i < c->count; i++) {
        char name[256];
        (void)snprintf(name, sizeof name, "%s", c->tensors[i].name);
        if (old)
            rename_old(name, sizeof name, c->tensors[i].name, ups);
        else
            rename_trunk(name, sizeof name, c->tensors[i].name);
        char *copy = anew_text_copy(name);
        if (copy == NULL)
            return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory for its names", label);
        anew_free(c->tensors[i].name);
        c->tensors[i].name = copy;
    }
    return ANEW_OK;
}

anew_status rrdb_describe(recognised *r, checkpoint *c, const char *label, anew_error *error)
{
    ANEW_TRY(rename_all(c, label, error));
    const checkpoint_tensor *first, *last, *grow;
    ANEW_TRY(recognise_conv(&first, c, "RRDBNet", "conv_first.weight", label, error));
    ANEW_TRY(recognise_conv(&last, c, "RRDBNet", "conv_last.weight", label, error));
    ANEW_TRY(recognise_conv(&grow, c, "RRDBNet", "body.0.rdb1.conv1.weight", label, error));
    int blocks = 0, ups = 0;
    for (int i = 0; i < c->count; i++) {
        int index = 0;
        if (sscanf(c->tensors[i].name, "body.%d.rdb", &index) == 1 && index + 1 > blocks &&
            index < 10000)
            blocks = index + 1;
        if (sscanf(c->tensors[i].name, "conv_up%d.weight", &index) == 1 && index > ups &&
            index < 100)
            ups = index;
    }
    const int64_t in = first->dims[1], out = last->dims[0];
    const int64_t unshuffle = in == 4 * out ? 2 : in == 16 * out ? 4 : 1;
    recognised_integer(r, "num_in_ch", in / (unshuffle * unshuffle));
    recognised_integer(r, "num_out_ch", out);
    recognised_integer(r, "num_feat", first->dims[0]);
    recognised_integer(r, "num_grow_ch", grow->dims[0]);
    recognised_integer(r, "num_block", blocks);
    recognised_integer(r, "unshuffle", unshuffle);
    recognised_integer(r, "num_up", ups);
    recognised_integer(r, "up_factor", c->up_factor != 0 ? c->up_factor : 2);
    if (ups == 1 && c->up_factor == 0)
        (void)snprintf(r->remark, sizeof r->remark,
                       "one enlargement: by 2 is assumed; if it is an ESRGAN for x3, use --set "
                       "up_factor=3");
    recognised_integer(r, "plus", recognise_find(c, "body.0.rdb1.conv1x1.weight") != NULL);
    recognised_real(r, "negative_slope", c->has_slope ? c->slope : 0.2);
    recognised_real(r, "residual_scale", 0.2);
    recognised_real(r, "value_range", 1.0);
    return ANEW_OK;
}
