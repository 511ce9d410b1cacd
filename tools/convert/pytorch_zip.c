/*
 * pytorch_zip.c - a .pth of PyTorch 1.6 and later: a zip with a pickle and one entry per storage.
 *
 *     TOP/data.pkl      what torch.save was given
 *     TOP/data/KEY      the raw elements of storage KEY
 *
 * The state dict may be wrapped; the order of the words below is that of the tools that write them
 * ("params_ema" is the averaged, better set where both stand).
 */
#include <stdio.h>
#include <string.h>

#include "checkpoint.h"
#include "core/memory.h"
#include "pickle.h"
#include "zip.h"

#define MAX_PICKLE ((uint64_t)64 << 20)
#define MAX_NESTED 4

/* The entry that ends in "/data.pkl"; its folder, with the slash, into `top`. */
static const zip_entry *find_pickle(const zip_archive *zip, char *top, size_t top_bytes)
{
    static const char wanted[] = "/data.pkl";
    const size_t length = sizeof wanted - 1;
    for (int i = 0; i < zip->count; i++) {
        const zip_entry *e = &zip->entries[i];
        if (e->name_bytes >= length && e->name_bytes - length + 2 < top_bytes &&
            memcmp(e->name + e->name_bytes - length, wanted, length) == 0) {
            (void)snprintf(top, top_bytes, "%.*s/", (int)(e->name_bytes - length),
                           (const char *)e->name);
            return e;
        }
    }
    return NULL;
}

/* Goes into wrappers until a dictionary that holds tensors is reached. */
static const pickle_value *unwrap(const pickle_value *root)
{
    static const char *const wrappers[] = {
        "params_ema", "params", "model_state_dict", "state_dict", "params-ema", "model", "net"};
    for (int depth = 0; depth < MAX_NESTED && root->kind == PICKLE_DICT; depth++) {
        const pickle_value *inner = NULL;
        for (size_t i = 0; inner == NULL && i < sizeof wrappers / sizeof wrappers[0]; i++) {
            const pickle_value *found = pickle_get(root, wrappers[i]);
            if (found != NULL && found->kind == PICKLE_DICT)
                inner = found;
        }
        if (inner == NULL && root->count == 2 && root->items[1]->kind == PICKLE_DICT)
            inner = root->items[1];
        if (inner == NULL)
            break;
        root = inner;
    }
    return root;
}

static anew_status add_tensor(checkpoint *c, const zip_archive *zip, const char *top,
                              const char *name, const pickle_value *tensor, anew_error *error)
{
    char path[1024];
    const pickle_value *storage = tensor->storage;
    const uint8_t *data = NULL;
    int64_t count = 0;
    const int length = snprintf(path, sizeof path, "%sdata/%s", top, storage->text);
    const zip_entry *entry =
        length < 0 || (size_t)length >= sizeof path ? NULL : zip_find(zip, path);
    if (entry == NULL && storage->integer > 0)
        return anew_fail(error, ANEW_ERROR_FORMAT, "%s: the data of tensor '%s' (%s) is missing",
                         zip->label, name, path);
    if (entry != NULL) {
        ANEW_TRY(zip_bytes(zip, entry, &data, error));
        count = (int64_t)(entry->bytes / element_bytes(storage->type));
    }
    if (count < storage->integer)
        return anew_fail(error, ANEW_ERROR_FORMAT, "%s: the data of tensor '%s' is cut", zip->label,
                         name);
    return checkpoint_add(c, zip->label, name, storage->type, tensor->rank, tensor->dims,
                          tensor->strides, data, tensor->integer, count, error);
}

anew_status pytorch_zip_read(checkpoint *c, const uint8_t *data, size_t size, const char *label,
                             anew_error *error)
{
    zip_archive zip = {0};
    pickle *machine = NULL;
    const pickle_value *root = NULL;
    const uint8_t *program = NULL;
    char top[512];
    anew_status status = ANEW_OK;
    c->container = "PyTorch zip";
    ANEW_TRY_GOTO(zip_open(&zip, data, size, label, error), out);
    const zip_entry *entry = find_pickle(&zip, top, sizeof top);
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
    ANEW_TRY_GOTO(pickle_load(&machine, &root, program, (size_t)entry->bytes, label, error), out);
    const pickle_value *state = unwrap(root);
    if (state->kind != PICKLE_DICT) {
        status = anew_fail(error, ANEW_ERROR_FORMAT, "%s: holds no dictionary of tensors", label);
        goto out;
    }
    for (size_t i = 0; i + 1 < state->count; i += 2)
        if (state->items[i]->kind == PICKLE_TEXT && state->items[i + 1]->kind == PICKLE_TENSOR)
            ANEW_TRY_GOTO(
                add_tensor(c, &zip, top, state->items[i]->text, state->items[i + 1], error), out);
    if (c->count == 0)
        status = anew_fail(error, ANEW_ERROR_FORMAT, "%s: holds no tensors", label);
out:
    pickle_free(&machine);
    zip_free(&zip);
    return status;
}
