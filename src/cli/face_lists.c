/* face_lists.c - checks every member of a list before any picture is begun. */
#include "cli/face_lists.h"

#include <math.h>
#include <string.h>

#include "cli/json.h"
#include "cli/json_read.h"
#include "core/memory.h"

/* Beyond any picture's side; floats still tell thirds of a pixel apart there. */
#define FARTHEST 4e6

typedef struct picture {
    const json_value *at;
    const char *path;  /* NULL: of any picture */
    int width, height; /* 0: not told */
    int first, count;  /* of the faces */
} picture;

struct cli_face_lists {
    json_document *document;
    const char *label;
    picture *pictures;
    int picture_count;
    anew_face_wish *faces;
    const json_value **places; /* of the faces */
    int face_count;
};

/* ---- reading ----------------------------------------------------------------------------------------- */

typedef struct reading {
    cli_face_lists *lists;
    const json_document *document;
    anew_error *error;
} reading;

/* An array of so many numbers. */
static anew_status want_numbers(float *to, const reading *r, const json_value *value, int count,
                                const char *what)
{
    double number = 0;
    ANEW_TRY(json_want(r->document, value, JSON_ARRAY, what, r->error));
    if (value->count != count)
        return json_refuse(r->document, value, r->error, "%s has %d elements; it must have %d",
                           what, value->count, count);
    for (const json_value *v = value->first; v != NULL; v = v->next) {
        ANEW_TRY(json_want_number(&number, r->document, v, -FARTHEST, FARTHEST, what, r->error));
        *to++ = (float)number;
    }
    return ANEW_OK;
}

static anew_status want_member(const json_value **member, const reading *r,
                               const json_value *object, const char *name)
{
    *member = json_member(object, name);
    if (*member == NULL)
        return json_refuse(r->document, object, r->error, "a face without \"%s\"", name);
    return ANEW_OK;
}

/* 0 .. 1, or `absent`. */
static anew_status share_of(double *share, const reading *r, const json_value *face,
                            const char *name, double absent)
{
    const json_value *member = json_member(face, name);
    *share = absent;
    if (member == NULL)
        return ANEW_OK;
    return json_want_number(share, r->document, member, 0, 1, name, r->error);
}

static anew_status read_face(anew_face_wish *wish, const reading *r, const json_value *face)
{
    const json_value *box = NULL, *points = NULL;
    double score = 1;
    int k = 0;
    ANEW_TRY(json_want(r->document, face, JSON_OBJECT, "a face", r->error));
    ANEW_TRY(json_want_members(r->document, face,
                               "box|score|landmarks|restore|reason|strength|fidelity", r->error));
    ANEW_TRY(want_member(&box, r, face, "box"));
    ANEW_TRY(want_numbers(wish->face.box, r, box, 4, "box"));
    if (!(wish->face.box[0] < wish->face.box[2]) || !(wish->face.box[1] < wish->face.box[3]))
        return json_refuse(r->document, box, r->error,
                           "a box is [left, top, right, bottom], and this one is empty");
    ANEW_TRY(want_member(&points, r, face, "landmarks"));
    ANEW_TRY(json_want(r->document, points, JSON_ARRAY, "landmarks", r->error));
    if (points->count != 5)
        return json_refuse(r->document, points, r->error,
                           "landmarks has %d points; it must have 5: left eye, right eye, nose, "
                           "left and right corner of the mouth",
                           points->count);
    for (const json_value *v = points->first; v != NULL; v = v->next)
        ANEW_TRY(want_numbers(wish->face.landmarks[k++], r, v, 2, "a landmark"));
    ANEW_TRY(share_of(&score, r, face, "score", 1));
    wish->face.score = (float)score;
    ANEW_TRY(share_of(&wish->strength, r, face, "strength", -1));
    ANEW_TRY(share_of(&wish->fidelity, r, face, "fidelity", -1));
    const json_value *restore = json_member(face, "restore"), *reason = json_member(face, "reason");
    if (restore != NULL)
        ANEW_TRY(json_want(r->document, restore, JSON_BOOLEAN, "restore", r->error));
    if (reason != NULL)
        ANEW_TRY(json_want(r->document, reason, JSON_STRING, "reason", r->error));
    wish->restore = restore == NULL || restore->number > 0;
    return ANEW_OK;
}

