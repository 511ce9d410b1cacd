/* status.c - writes the one message of a failed call. */
#include "core/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Longer messages lose their middle, for the file's name stands in front and the cause at the end. */
#define LONGEST    8192
#define KEPT_FRONT 256

/* Names come from files and from people who mean harm: no byte of theirs starts a line or steers a
 * terminal. */
static void make_printable(char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            *text = '?';
}

void anew_error_set(anew_error *error, anew_status status, const char *format, ...)
{
    static const char gap[] = " ... ";
    char whole[LONGEST];
    if (error == NULL)
        return;
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(whole, sizeof whole, format, arguments);
    va_end(arguments);
    make_printable(whole);
    error->status = status;
    error->system_code = 0;
    const size_t length = strlen(whole), room = sizeof error->text;
    if (length < room) {
        memcpy(error->text, whole, length + 1);
        return;
    }
    const size_t back = room - KEPT_FRONT - (sizeof gap - 1); /* with the NUL */
    memcpy(error->text, whole, KEPT_FRONT);
    memcpy(error->text + KEPT_FRONT, gap, sizeof gap - 1);
    memcpy(error->text + room - back, whole + length + 1 - back, back);
}

void anew_error_code(anew_error *error, int code)
{
    if (error != NULL)
        error->system_code = code;
}

void anew_error_name(anew_error *error, const char *name)
{
    anew_error shown;
    anew_error_set(&shown, error->status, "%s", name);
    shown.text[KEPT_FRONT / 2] = '\0';
    if (strstr(error->text, shown.text) == NULL) {
        shown = *error;
        anew_error_set(error, shown.status, "%s: %s", name, shown.text);
        error->system_code = shown.system_code;
    }
}

void anew_error_clear(anew_error *error)
{
    if (error != NULL) {
        error->status = ANEW_OK;
        error->text[0] = '\0';
        error->system_code = 0;
    }
}
