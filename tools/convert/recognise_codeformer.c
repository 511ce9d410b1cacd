/*
 * recognise_codeformer.c - CodeFormer. Names stay but for
 *
 *     ft_layers.I.self_attn.in_proj_weight, _bias    ft_layers.I.self_attn.q, .k, .v: a third of the rows each
 *     position_emb [places][dim]                     position_emb.weight [dim][side][side]
 *
 * What a block is, is told by its tensors: the encoder's blocks with `.conv` halve the size, so that counting them and
 * the places gives the picture's side.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "fold.h"
#include "recognise.h"

#define LABEL "CodeFormer"

bool codeformer_matches(const checkpoint *c)
{
    return recognise_find(c, "position_emb") != NULL &&
           recognise_find(c, "quantize.embedding.weight") != NULL &&
           recognise_find(c, "ft_layers.0.self_attn.in_proj_weight") != NULL;
}

/* The matrix `name`, or with `rank` 1 the vector. */
static anew_status find(const checkpoint_tensor **found, const checkpoint *c, const char *name,
                        int rank, const char *label, anew_error *error)
{
    *found = recognise_find(c, name);
    if (*found == NULL || (*found)->rank != rank || (*found)->elements == 0)
        return anew_fail(error, ANEW_ERROR_FORMAT,
                         "%s: looks like " LABEL ", but its tensor '%s' %s", label, name,
                         *found == NULL ? "is missing" : "has another number of dimensions");
    return ANEW_OK;
}

/* in_proj becomes three layers. */
static anew_status split_projection(checkpoint *c, int layer, const char *label, anew_error *error)
{
    static const char *const ends[] = {"weight", "bias"}, *const parts[] = {"q", "k", "v"};
    for (int e = 0; e < 2; e++) {
        char name[128], part[128];
        const checkpoint_tensor *t;
        (void)snprintf(name, sizeof name, "ft_layers.%d.self_attn.in_proj_%s", layer, ends[e]);
        ANEW_TRY(find(&t, c, name, 2 - e, label, error));
        if (t->dims[0] % 3 != 0)
            return anew_fail(error, ANEW_ERROR_FORMAT, "%s: the rows of '%s' are no three parts",
                             label, name);
        for (int p = 0; p < 3; p++) {
            t = recognise_find(c, name); /* adding moves them */
            const int64_t dims[2] = {t->dims[0] / 3, t->dims[1]};
            const anew_dtype stored = t->stored;
            (void)snprintf(part, sizeof part, "ft_layers.%d.self_attn.%s.%s", layer, parts[p],
                           ends[e]);
            ANEW_TRY(checkpoint_add(c, label, part, ELEMENT_F32, t->rank, dims, NULL,
                                    (const uint8_t *)t->values, p * (t->elements / 3), t->elements,
                                    error));
            c->tensors[c->count - 1].stored = stored;
        }
        (void)fold_drop(c, name);
    }
    return ANEW_OK;
}

/* Places become pixels of a square: columns of the matrix are planes. */
static anew_status turn_places(checkpoint *c, int64_t *side, const char *label, anew_error *error)
{
    const checkpoint_tensor *t;
    ANEW_TRY(find(&t, c, "position_emb", 2, label, error));
    *side = (int64_t)lrint(sqrt((double)t->dims[0]));
    if (*side * *side != t->dims[0])
        return anew_fail(error, ANEW_ERROR_FORMAT, "%s: %lld places are no square", label,
                         (long long)t->dims[0]);
    const int64_t dims[3] = {t->dims[1], *side, *side};
    const int64_t strides[3] = {1, *side * t->dims[1], t->dims[1]};
    const anew_dtype stored = t->stored;
    ANEW_TRY(checkpoint_add(c, label, "position_emb.weight", ELEMENT_F32, 3, dims, strides,
                            (const uint8_t *)t->values, 0, t->elements, error));
    c->tensors[c->count - 1].stored = stored;
    (void)fold_drop(c, "position_emb");
    return ANEW_OK;
}

static const checkpoint_tensor *find_block(const checkpoint *c, int number, const char *end)
{
    char name[64];
    (void)snprintf(name, sizeof name, "encoder.blocks.%d.%s", number, end);
    return recognise_find(c, name);
}

anew_status codeformer_describe(recognised *r, checkpoint *c, const char *label, anew_error *error)
{
    static const char *const names[] = {"ch_0", "ch_1", "ch_2", "ch_3", "ch_4", "ch_5"};
    const checkpoint_tensor *feat, *codes, *mlp;
    int layers = 0, levels = 0, connect = 0;
    int64_t side = 0, channels[6] = {0};
    for (int i = 0; i < c->count; i++) {
        int index = 0;
        if (sscanf(c->tensors[i].name, "ft_layers.%d.", &index) == 1 && index >= layers &&
            index < 1000)
            layers = index + 1;
        if (sscanf(c->tensors[i].name, "fuse_convs_dict.%d.", &index) == 1 && index > 0 &&
            index <= 4096 && (index & (index - 1)) == 0)
            connect |= index;
    }
    for (int i = 0; i < layers; i++)
        ANEW_TRY(split_projection(c, i, label, error));
    ANEW_TRY(turn_places(c, &side, label, error));
    /* A level's width is that of its first residual block; the last level is the one after the last halving. */
    for (int b = 1; b < 64 && levels < 6; b++) {
        const checkpoint_tensor *conv = find_block(c, b, "conv2.weight");
        if (conv != NULL && channels[levels] == 0)
            channels[levels] = conv->dims[0];
        else if (find_block(c, b, "conv.weight") != NULL)
            levels++;
    }
    if (levels > 5)
        return anew_fail(error, ANEW_ERROR_UNSUPPORTED, "%s: a " LABEL " of more than 6 sizes",
                         label);
    ANEW_TRY(find(&feat, c, "feat_emb.weight", 2, label, error));
    ANEW_TRY(find(&codes, c, "quantize.embedding.weight", 2, label, error));
    ANEW_TRY(find(&mlp, c, "ft_layers.0.linear1.weight", 2, label, error));
    recognised_integer(r, "img_size", side << levels);
    recognised_integer(r, "num_level", levels + 1);
    for (int i = 0; i <= levels; i++)
        recognised_integer(r, names[i], channels[i]);
    recognised_integer(r, "dim_embd", feat->dims[0]);
    recognised_integer(r, "n_head", 8);
    recognised_integer(r, "n_layers", layers);
    recognised_integer(r, "dim_mlp", mlp->dims[0]);
    recognised_integer(r, "codebook_size", codes->dims[0]);
    recognised_integer(r, "emb_dim", codes->dims[1]);
    recognised_integer(r, "connect_list", connect);
    (void)snprintf(r->remark, sizeof r->remark,
                   "8 heads of attention are assumed, as CodeFormer was published (--set n_head=)");
    return ANEW_OK;
}
