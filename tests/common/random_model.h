/* random_model.h - models of a few tensors with random numbers, for tests that build their own graphs. */
#ifndef ANEW_TESTS_RANDOM_MODEL_H
#define ANEW_TESTS_RANDOM_MODEL_H

#include "model/model.h"

typedef struct random_tensor {
    const char *name;
    int rank;
    int64_t dims[4];
} random_tensor;

/* From -1 to 1, the same ones in every run of a program. */
float random_number(void);

/* The tensors end with one without a name. Their numbers are up to `range`; where that is 0, tensors of two dimensions
 * and more are scaled by what they sum over, so that a deep network's values stay about as large as its input's. A list
 * of `nodes` makes it a recorded graph (docs/graphs.md), NULL the architecture "test". */
anew_model *random_model(const char *nodes, const random_tensor *tensors, float range);

#endif
