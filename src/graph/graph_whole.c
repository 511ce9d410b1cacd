/*
 * graph_whole.c - the builder's operations that look at whole values, and those that restoration networks need
 * beside them.
 */
#include "core/memory.h"
#include "graph/graph.h"
#include "graph/graph_parts.h"

/* Bounds the memory of a window's scores. */
#define MOST_WINDOW 16

/* ---- whole values ------------------------------------------------------------------------------- */

static void make_single(anew_node *node)
{
    node->single = true;
    node->up = node->down = 1;
    node->extra = 0;
    node->less = 0;
}

anew_val anew_global_mean(anew_graph *g, anew_val x)
{
    anew_node *node = anew_graph_append(g, ANEW_OP_GLOBAL_MEAN, &x, 1, "");
    if (node != NULL)
        make_single(node);
    return anew_graph_newest(g);
}

anew_val anew_group_norm(anew_graph *g, anew_val x, int groups, float epsilon, const char *format,
                         ...)
{
    ANEW_NAMED(name);
    const int channels = anew_channels(g, x);
    if (groups < 1 || channels % groups != 0)
        anew_graph_refuse(g, "layer '%s' has %d groups of %d channels", name, groups, channels);
    if (!(epsilon > 0))
        anew_graph_refuse(g, "layer '%s' has the epsilon %g, which is not above 0", name,
                          (double)epsilon);
    anew_node *node = anew_graph_append(g, ANEW_OP_GROUP_NORM, &x, 1, name);
    if (node == NULL)
        return x;
    node->groups = groups;
    node->number = epsilon;
    node->weight = anew_graph_bind(g, name, "weight", 1, (int64_t[]){channels});
    node->bias = anew_graph_bind(g, name, "bias", 1, (int64_t[]){channels});
    return anew_graph_newest(g);
}

static bool same_shape(const anew_node *a, const anew_node *b)
{
    return anew_same_size(a, b) && a->channels == b->channels;
}

anew_val anew_adain(anew_graph *g, anew_val x, anew_val like, float epsilon)
{
    anew_node *node = anew_graph_append(g, ANEW_OP_ADAIN, (const anew_val[]){x, like}, 2, "");
    if (node == NULL)
        return x;
    node->number = epsilon;
    if (!same_shape(anew_graph_value(g, x), anew_graph_value(g, like)) || !(epsilon > 0))
        anew_graph_refuse(g, "adain of values of different shapes");
    return anew_graph_newest(g);
}

anew_val anew_attention(anew_graph *g, anew_val query, anew_val key, anew_val value, int heads)
{
    anew_node *node =
        anew_graph_append(g, ANEW_OP_ATTENTION, (const anew_val[]){query, key, value}, 3, "");
    if (node == NULL)
        return query;
    node->heads = heads;
    if (!same_shape(anew_graph_value(g, query), anew_graph_value(g, key)) ||
        !same_shape(anew_graph_value(g, query), anew_graph_value(g, value)))
        anew_graph_refuse(g, "attention of values of different shapes");
    else if (heads < 1 || anew_channels(g, query) % heads != 0)
        anew_graph_refuse(g, "attention of %d heads in %d channels", heads,
                          anew_channels(g, query));
    return anew_graph_newest(g);
}

static anew_val attend_windows(anew_graph *g, anew_val x, int heads, int window, int shift,
                               int overlap, const char *name)
{
    const int channels = anew_channels(g, x) / 3;
    if (anew_channels(g, x) % 3 != 0 || heads < 1 || channels % heads != 0)
        anew_graph_refuse(g, "layer '%s' is attention of %d heads in %d channels", name, heads,
                          anew_channels(g, x));
    else if (window < 2 || window > MOST_WINDOW || shift < 0 || shift >= window)
        anew_graph_refuse(g, "layer '%s' has windows of %d pixels, moved by %d; known are 2 .. %d",
                          name, window, shift, MOST_WINDOW);
    anew_node *node = anew_graph_append(g, ANEW_OP_WINDOW_ATTENTION, &x, 1, name);
    if (node == NULL)
        return x;
    if (node->up != 1 || node->single)
        anew_graph_refuse(g, "layer '%s' has windows in a value larger than the picture", name);
    node->channels = channels;
    node->heads = heads;
    node->window = window;
    node->shift = shift;
    node->overlap = overlap;
    const int64_t side = 2 * ((int64_t)window + overlap) - 1;
    node->weight = anew_graph_bind(g, name, "bias_table", 2, (int64_t[]){side * side, heads});
    return anew_graph_newest(g);
}

