/*
 * match.h - what a restorer changed in a face's crop, brought into keeping with what lies around the face: its tones
 * without a cast, its grain no finer than the surroundings' grain.
 */
#ifndef ANEW_FACES_MATCH_H
#define ANEW_FACES_MATCH_H

#include "image/planes.h"

typedef struct anew_match_options {
    float
        colour; /* 0 .. 1: how much of what changed over distances of more than a tenth of the crop (a cast, another
                   * exposure) is left out */
    float
        noise; /* 0 .. 1: how much of the grain that was lost, up to the surroundings', is given back */
    double
        pixel; /* crop pixels to a pixel of the picture that the crop was taken from; grain is that large */
} anew_match_options;

/* difference = restored - crop, then matched. All have 3 channels (RGB, 0 .. 1) and one size, `mask` 1 channel of that
 * size: 1 where the face is. Where nothing was changed the difference is exactly 0; what is not finite counts as
 * unchanged. `difference` is already created; it is none of the others. */
ANEW_NODISCARD anew_status anew_face_difference(anew_planes *difference,
                                                const anew_planes *restored,
                                                const anew_planes *crop, const anew_planes *mask,
                                                const anew_match_options *options,
                                                anew_error *error);

/* Standard deviation of the grain of one plane where low <= mask <= high, in the plane's units, by differences over
 * `step` pixels that leave out slopes and most edges; 0 where there are too few pixels. */
double anew_grain(const float *plane, const anew_planes *mask, float low, float high, int step);

#endif
