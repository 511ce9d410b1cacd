/* face_list.c - sorting, and greedy suppression of what is not the strongest of its place. */
#include "faces/face_list.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "core/memory.h"

static int stronger_first(const void *a, const void *b)
{
    const anew_face_candidate *left = a, *right = b;
    if (left->face.score != right->face.score)
        return left->face.score > right->face.score ? -1 : 1;
    return left->order < right->order ? -1 : left->order > right->order;
}

void anew_face_list_sort(anew_face_list *list)
{
    if (list->count > 1)
        qsort(list->list, (size_t)list->count, sizeof *list->list, stronger_first);
    if (list->count > ANEW_MAX_CANDIDATES)
        list->count = ANEW_MAX_CANDIDATES;
}

static bool is_finite_face(const anew_face *face)
{
    bool finite = isfinite(face->score);
    for (int i = 0; i < 4; i++)
        finite = finite && isfinite(face->box[i]);
    for (int i = 0; i < 10; i++)
        finite = finite && isfinite(face->landmarks[i / 2][i % 2]);
    return finite;
}

anew_status anew_face_list_add(anew_face_list *list, const anew_face *face, int64_t order,
                               anew_error *error)
{
    if (!is_finite_face(face))
        return ANEW_OK;
    if (list->count == 2 * ANEW_MAX_CANDIDATES)
        anew_face_list_sort(list);
    anew_face_candidate *grown =
        anew_grow(list->list, &list->capacity, (size_t)list->count + 1, sizeof *list->list);
    if (grown == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory for the list of faces");
    list->list = grown;
    list->list[list->count++] = (anew_face_candidate){*face, order};
    return ANEW_OK;
}

void anew_face_list_free(anew_face_list *list)
{
    anew_free(list->list);
    *list = (anew_face_list){0};
}

static float area(const float *box)
{
    return (box[2] - box[0]) * (box[3] - box[1]);
}

static float common_side(float first_a, float last_a, float first_b, float last_b)
{
    const float first = first_a > first_b ? first_a : first_b;
    const float last = last_a < last_b ? last_a : last_b;
    return last > first ? last - first : 0;
}

static float common_area(const float *a, const float *b)
{
    return common_side(a[0], a[2], b[0], b[2]) * common_side(a[1], a[3], b[1], b[3]);
}

static bool overlap_more(const float *a, const float *b, float overlap)
{
    const float common = common_area(a, b);
    return common / (area(a) + area(b) - common) > overlap;
}

void anew_face_list_suppress(anew_face_list *list, float overlap)
{
    int kept = 0;
    for (int i = 0; i < list->count; i++) {
        bool stays = true;
        for (int k = 0; k < kept && stays; k++)
            stays = !overlap_more(list->list[k].face.box, list->list[i].face.box, overlap);
        if (stays)
            list->list[kept++] = list->list[i];
    }
    list->count = kept;
}

#define MOST_OF      0.7f
#define NEARLY_SCORE 0.1f

static bool is_part_of(const anew_face *part, const anew_face *whole)
{
    return area(whole->box) >= 2 * area(part->box) &&
           common_area(part->box, whole->box) > MOST_OF * area(part->box) &&
           whole->score > part->score - NEARLY_SCORE;
}

/* Of a row of faces inside each other the largest stays, so that those dropped may drop others. */
void anew_face_list_drop_parts(anew_face_list *list, float sure)
{
    int kept = 0;
    for (int i = 0; i < list->count; i++)
        list->list[i].order = 0;
    for (int i = 0; i < list->count; i++)
        for (int k = 0; k < list->count; k++)
            if (k != i && is_part_of(&list->list[i].face, &list->list[k].face) &&
                (list->list[k].face.score > sure || list->list[i].face.score <= sure))
                list->list[i].order = 1;
    for (int i = 0; i < list->count; i++)
        if (list->list[i].order == 0)
            list->list[kept++] = list->list[i];
    list->count = kept;
}
