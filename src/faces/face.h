/* face.h - one face of a picture. */
#ifndef ANEW_FACES_FACE_H
#define ANEW_FACES_FACE_H

/* In pixels of the picture it was found in. */
typedef struct anew_face {
    float box[4]; /* x of the left edge, y of the top edge, right, bottom */
    float landmarks[5]
                   [2]; /* x, y: left eye, right eye, nose, left and right mouth corner, as seen */
    float score;        /* 0 .. 1 */
} anew_face;

#endif
