/* every_step.h - a network whose plans, fused and not, have every kind of step: 3 channels, pictures of one size. */
#ifndef ANEW_TESTS_EVERY_STEP_H
#define ANEW_TESTS_EVERY_STEP_H

#include "graph/graph.h"

#define EVERY_STEP_SIDE 16

anew_model *every_step_model(void);

/* The model must outlive the graph. */
void every_step_graph(anew_graph **graph, const anew_model *model);

#endif
