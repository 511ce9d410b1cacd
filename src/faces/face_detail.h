/* face_detail.h - how finely a picture shows a face, in pixels of the square that restorers work on. */
#ifndef ANEW_FACES_FACE_DETAIL_H
#define ANEW_FACES_FACE_DETAIL_H

#include "faces/warp.h"

/* The square that is looked at; finer than this no face is said to be. */
#define ANEW_FACE_DETAIL_SIDE 512

typedef struct anew_face_detail {
    double square; /* side, in pixels of the picture, of the square that the face is aligned to */
    double
        shown; /* ... of the smallest square that would hold what is seen of it; not above either of both */
} anew_face_detail;

/* Looks at a face of the picture. `noise` is the standard deviation of its white noise in steps of 8 bits, which is no
 * detail. A face whose points make none has a square of 0. */
ANEW_NODISCARD anew_status anew_face_detail_measure(anew_face_detail *detail,
                                                    const anew_image *picture,
                                                    const anew_face *face, double noise,
                                                    const anew_row_kernels *kernels, int threads,
                                                    anew_error *error);

/* The same of an aligned crop of 3 channels (0 .. 1) and that side, of which a pixel of the picture was cut out as `enlarged`
 * pixels each way. Uses up the crop. */
double anew_face_detail_of_crop(anew_planes *crop, double noise, double enlarged);

#endif
