/* child.h - other programs, run without a shell. */
#ifndef ANEW_CLI_CHILD_H
#define ANEW_CLI_CHILD_H

#include <stdbool.h>

#include "core/status.h"

/* Runs a program, `words` ending in NULL, and waits. A name without a slash is looked for beside this program (where
 * `beside` says so and it is there), then in PATH. Its standard output goes to standard error: ours is for answers.
 * Fails where it cannot be run, or ends otherwise than with 0: `doing` begins the message. */
ANEW_NODISCARD anew_status cli_child_run(const char *const *words, bool beside, const char *doing,
                                         anew_error *error);

#endif
