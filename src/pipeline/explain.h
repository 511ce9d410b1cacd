/*
 * explain.h - how a model would be run on a picture of a given size: for `anew explain` and for programs
 * that ask before they start.
 */
#ifndef ANEW_PIPELINE_EXPLAIN_H
#define ANEW_PIPELINE_EXPLAIN_H

#include "pipeline/enhance.h"
#include "plan/plan.h"

/* Shapes are those of the values as they are stored, for the widest strip. */
typedef struct anew_explained_step {
    char name[96];   /* layer names of what the step computes */
    char kernel[48]; /* as in kernels/ */
    char then[96]; /* what is done to each sum before it is stored: "prelu, * 0.2, + conv_first" */
    int in_channels, in_height, in_width;
    /* How the step looks at what it reads: each pixel as a square of so many, or a square of so many as
     * channels of one pixel; 1: as it is. */
    int enlarge, unshuffle;
    int out_channels, out_height, out_width;
    int rows_kept; /* of the result, at a time */
    size_t bytes_kept;
    double flops; /* for the widest strip */
    int field;    /* side of the square of input pixels that a pixel of the result depends on */
} anew_explained_step;

typedef struct anew_explanation {
    int width, height, out_width, out_height;
    int threads;
    const char *cpu;
    int strips, band, bands; /* bands of one strip */
    int radius, halo;        /* input pixels: of the network; with these kernels */
    int field;               /* of an output pixel, as above */
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

/* Only the steps of a plan and the field. */
ANEW_NODISCARD anew_status anew_explain_steps(anew_explanation *e, const anew_plan *plan,
                                              anew_error *error);
void anew_explanation_free(anew_explanation *e);

#endif
