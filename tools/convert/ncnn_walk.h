/* ncnn_walk.h - what ncnn_nodes.c, which knows the layers, needs besides (ncnn_walk.c). */
#ifndef ANEW_CONVERT_NCNN_WALK_H
#define ANEW_CONVERT_NCNN_WALK_H

#include "ncnn.h"

/* What a ncnn_blob holds: a value of the network, or numbers of the file. */
typedef struct ncnn_blob {
    uint64_t hash;
    const char *name;
    int value; /* -1: numbers */
    const float *numbers;
    int64_t count;
    bool read;
} ncnn_blob;

typedef struct ncnn_walk {
    ncnn_file *f;
    node_list n;
    ncnn_blob *blobs;
    int count;
    const ncnn_layer *layer;
    float *weights, *bias; /* of the layer */
    float *stored[64];     /* MemoryData */
    int stored_count;
} ncnn_walk;

/* The layer does something that is not known: `what` of it. */
void ncnn_unknown(ncnn_walk *w, const char *what);

/* Parameter `key` of the layer; the whole number that it is, or a refusal. */
double ncnn_value_or(const ncnn_walk *w, int key, double absent);
int64_t ncnn_whole_or(ncnn_walk *w, int key, double absent);

/* The blob of input k; NULL and a refusal where there is none. The value that it is. */
ncnn_blob *ncnn_input(ncnn_walk *w, int k);
int ncnn_value(ncnn_walk *w, int k);

/* Output k of the layer. */
void ncnn_give(ncnn_walk *w, int k, ncnn_blob b);
void ncnn_give_value(ncnn_walk *w, int k, int id);

/* `count` reals of the .bin; with a tag of their kind before them where `tagged`. To be freed. */
float *ncnn_numbers(ncnn_walk *w, int64_t count, bool tagged, bool *half);

/* ncnn_functions.c: false where the layer is none of its. */
bool ncnn_function(ncnn_walk *w);

#endif
