/*
 * recognise_dncnn.c - DnCNN and IRCNN, FFDNet and FDnCNN: plain sequences of 3x3 convolutions, P0, P1 ..., where the
 * prefix P is model. (KAIR), dncnn. (DnCNN-PyTorch) or intermediate_dncnn.itermediate_dncnn. (FFDNet-PyTorch). Batch
 * normalisation goes into the convolution before it (fold.c). Convolutions become conv.0, conv.1 ... The first one's
 * inputs and the last one's outputs tell them apart, for c colours:
 *
 *     in          out
 *     c           c      DnCNN: gives the noise
 *     c + 1       c      FDnCNN: the last input is the noise's level
 *     4 c + 1     4 c    FFDNet: the same, unshuffled by 2
 *     4 c + c     4 c    FFDNet-PyTorch: the level comes first, c times; gives the noise
 *
 * The level's plane is unshuffled with the others here (src/nets/ffdnet.c), so that the first convolution gets inputs
 * of weights 0.
 */
#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "fold.h"
#include "names.h"
#include "recognise.h"

#define MOST_CONVOLUTIONS 256

static const char pytorch_ffdnet[] = "intermediate_dncnn.itermediate_dncnn.";
static const char *const prefixes[] = {"model.", "dncnn.", pytorch_ffdnet};

typedef struct sequence {
    const char *prefix;
    int indices[MOST_CONVOLUTIONS], count; /* of the convolutions */
    int64_t in, features, out;
} sequence;

static const checkpoint_tensor *part(const checkpoint *c, const char *prefix, int index,
                                     const char *name)
{
    char full[128];
    (void)snprintf(full, sizeof full, "%s%d.%s", prefix, index, name);
    return recognise_find(c, full);
}

/* Whether the checkpoint is nothing but such a sequence. */
static bool find_sequence(sequence *s, const checkpoint *c, const char *prefix)
{
    int tensors = 0;
    *s = (sequence){.prefix = prefix};
    const int layers = names_count(c, prefix);
    for (int i = 0; i < layers; i++) {
        const checkpoint_tensor *weight = part(c, prefix, i, "weight");
        static const char *const parts[] = {"weight", "bias", "running_mean", "running_var",
                                            "num_batches_tracked"};
        for (int k = 0; k < 5; k++)
            tensors += part(c, prefix, i, parts[k]) != NULL;
        if (weight == NULL || weight->rank == 1)
            continue;
        if (weight->rank != 4 || weight->dims[2] != 3 || weight->dims[3] != 3 ||
            s->count == MOST_CONVOLUTIONS || (s->count > 0 && weight->dims[1] != s->out))
            return false;
        if (s->count == 0) {
            s->in = weight->dims[1];
            s->features = weight->dims[0];
        }
        s->out = weight->dims[0];
        s->indices[s->count++] = i;
    }
    return s->count >= 3 && tensors == c->count;
}

static bool find_any(sequence *s, const checkpoint *c)
{
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
        if (find_sequence(s, c, prefixes[i]))
            return true;
    return false;
}

bool dncnn_matches(const checkpoint *c)
{
    sequence s;
    return find_any(&s, c) && s.in == s.out && s.in <= 4;
}

/* Colours, the factor of the unshuffling, and planes of the level: false where it is no such network. */
static bool find_levels(int64_t *colours, int64_t *factor, int64_t *levels, const sequence *s)
{
    *factor = s->out % 4 == 0 ? 2 : 1;
    *colours = s->out / (*factor * *factor);
    *levels = s->in - s->out;
    return *colours >= 1 && *colours <= 3 &&
           *levels == (s->prefix == pytorch_ffdnet ? *colours : 1);
}

bool ffdnet_matches(const checkpoint *c)
{
    sequence s;
    int64_t colours, factor, levels;
    return find_any(&s, c) && find_levels(&colours, &factor, &levels, &s);
}

/* KAIR builds its normalisation with another epsilon than PyTorch's default. */
#define KAIR_EPSILON    1e-4
#define PYTORCH_EPSILON 1e-5

