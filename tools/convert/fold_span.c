/*
 * fold_span.c - a convolution of SPAN from the branches that it was trained as:
 *
 *     x -+- a zero pixel around - conv.0 (1x1) - conv.1 (3x3) - conv.2 (1x1) -+- (+) - result
 *        +- sk (1x1) ---------------------------------------------------------+
 *
 * Nothing bends between them, so they add up to one 3x3 convolution. The zeros stand around the picture before
 * conv.0 and not before conv.1: conv.0 turns them into its bias, and that one sum of conv.1's taps is right at the
 * picture's edge, too. Computed in double and rounded once.
 */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "fold.h"
#include "recognise.h"

#define LAYER  256          /* a layer's name */
#define NAME   (LAYER + 32) /* a tensor's */
#define TAPS   9
#define MIDDLE 4
/* Channels of SPAN's features at most, as src/nets/span.c has it; bounds the time and the memory here, too. */
#define MOST_CHANNELS 1024

enum { SKIP, WIDEN, LOOK, NARROW, PARTS };
static const char *const parts[PARTS] = {".sk", ".conv.0", ".conv.1", ".conv.2"};

/* What a convolution was trained as. Channels between the 1x1 convolutions: `seen` go into the 3x3, `found` come out. */
typedef struct branches {
    const float *weight[PARTS], *bias[PARTS]; /* all biases are NULL where the network has none */
    int64_t in, seen, found, out;
} branches;

/* Sums that become the convolution's tensors. */
typedef struct sums {
    double *weight, *bias,
        *row;       /* the row is one of conv.1's outputs, of the convolution's inputs */
    float *rounded; /* weights, then biases */
} sums;

/* The values of a tensor of this shape; a dimension of 0 may be any and is filled in. */
static anew_status take(const float **values, const checkpoint *c, const char *label,
                        const char *name, int rank, int64_t *dims, anew_error *error)
{
    char shape[ANEW_SHAPE_TEXT], wanted[ANEW_SHAPE_TEXT];
    const checkpoint_tensor *t = recognise_find(c, name);
    if (t == NULL)
        return anew_fail(error, ANEW_ERROR_FORMAT,
                         "%s: a branch that SPAN was trained with lacks its tensor '%s'", label,
                         name);
    bool fits = t->rank == rank && t->elements > 0;
    for (int i = 0; fits && i < rank; i++)
        fits = dims[i] == 0 || dims[i] == t->dims[i];
    if (!fits)
        return anew_fail(error, ANEW_ERROR_FORMAT,
                         "%s: tensor '%s' of a branch that SPAN was trained with has the shape %s "
                         "where %s is needed (0: any)",
                         label, name, anew_shape_text(shape, t->rank, t->dims),
                         anew_shape_text(wanted, rank, dims));
    memcpy(dims, t->dims, (size_t)rank * sizeof dims[0]);
    *values = t->values;
    return ANEW_OK;
}

static void name_part(char name[NAME], const char *layer, const char *part, const char *ending)
{
    (void)snprintf(name, NAME, "%s%s%s", layer, part, ending);
}

static anew_status take_weights(branches *b, const checkpoint *c, const char *label,
                                const char *layer, anew_error *error)
{
    int64_t *const channels[PARTS][2] = {
        {&b->out, &b->in}, {&b->seen, &b->in}, {&b->found, &b->seen}, {&b->out, &b->found}};
    char name[NAME];
    for (int part = 0; part < PARTS; part++) {
        const int64_t side = part == LOOK ? 3 : 1;
        int64_t dims[4] = {*channels[part][0], *channels[part][1], side, side};
        name_part(name, layer, parts[part], ".weight");
        ANEW_TRY(take(&b->weight[part], c, label, name, 4, dims, error));
        *channels[part][0] = dims[0];
        *channels[part][1] = dims[1];
        if (b->in > MOST_CHANNELS || b->out > MOST_CHANNELS)
            return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                             "%s: tensor '%s' is of %lld channels in and %lld out; at most %d are "
                             "known in a SPAN",
                             label, name, (long long)b->in, (long long)b->out, MOST_CHANNELS);
    }
    return ANEW_OK;
}

/* All four or none. */
static anew_status take_biases(branches *b, const checkpoint *c, const char *label,
                               const char *layer, anew_error *error)
{
    const int64_t counts[PARTS] = {b->out, b->seen, b->found, b->out};
    char name[NAME];
    bool any = false;
    for (int part = 0; part < PARTS; part++) {
        name_part(name, layer, parts[part], ".bias");
        any = any || recognise_find(c, name) != NULL;
    }
    for (int part = 0; any && part < PARTS; part++) {
        int64_t count = counts[part];
        name_part(name, layer, parts[part], ".bias");
        ANEW_TRY(take(&b->bias[part], c, label, name, 1, &count, error));
    }
    return ANEW_OK;
}

/* What output n of conv.1 makes of the convolution's inputs, tap by tap; the result is its bias. */
static double look_through(double *row, const branches *b, int64_t n)
{
    double bias = b->bias[LOOK] == NULL ? 0 : (double)b->bias[LOOK][n];
    memset(row, 0, (size_t)(b->in * TAPS) * sizeof *row);
    for (int64_t m = 0; m < b->seen; m++) {
        const float *taps = b->weight[LOOK] + (n * b->seen + m) * TAPS;
        for (int64_t i = 0; i < b->in; i++)
            for (int k = 0; k < TAPS; k++)
                row[i * TAPS + k] += (double)taps[k] * (double)b->weight[WIDEN][m * b->in + i];
        for (int k = 0; k < TAPS && b->bias[WIDEN] != NULL; k++)
            bias += (double)taps[k] * (double)b->bias[WIDEN][m];
    }
    return bias;
}

