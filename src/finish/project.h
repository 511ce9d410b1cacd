/*
 * project.h - a result held to its input: downscaled to the input's size, it shall be the input.
 *
 * Downscaling and its way back are cubic (Keys 1981), the former with the anti-alias that resize.h has. Where a side of
 * the result is shorter than the input's, both are compared at the result's length of it.
 */
#ifndef ANEW_FINISH_PROJECT_H
#define ANEW_FINISH_PROJECT_H

#include "finish/finish.h"

/* The input at the size at which it is compared with the result; stays empty where that is its own. */
ANEW_NODISCARD anew_status anew_projection_grid(anew_planes *grid, const anew_planes *input,
                                                const anew_image *result,
                                                const anew_finish_machine *machine,
                                                anew_error *error);

/* Iterative back-projection (Irani and Peleg, "Improving resolution by image registration", 1991): what the downscaled
 * result lacks of the input is enlarged and added, until both agree by `decibels` or nothing is gained any more. */
ANEW_NODISCARD anew_status anew_back_project(anew_image *result, anew_finish_report *report,
                                             const anew_planes *wanted, double decibels, int depth,
                                             const anew_finish_machine *machine, anew_error *error);

/* Takes over a share of the input's low frequencies: the same difference, smoothed by a Gaussian of
 * ANEW_LOCK_SIGMA pixels of the input before it is added. Detail stays; casts and shifted tones go. */
ANEW_NODISCARD anew_status anew_colour_lock(anew_image *result, const anew_planes *wanted,
                                            double share, const anew_finish_machine *machine,
                                            anew_error *error);

#define ANEW_LOCK_SIGMA 4.0

/* Adds a share of planes, enlarged to the result's size, to it, within 0 .. 1. */
ANEW_NODISCARD anew_status anew_add_enlarged(anew_image *result, const anew_planes *planes,
                                             double share, const anew_finish_machine *machine,
                                             anew_error *error);

#endif
