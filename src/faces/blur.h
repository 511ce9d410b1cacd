/* blur.h - a wide, smooth low-pass of one plane, whose cost does not grow with its width. */
#ifndef ANEW_FACES_BLUR_H
#define ANEW_FACES_BLUR_H

#include "core/status.h"

/* Blurs `plane` [height][width] in place by nearly a Gaussian of that standard deviation (in pixels; 0 does nothing).
 * Beyond the edges lies 0. */
ANEW_NODISCARD anew_status anew_blur(float *plane, int height, int width, double sigma,
                                     anew_error *error);

#endif
