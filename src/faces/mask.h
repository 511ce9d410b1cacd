/*
 * mask.h - where in its aligned crop a face is: 1 inside, falling smoothly to 0 within `feather` crop pixels, and 0 at
 * the crop's border, so that no seam can show. From the map of a parsing network, or from the landmarks alone.
 */
#ifndef ANEW_FACES_MASK_H
#define ANEW_FACES_MASK_H

#include "faces/similarity.h"
#include "image/planes.h"
#include "kernels/kernels.h"

/* Width of the fall in crop pixels, from that in pixels of the picture that is pasted into; `to_crop` carries its pixels
 * to those of a crop of size x size. 0 pixels: a sixteenth of the crop, but at least 4 pixels of that picture (a
 * sixteenth of a small face is a hard edge). At most a quarter of the crop. */
double anew_mask_feather(double pixels, const anew_affine *to_crop, int size);

/* From the landmarks in the crop: a rounded shape from the forehead to the chin. Fills the mask (already
 * created: 1 channel, the crop's size). */
void anew_mask_from_landmarks(anew_planes *mask, const anew_point landmarks[ANEW_LANDMARKS],
                              double feather);

/* From the class of each pixel of the crop, in a map of any size. weights[class] is 1 for what belongs to the face and 0
 * for the rest: networks number their classes differently. */
ANEW_NODISCARD anew_status anew_mask_from_classes(anew_planes *mask, const uint8_t *classes,
                                                  int height, int width, const float weights[256],
                                                  double feather, const anew_row_kernels *kernels,
                                                  anew_error *error);

#endif
