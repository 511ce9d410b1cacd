/* smooth.h - a Gaussian over planes, edges replicated. */
#ifndef ANEW_FINISH_SMOOTH_H
#define ANEW_FINISH_SMOOTH_H

#include "finish/finish.h"

/* Taps of a Gaussian, centre first, of a sum of 1 with both sides: weights[0 .. *radius]. *radius is 3 sigma, at most
 * ANEW_SMOOTH_RADIUS. */
#define ANEW_SMOOTH_RADIUS 24
void anew_gaussian(float weights[ANEW_SMOOTH_RADIUS + 1], int *radius, double sigma);

/* Every plane in place. */
ANEW_NODISCARD anew_status anew_smooth_planes(anew_planes *planes, double sigma, int threads,
                                              anew_error *error);

#endif
