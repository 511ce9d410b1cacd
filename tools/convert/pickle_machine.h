/*
 * pickle_machine.h - what the two halves of the pickle machine share: pickle.c reads opcodes and keeps
 * stack and memo, pickle_build.c makes values out of names and arguments.
 */
#ifndef ANEW_CONVERT_PICKLE_MACHINE_H
#define ANEW_CONVERT_PICKLE_MACHINE_H

#include "pickle.h"

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

/* ---- pickle.c ---------------------------------------------------------------------------------------- */

anew_status pickle_damaged(const pickle *m, const char *what);
anew_status pickle_no_memory(const pickle *m);
anew_status pickle_create(pickle *m, pickle_kind kind, pickle_value **value);
anew_status pickle_push(pickle *m, pickle_value *value);
anew_status pickle_push_new(pickle *m, pickle_kind kind, int64_t integer, double real);
/* The top of the stack, taken off; never a mark. */
anew_status pickle_pop(pickle *m, pickle_value **value);
anew_status pickle_append(pickle *m, pickle_value *container, pickle_value *item);
anew_status pickle_take(pickle *m, size_t bytes, const uint8_t **p);
/* Index of the topmost mark + 1; everything from there on belongs to it. */
anew_status pickle_find_mark(pickle *m, size_t *first);

/* ---- pickle_build.c: one function for each opcode ------------------------------------------------------- */

anew_status pickle_global(pickle *m);
anew_status pickle_stack_global(pickle *m);
anew_status pickle_reduce(pickle *m);
anew_status pickle_new_object(pickle *m, bool with_keywords);
anew_status pickle_build_state(pickle *m);
anew_status pickle_persistent(pickle *m);
/* A program whose result is a name and nothing else is refused with that name. */
anew_status pickle_check_result(const pickle *m, const pickle_value *value);

#endif
