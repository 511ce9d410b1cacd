/*
 * strips.h - runs a network over a picture by strips and bands, from integer pixels to integer pixels;
 * private to src/pipeline/.
 */
#ifndef ANEW_PIPELINE_STRIPS_H
#define ANEW_PIPELINE_STRIPS_H

#include "pipeline/enhance.h"
#include "pipeline/layout.h"

typedef struct anew_strip_job {
    const anew_image *in; /* the picture; with next_row its size and kind, and some of its rows */
    /* Where the picture is not in memory whole: gives its rows from the top. `in` then holds `kept` rows,
     * row y in row y % kept. Only without strips and without alpha. */
    anew_status (*next_row)(void *source, void *pixels, anew_error *error);
    void *source;
    int kept;
    anew_image *out; /* created; its colour channels are written */
    /* Where the result is not kept whole: `out` then holds only some rows, each portion of which goes
     * here, from the top. Only without strips. */
    anew_status (*rows)(void *context, const anew_image *part, anew_error *error);
    void *context;
    const anew_geometry *geometry;
    const anew_layout *layout;
    const anew_weights *weights; /* packed */
    const anew_row_kernels *kernels;
    int threads;
    const anew_enhance_options *options; /* plan, progress */
} anew_strip_job;

/* A picture whose sides are no multiples of the network's alignment is continued at the right and
 * bottom by reflection or by its edge, and the surplus cut. */
ANEW_NODISCARD anew_status anew_run_strips(const anew_strip_job *job, anew_report *report,
                                           anew_error *error);

#endif
