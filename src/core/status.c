/* status.c - writes the one message of a failed call. */
#include "core/status.h"

#include <stdarg.h>
#include <stdio.h>

void anew_error_set(anew_error *error, anew_status status, const char *format, ...)
{
    if (error != NULL) {
        va_list arguments;
        va_start(arguments, format);
        error->status = status;
        (void)vsnprintf(error->text, sizeof error->text, format, arguments);
        va_end(arguments);
    }
}

void anew_error_clear(anew_error *error)
{
    if (error != NULL) {
        error->status = ANEW_OK;
        error->text[0] = '\0';
    }
}
