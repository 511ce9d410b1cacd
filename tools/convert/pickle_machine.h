/*
 * pickle_machine.h - the machine's state, and what its two files share: pickle.c reads the program,
 * pickle_build.c builds values.
 */
#ifndef ANEW_CONVERT_PICKLE_MACHINE_H
#define ANEW_CONVERT_PICKLE_MACHINE_H

#include "pickle.h"

typedef enum known_name {
    NAME_ORDERED_DICT,
    NAME_REBUILD_TENSOR,
    NAME_REBUILD_PARAMETER,
    NAME_SET,
    NAME_STORAGE, /* its type stands in pickle_value.type */
    NAME_FOREIGN  /* a class that we do not know; its name stands in pickle_value.text */
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

/* Stack and values (pickle.c). */
anew_status pickle_damaged(const pickle *m, const char *what);
anew_status pickle_no_memory(const pickle *m);
anew_status pickle_create(pickle *m, pickle_kind kind, pickle_value **value);
anew_status pickle_push(pickle *m, pickle_value *value);
anew_status pickle_push_new(pickle *m, pickle_kind kind, int64_t integer, double real);
anew_status pickle_pop(pickle *m, pickle_value **value); /* never a mark */
anew_status pickle_append(pickle *m, pickle_value *container, pickle_value *item);
anew_status pickle_find_mark(pickle *m, size_t *first); /* index of the topmost mark + 1 */

/* What the opcodes build (pickle_build.c). */
anew_status pickle_push_name(pickle *m, const char *module, const char *name);
anew_status pickle_build_list(pickle *m);
anew_status pickle_build_tuple(pickle *m, size_t count);
anew_status pickle_add_items(pickle *m, size_t first, size_t mark, pickle_kind kind);
anew_status pickle_build_persistent(pickle *m);
anew_status pickle_build_object(pickle *m);
anew_status pickle_reduce(pickle *m);
anew_status pickle_set_state(pickle *m);

#endif
