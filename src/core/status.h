/*
 * status.h - errors as values. The function that detects an error writes the message, with the
 * offending name, value and (in files) byte offset; everyone above only forwards the status.
 */
#ifndef ANEW_CORE_STATUS_H
#define ANEW_CORE_STATUS_H

#include "anew.h"

/* Sets *error (which may be NULL) to the status and the formatted message, made one line of printable
 * characters, whatever names it quotes; of a long one the middle is left out. Returns the status, so that a
 * detector can write `return anew_fail(error, ANEW_ERROR_IO, "...")`. A macro, so that static analysers see
 * that what is returned is no success. */
#define anew_fail(error, status, ...) (anew_error_set(error, status, __VA_ARGS__), (status))
void anew_error_set(anew_error *error, anew_status status, const char *format, ...)
    ANEW_PRINTF(3, 4);

/* The same with ANEW_ERROR_IO and the system's code, which is kept for who wants to know whether it may pass. */
#define anew_fail_system(error, code, ...)                                                         \
    (anew_error_set(error, ANEW_ERROR_IO, __VA_ARGS__), anew_error_code(error, code), ANEW_ERROR_IO)
void anew_error_code(anew_error *error, int code);

/* Puts the file's name in front of a message from deeper down, which does not have it. */
void anew_error_name(anew_error *error, const char *name);

/* Empties *error (which may be NULL). */
void anew_error_clear(anew_error *error);

/* Forwards a failure to the caller of the enclosing function. */
#define ANEW_TRY(expression)                                                                       \
    do {                                                                                           \
        const anew_status try_status = (expression);                                               \
        if (try_status != ANEW_OK)                                                                 \
            return try_status;                                                                     \
    } while (0)

/* The same for a function that owns things: sets `status` and jumps to the label. */
#define ANEW_TRY_GOTO(expression, label)                                                           \
    do {                                                                                           \
        status = (expression);                                                                     \
        if (status != ANEW_OK)                                                                     \
            goto label;                                                                            \
    } while (0)

#endif
