/*
 * state_dict.c - finds the state dict in its wrappers. The order of the words below is that of the tools
 * that write them ("params_ema" is the averaged, better set where both stand).
 */
#include "state_dict.h"

#include <stdio.h>
#include <string.h>

#define MAX_NESTED 4
#define MAX_DEPTH  32 /* of modules */
#define MAX_NAME   512

/* Goes into wrappers until a dictionary that holds tensors is reached. */
static const pickle_value *unwrap(const pickle_value *root)
{
    static const char *const wrappers[] = {
        "params_ema", "params", "model_state_dict", "state_dict", "params-ema", "model", "net"};
    for (int depth = 0; depth < MAX_NESTED && root->kind == PICKLE_DICT; depth++) {
        const pickle_value *inner = NULL;
        for (size_t i = 0; inner == NULL && i < sizeof wrappers / sizeof wrappers[0]; i++) {
            const pickle_value *found = pickle_get(root, wrappers[i]);
            if (found != NULL && (found->kind == PICKLE_DICT || found->kind == PICKLE_OBJECT))
                inner = found;
        }
        if (inner == NULL && root->count == 2 &&
            (root->items[1]->kind == PICKLE_DICT || root->items[1]->kind == PICKLE_OBJECT))
            inner = root->items[1];
        if (inner == NULL)
            break;
        root = inner;
    }
    return root;
}

static anew_status add_tensor(checkpoint *c, const char *name, const pickle_value *tensor,
                              const storage_source *source, const char *label, anew_error *error)
{
    const pickle_value *storage = tensor->storage;
    const uint8_t *data = NULL;
    int64_t count = 0;
    ANEW_TRY(
        source->find(source->context, storage->text, storage->type, name, &data, &count, error));
    if (count < storage->integer)
        return anew_fail(error, ANEW_ERROR_FORMAT, "%s: the data of tensor '%s' is cut", label,
                         name);
    return checkpoint_add(c, label, name, storage->type, tensor->rank, tensor->dims,
                          tensor->strides, data, tensor->integer, count, error);
}

/* Tensors of a module that was saved whole: its own by name, then those of the modules in it, each under
 * its name and a dot, as module.state_dict() would call them. */
static anew_status add_module(checkpoint *c, const char *prefix, int depth,
                              const pickle_value *module, const storage_source *source,
                              const char *label, anew_error *error)
{
    static const char *const own[] = {"_parameters", "_buffers"};
    char name[MAX_NAME];
    if (depth > MAX_DEPTH)
        return anew_fail(error, ANEW_ERROR_LIMIT, "%s: modules nest deeper than %d", label,
                         MAX_DEPTH);
    for (int k = 0; k < 3; k++) {
        const pickle_value *part = pickle_get(module, k < 2 ? own[k] : "_modules");
        for (size_t i = 0; part != NULL && part->kind == PICKLE_DICT && i + 1 < part->count;
             i += 2) {
            const pickle_value *key = part->items[i], *value = part->items[i + 1];
            if (key->kind != PICKLE_TEXT)
                continue;
            const int length = snprintf(name, sizeof name, "%s%s", prefix, key->text);
            if (length < 0 || length + 1 >= (int)sizeof name)
                return anew_fail(error, ANEW_ERROR_LIMIT, "%s: a tensor's name is too long", label);
            if (k < 2 && value->kind == PICKLE_TENSOR)
                ANEW_TRY(add_tensor(c, name, value, source, label, error));
            if (k == 2 && value->kind == PICKLE_OBJECT) {
                memcpy(name + length, ".", 2);
                ANEW_TRY(add_module(c, name, depth + 1, value, source, label, error));
            }
        }
    }
    return ANEW_OK;
}

anew_status state_dict_add(checkpoint *c, const pickle_value *root, const storage_source *source,
                           const char *label, anew_error *error)
{
    const pickle_value *state = unwrap(root);
    if (state->kind == PICKLE_OBJECT) {
        ANEW_TRY(add_module(c, "", 0, state, source, label, error));
        if (c->count == 0)
            return anew_fail(error, ANEW_ERROR_FORMAT,
                             "%s: a module saved whole, in which no tensors are found", label);
        return ANEW_OK;
    }
    if (state->kind != PICKLE_DICT)
        return anew_fail(error, ANEW_ERROR_FORMAT, "%s: holds no dictionary of tensors", label);
    for (size_t i = 0; i + 1 < state->count; i += 2)
        if (state->items[i]->kind == PICKLE_TEXT && state->items[i + 1]->kind == PICKLE_TENSOR)
            ANEW_TRY(
                add_tensor(c, state->items[i]->text, state->items[i + 1], source, label, error));
    if (c->count == 0)
        return anew_fail(error, ANEW_ERROR_FORMAT, "%s: holds no tensors", label);
    return ANEW_OK;
}
