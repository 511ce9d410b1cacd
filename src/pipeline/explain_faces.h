/* explain_faces.h - explain.h for detectors, and for networks that run on aligned faces. */
#ifndef ANEW_PIPELINE_EXPLAIN_FACES_H
#define ANEW_PIPELINE_EXPLAIN_FACES_H

#include "pipeline/explain.h"

/* Whether the model's network is none that restores whole pictures. */
bool anew_is_face_network(const anew_model *model);

/* A detector on a picture of this size, rounded up to what it takes; others on their own square. With several outputs
 * the size of the result is that of the first one. Takes the network's time once or twice. */
ANEW_NODISCARD anew_status anew_explain_faces(anew_explanation *e, const anew_model *model,
                                              int width, int height,
                                              const anew_enhance_options *options,
                                              anew_error *error);

#endif
