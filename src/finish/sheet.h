/*
 * sheet.h - pictures of a comparison.
 *
 *     a: photo.jpg, 800x600 at 80 %   b: ...              difference ...
 *     +--------------+--------------+--------------+
 *     | a, reduced   | b, reduced   | b - a        |   at most ANEW_SHEET_PANEL pixels wide and high, never enlarged;
 *     |     [1]      |     [1]      |     [1]      |   frames in colours show where the crops come from
 *     +--------------+--------------+--------------+
 *     a, crop 1: 320x200 at 16,240 (100 %)  ...
 *     +--------------+--------------+--------------+
 *     | a, crop 1    | b, crop 1    | b - a        |   the places of the largest mean difference, pixel by pixel, in
 *     +--------------+--------------+--------------+   a frame of the same colour
 */
#ifndef ANEW_FINISH_SHEET_H
#define ANEW_FINISH_SHEET_H

#include "finish/finish.h"

#define ANEW_SHEET_PANEL 640 /* pixels */
#define ANEW_SHEET_CROPS 3   /* at most; fewer where the pictures differ in fewer places */

/* Where crops were taken: left top corners. */
typedef struct anew_sheet_places {
    int count, width, height;
    int x[ANEW_SHEET_CROPS], y[ANEW_SHEET_CROPS];
} anew_sheet_places;

/* What a sheet's captions say of a picture: its name, and its size as it was before it was brought to the other's. */
typedef struct anew_sheet_caption {
    const char *name;
    int width, height;
} anew_sheet_caption;

/* Both of one size, 8 or 16 bits; captions[0] is of a. The sheet has 8 bits, 3 channels; what is transparent lies on
 * gray. The caller frees it; `places` may be NULL. */
ANEW_NODISCARD anew_status anew_contact_sheet(anew_image *sheet, anew_sheet_places *places,
                                              const anew_image *a, const anew_image *b,
                                              const anew_sheet_caption captions[2],
                                              const anew_finish_machine *machine,
                                              anew_error *error);

/* Middle gray plus ANEW_DIFFERENCE_GAIN times b - a, for each colour; 8 bits, 3 channels. */
ANEW_NODISCARD anew_status anew_difference_picture(anew_image *picture, const anew_image *a,
                                                   const anew_image *b, anew_error *error);

#define ANEW_DIFFERENCE_GAIN 4

/* b at a's size, by Lanczos, with b's channels and depth. */
ANEW_NODISCARD anew_status anew_image_at_size(anew_image *resized, const anew_image *image,
                                              int width, int height,
                                              const anew_finish_machine *machine,
                                              anew_error *error);

#endif