anew_val anew_window_attention(anew_graph *g, anew_val x, int heads, int window, int shift,
                               const char *format, ...)
{
    ANEW_NAMED(name);
    return attend_windows(g, x, heads, window, shift, 0, name);
}

anew_val anew_overlapping_attention(anew_graph *g, anew_val x, int heads, int window, int overlap,
                                    const char *format, ...)
{
    ANEW_NAMED(name);
    if (overlap < 1 || overlap > window / 2)
        anew_graph_refuse(g,
                          "layer '%s' has windows of %d pixels that see %d around them; known "
                          "are 1 .. %d",
                          name, window, overlap, window / 2);
    return attend_windows(g, x, heads, window, 0, overlap, name);
}

anew_val anew_flatten(anew_graph *g, anew_val x)
{
    anew_node *node = anew_graph_append(g, ANEW_OP_FLATTEN, &x, 1, "");
    if (node == NULL)
        return x;
    const int side = anew_node_side(node, anew_graph_side(g));
    if (side < 1 || side > 64)
        anew_graph_refuse(g, "flattening of a value of %dx%d pixels", side, side);
    node->channels *= side * side;
    make_single(node);
    return anew_graph_newest(g);
}

anew_val anew_demodulation(anew_graph *g, anew_val style, anew_val convolution, float epsilon)
{
    anew_node *node = anew_graph_append(g, ANEW_OP_DEMODULATION, &style, 1, "");
    if (node == NULL)
        return style;
    const anew_node *conv = anew_graph_value(g, convolution);
    if (conv == NULL || conv->op != ANEW_OP_CONV || conv->groups != 1 || !node->single ||
        conv->weight == NULL || conv->weight->dims[1] != node->channels) {
        anew_graph_refuse(g, "demodulation of what is no convolution of as many channels");
        return style;
    }
    if (conv->input_scale != NULL)
        anew_graph_refuse(g, "layer '%s' is demodulated, and its weights may not be of 8 bits",
                          conv->name);
    node->channels = conv->channels;
    node->weight = conv->weight;
    node->number = epsilon;
    return anew_graph_newest(g);
}

/* ---- pixels --------------------------------------------------------------------------------------- */

/* Gives the node the size side x side, in a network of one size only. */
static void set_side(anew_graph *g, anew_node *node, int side, const char *name)
{
    node->up = node->down = 1;
    node->single = side == 1;
    if (side > 1 && anew_graph_side(g) == 0)
        anew_graph_refuse(
            g, "layer '%s' has a size of its own in a network for pictures of any size", name);
    else if (side > 1)
        anew_graph_rescale(node, side, anew_graph_side(g));
}

anew_val anew_constant(anew_graph *g, int channels, int side, const char *format, ...)
{
    ANEW_NAMED(name);
    anew_node *node = anew_graph_append(g, ANEW_OP_CONSTANT, NULL, 0, name);
    if (node == NULL)
        return anew_graph_newest(g);
    node->channels = channels;
    set_side(g, node, side, name);
    node->weight =
        anew_graph_bind(g, name, "weight", side == 1 ? 1 : 3, (int64_t[]){channels, side, side});
    return anew_graph_newest(g);
}

anew_val anew_codebook(anew_graph *g, anew_val x, int channels, const char *format, ...)
{
    ANEW_NAMED(name);
    anew_node *node = anew_graph_append(g, ANEW_OP_CODEBOOK, &x, 1, name);
    if (node == NULL)
        return x;
    node->weight = anew_graph_bind(g, name, "weight", 2, (int64_t[]){node->channels, channels});
    node->channels = channels;
    return anew_graph_newest(g);
}

anew_val anew_noise(anew_graph *g, anew_val x, int seed, const char *format, ...)
{
    ANEW_NAMED(name);
    anew_node *node = anew_graph_append(g, ANEW_OP_NOISE, &x, 1, name);
    if (node == NULL)
        return x;
    const int side = anew_node_side(node, anew_graph_side(g));
    if (anew_graph_side(g) == 0)
        anew_graph_refuse(g, "noise in a network for pictures of any size");
    node->seed = seed;
    const anew_tensor *map = anew_graph_bind(g, name, "map", 4, (int64_t[]){1, 1, side, side});
    node->weight = seed > 0 ? NULL : map;
    node->bias = anew_graph_bind(g, name, "strength", 1, (int64_t[]){1});
    return anew_graph_newest(g);
}

anew_val anew_slice(anew_graph *g, anew_val x, int first, int channels)
{
    if (first < 0 || channels < 1 || channels > anew_channels(g, x) - first)
        anew_graph_refuse(g, "slice of the channels %d .. %d of %d", first, first + channels - 1,
                          anew_channels(g, x));
    anew_node *node = anew_graph_append(g, ANEW_OP_SLICE, &x, 1, "");
    if (node == NULL)
        return x;
    node->first = first;
    node->channels = channels;
    return anew_graph_newest(g);
}

