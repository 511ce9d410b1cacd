/*
 * fold.c - batch normalisation into the convolution before it, and heads into one; strides of 2 into what runs
 * here.
 *
 *     (conv(x) - mean) / sqrt(variance + 1e-5) * weight + bias
 *         = conv'(x), every weight of an output times s = weight / sqrt(variance + 1e-5), and
 *           bias' = (conv's bias - mean) * s + bias
 *
 * computed in double and rounded once.
 */
#include "fold.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/memory.h"

#define EPSILON 1e-5 /* PyTorch's */
#define NAME    192

static checkpoint_tensor *find(checkpoint *c, const char *layer, const char *part)
{
    char name[2 * NAME];
    (void)snprintf(name, sizeof name, "%s%s", layer, part);
    for (int i = 0; i < c->count; i++)
        if (strcmp(c->tensors[i].name, name) == 0)
            return &c->tensors[i];
    return NULL;
}

bool fold_drop(checkpoint *c, const char *name)
{
    checkpoint_tensor *t = find(c, name, "");
    if (t == NULL)
        return false;
    c->elements -= t->elements;
    anew_free(t->name);
    anew_free(t->values);
    c->count--;
    memmove(t, t + 1, (size_t)(&c->tensors[c->count] - t) * sizeof *t);
    return true;
}

static void drop_part(checkpoint *c, const char *layer, const char *part)
{
    char name[2 * NAME];
    (void)snprintf(name, sizeof name, "%s%s", layer, part);
    (void)fold_drop(c, name);
}

