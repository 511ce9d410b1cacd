/* every_operation.h - a network that has every operation of ops.def, with random weights: 3 channels, x2. */
#ifndef ANEW_TESTS_EVERY_OPERATION_H
#define ANEW_TESTS_EVERY_OPERATION_H

#include "graph/graph.h"

ANEW_NODISCARD anew_status every_operation_model(anew_model **model, anew_error *error);

/* The model must outlive the graph. */
ANEW_NODISCARD anew_status every_operation_graph(anew_graph **graph, const anew_model *model,
                                                 anew_error *error);

#endif
