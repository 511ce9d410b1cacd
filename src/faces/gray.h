/*
 * gray.h - a gray picture in three channels stays gray: what a restorer of faces, which knows colour alone, makes of it
 * is added without its colour. With the published tool's way of doing that, for comparison.
 */
#ifndef ANEW_FACES_GRAY_H
#define ANEW_FACES_GRAY_H

#include "image/planes.h"

/* CodeFormer's measure of colour: the mean of the variances of blue - green, green - red and red - blue, in squared
 * steps of 8 bits, over a picture of 3 channels (RGB, 0 .. 1). Up to ANEW_GRAY_MOST it counts as gray: a photo with
 * noise of colour, or one that was toned evenly. */
double anew_gray_spread(const anew_planes *picture);

#define ANEW_GRAY_MOST 10.0

/* Each pixel's difference becomes that of its luma, in all 3 channels. */
void anew_gray_difference(anew_planes *difference);

/* The published step: the luma of the restored face (0.2989 R + 0.5870 G + 0.1140 B) is carried to the mean and the
 * deviation of the crop's first channel. Both are [pixels][3], of 8 bits, R, G, B; `gray` is [pixels], neither rounded
 * nor limited to 0 .. 255. */
void anew_reference_gray_adain(double *gray, const uint8_t *restored, const uint8_t *crop,
                               size_t pixels);

#endif
