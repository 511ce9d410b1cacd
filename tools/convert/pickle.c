/*
 * pickle.c - the machine: a stack, a memo, and one case for each opcode that checkpoints use (Python's
 * Lib/pickletools.py describes them all).
 */
#include "pickle.h"

#include <stdio.h>
#include <string.h>

#include "core/memory.h"

/* Bounds for hostile programs; real checkpoints stay far below. */
#define MAX_VALUES    4000000
#define MAX_MEMO      4000000
#define MAX_TEXT      65536
#define MAX_REFERENCE 16000000 /* items of all containers */

typedef enum known_name {
    NAME_ORDERED_DICT,
    NAME_REBUILD_TENSOR,
    NAME_REBUILD_PARAMETER,
    NAME_STORAGE /* its type stands in pickle_value.type */
} known_name;

struct pickle {
    const uint8_t *data;
    size_t size, at;
    const char *label;
    anew_error *error;
    pickle_value **values; /* all that were made, to be freed */
    size_t value_count, value_capacity;
    pickle_value **stack;
    size_t depth, stack_capacity;
    pickle_value **memo;
    size_t memo_count, memo_capacity;
    size_t references;
};

/* ---- errors and memory ----------------------------------------------------------------------------- */

static anew_status damaged(const pickle *m, const char *what)
{
    return anew_fail(m->error, ANEW_ERROR_FORMAT, "%s: damaged pickle: %s (at byte %zu)", m->label,
                     what, m->at);
}

static anew_status no_memory(const pickle *m)
{
    return anew_fail(m->error, ANEW_ERROR_MEMORY, "%s: no memory for its pickle", m->label);
}

static anew_status create(pickle *m, pickle_kind kind, pickle_value **value)
{
    if (m->value_count >= MAX_VALUES)
        return anew_fail(m->error, ANEW_ERROR_LIMIT, "%s: its pickle builds more than %d values",
                         m->label, MAX_VALUES);
    pickle_value **values =
        anew_grow(m->values, &m->value_capacity, m->value_count + 1, sizeof *values);
    if (values == NULL)
        return no_memory(m);
    m->values = values;
    pickle_value *made = anew_alloc_zero(sizeof *made);
    if (made == NULL)
        return no_memory(m);
    made->kind = kind;
    m->values[m->value_count++] = made;
    *value = made;
    return ANEW_OK;
}

static anew_status push(pickle *m, pickle_value *value)
{
    pickle_value **stack = anew_grow(m->stack, &m->stack_capacity, m->depth + 1, sizeof *stack);
    if (stack == NULL)
        return no_memory(m);
    m->stack = stack;
    m->stack[m->depth++] = value;
    return ANEW_OK;
}

static anew_status push_new(pickle *m, pickle_kind kind, int64_t integer, double real)
{
    pickle_value *value = NULL;
    ANEW_TRY(create(m, kind, &value));
    value->integer = integer;
    value->real = real;
    return push(m, value);
}

/* The top of the stack, taken off; never a mark. */
static anew_status pop(pickle *m, pickle_value **value)
{
    if (m->depth == 0 || m->stack[m->depth - 1]->kind == PICKLE_MARK)
        return damaged(m, "the stack is empty");
    *value = m->stack[--m->depth];
    return ANEW_OK;
}

static anew_status append_item(pickle *m, pickle_value *container, pickle_value *item)
{
    if (++m->references > MAX_REFERENCE)
        return anew_fail(m->error, ANEW_ERROR_LIMIT, "%s: its pickle's containers are too large",
                         m->label);
    pickle_value **items =
        anew_grow(container->items, &container->capacity, container->count + 1, sizeof *items);
    if (items == NULL)
        return no_memory(m);
    container->items = items;
    container->items[container->count++] = item;
    return ANEW_OK;
}

/* Index of the topmost mark + 1; everything from there on belongs to it. */
static anew_status find_mark(pickle *m, size_t *first)
{
    for (size_t i = m->depth; i-- > 0;) {
        if (m->stack[i]->kind == PICKLE_MARK) {
            *first = i + 1;
            return ANEW_OK;
        }
    }
    return damaged(m, "a mark is missing");
}

/* ---- arguments in the byte stream ------------------------------------------------------------------ */

static anew_status take(pickle *m, size_t bytes, const uint8_t **p)
{
    if (bytes > m->size - m->at)
        return damaged(m, "it is cut");
    *p = m->data + m->at;
    m->at += bytes;
    return ANEW_OK;
}

