/*
 * pickle_build.c - what a pickle constructs: tensors and their storages, dictionaries, and for everything
 * else that stands beside weights or around them (modules, numpy's numbers, paths) an inert object that
 * only keeps its attributes. "Call this name" is never more than a comparison with the words below.
 */
#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "pickle_machine.h"

#define MAX_WORD 128

typedef enum known_name {
    NAME_ORDERED_DICT,
    NAME_DEFAULT_DICT,
    NAME_SET,
    NAME_REBUILD_TENSOR,
    NAME_REBUILD_PARAMETER,
    NAME_REBUILD_WITH_TYPE, /* a tensor with attributes of its own */
    NAME_PARAMETER,         /* the class, which PyTorch before 0.4 constructed by name */
    NAME_STORAGE,           /* its type stands in pickle_value.type */
    NAME_RECONSTRUCTOR,     /* "an object of this class", in old protocols */
    NAME_BESIDE,            /* occurs beside weights; constructing it gives an inert object */
    NAME_OTHER              /* a class's name may stand anywhere, but is never called */
} known_name;

/* ---- names ----------------------------------------------------------------------------------------- */

typedef struct name_row {
    const char *module, *name; /* "*": every name of the module */
    known_name known;
    element_type type;
} name_row;

static const name_row names[] = {
    {"collections", "OrderedDict", NAME_ORDERED_DICT, ELEMENT_UNKNOWN},
    {"typing", "OrderedDict", NAME_ORDERED_DICT, ELEMENT_UNKNOWN},
    {"collections", "defaultdict", NAME_DEFAULT_DICT, ELEMENT_UNKNOWN},
    {"__builtin__", "set", NAME_SET, ELEMENT_UNKNOWN},
    {"builtins", "set", NAME_SET, ELEMENT_UNKNOWN},
    {"__builtin__", "frozenset", NAME_SET, ELEMENT_UNKNOWN},
    {"builtins", "frozenset", NAME_SET, ELEMENT_UNKNOWN},
    {"torch._utils", "_rebuild_tensor_v2", NAME_REBUILD_TENSOR, ELEMENT_UNKNOWN},
    {"torch._utils", "_rebuild_tensor", NAME_REBUILD_TENSOR, ELEMENT_UNKNOWN}, /* before 0.4 */
    {"torch._utils", "_rebuild_parameter", NAME_REBUILD_PARAMETER, ELEMENT_UNKNOWN},
    {"torch._utils", "_rebuild_parameter_with_state", NAME_REBUILD_PARAMETER, ELEMENT_UNKNOWN},
    {"torch._tensor", "_rebuild_from_type_v2", NAME_REBUILD_WITH_TYPE, ELEMENT_UNKNOWN},
    {"torch.nn.parameter", "Parameter", NAME_PARAMETER, ELEMENT_UNKNOWN},
    {"torch.autograd.variable", "Variable", NAME_PARAMETER, ELEMENT_UNKNOWN},
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
    {"copy_reg", "_reconstructor", NAME_RECONSTRUCTOR, ELEMENT_UNKNOWN},
    {"copyreg", "_reconstructor", NAME_RECONSTRUCTOR, ELEMENT_UNKNOWN},
    {"torch.nn.backends.thnn", "_get_thnn_function_backend", NAME_BESIDE, ELEMENT_UNKNOWN},
    {"torch", "Size", NAME_BESIDE, ELEMENT_UNKNOWN},
    {"torch", "device", NAME_BESIDE, ELEMENT_UNKNOWN},
    {"collections", "Counter", NAME_BESIDE, ELEMENT_UNKNOWN},
    {"collections", "deque", NAME_BESIDE, ELEMENT_UNKNOWN},
    {"numpy.core.multiarray", "scalar", NAME_BESIDE, ELEMENT_UNKNOWN},
    {"numpy.core.multiarray", "_reconstruct", NAME_BESIDE, ELEMENT_UNKNOWN},
    {"numpy._core.multiarray", "scalar", NAME_BESIDE, ELEMENT_UNKNOWN},
    {"numpy._core.multiarray", "_reconstruct", NAME_BESIDE, ELEMENT_UNKNOWN},
    {"numpy", "dtype", NAME_BESIDE, ELEMENT_UNKNOWN},
    {"_codecs", "encode", NAME_BESIDE, ELEMENT_UNKNOWN}, /* how protocol 2 spells bytes */
    {"__builtin__", "bytearray", NAME_BESIDE, ELEMENT_UNKNOWN},
    {"builtins", "bytearray", NAME_BESIDE, ELEMENT_UNKNOWN},
    {"__builtin__", "complex", NAME_BESIDE, ELEMENT_UNKNOWN},
    {"builtins", "complex", NAME_BESIDE, ELEMENT_UNKNOWN},
    {"__builtin__", "slice", NAME_BESIDE, ELEMENT_UNKNOWN},
    {"builtins", "slice", NAME_BESIDE, ELEMENT_UNKNOWN},
    {"datetime", "*", NAME_BESIDE, ELEMENT_UNKNOWN},
    {"pathlib", "*", NAME_BESIDE, ELEMENT_UNKNOWN},
    {"argparse", "Namespace", NAME_BESIDE, ELEMENT_UNKNOWN},
};

