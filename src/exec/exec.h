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

/* Memory that outlives one run: the arena and the workers' rows. Grows to the largest plan. */
typedef struct anew_executor anew_executor;

ANEW_NODISCARD anew_status anew_executor_create(anew_executor **executor, int threads,
                                                anew_error *error);
void anew_executor_free(anew_executor **executor);

/* Bytes that running the plan takes with so many threads; SIZE_MAX when not representable. */
size_t anew_execute_bytes(const anew_plan *plan, int threads);

/* Runs every step; `out` has the scaled size and is overwritten. Times go to `report` (may be NULL).
 * Only the growing of the executor's memory can fail. */
ANEW_NODISCARD anew_status anew_execute(anew_executor *executor, const anew_plan *plan,
                                        const anew_picture *in, const anew_picture *out,
                                        anew_report *report, anew_error *error);

/* Told each node's result by anew_execute_ref: [channels][height][width], valid during the call. */
typedef void (*anew_activation_function)(void *context, const anew_node *node, const float *values,
                                         int height, int width);

/* What the network means: every node of the graph by its definition, one after the other, in plain C
 * on planar tensors. `observe` may be NULL. */
ANEW_NODISCARD anew_status anew_execute_ref(const anew_graph *graph, anew_isa isa,
                                            const anew_picture *in, const anew_picture *out,
                                            anew_activation_function observe, void *context,
                                            anew_error *error);

#endif
