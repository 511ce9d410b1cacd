/* nodes.c - writes the list of records, and keeps the shapes that they give. */
#include "nodes.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "model/format.h"

#define MOST_RECORDS 8192
#define MOST_TEXT    ((size_t)250 * ANEW_FILE_MAX_TEXT) /* of 256 fields, some for other things */

bool nodes_failed(const node_list *n)
{
    return n->status != ANEW_OK;
}

void nodes_refuse(node_list *n, anew_status status, const char *format, ...)
{
    char reason[384];
    va_list arguments;
    if (nodes_failed(n))
        return;
    va_start(arguments, format);
    (void)vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    n->status = anew_fail(n->error, status, "%s: %s%s%s", n->label, n->where,
                          n->where[0] != '\0' ? " " : "", reason);
}

const nodes_value *nodes_value_of(const node_list *n, int id)
{
    static const nodes_value nothing = {1, 1, 1, 0, false, 0};
    return id < 0 || id >= n->count ? &nothing : &n->values[id];
}

bool nodes_same_size(const node_list *n, int a, int b)
{
    const nodes_value *x = nodes_value_of(n, a), *y = nodes_value_of(n, b);
    return x->up == y->up && x->down == y->down && x->extra == y->extra && x->single == y->single &&
           x->less == y->less;
}

/* ---- text ------------------------------------------------------------------------------------------------- */

static void put(node_list *n, const char *text)
{
    const size_t length = strlen(text);
    if (nodes_failed(n))
        return;
    if (n->length + length >= MOST_TEXT) {
        nodes_refuse(n, ANEW_ERROR_LIMIT, "makes the graph larger than a model file can hold");
        return;
    }
    char *grown = anew_grow(n->text, &n->text_capacity, n->length + length + 1, 1);
    if (grown == NULL) {
        nodes_refuse(n, ANEW_ERROR_MEMORY, "needs more memory than there is");
        return;
    }
    n->text = grown;
    memcpy(n->text + n->length, text, length + 1);
    n->length += length;
}

void nodes_open(node_list *n, anew_op op, const int *sources, int count)
{
    char number[16];
    if (n->count >= MOST_RECORDS)
        nodes_refuse(n, ANEW_ERROR_LIMIT, "is one too many: the graph has more than %d operations",
                     MOST_RECORDS);
    put(n, anew_op_name(op));
    for (int i = 0; i < count; i++) {
        (void)snprintf(number, sizeof number, " %d", sources[i]);
        put(n, number);
    }
}

void nodes_key(node_list *n, const char *key, int64_t value)
{
    char text[64];
    if (value < -99999999 || value > 99999999)
        nodes_refuse(n, ANEW_ERROR_UNSUPPORTED, "has the number %lld where none so large can be",
                     (long long)value);
    (void)snprintf(text, sizeof text, " %s=%lld", key, (long long)value);
    put(n, text);
}

/* Exactly: a float is a whole number of up to 24 bits times a power of two. */
static void put_number(node_list *n, double value)
{
    char text[64];
    int power = 0;
    const double fraction = frexp((double)(float)value, &power);
    if (!isfinite((float)value))
        nodes_refuse(n, ANEW_ERROR_FORMAT, "has a number that is not finite");
    long mantissa = lround(ldexp(fraction, 24));
    power -= 24;
    for (; mantissa != 0 && mantissa % 2 == 0; power++)
        mantissa /= 2;
    (void)snprintf(text, sizeof text, " number=%ldp%d", mantissa, mantissa == 0 ? 0 : power);
    put(n, text);
}

void nodes_name(node_list *n, char name[ANEW_FILE_MAX_NAME / 2], const char *wish)
{
    char plain[64];
    size_t length = 0;
    for (const char *c = wish; *c != '\0' && length + 1 < sizeof plain; c++) {
        const bool usable = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
                            (*c >= '0' && *c <= '9') || *c == '_' || *c == '.';
        plain[length++] = usable ? *c : '_';
    }
    plain[length] = '\0';
    (void)snprintf(name, ANEW_FILE_MAX_NAME / 2, "%s%s%d", plain, length > 0 ? "_" : "n",
                   n->names++);
}

void nodes_key_name(node_list *n, const char *name)
{
    put(n, " name=");
    put(n, name);
}

