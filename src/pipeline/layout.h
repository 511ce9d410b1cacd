/*
 * layout.h - how a picture is cut to fit a memory budget: strips of columns, each run in bands of rows;
 * private to src/pipeline/.
 *
 *     whole width, high bands       fastest; memory grows with the width
 *     whole width, low bands        nothing is computed twice, but there is less to share out
 *     strips x bands                memory grows with the strip; each strip's halo is computed twice
 *
 * Tiles that are cut in both directions are never better: bands cut the height without a halo. The
 * output is the same for every layout, bit for bit.
 */
#ifndef ANEW_PIPELINE_LAYOUT_H
#define ANEW_PIPELINE_LAYOUT_H

#include "exec/exec.h"
#include "image/resize.h"

/* One picture's sizes. */
typedef struct anew_geometry {
    int width, height; /* of the picture */
    int margin; /* pixels by which the network needs it continued on each side (anew_graph_margin) */
    bool repeats; /* continued by its edge, not mirrored (anew_graph_repeats_edges) */
    int padded_width, padded_height; /* ... with them, rounded up to the network's alignment */
    int scale;
    int out_width, out_height; /* wanted */
    int channels;              /* of the network's output as it is resized: 3, or 1 for gray */
    int halo, grid;            /* of the chosen kernels (plan.h) */
    anew_filter filter; /* from the network's output to the wanted size; Lanczos unless set */
} anew_geometry;

/* A strip: first <= x < last at each stage. */
typedef struct anew_strip {
    int out_first, out_last; /* columns of the result */
    int net_first, net_last; /* columns of the network's output that they are made of */
    int in_first,
        in_last; /* columns of the padded picture, margin included, that the network gets */
} anew_strip;

/* How strips and bands are chosen; 0 leaves the choice to the layout. */
typedef struct anew_layout_options {
    int strip; /* input columns of a strip */
    int band;  /* input rows of a band */
    int threads;
    anew_plan_level plan;
    size_t budget_bytes; /* for all that the engine allocates */
    size_t other_bytes;  /* ... of which so much is taken already */
    size_t result_bytes; /* of the result's pixels, which are beside the budget */
} anew_layout_options;

typedef struct anew_layout {
    int strips;
    int band;        /* input rows; as high as the picture: one band */
    size_t bytes;    /* of everything, the other bytes included */
    double work;     /* columns computed / columns of the picture: 1 without strips */
    anew_plan *plan; /* of the widest strip, owned, where the search ended with it; else NULL */
} anew_layout;

void anew_geometry_set(anew_geometry *g, const anew_weights *weights, int width, int height,
                       int out_width, int out_height, int channels);

/* Strip `index` of `strips`. */
anew_strip anew_strip_of(const anew_geometry *g, int strips, int index);

/* What the resizer of a strip must know. */
anew_resize_shape anew_strip_resize(const anew_geometry *g, const anew_strip *strip);

/* The cheapest layout within the budget. ANEW_ERROR_LIMIT where there is none; the message names the
 * smallest budget that would do. Freed with anew_layout_free, also after a failure. */
ANEW_NODISCARD anew_status anew_layout_choose(anew_layout *layout, const anew_geometry *g,
                                              const anew_weights *weights,
                                              const anew_layout_options *options,
                                              anew_error *error);

void anew_layout_free(anew_layout *layout);

#endif