static anew_status take_unsigned(pickle *m, size_t bytes, uint64_t *value)
{
    const uint8_t *p = NULL;
    ANEW_TRY(take(m, bytes, &p));
    *value = 0;
    for (size_t i = bytes; i-- > 0;)
        *value = *value << 8 | p[i];
    return ANEW_OK;
}

static anew_status push_text(pickle *m, size_t length_bytes)
{
    uint64_t length = 0;
    const uint8_t *p = NULL;
    pickle_value *value = NULL;
    ANEW_TRY(take_unsigned(m, length_bytes, &length));
    if (length > m->size - m->at)
        return damaged(m, "it is cut");
    ANEW_TRY(take(m, (size_t)length, &p));
    ANEW_TRY(create(m, PICKLE_TEXT, &value));
    /* Long texts (training logs) are of no use here and kept short. */
    const size_t kept = length > MAX_TEXT ? MAX_TEXT : (size_t)length;
    value->text = anew_alloc(kept + 1);
    if (value->text == NULL)
        return no_memory(m);
    memcpy(value->text, p, kept);
    value->text[kept] = '\0';
    return push(m, value);
}

/* LONG1: a little-endian two's complement number; beyond 64 bits it is only passed over. */
static anew_status push_long(pickle *m)
{
    uint64_t length = 0, value = 0;
    const uint8_t *p = NULL;
    ANEW_TRY(take_unsigned(m, 1, &length));
    ANEW_TRY(take(m, (size_t)length, &p));
    if (length > 8)
        return push_new(m, PICKLE_NONE, 0, 0);
    for (size_t i = (size_t)length; i-- > 0;)
        value = value << 8 | p[i];
    if (length > 0 && length < 8 && (p[length - 1] & 0x80) != 0)
        value |= ~(uint64_t)0 << (8 * length);
    return push_new(m, PICKLE_INTEGER, (int64_t)value, 0);
}

static anew_status push_real(pickle *m)
{
    const uint8_t *p = NULL;
    uint64_t bits = 0;
    double value;
    ANEW_TRY(take(m, 8, &p));
    for (int i = 0; i < 8; i++)
        bits = bits << 8 | p[i]; /* big-endian, unlike everything else */
    memcpy(&value, &bits, sizeof value);
    return push_new(m, PICKLE_REAL, 0, value);
}

/* ---- names ----------------------------------------------------------------------------------------- */

static anew_status push_name(pickle *m, const char *module, const char *name)
{
    static const struct {
        const char *module, *name;
        known_name known;
        element_type type;
    } names[] = {
        {"collections", "OrderedDict", NAME_ORDERED_DICT, ELEMENT_UNKNOWN},
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
            ANEW_TRY(push_new(m, PICKLE_NAME, names[i].known, 0));
            m->stack[m->depth - 1]->type = names[i].type;
            return ANEW_OK;
        }
    }
    return anew_fail(m->error, ANEW_ERROR_FORMAT,
                     "%s: its pickle asks for '%.60s.%.60s', which is no part of a tensor; it is "
                     "not run",
                     m->label, module, name);
}

/* GLOBAL: two lines of text. */
static anew_status read_global(pickle *m)
{
    char words[2][128];
    for (int w = 0; w < 2; w++) {
        size_t length = 0;
        for (;;) {
            const uint8_t *p = NULL;
            ANEW_TRY(take(m, 1, &p));
            if (*p == '\n')
                break;
            if (length + 1 >= sizeof words[w] || *p < ' ' || *p > '~')
                return damaged(m, "an unusable name");
            words[w][length++] = (char)*p;
        }
        words[w][length] = '\0';
    }
    return push_name(m, words[0], words[1]);
}

static anew_status read_stack_global(pickle *m)
{
    pickle_value *name = NULL, *module = NULL;
    ANEW_TRY(pop(m, &name));
    ANEW_TRY(pop(m, &module));
    if (name->kind != PICKLE_TEXT || module->kind != PICKLE_TEXT)
        return damaged(m, "a name that is no text");
    return push_name(m, module->text, name->text);
}

/* ---- building -------------------------------------------------------------------------------------- */

/* Everything above the topmost mark becomes a list; the mark goes. */
static anew_status build_list(pickle *m)
{
    size_t first = 0;
    pickle_value *list = NULL;
    ANEW_TRY(find_mark(m, &first));
    ANEW_TRY(create(m, PICKLE_LIST, &list));
    for (size_t i = first; i < m->depth; i++)
        ANEW_TRY(append_item(m, list, m->stack[i]));
    m->depth = first - 1;
    return push(m, list);
}

