/*
 * ncnn.h - what the three parts of the ncnn reader share: ncnn_param.c reads the text, ncnn_graph.c
 * recognises the network in it and names the layers, ncnn.c reads the weights.
 */
#ifndef ANEW_CONVERT_NCNN_H
#define ANEW_CONVERT_NCNN_H

#include <string.h>

#include "checkpoint.h"
#include "nodes.h"

#define NCNN_MAX_LAYERS 4096
#define NCNN_MAX_WORD   96
#define NCNN_MAX_BLOBS  8  /* inputs or outputs of a layer that are kept */
#define NCNN_MAX_VALUES 32 /* parameters 0 .. 31 */

typedef struct ncnn_layer {
    char type[NCNN_MAX_WORD], label[NCNN_MAX_WORD]; /* the label is the file's name of it */
    int input_count, output_count; /* what the file says; only NCNN_MAX_BLOBS of each are kept */
    char inputs[NCNN_MAX_BLOBS][NCNN_MAX_WORD], outputs[NCNN_MAX_BLOBS][NCNN_MAX_WORD];
    double values[NCNN_MAX_VALUES]; /* an array's first element */
    double second[NCNN_MAX_VALUES]; /* an array's second element */
    bool given[NCNN_MAX_VALUES];
    char name[64]; /* the tensor's name without its ending, given by ncnn_graph_name */
} ncnn_layer;

typedef struct ncnn_file {
    const char *path; /* of the .param */
    ncnn_layer *layers;
    int count;
    const uint8_t *bin;
    size_t bin_size, at;
    anew_error *error;
} ncnn_file;

static inline bool ncnn_is(const ncnn_layer *layer, const char *type)
{
    return strcmp(layer->type, type) == 0;
}

/* The layers of a .param; f->layers is freed by the caller, also after a failure. */
ANEW_NODISCARD anew_status ncnn_param_read(ncnn_file *f, const char *text, size_t size);

/* Names every layer that has weights, and notes in *c what the graph tells beyond the weights. A graph that
 * is not, operation for operation, that of a network that is known here is refused. */
ANEW_NODISCARD anew_status ncnn_graph_name(ncnn_file *f, checkpoint *c);

/* The tensors of the named layers out of f->bin, which must hold them and nothing more. */
ANEW_NODISCARD anew_status ncnn_weights_read(ncnn_file *f, checkpoint *c);

/* The graph as it is, operation by operation, with its weights out of f->bin (ncnn_nodes.c). */
ANEW_NODISCARD anew_status ncnn_nodes(ncnn_file *f, checkpoint *c, const nodes_options *options);

#endif
