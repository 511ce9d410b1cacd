/*
 * state_dict.c - finds the state dict in its wrappers. The order of the words below is that of the tools
 * that write them ("params_ema" is the averaged, better set where both stand).
 *
 * A whole module (torch.save(model)) has no state dict; its tensors are those of its attributes
 * `_parameters` and `_buffers`, under the names that torch.nn.Module.state_dict() would give them, and
 * those of the modules in `_modules`.
 */
#include "state_dict.h"

#include <stdio.h>
#include <string.h>

#define MAX_NESTED  4  /* wrappers */
#define MAX_DEPTH   64 /* modules in modules */
#define MAX_MODULES 65536
#define MAX_NAME    512

typedef struct gathering {
    checkpoint *c;
    const storage_source *source;
    const char *label;
    int modules; /* visited: one that holds itself twice would be endless */
    anew_error *error;
} gathering;

/* ---- wrappers ---------------------------------------------------------------------------------------- */

static bool holds_entries(const pickle_value *value)
{
    return (value->kind == PICKLE_DICT || value->kind == PICKLE_OBJECT) && value->count > 0;
}

/* An attribute of an object, or NULL. */
static const pickle_value *attribute(const pickle_value *object, const char *name)
{
    return object->kind == PICKLE_OBJECT && object->state != NULL &&
                   object->state->kind == PICKLE_DICT
               ? pickle_get(object->state, name)
               : NULL;
}

static bool is_module(const pickle_value *value)
{
    return attribute(value, "_modules") != NULL || attribute(value, "_parameters") != NULL;
}

/* The tensor that a value is: also an old parameter, an object whose state is one. */
static const pickle_value *tensor_of(const pickle_value *value)
{
    if (value->kind == PICKLE_OBJECT && value->state != NULL)
        value = value->state;
    return value->kind == PICKLE_TENSOR ? value : NULL;
}

static bool holds_tensors(const pickle_value *value)
{
    for (size_t i = 0; holds_entries(value) && i + 1 < value->count; i += 2)
        if (value->items[i]->kind == PICKLE_TEXT && tensor_of(value->items[i + 1]) != NULL)
            return true;
    return false;
}

/* A loss is a module too. */
static bool has_layers(const pickle_value *value)
{
    const pickle_value *modules = attribute(value, "_modules");
    const pickle_value *parameters = attribute(value, "_parameters");
    return (modules != NULL && holds_entries(modules)) ||
           (parameters != NULL && holds_entries(parameters));
}

/* The only entry that could be the weights, where none has a name that is known. */
static const pickle_value *only_candidate(const pickle_value *root)
{
    const pickle_value *found = NULL;
    for (size_t i = 0; i + 1 < root->count; i += 2) {
        if (!has_layers(root->items[i + 1]) && !holds_tensors(root->items[i + 1]))
            continue;
        if (found != NULL)
            return NULL;
        found = root->items[i + 1];
    }
    return found;
}

/* How many entries are dictionaries of tensors themselves (IRCNN's file has one for each level of noise). */
static int networks_in(const pickle_value *value)
{
    int count = 0;
    for (size_t i = 0; holds_entries(value) && i + 1 < value->count; i += 2)
        if (has_layers(value->items[i + 1]) || holds_tensors(value->items[i + 1]))
            count++;
    return count;
}

/* Goes into wrappers until a module or a dictionary that holds tensors is reached. */
static const pickle_value *unwrap(const pickle_value *root)
{
    static const char *const wrappers[] = {"params_ema", "params",     "model_state_dict",
                                           "state_dict", "params-ema", "model",
                                           "net",        "ema",        "g_ema",
                                           "netG",       "generator",  "network",
                                           "state_dicts"};
    for (int depth = 0; depth < MAX_NESTED && holds_entries(root) && !is_module(root); depth++) {
        const pickle_value *inner = NULL;
        for (size_t i = 0; inner == NULL && i < sizeof wrappers / sizeof wrappers[0]; i++) {
            const pickle_value *found = pickle_get(root, wrappers[i]);
            if (found != NULL && (holds_entries(found) || is_module(found)))
                inner = found;
        }
        if (inner == NULL && root->count == 2 && holds_entries(root->items[1]))
            inner = root->items[1];
        if (inner == NULL && !holds_tensors(root))
            inner = only_candidate(root);
        if (inner == NULL)
            break;
        root = inner;
    }
    return root;
}

