/*
 * pytorch_legacy.c - a .pth of the time before PyTorch 1.6: pickles one after the other, then raw data.
 *
 *     pickle    a magic number
 *     pickle    the protocol version, 1001
 *     pickle    facts of the machine that wrote it
 *     pickle    what torch.save was given
 *     pickle    the list of storage keys
 *     then for each key in that order: element count (64 bits), elements; nothing is aligned
 *
 * How large an element of a storage is, only the tensors that use it know.
 */
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "state_dict.h"

#define MAX_PICKLE   ((size_t)64 << 20)
#define MAX_STORAGES 65536

typedef struct legacy_storage {
    const char *key; /* of the key list's pickle */
    const uint8_t *data;
    int64_t count;
    element_type type;
} legacy_storage;

typedef struct legacy_storages {
    legacy_storage *list;
    size_t count;
    const char *label;
} legacy_storages;

bool pytorch_legacy_sniff(const uint8_t *data, size_t size)
{
    return size >= 8 && memcmp(data, "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46", 8) == 0;
}

static anew_status find_storage(void *context, const char *key, element_type type,
                                const char *tensor, const uint8_t **data, int64_t *count,
                                anew_error *error)
{
    const legacy_storages *s = context;
    for (size_t i = 0; i < s->count; i++) {
        if (strcmp(s->list[i].key, key) != 0)
            continue;
        if (s->list[i].type != type)
            break;
        *data = s->list[i].data;
        *count = s->list[i].count;
        return ANEW_OK;
    }
    return anew_fail(error, ANEW_ERROR_FORMAT, "%s: the data of tensor '%s' is missing", s->label,
                     tensor);
}

static int by_key(const void *a, const void *b)
{
    const pickle_value *const *x = a, *const *y = b;
    return strcmp((*x)->text, (*y)->text);
}

/* The storages that the object's tensors name, sorted by key. */
static anew_status gather_storages(const pickle_value ***found, size_t *count,
                                   const pickle *machine, const char *label, anew_error *error)
{
    const pickle_value *value = NULL;
    *count = 0;
    for (size_t i = 0; (value = pickle_value_at(machine, i)) != NULL; i++)
        *count += value->kind == PICKLE_STORAGE;
    *found = anew_alloc(anew_size_mul(*count, sizeof **found));
    if (*found == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory for its tensors", label);
    *count = 0;
    for (size_t i = 0; (value = pickle_value_at(machine, i)) != NULL; i++)
        if (value->kind == PICKLE_STORAGE)
            (*found)[(*count)++] = value;
    if (*count > 0)
        qsort(*found, *count, sizeof **found, by_key);
    return ANEW_OK;
}

/* Walks over the raw data at the file's end. */
static anew_status locate(legacy_storages *s, const pickle_value *keys,
                          const pickle_value *const *named, size_t named_count, const uint8_t *data,
                          size_t size, anew_error *error)
{
    size_t at = 0;
    if (keys->count > MAX_STORAGES)
        return anew_fail(error, ANEW_ERROR_LIMIT, "%s: more than %d storages", s->label,
                         MAX_STORAGES);
    s->list = anew_alloc(anew_size_mul(keys->count, sizeof *s->list));
    if (s->list == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory for its tensors", s->label);
    for (size_t i = 0; i < keys->count; i++) {
        const pickle_value *key = keys->items[i];
        uint64_t count = 0;
        if (key->kind != PICKLE_TEXT)
            return anew_fail(error, ANEW_ERROR_FORMAT, "%s: a storage whose name is no text",
                             s->label);
        const pickle_value *const *user =
            named_count == 0 ? NULL : bsearch(&key, named, named_count, sizeof *named, by_key);
        if (user == NULL)
            return anew_fail(error, ANEW_ERROR_FORMAT,
                             "%s: storage '%.60s' belongs to nothing, so its size is unknown",
                             s->label, key->text);
        const element_type type = (*user)->type;
        if (size - at < 8)
            return anew_fail(error, ANEW_ERROR_FORMAT, "%s: its data is cut", s->label);
        for (size_t b = 8; b-- > 0;)
            count = count << 8 | data[at + b];
        at += 8;
        if (count > (size - at) / element_bytes(type))
            return anew_fail(error, ANEW_ERROR_FORMAT, "%s: its data is cut", s->label);
        s->list[s->count++] = (legacy_storage){key->text, data + at, (int64_t)count, type};
        at += (size_t)count * element_bytes(type);
    }
    return ANEW_OK;
}

anew_status pytorch_legacy_read(checkpoint *c, const uint8_t *data, size_t size, const char *label,
                                anew_error *error)
{
    pickle *machine = NULL, *object = NULL, *list = NULL;
    const pickle_value *root = NULL, *keys = NULL, **named = NULL;
    legacy_storages storages = {.label = label};
    const storage_source source = {&storages, find_storage};
    anew_status status = ANEW_OK;
    size_t at = 0, used = 0, named_count = 0;
    c->container = "PyTorch, before 1.6";
    for (int i = 0; i < 5; i++) {
        pickle **which = i == 3 ? &object : i == 4 ? &list : &machine;
        const size_t left = size - at < MAX_PICKLE ? size - at : MAX_PICKLE;
        const pickle_value *value = NULL;
        ANEW_TRY_GOTO(pickle_load(which, &value, data + at, left, &used, label, error), out);
        at += used;
        if (i == 1 && (value->kind != PICKLE_INTEGER || value->integer != 1001)) {
            status = anew_fail(error, ANEW_ERROR_FORMAT,
                               "%s: a .pth of an unknown protocol, not 1001", label);
            goto out;
        }
        if (i == 3)
            root = value;
        if (i == 4)
            keys = value;
        if (which == &machine)
            pickle_free(&machine);
    }
    if (keys->kind != PICKLE_LIST) {
        status = anew_fail(error, ANEW_ERROR_FORMAT, "%s: its list of storages is missing", label);
        goto out;
    }
    ANEW_TRY_GOTO(gather_storages(&named, &named_count, object, label, error), out);
    ANEW_TRY_GOTO(locate(&storages, keys, named, named_count, data + at, size - at, error), out);
    status = state_dict_add(c, root, &source, label, error);
out:
    anew_free((void *)(uintptr_t)named);
    anew_free(storages.list);
    pickle_free(&machine);
    pickle_free(&object);
    pickle_free(&list);
    return status;
}
