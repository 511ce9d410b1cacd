/*
 * face_draw.h - what is known of the faces of a picture drawn into it, for people: boxes, the five points, numbers and
 * fates.
 */
#ifndef ANEW_PIPELINE_FACE_DRAW_H
#define ANEW_PIPELINE_FACE_DRAW_H

#include "pipeline/faces.h"

/* Into a picture of any kind (what is drawn is opaque), which may be an enlargement of that of width x height pixels
 * which the faces are of. Green: restored; yellow: held back; red: left alone. Without `fates` only boxes, points and
 * numbers, in green. */
void anew_faces_draw(anew_image *image, const anew_face_report *faces, int count, bool fates,
                     int width, int height);

#endif