static anew_status fold_sequence(checkpoint *c, const sequence *s, const char *label,
                                 anew_error *error)
{
    const double epsilon = s->prefix == prefixes[0] ? KAIR_EPSILON : PYTORCH_EPSILON;
    char conv[128], norm[128], to[32];
    for (int i = 0; i < s->count; i++) {
        (void)snprintf(conv, sizeof conv, "%s%d", s->prefix, s->indices[i]);
        (void)snprintf(norm, sizeof norm, "%s%d", s->prefix, s->indices[i] + 1);
        (void)snprintf(to, sizeof to, "conv.%d", i);
        const bool normed = part(c, s->prefix, s->indices[i] + 1, "running_mean") != NULL;
        ANEW_TRY(fold_norm_with(c, label, conv, normed ? norm : NULL, to, epsilon, error));
    }
    return ANEW_OK;
}

anew_status dncnn_describe(recognised *r, checkpoint *c, const char *label, anew_error *error)
{
    sequence s;
    char last[32];
    (void)find_any(&s, c);
    ANEW_TRY(fold_sequence(c, &s, label, error));
    (void)snprintf(last, sizeof last, "conv.%d", s.count - 1);
    names_negate(c, last);
    recognised_integer(r, "num_in_ch", s.in);
    recognised_integer(r, "num_feat", s.features);
    recognised_integer(r, "num_conv", s.count);
    recognised_text(r, "dilation", s.count == 7 ? "ircnn" : "none");
    if (s.in == 1)
        recognised_text(r, "colours", "each");
    if (s.count == 7)
        (void)snprintf(r->remark, sizeof r->remark,
                       "seven convolutions: IRCNN's dilations of 1 2 3 4 3 2 1 are assumed; for a "
                       "DnCNN that is so short, use --set dilation=none");
    return ANEW_OK;
}

/* The first convolution's inputs as [colours * f * f][the level, f * f], those of the level after the first
 * `levels` 0. */
static anew_status widen_first(checkpoint *c, int64_t inner, int64_t levels, int64_t all,
                               bool level_first, const char *label, anew_error *error)
{
    checkpoint_tensor *weight = NULL;
    for (int i = 0; i < c->count; i++)
        if (strcmp(c->tensors[i].name, "conv.0.weight") == 0)
            weight = &c->tensors[i];
    if (weight == NULL)
        return anew_fail(error, ANEW_ERROR_FORMAT, "%s: no first convolution", label);
    const int64_t outputs = weight->dims[0], in = weight->dims[1], wide = inner + all;
    float *values = anew_alloc_zero(anew_size_mul((size_t)(outputs * wide), 9 * sizeof(float)));
    if (values == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory for its tensors", label);
    for (int64_t o = 0; o < outputs; o++)
        for (int64_t i = 0; i < in; i++) {
            const int64_t to = !level_first ? i : i < levels ? inner + i : i - levels;
            memcpy(values + (o * wide + to) * 9, weight->values + (o * in + i) * 9,
                   9 * sizeof(float));
        }
    anew_free(weight->values);
    weight->values = values;
    weight->dims[1] = wide;
    c->elements += outputs * wide * 9 - weight->elements;
    weight->elements = outputs * wide * 9;
    return ANEW_OK;
}

anew_status ffdnet_describe(recognised *r, checkpoint *c, const char *label, anew_error *error)
{
    sequence s;
    int64_t colours = 0, factor = 0, levels = 0;
    char last[32];
    (void)find_any(&s, c);
    (void)find_levels(&colours, &factor, &levels, &s);
    const bool residual = s.prefix == pytorch_ffdnet;
    ANEW_TRY(fold_sequence(c, &s, label, error));
    ANEW_TRY(widen_first(c, s.out, levels, factor * factor, residual, label, error));
    (void)snprintf(last, sizeof last, "conv.%d", s.count - 1);
    if (residual)
        names_negate(c, last);
    recognised_integer(r, "num_in_ch", colours);
    recognised_integer(r, "num_feat", s.features);
    recognised_integer(r, "num_conv", s.count);
    recognised_integer(r, "factor", factor);
    recognised_integer(r, "residual", residual);
    if (colours == 1)
        recognised_text(r, "colours", "each");
    return ANEW_OK;
}
