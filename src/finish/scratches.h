/*
 * scratches.h - finds dust, scratches and cracks: what is thin and light, stands out from both of its sides, and is long or sharply
 * bounded.
 */
#ifndef ANEW_FINISH_SCRATCHES_H
#define ANEW_FINISH_SCRATCHES_H

#include "image/planes.h"

typedef struct anew_scratches {
    int count;      /* of them */
    int64_t pixels; /* they cover */
} anew_scratches;

/* Sets mask[y * width + x] to 255 where there is one, and to 0 elsewhere. The method: the luma's white top-hat (it less
 * its opening by a square: Serra 1982) is what is lighter than its surroundings and narrower than the square, as cracks
 * and dust on prints are. What exceeds a threshold of the local mean of that, with parts that exceed it by half as much
 * again, is kept where it is elongated, or small and of much contrast, and widened by a pixel. What is dark is never
 * found: lips, lashes and writing are dark and thin, too. */
ANEW_NODISCARD anew_status anew_find_scratches(uint8_t *mask, anew_scratches *found,
                                               const anew_image *image, int threads,
                                               anew_error *error);

#endif
