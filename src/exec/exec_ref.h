/* exec_ref.h - what the files of the reference executor share; private to src/exec/. */
#ifndef ANEW_EXEC_EXEC_REF_H
#define ANEW_EXEC_EXEC_REF_H

#include "exec/exec.h"

typedef struct anew_ref_tensor {
    float *values; /* [channels][height][width] */
    int channels, height, width;
} anew_ref_tensor;

/* A copy with `before` more rows and columns above and left and `after` below and right: by what the
 * edge says. Its values are freed by the caller. */
ANEW_NODISCARD anew_status anew_ref_pad(anew_ref_tensor *to, const anew_ref_tensor *from,
                                        int before, int after, anew_edge edge, anew_error *error);

/* out = a + b or a * b, b a single pixel. */
void anew_ref_spread(anew_ref_tensor *out, const anew_ref_tensor *a, const anew_ref_tensor *b,
                     bool add);

/* Over a window, and over the channels of each pixel. */
void anew_ref_max_pool(anew_ref_tensor *out, const anew_ref_tensor *in, const anew_node *node);
ANEW_NODISCARD anew_status anew_ref_normalise(anew_ref_tensor *out, const anew_ref_tensor *in,
                                              const anew_node *node, anew_error *error);
void anew_ref_softmax(anew_ref_tensor *out, const anew_ref_tensor *in, anew_isa isa);

/* Attention in windows (exec_ref_windows.c). */
ANEW_NODISCARD anew_status anew_ref_windows(anew_ref_tensor *out, const anew_ref_tensor *in,
                                            const anew_node *node, anew_isa isa, anew_error *error);

/* The operations on whole values, and those that restoration networks need beside them. */
ANEW_NODISCARD anew_status anew_ref_restore(const anew_node *node, anew_ref_tensor *out,
                                            anew_ref_tensor *const *in, anew_isa isa,
                                            anew_error *error);

#endif
