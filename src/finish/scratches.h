/*
 * scratches.h - finds dust, scratches and cracks: what is thin and light and has nothing to do with the picture it lies on.
 */
#ifndef ANEW_FINISH_SCRATCHES_H
#define ANEW_FINISH_SCRATCHES_H

#include "image/planes.h"

typedef struct anew_scratches {
    int count;      /* of them */
    int64_t pixels; /* they cover */
} anew_scratches;

/* Sets mask[y * width + x] to 255 where there is one, and to 0 elsewhere. What is thin and light is found by the luma's white
 * top-hat: it less its opening by a square (Serra 1982). Of that lines are judged by what is around them (light_lines.c),
 * and specks are taken where they are alone on something calm. Rather too little is found than too much. What is dark is
 * never found: twigs, wires, lashes and writing are dark and thin, too. */
ANEW_NODISCARD anew_status anew_find_scratches(uint8_t *mask, anew_scratches *found,
                                               const anew_image *image, int threads,
                                               anew_error *error);

#endif
