/*
 * ncnn_graph.c - which network an ncnn graph is.
 *
 * Its layers carry no names that tell their part, but their wiring does. Both the graph in the file and the
 * network's own formula are evaluated with symbols instead of pictures: the symbol of a value is a hash of
 * the operation and of its arguments' symbols. If the symbols of the results agree, the graph computes the
 * same thing from the same convolutions, which stand in the .bin in the order of the file. The many ways to
 * write one thing (an activation in the convolution or as a layer, x * 0.2 + y as two layers or one, copies)
 * give one symbol.
 */
#include <math.h>
#include <stdio.h>

#include "core/memory.h"
#include "ncnn.h"

#define KNOWN    "Known as ncnn models: SRVGGNetCompact, RRDBNet"
#define RESIDUAL 0.2 /* RRDBNet's factor of a residual */

/* A value; a concatenation of values has as many parts, and its hash is a polynomial of theirs, so that
 * (a, b), c and a, (b, c) are the same. */
typedef struct symbol {
    uint64_t hash;
    int parts;
} symbol;

typedef enum operation {
    INPUT,
    CONVOLUTION,
    LEAKY,
    SLOPES,
    SCALED,
    SUM,
    ENLARGED,
    SHUFFLED,
    UNSHUFFLED,
    RESIZED
} operation;

/* ---- symbols ----------------------------------------------------------------------------------------- */

