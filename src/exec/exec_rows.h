/* exec_rows.h - what the row functions of the CPU executor share; private to src/exec/. */
#ifndef ANEW_EXEC_EXEC_ROWS_H
#define ANEW_EXEC_EXEC_ROWS_H

#include <string.h>

#include "exec/exec.h"
#include "kernels/whole.h"
#include "kernels/windows.h"

/* One step of one run, as its workers see it. */
typedef struct anew_run {
    const anew_plan *plan;
    const anew_step *step;
    int first,
        last;  /* rows of the step in this band; first begins a group (anew_step_group_first) */
    int parts; /* into which the pixels of a group of rows are shared out */
    const anew_row_kernels *rows;
    float *input;               /* [channels][plan->input_rows][plan->width] */
    float *outputs;             /* of all outputs */
    const anew_plan_output *to; /* the one that this step writes, or NULL */
    int output_first;           /* its row that this band begins with */
    float *arena;
    const size_t *held; /* anew_row_map */
    const float *zeros; /* one row of a block, border included */
    float *scratch;     /* [workers][scratch_floats] */
    size_t scratch_floats;
    float **pointers; /* [workers][scratch_pointers] */
    size_t scratch_pointers;
    const anew_whole_kernels *wholes;
    float *whole; /* [plan->whole_floats], shared by the workers */
} anew_run;

/* Where row y of a value lies: of block b from arena[held[b]] on, border first; pixel 0 is `inside` floats further. */
typedef struct anew_row_place {
    const size_t *held; /* [blocks] */
    size_t inside;
} anew_row_place;

static inline anew_row_place anew_row_place_of(const anew_run *run, int value, int y)
{
    const anew_value *v = &run->plan->values[value];
    size_t inside = 0;
    if (v->source >= 0) { /* a window */
        inside = (size_t)v->shift * ANEW_BLOCK;
        y += v->shift;
        v = &run->plan->values[v->source];
    }
    return (anew_row_place){run->held + v->first_held + (size_t)(y % v->rows) * (size_t)v->blocks,
                            inside + (size_t)v->border * ANEW_BLOCK};
}

/* From a row's place to the next row's: without the division. */
static inline void anew_row_place_next(const anew_run *run, int value, anew_row_place *place)
{
    const anew_value *v = &run->plan->values[value];
    if (v->source >= 0)
        v = &run->plan->values[v->source];
    const size_t *begin = run->held + v->first_held;
    place->held += v->blocks;
    if (place->held == begin + (size_t)v->rows * (size_t)v->blocks)
        place->held = begin;
}

/* Pixel 0 of row y of a block of a value. */
static inline float *anew_value_row(const anew_run *run, int value, int block, int y)
{
    const anew_row_place place = anew_row_place_of(run, value, y);
    return run->arena + place.held[block] + place.inside;
}

/* Row y of plane c of the picture. */
static inline float *anew_input_row(const anew_run *run, int c, int y)
{
    const size_t rows = (size_t)run->plan->input_rows;
    return run->input + ((size_t)c * rows + (size_t)y % rows) * (size_t)run->plan->width;
}

/* Row y of plane c of the step's output: [channels][rows][width] from row output_first on. */
static inline float *anew_output_row(const anew_run *run, int c, int y)
{
    return run->outputs + run->to->offset +
           ((size_t)c * (size_t)run->to->rows + (size_t)(y - run->output_first)) *
               (size_t)run->to->width;
}

/* Zeros left of pixel 0 and right of the last one. */
static inline void anew_clear_borders(float *row, int width, int border)
{
    const size_t bytes = (size_t)border * ANEW_BLOCK * sizeof(float);
    memset(row - (size_t)border * ANEW_BLOCK, 0, bytes);
    memset(row + (size_t)width * ANEW_BLOCK, 0, bytes);
}

/* Range functions for anew_parallel_for; context is an anew_run. Indices count groups of step->unit rows
 * from the band's first group on, each as many times as it has parts. */
void anew_convolve_rows(void *context, int first, int last, int worker);

/* Whether the pixels of a row can be shared out, and into how many parts at most: not where a worker makes
 * rows of its own or writes the planar output. */
int anew_convolve_parts(const anew_step *step);

/* The step's group of operations on single values, on pixels x0 .. x1 - 1 of its row y; rows[blocks] are
 * the destination's, `scratch` has step->tail_rows rows of ANEW_TAIL_PIECE pixels of one block. */
void anew_run_tail(const anew_run *run, float *const *rows, float *scratch, int y, int x0, int x1);

/* Whether the group is one operation on whole rows, which needs no scratch. */
bool anew_tail_is_single(const anew_step *step);

void anew_rearrange_rows(void *context, int first, int last, int worker); /* all but CONV */

/* The same for ANEW_STEP_WINDOWS: groups are rows of windows, parts are runs of windows. */
void anew_window_rows(void *context, int first, int last, int worker);
int anew_window_parts(const anew_run *run);

/* Pointers to row y of all blocks of a value. */
static inline void anew_block_rows(const anew_run *run, float **rows, int value, int y)
{
    const anew_row_place place = anew_row_place_of(run, value, y);
    for (int b = 0; b < run->plan->values[value].blocks; b++)
        rows[b] = run->arena + place.held[b] + place.inside;
}

/* Row y of a block of a value that bilinear interpolation brings to height x width; `scratch` has room for a row of the
 * value, and for twice `width` numbers: where the columns lie, which is found unless they are `placed` there. */
void anew_bilinear_row_of(const anew_run *run, float *destination, const anew_operand *operand,
                          int block, int y, int height, int width, float *scratch, bool placed);

/* One row of a step of one of the kinds from ANEW_STEP_TAIL to ANEW_STEP_DEMODULATION, before its tail; scratch and
 * pointers are the worker's. `again`: what the row before left in the scratch is still there. */
void anew_restore_row(const anew_run *run, int y, float *scratch, float **pointers, bool again);

/* All of a step that reads whole values (anew_step_is_whole). */
void anew_run_whole(anew_run *run, int threads);

#endif
