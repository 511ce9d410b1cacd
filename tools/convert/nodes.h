/*
 * nodes.h - a graph of another framework, said again in the operations of src/graph/ops.def: the list of records that
 * src/nets/recorded.c builds a network of, and the tensors that it names.
 *
 * Values are numbers of records. Errors are sticky: after the first one every call does nothing and gives back 0.
 */
#ifndef ANEW_CONVERT_NODES_H
#define ANEW_CONVERT_NODES_H

#include "checkpoint.h"
#include "graph/graph.h"
#include "model/format.h"

#define NODES_MAX_SOURCES ANEW_MAX_SOURCES

/* Of all nodes together, what a node is said with (a shuffle's matrix) and what nodes share (stored for each of them) included:
 * twice those of the largest published enlarger. A small file must not become a huge one. */
#define NODES_MOST_WEIGHTS ((int64_t)80000000)

/* What operations are taken over, for people (onnx_operations.c, ncnn_nodes.c). */
extern const char onnx_operations[], ncnn_operations[];

/* What no graph says. */
typedef struct nodes_options {
    double range; /* the largest sample's value; 0 stands for 1 */
    bool bgr;     /* blue first */
} nodes_options;

typedef struct nodes_value {
    int channels;
    int up, down, extra; /* as of anew_node */
    bool single;
    int less; /* as of anew_node */
} nodes_value;

typedef struct node_list {
    checkpoint *c;
    const char *label;
    nodes_options options;
    anew_error *error;
    anew_status status;
    char where[160]; /* of messages: "node 'NAME'" */
    nodes_value *values;
    int count;
    size_t capacity;
    char *text;
    size_t length, text_capacity;
    int names;    /* given out */
    bool rounded; /* sizes are what they are for any picture (anew_input_rounded) */
    bool inexact; /* they should be, and are not: for people */
    bool luma;    /* the network sees brightness alone */
    int colours;  /* value of the picture behind the records that come before the network's own */
} node_list;

typedef enum nodes_activation_kind {
    NODES_LINEAR,
    NODES_RELU,
    NODES_LEAKY_RELU,
    NODES_SIGMOID,
    NODES_TANH,
    NODES_SILU,
    NODES_CLIP,
    NODES_MISH,
    NODES_HARD_SWISH
} nodes_activation_kind;

typedef struct nodes_activation {
    nodes_activation_kind kind;
    float slope;  /* CLIP: the least value */
    float middle; /* HARD_SWISH; CLIP: the largest value */
} nodes_activation;

/* A convolution of another framework, or (transposed) one that enlarges. */
typedef struct nodes_conv {
    int64_t in, out, kernel[2], stride[2], dilation[2], groups; /* [0]: rows, [1]: columns */
    int64_t before[2], after[2];                                /* padding */
    int64_t more[2]; /* transposed: rows and columns added below and right */
    anew_edge edge;
    const float *weights; /* [out][in / groups][rows][columns] */
    const float *bias;    /* [out], or NULL */
    bool half;            /* the weights were stored in 16 bits */
    nodes_activation activation;
} nodes_conv;

/* The one message; `where` is put before it. */
void nodes_refuse(node_list *n, anew_status status, const char *format, ...) ANEW_PRINTF(3, 4);
bool nodes_failed(const node_list *n);

/* The picture as the network wants it, of so many channels; and the end: `result` as a picture. */
int nodes_begin(node_list *n, int64_t channels);
void nodes_finish(node_list *n, int result);

/* The list becomes the checkpoint's (n->c->nodes), or the error its status. */
ANEW_NODISCARD anew_status nodes_end(node_list *n);

/* A checkpoint's list as hyper-parameters of the file: as many texts as they need, each of whole records. */
ANEW_NODISCARD anew_status nodes_write(anew_model_writer *w, const char *text, anew_error *error);

const nodes_value *nodes_value_of(const node_list *n, int id);
bool nodes_same_size(const node_list *n, int a, int b);

