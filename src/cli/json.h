/* json.h - writing JSON. */
#ifndef ANEW_CLI_JSON_H
#define ANEW_CLI_JSON_H

#include <stdio.h>

/* A JSON string with its quotes; control characters and quotes escaped, UTF-8 as it is, and bytes that are
 * none replaced by U+FFFD. */
void json_string(FILE *to, const char *text);

#endif
