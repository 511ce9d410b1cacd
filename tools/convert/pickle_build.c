/*
 * pickle_build.c - the values that a pickle may build. What it asks Python to construct is one of a few
 * known things, or it is refused; a class that we do not know can only become an inert object, a bag of
 * attributes, so that the tensors of a module that was saved whole can be found.
 */
#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "pickle_machine.h"

/* ---- names ----------------------------------------------------------------------------------------- */

anew_status pickle_push_name(pickle *m, const char *module, const char *name)
{
    static const struct {
        const char *module, *name;
        known_name known;
        element_type type;
    } names[] = {
        {"collections", "OrderedDict", NAME_ORDERED_DICT, ELEMENT_UNKNOWN},
        {"builtins", "set", NAME_SET, ELEMENT_UNKNOWN},
        {"__builtin__", "set", NAME_SET, ELEMENT_UNKNOWN},
        {"typing", "OrderedDict", NAME_ORDERED_DICT, ELEMENT_UNKNOWN},
        {"torch._utils", "_rebuild_tensor_v2", NAME_REBUILD_TENSOR, ELEMENT_UNKNOWN},
        {"torch._utils", "_rebuild_tensor", NAME_REBUILD_TENSOR, ELEMENT_UNKNOWN}, /* before 0.4 */
        {"torch._utils", "_rebuild_parameter", NAME_REBUILD_PARAMETER, ELEMENT_UNKNOWN},
        {"torch", "FloatStorage", NAME_STORAGE, ELEMENT_F32},
        {"torch", "HalfStorage", NAME_STORAGE, ELEMENT_F16},
        {"torch", "BFloat16Storage", NAME_STORAGE, ELEMENT_BF16},
        {"torch", "DoubleStorage", NAME_STORAGE, ELEMENT_F64},
        {"torch", "LongStorage", NAME_STORAGE, ELEMENT_I64},
        {"torch", "IntStorage", NAME_STORAGE, ELEMENT_I32},
        {"torch", "ShortStorage", NAME_STORAGE, ELEMENT_I16},
        {"torch", "CharStorage", NAME_STORAGE, ELEMENT_I8},
        {"torch", "ByteStorage", NAME_STORAGE, ELEMENT_U8},
        {"torch", "BoolStorage", NAME_STORAGE, ELEMENT_BOOL},
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(module, names[i].module) == 0 && strcmp(name, names[i].name) == 0) {
            ANEW_TRY(pickle_push_new(m, PICKLE_NAME, names[i].known, 0));
            m->stack[m->depth - 1]->type = names[i].type;
            return ANEW_OK;
        }
    }
    /* A name alone does nothing; what is done with it decides. */
    char full[256];
    (void)snprintf(full, sizeof full, "%.120s.%.120s", module, name);
    ANEW_TRY(pickle_push_new(m, PICKLE_NAME, NAME_FOREIGN, 0));
    m->stack[m->depth - 1]->text = anew_text_copy(full);
    return m->stack[m->depth - 1]->text == NULL ? pickle_no_memory(m) : ANEW_OK;
}

/* ---- building -------------------------------------------------------------------------------------- */

/* Everything above the topmost mark becomes a list; the mark goes. */
anew_status pickle_build_list(pickle *m)
{
    size_t first = 0;
    pickle_value *list = NULL;
    ANEW_TRY(pickle_find_mark(m, &first));
    ANEW_TRY(pickle_create(m, PICKLE_LIST, &list));
    for (size_t i = first; i < m->depth; i++)
        ANEW_TRY(pickle_append(m, list, m->stack[i]));
    m->depth = first - 1;
    return pickle_push(m, list);
}

anew_status pickle_build_tuple(pickle *m, size_t count)
{
    pickle_value *list = NULL;
    if (m->depth < count)
        return pickle_damaged(m, "the stack is empty");
    ANEW_TRY(pickle_create(m, PICKLE_LIST, &list));
    for (size_t i = m->depth - count; i < m->depth; i++) {
        if (m->stack[i]->kind == PICKLE_MARK)
            return pickle_damaged(m, "a mark in a tuple");
        ANEW_TRY(pickle_append(m, list, m->stack[i]));
    }
    m->depth -= count;
    return pickle_push(m, list);
}

