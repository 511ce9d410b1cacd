/* json.h - writing JSON. */
#ifndef ANEW_CLI_JSON_H
#define ANEW_CLI_JSON_H

#include <stdbool.h>
#include <stdio.h>

#include "anew.h"

/* A JSON string with its quotes; control characters and quotes escaped, UTF-8 as it is, and bytes that are
 * none replaced by U+FFFD. */
void json_string(FILE *to, const char *text);

/* Whether a text is UTF-8, so that json_string loses nothing of it. */
bool json_is_text(const char *text);

/* A number with four digits after the point; null where it is not finite. */
void json_number(FILE *to, double value);

/* "box", "score" and "landmarks" of a face, without braces. */
void json_face(FILE *to, const anew_face *face);

#endif