static anew_status push_name(pickle *m, const char *module, const char *name)
{
    pickle_value *value = NULL;
    char full[2 * MAX_WORD];
    ANEW_TRY(pickle_create(m, PICKLE_NAME, &value));
    (void)snprintf(full, sizeof full, "%.*s.%.*s", MAX_WORD - 2, module, MAX_WORD - 1, name);
    value->integer = NAME_OTHER;
    value->text = anew_text_copy(full);
    if (value->text == NULL)
        return pickle_no_memory(m);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(module, names[i].module) == 0 &&
            (strcmp(name, names[i].name) == 0 || strcmp("*", names[i].name) == 0)) {
            value->integer = names[i].known;
            value->type = names[i].type;
        }
    }
    return pickle_push(m, value);
}

/* Two lines of text. */
anew_status pickle_global(pickle *m)
{
    char words[2][MAX_WORD];
    for (int w = 0; w < 2; w++) {
        size_t length = 0;
        for (;;) {
            const uint8_t *p = NULL;
            ANEW_TRY(pickle_take(m, 1, &p));
            if (*p == '\n')
                break;
            if (length + 1 >= sizeof words[w] || *p < ' ' || *p > '~')
                return pickle_damaged(m, "an unusable name");
            words[w][length++] = (char)*p;
        }
        words[w][length] = '\0';
    }
    return push_name(m, words[0], words[1]);
}

anew_status pickle_stack_global(pickle *m)
{
    pickle_value *name = NULL, *module = NULL;
    ANEW_TRY(pickle_pop(m, &name));
    ANEW_TRY(pickle_pop(m, &module));
    if (name->kind != PICKLE_TEXT || module->kind != PICKLE_TEXT)
        return pickle_damaged(m, "a name that is no text");
    return push_name(m, module->text, name->text);
}

static anew_status refuse_name(const pickle *m, const pickle_value *name)
{
    char shown[2 * MAX_WORD];
    /* One line on any terminal, whatever the file says. */
    (void)snprintf(shown, sizeof shown, "%s", name->text);
    for (char *p = shown; *p != '\0'; p++)
        if (*p < ' ' || *p > '~')
            *p = '?';
    return anew_fail(
        m->error, ANEW_ERROR_FORMAT,
        "%s: its pickle asks for '%.120s', which is no part of a tensor; it is not run", m->label,
        shown);
}

anew_status pickle_check_result(const pickle *m, const pickle_value *value)
{
    return value->kind == PICKLE_NAME ? refuse_name(m, value) : ANEW_OK;
}

/* ---- building -------------------------------------------------------------------------------------- */

static bool is_list_of(const pickle_value *value, size_t at_least)
{
    return value->kind == PICKLE_LIST && value->count >= at_least;
}

/* (view's key, first element, element count) of the storage that is a part of another one. */
static bool read_view(pickle_value *storage, const pickle_value *view)
{
    if (!is_list_of(view, 3) || view->items[1]->kind != PICKLE_INTEGER ||
        view->items[2]->kind != PICKLE_INTEGER)
        return false;
    const int64_t first = view->items[1]->integer, count = view->items[2]->integer;
    if (first < 0 || count < 0 || first > storage->integer || count > storage->integer - first)
        return false;
    storage->first = first;
    storage->integer = count;
    return true;
}

