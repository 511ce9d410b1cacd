/*
 * prepare.h - a model's network, its kernels chosen and its weights packed: made once for each kind of
 * choice, kept with the model, shared by all its runs; private to src/pipeline/.
 */
#ifndef ANEW_PIPELINE_PREPARE_H
#define ANEW_PIPELINE_PREPARE_H

#include "plan/plan.h"

typedef struct anew_prepared {
    anew_graph *graph;
    anew_weights *weights;
    bool owned; /* by the caller: the model keeps the same for another CPU level */
} anew_prepared;

/* Weights packed and ready; released with anew_prepared_release. */
ANEW_NODISCARD anew_status anew_prepare(anew_prepared **prepared, const anew_model *model,
                                        anew_isa isa, anew_selection selection, anew_error *error);
void anew_prepared_release(anew_prepared **prepared);

/* The choice of kernels for a picture of this width. It must not depend on the memory budget, or the
 * same picture would come out differently on another machine: see prepare.c. */
ANEW_NODISCARD anew_status anew_selection_for(anew_selection *selection, const anew_model *model,
                                              anew_isa isa, anew_precision precision, int width,
                                              anew_error *error);

#endif