int nodes_close(node_list *n, nodes_value value)
{
    put(n, "; ");
    if (nodes_failed(n))
        return 0;
    if (value.channels < 1 || value.channels > 4096 || value.up > 64 || value.down > 64) {
        nodes_refuse(n, ANEW_ERROR_UNSUPPORTED,
                     "gives %d channels at %d/%d of the picture's size, which is too much",
                     value.channels, value.up, value.down);
        return 0;
    }
    nodes_value *values =
        anew_grow(n->values, &n->capacity, (size_t)n->count + 1, sizeof *n->values);
    if (values == NULL) {
        nodes_refuse(n, ANEW_ERROR_MEMORY, "needs more memory than there is");
        return 0;
    }
    n->values = values;
    n->values[n->count] = value;
    return n->count++;
}

void nodes_tensor(node_list *n, const char *name, const char *part, int rank, const int64_t *dims,
                  const float *values, bool half)
{
    char full[ANEW_FILE_MAX_NAME];
    int64_t count = 1;
    if (nodes_failed(n))
        return;
    for (int i = 0; i < rank; i++)
        count *= dims[i];
    if (count > NODES_MOST_WEIGHTS - n->c->elements) {
        nodes_refuse(n, ANEW_ERROR_LIMIT,
                     "brings the network to more than %d million weights, which is too much",
                     (int)(NODES_MOST_WEIGHTS / 1000000));
        return;
    }
    (void)snprintf(full, sizeof full, "%s.%s", name, part);
    n->status = checkpoint_add(n->c, n->label, full, ELEMENT_F32, rank, dims, NULL,
                               (const uint8_t *)values, 0, count, n->error);
    if (n->status == ANEW_OK && half)
        n->c->tensors[n->c->count - 1].stored = ANEW_DTYPE_F16;
}

/* ---- operations --------------------------------------------------------------------------------------------- */

int nodes_simple(node_list *n, anew_op op, int a)
{
    nodes_open(n, op, &a, 1);
    return nodes_close(n, *nodes_value_of(n, a));
}

int nodes_pair(node_list *n, anew_op op, int a, int b)
{
    const nodes_value *x = nodes_value_of(n, a), *y = nodes_value_of(n, b);
    if (op != ANEW_OP_DIVIDE && x->single && !y->single) { /* what is spread stands second */
        const int first = a;
        a = b;
        b = first;
        x = nodes_value_of(n, a);
        y = nodes_value_of(n, b);
    }
    if (x->channels != y->channels)
        nodes_refuse(n, ANEW_ERROR_UNSUPPORTED, "takes values of %d and %d channels", x->channels,
                     y->channels);
    else if (!nodes_same_size(n, a, b) && (op == ANEW_OP_DIVIDE || !y->single))
        nodes_refuse(n, ANEW_ERROR_UNSUPPORTED,
                     "takes values of different sizes (%d/%d of the picture's %+d, %d/%d %+d)",
                     x->up, x->down, x->extra, y->up, y->down, y->extra);
    nodes_open(n, op, (int[]){a, b}, 2);
    return nodes_close(n, *x);
}

int nodes_scale(node_list *n, int a, double factor)
{
    if (factor == 1)
        return a;
    nodes_open(n, ANEW_OP_SCALE, &a, 1);
    put_number(n, factor);
    return nodes_close(n, *nodes_value_of(n, a));
}

int nodes_leaky(node_list *n, int a, double slope)
{
    if (slope == 0)
        return nodes_simple(n, ANEW_OP_RELU, a);
    nodes_open(n, ANEW_OP_LEAKY_RELU, &a, 1);
    put_number(n, slope);
    return nodes_close(n, *nodes_value_of(n, a));
}

int nodes_prelu(node_list *n, int a, const float *slopes, int64_t count, const char *wish)
{
    const nodes_value v = *nodes_value_of(n, a);
    char name[ANEW_FILE_MAX_NAME / 2];
    if (count == 1)
        return nodes_leaky(n, a, (double)slopes[0]);
    if (count != v.channels) {
        nodes_refuse(n, ANEW_ERROR_FORMAT, "has %lld slopes for %d channels", (long long)count,
                     v.channels);
        return 0;
    }
    nodes_name(n, name, wish);
    nodes_open(n, ANEW_OP_PRELU, &a, 1);
    nodes_key_name(n, name);
    nodes_tensor(n, name, "weight", 1, &count, slopes, false);
    return nodes_close(n, v);
}

