/*
 * reference_warp.h - the warp that the published tools use (OpenCV 4.6's warpAffine, bilinear): positions in steps of
 * 1/32 pixel, no low-pass where it shrinks. For comparison with them, sample by sample; see warp.h for anew's own.
 */
#ifndef ANEW_FACES_REFERENCE_WARP_H
#define ANEW_FACES_REFERENCE_WARP_H

#include "faces/similarity.h"

typedef enum anew_reference_sample {
    ANEW_REFERENCE_U8 = 0,
    ANEW_REFERENCE_U16,
    ANEW_REFERENCE_F32,
    ANEW_REFERENCE_F64
} anew_reference_sample;

/* Interleaved samples without gaps; owned by the caller. */
typedef struct anew_reference_picture {
    void *samples;
    anew_reference_sample kind;
    int width, height, channels; /* 1 .. 4 channels */
} anew_reference_picture;

/* Fills `to`, of the same kind and channels, through `forward`, which carries pixels of `from` to those of `to`. Beyond
 * the edges lies the colour `border` (one value for each channel, in the samples' units). */
ANEW_NODISCARD anew_status anew_reference_warp(const anew_reference_picture *to,
                                               const anew_reference_picture *from,
                                               const anew_affine *forward, const double *border,
                                               anew_error *error);

#endif