static anew_status build_tuple(pickle *m, size_t count)
{
    pickle_value *list = NULL;
    if (m->depth < count)
        return damaged(m, "the stack is empty");
    ANEW_TRY(create(m, PICKLE_LIST, &list));
    for (size_t i = m->depth - count; i < m->depth; i++) {
        if (m->stack[i]->kind == PICKLE_MARK)
            return damaged(m, "a mark in a tuple");
        ANEW_TRY(append_item(m, list, m->stack[i]));
    }
    m->depth -= count;
    return push(m, list);
}

/* Adds what stands from `first` on to the container below it; `mark` of 1 also drops the mark. */
static anew_status add_items(pickle *m, size_t first, size_t mark, pickle_kind kind)
{
    if (first < mark + 1 || first > m->depth || m->stack[first - mark - 1]->kind != kind ||
        (kind == PICKLE_DICT && (m->depth - first) % 2 != 0))
        return damaged(m, "items for something that takes none");
    pickle_value *container = m->stack[first - mark - 1];
    for (size_t i = first; i < m->depth; i++) {
        if (m->stack[i]->kind == PICKLE_MARK)
            return damaged(m, "a mark among items");
        ANEW_TRY(append_item(m, container, m->stack[i]));
    }
    m->depth = first - mark;
    return ANEW_OK;
}

static bool is_list_of(const pickle_value *value, size_t at_least)
{
    return value->kind == PICKLE_LIST && value->count >= at_least;
}

/* ('storage', type, key, device, count), pushed by BINPERSID; a sixth element is None but for views. */
static anew_status build_storage(pickle *m)
{
    pickle_value *id = NULL, *storage = NULL;
    ANEW_TRY(pop(m, &id));
    if (!is_list_of(id, 5) || id->items[0]->kind != PICKLE_TEXT ||
        strcmp(id->items[0]->text, "storage") != 0 || id->items[1]->kind != PICKLE_NAME ||
        id->items[1]->integer != NAME_STORAGE || id->items[2]->kind != PICKLE_TEXT ||
        id->items[4]->kind != PICKLE_INTEGER || id->items[4]->integer < 0)
        return damaged(m, "a storage that is described in an unknown way");
    if (id->count > 5 && id->items[5]->kind != PICKLE_NONE)
        return damaged(m, "a storage that is a part of another one");
    ANEW_TRY(create(m, PICKLE_STORAGE, &storage));
    storage->type = id->items[1]->type;
    storage->integer = id->items[4]->integer;
    storage->text = anew_text_copy(id->items[2]->text);
    if (storage->text == NULL)
        return no_memory(m);
    return push(m, storage);
}

static anew_status build_tensor(pickle *m, const pickle_value *arguments)
{
    pickle_value *tensor = NULL;
    if (!is_list_of(arguments, 4) || arguments->items[0]->kind != PICKLE_STORAGE ||
        arguments->items[1]->kind != PICKLE_INTEGER || !is_list_of(arguments->items[2], 0) ||
        !is_list_of(arguments->items[3], 0) ||
        arguments->items[2]->count != arguments->items[3]->count)
        return damaged(m, "a tensor that is described in an unknown way");
    const pickle_value *dims = arguments->items[2], *strides = arguments->items[3];
    if (dims->count > ANEW_MAX_RANK)
        return damaged(m, "a tensor of too many dimensions");
    ANEW_TRY(create(m, PICKLE_TENSOR, &tensor));
    tensor->storage = arguments->items[0];
    tensor->integer = arguments->items[1]->integer;
    tensor->rank = (int)dims->count;
    for (size_t i = 0; i < dims->count; i++) {
        if (dims->items[i]->kind != PICKLE_INTEGER || strides->items[i]->kind != PICKLE_INTEGER)
            return damaged(m, "a tensor whose shape is no numbers");
        tensor->dims[i] = dims->items[i]->integer;
        tensor->strides[i] = strides->items[i]->integer;
    }
    return push(m, tensor);
}

/* OrderedDict(), or OrderedDict([(key, value), ...]). */
static anew_status build_dict(pickle *m, const pickle_value *arguments)
{
    pickle_value *dict = NULL;
    ANEW_TRY(create(m, PICKLE_DICT, &dict));
    if (arguments->count > 0) {
        const pickle_value *pairs = arguments->items[0];
        if (pairs->kind != PICKLE_LIST)
            return damaged(m, "a dictionary made of something else than pairs");
        for (size_t i = 0; i < pairs->count; i++) {
            if (!is_list_of(pairs->items[i], 2))
                return damaged(m, "a dictionary made of something else than pairs");
            ANEW_TRY(append_item(m, dict, pairs->items[i]->items[0]));
            ANEW_TRY(append_item(m, dict, pairs->items[i]->items[1]));
        }
    }
    return push(m, dict);
}

