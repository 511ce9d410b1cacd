/*
 * graph.h - the builder: what a network page in src/nets/ is written in.
 *
 * A network is recorded once as a list of operations on values; no size is known yet, only channels
 * and the scale against the input. Errors are sticky: after the first one every call does nothing,
 * and anew_graph_finish reports it with the name of the layer. Weights are bound by name while
 * building: `anew_conv3(g, x, 64, "conv1")` inside the scope "body.0" takes "body.0.conv1.weight"
 * and "body.0.conv1.bias" from the model and checks their shapes. A tensor of the model that no
 * layer has taken is an error of anew_graph_finish.
 */
#ifndef ANEW_GRAPH_GRAPH_H
#define ANEW_GRAPH_GRAPH_H

#include <stdbool.h>

#include "model/model.h"

typedef struct anew_graph anew_graph;

/* A value: the output of one operation. Small, typed, copied freely. */
typedef struct anew_val {
    int id;
} anew_val;

typedef enum anew_op {
#define OP(identifier, text, definition) ANEW_OP_##identifier,
#include "graph/ops.def"
#undef OP
    ANEW_OP_COUNT
} anew_op;

/* ---- Building (network pages) ----------------------------------------------------------------- */

/* Hyper-parameters of the model; outside minimum .. maximum, or absent without a fallback, is an error. */
int anew_hyper_int(anew_graph *g, const char *name, int minimum, int maximum);
int anew_hyper_int_or(anew_graph *g, const char *name, int fallback, int minimum, int maximum);
float anew_hyper_real(anew_graph *g, const char *name, float fallback);
bool anew_hyper_is(anew_graph *g, const char *name, const char *value);
/* Refuses the model with what the parameter is and what the network needs, such as "a or b". */
void anew_hyper_refuse(anew_graph *g, const char *name, const char *needed);

/* What whoever builds the graph wishes, such as a strength; `fallback` where he says nothing. */
float anew_wish(anew_graph *g, const char *name, float fallback, float minimum, float maximum);
/* Tensors whose names begin so have no part in the network as it is built now, and that is no error. */
void anew_leave_out(anew_graph *g, const char *prefix);

/* Convolutions that are recorded from now on keep their factors in float32 where others are rounded to bfloat16: where
 * rounding would be seen in the result. */
void anew_keep_float32(anew_graph *g, bool on);

/* A prefix for the names of the layers that follow; scopes nest. anew_leave ends the scope and gives
 * the value the scope's name, under which it can be asked for. */
void anew_enter(anew_graph *g, const char *format, ...) ANEW_PRINTF(2, 3);
anew_val anew_leave(anew_graph *g, anew_val result);

anew_val anew_input(anew_graph *g, int channels);
/* Where the network needs the picture continued (a margin, whole sizes), its edge is repeated, not mirrored. */
void anew_repeat_edges(anew_graph *g);
/* The same for a network that takes only pictures of side x side. */
/* The same of a network whose values' sides are rounded as other frameworks round them, for a picture of any size: what does
 * not pad loses pixels of the picture (`less`), and what only fits multiples is refused. */
anew_val anew_input_rounded(anew_graph *g, int channels);
anew_val anew_input_square(anew_graph *g, int channels, int side);

/* What a convolution reads past its source's edge: zeros, the source mirrored without its edge, or its edge again. */
typedef enum anew_edge { ANEW_EDGE_ZEROS, ANEW_EDGE_REFLECT, ANEW_EDGE_REPEAT } anew_edge;

/* The pixel of 0 .. size - 1 that is read at `at`, which is one of them or outside. */
static inline int anew_edge_pixel(anew_edge edge, int at, int size)
{
    if (edge == ANEW_EDGE_REFLECT)
        at = at < 0 ? -at : at >= size ? 2 * (size - 1) - at : at;
    return at < 0 ? 0 : at >= size ? size - 1 : at;
}

/* Convolution with a kernel of odd sides and padding of dilation * (kernel / 2) by what `edge` says;
 * on all sides, or (after) all of it below and right. The output has the size of the
 * input divided by the stride. `groups` cut both sides' channels into as many parts that see only each
 * other; as many groups as channels are a depthwise convolution. */
typedef struct anew_conv_options {
    int channels, kernel;         /* of the result; side */
    int stride, dilation, groups; /* 0 stands for 1 */
    bool bias;
    anew_edge edge;
    bool after;
    bool
        valid; /* no padding, and any size before it: the result is smaller by what the kernel reaches over */
    bool
        padded; /* instead, zeros `before` (above and left) and `zeros_after`, each 0 .. dilation * (kernel / 2): */
    int before, zeros_after; /* fewer than that make the result smaller than the input */
    bool linear;             /* its weights are a matrix, [channels][in]; a kernel of 1x1 */
} anew_conv_options;

