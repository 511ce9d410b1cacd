/*
 * infill.h - parts of a picture made anew from what lies around them: Telea, "An image inpainting technique based on the
 * fast marching method", 2004.
 *
 * From its border inwards, in the order of the distance from it, each masked pixel becomes the weighted mean of what its
 * known neighbours say of it, by their values and gradients. Made for lines and spots; what is much wider than the
 * neighbourhood becomes smooth.
 */
#ifndef ANEW_FINISH_INFILL_H
#define ANEW_FINISH_INFILL_H

#include "image/image.h"

/* Reach of the neighbourhood, pixels. */
#define ANEW_INFILL_REACH 5

/* Changes the colours of the pixels where mask[y * width + x] is not 0, and nothing else. Any kind of picture. A mask of
 * all pixels is refused: nothing is known then. */
ANEW_NODISCARD anew_status anew_infill(anew_image *image, const uint8_t *mask, anew_error *error);

#endif