static anew_val resample(anew_graph *g, anew_op op, anew_val x, int factor, bool corners)
{
    if (factor < 1 || factor > 16)
        anew_graph_refuse(g, "%s by %d", anew_op_name(op), factor);
    anew_node *node = factor == 1 ? NULL : anew_graph_append(g, op, &x, 1, "");
    if (node == NULL)
        return x;
    node->factor = factor;
    node->corners = corners;
    const bool rounds = op == ANEW_OP_AVERAGE_POOL && anew_graph_must_round(g, node, factor);
    if (node->single || (node->less > 0 && !rounds))
        anew_graph_refuse(g, "%s of a %s", anew_op_name(op),
                          node->single ? "single pixel" : "value that was not padded");
    if (node->rounded && node->down > 1 && !rounds)
        anew_graph_refuse(g, "%s of a value whose sides are rounded", anew_op_name(op));
    if (rounds) /* what is no whole square is left out */
        anew_graph_shrink(g, node, factor - 1);
    if (op == ANEW_OP_AVERAGE_POOL && node->extra % factor != 0)
        anew_graph_refuse(g, "%s by %d of a value whose sides it does not divide", anew_op_name(op),
                          factor);
    node->extra = op == ANEW_OP_UPSAMPLE_BILINEAR ? node->extra * factor : node->extra / factor;
    anew_graph_rescale(node, op == ANEW_OP_UPSAMPLE_BILINEAR ? factor : 1,
                       op == ANEW_OP_UPSAMPLE_BILINEAR ? 1 : factor);
    return anew_graph_newest(g);
}

anew_val anew_upsample_bilinear(anew_graph *g, anew_val x, int factor, bool corners)
{
    return resample(g, ANEW_OP_UPSAMPLE_BILINEAR, x, factor, corners);
}

anew_val anew_average_pool(anew_graph *g, anew_val x, int factor)
{
    return resample(g, ANEW_OP_AVERAGE_POOL, x, factor, false);
}

/* ---- reading -------------------------------------------------------------------------------------- */

bool anew_graph_is_whole(const anew_graph *graph)
{
    for (int i = 0; i < anew_graph_count(graph); i++)
        switch (anew_graph_node(graph, i)->op) {
        case ANEW_OP_GLOBAL_MEAN:
        case ANEW_OP_GROUP_NORM:
        case ANEW_OP_ADAIN:
        case ANEW_OP_ATTENTION:
        case ANEW_OP_FLATTEN:
            return true;
        default:
            break;
        }
    return false;
}

bool anew_graph_is_phased(const anew_graph *graph)
{
    for (int i = 0; i < anew_graph_count(graph); i++) {
        const anew_op op = anew_graph_node(graph, i)->op;
        if (op == ANEW_OP_RESIZE_BILINEAR || op == ANEW_OP_RESIZE_NEAREST ||
            op == ANEW_OP_ADAPTIVE_MAX_POOL)
            return true;
    }
    return false;
}

bool anew_node_spreads(const anew_graph *graph, const anew_node *node)
{
    return (node->op == ANEW_OP_ADD || node->op == ANEW_OP_MULTIPLY) && !node->single &&
           anew_graph_node(graph, node->sources[1])->single;
}

/* Twelve uniform numbers of mean 0 and variance 1/12 each (Irwin and Hall): sums of whole numbers, so that every CPU
 * draws the same. */
static double draw(uint64_t *state)
{
    int64_t sum = 0;
    for (int i = 0; i < 12; i++) {
        *state = *state * 6364136223846793005u + 1442695040888963407u; /* Knuth's MMIX */
        sum += (int64_t)(*state >> 40) - (1 << 23);
    }
    return (double)sum / (1 << 24);
}

void anew_noise_values(float *values, const anew_node *node, int side)
{
    const size_t count = (size_t)side * (size_t)side;
    float strength = 0;
    uint64_t state = (uint64_t)node->seed * 1000003u + count;
    for (const char *c = node->name; node->seed > 0 && *c != '\0'; c++)
        state = (state ^ (uint64_t)(unsigned char)*c) * 1099511628211u;
    anew_tensor_to_f32(&strength, node->bias);
    if (node->weight != NULL)
        anew_tensor_to_f32(values, node->weight);
    for (size_t i = 0; i < count; i++)
        values[i] = strength * (node->weight != NULL ? values[i] : (float)draw(&state));
}