/* ---- tensors ----------------------------------------------------------------------------------------- */

static anew_status add_tensor(gathering *g, const char *name, const pickle_value *tensor)
{
    const pickle_value *storage = tensor->storage;
    const uint8_t *data = NULL;
    int64_t count = 0;
    ANEW_TRY(g->source->find(g->source->context, storage->text, storage->type, name, &data, &count,
                             g->error));
    if (storage->first > count || count - storage->first < storage->integer)
        return anew_fail(g->error, ANEW_ERROR_FORMAT, "%s: the data of tensor '%s' is cut",
                         g->label, name);
    return checkpoint_add(g->c, g->label, name, storage->type, tensor->rank, tensor->dims,
                          tensor->strides,
                          data + (size_t)storage->first * element_bytes(storage->type),
                          tensor->integer, storage->integer, g->error);
}

/* The entries of a dictionary that are tensors; everything else is passed over, and so are the names in
 * `left_out` (NULL or a list). */
static anew_status add_entries(gathering *g, const char *prefix, const pickle_value *entries,
                               const pickle_value *left_out)
{
    for (size_t i = 0; entries != NULL && holds_entries(entries) && i + 1 < entries->count;
         i += 2) {
        const pickle_value *key = entries->items[i], *tensor = tensor_of(entries->items[i + 1]);
        char name[MAX_NAME];
        if (key->kind != PICKLE_TEXT || tensor == NULL)
            continue;
        bool wanted = true;
        for (size_t k = 0; left_out != NULL && left_out->kind == PICKLE_LIST && k < left_out->count;
             k++)
            if (left_out->items[k]->kind == PICKLE_TEXT &&
                strcmp(left_out->items[k]->text, key->text) == 0)
                wanted = false;
        if (!wanted)
            continue;
        if (snprintf(name, sizeof name, "%s%s", prefix, key->text) >= (int)sizeof name)
            return anew_fail(g->error, ANEW_ERROR_LIMIT,
                             "%s: a tensor's name of more than %d bytes", g->label, MAX_NAME);
        ANEW_TRY(add_tensor(g, name, tensor));
    }
    return ANEW_OK;
}

static anew_status add_module(gathering *g, const char *prefix, const pickle_value *module,
                              int depth)
{
    if (depth > MAX_DEPTH || ++g->modules > MAX_MODULES)
        return anew_fail(g->error, ANEW_ERROR_LIMIT, "%s: its modules are nested without end",
                         g->label);
    ANEW_TRY(add_entries(g, prefix, attribute(module, "_parameters"), NULL));
    ANEW_TRY(add_entries(g, prefix, attribute(module, "_buffers"),
                         attribute(module, "_non_persistent_buffers_set")));
    const pickle_value *inner = attribute(module, "_modules");
    for (size_t i = 0; inner != NULL && holds_entries(inner) && i + 1 < inner->count; i += 2) {
        const pickle_value *key = inner->items[i];
        char name[MAX_NAME];
        if (key->kind != PICKLE_TEXT || !is_module(inner->items[i + 1]))
            continue;
        if (snprintf(name, sizeof name, "%s%s.", prefix, key->text) >= (int)sizeof name)
            return anew_fail(g->error, ANEW_ERROR_LIMIT,
                             "%s: a tensor's name of more than %d bytes", g->label, MAX_NAME);
        ANEW_TRY(add_module(g, name, inner->items[i + 1], depth + 1));
    }
    return ANEW_OK;
}

anew_status state_dict_add(checkpoint *c, const pickle_value *root, const storage_source *source,
                           const char *label, anew_error *error)
{
    gathering g = {.c = c, .source = source, .label = label, .error = error};
    const pickle_value *state = unwrap(root);
    if (is_module(state))
        ANEW_TRY(add_module(&g, "", state, 0));
    else if (holds_entries(state))
        ANEW_TRY(add_entries(&g, "", state, NULL));
    else
        return anew_fail(error, ANEW_ERROR_FORMAT, "%s: holds no dictionary of tensors", label);
    const int networks = c->count == 0 ? networks_in(state) : 0;
    if (networks > 1)
        return anew_fail(
            error, ANEW_ERROR_UNSUPPORTED,
            "%s: holds %d networks beside each other: write the one that is wanted into "
            "a file of its own",
            label, networks);
    if (c->count == 0)
        return anew_fail(error, ANEW_ERROR_FORMAT, "%s: holds no tensors", label);
    return ANEW_OK;
}
