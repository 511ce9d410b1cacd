/*
 * sheet.h - pictures of a comparison.
 *
 *     +--------------+--------------+
 *     | a, reduced   | b, reduced   |   at most ANEW_SHEET_PANEL pixels wide and high, never enlarged; frames in
 *     |     [1]      |     [1]      |   colours show where the crops come from
 *     +--------------+--------------+
 *     | a, crop 1    | b, crop 1    |   the places of the largest mean difference, pixel by pixel, in a frame of
 *     +--------------+--------------+   the same colour
 *     | a, crop 2    | b, crop 2    |
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

/* Both of one size, 8 or 16 bits. The sheet has 8 bits, 3 channels; what is transparent lies on gray. The caller frees
 * it; `places` may be NULL. */
ANEW_NODISCARD anew_status anew_contact_sheet(anew_image *sheet, anew_sheet_places *places,
                                              const anew_image *a, const anew_image *b,
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
