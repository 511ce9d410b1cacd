/*
 * json_read.h - reading JSON that people and other programs wrote: strict (RFC 8259, in UTF-8), bounded in bytes, depth
 * and number of values, and each fault with its line and column.
 *
 * Strict: no comments, no commas too many, no NaN, no number that is infinite as a double, no two members of one name,
 * no character U+0000 in a string (it would end a C string).
 */
#ifndef ANEW_CLI_JSON_READ_H
#define ANEW_CLI_JSON_READ_H

#include <stdbool.h>
#include <stddef.h>

#include "core/status.h"

#define JSON_MOST_BYTES   ((size_t)16 << 20)
#define JSON_MOST_VALUES  1000000
#define JSON_MOST_MEMBERS 256 /* of one object: each is compared with those before it */
#define JSON_MOST_DEPTH   32

typedef enum json_kind {
    JSON_NULL,
    JSON_BOOLEAN,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
} json_kind;

typedef struct json_value json_value;
struct json_value {
    json_kind kind;
    int line, column; /* where it begins, from 1; columns are bytes */
    const char *name; /* of a member of an object, else NULL */
    const char *text; /* of a string */
    double number;    /* of a number; of a boolean 0 or 1 */
    int count;        /* elements or members */
    const json_value *first, *next;
};

typedef struct json_document json_document;

/* All values of a text: one, or several with nothing but space between them, such as one a line; none at all is an
 * error. `label` begins each message and must stay. Freed with json_free. */
ANEW_NODISCARD anew_status json_read(json_document **document, const char *data, size_t size,
                                     const char *label, anew_error *error);

/* The same from a file, or standard input for "-". */
ANEW_NODISCARD anew_status json_read_file(json_document **document, const char *path,
                                          anew_error *error);
void json_free(json_document **document);

/* The first of the values, and how many there are. */
const json_value *json_first(const json_document *document, int *count);

/* A fault at a value: "LABEL: line 3, column 7: ..."; gives ANEW_ERROR_FORMAT. */
anew_status json_refuse(const json_document *document, const json_value *at, anew_error *error,
                        const char *format, ...) ANEW_PRINTF(4, 5);

/* The member of an object, or NULL. */
const json_value *json_member(const json_value *object, const char *name);

/* For people: "a string" ... */
const char *json_kind_name(json_kind kind);

/* Refuses a value that is none of the kind; `what` names it in the message. */
ANEW_NODISCARD anew_status json_want(const json_document *document, const json_value *value,
                                     json_kind kind, const char *what, anew_error *error);

/* ... that is no number from `minimum` to `maximum`. */
ANEW_NODISCARD anew_status json_want_number(double *number, const json_document *document,
                                            const json_value *value, double minimum, double maximum,
                                            const char *what, anew_error *error);

/* Whether it is one of `names`, which are separated by '|'. */
bool json_is_listed(const char *name, const char *names);

/* Refuses members of an object that are none of `names`, which are separated by '|'. */
ANEW_NODISCARD anew_status json_want_members(const json_document *document,
                                             const json_value *object, const char *names,
                                             anew_error *error);

#endif
