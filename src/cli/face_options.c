/* face_options.c - numbers and areas by strtol and strtod, each message with what would do. */
#include "cli/face_options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/complain.h"

/* No picture has more faces (faces/face_list.h). */
#define LARGEST_NUMBER 20000

static bool wrong_faces(const char *value)
{
    cli_complain("--faces %s: must be one of all|largest|center|list, or numbers such as 1,3, as "
                 "'anew faces' counts them",
                 value);
    return false;
}

bool cli_read_faces(cli_options *to, const char *value)
{
    static const char *const words[] = {
        [ANEW_FACES_ALL] = "all", [ANEW_FACES_LARGEST] = "largest", [ANEW_FACES_CENTER] = "center"};
    anew_face_options *faces = &to->faces;
    to->mend_faces = true;
    to->list_faces = false;
    faces->choice = ANEW_FACES_ALL;
    faces->number_count = 0;
    if (value == NULL)
        return true;
    for (int i = 0; i < 3; i++)
        if (strcmp(value, words[i]) == 0) {
            faces->choice = (anew_face_choice)i;
            return true;
        }
    if (strcmp(value, "list") == 0) {
        to->list_faces = true;
        return true;
    }
    faces->choice = ANEW_FACES_NUMBERS;
    for (const char *at = value;; at++) {
        char *end = NULL;
        errno = 0;
        const long number = strtol(at, &end, 10);
        if (*at < '0' || *at > '9' || errno != 0 || number < 1 || number > LARGEST_NUMBER ||
            (*end != ',' && *end != '\0'))
            return wrong_faces(value);
        if (faces->number_count == ANEW_MOST_FACE_NUMBERS) {
            cli_complain("--faces: more than %d numbers", ANEW_MOST_FACE_NUMBERS);
            return false;
        }
        faces->numbers[faces->number_count++] = (int)number;
        if (*end == '\0')
            return true;
        at = end;
    }
}

bool cli_read_area(cli_options *to, const char *value)
{
    anew_face_options *faces = &to->faces;
    double numbers[4];
    const char *at = value;
    int count = 0;
    for (; count < 4; count++) {
        char *end = NULL;
        numbers[count] = strtod(at, &end);
        if (end == at || *end != (count < 3 ? ',' : '\0') || !(numbers[count] >= 0) ||
            !(numbers[count] <= 1e6))
            break;
        at = end + 1;
    }
    if (count < 4 || numbers[2] <= 0 || numbers[3] <= 0) {
        cli_complain("--face-exclude %s: must be left, top, width and height in pixels, such as "
                     "100,50,300,200",
                     value);
        return false;
    }
    if (faces->area_count == ANEW_MOST_FACE_AREAS) {
        cli_complain("--face-exclude: more than %d areas", ANEW_MOST_FACE_AREAS);
        return false;
    }
    faces->areas[faces->area_count++] =
        (anew_face_area){numbers[0], numbers[1], numbers[2], numbers[3]};
    return true;
}

/* The first of the options that was given, or NULL. */
static const char *given_of(const cli_options *options, const option_id *ids, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (options->given[ids[i]])
            return cli_option_table[ids[i]].name;
    return NULL;
}

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

bool cli_faces_are_usable(const cli_options *o)
{
    static const option_id not_aligned[] = {
        OPT_FACES,      OPT_FACE_LIST,  OPT_FACE_EXCLUDE, OPT_FACE_MAX_SIZE,   OPT_FACE_MIN_SIZE,
        OPT_SAVE_CROPS, OPT_DRAW_FACES, OPT_FACE_GUARD,   OPT_DETECTOR,        OPT_FACE_SCALES,
        OPT_SCALE,      OPT_WIDTH,      OPT_HEIGHT,       OPT_FACE_CONFIDENCE, OPT_MODEL,
        OPT_DENOISE,    OPT_STRENGTH,   OPT_PASSES,       OPT_RESTORE,         OPT_RESTORE_STRENGTH,
        OPT_UPSCALE,    OPT_ORDER,      OPT_SHRINK_FIRST, OPT_DRY_RUN,         OPT_PROFILE,
        OPT_JOBS};
    static const option_id not_listing[] = {OPT_OUTPUT, OPT_SAVE_CROPS, OPT_DRAW_FACES, OPT_DRY_RUN,
                                            OPT_PROFILE};
    static const option_id of_faces[] = {OPT_FACE_EXCLUDE, OPT_FACE_MAX_SIZE, OPT_SAVE_CROPS,
                                         OPT_DRAW_FACES};
    const char *other = NULL;
    if (o->aligned && (other = given_of(o, not_aligned, COUNT_OF(not_aligned))) != NULL)
        cli_complain("--aligned and --%s exclude each other", other);
    else if (o->aligned && o->face_model == NULL)
        cli_complain("--aligned needs --face-model FILE.anew");
    else if (o->list_faces && (other = given_of(o, not_listing, COUNT_OF(not_listing))) != NULL)
        cli_complain("--faces=list and --%s exclude each other: the list goes to --face-list FILE",
                     other);
    else if (o->face_list != NULL && !o->list_faces && o->faces.choice != ANEW_FACES_ALL)
        cli_complain("--face-list says itself which faces; --faces may only be all or list");
    else if (!o->mend_faces && (other = given_of(o, of_faces, COUNT_OF(of_faces))) != NULL)
        cli_complain("--%s needs --faces", other);
    else
        return true;
    return false;
}
