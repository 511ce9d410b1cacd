/* every_convolution.h - a network of convolutions of every shape, with random weights: 3 channels, x2. */
#ifndef ANEW_TESTS_EVERY_CONVOLUTION_H
#define ANEW_TESTS_EVERY_CONVOLUTION_H

#include "graph/graph.h"

ANEW_NODISCARD anew_status every_convolution_model(anew_model **model, anew_error *error);

/* The model must outlive the graph. */
ANEW_NODISCARD anew_status every_convolution_graph(anew_graph **graph, const anew_model *model,
                                                   anew_error *error);

#endif
