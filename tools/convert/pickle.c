/*
 * pickle.c - the machine: a stack, a memo, and one case for each opcode that checkpoints use (Python's
 * Lib/pickletools.py describes them all).
 */
#include "pickle_machine.h"

#include <stdio.h>
#include <string.h>

#include "core/memory.h"

/* Bounds for hostile programs; real checkpoints stay far below. */
#define MAX_VALUES    4000000
#define MAX_MEMO      4000000
#define MAX_TEXT      65536
#define MAX_REFERENCE 16000000 /* items of all containers */

/* ---- errors and memory ----------------------------------------------------------------------------- */

anew_status pickle_damaged(const pickle *m, const char *what)
{
    return anew_fail(m->error, ANEW_ERROR_FORMAT, "%s: damaged pickle: %s (at byte %zu)", m->label,
                     what, m->at);
}

anew_status pickle_no_memory(const pickle *m)
{
    return anew_fail(m->error, ANEW_ERROR_MEMORY, "%s: no memory for its pickle", m->label);
}

anew_status pickle_create(pickle *m, pickle_kind kind, pickle_value **value)
{
    if (m->value_count >= MAX_VALUES)
        return anew_fail(m->error, ANEW_ERROR_LIMIT, "%s: its pickle builds more than %d values",
                         m->label, MAX_VALUES);
    pickle_value **values =
        anew_grow(m->values, &m->value_capacity, m->value_count + 1, sizeof *values);
    if (values == NULL)
        return pickle_no_memory(m);
    m->values = values;
    pickle_value *made = anew_alloc_zero(sizeof *made);
    if (made == NULL)
        return pickle_no_memory(m);
    made->kind = kind;
    m->values[m->value_count++] = made;
    *value = made;
    return ANEW_OK;
}

anew_status pickle_push(pickle *m, pickle_value *value)
{
    pickle_value **stack = anew_grow(m->stack, &m->stack_capacity, m->depth + 1, sizeof *stack);
    if (stack == NULL)
        return pickle_no_memory(m);
    m->stack = stack;
    m->stack[m->depth++] = value;
    return ANEW_OK;
}

anew_status pickle_push_new(pickle *m, pickle_kind kind, int64_t integer, double real)
{
    pickle_value *value = NULL;
    ANEW_TRY(pickle_create(m, kind, &value));
    value->integer = integer;
    value->real = real;
    return pickle_push(m, value);
}

/* The top of the stack, taken off; never a mark. */
anew_status pickle_pop(pickle *m, pickle_value **value)
{
    if (m->depth == 0 || m->stack[m->depth - 1]->kind == PICKLE_MARK)
        return pickle_damaged(m, "the stack is empty");
    *value = m->stack[--m->depth];
    return ANEW_OK;
}

anew_status pickle_append(pickle *m, pickle_value *container, pickle_value *item)
{
    if (++m->references > MAX_REFERENCE)
        return anew_fail(m->error, ANEW_ERROR_LIMIT, "%s: its pickle's containers are too large",
                         m->label);
    pickle_value **items =
        anew_grow(container->items, &container->capacity, container->count + 1, sizeof *items);
    if (items == NULL)
        return pickle_no_memory(m);
    container->items = items;
    container->items[container->count++] = item;
    return ANEW_OK;
}

/* Index of the topmost mark + 1; everything from there on belongs to it. */
anew_status pickle_find_mark(pickle *m, size_t *first)
{
    for (size_t i = m->depth; i-- > 0;) {
        if (m->stack[i]->kind == PICKLE_MARK) {
            *first = i + 1;
            return ANEW_OK;
        }
    }
    return pickle_damaged(m, "a mark is missing");
}

/* ---- arguments in the byte stream ------------------------------------------------------------------ */

anew_status pickle_take(pickle *m, size_t bytes, const uint8_t **p)
{
    if (bytes > m->size - m->at)
        return pickle_damaged(m, "it is cut");
    *p = m->data + m->at;
    m->at += bytes;
    return ANEW_OK;
}

