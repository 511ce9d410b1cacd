/* face_list.h - a growing list of faces, and which of them are the same one. */
#ifndef ANEW_FACES_FACE_LIST_H
#define ANEW_FACES_FACE_LIST_H

#include <stddef.h>

#include "core/status.h"

/* A network that sees a face everywhere would fill the memory, and comparing all with all would take hours. */
#define ANEW_MAX_CANDIDATES 20000

typedef struct anew_face_candidate {
    anew_face face;
    int64_t order; /* among equal scores the lower one comes first */
} anew_face_candidate;

typedef struct anew_face_list {
    anew_face_candidate *list;
    int count;
    size_t capacity;
} anew_face_list;

/* Appends; faces with numbers that are not finite are left out. Of more than twice ANEW_MAX_CANDIDATES the better
 * half is kept. */
ANEW_NODISCARD anew_status anew_face_list_add(anew_face_list *list, const anew_face *face,
                                              int64_t order, anew_error *error);
void anew_face_list_free(anew_face_list *list);

/* By falling score; at most ANEW_MAX_CANDIDATES stay. */
void anew_face_list_sort(anew_face_list *list);

/* Of a sorted list each face that has more than `overlap` (intersection over union) with one before it that stays is
 * dropped. */
void anew_face_list_suppress(anew_face_list *list, float overlap);

/* For lists of several sizes of one picture: a face of which most lies inside one of at least twice its area, whose
 * score is higher or nearly so, is a part of that face that looks like one where it is large, and is dropped; but not
 * one with a score above `sure` for one that has not. */
void anew_face_list_drop_parts(anew_face_list *list, float sure);

#endif
