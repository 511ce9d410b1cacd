/* face_gain.h - which faces of a picture a restorer would make better, where nobody has said. */
#ifndef ANEW_PIPELINE_FACE_GAIN_H
#define ANEW_PIPELINE_FACE_GAIN_H

#include "faces/face_detail.h"
#include "pipeline/faces.h"

/* So many times finer each way than what is seen of the face the result has to be for a restorer to be worth while. */
#define ANEW_FACE_GAIN 1.5

typedef struct anew_face_need {
    int side;       /* of the restorer's square */
    double enlarge; /* from the picture to its result */
    double damage;  /* 0 .. 1: what the look would have restored (anew_choice.restore_strength) */
} anew_face_need;

/*
 * The restorer's square, as far as the result has room for it, against what is seen of the face, of which a damaged picture
 * has up to half to be left out:
 *
 *     min(side, square * enlarge) >= ANEW_FACE_GAIN * shown * (1 - damage / 2)
 *
 * So neither a face that is sharp and larger than the square gains, nor a small sharp one in a picture that stays small.
 */
bool anew_face_gains(const anew_face_detail *detail, const anew_face_need *need);

/* Sets gains[count] of those faces whose fate is to be restored; the others' are false. `noise` as in
 * faces/face_detail.h. */
ANEW_NODISCARD anew_status anew_faces_that_gain(bool *gains, const anew_face_report *report,
                                                int count, const anew_image *picture, double noise,
                                                const anew_face_need *need,
                                                const anew_row_kernels *kernels, int threads,
                                                anew_error *error);

#endif