static anew_status take_unsigned(pickle *m, size_t bytes, uint64_t *value)
{
    const uint8_t *p = NULL;
    ANEW_TRY(pickle_take(m, bytes, &p));
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
        return pickle_damaged(m, "it is cut");
    ANEW_TRY(pickle_take(m, (size_t)length, &p));
    ANEW_TRY(pickle_create(m, PICKLE_TEXT, &value));
    /* Long texts (training logs) are of no use here and kept short. */
    const size_t kept = length > MAX_TEXT ? MAX_TEXT : (size_t)length;
    value->text = anew_alloc(kept + 1);
    if (value->text == NULL)
        return pickle_no_memory(m);
    memcpy(value->text, p, kept);
    value->text[kept] = '\0';
    return pickle_push(m, value);
}

/* LONG1: a little-endian two's complement number; beyond 64 bits it is only passed over. */
static anew_status push_long(pickle *m)
{
    uint64_t length = 0, value = 0;
    const uint8_t *p = NULL;
    ANEW_TRY(take_unsigned(m, 1, &length));
    ANEW_TRY(pickle_take(m, (size_t)length, &p));
    if (length > 8)
        return pickle_push_new(m, PICKLE_NONE, 0, 0);
    for (size_t i = (size_t)length; i-- > 0;)
        value = value << 8 | p[i];
    if (length > 0 && length < 8 && (p[length - 1] & 0x80) != 0)
        value |= ~(uint64_t)0 << (8 * length);
    return pickle_push_new(m, PICKLE_INTEGER, (int64_t)value, 0);
}

static anew_status push_real(pickle *m)
{
    const uint8_t *p = NULL;
    uint64_t bits = 0;
    double value;
    ANEW_TRY(pickle_take(m, 8, &p));
    for (int i = 0; i < 8; i++)
        bits = bits << 8 | p[i]; /* big-endian, unlike everything else */
    memcpy(&value, &bits, sizeof value);
    return pickle_push_new(m, PICKLE_REAL, 0, value);
}

/* ---- containers ------------------------------------------------------------------------------------ */

/* Everything above the topmost mark becomes a list; the mark goes. */
static anew_status build_list(pickle *m)
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

static anew_status build_tuple(pickle *m, size_t count)
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

/* Adds what stands from `first` on to the container below it; `mark` of 1 also drops the mark. An object's
 * entries are kept like a dictionary's; what it may hold as a list does not matter here. */
static anew_status add_items(pickle *m, size_t first, size_t mark, pickle_kind kind)
{
    if (first < mark + 1 || first > m->depth ||
        (kind == PICKLE_DICT && (m->depth - first) % 2 != 0))
        return pickle_damaged(m, "items for something that takes none");
    pickle_value *container = m->stack[first - mark - 1];
    if (container->kind != kind && container->kind != PICKLE_OBJECT)
        return pickle_damaged(m, "items for something that takes none");
    for (size_t i = first; i < m->depth; i++) {
        if (m->stack[i]->kind == PICKLE_MARK)
            return pickle_damaged(m, "a mark among items");
        if (kind == PICKLE_DICT && (i - first) % 2 == 0 && m->stack[i]->kind == PICKLE_DICT)
            return pickle_damaged(m, "a key that cannot be one");
        if (container->kind == kind || kind == PICKLE_DICT)
            ANEW_TRY(pickle_append(m, container, m->stack[i]));
    }
    m->depth = first - mark;
    return ANEW_OK;
}

/* ---- memo ------------------------------------------------------------------------------------------ */

static anew_status memo_put(pickle *m, uint64_t index)
{
    if (m->depth == 0 || m->stack[m->depth - 1]->kind == PICKLE_MARK)
        return pickle_damaged(m, "the stack is empty");
    if (index >= MAX_MEMO)
        return pickle_damaged(m, "a memo number that is too large");
    pickle_value **memo = anew_grow(m->memo, &m->memo_capacity, (size_t)index + 1, sizeof *memo);
    if (memo == NULL)
        return pickle_no_memory(m);
    m->memo = memo;
    while (m->memo_count <= index)
        m->memo[m->memo_count++] = NULL;
    m->memo[index] = m->stack[m->depth - 1];
    return ANEW_OK;
}

