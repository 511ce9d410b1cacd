/* utf8.h - which bytes are UTF-8. */
#ifndef ANEW_CORE_UTF8_H
#define ANEW_CORE_UTF8_H

#include <stdbool.h>

/* Bytes of the character that a text, which ends by a zero, begins with: 1 to 4, or 0 where it is none. */
int anew_utf8_length(const unsigned char *text);

/* Whether all of a text is UTF-8. */
bool anew_is_utf8(const char *text);

#endif
