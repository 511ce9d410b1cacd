/* networks.h - networks opened, packed and run; a test of Check fails where one of these fails. */
#ifndef ANEW_TESTS_NETWORKS_H
#define ANEW_TESTS_NETWORKS_H

#include "common/npy.h"
#include "exec/exec.h"

/* A golden [1][channels][height][width] as a picture of the same memory. */
anew_picture picture_of(const npy *array);

void open_network(anew_model **model, anew_graph **graph, const char *path);

anew_weights *pack_weights(const anew_graph *graph, int isa, int selection);

/* By a plan and an executor of its own; both pictures must fit each other. */
void run_plan(const anew_picture *out, const anew_picture *in, const anew_weights *weights,
              int band, int level, int threads);

#endif
