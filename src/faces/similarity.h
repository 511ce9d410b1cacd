/*
 * similarity.h - where a face lies: the similarity (turn, scale, shift) that carries its five landmarks to
 * those of the crop that restoration networks were trained on; its inverse, and what becomes of it when the
 * picture is resized.
 *
 * Points are x, y in pixels; the centre of the left top pixel is (0, 0).
 */
#ifndef ANEW_FACES_SIMILARITY_H
#define ANEW_FACES_SIMILARITY_H

#include <stdbool.h>

#include "anew.h"
#include "core/status.h"

#define ANEW_LANDMARKS 5

typedef struct anew_point {
    double x, y;
} anew_point;

/* x' = m[0][0] x + m[0][1] y + m[0][2], y' = m[1][0] x + m[1][1] y + m[1][2]. */
typedef struct anew_affine {
    double m[2][3];
} anew_affine;

/* Landmarks of an aligned crop of size x size pixels (512 and the same in proportion). */
void anew_face_template(anew_point points[ANEW_LANDMARKS], int size);

/* The similarity that carries `from` to `to` with the least sum of squared distances (Umeyama 1991, without
 * mirroring). Fails where the points of `from` coincide, or something is not finite. */
ANEW_NODISCARD anew_status anew_similarity_fit(anew_affine *similarity, const anew_point *from,
                                               const anew_point *to, int count, anew_error *error);

/* The same by least median of squares (Rousseeuw 1984), for five pairs of points of which up to two may be
 * wrong: of 13 similarities through two pairs each the one with the smallest median residual tells which points
 * are right (inliers; may be NULL), and a least-squares fit to these is the result. The draws are those of
 * OpenCV 4's estimateAffinePartial2D, so that crops are those of the published tools. */
ANEW_NODISCARD anew_status anew_similarity_robust(anew_affine *similarity,
                                                  bool inliers[ANEW_LANDMARKS],
                                                  const anew_point from[ANEW_LANDMARKS],
                                                  const anew_point to[ANEW_LANDMARKS],
                                                  anew_error *error);

/* From the picture to its crop of size x size: the robust fit of the landmarks to the template. */
ANEW_NODISCARD anew_status anew_face_align(anew_affine *to_crop, const anew_face *face, int size,
                                           anew_error *error);

/* Fails where the map has no inverse. */
ANEW_NODISCARD anew_status anew_affine_invert(anew_affine *inverse, const anew_affine *affine,
                                              anew_error *error);

/* first, then second. */
anew_affine anew_affine_then(const anew_affine *first, const anew_affine *second);

/* Where the map carries x, y. */
anew_point anew_affine_apply(const anew_affine *affine, double x, double y);

/* The map between the pixels of a picture and those of the same picture resized by these factors (new size /
 * old size): pixels are squares, so that the centre of pixel i goes to (i + 0.5) * factor - 0.5. */
anew_affine anew_affine_resize(double factor_x, double factor_y);

#endif
