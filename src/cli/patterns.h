/* patterns.h - words like '*.jpg' that no shell has expanded. */
#ifndef ANEW_CLI_PATTERNS_H
#define ANEW_CLI_PATTERNS_H

#include <stdbool.h>

#include "core/status.h"

/* Has * ? or [ in it, and is not itself the name of a file. */
bool cli_is_pattern(const char *word);

/* Calls one(context, path) for what the pattern matches, in the order of names, until one fails; for the pattern
 * itself where nothing matches, so that a file that is not there is told like any other. Hidden files match only
 * where the pattern has their dot. */
ANEW_NODISCARD anew_status cli_pattern_walk(const char *pattern,
                                            anew_status (*one)(void *context, const char *path),
                                            void *context, anew_error *error);

#endif
