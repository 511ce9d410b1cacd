/*
 * palette.h - a picture in at most 256 colours, for GIF: exactly where it has no more, else by a cut of its colours into
 * boxes, each as its mean, with a fine regular pattern between them.
 */
#ifndef ANEW_IMAGE_PALETTE_H
#define ANEW_IMAGE_PALETTE_H

#include "image/image.h"

typedef struct anew_palette {
    uint8_t colours[256][3];
    int count;       /* 1 .. 256, the transparent one counted */
    int transparent; /* its index; -1: none */
} anew_palette;

/* `indices` gets one for each pixel. What is less than half opaque becomes transparent. x and y say where in a larger
 * picture this one lies, so that the pattern stays where it is from frame to frame. */
ANEW_NODISCARD anew_status anew_palette_make(anew_palette *palette, uint8_t *indices,
                                             const anew_image *image, int x, int y,
                                             anew_error *error);

#endif
