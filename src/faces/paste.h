/*
 * paste.h - restored faces into a picture: what the restorer changed in each crop is added to the picture's own
 * pixels, so that those keep their detail, and a restorer that changes nothing changes nothing.
 *
 *     picture(x, y) += strength * share * difference(to_crop(x, y))
 *
 * `share` is the mask, where one face is alone. Where several meet, each pixel goes mostly to the face whose centre is
 * nearest (in units of that face's size), and the shares together are the largest of their masks: no change is added
 * twice.
 *
 * The crop may be finer or coarser than the picture: see warp.h. The cost is that of the faces' regions, whatever the
 * picture's size.
 */
#ifndef ANEW_FACES_PASTE_H
#define ANEW_FACES_PASTE_H

#include "faces/warp.h"

typedef struct anew_paste anew_paste;

/* For a picture of that size and 1 (gray) or 3 (RGB) colours, alpha not counted. */
ANEW_NODISCARD anew_status anew_paste_create(anew_paste **paste, int width, int height, int colours,
                                             anew_error *error);
void anew_paste_free(anew_paste **paste);

/* One more face: `difference` (3 channels) and `mask` (1 channel; 0 .. 1, 0 at its border) of one size, which are
 * copied; `to_crop` carries pixels of the picture to theirs. Strength: 0 .. 1. */
ANEW_NODISCARD anew_status anew_paste_add(anew_paste *paste, const anew_planes *difference,
                                          const anew_planes *mask, const anew_affine *to_crop,
                                          float strength, const anew_row_kernels *kernels,
                                          int threads, anew_error *error);

/* Rows y .. y + rows->height - 1 of the picture, as floats 0 .. 1 of all its columns, changed in place (results may lie
 * beyond 0 .. 1). Rows may come in any order and portions: the result is the same. */
ANEW_NODISCARD anew_status anew_paste_rows(anew_paste *paste, const anew_plane_rows *rows, int y,
                                           int threads, anew_error *error);

/* The same with a decoded picture's rows (`image` has the picture's width and colours, with or without alpha, which is
 * not touched): of each sample that changes, the sum is rounded once. */
ANEW_NODISCARD anew_status anew_paste_image(anew_paste *paste, anew_image *image, int y,
                                            int threads, anew_error *error);

/* Computes what faces add from now on, where it has the memory, to the same bits; NULL: this CPU. It is borrowed. */
void anew_paste_set_engine(anew_paste *paste, const anew_engine *engine);

/* The first row, and the row behind the last, that a face touches; both 0 without faces. */
void anew_paste_extent(const anew_paste *paste, int *first, int *last);

/* Pixels looked at so far, once for each face. */
int64_t anew_paste_visited(const anew_paste *paste);

#endif