/* "Call it with these arguments" in Python; here one of three known constructions. */
static anew_status reduce(pickle *m)
{
    pickle_value *arguments = NULL, *name = NULL;
    ANEW_TRY(pop(m, &arguments));
    ANEW_TRY(pop(m, &name));
    if (name->kind != PICKLE_NAME || arguments->kind != PICKLE_LIST)
        return damaged(m, "a construction of something unknown");
    switch (name->integer) {
    case NAME_ORDERED_DICT:
        return build_dict(m, arguments);
    case NAME_REBUILD_TENSOR:
        return build_tensor(m, arguments);
    case NAME_REBUILD_PARAMETER:
        if (arguments->count < 1 || arguments->items[0]->kind != PICKLE_TENSOR)
            return damaged(m, "a parameter that is no tensor");
        return push(m, arguments->items[0]);
    default:
        return damaged(m, "a construction of something unknown");
    }
}

/* BUILD sets attributes; those of a dictionary (its _metadata) mean nothing to us. */
static anew_status build_state(pickle *m)
{
    pickle_value *state = NULL;
    ANEW_TRY(pop(m, &state));
    if (m->depth == 0 || m->stack[m->depth - 1]->kind != PICKLE_DICT)
        return damaged(m, "attributes of something that has none");
    return ANEW_OK;
}

/* ---- memo ------------------------------------------------------------------------------------------ */

static anew_status memo_put(pickle *m, uint64_t index)
{
    if (m->depth == 0 || m->stack[m->depth - 1]->kind == PICKLE_MARK)
        return damaged(m, "the stack is empty");
    if (index >= MAX_MEMO)
        return damaged(m, "a memo number that is too large");
    pickle_value **memo = anew_grow(m->memo, &m->memo_capacity, (size_t)index + 1, sizeof *memo);
    if (memo == NULL)
        return no_memory(m);
    m->memo = memo;
    while (m->memo_count <= index)
        m->memo[m->memo_count++] = NULL;
    m->memo[index] = m->stack[m->depth - 1];
    return ANEW_OK;
}

static anew_status memo_get(pickle *m, uint64_t index)
{
    if (index >= m->memo_count || m->memo[index] == NULL)
        return damaged(m, "a memo number that was never set");
    return push(m, m->memo[index]);
}

/* ---- opcodes --------------------------------------------------------------------------------------- */

