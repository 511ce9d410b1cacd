/*
 * explain.h - how a model would be run on a picture of a given size: for `anew explain` and for programs
 * that ask before they start.
 */
#ifndef ANEW_PIPELINE_EXPLAIN_H
#define ANEW_PIPELINE_EXPLAIN_H

#include "pipeline/enhance.h"

typedef struct anew_explained_step {
    char name[96];   /* layer names of what the step computes */
    char kernel[48]; /* as in kernels/ */
    int in_channels, out_channels;
    int height, width; /* of the result, for the widest strip */
    int rows_kept;     /* of the result, at a time */
    size_t bytes_kept;
    double flops; /* for the widest strip */
    double reach; /* receptive radius from the picture to here, input pixels */
} anew_explained_step;

typedef struct anew_explanation {
    int width, height, out_width, out_height;
    int threads;
    const char *cpu;
    int strips, band, bands; /* bands of one strip */
    int radius, halo;        /* input pixels: of the network; with these kernels */
    double recomputed;       /* columns computed twice / columns of the picture */
    size_t bytes, activation_bytes, weight_bytes, budget_bytes;
    double flops;               /* of the whole picture, with what is computed twice */
    double seconds;             /* expected, from a trial of this network on this machine */
    anew_explained_step *steps; /* owned */
    int step_count;
} anew_explanation;

/* `trial`: run the network on a small piece to expect a time; without it seconds is 0. */
ANEW_NODISCARD anew_status anew_explain(anew_explanation *e, const anew_model *model, int width,
                                        int height, const anew_enhance_options *options, bool trial,
                                        anew_error *error);
void anew_explanation_free(anew_explanation *e);

#endif