static anew_status read_size(picture *p, const reading *r, const json_value *size)
{
    float numbers[2];
    ANEW_TRY(want_numbers(numbers, r, size, 2, "size"));
    if (!(numbers[0] >= 1) || !(numbers[1] >= 1) || numbers[0] != truncf(numbers[0]) ||
        numbers[1] != truncf(numbers[1]))
        return json_refuse(r->document, size, r->error, "size is no size of a picture");
    p->width = (int)numbers[0];
    p->height = (int)numbers[1];
    return ANEW_OK;
}

static anew_status read_picture(picture *p, const reading *r, const json_value *value)
{
    double schema = 0;
    cli_face_lists *lists = r->lists;
    ANEW_TRY(json_want(r->document, value, JSON_OBJECT, "the faces of a picture", r->error));
    ANEW_TRY(json_want_members(r->document, value, "schema|path|size|detector|faces", r->error));
    const json_value *number = json_member(value, "schema"), *path = json_member(value, "path");
    const json_value *size = json_member(value, "size"), *faces = json_member(value, "faces");
    *p = (picture){.at = value, .first = lists->face_count};
    if (number != NULL)
        ANEW_TRY(json_want_number(&schema, r->document, number, 1, 1, "schema", r->error));
    if (path != NULL) {
        ANEW_TRY(json_want(r->document, path, JSON_STRING, "path", r->error));
        p->path = path->text;
    }
    if (size != NULL)
        ANEW_TRY(read_size(p, r, size));
    if (faces == NULL)
        return json_refuse(r->document, value, r->error, "there is no member \"faces\"");
    ANEW_TRY(json_want(r->document, faces, JSON_ARRAY, "faces", r->error));
    for (const json_value *f = faces->first; f != NULL; f = f->next, p->count++) {
        ANEW_TRY(read_face(&lists->faces[lists->face_count], r, f));
        lists->places[lists->face_count++] = f;
    }
    return ANEW_OK;
}

/* The most faces that there can be. */
static size_t count_faces(const json_value *first)
{
    size_t count = 0;
    for (const json_value *v = first; v != NULL; v = v->next) {
        const json_value *faces = v->kind == JSON_OBJECT ? json_member(v, "faces") : NULL;
        count += faces != NULL ? (size_t)faces->count : 0;
    }
    return count;
}

