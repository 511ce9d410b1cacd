/*
 * warp.h - a planar picture seen through an affine map, at sub-pixel positions: cubic interpolation (Keys 1981,
 * a = -0.5) where it enlarges; where it shrinks, the same kernel laid over the destination's pixels, so that
 * what is too fine for them is left out instead of aliasing.
 *
 * Coordinates: the centre of the left top pixel is (0, 0).
 */
#ifndef ANEW_FACES_WARP_H
#define ANEW_FACES_WARP_H

#include "exec/engine.h"
#include "faces/similarity.h"
#include "image/planes.h"
#include "kernels/cuda/device.h"
#include "kernels/kernels.h"

#define ANEW_WARP_CHANNELS 4

/* What lies beyond the picture's edges. */
typedef enum anew_border {
    ANEW_BORDER_REPLICATE = 0, /* the edge pixel */
    ANEW_BORDER_REFLECT,       /* the picture mirrored, the edge pixel not repeated */
    ANEW_BORDER_CONSTANT       /* one colour */
} anew_border;

typedef struct anew_warp_options {
    anew_border border;
    float colour[ANEW_WARP_CHANNELS]; /* of ANEW_BORDER_CONSTANT */
    /* Warps whole destinations, where it has the memory, to the same bits; NULL: this CPU. It is borrowed. */
    const anew_engine *engine;
} anew_warp_options;

/* Ready to make any part of the destination; does not change, so any number of threads may use it at once. */
typedef struct anew_warper anew_warper;

/* `source`, of at most four channels, is borrowed: it must outlive the warper and stay as it is. `to_source` carries
 * pixels of the destination to those of the source. Where it shrinks twice or more, the source is first
 * reduced (with `threads` workers), so that no pixel is made of more than some 100. */
ANEW_NODISCARD anew_status anew_warper_create(anew_warper **warper, const anew_plane_rows *source,
                                              const anew_affine *to_source,
                                              const anew_warp_options *options,
                                              const anew_row_kernels *kernels, int threads,
                                              anew_error *error);
void anew_warper_free(anew_warper **warper);

/* What a device needs to do the same; false where the source's planes are not dense. It borrows the source. */
bool anew_warper_for_device(anew_device_warp *to, const anew_warper *warper);

/* Whether the caller's source is still needed: not where it was reduced. */
bool anew_warper_borrows(const anew_warper *warper);

/* Pixels first .. last - 1 of the destination's row y: rows[c][0 .. last - first - 1] of each channel. */
void anew_warper_row(const anew_warper *warper, float *const *rows, int y, int first, int last);

/* By how much the source is to be reduced first, where it shrinks twice or more; else 1. Whoever does so himself, by
 * ANEW_FILTER_LANCZOS3, warps what is left. */
double anew_warp_first_shrink(const anew_affine *to_source);

/* How far from the map of a destination pixel's centre, in source pixels of x and of y, lies what it is made of. */
anew_point anew_warp_reach(const anew_affine *to_source);

/* The whole destination, which is already created with the source's channels. */
ANEW_NODISCARD anew_status anew_warp(anew_planes *destination, const anew_plane_rows *source,
                                     const anew_affine *to_source, const anew_warp_options *options,
                                     const anew_row_kernels *kernels, int threads,
                                     anew_error *error);

/* All of a planar picture, as rows. */
anew_plane_rows anew_planes_rows(const anew_planes *planes);

#endif
