/* onnx_graph.h - what the parts share that take an ONNX graph over as it is: onnx_nodes.c, onnx_operations.c,
 * onnx_shapes.c. */
#ifndef ANEW_CONVERT_ONNX_GRAPH_H
#define ANEW_CONVERT_ONNX_GRAPH_H

#include "onnx.h"

#define ONNX_MAX_SIZES 8

/* A whole number that may depend on the picture: side * up / down + extra of its rows or columns, or `number`. */
typedef struct onnx_size {
    char side; /* 'h', 'w', or 0: a number */
    int up, down, extra;
    int64_t number;
} onnx_size;

typedef enum onnx_kind {
    ONNX_NOTHING,
    ONNX_VALUE, /* of the network */
    ONNX_REALS, /* a tensor of the file */
    ONNX_SIZES, /* whole numbers, known or of the picture's size */
    ONNX_SPLIT, /* a value whose sides are cut in several, on the way to a rearrangement */
    ONNX_PADDED /* a value with padding that the convolution behind it takes over */
} onnx_kind;

typedef struct onnx_symbol {
    span_bytes name;
    uint64_t hash;
    onnx_kind kind;
    int value;                       /* VALUE, SPLIT, PADDED */
    onnx_tensor tensor;              /* REALS */
    int rank;                        /* REALS, SPLIT */
    onnx_size sizes[ONNX_MAX_SIZES]; /* SIZES; SPLIT: of each side */
    int count;
    int order[ONNX_MAX_SIZES]; /* SPLIT: where each side came from */
    int64_t before[2], after[2];
    bool reflect; /* PADDED */
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

/* onnx_rearrange.c: Reshape, Transpose, Flatten, Squeeze, Unsqueeze of values */
void onnx_rearrange(onnx_graph *g);

/* onnx_shapes.c: false where the node has nothing to do with shapes. */
bool onnx_shape_operation(onnx_graph *g);
/* The whole number that size a is times size b; 0 where it is none. */
int onnx_times(onnx_size a, onnx_size b);
onnx_size onnx_size_of(const onnx_graph *g, int value, int axis);
/* A fixed side of the file as one of the picture. */
onnx_size onnx_freed(const onnx_graph *g, onnx_size size, int axis);

#endif
