/* face_options.c - numbers and areas by strtol and strtod, each message with what would do. */
#include "cli/face_options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/complain.h"

/* No picture has more faces (faces/face_list.h). */
#define LARGEST_NUMBER 20000

static anew_status wrong_faces(const char *place, const char *value, anew_error *error)
{
    return anew_fail(error, ANEW_ERROR_ARGUMENT,
                     "%s%s: must be one of all|largest|center|list|off, or numbers such as 1,3, as "
                     "'anew faces' counts them",
                     place, value);
}

anew_status cli_read_faces(cli_options *to, const char *place, const char *value, anew_error *error)
{
    static const char *const words[] = {
        [ANEW_FACES_ALL] = "all", [ANEW_FACES_LARGEST] = "largest", [ANEW_FACES_CENTER] = "center"};
    anew_face_options *faces = &to->faces;
    to->mend_faces = true;
    to->list_faces = false;
    faces->choice = ANEW_FACES_ALL;
    faces->number_count = 0;
    if (value == NULL)
        return ANEW_OK;
    for (int i = 0; i < 3; i++)
        if (strcmp(value, words[i]) == 0) {
            faces->choice = (anew_face_choice)i;
            return ANEW_OK;
        }
    if (strcmp(value, "list") == 0) {
        to->list_faces = true;
        return ANEW_OK;
    }
    faces->choice = ANEW_FACES_NUMBERS;
    for (const char *at = value;; at++) {
        char *end = NULL;
        errno = 0;
        const long number = strtol(at, &end, 10);
        if (*at < '0' || *at > '9' || errno != 0 || number < 1 || number > LARGEST_NUMBER ||
            (*end != ',' && *end != '\0'))
            return wrong_faces(place, value, error);
        if (faces->number_count == ANEW_MOST_FACE_NUMBERS)
            return anew_fail(error, ANEW_ERROR_ARGUMENT, "%s%s: more than %d numbers", place, value,
                             ANEW_MOST_FACE_NUMBERS);
        faces->numbers[faces->number_count++] = (int)number;
        if (*end == '\0')
            return ANEW_OK;
        at = end;
    }
}

anew_status cli_read_area(cli_options *to, const char *place, const char *value, anew_error *error)
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
    if (count < 4 || numbers[2] <= 0 || numbers[3] <= 0)
        return anew_fail(error, ANEW_ERROR_ARGUMENT,
                         "%s%s: must be left, top, width and height in pixels, such as "
                         "100,50,300,200",
                         place, value);
    if (faces->area_count == ANEW_MOST_FACE_AREAS)
        return anew_fail(error, ANEW_ERROR_ARGUMENT, "%s%s: more than %d areas", place, value,
                         ANEW_MOST_FACE_AREAS);
    faces->areas[faces->area_count++] =
        (anew_face_area){numbers[0], numbers[1], numbers[2], numbers[3]};
    return ANEW_OK;
}

/* On the command line: what a preset or a configuration says for all pictures may have no meaning for some. */
static bool is_said(const cli_options *options, option_id id)
{
    return options->given[id] && options->source[id] == CLI_FROM_WORDS;
}

/* The first of the options that was given, or NULL. */
static const char *given_of(const cli_options *options, const option_id *ids, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (is_said(options, ids[i]))
            return cli_option_table[ids[i]].name;
    return NULL;
}

/* The first that was given and is none of them, or NULL. */
static const char *given_beyond(const cli_options *options, const option_id *ids, size_t count)
{
    for (int id = 0; id < OPT_COUNT; id++) {
        bool known = !is_said(options, (option_id)id);
        for (size_t i = 0; i < count; i++)
            known = known || ids[i] == (option_id)id;
        if (!known)
            return cli_option_table[id].name;
    }
    return NULL;
}

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

bool cli_faces_are_usable(const cli_options *o)
{
    static const option_id of_aligned[] = {
        OPT_ALIGNED,       OPT_FACE_MODEL,    OPT_FACE_STRENGTH, OPT_FACE_FIDELITY, OPT_OUTPUT,
        OPT_FORMAT,        OPT_QUALITY,       OPT_CHROMA,        OPT_LOSSLESS,      OPT_STRIP,
        OPT_FORCE,         OPT_SKIP_EXISTING, OPT_RECURSIVE,     OPT_LIST,          OPT_THREADS,
        OPT_NO_PROVENANCE, OPT_AFFINITY,      OPT_EXACT,         OPT_PRECISION,     OPT_FAST,
        OPT_MEMORY,        OPT_MAX_PIXELS,    OPT_JSON,          OPT_QUIET,         OPT_PRESET,
        OPT_SAVE_PRESET,   OPT_NO_CONFIG};
    static const option_id not_listing[] = {OPT_OUTPUT, OPT_SAVE_CROPS, OPT_DRAW_FACES, OPT_DRY_RUN,
                                            OPT_PROFILE};
    static const option_id of_faces[] = {OPT_FACE_EXCLUDE, OPT_FACE_MAX_SIZE, OPT_SAVE_CROPS,
                                         OPT_DRAW_FACES};
    const char *other = NULL;
    if (o->aligned && (other = given_beyond(o, of_aligned, COUNT_OF(of_aligned))) != NULL)
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