int nodes_concat(node_list *n, const int *sources, int count)
{
    if (count == 1)
        return sources[0];
    if (count < 1 || count > NODES_MAX_SOURCES * NODES_MAX_SOURCES) {
        nodes_refuse(n, ANEW_ERROR_UNSUPPORTED, "joins %d values; up to %d are known", count,
                     NODES_MAX_SOURCES * NODES_MAX_SOURCES);
        return 0;
    }
    if (count > NODES_MAX_SOURCES) { /* eight at a time */
        int joined[NODES_MAX_SOURCES], groups = 0;
        for (int i = 0; i < count; i += NODES_MAX_SOURCES)
            joined[groups++] = nodes_concat(
                n, sources + i, count - i < NODES_MAX_SOURCES ? count - i : NODES_MAX_SOURCES);
        return nodes_concat(n, joined, groups);
    }
    nodes_value v = *nodes_value_of(n, sources[0]);
    for (int i = 1; i < count; i++) {
        v.channels += nodes_value_of(n, sources[i])->channels;
        if (!nodes_same_size(n, sources[0], sources[i]))
            nodes_refuse(n, ANEW_ERROR_UNSUPPORTED, "joins values of different sizes");
    }
    nodes_open(n, ANEW_OP_CONCAT, sources, count);
    return nodes_close(n, v);
}

int nodes_slice(node_list *n, int a, int64_t first, int64_t channels)
{
    nodes_value v = *nodes_value_of(n, a);
    if (first == 0 && channels == v.channels)
        return a;
    if (first < 0 || channels < 1 || first > v.channels || channels > v.channels - first) {
        nodes_refuse(n, ANEW_ERROR_FORMAT, "takes the channels %lld to %lld of %d",
                     (long long)first, (long long)(first + channels - 1), v.channels);
        return 0;
    }
    v.channels = (int)channels;
    nodes_open(n, ANEW_OP_SLICE, &a, 1);
    nodes_key(n, "first", first);
    nodes_key(n, "channels", channels);
    return nodes_close(n, v);
}

int nodes_crop(node_list *n, int a, int64_t before, int64_t after)
{
    nodes_value v = *nodes_value_of(n, a);
    if (before == 0 && after == 0)
        return a;
    if (before < 0 || before > 4096 || after < 0 || after > 4096 || v.single) {
        nodes_refuse(n, ANEW_ERROR_UNSUPPORTED, "cuts %lld and %lld pixels off", (long long)before,
                     (long long)after);
        return 0;
    }
    v.extra -= (int)(before + after);
    nodes_open(n, ANEW_OP_CROP, &a, 1);
    nodes_key(n, "before", before);
    nodes_key(n, "after", after);
    return nodes_close(n, v);
}

int nodes_global_mean(node_list *n, int a)
{
    if (nodes_value_of(n, a)->single)
        return a;
    nodes_open(n, ANEW_OP_GLOBAL_MEAN, &a, 1);
    return nodes_close(n, (nodes_value){nodes_value_of(n, a)->channels, 1, 1, 0, true, 0});
}

static int normalised(node_list *n, anew_op op, int a, int64_t groups, double epsilon,
                      const float *weight, const float *bias, const char *wish)
{
    const nodes_value v = *nodes_value_of(n, a);
    const int64_t channels = v.channels;
    char name[ANEW_FILE_MAX_NAME / 2];
    nodes_name(n, name, wish);
    nodes_open(n, op, &a, 1);
    if (op == ANEW_OP_GROUP_NORM)
        nodes_key(n, "groups", groups);
    put_number(n, epsilon);
    nodes_key_name(n, name);
    nodes_tensor(n, name, "weight", 1, &channels, weight, false);
    nodes_tensor(n, name, "bias", 1, &channels, bias, false);
    return nodes_close(n, v);
}

int nodes_group_norm(node_list *n, int a, int64_t groups, double epsilon, const float *weight,
                     const float *bias, const char *wish)
{
    return normalised(n, ANEW_OP_GROUP_NORM, a, groups, epsilon, weight, bias, wish);
}