static anew_status memo_get(pickle *m, uint64_t index)
{
    if (index >= m->memo_count || m->memo[index] == NULL)
        return pickle_damaged(m, "a memo number that was never set");
    return pickle_push(m, m->memo[index]);
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
        return pickle_take(m, 1, &skipped);
    case 0x95: /* FRAME */
        return pickle_take(m, 8, &skipped);
    case '.': /* STOP */
        *stopped = true;
        return ANEW_OK;
    case '(': /* MARK */
        return pickle_push_new(m, PICKLE_MARK, 0, 0);
    case '}': /* EMPTY_DICT */
        return pickle_push_new(m, PICKLE_DICT, 0, 0);
    case ']':  /* EMPTY_LIST */
    case ')':  /* EMPTY_TUPLE */
    case 0x8f: /* EMPTY_SET */
        return pickle_push_new(m, PICKLE_LIST, 0, 0);
    case 'X': /* BINUNICODE */
    case 'T': /* BINSTRING */
    case 'B': /* BINBYTES */
        return push_text(m, 4);
    case 0x8c: /* SHORT_BINUNICODE */
    case 'U':  /* SHORT_BINSTRING */
    case 'C':  /* SHORT_BINBYTES */
        return push_text(m, 1);
    case 0x8d: /* BINUNICODE8 */
    case 0x8e: /* BINBYTES8 */
    case 0x96: /* BYTEARRAY8 */
        return push_text(m, 8);
    case 'J': /* BININT */
        ANEW_TRY(take_unsigned(m, 4, &number));
        return pickle_push_new(m, PICKLE_INTEGER, (int32_t)(uint32_t)number, 0);
    case 'K': /* BININT1 */
        ANEW_TRY(take_unsigned(m, 1, &number));
        return pickle_push_new(m, PICKLE_INTEGER, (int64_t)number, 0);
    case 'M': /* BININT2 */
        ANEW_TRY(take_unsigned(m, 2, &number));
        return pickle_push_new(m, PICKLE_INTEGER, (int64_t)number, 0);
    case 0x8a: /* LONG1 */
        return push_long(m);
    case 0x8b: /* LONG4: beyond 64 bits */
        ANEW_TRY(take_unsigned(m, 4, &number));
        ANEW_TRY(pickle_take(m, (size_t)number, &skipped));
        return pickle_push_new(m, PICKLE_NONE, 0, 0);
    case 'G': /* BINFLOAT */
        return push_real(m);
    case 'N': /* NONE */
        return pickle_push_new(m, PICKLE_NONE, 0, 0);
    case 0x88: /* NEWTRUE */
    case 0x89: /* NEWFALSE */
        return pickle_push_new(m, PICKLE_INTEGER, opcode == 0x88, 0);
    case 't':  /* TUPLE */
    case 'l':  /* LIST */
    case 0x91: /* FROZENSET */
        return build_list(m);
    case 0x85: /* TUPLE1, TUPLE2, TUPLE3 */
    case 0x86:
    case 0x87:
        return build_tuple(m, opcode - 0x84u);
    case 'a': /* APPEND */
        return m->depth < 2 ? pickle_damaged(m, "the stack is empty")
                            : add_items(m, m->depth - 1, 0, PICKLE_LIST);
    case 'e':  /* APPENDS */
    case 0x90: /* ADDITEMS */
        ANEW_TRY(pickle_find_mark(m, &first));
        return add_items(m, first, 1, PICKLE_LIST);
    case 's': /* SETITEM */
        return m->depth < 3 ? pickle_damaged(m, "the stack is empty")
                            : add_items(m, m->depth - 2, 0, PICKLE_DICT);
    case 'u': /* SETITEMS */
        ANEW_TRY(pickle_find_mark(m, &first));
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
        return pickle_global(m);
    case 0x93: /* STACK_GLOBAL */
        return pickle_stack_global(m);
    case 'Q': /* BINPERSID */
        return pickle_persistent(m);
    case 'R': /* REDUCE */
        return pickle_reduce(m);
    case 0x81: /* NEWOBJ */
    case 0x92: /* NEWOBJ_EX */
        return pickle_new_object(m, opcode == 0x92);
    case 'b': /* BUILD */
        return pickle_build_state(m);
    case '0': /* POP */
        return pickle_pop(m, &value);
    case '1': /* POP_MARK */
        ANEW_TRY(pickle_find_mark(m, &first));
        m->depth = first - 1;
        return ANEW_OK;
    default: {
        char what[48];
        (void)snprintf(what, sizeof what, "the opcode 0x%02x, which no checkpoint needs", opcode);
        return pickle_damaged(m, what);
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
        status = pickle_take(m, 1, &opcode);
        if (status == ANEW_OK)
            status = execute(m, *opcode, &stopped);
    }
    if (status == ANEW_OK)
        status = pickle_pop(m, &value);
    if (status == ANEW_OK)
        status = pickle_check_result(m, value);
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
