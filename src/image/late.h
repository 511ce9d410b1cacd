/*
 * late.h - libraries that are loaded when the first picture needs them, in place of when the program starts.
 *
 * libavif and libjxl bring some forty other libraries along, whose start would cost every run four times what the
 * program itself takes. The Makefile names their shared objects (ANEW_AVIF_SONAME, ANEW_JXL_SONAME); in a static build
 * they are linked as any other.
 */
#ifndef ANEW_IMAGE_LATE_H
#define ANEW_IMAGE_LATE_H

#include <pthread.h>
#include <stddef.h>

#include "core/status.h"

typedef struct anew_late_function {
    const char *name;
    void *to; /* a pointer to a function, which gets its address */
} anew_late_function;

/* A library with its functions; loaded once, by whichever thread comes first, and kept. */
typedef struct anew_late_library {
    const char *soname, *format; /* "libavif.so.15", "AVIF" */
    const anew_late_function *functions;
    size_t count;
    pthread_mutex_t mutex;
    int loaded; /* under the mutex */
} anew_late_library;

/* ANEW_ERROR_UNSUPPORTED with the cause where the library cannot be loaded or lacks a function; `label` names the file. */
ANEW_NODISCARD anew_status anew_late_load(anew_late_library *library, const char *label,
                                          anew_error *error);

#endif