/* The finishing step of SplitMix64 (Steele, Lea and Flood 2014). */
static uint64_t mix(uint64_t a, uint64_t b)
{
    uint64_t z = a + 0x9e3779b97f4a7c15u * (b + 1);
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static uint64_t fold(symbol x)
{
    return mix(x.hash, (uint64_t)x.parts);
}

static symbol apply(operation op, double number, symbol x)
{
    const float rounded = (float)number; /* files write six digits */
    uint32_t bits;
    memcpy(&bits, &rounded, sizeof bits);
    return (symbol){mix(mix((uint64_t)op, bits), fold(x)), 1};
}

static symbol convolved(int index, symbol x)
{
    return apply(CONVOLUTION, index, x);
}

static symbol scaled(double factor, symbol x)
{
    return factor == 1 ? x : apply(SCALED, factor, x);
}

static symbol enlarged(int factor, symbol x)
{
    return factor == 1 ? x : apply(ENLARGED, factor, x);
}

static symbol shuffled(int factor, symbol x)
{
    return factor == 1 ? x : apply(SHUFFLED, factor, x);
}

static symbol sum(symbol a, symbol b)
{
    return (symbol){mix(SUM, fold(a) + fold(b)), 1};
}

static symbol joined(symbol a, symbol b)
{
    for (int i = 0; i < b.parts; i++)
        a.hash *= 0x9e3779b97f4a7c15u;
    return (symbol){a.hash + b.hash, a.parts + b.parts};
}

/* ---- the graph in the file --------------------------------------------------------------------------- */

typedef struct blob {
    uint64_t name_hash;
    const char *name;
    symbol value;
} blob;

typedef struct evaluation {
    blob *blobs;
    int count;
    int convs, slopes, ups, up_factor, shuffle, unshuffle;
    bool has_slope; /* of ReLU, leaky or not */
    double slope;
    symbol result;
} evaluation;

static uint64_t hash_of(const char *name)
{
    uint64_t hash = 0;
    for (; *name != '\0'; name++)
        hash = mix(hash, (uint8_t)*name);
    return hash;
}

static bool find_blob(const evaluation *e, const char *name, symbol *value)
{
    const uint64_t hash = hash_of(name);
    for (int i = e->count; i-- > 0;) {
        if (e->blobs[i].name_hash == hash && strcmp(e->blobs[i].name, name) == 0) {
            *value = e->blobs[i].value;
            return true;
        }
    }
    return false;
}

/* Whether parameter `key` has a value, or is left out where that means the same. */
static bool holds(const ncnn_layer *l, int key, double value, double when_absent)
{
    return l->given[key] ? l->values[key] == value : when_absent == value;
}

/* A small whole number, or 0. */
static int small(double value)
{
    return value >= 1 && value <= 16 && value == floor(value) ? (int)value : 0;
}

/* A 3x3 convolution, stride 1, padding 1 with zeros. */
static bool is_plain(const ncnn_layer *l)
{
    const double kernel = l->values[1], pad = l->values[4];
    return kernel == 3 && pad == 1 && holds(l, 2, 1, 1) && holds(l, 3, 1, 1) && holds(l, 8, 0, 0) &&
           holds(l, 11, 3, 3) && holds(l, 12, 1, 1) && holds(l, 13, 1, 1) && holds(l, 14, 1, 1) &&
           holds(l, 15, 1, 1) && holds(l, 16, 1, 1) && holds(l, 18, 0, 0) && holds(l, 19, 0, 0);
}

static bool activated(evaluation *e, double slope, symbol *x)
{
    if (!e->has_slope)
        e->slope = slope;
    e->has_slope = true;
    *x = apply(LEAKY, slope, *x);
    return true;
}

static bool evaluate_conv(evaluation *e, const ncnn_layer *l, symbol *x)
{
    if (!is_plain(l))
        return false;
    *x = convolved(e->convs++, *x);
    if (holds(l, 9, 0, 0))
        return true;
    if (l->values[9] == 1)
        return activated(e, 0, x);
    return l->values[9] == 2 && activated(e, l->values[10], x);
}

static bool evaluate_interp(evaluation *e, const ncnn_layer *l, symbol *x)
{
    const int factor = small(l->values[1]);
    if (!holds(l, 0, 1, 0) || factor == 0 || l->values[2] != factor || !holds(l, 3, 0, 0) ||
        !holds(l, 4, 0, 0)) {
        *x = apply(RESIZED, l->values[1], *x);
        return true;
    }
    e->ups += factor > 1;
    e->up_factor = factor;
    *x = enlarged(factor, *x);
    return true;
}

/* Sums of two values, each with a factor; or one value times a number. */
static bool evaluate_sum(const ncnn_layer *l, const symbol *inputs, symbol *x)
{
    if (ncnn_is(l, "Eltwise")) {
        const double first = l->given[1] ? l->values[1] : 1,
                     second = l->given[1] ? l->second[1] : 1;
        *x = sum(scaled(first, inputs[0]), scaled(second, inputs[l->input_count - 1]));
        return l->input_count == 2 && holds(l, 0, 1, 0);
    }
    if (l->input_count == 1) {
        *x = scaled(l->values[2], inputs[0]);
        return holds(l, 0, 2, 0) && holds(l, 1, 1, 0);
    }
    *x = sum(inputs[0], inputs[1]);
    return l->input_count == 2 && holds(l, 0, 0, 0) && holds(l, 1, 0, 0);
}

/* The value that a layer gives; false where no network here has such a layer. */
static bool evaluate_layer(evaluation *e, const ncnn_layer *l, symbol *x)
{
    symbol inputs[NCNN_MAX_BLOBS];
    if (l->input_count > NCNN_MAX_BLOBS || l->output_count > NCNN_MAX_BLOBS || l->output_count < 1)
        return false;
    for (int i = 0; i < l->input_count; i++)
        if (!find_blob(e, l->inputs[i], &inputs[i]))
            return false;
    if (ncnn_is(l, "Input")) {
        *x = (symbol){INPUT, 1};
        return e->count == 0 && l->input_count == 0 && l->output_count == 1;
    }
    if (l->input_count < 1)
        return false;
    *x = inputs[0];
    if (ncnn_is(l, "BinaryOp") || ncnn_is(l, "Eltwise"))
        return evaluate_sum(l, inputs, x);
    if (ncnn_is(l, "Concat")) {
        for (int i = 1; i < l->input_count; i++)
            *x = joined(*x, inputs[i]);
        return holds(l, 0, 0, 0);
    }
    if (l->input_count != 1)
        return false;
    if (ncnn_is(l, "Split") || ncnn_is(l, "Noop") || ncnn_is(l, "Dropout"))
        return true;
    if (ncnn_is(l, "Convolution"))
        return evaluate_conv(e, l, x);
    if (ncnn_is(l, "ReLU"))
        return activated(e, l->values[0], x);
    if (ncnn_is(l, "PReLU")) {
        *x = apply(SLOPES, e->slopes++, *x);
        return true;
    }
    if (ncnn_is(l, "Interp"))
        return evaluate_interp(e, l, x);
    const int factor = small(l->values[0]);
    if (factor == 0 || !holds(l, 1, 0, 0))
        return false;
    if (ncnn_is(l, "PixelShuffle")) {
        e->shuffle = factor;
        *x = shuffled(factor, *x);
        return true;
    }
    e->unshuffle = factor;
    *x = apply(UNSHUFFLED, factor, *x);
    return ncnn_is(l, "Reorg");
}

/* The first `count` layers; false where one of them is in no network here. */
static bool evaluate(evaluation *e, const ncnn_file *f, int count)
{
    e->count = e->convs = e->slopes = e->ups = 0;
    e->up_factor = e->shuffle = e->unshuffle = 1;
    e->has_slope = false;
    for (int i = 0; i < count; i++) {
        const ncnn_layer *l = &f->layers[i];
        if (!evaluate_layer(e, l, &e->result))
            return false;
        for (int k = 0; k < l->output_count; k++)
            e->blobs[e->count++] = (blob){hash_of(l->outputs[k]), l->outputs[k], e->result};
    }
    return count > 0;
}

/* ---- the networks ------------------------------------------------------------------------------------ */

/* SRVGGNetCompact, as in src/nets/srvgg.c. */
static symbol compact(const evaluation *e)
{
    const symbol input = {INPUT, 1};
    symbol x = input;
    for (int i = 0; i + 1 < e->convs; i++) {
        x = convolved(i, x);
        x = e->slopes > 0 ? apply(SLOPES, i, x) : apply(LEAKY, e->slope, x);
    }
    x = shuffled(e->shuffle, convolved(e->convs - 1, x));
    return sum(x, enlarged(e->shuffle, input));
}

/* RRDBNet, as in src/nets/rrdb.c; `blocks` blocks. */
static symbol rrdb(const evaluation *e, int blocks)
{
    const symbol input = {INPUT, 1};
    int conv = 0;
    const symbol first =
        convolved(conv++, e->unshuffle == 1 ? input : apply(UNSHUFFLED, e->unshuffle, input));
    symbol x = first;
    for (int b = 0; b < blocks; b++) {
        symbol y = x;
        for (int r = 0; r < 3; r++) {
            symbol seen = y;
            for (int k = 0; k < 4; k++)
                seen = joined(seen, apply(LEAKY, e->slope, convolved(conv++, seen)));
            y = sum(scaled(RESIDUAL, convolved(conv++, seen)), y);
        }
        x = sum(scaled(RESIDUAL, y), x);
    }
    x = sum(first, convolved(conv++, x));
    for (int i = 0; i < e->ups; i++)
        x = apply(LEAKY, e->slope, convolved(conv++, enlarged(e->up_factor, x)));
    x = apply(LEAKY, e->slope, convolved(conv++, x));
    return convolved(conv, x);
}

static int blocks_of(const evaluation *e)
{
    const int body = e->convs - e->ups - 4;
    return body > 0 && body % 15 == 0 ? body / 15 : 0;
}

static bool is_compact(const evaluation *e)
{
    return e->convs >= 2 && fold(compact(e)) == fold(e->result);
}

static bool is_rrdb(const evaluation *e)
{
    const int blocks = blocks_of(e);
    return blocks > 0 && fold(rrdb(e, blocks)) == fold(e->result);
}

/* The canonical name of convolution `index` of an RRDBNet. */
static void name_rrdb(char name[64], const evaluation *e, int index)
{
    const int tail = 1 + blocks_of(e) * 15;
    if (index == 0)
        (void)snprintf(name, 64, "conv_first");
    else if (index < tail)
        (void)snprintf(name, 64, "body.%d.rdb%d.conv%d", (index - 1) / 15, (index - 1) / 5 % 3 + 1,
                       (index - 1) % 5 + 1);
    else if (index == tail)
        (void)snprintf(name, 64, "conv_body");
    else if (index <= tail + e->ups)
        (void)snprintf(name, 64, "conv_up%d", index - tail);
    else
        (void)snprintf(name, 64, index == e->convs - 2 ? "conv_hr" : "conv_last");
}

/* ---- the answer -------------------------------------------------------------------------------------- */

static anew_status refuse(const ncnn_file *f)
{
    static const char *const types[] = {
        "Input",  "Split",        "Noop",  "Dropout",  "Convolution", "PReLU", "ReLU",
        "Interp", "PixelShuffle", "Reorg", "BinaryOp", "Eltwise",     "Concat"};
    for (int i = 0; i < f->count; i++) {
        bool known = false;
        for (size_t t = 0; t < sizeof types / sizeof types[0]; t++)
            known = known || ncnn_is(&f->layers[i], types[t]);
        if (!known)
            return anew_fail(
                f->error, ANEW_ERROR_UNSUPPORTED,
                "%s: a layer of the type '%.40s': no network that is known here. " KNOWN, f->path,
                f->layers[i].type);
    }
    return anew_fail(f->error, ANEW_ERROR_UNSUPPORTED,
                     "%s: its layers are wired as no network that is known here. " KNOWN, f->path);
}

anew_status ncnn_graph_name(ncnn_file *f, checkpoint *c)
{
    anew_status status = ANEW_OK;
    evaluation e = {0};
    e.blobs = anew_alloc(
        anew_size_mul(anew_size_mul((size_t)f->count + 1, NCNN_MAX_BLOBS), sizeof *e.blobs));
    if (e.blobs == NULL)
        return anew_fail(f->error, ANEW_ERROR_MEMORY, "%s: no memory for its graph", f->path);
    const bool known = evaluate(&e, f, f->count);
    const bool is_srvgg = known && is_compact(&e);
    if (!is_srvgg && !(known && is_rrdb(&e))) {
        status = refuse(f);
        goto out;
    }
    c->has_slope = e.has_slope;
    c->slope = e.slope;
    c->up_factor = is_srvgg || e.ups == 0 ? 0 : e.up_factor;
    for (int i = 0, conv = 0, slopes = 0; i < f->count; i++) {
        ncnn_layer *l = &f->layers[i];
        if (ncnn_is(l, "Convolution") && is_srvgg)
            (void)snprintf(l->name, sizeof l->name, "body.%d", 2 * conv++);
        else if (ncnn_is(l, "Convolution"))
            name_rrdb(l->name, &e, conv++);
        else if (ncnn_is(l, "PReLU"))
            (void)snprintf(l->name, sizeof l->name, "body.%d", 2 * slopes++ + 1);
    }
out:
    anew_free(e.blobs);
    return status;
}