static void add_up(sums *s, const branches *b)
{
    const int64_t each = b->in * TAPS;
    for (int64_t n = 0; n < b->found; n++) {
        const double bias = look_through(s->row, b, n);
        for (int64_t o = 0; o < b->out; o++) {
            const double share = (double)b->weight[NARROW][o * b->found + n];
            for (int64_t k = 0; k < each; k++)
                s->weight[o * each + k] += share * s->row[k];
            s->bias[o] += share * bias;
        }
    }
    for (int64_t o = 0; o < b->out; o++) {
        for (int64_t i = 0; i < b->in; i++)
            s->weight[o * each + i * TAPS + MIDDLE] += (double)b->weight[SKIP][o * b->in + i];
        if (b->bias[SKIP] != NULL)
            s->bias[o] += (double)b->bias[NARROW][o] + (double)b->bias[SKIP][o];
    }
}

static anew_status round_once(float *to, const double *from, int64_t count, const char *label,
                              const char *layer, anew_error *error)
{
    for (int64_t i = 0; i < count; i++) {
        if (!(fabs(from[i]) <= (double)FLT_MAX))
            return anew_fail(error, ANEW_ERROR_FORMAT,
                             "%s: the branches of '%s' add up to %g, which no weight can be", label,
                             layer, from[i]);
        to[i] = (float)from[i];
    }
    return ANEW_OK;
}

/* Puts the convolution where its branches stood, and the one that a training left beside them. */
static anew_status replace(checkpoint *c, const char *label, const char *layer, const branches *b,
                           const sums *s, anew_error *error)
{
    static const char *const endings[] = {".weight", ".bias"};
    const int64_t dims[] = {b->out, b->in, 3, 3}, count = b->out * b->in * TAPS;
    char name[NAME];
    for (int part = 0; part <= PARTS; part++)
        for (int e = 0; e < 2; e++) {
            name_part(name, layer, part < PARTS ? parts[part] : ".eval_conv", endings[e]);
            (void)fold_drop(c, name);
        }
    name_part(name, layer, "", ".weight");
    ANEW_TRY(checkpoint_add(c, label, name, ELEMENT_F32, 4, dims, NULL, (const uint8_t *)s->rounded,
                            0, count, error));
    name_part(name, layer, "", ".bias");
    return checkpoint_add(c, label, name, ELEMENT_F32, 1, dims, NULL, (const uint8_t *)s->rounded,
                          count, count + b->out, error);
}

static anew_status fold_layer(checkpoint *c, const char *label, const char *layer,
                              anew_error *error)
{
    branches b = {0};
    sums s = {0};
    anew_status status = ANEW_OK;
    ANEW_TRY(take_weights(&b, c, label, layer, error));
    ANEW_TRY(take_biases(&b, c, label, layer, error));
    const int64_t each = b.in * TAPS, count = b.out * each;
    s.weight = anew_alloc_zero(anew_size_mul((size_t)count, sizeof(double)));
    s.bias = anew_alloc_zero(anew_size_mul((size_t)b.out, sizeof(double)));
    s.row = anew_alloc(anew_size_mul((size_t)each, sizeof(double)));
    s.rounded = anew_alloc(anew_size_mul((size_t)(count + b.out), sizeof(float)));
    if (s.weight == NULL || s.bias == NULL || s.row == NULL || s.rounded == NULL) {
        status = anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory for its tensors", label);
        goto out;
    }
    add_up(&s, &b);
    ANEW_TRY_GOTO(round_once(s.rounded, s.weight, count, label, layer, error), out);
    ANEW_TRY_GOTO(round_once(s.rounded + count, s.bias, b.out, label, layer, error), out);
    status = replace(c, label, layer, &b, &s, error);
out:
    anew_free(s.weight);
    anew_free(s.bias);
    anew_free(s.row);
    anew_free(s.rounded);
    return status;
}

/* The length of the layer's name before a branch's part, or 0: `block_1.c1_r.conv.0.weight`. */
static size_t layer_length(const char *name)
{
    static const char *const endings[] = {".weight", ".bias"};
    const size_t length = strlen(name);
    char part[NAME];
    for (int i = 0; i < 2 * PARTS; i++) {
        name_part(part, parts[i / 2], endings[i % 2], "");
        const size_t tail = strlen(part);
        if (length > tail && length < LAYER && strcmp(name + length - tail, part) == 0)
            return length - tail;
    }
    return 0;
}

anew_status fold_branches(checkpoint *c, const char *label, anew_error *error)
{
    char layer[LAYER];
    int i = 0;
    while (i < c->count) {
        const size_t length = layer_length(c->tensors[i].name);
        if (length == 0) {
            i++;
            continue;
        }
        (void)snprintf(layer, sizeof layer, "%.*s", (int)length, c->tensors[i].name);
        ANEW_TRY(fold_layer(c, label, layer, error));
        i = i > 2 ? i - 2 : 0; /* an eval_conv that stood before this went, too */
    }
    return ANEW_OK;
}
