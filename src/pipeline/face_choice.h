/* face_choice.h - which of a picture's faces are restored, and why the others are left alone. */
#ifndef ANEW_PIPELINE_FACE_CHOICE_H
#define ANEW_PIPELINE_FACE_CHOICE_H

#include "pipeline/faces.h"

/* Sets the fate of each face, in this order: what the caller excludes (areas, sizes that are given); what the caller
 * names (a list, numbers); and where nothing is named what the face itself looks like: a score that is not above `sure`,
 * fewer than ANEW_SMALLEST_FACE pixels, cut off by the picture's edge, turned away. Of those left, all, the largest, or
 * the one nearest to the middle of the picture of width x height pixels. */
void anew_faces_choose(anew_face_report *report, int count, const anew_face_options *options,
                       int width, int height, double sure);

/* A face whose shorter side has fewer pixels does not say who it is; what a restorer makes of it is somebody else. */
#define ANEW_SMALLEST_FACE 24.0

/* Of a detector's confidence: faces of lower scores are not even doubtful. */
#define ANEW_DOUBTFUL_SHARE 0.6

/* The shorter side of its box. */
double anew_face_side(const anew_face *face);

/* Whether one sees the face from the side: its nose is as far out as an eye, or its eyes are closer to each other than
 * half the way from them to the mouth. Of 81 faces in photos of people who look at the camera or past it the nose is at
 * most 0.49 of the eyes' distance from their middle, and the eyes are 0.59 of that way apart or more. */
bool anew_face_is_turned(const anew_face *face);

/* Whether an eye, the nose or a corner of the mouth is beyond the picture's edge. */
bool anew_face_is_cut(const anew_face *face, int width, int height);

#endif
