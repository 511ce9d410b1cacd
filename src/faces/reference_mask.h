/*
 * reference_mask.h - the masks of the published tools, step by step as OpenCV 4.6 computes them. For comparison with
 * them; see mask.h for anew's own. Planes are rows without gaps, [height][width].
 */
#ifndef ANEW_FACES_REFERENCE_MASK_H
#define ANEW_FACES_REFERENCE_MASK_H

#include <stdbool.h>

#include "core/status.h"

/* Largest kernel of a blur. */
#define ANEW_REFERENCE_KERNEL 1023

/* GaussianBlur in place: `size` (odd) samples a side, sigma as given or, where it is 0, by the size; borders are
 * reflected without their edge pixel, so the plane must be larger than half the kernel. The f32 form rounds the
 * kernel and each pass to float. */
ANEW_NODISCARD anew_status anew_reference_blur_f64(double *plane, int height, int width, int size,
                                                   double sigma, anew_error *error);
ANEW_NODISCARD anew_status anew_reference_blur_f32(float *plane, int height, int width, int size,
                                                   double sigma, anew_error *error);

/* kernel[0 .. size - 1] of these blurs. */
void anew_reference_gauss(double *kernel, int size, double sigma);

/* Minimum over size x size samples from size / 2 to the left and above; size 0 means 3. */
ANEW_NODISCARD anew_status anew_reference_erode(float *plane, int height, int width, int size,
                                                anew_error *error);

/* The soft mask of 512 x 512 classes (ParseNet's numbers: the face with hair, without hat, neck and clothes): 255 or 0,
 * blurred twice by 101 samples of sigma 11, a frame of 10 samples set to 0, divided by 255. `mask`: [512][512]. */
ANEW_NODISCARD anew_status anew_reference_parse_mask(double *mask, const uint8_t *classes,
                                                     anew_error *error);

/* Luma of one pixel. */
uint8_t anew_reference_gray_u8(uint8_t red, uint8_t green, uint8_t blue);
float anew_reference_gray_f32(float red, float green, float blue);

#endif
