/*
 * look_samples.h - what is looked at of a picture: the whole of it up to 4 megapixels, else tiles spread over it.
 *
 * Rows come from the top and are gone again; what lies in a tile stays, as luma and colour differences of ITU-R
 * BT.601 with the full range (those of JPEG), in steps of 1/256 of an 8-bit step: what a file of 8 bits holds is
 * then kept to a hundredth of its own rounding.
 */
#ifndef ANEW_LOOK_LOOK_SAMPLES_H
#define ANEW_LOOK_LOOK_SAMPLES_H

#include <stdbool.h>

#include "core/status.h"

/* Larger pictures are looked at through LOOK_TILES x LOOK_TILES tiles of LOOK_TILE x LOOK_TILE pixels (fewer where the
 * picture is narrow): 4 megapixels, too. */
#define LOOK_WHOLE_PIXELS ((int64_t)4 << 20)
#define LOOK_TILE         256
#define LOOK_TILES        8

/* One step of 8 bits, as samples are kept. */
#define LOOK_STEP 256.0

typedef struct anew_look_tile {
    int x, y, width, height;     /* in the picture */
    uint16_t *luma, *blue, *red; /* [height][width]; blue and red difference, 128 steps for none */
    /* [height][width]; 1: some channel is at an end of its range, or the pixel is not fully opaque */
    uint8_t *clipped;
} anew_look_tile;

typedef struct anew_look_samples {
    int width, height, channels; /* of the picture */
    int count;
    anew_look_tile tiles[LOOK_TILES * LOOK_TILES];
    int64_t pixels; /* of all tiles */
    void *block;    /* owned: what the tiles point into */
} anew_look_samples;

/* What a picture of this size takes at most: its tiles, and what the estimators need beside them (noise.c has its lists of
 * blocks, 7.4 MB; the others less, and not at the same time). */
#define LOOK_OWN_BYTES ((size_t)8 << 20)
size_t anew_look_bytes(int width, int height);

/* Places the tiles. On failure there is nothing to free. */
ANEW_NODISCARD anew_status anew_look_samples_create(anew_look_samples *samples, int width,
                                                    int height, int channels, anew_error *error);
void anew_look_samples_free(anew_look_samples *samples);

/* Takes what it wants of row y. `pixels` is where the row begins, strides are as in anew_pixels. */
void anew_look_samples_row(anew_look_samples *samples, int y, const anew_pixels *row);

/* A sample in steps of 8 bits. */
static inline double anew_look_value(uint16_t sample)
{
    return sample / LOOK_STEP;
}

#endif
