/*
 * onnx_graph.h - what the parts share that take an ONNX graph over as it is: onnx_nodes.c, onnx_operations.c,
 * onnx_norms.c, onnx_resize.c, onnx_views.c, onnx_rearrange.c, onnx_shapes.c.
 */
#ifndef ANEW_CONVERT_ONNX_GRAPH_H
#define ANEW_CONVERT_ONNX_GRAPH_H

#include "onnx.h"

#define ONNX_MAX_SIZES 8

/* A whole number that may depend on the picture: (side * up - less) / down, rounded up, + extra of its rows or columns, or
 * `number`. */
typedef struct onnx_size {
    char
        side; /* 'h', 'w', or 0: a number; '?': a product of rows and columns, as a shape finds by itself */
    int up, down, extra, less;
    int64_t number;
    int of;       /* the value whose side it is computed from, + 1; 0: none */
    bool rounded; /* it is meant for any picture, and must be exact */
} onnx_size;

#define ONNX_MAX_AXES  8
#define ONNX_MAX_PARTS 12

/* A value as ONNX sees it: axes, each of parts of the value's channels, rows and columns, the outermost first. A part is one
 * of those whole, or one of the factors that it was cut into; parts of size 1 are left out. [1][C][H][W] has the
 * axes {}, {c}, {h}, {w}. */
typedef struct onnx_part {
    char of;   /* 'c', 'h', 'w' */
    int place; /* among the factors of that, 0 the outermost */
    onnx_size size;
} onnx_part;

typedef struct onnx_view {
    int rank;
    int first[ONNX_MAX_AXES + 1]; /* part of each axis; [rank]: their number */
    onnx_part parts[ONNX_MAX_PARTS];
} onnx_view;

typedef enum onnx_kind {
    ONNX_NOTHING,
    ONNX_VALUE,    /* of the network */
    ONNX_VIEW,     /* the same with other axes */
    ONNX_REALS,    /* a tensor of the file */
    ONNX_SIZES,    /* whole numbers, known or of the picture's size */
    ONNX_PADDED,   /* a value with padding that the convolution behind it takes over */
    ONNX_SOFTPLUS, /* log(1 + exp(value)), which is known in front of a tanh */
} onnx_kind;

typedef struct onnx_symbol {
    span_bytes name;
    uint64_t hash;
    onnx_kind kind;
    int value;                       /* VALUE, VIEW, PADDED, SOFTPLUS */
    onnx_view view;                  /* VIEW */
    onnx_tensor tensor;              /* REALS */
    int rank;                        /* REALS */
    onnx_size sizes[ONNX_MAX_SIZES]; /* SIZES */
    int count, columns;              /* SIZES: columns of a matrix, 0: a list */
    int64_t before[2], after[2];
    anew_edge edge; /* PADDED */
} onnx_symbol;

typedef struct onnx_graph {
    onnx_file *f;
    node_list n;
    onnx_symbol *symbols;
    int count;
    size_t capacity;
    const onnx_node *node;
    char label[128];
    int64_t sides[2]; /* of the picture where the file fixes them, else 0 */
    int picture;      /* the value that it is */
    bool
        relates; /* a size is computed from another value's, which only some pictures' sides are exact for */
    bool resizes; /* something is resized to another value's size */
} onnx_graph;

/* The node does something that is not known: `what` of it. */
void onnx_unknown(onnx_graph *g, const char *what);

bool onnx_has(const onnx_graph *g, int k);
const onnx_symbol *onnx_input(onnx_graph *g, int k); /* valid until the next that is given */
int onnx_value(onnx_graph *g, int k);
/* The reals of input k, to be freed; NULL and a refusal where it is no such tensor. */
float *onnx_reals(onnx_graph *g, int k, onnx_tensor *shape, bool *half);

void onnx_give(onnx_graph *g, int k, onnx_symbol s);
void onnx_give_value(onnx_graph *g, int id);

/* Inputs of nodes that the name stands for, a result of the graph counted twice; the last reader. */
int onnx_readers(const onnx_graph *g, span_bytes name, const onnx_node **reader);

