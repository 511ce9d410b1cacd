/*
 * crop.h - the aligned crop of a face, from a decoded picture of any kind: only the face's surroundings are read.
 */
#ifndef ANEW_FACES_CROP_H
#define ANEW_FACES_CROP_H

#include "faces/warp.h"

/* Fills `crop` (already created: 3 channels, the crop's size; RGB, 0 .. 1) from a picture of 8 or 16 bits or f32, gray
 * (then all channels are equal) or colour; alpha is not looked at. `to_crop` carries pixels of this very picture to
 * those of the crop. */
ANEW_NODISCARD anew_status anew_face_crop(anew_planes *crop, const anew_image *picture,
                                          const anew_affine *to_crop,
                                          const anew_warp_options *options,
                                          const anew_row_kernels *kernels, int threads,
                                          anew_error *error);

#endif