int nodes_layer_norm(node_list *n, int a, double epsilon, const float *weight, const float *bias,
                     const char *wish)
{
    return normalised(n, ANEW_OP_LAYER_NORM, a, 0, epsilon, weight, bias, wish);
}

/* A single pixel of the value's channels; one number stands for all of them. */
static int vector(node_list *n, int a, const float *values, int64_t count, const char *wish)
{
    const int64_t channels = nodes_value_of(n, a)->channels;
    char name[ANEW_FILE_MAX_NAME / 2];
    if (count != 1 && count != channels) {
        nodes_refuse(n, ANEW_ERROR_UNSUPPORTED,
                     "takes a stored value of %lld numbers with %lld "
                     "channels",
                     (long long)count, (long long)channels);
        return 0;
    }
    float *all = anew_alloc((size_t)channels * sizeof(float));
    if (all == NULL) {
        nodes_refuse(n, ANEW_ERROR_MEMORY, "needs more memory than there is");
        return 0;
    }
    for (int64_t i = 0; i < channels; i++)
        all[i] = values[count == 1 ? 0 : i];
    nodes_name(n, name, wish);
    nodes_open(n, ANEW_OP_CONSTANT, NULL, 0);
    nodes_key(n, "channels", channels);
    nodes_key_name(n, name);
    nodes_tensor(n, name, "weight", 1, &channels, all, false);
    anew_free(all);
    return nodes_close(n, (nodes_value){(int)channels, 1, 1, 0, true, 0});
}

int nodes_add_vector(node_list *n, int a, const float *values, int64_t count, const char *name)
{
    return nodes_pair(n, ANEW_OP_ADD, a, vector(n, a, values, count, name));
}

int nodes_multiply_vector(node_list *n, int a, const float *values, int64_t count, const char *name)
{
    if (count == 1)
        return nodes_scale(n, a, (double)values[0]);
    return nodes_pair(n, ANEW_OP_MULTIPLY, a, vector(n, a, values, count, name));
}

int nodes_activate(node_list *n, int a, nodes_activation activation)
{
    switch (activation.kind) {
    case NODES_RELU:
        return nodes_simple(n, ANEW_OP_RELU, a);
    case NODES_LEAKY_RELU:
        return nodes_leaky(n, a, (double)activation.slope);
    case NODES_SIGMOID:
        return nodes_simple(n, ANEW_OP_SIGMOID, a);
    case NODES_TANH:
        return nodes_simple(n, ANEW_OP_TANH, a);
    case NODES_SILU:
        return nodes_simple(n, ANEW_OP_SILU, a);
    case NODES_CLIP:
        return nodes_clip(n, a, (double)activation.slope, (double)activation.middle);
    case NODES_MISH:
        return nodes_mish(n, a);
    case NODES_HARD_SWISH:
        return nodes_hard_swish(n, a, (double)activation.slope, (double)activation.middle);
    default:
        return a;
    }
}

/* ---- the ends ------------------------------------------------------------------------------------------------- */

/* A matrix over the channels, as a convolution of 1x1. */
static int mixed(node_list *n, int a, int64_t out, const float *matrix, const char *name)
{
    const nodes_conv conv = {.in = nodes_value_of(n, a)->channels,
                             .out = out,
                             .kernel = {1, 1},
                             .stride = {1, 1},
                             .dilation = {1, 1},
                             .groups = 1,
                             .weights = matrix};
    return nodes_convolve(n, a, &conv, name);
}

static double range_of(const node_list *n)
{
    return n->options.range > 0 ? n->options.range : 1;
}

/* Times `factor`, in the network's order of colours or back: the same matrix. */
static int recoloured(node_list *n, int a, double factor, const char *name)
{
    float matrix[9] = {0};
    if (!n->options.bgr)
        return nodes_scale(n, a, factor);
    for (int c = 0; c < 3; c++)
        matrix[c * 3 + 2 - c] = (float)factor;
    return mixed(n, a, 3, matrix, name);
}

/* The luma of ITU-R BT.601. */
static const float luma[3] = {0.299f, 0.587f, 0.114f};

