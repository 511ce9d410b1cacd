/*
 * face_network.h - a network that is run on one aligned face after the other: its kernels, packed weights and plan for
 * one square, made once. Restorers and parsers are such.
 */
#ifndef ANEW_FACES_FACE_NETWORK_H
#define ANEW_FACES_FACE_NETWORK_H

#include "exec/engine.h"
#include "exec/exec.h"

typedef struct anew_face_network_options {
    anew_precision precision;
    const char *cpu; /* name of the highest CPU level to use, or NULL; borrowed during the call */
    int threads;     /* 0: all that the process may use */
    size_t memory;   /* bytes that the network may take; 0: a share of the machine's */
    size_t taken;    /* ... of which so many are in use by others */
    const anew_engine *engine; /* that runs it; NULL: this CPU. Borrowed while the network lives */
} anew_face_network_options;

/* Used by one thread at a time. */
typedef struct anew_face_network {
    const anew_model *model;
    anew_graph *graph;
    anew_weights *weights;
    anew_plan *plan; /* NULL, like the next one, where an engine has its own */
    anew_executor *executor;
    const anew_engine *engine; /* or NULL */
    anew_precision precision;
    anew_isa isa;
    int threads;
    int side; /* of the square that it takes; set by prepare */
    int height, width;
    size_t bytes; /* that it takes, weights included */
} anew_face_network;

/* The graph, with the network's wishes (anew_net_graph_with); enough for looking at it. The model must stay open. Freed
 * by anew_face_network_free, also after a failure. */
ANEW_NODISCARD anew_status anew_face_network_create(anew_face_network *network,
                                                    const anew_model *model, anew_options wishes,
                                                    const anew_face_network_options *options,
                                                    anew_error *error);

/* Makes it ready for squares of that side, in bands of so many rows (0: in one). Fails where it does not fit into the
 * memory: the message says that `purpose` takes it. */
ANEW_NODISCARD anew_status anew_face_network_prepare(anew_face_network *network, int side, int band,
                                                     const char *purpose,
                                                     const anew_face_network_options *options,
                                                     anew_error *error);

/* The same for pictures of another shape. */
ANEW_NODISCARD anew_status anew_face_network_prepare_size(anew_face_network *network, int height,
                                                          int width, int band, const char *purpose,
                                                          const anew_face_network_options *options,
                                                          anew_error *error);

/* Runs it on one picture of that size; `out` has the result's. Samples are the network's own. */
ANEW_NODISCARD anew_status anew_face_network_run(anew_face_network *network, const anew_picture *in,
                                                 const anew_picture *out, anew_error *error);

/* The same from and to a stream, as anew_execute. */
ANEW_NODISCARD anew_status anew_face_network_stream(anew_face_network *network,
                                                    const anew_stream *stream, anew_error *error);
void anew_face_network_free(anew_face_network *network);

#endif
