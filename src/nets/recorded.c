/*
 * recorded.c - a network without a page: its operations stand in the model file itself.
 *
 * The hyper-parameters `nodes.0`, `nodes.1`, ... are texts that hold a list of records, each ended by a semicolon (no
 * record goes on in the next text). A record is an operation of ops.def by its name, the numbers of the values that it
 * takes, and what else it must know as KEY=VALUE:
 *
 *     input channels=3; conv 0 channels=64 kernel=3 bias=1 name=first; leaky_relu 1 number=13421773p-27;
 *
 * Records count from 0 and a source is an earlier record's number, so that there are no cycles. The last one is the
 * result. Whole numbers are decimal, reals are exact: a whole number and the power of two it is multiplied by. Tensors
 * are bound by name, as a page binds them. Every record goes through the builder's function that a page would call;
 * what is checked there is not checked here. The file is written by anew-convert (tools/convert/nodes.c).
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "nets/nets.h"

#define MOST_WORD     128
#define MOST_KEYS     12
#define MOST_RECORDS  16384
#define MOST_CHANNELS 4096 /* what the convolutions have row pointers for */
#define MOST_SCALE    64
#define MOST_EXTRA    8192

typedef struct key {
    char name[16];
    int value;
    bool asked;
} key;

typedef struct record {
    char op[32], name[MOST_WORD];
    anew_val sources[ANEW_MAX_SOURCES];
    int source_count;
    key keys[MOST_KEYS];
    int key_count;
    float number;
    bool has_number, asked_name, asked_number;
} record;

typedef struct reading {
    anew_graph *g;
    int index; /* of the record */
    bool failed;
    anew_val newest;
    int64_t alignment; /* least common multiple of all divisors */
} reading;

static void refuse(reading *r, const char *what)
{
    if (!r->failed)
        anew_graph_refuse(r->g, "record %d of its nodes: %s", r->index, what);
    r->failed = true;
}

/* ---- text to records ----------------------------------------------------------------------------------- */

/* A whole number of up to 9 digits. */
static bool read_number(const char **p, int *number)
{
    const bool negative = **p == '-';
    int digits = 0;
    *p += negative ? 1 : 0;
    for (*number = 0; **p >= '0' && **p <= '9' && digits < 9; (*p)++, digits++)
        *number = *number * 10 + (**p - '0');
    *number = negative ? -*number : *number;
    return digits > 0;
}

static bool is_number(const char *word, int *number)
{
    return read_number(&word, number) && *word == '\0';
}

/* 13421773p-27 */
static bool is_real(const char *word, float *real)
{
    int mantissa, power;
    if (!read_number(&word, &mantissa) || *word++ != 'p' || !is_number(word, &power) ||
        power < -200 || power > 200)
        return false;
    *real = (float)ldexp((double)mantissa, power);
    return isfinite(*real);
}

static void read_key(reading *r, record *to, const char *word, const char *equals)
{
    const size_t length = (size_t)(equals - word);
    key *k = &to->keys[to->key_count];
    if (strncmp(word, "name=", 5) == 0) {
        (void)snprintf(to->name, sizeof to->name, "%s", equals + 1);
        if (to->name[0] == '\0')
            refuse(r, "an empty name");
    } else if (strncmp(word, "number=", 7) == 0) {
        to->has_number = is_real(equals + 1, &to->number);
        if (!to->has_number)
            refuse(r, "a number that is not MANTISSApEXPONENT");
    } else if (to->key_count == MOST_KEYS || length == 0 || length >= sizeof k->name ||
               !is_number(equals + 1, &k->value)) {
        refuse(r, "a value that is not KEY=NUMBER");
    } else {
        memcpy(k->name, word, length);
        k->name[length] = '\0';
        k->asked = false;
        to->key_count++;
    }
}

static void read_word(reading *r, record *to, const char *word)
{
    const char *equals = strchr(word, '=');
    int number;
    if (to->op[0] == '\0') {
        if (strlen(word) >= sizeof to->op)
            refuse(r, "an operation with too long a name");
        else
            (void)snprintf(to->op, sizeof to->op, "%.31s", word);
    } else if (equals != NULL) {
        read_key(r, to, word, equals);
    } else if (!is_number(word, &number) || number < 0 || number >= r->index) {
        refuse(r, "a source that is no earlier record");
    } else if (to->source_count == ANEW_MAX_SOURCES) {
        refuse(r, "too many sources");
    } else {
        to->sources[to->source_count++] = (anew_val){number};
    }
}

