/*
 * planes.h - between interleaved integer pixels and the planar floats that networks work on.
 *
 * A float sample is the integer divided by 255 or 65535 (correctly rounded). Back: clamp to 0..1,
 * multiply, round half to even; NaN becomes 0.
 */
#ifndef ANEW_IMAGE_PLANES_H
#define ANEW_IMAGE_PLANES_H

#include "image/image.h"

/* Planar float picture: sample (c, y, x) at data[(c * height + y) * width + x]. */
typedef struct anew_planes {
    int channels, height, width;
    float *data; /* owned */
} anew_planes;

ANEW_NODISCARD anew_status anew_planes_create(anew_planes *planes, int channels, int height,
                                              int width, anew_error *error);
void anew_planes_free(anew_planes *planes);

/* Channels first .. first + planes->channels of the image; planes has the image's size. */
void anew_planes_from_image(anew_planes *planes, const anew_image *image, int first);

/* Writes the planes into channels first .. first + planes->channels of the image (same size). */
void anew_planes_to_image(anew_image *image, const anew_planes *planes, int first);

#endif
