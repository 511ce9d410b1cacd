/*
 * exec.h - runs a plan, or the bare graph, on one picture.
 *
 * Pictures are planar f32: sample (c, y, x) at data[c * plane_stride + y * row_stride + x], so that a
 * tile of a larger picture is just another pointer.
 */
#ifndef ANEW_EXEC_EXEC_H
#define ANEW_EXEC_EXEC_H

#include "exec/report.h"
#include "plan/plan.h"

typedef struct anew_picture {
    float *data;
    int channels, height, width;
    size_t plane_stride, row_stride; /* in floats */
} anew_picture;

/* Where a run takes its picture from and brings its output to, row by row from the top, so that neither
 * needs to be in memory as floats. Called from the thread that called anew_execute. */
typedef struct anew_stream {
    void *context;
    /* Fills row y: planes[channels], each as wide as the plan. */
    anew_status (*fetch)(void *context, int y, float *const *planes, anew_error *error);
    /* Takes output rows y .. y + rows->height - 1; they are gone when it returns. */
    anew_status (*deliver)(void *context, int y, const anew_picture *rows, anew_error *error);
    /* Takes the same of one of several outputs instead, where the graph has them; else NULL. */
    anew_status (*deliver_part)(void *context, int output, int y, const anew_picture *rows,
                                anew_error *error);
} anew_stream;

/* Memory that outlives one run: the arena and the workers' rows. Grows to the largest plan. */
typedef struct anew_executor anew_executor;

ANEW_NODISCARD anew_status anew_executor_create(anew_executor **executor, int threads,
                                                anew_error *error);
void anew_executor_free(anew_executor **executor);

/* Bytes that running the plan takes with so many threads; SIZE_MAX when not representable. */
size_t anew_execute_bytes(const anew_plan *plan, int threads);

/* Takes the memory that the plan needs, so that running it allocates nothing. */
ANEW_NODISCARD anew_status anew_executor_reserve(anew_executor *executor, const anew_plan *plan,
                                                 anew_error *error);

/* For people: the layers that a step computes, and its kernel. */
void anew_step_describe(char *name, size_t name_bytes, char *kernel, size_t kernel_bytes,
                        const anew_plan *plan, const anew_step *step);

/* Channels that a step reads and makes, counted once. */
void anew_step_channels(int *in, int *out, const anew_plan *plan, const anew_step *step);

/* Bytes that so many rows of a step move at least: each row of what it reads once, each row of its result once, all of
 * them as they lie in memory (blocks of 16 channels, without borders), and its packed weights. Caches decide what of
 * it comes from memory, and kernels read rows more than once. */
double anew_step_bytes(const anew_plan *plan, const anew_step *step, int rows);

/* Runs every step, band by band. Times go to `report` (may be NULL). Reserves first; after that only
 * the stream's functions (and the report's first growing) can fail. */
ANEW_NODISCARD anew_status anew_execute(anew_executor *executor, const anew_plan *plan,
                                        const anew_stream *stream, anew_report *report,
                                        anew_error *error);

/* The same from and to whole pictures; `out` has the scaled size, and is an array where the graph has several
 * outputs. */
ANEW_NODISCARD anew_status anew_execute_picture(anew_executor *executor, const anew_plan *plan,
                                                const anew_picture *in, const anew_picture *out,
                                                anew_report *report, anew_error *error);

/* Told each node's result by anew_execute_ref: [channels][height][width], valid during the call. */
typedef void (*anew_activation_function)(void *context, const anew_node *node, const float *values,
                                         int height, int width);

/* What the network means: every node of the graph by its definition, one after the other, in plain C
 * on planar tensors. `out` as above; `observe` may be NULL. */
ANEW_NODISCARD anew_status anew_execute_ref(const anew_graph *graph, anew_isa isa,
                                            const anew_picture *in, const anew_picture *out,
                                            anew_activation_function observe, void *context,
                                            anew_error *error);

/* The same behind a stream; it takes memory for the whole picture, its enlargement and all tensors. */
ANEW_NODISCARD anew_status anew_execute_ref_stream(const anew_graph *graph, anew_isa isa,
                                                   int height, int width, const anew_stream *stream,
                                                   anew_report *report, anew_error *error);

#endif
