/*
 * model_mix.c - a model between others of the same network: each weight is the weighted sum of theirs.
 * Networks that were trained from one starting point can be mixed like that ("network interpolation",
 * Wang et al. 2019, "Deep network interpolation for continuous imagery effect transition").
 */
#include "model/model_mix.h"

#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "model/model_write.h"

/* What may differ between models that are mixed. */
static bool is_remark(const char *name)
{
    return strcmp(name, ANEW_DENOISE_PARTNER) == 0 || strcmp(name, ANEW_CRISP_PARTNER) == 0 ||
           strcmp(name, ANEW_CRISP_USUAL) == 0;
}

static anew_status check_parameters(const anew_model *a, const anew_model *b, anew_error *error)
{
    anew_parameter p;
    for (int i = 0; anew_model_parameter(a, i, &p); i++) {
        bool same = is_remark(p.name);
        anew_parameter q;
        for (int k = 0; !same && anew_model_parameter(b, k, &q); k++)
            same = strcmp(p.name, q.name) == 0 && p.kind == q.kind && p.integer == q.integer &&
                   p.real >= q.real && p.real <= q.real && strcmp(p.text, q.text) == 0;
        if (same)
            continue;
        char here[64], there[64];
        (void)anew_model_value_text(a, p.name, here, sizeof here);
        (void)anew_model_value_text(b, p.name, there, sizeof there);
        return anew_fail(error, ANEW_ERROR_ARGUMENT,
                         "%s and %s cannot be mixed: '%s' is %s in the one, %s in the other",
                         anew_model_label(a), anew_model_label(b), p.name, here, there);
    }
    return ANEW_OK;
}

static anew_status check_same(const anew_model *a, const anew_model *b, anew_error *error)
{
    if (strcmp(anew_model_architecture(a), anew_model_architecture(b)) != 0)
        return anew_fail(error, ANEW_ERROR_ARGUMENT,
                         "%s and %s cannot be mixed: one is a %s, the other a %s",
                         anew_model_label(a), anew_model_label(b), anew_model_architecture(a),
                         anew_model_architecture(b));
    ANEW_TRY(check_parameters(a, b, error));
    ANEW_TRY(check_parameters(b, a, error));
    if (anew_model_tensor_count(a) != anew_model_tensor_count(b))
        return anew_fail(error, ANEW_ERROR_ARGUMENT,
                         "%s and %s cannot be mixed: one has %d tensors, the other %d",
                         anew_model_label(a), anew_model_label(b), anew_model_tensor_count(a),
                         anew_model_tensor_count(b));
    for (int i = 0; i < anew_model_tensor_count(a); i++) {
        const anew_tensor *x = anew_model_tensor(a, i), *y = anew_model_find(b, x->name);
        char here[ANEW_SHAPE_TEXT], there[ANEW_SHAPE_TEXT];
        if (y == NULL)
            return anew_fail(error, ANEW_ERROR_ARGUMENT,
                             "%s and %s cannot be mixed: the other has no tensor '%s'",
                             anew_model_label(a), anew_model_label(b), x->name);
        if (x->rank != y->rank || memcmp(x->dims, y->dims, sizeof x->dims) != 0)
            return anew_fail(error, ANEW_ERROR_ARGUMENT,
                             "%s and %s cannot be mixed: tensor '%s' is %s in the one, %s in the "
                             "other",
                             anew_model_label(a), anew_model_label(b), x->name,
                             anew_shape_text(here, x->rank, x->dims),
                             anew_shape_text(there, y->rank, y->dims));
    }
    return ANEW_OK;
}

/* sum += weight * tensor, in the order of the models, each step rounded to f32. A weight of 0 leaves the
 * model out, whatever its values are. */
static anew_status mix_tensor(anew_model_writer *writer, const anew_tensor *like,
                              const anew_model *const *models, const double *weights, int count,
                              anew_error *error)
{
    const size_t elements = (size_t)like->elements;
    float *sum = anew_alloc(anew_size_mul(elements, sizeof(float)));
    float *one = anew_alloc(anew_size_mul(elements, sizeof(float)));
    anew_status status = ANEW_OK;
    if (sum == NULL || one == NULL) {
        status = anew_fail(error, ANEW_ERROR_MEMORY, "no memory to mix models");
        goto out;
    }
    bool first = true;
    for (int m = 0; m < count; m++) {
        const float weight = (float)weights[m];
        if (weights[m] <= 0)
            continue;
        anew_tensor_to_f32(one, anew_model_find(models[m], like->name));
        for (size_t i = 0; i < elements; i++)
            sum[i] = first ? weight * one[i] : sum[i] + weight * one[i];
        first = false;
    }
    status = anew_model_writer_tensor(writer, like->name, ANEW_DTYPE_F32, like->rank, like->dims,
                                      sum, error);
out:
    anew_free(sum);
    anew_free(one);
    return status;
}

/* Appends `more` to the list in `text` unless it is one of its entries; what does not fit is dropped. */
static void append_once(char *text, size_t bytes, const char *separator, const char *more)
{
    const char *found = strstr(text, more);
    const size_t length = strlen(text), end = strlen(more);
    if (found != NULL && (found[end] == '\0' || found[end] == separator[0]))
        return;
    (void)snprintf(text + length, bytes - length, "%s%s", length > 0 ? separator : "", more);
}

anew_status anew_model_mix(anew_model **mixed, const anew_model *const *models,
                           const double *weights, int count, const char *name, const char *label,
                           anew_error *error)
{
    const anew_model *first = models[0];
    anew_model_writer *writer = NULL;
    anew_bytes bytes = {0};
    anew_status status = ANEW_OK;
    char licences[1024] = "", sources[1024] = "mixed of ";
    *mixed = NULL;
    for (int m = 1; m < count; m++)
        ANEW_TRY(check_same(first, models[m], error));
    for (int m = 0; m < count; m++) {
        const size_t length = strlen(sources);
        append_once(licences, sizeof licences, " AND ", anew_model_licence(models[m]));
        (void)snprintf(sources + length, sizeof sources - length, "%s%g %s (%s)", m ? ", " : "",
                       weights[m], anew_model_name(models[m]), anew_model_source(models[m]));
    }
    ANEW_TRY_GOTO(anew_model_writer_create(&writer, error), out);
    const char *const texts[][2] = {{"architecture", anew_model_architecture(first)},
                                    {"name", name},
                                    {"source", sources},
                                    {"licence", licences}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        ANEW_TRY_GOTO(anew_model_writer_set(writer, texts[i][0], texts[i][1], error), out);
    ANEW_TRY_GOTO(anew_model_writer_parameters(writer, first, NULL, error), out);
    for (int i = 0; i < anew_model_tensor_count(first); i++)
        ANEW_TRY_GOTO(
            mix_tensor(writer, anew_model_tensor(first, i), models, weights, count, error), out);
    ANEW_TRY_GOTO(anew_model_writer_finish(writer, &bytes, error), out);
    status = anew_model_from_bytes(mixed, &bytes, label, error);
out:
    anew_model_writer_free(&writer);
    anew_bytes_free(&bytes);
    return status;
}
