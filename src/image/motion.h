/*
 * motion.h - how a frame moved since the one before: a vector for each block of 8x8 pixels, to a fraction of a pixel.
 */
#ifndef ANEW_IMAGE_MOTION_H
#define ANEW_IMAGE_MOTION_H

#include "core/status.h"

#define ANEW_MOTION_BLOCK  8
#define ANEW_MOTION_LEVELS 5

typedef struct anew_vector {
    float x, y;
} anew_vector;

/* What was at (x + vector.x, y + vector.y) before is at (x, y) now. */
typedef struct anew_motion {
    int width, height;
    int columns, rows;    /* blocks */
    anew_vector *vectors; /* rows x columns */
    /* Halved again and again; [0] has the frame's own size and borrows its frames. */
    struct {
        int width, height, columns, rows;
        float *now, *before;
        anew_vector *vectors;
    } levels[ANEW_MOTION_LEVELS];
    int level_count;
} anew_motion;

ANEW_NODISCARD anew_status anew_motion_create(anew_motion *motion, int width, int height,
                                              anew_error *error);
void anew_motion_free(anew_motion *motion);

/* Finds the vectors; samples are brightness from 0 to 255. */
void anew_motion_find(anew_motion *motion, const float *now, const float *before, int threads);

/* The vector at a pixel: between blocks' middles they change evenly. */
anew_vector anew_motion_at(const anew_motion *motion, int x, int y);

#endif