/* ('storage', type, key, device, count[, None or a view]) or ('module', class, file, its source). */
anew_status pickle_persistent(pickle *m)
{
    pickle_value *id = NULL, *storage = NULL;
    ANEW_TRY(pickle_pop(m, &id));
    if (is_list_of(id, 2) && id->items[0]->kind == PICKLE_TEXT &&
        strcmp(id->items[0]->text, "module") == 0 && id->items[1]->kind == PICKLE_NAME)
        return pickle_push(m, id->items[1]);
    if (!is_list_of(id, 5) || id->items[0]->kind != PICKLE_TEXT ||
        strcmp(id->items[0]->text, "storage") != 0 || id->items[1]->kind != PICKLE_NAME ||
        id->items[1]->integer != NAME_STORAGE || id->items[2]->kind != PICKLE_TEXT ||
        id->items[4]->kind != PICKLE_INTEGER || id->items[4]->integer < 0)
        return pickle_damaged(m, "a storage that is described in an unknown way");
    ANEW_TRY(pickle_create(m, PICKLE_STORAGE, &storage));
    storage->type = id->items[1]->type;
    storage->integer = id->items[4]->integer;
    storage->text = anew_text_copy(id->items[2]->text);
    if (storage->text == NULL)
        return pickle_no_memory(m);
    if (id->count > 5 && id->items[5]->kind != PICKLE_NONE && !read_view(storage, id->items[5]))
        return pickle_damaged(m, "a storage that is no part of the one it names");
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

/* An object of the class `name`: attributes come by BUILD, entries by SETITEM. */
static anew_status build_object(pickle *m, const pickle_value *name)
{
    pickle_value *object = NULL;
    ANEW_TRY(pickle_create(m, PICKLE_OBJECT, &object));
    object->text = anew_text_copy(name->text);
    if (object->text == NULL)
        return pickle_no_memory(m);
    return pickle_push(m, object);
}

static anew_status build_parameter(pickle *m, const pickle_value *arguments)
{
    if (arguments->count < 1 || arguments->items[0]->kind != PICKLE_TENSOR)
        return pickle_damaged(m, "a parameter that is no tensor");
    return pickle_push(m, arguments->items[0]);
}

/* "Call it with these arguments" in Python; here one of a few known constructions. */
anew_status pickle_reduce(pickle *m)
{
    pickle_value *arguments = NULL, *name = NULL;
    ANEW_TRY(pickle_pop(m, &arguments));
    ANEW_TRY(pickle_pop(m, &name));
    if (name->kind != PICKLE_NAME || arguments->kind != PICKLE_LIST)
        return pickle_damaged(m, "a construction of something unknown");
    switch ((known_name)name->integer) {
    case NAME_ORDERED_DICT:
        return build_dict(m, arguments);
    case NAME_DEFAULT_DICT: /* its argument makes missing entries, which nobody asks for here */
        return pickle_push_new(m, PICKLE_DICT, 0, 0);
    case NAME_SET:
        if (is_list_of(arguments, 1) && arguments->items[0]->kind == PICKLE_LIST)
            return pickle_push(m, arguments->items[0]);
        return pickle_push_new(m, PICKLE_LIST, 0, 0);
    case NAME_REBUILD_TENSOR:
        return build_tensor(m, arguments);
    case NAME_REBUILD_PARAMETER:
    case NAME_PARAMETER:
        return build_parameter(m, arguments);
    case NAME_REBUILD_WITH_TYPE: /* (function, class, its arguments, attributes) */
        if (!is_list_of(arguments, 3) || arguments->items[0]->kind != PICKLE_NAME ||
            arguments->items[2]->kind != PICKLE_LIST)
            return pickle_damaged(m, "a tensor that is described in an unknown way");
        if (arguments->items[0]->integer == NAME_REBUILD_TENSOR)
            return build_tensor(m, arguments->items[2]);
        if (arguments->items[0]->integer == NAME_REBUILD_PARAMETER)
            return build_parameter(m, arguments->items[2]);
        return refuse_name(m, arguments->items[0]);
    case NAME_RECONSTRUCTOR:
        if (!is_list_of(arguments, 1) || arguments->items[0]->kind != PICKLE_NAME)
            return pickle_damaged(m, "an object of something that is no class");
        return build_object(m, arguments->items[0]);
    case NAME_BESIDE:
        return build_object(m, name);
    case NAME_STORAGE:
    case NAME_OTHER:
        break;
    }
    return refuse_name(m, name);
}

/* "An object of this class, made without its constructor": nothing to call even in Python. */
anew_status pickle_new_object(pickle *m, bool with_keywords)
{
    pickle_value *keywords = NULL, *arguments = NULL, *name = NULL;
    if (with_keywords)
        ANEW_TRY(pickle_pop(m, &keywords));
    ANEW_TRY(pickle_pop(m, &arguments));
    ANEW_TRY(pickle_pop(m, &name));
    if (name->kind != PICKLE_NAME || arguments->kind != PICKLE_LIST)
        return pickle_damaged(m, "an object of something that is no class");
    switch ((known_name)name->integer) {
    case NAME_ORDERED_DICT:
        return build_dict(m, arguments);
    case NAME_DEFAULT_DICT:
        return pickle_push_new(m, PICKLE_DICT, 0, 0);
    case NAME_PARAMETER:
        return arguments->count > 0 ? build_parameter(m, arguments) : build_object(m, name);
    case NAME_BESIDE:
        return build_object(m, name);
    case NAME_OTHER: /* what is made of something is more than a bag of attributes */
        return arguments->count > 0 ? refuse_name(m, name) : build_object(m, name);
    default:
        return refuse_name(m, name);
    }
}

/* BUILD sets attributes. A dictionary's and a tensor's mean nothing to us; an object keeps them: a
 * dictionary, or (dictionary, slots), or for old parameters (tensor, ...). */
anew_status pickle_build_state(pickle *m)
{
    pickle_value *state = NULL;
    ANEW_TRY(pickle_pop(m, &state));
    pickle_value *top = m->depth == 0 ? NULL : m->stack[m->depth - 1];
    if (top == NULL ||
        (top->kind != PICKLE_DICT && top->kind != PICKLE_TENSOR && top->kind != PICKLE_OBJECT))
        return pickle_damaged(m, "attributes of something that has none");
    if (top->kind == PICKLE_OBJECT) {
        if (is_list_of(state, 1))
            state = state->items[0];
        if (state->kind == PICKLE_DICT || state->kind == PICKLE_TENSOR)
            top->state = state;
    }
    return ANEW_OK;
}
