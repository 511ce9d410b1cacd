/* detector.h - what the program may set of a detector beside what anew.h offers. */
#ifndef ANEW_FACES_DETECTOR_H
#define ANEW_FACES_DETECTOR_H

#include "exec/engine.h"

#include "anew.h"

/* A lower CPU level (kernels/kernels.h), or NULL; borrowed. And the way of running the network, for tests. */
void anew_detector_set_cpu(anew_detector *detector, const char *level);
void anew_detector_set_plan(anew_detector *detector, anew_plan_level plan);

/* Runs the network; NULL: this CPU. It is borrowed. A picture for which the engine's memory is too small is looked at by the
 * CPU, in bands, with the bits of the exact class, as is one of the reference plan. */
void anew_detector_set_engine(anew_detector *detector, const anew_engine *engine);

/* Rows of the picture in one band; 0: chosen. The result is the same. */
void anew_detector_set_band(anew_detector *detector, int rows);

/* The score that a face must exceed, set or the network's own. */
double anew_detector_confidence(const anew_detector *detector);

/* As anew_detector_find, and behind those faces others whose scores are above `doubtful` only. */
ANEW_NODISCARD anew_status anew_detector_find_doubtful(anew_detector *detector, anew_face **faces,
                                                       int *count, const anew_pixels *picture,
                                                       double doubtful, anew_error *error);

/* What looking at a picture of this size takes, weights included, where the memory does not ask for less. */
ANEW_NODISCARD anew_status anew_detector_bytes(size_t *bytes, anew_detector *detector, int width,
                                               int height, anew_error *error);

/* The place of the model's network among the detectors, the best first; -1: it is none. */
int anew_detector_rank(const anew_model *model);

#endif