static anew_status rename_part(checkpoint *c, const char *label, const char *from, const char *to,
                               const char *part, anew_error *error)
{
    checkpoint_tensor *t = find(c, from, part);
    char name[2 * NAME];
    (void)snprintf(name, sizeof name, "%s%s", to, part);
    char *copy = strcmp(from, to) == 0 ? t->name : anew_text_copy(name);
    if (copy == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory for its tensors", label);
    if (copy != t->name) {
        if (find(c, to, part) != NULL) {
            anew_free(copy);
            return anew_fail(error, ANEW_ERROR_FORMAT, "%s: two tensors are '%s'", label, name);
        }
        anew_free(t->name);
        t->name = copy;
    }
    return ANEW_OK;
}

/* The weights of a convolution, whose outputs are `outputs` where that is not 0. */
static anew_status find_conv(checkpoint_tensor **weight, checkpoint *c, const char *label,
                             const char *conv, anew_error *error)
{
    *weight = find(c, conv, ".weight");
    if (*weight == NULL || (*weight)->rank != 4 || (*weight)->elements == 0)
        return anew_fail(error, ANEW_ERROR_FORMAT, "%s: the weights of the convolution '%s' %s",
                         label, conv, *weight == NULL ? "are missing" : "have no such shape");
    return ANEW_OK;
}

/* A vector of as many values as the convolution has outputs. */
static anew_status find_vector(const float **values, checkpoint *c, const char *label,
                               const char *layer, const char *part, int64_t count,
                               anew_error *error)
{
    const checkpoint_tensor *t = find(c, layer, part);
    if (t == NULL || t->rank != 1 || t->elements != count)
        return anew_fail(error, ANEW_ERROR_FORMAT,
                         "%s: tensor '%s%s' %s where %lld values are needed", label, layer, part,
                         t == NULL ? "is missing" : "has another shape", (long long)count);
    *values = t->values;
    return ANEW_OK;
}

static anew_status add_zeros(checkpoint *c, const char *label, const char *conv, int64_t outputs,
                             anew_error *error)
{
    char name[2 * NAME];
    (void)snprintf(name, sizeof name, "%s.bias", conv);
    float *zeros = anew_alloc_zero(anew_size_mul((size_t)outputs, sizeof(float)));
    if (zeros == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory for its tensors", label);
    const anew_status status = checkpoint_add(c, label, name, ELEMENT_F32, 1, &outputs, NULL,
                                              (const uint8_t *)zeros, 0, outputs, error);
    anew_free(zeros);
    return status;
}

anew_status fold_norm(checkpoint *c, const char *label, const char *conv, const char *norm,
                      const char *to, anew_error *error)
{
    return fold_norm_with(c, label, conv, norm, to, EPSILON, error);
}

anew_status fold_norm_with(checkpoint *c, const char *label, const char *conv, const char *norm,
                           const char *to, double epsilon, anew_error *error)
{
    static const char *const parts[] = {".weight", ".bias", ".running_mean", ".running_var"};
    checkpoint_tensor *weight = NULL;
    const float *vectors[4] = {NULL};
    ANEW_TRY(find_conv(&weight, c, label, conv, error));
    const int64_t outputs = weight->dims[0], each = weight->elements / outputs;
    if (find(c, conv, ".bias") == NULL)
        ANEW_TRY(add_zeros(c, label, conv, outputs, error));
    const float *old = NULL;
    ANEW_TRY(find_vector(&old, c, label, conv, ".bias", outputs, error));
    if (norm != NULL && find(c, norm, ".running_mean") != NULL) {
        for (int i = 0; i < 4; i++)
            ANEW_TRY(find_vector(&vectors[i], c, label, norm, parts[i], outputs, error));
        checkpoint_tensor *bias = find(c, conv, ".bias");
        weight = find(c, conv, ".weight");
        for (int64_t o = 0; o < outputs; o++) {
            const double scale = (double)vectors[0][o] / sqrt((double)vectors[3][o] + epsilon);
            if (!isfinite(scale))
                return anew_fail(error, ANEW_ERROR_FORMAT,
                                 "%s: '%s.running_var' has the variance %g", label, norm,
                                 (double)vectors[3][o]);
            for (int64_t i = 0; i < each; i++)
                weight->values[o * each + i] =
                    (float)((double)weight->values[o * each + i] * scale);
            bias->values[o] = (float)(((double)bias->values[o] - (double)vectors[2][o]) * scale +
                                      (double)vectors[1][o]);
        }
        weight->stored = bias->stored = ANEW_DTYPE_F32;
        for (int i = 0; i < 4; i++)
            drop_part(c, norm, parts[i]);
        drop_part(c, norm, ".num_batches_tracked");
    }
    ANEW_TRY(rename_part(c, label, conv, to, ".weight", error));
    return rename_part(c, label, conv, to, ".bias", error);
}

anew_status fold_join(checkpoint *c, const char *label, const char *const *convs, int count,
                      const char *to, anew_error *error)
{
    int64_t outputs = 0, elements = 0;
    int64_t dims[4] = {0};
    anew_status status = ANEW_OK;
    float *weights = NULL, *biases = NULL;
    char name[2 * NAME];
    for (int i = 0; i < count; i++) {
        checkpoint_tensor *weight = NULL;
        const float *bias = NULL;
        ANEW_TRY(find_conv(&weight, c, label, convs[i], error));
        ANEW_TRY(find_vector(&bias, c, label, convs[i], ".bias", weight->dims[0], error));
        if (i > 0 && memcmp(dims + 1, weight->dims + 1, 3 * sizeof dims[0]) != 0)
            return anew_fail(error, ANEW_ERROR_FORMAT,
                             "%s: the convolutions '%s' and '%s' do not fit side by side", label,
                             convs[0], convs[i]);
        memcpy(dims, weight->dims, sizeof dims);
        outputs += weight->dims[0];
        elements += weight->elements;
    }
    weights = anew_alloc(anew_size_mul((size_t)elements, sizeof(float)));
    biases = anew_alloc(anew_size_mul((size_t)outputs, sizeof(float)));
    if (weights == NULL || biases == NULL) {
        status = anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory for its tensors", label);
        goto out;
    }
    int64_t weight_at = 0, bias_at = 0;
    for (int i = 0; i < count; i++) {
        const checkpoint_tensor *weight = find(c, convs[i], ".weight");
        const checkpoint_tensor *bias = find(c, convs[i], ".bias");
        memcpy(weights + weight_at, weight->values, (size_t)weight->elements * sizeof(float));
        memcpy(biases + bias_at, bias->values, (size_t)bias->elements * sizeof(float));
        weight_at += weight->elements;
        bias_at += bias->elements;
        drop_part(c, convs[i], ".weight");
        drop_part(c, convs[i], ".bias");
    }
    dims[0] = outputs;
    (void)snprintf(name, sizeof name, "%s.weight", to);
    ANEW_TRY_GOTO(checkpoint_add(c, label, name, ELEMENT_F32, 4, dims, NULL,
                                 (const uint8_t *)weights, 0, elements, error),
                  out);
    (void)snprintf(name, sizeof name, "%s.bias", to);
    status = checkpoint_add(c, label, name, ELEMENT_F32, 1, dims, NULL, (const uint8_t *)biases, 0,
                            outputs, error);
out:
    anew_free(weights);
    anew_free(biases);
    return status;
}

/* Pixel 2 q + i of the result gets what kernel row k = 2 q + i + pad - 2 y makes of source row y. */
anew_status fold_transposed(checkpoint *c, const char *label, const char *layer, anew_error *error)
{
    checkpoint_tensor *weight = NULL;
    ANEW_TRY(find_conv(&weight, c, label, layer, error));
    const int64_t in = weight->dims[0], colours = weight->dims[1], side = weight->dims[2];
    if (weight->dims[3] != side || (side != 2 && side != 4))
        return anew_fail(error, ANEW_ERROR_FORMAT,
                         "%s: '%s' is no transposed convolution of 2x2 or 4x4", label, layer);
    if (find(c, layer, ".bias") == NULL)
        ANEW_TRY(add_zeros(c, label, layer, colours, error));
    const float *bias = NULL;
    ANEW_TRY(find_vector(&bias, c, label, layer, ".bias", colours, error));
    weight = find(c, layer, ".weight");
    const int64_t taps = side - 1, pad = side == 4 ? 3 : 0, outs = 4 * colours;
    const int64_t count = outs * in * taps * taps;
    const int64_t dims[4] = {outs, in, taps, taps};
    char name[2 * NAME];
    anew_status status = ANEW_OK;
    float *values = anew_alloc_zero(anew_size_mul((size_t)(count + outs), sizeof(float)));
    if (values == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory for its tensors", label);
    for (int64_t o = 0; o < outs; o++) {
        values[count + o] = bias[o / 4];
        for (int64_t at = 0; at < in * taps * taps; at++) {
            const int64_t i = at / (taps * taps), y = at / taps % taps, x = at % taps;
            const int64_t ky = o / 2 % 2 + pad - 2 * y, kx = o % 2 + pad - 2 * x;
            if (ky >= 0 && ky < side && kx >= 0 && kx < side)
                values[o * in * taps * taps + at] =
                    weight->values[((i * colours + o / 4) * side + ky) * side + kx];
        }
    }
    drop_part(c, layer, ".weight");
    drop_part(c, layer, ".bias");
    (void)snprintf(name, sizeof name, "%s.weight", layer);
    ANEW_TRY_GOTO(checkpoint_add(c, label, name, ELEMENT_F32, 4, dims, NULL,
                                 (const uint8_t *)values, 0, count, error),
                  out);
    (void)snprintf(name, sizeof name, "%s.bias", layer);
    status = checkpoint_add(c, label, name, ELEMENT_F32, 1, &outs, NULL,
                            (const uint8_t *)(values + count), 0, outs, error);
out:
    anew_free(values);
    return status;
}

anew_status fold_even(checkpoint *c, const char *label, const char *layer, anew_error *error)
{
    checkpoint_tensor *weight = NULL;
    ANEW_TRY(find_conv(&weight, c, label, layer, error));
    if (weight->dims[2] != 2 || weight->dims[3] != 2)
        return anew_fail(error, ANEW_ERROR_FORMAT, "%s: '%s' is no convolution of 2x2", label,
                         layer);
    const int64_t pairs = weight->dims[0] * weight->dims[1];
    float *values = anew_alloc_zero(anew_size_mul((size_t)pairs, 9 * sizeof(float)));
    if (values == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory for its tensors", label);
    for (int64_t i = 0; i < 4 * pairs; i++)
        values[i / 4 * 9 + i / 2 % 2 * 3 + i % 2] = weight->values[i];
    anew_free(weight->values);
    weight->values = values;
    c->elements += 5 * pairs;
    weight->elements = 9 * pairs;
    weight->dims[2] = weight->dims[3] = 3;
    return ANEW_OK;
}
