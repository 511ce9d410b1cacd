/*
 * guard.h - is it still the same person: how far a restorer moved the landmarks, and how it coloured the eyes; and how
 * much of its change may stay, so that both keep to a limit.
 */
#ifndef ANEW_FACES_GUARD_H
#define ANEW_FACES_GUARD_H

#include "faces/similarity.h"
#include "image/planes.h"

typedef struct anew_guard_limits {
    double displacement, eye_colour; /* as measured below */
} anew_guard_limits;

typedef struct anew_guard {
    double
        displacement; /* the largest way of a landmark, in distances of the eyes; infinite where the face is not
                          * found again */
    double
        eye_colour; /* the larger change of the two eyes' mean chroma: the length of (Cb, Cr), which run from -0.5
                          * to 0.5 (BT.601) */
    double
        share; /* 0 .. 1: of the change that keeps to the limits; a factor for the paste's strength */
} anew_guard;

/* `before` and `after`: what one detector finds in the crop and in the restored crop, in crop pixels; `after` NULL where
 * it finds no face. `crop` and `restored` (3 channels, RGB): the latter as it will be pasted, that is with casts already
 * left out. Colour is measured around the eyes of `before`. Fails where sizes differ or the eyes coincide. */
ANEW_NODISCARD anew_status anew_guard_measure(anew_guard *guard,
                                              const anew_point before[ANEW_LANDMARKS],
                                              const anew_point *after, const anew_planes *crop,
                                              const anew_planes *restored,
                                              const anew_guard_limits *limits, anew_error *error);

#endif