anew_val anew_conv_with(anew_graph *g, anew_val x, anew_conv_options options, const char *format,
                        ...) ANEW_PRINTF(4, 5);

/* The same with stride, dilation and groups 1. */
anew_val anew_conv(anew_graph *g, anew_val x, int channels, int kernel, bool bias,
                   const char *format, ...) ANEW_PRINTF(6, 7);
#define anew_conv3(g, x, channels, ...)       anew_conv(g, x, channels, 3, true, __VA_ARGS__)
#define anew_conv1_plain(g, x, channels, ...) anew_conv(g, x, channels, 1, false, __VA_ARGS__)

/* Of each pixel's channels: NAME.weight [channels][in], NAME.bias. */
anew_val anew_linear(anew_graph *g, anew_val x, int channels, bool bias, const char *format, ...)
    ANEW_PRINTF(5, 6);

anew_val anew_prelu(anew_graph *g, anew_val x, const char *format, ...) ANEW_PRINTF(3, 4);
anew_val anew_lrelu(anew_graph *g, anew_val x, float slope);
anew_val anew_relu(anew_graph *g, anew_val x);
/* In sums and products, b may be a single pixel, which then stands for all pixels. */
anew_val anew_add(anew_graph *g, anew_val a, anew_val b);
anew_val anew_scale(anew_graph *g, anew_val x, float factor);
anew_val anew_multiply(anew_graph *g, anew_val a, anew_val b);
anew_val anew_divide(anew_graph *g, anew_val a, anew_val b);

/* One of SQRT, EXP, ERF, TANH, SIGMOID, SILU, MISH, CLAMP (to 0 .. 1), GELU. */
anew_val anew_function(anew_graph *g, anew_op op, anew_val x);
#define anew_sigmoid(g, x) anew_function(g, ANEW_OP_SIGMOID, x)
#define anew_silu(g, x)    anew_function(g, ANEW_OP_SILU, x)

/* Over the channels of each pixel; takes NAME.weight and NAME.bias. */
anew_val anew_layer_norm(anew_graph *g, anew_val x, float epsilon, const char *format, ...)
    ANEW_PRINTF(4, 5);
anew_val anew_softmax(anew_graph *g, anew_val x);

/* The largest value of a square window with (kernel - 1) / 2 pixels above and left of the middle; what lies
 * outside does not count. The output has the size of the input divided by the stride. */
anew_val anew_max_pool(anew_graph *g, anew_val x, int kernel, int stride);
/* The same with windows that lie inside, so that the result is smaller by what the window reaches over. */
anew_val anew_max_pool_valid(anew_graph *g, anew_val x, int kernel, int stride);

/* ---- ... whose places depend on the whole value's sides, so that a picture cannot be run in strips of columns ---- */

/* The largest values of a grid of 1 / factor of the rows and columns, rounded down, over the whole value. */
anew_val anew_adaptive_max_pool(anew_graph *g, anew_val x, int factor);
/* To the size of `like`, whatever that is. */
anew_val anew_resize_bilinear(anew_graph *g, anew_val x, anew_val like, bool corners);
anew_val anew_resize_nearest(anew_graph *g, anew_val x, anew_val like);

/* ---- ... of a whole value, which they need complete (graph_whole.c) ---- */

/* Its mean: a single pixel. */
anew_val anew_global_mean(anew_graph *g, anew_val x);
/* Over groups of neighbouring channels and all pixels; takes NAME.weight and NAME.bias. */
anew_val anew_group_norm(anew_graph *g, anew_val x, int groups, float epsilon, const char *format,
                         ...) ANEW_PRINTF(5, 6);
/* x with the mean and deviation that each channel of `like` has. */
anew_val anew_adain(anew_graph *g, anew_val x, anew_val like, float epsilon);
/* Every pixel's query against all pixels' keys; the values' mean weighted by the softmax of that. */
anew_val anew_attention(anew_graph *g, anew_val query, anew_val key, anew_val value, int heads);
/* Swin's attention in windows: x has three times the result's channels, queries, keys and values of each pixel. The
 * windows are window x window pixels, moved down and right by `shift`, 0 .. window - 1; at the picture's edges they are cut.
 * Takes NAME.bias_table [(2 * window - 1)^2][heads]. The value must be as large as the picture, or a whole number of
 * times smaller. */
anew_val anew_window_attention(anew_graph *g, anew_val x, int heads, int window, int shift,
                               const char *format, ...) ANEW_PRINTF(6, 7);
