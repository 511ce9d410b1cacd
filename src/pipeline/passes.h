/*
 * passes.h - several passes over a picture in one run, such as: restore it at its own size, then enlarge it, and
 * where the enlargement is more than the network's own, enlarge it again.
 *
 *     picture -> pass -> float rows -> pass -> ... -> result
 *
 * Between passes samples stay floats (0 .. 1, as every result), so that the chain gives what the same runs, chained
 * through pictures of floats, give; and rows are handed on as they come (pull.h), so that no picture between passes is
 * in memory whole (but those with alpha, and where memory is so short that strips are needed).
 */
#ifndef ANEW_PIPELINE_PASSES_H
#define ANEW_PIPELINE_PASSES_H

#include "pipeline/enhance.h"

#define ANEW_MOST_PASSES 8

typedef struct anew_pass {
    const anew_model *model; /* NULL: resampling alone */
    double strength;         /* 0 .. 1: share of what the network does; 0: resampling alone */
    int width, height;       /* of its result */
} anew_pass;

/* What is wanted of one picture. */
typedef struct anew_pass_wish {
    const anew_model *upscale;
    double strength;           /* of each enlarging pass: 0 .. 1 */
    const anew_model *restore; /* NULL: no such pass */
    double restore_strength;   /* 0 .. 1 */
    bool upscale_first;        /* restore at the result's size */
    double shrink_first; /* the picture was enlarged by this before: undone first; 0 and 1: no */
    int most;            /* enlarging passes; 0: as many as the enlargement needs */
} anew_pass_wish;

typedef struct anew_pass_list {
    anew_pass passes[ANEW_MOST_PASSES];
    int count;
} anew_pass_list;

/* The passes from one size to the other. None enlarges by more than the model's own scale where that is above 1: an
 * enlargement by 8 with a model of 4 is one by 4 and one by 2. */
ANEW_NODISCARD anew_status anew_passes_plan(anew_pass_list *list, const anew_pass_wish *wish,
                                            int in_width, int in_height, int out_width,
                                            int out_height, anew_error *error);

/* Runs them. Size and scale in the options are not looked at, depth is the result's, and the memory is for all passes
 * together: it is shared out by their widths, since they run side by side. `report` (may be NULL) is the sum, with
 * each pass's steps; progress counts the work of all passes. */
ANEW_NODISCARD anew_status anew_passes_rows(const anew_row_sink *sink,
                                            const anew_row_source *source, const anew_image *shape,
                                            const anew_pass_list *list,
                                            const anew_enhance_options *options,
                                            anew_report *report, anew_error *error);

/* The options that pass `index` of them is run with. */
ANEW_NODISCARD anew_status anew_pass_options(anew_enhance_options *of_pass,
                                             const anew_pass_list *list, int index,
                                             const anew_image *shape,
                                             const anew_enhance_options *options,
                                             anew_error *error);

#endif
