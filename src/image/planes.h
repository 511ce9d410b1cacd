/*
 * planes.h - between interleaved integer pixels and the planar floats that networks work on.
 *
 * A float sample is the integer divided by 255 or 65535 (correctly rounded). Back: clamp to 0..1,
 * multiply, round half to even; NaN becomes 0. Pictures of floats are only clamped, on the way back.
 */
#ifndef ANEW_IMAGE_PLANES_H
#define ANEW_IMAGE_PLANES_H

#include "image/image.h"
#include "kernels/kernels.h"

/* Planar float picture: sample (c, y, x) at data[(c * height + y) * width + x]. */
typedef struct anew_planes {
    int channels, height, width;
    float *data; /* owned */
} anew_planes;

/* Some rows of a planar picture, wherever they lie: sample (c, y, x) at data[c * plane_stride + y *
 * row_stride + x]. */
typedef struct anew_plane_rows {
    float *data;
    int channels, height, width;
    size_t plane_stride, row_stride; /* in floats */
} anew_plane_rows;

ANEW_NODISCARD anew_status anew_planes_create(anew_planes *planes, int channels, int height,
                                              int width, anew_error *error);
void anew_planes_free(anew_planes *planes);

/* Channels first .. first + planes->channels of the image; planes has the image's size. */
void anew_planes_from_image(anew_planes *planes, const anew_image *image, int first);

/* `width` samples of one channel of row y, from column x on. */
void anew_row_from_image(float *row, const anew_image *image, int channel, int y, int x, int width);

/* Writes rows into one channel each, from channel `first` on, at row y and column x of the image. */
void anew_rows_to_image(anew_image *image, const anew_plane_rows *rows, int first, int y, int x);

/* Both by the kernels of a CPU level: where whole pictures pass. The bits are the same. */
void anew_row_from_image_by(const anew_row_kernels *kernels, float *row, const anew_image *image,
                            int channel, int y, int x, int width);
void anew_rows_to_image_by(const anew_row_kernels *kernels, anew_image *image,
                           const anew_plane_rows *rows, int first, int y, int x);

/* Writes the planes into channels first .. first + planes->channels of the image (same size). */
void anew_planes_to_image(anew_image *image, const anew_planes *planes, int first);

#endif