int nodes_begin(node_list *n, int64_t channels)
{
    if (channels != 1 && channels != 3) {
        nodes_refuse(n, ANEW_ERROR_UNSUPPORTED,
                     "the network takes %lld channels; 3 (colours) and 1 (brightness) are known",
                     (long long)channels);
        return 0;
    }
    nodes_open(n, ANEW_OP_INPUT, NULL, 0);
    nodes_key(n, "channels", 3);
    if (n->rounded)
        nodes_key(n, "rounded", 1);
    n->colours = nodes_close(n, (nodes_value){3, 1, 1, 0, false, 0});
    n->luma = channels == 1;
    if (!n->luma)
        return recoloured(n, n->colours, range_of(n), "colours_in");
    float matrix[3];
    for (int c = 0; c < 3; c++)
        matrix[c] = (float)((double)luma[c] * range_of(n));
    return mixed(n, n->colours, 1, matrix, "luma");
}

void nodes_finish(node_list *n, int result)
{
    const nodes_value *v = nodes_value_of(n, result);
    const int wanted = n->luma ? 1 : 3;
    n->where[0] = '\0';
    if (v->channels != wanted || v->single || v->down != 1)
        nodes_refuse(n, ANEW_ERROR_UNSUPPORTED,
                     "the graph's result is no picture: %d channels at %d/%d of the input's size",
                     v->channels, v->up, v->down);
    if (!n->luma) {
        result = recoloured(n, result, 1 / range_of(n), "colours_out");
    } else {
        /* What is not brightness is enlarged by bilinear interpolation. */
        float rest[9], ones[3];
        for (int i = 0; i < 9; i++)
            rest[i] = (i % 4 == 0 ? 1.0f : 0.0f) - luma[i % 3];
        for (int i = 0; i < 3; i++)
            ones[i] = (float)(1 / range_of(n));
        const int scale = v->up, extra = v->extra;
        if (extra % (2 * scale) != 0)
            nodes_refuse(n, ANEW_ERROR_UNSUPPORTED, "the graph's result is shifted");
        int tint = mixed(n, n->colours, 3, rest, "tint");
        tint = nodes_crop(n, tint, -extra / (2 * scale), -extra / (2 * scale));
        tint = nodes_resample(n, ANEW_OP_UPSAMPLE_BILINEAR, tint, scale, false);
        result = nodes_pair(n, ANEW_OP_ADD, mixed(n, result, 3, ones, "gray"), tint);
    }
    /* The list's last record is the result. */
    if (!nodes_failed(n) && result != n->count - 1) {
        nodes_open(n, ANEW_OP_SCALE, &result, 1);
        put_number(n, 1);
        (void)nodes_close(n, *nodes_value_of(n, result));
    }
}

anew_status nodes_end(node_list *n)
{
    anew_free(n->values);
    n->values = NULL;
    if (n->status == ANEW_OK) {
        char remark[400];
        (void)snprintf(
            remark, sizeof remark, "%d operations taken over; samples from 0 to %g, %s%s%s",
            n->count, range_of(n),
            n->luma          ? "brightness alone"
            : n->options.bgr ? "blue first"
                             : "red first",
            n->options.range > 0 || n->options.bgr ? "" : " (assumed; else: --range, --bgr)",
            n->inexact ? "; sizes that it computes from other values' are exact where the network "
                         "halves the picture evenly, others are continued to that"
                       : "");
        n->c->remark = anew_text_copy(remark);
        n->c->nodes = n->text;
        n->text = NULL;
    }
    anew_free(n->text);
    n->text = NULL;
    return n->status;
}

anew_status nodes_write(anew_model_writer *w, const char *text, anew_error *error)
{
    char part[ANEW_FILE_MAX_TEXT + 1], name[24];
    for (int index = 0; *text != '\0'; index++) {
        size_t length = strlen(text);
        if (length > ANEW_FILE_MAX_TEXT)
            for (length = ANEW_FILE_MAX_TEXT; length > 0 && text[length - 1] != ';';)
                length--;
        memcpy(part, text, length);
        part[length] = '\0';
        (void)snprintf(name, sizeof name, "nodes.%d", index);
        ANEW_TRY(anew_model_writer_text(w, name, part, error));
        text += length;
    }
    return ANEW_OK;
}