onnx_symbol onnx_stored(onnx_graph *g, const onnx_tensor *tensor);

/* onnx_operations.c */
void onnx_operation(onnx_graph *g);

/* onnx_convolutions.c: Conv, ConvTranspose; Gemm, MatMul */
void onnx_convolution(onnx_graph *g, bool transposed);
void onnx_gemm(onnx_graph *g);
/* Numbers for rows and columns, or `absent` where the list is left out. */
void onnx_sides(onnx_graph *g, const char *name, int64_t values[2], int64_t absent);

/* onnx_norms.c: InstanceNormalization, GroupNormalization, LayerNormalization; BatchNormalization behind anything but a
 * convolution; a layer normalisation that is spelled out from its ReduceMean on: false where there is none. */
void onnx_instance_norm(onnx_graph *g);
void onnx_group_norm(onnx_graph *g);
void onnx_layer_norm(onnx_graph *g);
void onnx_batch_norm(onnx_graph *g);
bool onnx_spelled_norm(onnx_graph *g);

/* onnx_resize.c: Resize, Upsample, AveragePool, MaxPool */
void onnx_resize(onnx_graph *g);
void onnx_pool(onnx_graph *g, bool largest);

/* onnx_views.c: the value of input k and how the node sees it; a result that is seen so, as a value where it is one. */
int onnx_viewed(onnx_graph *g, int k, onnx_view *view);
void onnx_give_viewed(onnx_graph *g, int k, int id, const onnx_view *view);
onnx_view onnx_view_of(const onnx_graph *g, int id);
onnx_size onnx_axis_size(const onnx_view *view, int axis);
/* The axis counted from 0, or -1. */
int onnx_axis(const onnx_view *view, int64_t axis);
/* Whether the axis is the channels, all of them in their order; the same axis of another number of them. */
bool onnx_is_channels(const onnx_graph *g, int id, const onnx_view *view, int axis);
void onnx_set_channels(onnx_view *view, int axis, int64_t channels);
/* Of two that are added, ...: sides that are 1 are repeated. False where others differ. */
bool onnx_broadcast(const onnx_view *a, const onnx_view *b, onnx_view *result);
/* Whether the stored numbers are one for each channel, or one for all, where the view is spread over them. */
bool onnx_is_of_channels(const onnx_graph *g, int id, const onnx_view *view,
                         const onnx_tensor *numbers);
/* Of which parts the axes are: 'h' both rows and columns, 'c' the channels, 'a' all, 0 something else. */
char onnx_axes_are(const onnx_graph *g, int id, const onnx_view *view, const int64_t *axes,
                   int count);
/* Without these axes, or with sides of 1 in their place. */
void onnx_reduce(onnx_view *view, const int64_t *axes, int count, bool keep);

/* onnx_rearrange.c: Reshape, Transpose, Flatten, Squeeze, Unsqueeze of values */
void onnx_rearrange(onnx_graph *g);
/* `id` seen so as a value [1][C][H][W]; -1 where it is none. */
int onnx_arranged(onnx_graph *g, int id, const onnx_view *view);

/* onnx_shapes.c: false where the node has nothing to do with shapes. */
bool onnx_shape_operation(onnx_graph *g);
/* Notes that a value (or a size of it) is made as large as `wanted` says by a factor. */
void onnx_relate(onnx_graph *g, onnx_size wanted, onnx_size is);
/* The whole number that size a is times size b; 0 where it is none. */
int onnx_times(onnx_size a, onnx_size b);
onnx_size onnx_size_of(const onnx_graph *g, int value, int axis);
/* a times factor / divisor; a side of '!' where that is none. */
onnx_size onnx_multiplied(onnx_size a, int64_t factor, int64_t divisor);
/* The list that input k or the attribute holds, all numbers known; how long it is, or -1 where there is none. */
int onnx_list(onnx_graph *g, int k, const char *attribute, int64_t *values, int most);
/* A fixed side of the file as one of the picture. */
onnx_size onnx_freed(const onnx_graph *g, onnx_size size, int axis);

#endif
