/*
 * compose.h - frames upon a canvas: what APNG (PNG third edition, section 11.3.6.2) and GIF (89a, section 23) do
 * between one frame and the next.
 */
#ifndef ANEW_IMAGE_COMPOSE_H
#define ANEW_IMAGE_COMPOSE_H

#include "image/image.h"

typedef struct anew_rectangle {
    int x, y, width, height;
} anew_rectangle;

/* What becomes of a frame's area before the next frame is drawn; the numbers are APNG's. */
typedef enum anew_dispose {
    ANEW_DISPOSE_NONE = 0,
    ANEW_DISPOSE_BACKGROUND = 1, /* transparent black */
    ANEW_DISPOSE_PREVIOUS = 2    /* as it was before the frame */
} anew_dispose;

typedef struct anew_composer {
    anew_image canvas; /* 2 or 4 channels */
    anew_image saved;  /* of the last frame's area, for ANEW_DISPOSE_PREVIOUS */
    anew_rectangle area;
    anew_dispose dispose;
} anew_composer;

/* A transparent canvas; freed by anew_composer_free. */
ANEW_NODISCARD anew_status anew_composer_begin(anew_composer *composer, const anew_image *shape,
                                               anew_error *error);

/* Clears up after the last frame and draws `part` at x, y, where it must lie within the canvas: of the same depth, with
 * or without alpha; `over`: mixed with what is below, else in its place. */
ANEW_NODISCARD anew_status anew_compose(anew_composer *composer, const anew_image *part, int x,
                                        int y, bool over, anew_dispose dispose, anew_error *error);
void anew_composer_free(anew_composer *composer);

#endif
