/* exec_rows.h - what the row functions of the CPU executor share; private to src/exec/. */
#ifndef ANEW_EXEC_EXEC_ROWS_H
#define ANEW_EXEC_EXEC_ROWS_H

#include <string.h>

#include "exec/exec.h"

/* One step of one run, as its workers see it. */
typedef struct anew_run {
    const anew_plan *plan;
    const anew_step *step;
    const anew_row_kernels *rows;
    const anew_picture *in, *out;
    float *arena;
    const float *zeros; /* one row of a block, border included */
    float *scratch;     /* [workers][scratch_floats] */
    size_t scratch_floats;
    float **pointers; /* [workers][scratch_pointers] */
    size_t scratch_pointers;
} anew_run;

/* Pixel 0 of row y of a block of a value. */
static inline float *anew_value_row(const anew_run *run, int value, int block, int y)
{
    const anew_value *v = &run->plan->values[value];
    return run->arena + v->offset +
           ((size_t)y * (size_t)v->blocks + (size_t)block) * v->row_floats +
           (size_t)v->border * ANEW_BLOCK;
}

/* Zeros left of pixel 0 and right of the last one. */
static inline void anew_clear_borders(float *row, int width, int border)
{
    const size_t bytes = (size_t)border * ANEW_BLOCK * sizeof(float);
    memset(row - (size_t)border * ANEW_BLOCK, 0, bytes);
    memset(row + (size_t)width * ANEW_BLOCK, 0, bytes);
}

/* Range functions for anew_parallel_for over the rows of run->step; context is an anew_run. */
void anew_convolve_rows(void *context, int first, int last, int worker);
void anew_rearrange_rows(void *context, int first, int last, int worker); /* all but CONV */

/* For the report: the layers that a step computes, and its kernel. */
void anew_step_describe(char *name, size_t name_bytes, char *kernel, size_t kernel_bytes,
                        const anew_plan *plan, const anew_step *step);

#endif