/* One record from *p on, which afterwards is behind its semicolon; false at the end of the text. */
static bool read_record(reading *r, record *to, const char **p)
{
    *to = (record){.source_count = 0};
    while (**p == ' ')
        (*p)++;
    if (**p == '\0')
        return false;
    while (!r->failed && **p != ';') {
        char word[MOST_WORD];
        size_t length = 0;
        while (**p != ' ' && **p != ';' && **p != '\0' && length + 1 < sizeof word)
            word[length++] = *(*p)++;
        word[length] = '\0';
        if (**p != ' ' && **p != ';')
            refuse(r, **p == '\0' ? "it has no end" : "too long a word");
        else if (length > 0)
            read_word(r, to, word);
        while (**p == ' ')
            (*p)++;
    }
    *p += **p == ';' ? 1 : 0;
    if (!r->failed && to->op[0] == '\0')
        refuse(r, "no operation");
    return !r->failed;
}

/* ---- records to nodes ------------------------------------------------------------------------------------ */

static int value_or(record *from, const char *name, int fallback)
{
    for (int i = 0; i < from->key_count; i++)
        if (strcmp(from->keys[i].name, name) == 0) {
            from->keys[i].asked = true;
            return from->keys[i].value;
        }
    return fallback;
}

static int value_of(reading *r, record *from, const char *name)
{
    const int missing = -1000000000;
    const int value = value_or(from, name, missing);
    char what[64];
    (void)snprintf(what, sizeof what, "it has no '%s'", name);
    if (value == missing)
        refuse(r, what);
    return value;
}

static const char *name_of(reading *r, record *from)
{
    if (from->name[0] == '\0')
        refuse(r, "it has no 'name'");
    from->asked_name = true;
    return from->name;
}

static float number_of(reading *r, record *from)
{
    if (!from->has_number)
        refuse(r, "it has no 'number'");
    from->asked_number = true;
    return from->number;
}

static anew_val conv(reading *r, record *from)
{
    anew_conv_options o = {.channels = value_of(r, from, "channels"),
                           .kernel = value_of(r, from, "kernel"),
                           .stride = value_or(from, "stride", 1),
                           .dilation = value_or(from, "dilation", 1),
                           .groups = value_or(from, "groups", 1),
                           .bias = value_or(from, "bias", 0) != 0,
                           .edge = value_or(from, "reflect", 0) != 0  ? ANEW_EDGE_REFLECT
                                   : value_or(from, "repeat", 0) != 0 ? ANEW_EDGE_REPEAT
                                                                      : ANEW_EDGE_ZEROS,
                           .before = value_or(from, "before", -1),
                           .zeros_after = value_or(from, "after", -1)};
    o.padded = o.before >= 0 || o.zeros_after >= 0;
    const char *name = name_of(r, from);
    if (r->failed || o.stride < 1 || o.dilation < 1 || o.groups < 1)
        refuse(r, "a stride, dilation or number of groups below 1");
    return r->failed ? r->newest : anew_conv_with(r->g, from->sources[0], o, "%s", name);
}

/* What the operation is called, how many sources it takes (-1: any), and what records it. */
typedef struct builder {
    anew_op op;
    int sources;
} builder;