/* Operations without numbers, of one or two sources. */
int nodes_simple(node_list *n, anew_op op, int a);
int nodes_pair(node_list *n, anew_op op, int a, int b);
int nodes_scale(node_list *n, int a, double factor);
int nodes_leaky(node_list *n, int a, double slope);
int nodes_prelu(node_list *n, int a, const float *slopes, int64_t count, const char *wish);
int nodes_concat(node_list *n, const int *sources, int count);
int nodes_slice(node_list *n, int a, int64_t first, int64_t channels);
int nodes_crop(node_list *n, int a, int64_t before, int64_t after);
/* PIXEL_SHUFFLE, PIXEL_UNSHUFFLE, UPSAMPLE_NEAREST, UPSAMPLE_BILINEAR (corners), AVERAGE_POOL. */
int nodes_resample(node_list *n, anew_op op, int a, int64_t factor, bool corners);
/* The channels lie [row][column][channel] instead of [channel][row][column]. */
int nodes_shuffle_depth_last(node_list *n, int a, int64_t factor, bool to_large);
/* Windows around each pixel, or (valid) that lie inside, where the list is `rounded`. */
int nodes_max_pool(node_list *n, int a, int64_t kernel, int64_t stride, bool valid);
/* Interpolation by cubics (Keys 1981) to up / down of the size, edges repeated; `sharpness` is their parameter, below 0. */
/* Whether a factor is a ratio of small whole numbers, and which. */
bool nodes_ratio(int *up, int *down, double factor);
int nodes_cubic(node_list *n, int a, int up, int down, double sharpness, bool asymmetric);
/* RESIZE_BILINEAR (corners), RESIZE_NEAREST: to the size that `like` has; where the list is `rounded`. */
int nodes_resize(node_list *n, anew_op op, int a, int like, bool corners);
/* Over the channels of each pixel; the same weight and bias as of nodes_group_norm. */
int nodes_layer_norm(node_list *n, int a, double epsilon, const float *weight, const float *bias,
                     const char *wish);
int nodes_global_mean(node_list *n, int a);
int nodes_group_norm(node_list *n, int a, int64_t groups, double epsilon, const float *weight,
                     const float *bias, const char *wish);
/* a op constant, a vector of the value's channels, or one number. */
int nodes_add_vector(node_list *n, int a, const float *values, int64_t count, const char *name);
int nodes_multiply_vector(node_list *n, int a, const float *values, int64_t count,
                          const char *name);
int nodes_activate(node_list *n, int a, nodes_activation activation);

/* nodes_functions.c: what ops.def has not, of what it has. */
int nodes_clip(node_list *n, int a, double least, double most);
int nodes_hard_sigmoid(node_list *n, int a, double slope,
                       double middle); /* 0 <= slope x + middle <= 1 */
int nodes_hard_swish(node_list *n, int a, double slope, double middle); /* x times that */
int nodes_tanh_softplus(node_list *n, int a);                           /* tanh(log(1 + exp(x))) */
int nodes_mish(node_list *n, int a);                                    /* x times that */
int nodes_elu(node_list *n, int a, double alpha, double gamma);
int nodes_gelu_tanh(node_list *n, int a);
int nodes_absolute(node_list *n, int a);
int nodes_extreme(node_list *n, int a, int b, bool largest);
int nodes_power(node_list *n, int a, double exponent);
int nodes_number_over(node_list *n, double number, int a);
/* Channel i of the result is channel from[i]. */
int nodes_choose(node_list *n, int a, const int *from, int64_t count, const char *name);
/* One channel of all; and the only channel as so many. */
int nodes_channel_sum(node_list *n, int a, bool mean);
int nodes_spread_channel(node_list *n, int a, int64_t channels);
/* Means of windows (kernel, stride, padding of `window`); `inside`: what lies outside does not count. */
int nodes_average(node_list *n, int a, const nodes_conv *window, bool inside);
/* Enlarged so that pixel d is at place d / factor; the last row and column go on. */
int nodes_linear_asymmetric(node_list *n, int a, int64_t factor);
/* Sums of factor x factor pixels with these weights, [row][column]. */
int nodes_shrink(node_list *n, int a, int64_t factor, const float *weights);

/* nodes_conv.c */
int nodes_convolve(node_list *n, int a, const nodes_conv *conv, const char *name);
int nodes_transposed(node_list *n, int a, const nodes_conv *conv, const char *name);

/* Where sizes are rounded, so many pixels of the value's own are lost before a stride: true, and they are counted in
 * v->less. */
bool nodes_lose(node_list *n, nodes_value *v, int64_t pixels, int64_t stride);
/* For nodes_conv.c: a record "OP a", its keys by nodes_key, then nodes_close, which says what it gives. A name that
 * is no other's of the shape that files allow is made of `wish`. */
void nodes_open(node_list *n, anew_op op, const int *sources, int count);
void nodes_key(node_list *n, const char *key, int64_t value);
int nodes_close(node_list *n, nodes_value value);
void nodes_name(node_list *n, char name[ANEW_FILE_MAX_NAME / 2], const char *wish);
void nodes_key_name(node_list *n, const char *name);
void nodes_tensor(node_list *n, const char *name, const char *part, int rank, const int64_t *dims,
                  const float *values, bool half);

#endif