/* The same in windows that are not moved, of which each sees the keys and values of `overlap` pixels around it, too, 1 ..
 * window / 2; what lies outside of the picture counts as zeros. Takes NAME.bias_table [(2 * (window + overlap) - 1)^2][heads]. */
anew_val anew_overlapping_attention(anew_graph *g, anew_val x, int heads, int window, int overlap,
                                    const char *format, ...) ANEW_PRINTF(6, 7);
/* All values as the channels of a single pixel, in the order [channel][row][column]; a network of one size only. */
anew_val anew_flatten(anew_graph *g, anew_val x);
/* 1 / the root mean square of what a convolution makes of a random picture whose channels are multiplied by the
 * single pixel `style`: StyleGAN 2's demodulation. Takes the weights of `convolution`'s layer. */
anew_val anew_demodulation(anew_graph *g, anew_val style, anew_val convolution, float epsilon);

/* ---- ... and of each pixel or a few ---- */

/* The learned NAME.weight [channels][side][side]; for side 1 [channels], a single pixel. */
anew_val anew_constant(anew_graph *g, int channels, int side, const char *format, ...)
    ANEW_PRINTF(4, 5);
/* The row of NAME.weight [codes][channels] whose number is that of each pixel's largest channel. */
anew_val anew_codebook(anew_graph *g, anew_val x, int channels, const char *format, ...)
    ANEW_PRINTF(4, 5);
/* Adds one plane of noise to all channels, times NAME.strength [1]: NAME.map [1][1][side][side], or, with a seed
 * above 0, numbers of mean 0 and variance 1 drawn by it. */
anew_val anew_noise(anew_graph *g, anew_val x, int seed, const char *format, ...) ANEW_PRINTF(4, 5);
anew_val anew_slice(anew_graph *g, anew_val x, int first, int channels);
/* Without so many pixels above and left, and below and right. */
anew_val anew_crop(anew_graph *g, anew_val x, int before, int after);

anew_val anew_concat(anew_graph *g, const anew_val *values, int count);
#define anew_cat(g, ...)                                                                           \
    anew_concat(g, (const anew_val[]){__VA_ARGS__},                                                \
                (int)(sizeof((const anew_val[]){__VA_ARGS__}) / sizeof(anew_val)))

/* Factor 1 gives x itself. */
anew_val anew_pixel_shuffle(anew_graph *g, anew_val x, int factor);
anew_val anew_pixel_unshuffle(anew_graph *g, anew_val x, int factor);
anew_val anew_upsample_nearest(anew_graph *g, anew_val x, int factor);
/* Pixels are squares whose middles are matched and the edge goes on outside; with `corners` the middles of the
 * outermost pixels are matched. */
anew_val anew_upsample_bilinear(anew_graph *g, anew_val x, int factor, bool corners);
/* Means of squares of factor x factor pixels. */
anew_val anew_average_pool(anew_graph *g, anew_val x, int factor);

int anew_channels(const anew_graph *g, anew_val x);

/* Makes these values, of any sizes, the network's results, for a network whose result is no picture. Gives back the
 * first of them, for the page to return. */
anew_val anew_outputs(anew_graph *g, const anew_val *values, int count);

/* Refuses the model with a message of the page's own. */
void anew_graph_refuse(anew_graph *g, const char *format, ...) ANEW_PRINTF(2, 3);

/* ---- Reading (plan, executors, reports) ------------------------------------------------------- */

#define ANEW_MAX_SOURCES 8
#define ANEW_MAX_OUTPUTS 8