static const builder builders[] = {
    {ANEW_OP_INPUT, 0},
    {ANEW_OP_CONV, 1},
    {ANEW_OP_PRELU, 1},
    {ANEW_OP_LEAKY_RELU, 1},
    {ANEW_OP_RELU, 1},
    {ANEW_OP_ADD, 2},
    {ANEW_OP_SCALE, 1},
    {ANEW_OP_MULTIPLY, 2},
    {ANEW_OP_DIVIDE, 2},
    {ANEW_OP_SQRT, 1},
    {ANEW_OP_EXP, 1},
    {ANEW_OP_ERF, 1},
    {ANEW_OP_TANH, 1},
    {ANEW_OP_SIGMOID, 1},
    {ANEW_OP_SILU, 1},
    {ANEW_OP_MISH, 1},
    {ANEW_OP_CLAMP, 1},
    {ANEW_OP_GELU, 1},
    {ANEW_OP_LAYER_NORM, 1},
    {ANEW_OP_SOFTMAX, 1},
    {ANEW_OP_MAX_POOL, 1},
    {ANEW_OP_CONCAT, -1},
    {ANEW_OP_PIXEL_SHUFFLE, 1},
    {ANEW_OP_PIXEL_UNSHUFFLE, 1},
    {ANEW_OP_UPSAMPLE_NEAREST, 1},
    {ANEW_OP_UPSAMPLE_BILINEAR, 1},
    {ANEW_OP_AVERAGE_POOL, 1},
    {ANEW_OP_GLOBAL_MEAN, 1},
    {ANEW_OP_GROUP_NORM, 1},
    {ANEW_OP_CONSTANT, 0},
    {ANEW_OP_SLICE, 1},
    {ANEW_OP_CROP, 1},
    {ANEW_OP_RESIZE_BILINEAR, 2},
    {ANEW_OP_RESIZE_NEAREST, 2},
};

#define BUILDERS (sizeof builders / sizeof builders[0])

bool anew_recorded_op(int index, anew_op *op)
{
    if (index < 0 || (size_t)index >= BUILDERS)
        return false;
    *op = builders[index].op;
    return true;
}

static anew_val build(reading *r, anew_op op, record *from)
{
    anew_graph *g = r->g;
    const anew_val x = from->sources[0];
    int a, b;
    float number;
    const char *name;
    switch (op) {
    case ANEW_OP_INPUT:
        a = value_of(r, from, "channels");
        if (a < 1 || a > MOST_CHANNELS)
            refuse(r, "an impossible number of channels");
        b = value_or(from, "rounded", 0);
        return r->failed ? r->newest : b != 0 ? anew_input_rounded(g, a) : anew_input(g, a);
    case ANEW_OP_CONV:
        return conv(r, from);
    case ANEW_OP_PRELU:
        name = name_of(r, from);
        return r->failed ? r->newest : anew_prelu(g, x, "%s", name);
    case ANEW_OP_LEAKY_RELU:
        return anew_lrelu(g, x, number_of(r, from));
    case ANEW_OP_RELU:
        return anew_relu(g, x);
    case ANEW_OP_ADD:
        return anew_add(g, x, from->sources[1]);
    case ANEW_OP_SCALE:
        return anew_scale(g, x, number_of(r, from));
    case ANEW_OP_MULTIPLY:
        return anew_multiply(g, x, from->sources[1]);
    case ANEW_OP_DIVIDE:
        return anew_divide(g, x, from->sources[1]);
    case ANEW_OP_LAYER_NORM:
        number = number_of(r, from);
        name = name_of(r, from);
        return r->failed ? r->newest : anew_layer_norm(g, x, number, "%s", name);
    case ANEW_OP_SOFTMAX:
        return anew_softmax(g, x);
    case ANEW_OP_MAX_POOL:
        a = value_of(r, from, "kernel");
        b = value_of(r, from, "stride");
        return r->failed                         ? r->newest
               : value_or(from, "valid", 0) != 0 ? anew_max_pool_valid(g, x, a, b)
                                                 : anew_max_pool(g, x, a, b);
    case ANEW_OP_CONCAT:
        return anew_concat(g, from->sources, from->source_count);
    case ANEW_OP_PIXEL_SHUFFLE:
        return anew_pixel_shuffle(g, x, value_of(r, from, "factor"));
    case ANEW_OP_PIXEL_UNSHUFFLE:
        return anew_pixel_unshuffle(g, x, value_of(r, from, "factor"));
    case ANEW_OP_UPSAMPLE_NEAREST:
        return anew_upsample_nearest(g, x, value_of(r, from, "factor"));
    case ANEW_OP_UPSAMPLE_BILINEAR:
        a = value_or(from, "corners", 0);
        return anew_upsample_bilinear(g, x, value_of(r, from, "factor"), a != 0);
    case ANEW_OP_AVERAGE_POOL:
        return anew_average_pool(g, x, value_of(r, from, "factor"));
    case ANEW_OP_GLOBAL_MEAN:
        return anew_global_mean(g, x);
    case ANEW_OP_GROUP_NORM:
        a = value_of(r, from, "groups");
        number = number_of(r, from);
        name = name_of(r, from);
        return r->failed ? r->newest : anew_group_norm(g, x, a, number, "%s", name);
    case ANEW_OP_CONSTANT:
        a = value_of(r, from, "channels");
        name = name_of(r, from);
        return r->failed ? r->newest : anew_constant(g, a, 1, "%s", name);
    case ANEW_OP_SLICE:
        a = value_of(r, from, "first");
        b = value_of(r, from, "channels");
        return r->failed ? r->newest : anew_slice(g, x, a, b);
    case ANEW_OP_CROP:
        a = value_of(r, from, "before");
        b = value_of(r, from, "after");
        return r->failed ? r->newest : anew_crop(g, x, a, b);
    case ANEW_OP_RESIZE_BILINEAR:
        a = value_or(from, "corners", 0);
        return anew_resize_bilinear(g, x, from->sources[1], a != 0);
    case ANEW_OP_RESIZE_NEAREST:
        return anew_resize_nearest(g, x, from->sources[1]);
    default:
        return anew_function(g, op, x);
    }
}

