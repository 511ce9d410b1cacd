/*
 * colour.h - from the colours that a picture's file speaks of to sRGB.
 *
 * A profile says it (ICC.1), or PNG's gamma and chromaticities, or a camera's "R03" in EXIF, which is Adobe RGB; a
 * picture without any of them is taken for sRGB. Relative colorimetric, with black point compensation. Depth and
 * number of channels stay; alpha is no colour and stays as it is.
 */
#ifndef ANEW_IMAGE_COLOUR_H
#define ANEW_IMAGE_COLOUR_H

#include "image/image.h"

typedef struct anew_colour anew_colour;

/* *colour is NULL where there is nothing to convert: no sample would change by more than one of 255. Messages begin with
 * `label`. Refuses damaged profiles, those for other colours than the pixels have, and any in a build without lcms2. */
ANEW_NODISCARD anew_status anew_colour_open(anew_colour **colour, const anew_metadata *metadata,
                                            const anew_image *shape, const char *label,
                                            anew_error *error);

/* So many pixels of the shape's kind, in place. */
void anew_colour_convert(const anew_colour *colour, void *pixels, size_t count);

/* Frees it and sets the pointer to NULL; NULL contents are allowed. */
void anew_colour_close(anew_colour **colour);

#endif
