/* fuzz_json.c - fuzz target: JSON, and lists of faces, which are read from it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/face_lists.h"
#include "cli/json_read.h"
#include "fuzz.h"

/* What is read is a tree of what the header promises. */
static void check_value(const json_value *value, int depth)
{
    int count = 0;
    if (value->line < 1 || value->column < 1 || depth > JSON_MOST_DEPTH || !isfinite(value->number))
        abort();
    if ((value->kind == JSON_STRING) != (value->text != NULL))
        abort();
    for (const json_value *inner = value->first; inner != NULL; inner = inner->next, count++) {
        if ((inner->name != NULL) != (value->kind == JSON_OBJECT))
            abort();
        check_value(inner, depth + 1);
    }
    if (count != value->count)
        abort();
}

static anew_status parse(const uint8_t *data, size_t size, anew_error *error)
{
    json_document *document = NULL;
    uint8_t *copy = fuzz_copy(data, size);
    int count = 0;
    const anew_status status = json_read(&document, (const char *)copy, size, FUZZ_LABEL, error);
    free(copy); /* nothing of it is used afterwards */
    if (status == ANEW_OK)
        for (const json_value *v = json_first(document, &count); v != NULL; v = v->next)
            check_value(v, 0);
    json_free(&document);
    return status;
}

static anew_status parse_list(const uint8_t *data, size_t size, anew_error *error)
{
    cli_face_lists *lists = NULL;
    anew_face_wishes wishes = {0};
    uint8_t *copy = fuzz_copy(data, size);
    anew_status status = cli_face_lists_parse(&lists, (const char *)copy, size, FUZZ_LABEL, error);
    free(copy);
    if (status == ANEW_OK)
        status = cli_face_lists_find(&wishes, lists, "a/photo.jpg", 640, 480, error);
    for (int i = 0; status == ANEW_OK && i < wishes.count; i++) {
        const anew_face_wish *w = &wishes.list[i];
        if (!(w->face.box[0] < w->face.box[2]) || !(w->face.box[1] < w->face.box[3]) ||
            !(w->strength <= 1) || !(w->fidelity <= 1))
            abort();
    }
    cli_face_lists_free(&lists);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_twice(parse, data, size);
    fuzz_twice(parse_list, data, size);
    return 0;
}
