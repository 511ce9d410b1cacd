/*
 * tiles.h - runs a network over a picture of any size, whole or in exact tiles; private to
 * src/pipeline/.
 *
 * A tile is computed from a window that reaches the network's receptive radius further on each side
 * (clipped to the picture, so that the network's own zero padding acts at the picture's edge and
 * nowhere else). What the window's border gets wrong is cut away, so that tiles give the very bits of
 * the whole picture.
 */
#ifndef ANEW_PIPELINE_TILES_H
#define ANEW_PIPELINE_TILES_H

#include "exec/exec.h"
#include "image/planes.h"

typedef struct anew_tiling {
    int tile;            /* side of a tile in input pixels; 0: whole where it fits the budget */
    size_t budget_bytes; /* for activations */
    int threads;
    anew_plan_level plan;
} anew_tiling;

/* in: any size; out: created with in's size times the network's scale. A size that the network cannot
 * take is first padded at the right and bottom by reflection, and the surplus cut. */
ANEW_NODISCARD anew_status anew_run_tiled(anew_planes *out, const anew_planes *in,
                                          const anew_weights *weights, const anew_tiling *tiling,
                                          anew_report *report, anew_error *error);

#endif
