/* tiny_detector.h - a RetinaFace of a few channels with random weights, for tests that need no published ones. */
#ifndef ANEW_TESTS_TINY_DETECTOR_H
#define ANEW_TESTS_TINY_DETECTOR_H

#include "model/model.h"

/* With MobileNet or ResNet behind it; `bias` is added to the score of a face, so that many or none are found. */
ANEW_NODISCARD anew_status tiny_detector_model(anew_model **model, bool mobile, float bias,
                                               anew_error *error);

#endif