static anew_status execute(pickle *m, uint8_t opcode, bool *stopped)
{
    uint64_t number = 0;
    size_t first = 0;
    pickle_value *value = NULL;
    const uint8_t *skipped = NULL;
    switch (opcode) {
    case 0x80: /* PROTO */
        return take(m, 1, &skipped);
    case 0x95: /* FRAME */
        return take(m, 8, &skipped);
    case '.': /* STOP */
        *stopped = true;
        return ANEW_OK;
    case '(': /* MARK */
        return push_new(m, PICKLE_MARK, 0, 0);
    case '}': /* EMPTY_DICT */
        return push_new(m, PICKLE_DICT, 0, 0);
    case ']':  /* EMPTY_LIST */
    case ')':  /* EMPTY_TUPLE */
    case 0x8f: /* EMPTY_SET */
        return push_new(m, PICKLE_LIST, 0, 0);
    case 'X': /* BINUNICODE */
    case 'T': /* BINSTRING */
    case 'B': /* BINBYTES */
        return push_text(m, 4);
    case 0x8c: /* SHORT_BINUNICODE */
    case 'U':  /* SHORT_BINSTRING */
    case 'C':  /* SHORT_BINBYTES */
        return push_text(m, 1);
    case 0x8d: /* BINUNICODE8 */
        return push_text(m, 8);
    case 'J': /* BININT */
        ANEW_TRY(take_unsigned(m, 4, &number));
        return push_new(m, PICKLE_INTEGER, (int32_t)(uint32_t)number, 0);
    case 'K': /* BININT1 */
        ANEW_TRY(take_unsigned(m, 1, &number));
        return push_new(m, PICKLE_INTEGER, (int64_t)number, 0);
    case 'M': /* BININT2 */
        ANEW_TRY(take_unsigned(m, 2, &number));
        return push_new(m, PICKLE_INTEGER, (int64_t)number, 0);
    case 0x8a: /* LONG1 */
        return push_long(m);
    case 'G': /* BINFLOAT */
        return push_real(m);
    case 'N': /* NONE */
        return push_new(m, PICKLE_NONE, 0, 0);
    case 0x88: /* NEWTRUE */
    case 0x89: /* NEWFALSE */
        return push_new(m, PICKLE_INTEGER, opcode == 0x88, 0);
    case 't': /* TUPLE */
    case 'l': /* LIST */
        return build_list(m);
    case 0x85: /* TUPLE1, TUPLE2, TUPLE3 */
    case 0x86:
    case 0x87:
        return build_tuple(m, opcode - 0x84u);
    case 'a': /* APPEND */
        return m->depth < 2 ? damaged(m, "the stack is empty")
                            : add_items(m, m->depth - 1, 0, PICKLE_LIST);
    case 'e':  /* APPENDS */
    case 0x90: /* ADDITEMS */
        ANEW_TRY(find_mark(m, &first));
        return add_items(m, first, 1, PICKLE_LIST);
    case 's': /* SETITEM */
        return m->depth < 3 ? damaged(m, "the stack is empty")
                            : add_items(m, m->depth - 2, 0, PICKLE_DICT);
    case 'u': /* SETITEMS */
        ANEW_TRY(find_mark(m, &first));
        return add_items(m, first, 1, PICKLE_DICT);
    case 'q': /* BINPUT */
        ANEW_TRY(take_unsigned(m, 1, &number));
        return memo_put(m, number);
    case 'r': /* LONG_BINPUT */
        ANEW_TRY(take_unsigned(m, 4, &number));
        return memo_put(m, number);
    case 0x94: /* MEMOIZE */
        return memo_put(m, m->memo_count);
    case 'h': /* BINGET */
        ANEW_TRY(take_unsigned(m, 1, &number));
        return memo_get(m, number);
    case 'j': /* LONG_BINGET */
        ANEW_TRY(take_unsigned(m, 4, &number));
        return memo_get(m, number);
    case 'c': /* GLOBAL */
        return read_global(m);
    case 0x93: /* STACK_GLOBAL */
        return read_stack_global(m);
    case 'Q': /* BINPERSID */
        return build_storage(m);
    case 'R': /* REDUCE */
        return reduce(m);
    case 'b': /* BUILD */
        return build_state(m);
    case '0': /* POP */
        return pop(m, &value);
    case '1': /* POP_MARK */
        ANEW_TRY(find_mark(m, &first));
        m->depth = first - 1;
        return ANEW_OK;
    default: {
        char what[48];
        (void)snprintf(what, sizeof what, "the opcode 0x%02x, which no checkpoint needs", opcode);
        return damaged(m, what);
    }
    }
}

anew_status pickle_load(pickle **machine, const pickle_value **root, const uint8_t *data,
                        size_t size, size_t *used, const char *label, anew_error *error)
{
    bool stopped = false;
    pickle_value *value = NULL;
    anew_status status = ANEW_OK;
    pickle *m = anew_alloc_zero(sizeof *m);
    *machine = NULL;
    if (m == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory for its pickle", label);
    *m = (pickle){.data = data, .size = size, .label = label, .error = error};
    while (status == ANEW_OK && !stopped) {
        const uint8_t *opcode = NULL;
        status = take(m, 1, &opcode);
        if (status == ANEW_OK)
            status = execute(m, *opcode, &stopped);
    }
    if (status == ANEW_OK)
        status = pop(m, &value);
    if (status == ANEW_OK && used != NULL)
        *used = m->at;
    if (status != ANEW_OK)
        pickle_free(&m);
    *root = value;
    *machine = m;
    return status;
}

void pickle_free(pickle **machine)
{
    pickle *m = *machine;
    if (m == NULL)
        return;
    for (size_t i = 0; i < m->value_count; i++) {
        anew_free(m->values[i]->text);
        anew_free(m->values[i]->items);
        anew_free(m->values[i]);
    }
    anew_free(m->values);
    anew_free(m->stack);
    anew_free(m->memo);
    anew_free(m);
    *machine = NULL;
}

const pickle_value *pickle_value_at(const pickle *machine, size_t index)
{
    return index < machine->value_count ? machine->values[index] : NULL;
}

const pickle_value *pickle_get(const pickle_value *dict, const char *key)
{
    for (size_t i = 0; i + 1 < dict->count; i += 2)
        if (dict->items[i]->kind == PICKLE_TEXT && strcmp(dict->items[i]->text, key) == 0)
            return dict->items[i + 1];
    return NULL;
}