/* Adds what stands from `first` on to the container below it; `mark` of 1 also drops the mark. */
anew_status pickle_add_items(pickle *m, size_t first, size_t mark, pickle_kind kind)
{
    if (first < mark + 1 || first > m->depth || m->stack[first - mark - 1]->kind != kind ||
        (kind == PICKLE_DICT && (m->depth - first) % 2 != 0))
        return pickle_damaged(m, "items for something that takes none");
    pickle_value *container = m->stack[first - mark - 1];
    for (size_t i = first; i < m->depth; i++) {
        if (m->stack[i]->kind == PICKLE_MARK)
            return pickle_damaged(m, "a mark among items");
        ANEW_TRY(pickle_append(m, container, m->stack[i]));
    }
    m->depth = first - mark;
    return ANEW_OK;
}

static bool is_list_of(const pickle_value *value, size_t at_least)
{
    return value->kind == PICKLE_LIST && value->count >= at_least;
}

/* ('storage', type, key, device, count), pushed by BINPERSID; a sixth element is None but for views. */
anew_status pickle_build_persistent(pickle *m)
{
    pickle_value *id = NULL, *storage = NULL;
    ANEW_TRY(pickle_pop(m, &id));
    /* ('module', class, source file, source): the class alone is of use. */
    if (is_list_of(id, 2) && id->items[0]->kind == PICKLE_TEXT &&
        strcmp(id->items[0]->text, "module") == 0 && id->items[1]->kind == PICKLE_NAME)
        return pickle_push(m, id->items[1]);
    if (!is_list_of(id, 5) || id->items[0]->kind != PICKLE_TEXT ||
        strcmp(id->items[0]->text, "storage") != 0 || id->items[1]->kind != PICKLE_NAME ||
        id->items[1]->integer != NAME_STORAGE || id->items[2]->kind != PICKLE_TEXT ||
        id->items[4]->kind != PICKLE_INTEGER || id->items[4]->integer < 0)
        return pickle_damaged(m, "a storage that is described in an unknown way");
    if (id->count > 5 && id->items[5]->kind != PICKLE_NONE)
        return pickle_damaged(m, "a storage that is a part of another one");
    ANEW_TRY(pickle_create(m, PICKLE_STORAGE, &storage));
    storage->type = id->items[1]->type;
    storage->integer = id->items[4]->integer;
    storage->text = anew_text_copy(id->items[2]->text);
    if (storage->text == NULL)
        return pickle_no_memory(m);
    return pickle_push(m, storage);
}

static anew_status build_tensor(pickle *m, const pickle_value *arguments)
{
    pickle_value *tensor = NULL;
    if (!is_list_of(arguments, 4) || arguments->items[0]->kind != PICKLE_STORAGE ||
        arguments->items[1]->kind != PICKLE_INTEGER || !is_list_of(arguments->items[2], 0) ||
        !is_list_of(arguments->items[3], 0) ||
        arguments->items[2]->count != arguments->items[3]->count)
        return pickle_damaged(m, "a tensor that is described in an unknown way");
    const pickle_value *dims = arguments->items[2], *strides = arguments->items[3];
    if (dims->count > ANEW_MAX_RANK)
        return pickle_damaged(m, "a tensor of too many dimensions");
    ANEW_TRY(pickle_create(m, PICKLE_TENSOR, &tensor));
    tensor->storage = arguments->items[0];
    tensor->integer = arguments->items[1]->integer;
    tensor->rank = (int)dims->count;
    for (size_t i = 0; i < dims->count; i++) {
        if (dims->items[i]->kind != PICKLE_INTEGER || strides->items[i]->kind != PICKLE_INTEGER)
            return pickle_damaged(m, "a tensor whose shape is no numbers");
        tensor->dims[i] = dims->items[i]->integer;
        tensor->strides[i] = strides->items[i]->integer;
    }
    return pickle_push(m, tensor);
}

