/*
 * onnx.h - what the parts of the ONNX reader share: onnx.c reads the file's messages, onnx_walk.c follows a network
 * through the graph, onnx_yunet.c and onnx_scrfd.c know two of them.
 *
 * Nothing is copied: names, tensors and attributes are looked up in the file's bytes.
 */
#ifndef ANEW_CONVERT_ONNX_H
#define ANEW_CONVERT_ONNX_H

#include "checkpoint.h"
#include "nodes.h"
#include "protobuf.h"

#define ONNX_MAX_NODES  16384
#define ONNX_MAX_INPUTS 32 /* of a node, that are kept; outputs, too */
#define ONNX_MAX_ENDS   64

/* A tensor of the file: an initialiser, or an attribute's. */
typedef struct onnx_tensor {
    span_bytes name, message;
    int rank;
    int64_t dims[ANEW_MAX_RANK];
    int64_t elements;
    int64_t type; /* TensorProto.DataType */
} onnx_tensor;

typedef struct onnx_node {
    span_bytes op, name, message;
    span_bytes inputs[ONNX_MAX_INPUTS]; /* empty ones are left out by the node */
    int input_count;
    span_bytes output; /* the first */
    span_bytes outputs[ONNX_MAX_INPUTS];
    int output_count;
    bool used; /* the walk came by */
} onnx_node;

typedef struct onnx_file {
    const char *label;
    anew_error *error;
    onnx_node *nodes;
    int node_count;
    size_t node_capacity;
    onnx_tensor *tensors;
    int tensor_count;
    size_t tensor_capacity;
    span_bytes graph; /* its message */
    span_bytes outputs[ONNX_MAX_ENDS];
    int output_count;
    int64_t opset;
} onnx_file;

/* Reads the messages; f->nodes and f->tensors are freed by the caller, also after a failure. */
ANEW_NODISCARD anew_status onnx_parse(onnx_file *f, const uint8_t *data, size_t size);

const onnx_tensor *onnx_find_tensor(const onnx_file *f, span_bytes name);

/* The graph's first input that is no stored tensor. */
span_bytes onnx_picture(const onnx_file *f);

/* Whether the graph has an input of that name, the picture or another. */
bool onnx_is_input(const onnx_file *f, span_bytes name);

/* The tensor's values as a tensor of the checkpoint under another name. */
ANEW_NODISCARD anew_status onnx_add_tensor(const onnx_file *f, checkpoint *c,
                                           const onnx_tensor *tensor, const char *name);

/* Attributes of a node: the whole numbers of a list, -1 where there is none (of more than `most` the count is told,
 * and no more kept); a number, a real, a text, or the fallback. */
int onnx_integers(const onnx_node *node, const char *name, int64_t *values, int most);
int64_t onnx_integer(const onnx_node *node, const char *name, int64_t fallback);
float onnx_real(const onnx_node *node, const char *name, float fallback);
span_bytes onnx_text(const onnx_node *node, const char *name, const char *fallback);
/* A tensor, such as a Constant's; false where there is none that can be read. */
bool onnx_constant(onnx_tensor *tensor, const onnx_node *node, const char *name);

/* Up to `most` values of a small float tensor; how many there are, or -1. */
int onnx_floats(const onnx_tensor *tensor, float *values, int most);

/* Up to `most` values of a small tensor of whole numbers; how many there are, or -1. */
int onnx_wholes(const onnx_tensor *tensor, int64_t *values, int most);

/* Of the picture: its type (TensorProto.DataType) and its sides as far as they are fixed, else 0; the rank. */
int onnx_picture_shape(const onnx_file *f, int64_t dims[4], int64_t *type);

/* The graph as it is, operation by operation (onnx_nodes.c). */
ANEW_NODISCARD anew_status onnx_nodes(onnx_file *f, checkpoint *c, const nodes_options *options);

/* ---- following a network (onnx_walk.c) --------------------------------------------------------------- */

/* Errors are sticky: after the first one every call does nothing. */
typedef struct onnx_walk {
    onnx_file *f;
    checkpoint *c;
    const char *network;
    anew_status status;
} onnx_walk;

typedef struct onnx_conv {
    int64_t channels, kernel, stride; /* channels 0: any; stride 0: 1 */
    bool depthwise;
} onnx_conv;

/* Values are named by the texts of the file. Each call finds the node that does this to the value and gives its
 * result; the convolution's tensors go into the checkpoint as NAME.weight and NAME.bias. */
span_bytes walk_conv(onnx_walk *w, span_bytes from, onnx_conv conv, const char *format, ...)
    ANEW_PRINTF(4, 5);
span_bytes walk_relu(onnx_walk *w, span_bytes from);
span_bytes walk_pool(onnx_walk *w, span_bytes from); /* the largest of 2x2 */
span_bytes walk_double(onnx_walk *w, span_bytes from);
span_bytes walk_add(onnx_walk *w, span_bytes a, span_bytes b);

/* From here to a result of the graph only the order of values changes, and a sigmoid is taken where `sigmoid`. */
void walk_to_result(onnx_walk *w, span_bytes from, bool sigmoid);

/* Whether a convolution like that reads the value. */
bool walk_sees_conv(const onnx_walk *w, span_bytes from, onnx_conv conv);

/* No convolution may be left over. */
void walk_finish(onnx_walk *w);

ANEW_NODISCARD anew_status onnx_yunet(onnx_file *f, checkpoint *c);
ANEW_NODISCARD anew_status onnx_scrfd(onnx_file *f, checkpoint *c);

#endif
