/*
 * pickle.h - a pickle machine that can build tensors, containers, numbers and texts, and nothing else.
 *
 * A pickle is a program; Python's own machine lets it call anything. Here a name of a module is only
 * compared with a short list of words (pickle_build.c) and builds a value of ours. An object of any other
 * class is a bag of attributes; a call of any other name ends the reading with a message. Nothing is ever
 * called, imported or executed.
 */
#ifndef ANEW_CONVERT_PICKLE_H
#define ANEW_CONVERT_PICKLE_H

#include "checkpoint.h"

typedef enum pickle_kind {
    PICKLE_NONE,
    PICKLE_INTEGER, /* also booleans */
    PICKLE_REAL,
    PICKLE_TEXT,
    PICKLE_LIST, /* also tuples and sets */
    PICKLE_DICT, /* items: key, value, key, value ... */
    PICKLE_NAME, /* a known callable or type */
    PICKLE_STORAGE,
    PICKLE_TENSOR,
    PICKLE_OBJECT, /* inert: a class's name, attributes, entries */
    PICKLE_MARK
} pickle_kind;

typedef struct pickle_value pickle_value;
struct pickle_value {
    pickle_kind kind;
    int64_t integer; /* INTEGER; NAME: which; STORAGE: its element count; TENSOR: its offset */
    double real;
    char *text;           /* TEXT; NAME; STORAGE: its key; OBJECT: its class */
    pickle_value **items; /* LIST; DICT and OBJECT: key, value ... */
    size_t count, capacity;
    element_type type;     /* STORAGE */
    int64_t first;         /* STORAGE: the first element, where it is a part of another one */
    pickle_value *storage; /* TENSOR */
    pickle_value *state;   /* OBJECT: a DICT of attributes, a TENSOR, or NULL */
    int rank;              /* TENSOR */
    int64_t dims[ANEW_MAX_RANK], strides[ANEW_MAX_RANK];
};

typedef struct pickle pickle;

/* Runs the program to its STOP; *root is the object it built, *used (may be NULL) the program's length.
 * All values live until pickle_free. */
ANEW_NODISCARD anew_status pickle_load(pickle **machine, const pickle_value **root,
                                       const uint8_t *data, size_t size, size_t *used,
                                       const char *label, anew_error *error);
void pickle_free(pickle **machine);

/* All values that were made, in order; NULL past the last. */
const pickle_value *pickle_value_at(const pickle *machine, size_t index);

/* The value of a text key of a DICT, or NULL. */
const pickle_value *pickle_get(const pickle_value *dict, const char *key);

#endif
