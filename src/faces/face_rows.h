/* face_rows.h - rows of a picture, at its own or another size, as a detector's network takes them. */
#ifndef ANEW_FACES_FACE_ROWS_H
#define ANEW_FACES_FACE_ROWS_H

#include "faces/face_decode.h"

/* A picture at one of its sizes: 0 its own, s > 0 shrunk by 2^s in both directions, each pixel the mean of those that
 * it stands for, -1 doubled, linearly between middles of pixels. */
typedef struct anew_face_view {
    const anew_pixels *pixels; /* with strides */
    int shift;
    int width, height; /* of the view */
} anew_face_view;

anew_face_view anew_face_view_of(const anew_pixels *pixels, int shift);

/* Pixels of the picture for one of the view. */
float anew_face_view_factor(const anew_face_view *view);

/* Row y of the network's input, three planes of `width` samples; what is past the view is black. `scratch` has as
 * many floats as anew_face_row_floats says. */
void anew_face_row(float *const *planes, const anew_face_view *view, const anew_face_net *net,
                   int y, int width, float *scratch);
size_t anew_face_row_floats(const anew_face_view *view);

#endif