/* OrderedDict(), or OrderedDict([(key, value), ...]). */
static anew_status build_dict(pickle *m, const pickle_value *arguments)
{
    pickle_value *dict = NULL;
    ANEW_TRY(pickle_create(m, PICKLE_DICT, &dict));
    if (arguments->count > 0) {
        const pickle_value *pairs = arguments->items[0];
        if (pairs->kind != PICKLE_LIST)
            return pickle_damaged(m, "a dictionary made of something else than pairs");
        for (size_t i = 0; i < pairs->count; i++) {
            if (!is_list_of(pairs->items[i], 2))
                return pickle_damaged(m, "a dictionary made of something else than pairs");
            ANEW_TRY(pickle_append(m, dict, pairs->items[i]->items[0]));
            ANEW_TRY(pickle_append(m, dict, pairs->items[i]->items[1]));
        }
    }
    return pickle_push(m, dict);
}

/* NEWOBJ: an object of a class, made from nothing. */
anew_status pickle_build_object(pickle *m)
{
    pickle_value *arguments = NULL, *name = NULL;
    ANEW_TRY(pickle_pop(m, &arguments));
    ANEW_TRY(pickle_pop(m, &name));
    if (name->kind != PICKLE_NAME || name->integer != NAME_FOREIGN || !is_list_of(arguments, 0) ||
        arguments->count > 0)
        return pickle_damaged(m, "an object of no class, or made of something");
    return pickle_push_new(m, PICKLE_OBJECT, 0, 0);
}

/* "Call it with these arguments" in Python; here one of a few known constructions. */
anew_status pickle_reduce(pickle *m)
{
    pickle_value *arguments = NULL, *name = NULL;
    ANEW_TRY(pickle_pop(m, &arguments));
    ANEW_TRY(pickle_pop(m, &name));
    if (name->kind != PICKLE_NAME || arguments->kind != PICKLE_LIST)
        return pickle_damaged(m, "a construction of something unknown");
    switch (name->integer) {
    case NAME_ORDERED_DICT:
        return build_dict(m, arguments);
    case NAME_REBUILD_TENSOR:
        return build_tensor(m, arguments);
    case NAME_REBUILD_PARAMETER:
        if (arguments->count < 1 || arguments->items[0]->kind != PICKLE_TENSOR)
            return pickle_damaged(m, "a parameter that is no tensor");
        return pickle_push(m, arguments->items[0]);
    case NAME_SET:
        if (!is_list_of(arguments, 1) || !is_list_of(arguments->items[0], 0))
            return pickle_damaged(m, "a set made of something else than a list");
        return pickle_push(m, arguments->items[0]);
    case NAME_FOREIGN:
        /* Old modules keep a handle of PyTorch's own; it becomes nothing. */
        if (strncmp(name->text, "torch.nn.", 9) == 0)
            return pickle_push_new(m, PICKLE_NONE, 0, 0);
        return anew_fail(
            m->error, ANEW_ERROR_FORMAT,
            "%s: its pickle asks for '%.120s', which is no part of a tensor; it is not "
            "run",
            m->label, name->text);
    default:
        return pickle_damaged(m, "a construction of something unknown");
    }
}

/* BUILD sets attributes: an object keeps them; those of a dictionary (its _metadata) mean nothing to us. */
anew_status pickle_set_state(pickle *m)
{
    pickle_value *state = NULL;
    ANEW_TRY(pickle_pop(m, &state));
    if (m->depth == 0 || (m->stack[m->depth - 1]->kind != PICKLE_DICT &&
                          m->stack[m->depth - 1]->kind != PICKLE_OBJECT))
        return pickle_damaged(m, "attributes of something that has none");
    pickle_value *object = m->stack[m->depth - 1];
    for (size_t i = 0;
         object->kind == PICKLE_OBJECT && state->kind == PICKLE_DICT && i < state->count; i++)
        ANEW_TRY(pickle_append(m, object, state->items[i]));
    return ANEW_OK;
}
