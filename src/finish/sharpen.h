/*
 * sharpen.h - unsharp masking without halos, row by row.
 *
 * The luma's difference from its Gaussian is added to it, but no further than the lightest and the darkest luma of the
 * 5x5 pixels around, and a share of their range beyond them. What the luma changes by is added to each colour, so that
 * hues stay and edges get no coloured seams.
 */
#ifndef ANEW_FINISH_SHARPEN_H
#define ANEW_FINISH_SHARPEN_H

#include "image/image.h"

/* Rows above and below that a row of the result depends on. */
#define ANEW_SHARPEN_HALO 4

typedef struct anew_sharpener anew_sharpener;

/* Takes rows of a picture of floats of that size and kind; strength 0 .. 1. */
ANEW_NODISCARD anew_status anew_sharpener_create(anew_sharpener **sharpener,
                                                 const anew_image *shape, double strength,
                                                 int threads, anew_error *error);
void anew_sharpener_free(anew_sharpener **sharpener);

/* Sharpened rows y .. y + part->height - 1; gone when it returns. */
typedef anew_status (*anew_sharpened_function)(void *context, int y, const anew_image *part,
                                               anew_error *error);

/* The next rows from the top. Delivers what can be made of them, all after the last one. The rows are copied, so that
 * what is delivered may be stored in their place. */
ANEW_NODISCARD anew_status anew_sharpener_push(anew_sharpener *sharpener, const anew_image *part,
                                               anew_sharpened_function deliver, void *context,
                                               anew_error *error);

#endif
