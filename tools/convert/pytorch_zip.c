/*
 * pytorch_zip.c - a .pth of PyTorch 1.6 and later: a zip with a pickle and one entry per storage.
 *
 *     TOP/data.pkl      what torch.save was given
 *     TOP/data/KEY      the raw elements of storage KEY
 */
#include <stdio.h>
#include <string.h>

#include "state_dict.h"
#include "zip.h"

#define MAX_PICKLE ((uint64_t)64 << 20)

typedef struct zip_storages {
    zip_archive *zip;
    char top[512]; /* the archive's folder, with the slash */
} zip_storages;

/* The entry that ends in "/data.pkl"; its folder, with the slash, into `top`. */
static zip_entry *find_pickle(const zip_archive *zip, char *top, size_t top_bytes)
{
    static const char wanted[] = "/data.pkl";
    const size_t length = sizeof wanted - 1;
    for (int i = 0; i < zip->count; i++) {
        zip_entry *e = &zip->entries[i];
        if (e->name_bytes >= length && e->name_bytes - length + 2 < top_bytes &&
            memcmp(e->name + e->name_bytes - length, wanted, length) == 0) {
            (void)snprintf(top, top_bytes, "%.*s/", (int)(e->name_bytes - length),
                           (const char *)e->name);
            return e;
        }
    }
    return NULL;
}

static anew_status find_storage(void *context, const char *key, element_type type,
                                const char *tensor, const uint8_t **data, int64_t *count,
                                anew_error *error)
{
    const zip_storages *s = context;
    char path[1024];
    const int length = snprintf(path, sizeof path, "%sdata/%s", s->top, key);
    zip_entry *entry = length < 0 || (size_t)length >= sizeof path ? NULL : zip_find(s->zip, path);
    if (entry == NULL)
        return anew_fail(error, ANEW_ERROR_FORMAT,
                         "%s: the data of tensor '%s' (%.200s) is missing", s->zip->label, tensor,
                         path);
    ANEW_TRY(zip_bytes(s->zip, entry, data, error));
    *count = (int64_t)(entry->bytes / element_bytes(type));
    return ANEW_OK;
}

anew_status pytorch_zip_read(checkpoint *c, const uint8_t *data, size_t size, const char *label,
                             anew_error *error)
{
    zip_archive zip = {0};
    zip_storages storages = {.zip = &zip};
    const storage_source source = {&storages, find_storage};
    pickle *machine = NULL;
    const pickle_value *root = NULL;
    const uint8_t *program = NULL;
    anew_status status = ANEW_OK;
    c->container = "PyTorch zip";
    ANEW_TRY_GOTO(zip_open(&zip, data, size, label, error), out);
    zip_entry *entry = find_pickle(&zip, storages.top, sizeof storages.top);
    if (entry == NULL) {
        status = anew_fail(error, ANEW_ERROR_FORMAT,
                           "%s: a zip archive without data.pkl: no PyTorch checkpoint", label);
        goto out;
    }
    if (entry->bytes > MAX_PICKLE) {
        status = anew_fail(error, ANEW_ERROR_LIMIT, "%s: its pickle is larger than 64 MB", label);
        goto out;
    }
    ANEW_TRY_GOTO(zip_bytes(&zip, entry, &program, error), out);
    ANEW_TRY_GOTO(pickle_load(&machine, &root, program, (size_t)entry->bytes, NULL, label, error),
                  out);
    status = state_dict_add(c, root, &source, label, error);
out:
    pickle_free(&machine);
    zip_free(&zip);
    return status;
}
