/* whole_operations.h - a network of one size that has the operations on whole values, and those that restoration
 * networks need beside them, with random weights: 3 channels in and out, the picture's size. */
#ifndef ANEW_TESTS_WHOLE_OPERATIONS_H
#define ANEW_TESTS_WHOLE_OPERATIONS_H

#include "graph/graph.h"

#define WHOLE_SIDE 20

ANEW_NODISCARD anew_status whole_operations_model(anew_model **model, anew_error *error);

/* Of the same model, those that need no whole value: for pictures of any even size, and in bands. */
ANEW_NODISCARD anew_status banded_operations_graph(anew_graph **graph, const anew_model *model,
                                                   anew_error *error);

/* The model must outlive the graph. A seed above 0 draws the noise. */
ANEW_NODISCARD anew_status whole_operations_graph(anew_graph **graph, const anew_model *model,
                                                  int seed, anew_error *error);

#endif