static int64_t common_divisor(int64_t a, int64_t b)
{
    while (b > 0) {
        const int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* What a page keeps small by itself, so that no later product of shapes is too large for its type. */
static void check_shape(reading *r)
{
    const anew_node *node = anew_graph_node(r->g, r->newest.id);
    if (node->channels < 1 || node->channels > MOST_CHANNELS || node->up > MOST_SCALE ||
        node->down > MOST_SCALE || node->extra > MOST_EXTRA || node->extra < -MOST_EXTRA ||
        node->less > MOST_EXTRA) {
        refuse(r, "a value of an impossible size");
        return;
    }
    if (!node->rounded)
        r->alignment = r->alignment / common_divisor(r->alignment, node->down) * node->down;
    if (r->alignment > 1024)
        refuse(r, "sizes that fit only pictures of multiples of more than 1024 pixels");
}

static void add_node(reading *r, record *from)
{
    char what[256];
    const builder *found = NULL;
    for (size_t i = 0; i < BUILDERS; i++)
        if (strcmp(anew_op_name(builders[i].op), from->op) == 0)
            found = &builders[i];
    if (found == NULL) {
        (void)snprintf(what, sizeof what, "the operation '%s' is not known in a list of nodes",
                       from->op);
        refuse(r, what);
        return;
    }
    if ((found->op == ANEW_OP_INPUT) != (r->index == 0))
        refuse(r, "the input must be the first record, and no other");
    else if (found->sources >= 0 ? from->source_count != found->sources : from->source_count < 1)
        refuse(r, "the operation takes another number of sources");
    if (r->failed)
        return;
    r->newest = build(r, found->op, from);
    for (int i = 0; i < from->key_count; i++)
        if (!from->keys[i].asked) {
            (void)snprintf(what, sizeof what, "'%s' is nothing that '%s' knows", from->keys[i].name,
                           from->op);
            refuse(r, what);
        }
    if ((from->name[0] != '\0' && !from->asked_name) || (from->has_number && !from->asked_number))
        refuse(r, "a name or number that the operation does not take");
    /* A factor of 1, or a crop of nothing, adds no node, and the numbers would no longer agree. */
    if (!r->failed && anew_graph_count(r->g) != r->index + 1) {
        refuse(r, "it does nothing, or cannot be built");
        return;
    }
    if (!r->failed)
        check_shape(r);
}

anew_val anew_build_recorded(anew_graph *g)
{
    reading r = {.g = g, .alignment = 1};
    const char *text = NULL;
    for (int part = 0; !r.failed; part++) {
        char name[24];
        record next;
        (void)snprintf(name, sizeof name, "nodes.%d", part);
        if (!anew_model_text(anew_graph_model(g), name, &text))
            break;
        while (!r.failed && read_record(&r, &next, &text)) {
            add_node(&r, &next);
            if (r.index++ == MOST_RECORDS)
                refuse(&r, "more of them than any network has");
        }
    }
    if (!r.failed && r.index == 0)
        anew_graph_refuse(g, "its list of nodes, 'nodes.0', is missing");
    return r.newest;
}