typedef struct anew_node {
    anew_op op;
    char *name; /* layer or scope name, "" where it has none; owned by the graph */
    int sources[ANEW_MAX_SOURCES];
    int source_count;
    int channels;
    int up,
        down; /* height = (input height * up - less) / down, rounded up, + extra; the same for the width; lowest terms */
    int less; /* above 0 behind what does not pad, whatever the size; `up` is 1 then */
    int extra;            /* pixels more (below 0: fewer) than that, where the input is aligned */
    bool single;          /* one pixel, whatever the picture's size */
    bool rounded;         /* of a network for which no picture is continued (anew_input_rounded) */
    int kernel, stride;   /* CONV, MAX_POOL */
    int dilation, groups; /* CONV; GROUP_NORM: groups */
    anew_edge edge;       /* CONV: how it pads ... */
    bool valid;           /* ... or not at all */
    bool float32;         /* CONV: not in bfloat16 */
    int shift; /* CONV, MAX_POOL: pixels by which the window is moved down and right; 0: padding on all sides; CROP:
                * before; WINDOW_ATTENTION: of its windows */
    int cut; /* CONV: pixels by which the padding below and right is less than dilation * (kernel / 2) */
    int window;  /* WINDOW_ATTENTION: its side */
    int overlap; /* WINDOW_ATTENTION: pixels around it that it sees */
    int factor; /* PIXEL_SHUFFLE, PIXEL_UNSHUFFLE, UPSAMPLE_*, AVERAGE_POOL, ADAPTIVE_MAX_POOL; RESIZE_*: about */
    bool repeats; /* INPUT: continued by its edge */
    bool corners; /* UPSAMPLE_BILINEAR: matches the outermost pixels' middles */
    int heads;    /* ATTENTION, WINDOW_ATTENTION */
    int first;    /* SLICE: channel */
    int seed;     /* NOISE; 0: the stored map */
    float number; /* SCALE: factor; LEAKY_RELU: slope; norms and DEMODULATION: epsilon */
    const anew_tensor *
        weight; /* CONV [out][in / groups][k][k]; PRELU, norms [channels]; CONSTANT, CODEBOOK; NOISE: map, or NULL;
                   WINDOW_ATTENTION [offsets][heads] */
    const anew_tensor *bias; /* CONV [out], or NULL; norms [channels]; NOISE: strength */
    /* CONV of 8-bit weights that have their channel's scale in them: [in], else NULL (kernels/int8.h). */
    const anew_tensor *input_scale, *input_zero;
} anew_node;

/* A convolution's weights as they multiply values. */
void anew_node_weights(float *values, const anew_node *node);

/* An empty graph over a model, which must outlive it. */
ANEW_NODISCARD anew_status anew_graph_create(anew_graph **graph, const anew_model *model,
                                             anew_error *error);
void anew_graph_free(anew_graph **graph);

/* Ends the building: `output` is the network's result, unless the page called anew_outputs. Reports the first
 * error. */
ANEW_NODISCARD anew_status anew_graph_finish(anew_graph *graph, anew_val output, anew_error *error);

/* Wishes of whoever builds it, by name, before the building; both arrays are the caller's and must live on until
 * anew_graph_finish. */
typedef struct anew_option {
    const char *name;
    double value;
} anew_option;

typedef struct anew_options {
    const anew_option *rows;
    int count;
} anew_options;

void anew_graph_set_options(anew_graph *graph, anew_options options);

/* Nodes in the order of building, in which every source stands before its users. Node 0 is the
 * input. */
int anew_graph_count(const anew_graph *graph);
const anew_node *anew_graph_node(const anew_graph *graph, int id);
int anew_graph_output(const anew_graph *graph); /* the first, or only one */
int anew_graph_output_count(const anew_graph *graph);
int anew_graph_output_at(const anew_graph *graph, int index);
bool anew_graph_is_output(const anew_graph *graph, int id);
const anew_model *anew_graph_model(const anew_graph *graph);

/* Whole-number enlargement of the network, output against input. */
int anew_graph_scale(const anew_graph *graph);

/* Side of the square picture that is the only one that the network takes; 0: it takes any. */
int anew_graph_side(const anew_graph *graph);

/* Whether some operation needs a whole value: then the picture must be run in one band and one strip. */
bool anew_graph_is_whole(const anew_graph *graph);

/* Whether columns depend on where they stand in the whole width: then the picture must be run in one strip. */
bool anew_graph_is_phased(const anew_graph *graph);

/* The least side of a picture that leaves each value a pixel. */
int anew_graph_least_side(const anew_graph *graph);

/* ADD or MULTIPLY whose second operand is one pixel that stands for all of the first's. */
bool anew_node_spreads(const anew_graph *graph, const anew_node *node);

/* What a NOISE adds, [side][side]. */
void anew_noise_values(float *values, const anew_node *node, int side);

/* Pixels by which a network that gives less than its input (convolutions without padding) needs the picture continued
 * on each side; the continued picture is its input then. */
int anew_graph_margin(const anew_graph *graph);

/* Whether the continued picture repeats its edge; else it is mirrored without it. */
bool anew_graph_repeats_edges(const anew_graph *graph);

/* Whether an input of this size leaves at least a pixel of each value. */
bool anew_graph_fits(const anew_graph *graph, int height, int width);

/* Pixels to which the input's sides must be a multiple, so that every value has a whole size, and whole windows. */
int anew_graph_alignment(const anew_graph *graph);

/* Whether the input may also have any other size: the network has several outputs, whose sizes are rounded up,
 * and no shuffles. */
bool anew_graph_takes_any_size(const anew_graph *graph);

/* Rows or columns of the node's value when the input has `side` of them. */
int anew_node_side(const anew_node *node, int side);

const char *anew_op_name(anew_op op);
const char *anew_op_definition(anew_op op);

#endif
