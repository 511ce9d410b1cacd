/*
 * transfer.h - between the values that stand in a picture's file and amounts of light: the curve of sRGB
 * (IEC 61966-2-1), which is assumed of every picture.
 *
 *     light = v / 12.92 up to v = 0.04045, ((v + 0.055) / 1.055)^2.4 beyond
 *
 * Of +, *, / and square roots only, which every CPU rounds alike, so that results have the same bits everywhere; off
 * by at most one unit of a float's last place (tests/check_transfer.c).
 */
#ifndef ANEW_IMAGE_TRANSFER_H
#define ANEW_IMAGE_TRANSFER_H

/* In place; values are first brought into 0 .. 1, NaN to 0. */
void anew_srgb_to_linear(float *row, int count);
void anew_linear_to_srgb(float *row, int count);

#endif