static anew_status read_lists(cli_face_lists *lists, anew_error *error)
{
    const reading r = {lists, lists->document, error};
    int count = 0;
    const json_value *first = json_first(lists->document, &count);
    const size_t faces = count_faces(first) + 1;
    lists->pictures = anew_alloc_zero(anew_size_mul((size_t)count, sizeof *lists->pictures));
    lists->faces = anew_alloc_zero(anew_size_mul(faces, sizeof *lists->faces));
    lists->places = anew_alloc_zero(anew_size_mul(faces, sizeof *lists->places));
    if (lists->pictures == NULL || lists->faces == NULL || lists->places == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory for its faces", lists->label);
    for (const json_value *v = first; v != NULL; v = v->next)
        ANEW_TRY(read_picture(&lists->pictures[lists->picture_count++], &r, v));
    return ANEW_OK;
}

/* Takes the document over, also after a failure. */
static anew_status of_document(cli_face_lists **lists, json_document *document, const char *label,
                               anew_error *error)
{
    cli_face_lists *l = anew_alloc_zero(sizeof *l);
    if (l == NULL) {
        json_free(&document);
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to read it", label);
    }
    l->label = label;
    l->document = document;
    const anew_status status = read_lists(l, error);
    if (status != ANEW_OK)
        cli_face_lists_free(&l);
    *lists = l;
    return status;
}

anew_status cli_face_lists_parse(cli_face_lists **lists, const char *data, size_t size,
                                 const char *label, anew_error *error)
{
    json_document *document = NULL;
    *lists = NULL;
    ANEW_TRY(json_read(&document, data, size, label, error));
    return of_document(lists, document, label, error);
}

anew_status cli_face_lists_read(cli_face_lists **lists, const char *path, anew_error *error)
{
    json_document *document = NULL;
    *lists = NULL;
    ANEW_TRY(json_read_file(&document, path, error));
    return of_document(lists, document, path, error);
}

void cli_face_lists_free(cli_face_lists **lists)
{
    if (*lists == NULL)
        return;
    json_free(&(*lists)->document);
    anew_free((*lists)->pictures);
    anew_free((*lists)->faces);
    anew_free((void *)(*lists)->places);
    anew_free(*lists);
    *lists = NULL;
}

/* ---- finding ----------------------------------------------------------------------------------------- */

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

static const picture *picture_of(const cli_face_lists *lists, const char *path)
{
    const picture *named = NULL, *any = NULL;
    int names = 0;
    for (int i = 0; i < lists->picture_count; i++) {
        const picture *p = &lists->pictures[i];
        if (p->path == NULL) {
            any = p;
        } else if (strcmp(p->path, path) == 0) {
            return p;
        } else if (strcmp(name_of(p->path), name_of(path)) == 0) {
            named = p;
            names++;
        }
    }
    return names == 1 ? named : any;
}

anew_status cli_face_lists_find(anew_face_wishes *wishes, const cli_face_lists *lists,
                                const char *path, int width, int height, anew_error *error)
{
    const picture *p = picture_of(lists, path);
    if (p == NULL)
        return anew_fail(error, ANEW_ERROR_ARGUMENT, "%s: has no faces of %s", lists->label, path);
    if (p->width > 0 && (p->width != width || p->height != height))
        return json_refuse(lists->document, p->at, error,
                           "these are faces of a picture of %dx%d pixels; %s has %dx%d", p->width,
                           p->height, path, width, height);
    for (int i = p->first; i < p->first + p->count; i++) {
        const float *box = lists->faces[i].face.box;
        if (box[2] <= 0 || box[3] <= 0 || box[0] >= (float)width || box[1] >= (float)height)
            return json_refuse(lists->document, lists->places[i], error,
                               "the box of face %d lies outside of %s, which has %dx%d pixels",
                               i - p->first + 1, path, width, height);
    }
    *wishes = (anew_face_wishes){.list = lists->faces + p->first, .count = p->count};
    return ANEW_OK;
}

/* ---- writing ----------------------------------------------------------------------------------------- */

/* Nine digits: the same float when it is read. */
static void print_pair(FILE *to, const char *before, float a, float b)
{
    fprintf(to, "%s%.9g, %.9g", before, (double)a, (double)b);
}

void cli_face_list_print(FILE *to, const char *path, int width, int height, const char *detector,
                         const anew_face_report *faces, int count)
{
    fprintf(to, "{\"schema\": 1, \"path\": ");
    json_string(to, path);
    fprintf(to, ", \"size\": [%d, %d], \"detector\": ", width, height);
    json_string(to, detector);
    fprintf(to, ", \"faces\": [");
    for (int i = 0; i < count; i++) {
        const anew_face *f = &faces[i].face;
        const bool restore = faces[i].fate == ANEW_FACE_RESTORED;
        fprintf(to, "%s\n  {\"restore\": %s", i > 0 ? "," : "", restore ? "true" : "false");
        if (!restore)
            fprintf(to, ", \"reason\": \"%s\"", anew_face_fate_name(faces[i].fate));
        fprintf(to, ", \"score\": %.9g", (double)f->score);
        print_pair(to, ", \"box\": [", f->box[0], f->box[1]);
        print_pair(to, ", ", f->box[2], f->box[3]);
        fprintf(to, "], \"landmarks\": [");
        for (int k = 0; k < 5; k++) {
            print_pair(to, k > 0 ? ", [" : "[", f->landmarks[k][0], f->landmarks[k][1]);
            (void)fputc(']', to);
        }
        fprintf(to, "]}");
    }
    fprintf(to, "%s]}\n", count > 0 ? "\n" : "");
}
