/*
 * recognise_gfpgan.c - GFPGAN's clean architecture (1.2, 1.3, 1.4). What only training needs, toRGB, and the mapping
 * network that is not used, style_mlp, are left out; in stylegan_decoder, L being a layer's name,
 *
 *     L.modulated_conv.weight [1][out][in][k][k]    L.modulated_conv.conv.weight [out][in][k][k]
 *     L.weight [1]                                  L.noise.strength
 *     noises.noiseN of that layer                   L.noise.map
 *     L.bias [1][channels][1][1]                    L.offset.weight [channels]; of to_rgb L.modulated_conv.conv.bias
 *     constant_input.weight [1][channels][4][4]     the same without its first axis
 */
#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "fold.h"
#include "recognise.h"

#define DECODER "stylegan_decoder."

bool gfpgan_matches(const checkpoint *c)
{
    return recognise_find(c, DECODER "style_conv1.modulated_conv.weight") != NULL &&
           recognise_find(c, DECODER "constant_input.weight") != NULL;
}

static void drop_all(checkpoint *c, const char *prefix)
{
    for (int i = c->count - 1; i >= 0; i--)
        if (strncmp(c->tensors[i].name, prefix, strlen(prefix)) == 0)
            (void)fold_drop(c, c->tensors[i].name);
}

/* The part of the name after the layer, "" where the name is no layer's; `layer` has its length. */
static const char *part_of(const char *name, int *layer, bool *rgb)
{
    int used = 0, index = 0;
    static const char *const single[] = {DECODER "style_conv1.", DECODER "to_rgb1."};
    for (int i = 0; i < 2; i++)
        if (strncmp(name, single[i], strlen(single[i])) == 0)
            used = (int)strlen(single[i]);
    if (used == 0 && (sscanf(name, DECODER "style_convs.%d.%n", &index, &used) < 1 || used == 0) &&
        (sscanf(name, DECODER "to_rgbs.%d.%n", &index, &used) < 1 || used == 0))
        return "";
    *layer = used;
    *rgb = strncmp(name, DECODER "to_rgb", sizeof DECODER "to_rgb" - 1) == 0;
    return name + used;
}

static void rename_tensor(char *to, size_t bytes, const char *from)
{
    int layer = 0, noise = 0;
    bool rgb = false;
    const char *part = part_of(from, &layer, &rgb);
    (void)snprintf(to, bytes, "%s", from);
    if (strcmp(part, "modulated_conv.weight") == 0)
        (void)snprintf(to, bytes, "%.*smodulated_conv.conv.weight", layer, from);
    else if (strcmp(part, "weight") == 0)
        (void)snprintf(to, bytes, "%.*snoise.strength", layer, from);
    else if (strcmp(part, "bias") == 0)
        (void)snprintf(to, bytes, "%.*s%s", layer, from,
                       rgb ? "modulated_conv.conv.bias" : "offset.weight");
    else if (sscanf(from, DECODER "noises.noise%d", &noise) == 1 && noise == 0)
        (void)snprintf(to, bytes, DECODER "style_conv1.noise.map");
    else if (sscanf(from, DECODER "noises.noise%d", &noise) == 1 && noise > 0 && noise < 1000)
        (void)snprintf(to, bytes, DECODER "style_convs.%d.noise.map", noise - 1);
}

/* Axes of length 1 that convolutions of batches and broadcasts brought with them. */
static void drop_axes(checkpoint_tensor *t)
{
    const bool vector = t->rank == 4 && t->dims[0] == 1 && t->dims[2] == 1 && t->dims[3] == 1;
    const bool first = t->dims[0] == 1 && (t->rank == 5 || t->rank == 4);
    if (vector) {
        t->rank = 1;
        t->dims[0] = t->dims[1];
    } else if (first) {
        t->rank--;
        for (int i = 0; i < t->rank; i++)
            t->dims[i] = t->dims[i + 1];
    }
}

static bool ends_with(const char *name, const char *end)
{
    const size_t length = strlen(name), last = strlen(end);
    return length >= last && strcmp(name + length - last, end) == 0;
}

static anew_status rename_all(checkpoint *c, const char *label, anew_error *error)
{
    for (int i = 0; i < c->count; i++) {
        checkpoint_tensor *t = &c->tensors[i];
        char name[256];
        rename_tensor(name, sizeof name, t->name);
        if (strncmp(name, DECODER, sizeof DECODER - 1) == 0 && !ends_with(name, "noise.map"))
            drop_axes(t);
        char *copy = anew_text_copy(name);
        if (copy == NULL)
            return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory for its names", label);
        anew_free(t->name);
        t->name = copy;
    }
    return ANEW_OK;
}

anew_status gfpgan_describe(recognised *r, checkpoint *c, const char *label, anew_error *error)
{
    static const char *const names[] = {"ch_0", "ch_1", "ch_2", "ch_3", "ch_4",
                                        "ch_5", "ch_6", "ch_7", "ch_8"};
    if (recognise_find(c, "conv_body_down.0.conv1.weight") == NULL)
        return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                         "%s: a GFPGAN of the original architecture (version 1.0) or for another "
                         "U-Net; known are versions 1.2, 1.3 and 1.4",
                         label);
    drop_all(c, "toRGB.");
    drop_all(c, DECODER "style_mlp.");
    ANEW_TRY(rename_all(c, label, error));
    int downs = 0;
    for (int i = 0; i < c->count; i++) {
        int index = 0;
        if (sscanf(c->tensors[i].name, "conv_body_down.%d.", &index) == 1 && index >= downs &&
            index < 1000)
            downs = index + 1;
    }
    if (downs > 8)
        return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                         "%s: a GFPGAN for faces of %d halvings, more than 8", label, downs);
    const checkpoint_tensor *conv, *scale, *linear, *modulation;
    ANEW_TRY(recognise_conv(&conv, c, "GFPGAN", "conv_body_first.weight", label, error));
    recognised_integer(r, "num_level", downs + 1);
    recognised_integer(r, names[downs], conv->dims[0]);
    for (int i = 0; i < downs; i++) {
        char name[64];
        (void)snprintf(name, sizeof name, "conv_body_down.%d.conv2.weight", i);
        ANEW_TRY(recognise_conv(&conv, c, "GFPGAN", name, label, error));
        recognised_integer(r, names[downs - 1 - i], conv->dims[0]);
    }
    ANEW_TRY(recognise_conv(&conv, c, "GFPGAN", DECODER "style_convs.0.modulated_conv.conv.weight",
                            label, error));
    ANEW_TRY(recognise_conv(&scale, c, "GFPGAN", "condition_scale.0.2.weight", label, error));
    linear = recognise_find(c, "final_linear.weight");
    modulation = recognise_find(c, DECODER "style_conv1.modulated_conv.modulation.weight");
    if (linear == NULL || modulation == NULL || modulation->rank != 2)
        return anew_fail(error, ANEW_ERROR_FORMAT,
                         "%s: looks like GFPGAN, but a layer of its styles is missing", label);
    if (linear->dims[0] == modulation->dims[1])
        return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                         "%s: a GFPGAN with the same latent vector for all layers; known are those "
                         "with one for each",
                         label);
    recognised_integer(r, "num_style_feat", modulation->dims[1]);
    recognised_integer(r, "sft_half", scale->dims[0] < conv->dims[0]);
    recognised_integer(r, "noise_seed", 0);
    (void)snprintf(r->remark, sizeof r->remark,
                   "the latent vectors are taken as they are, as GFPGAN was published, and the "
                   "stored noise is used (--set noise_seed=N draws another)");
    return ANEW_OK;
}
