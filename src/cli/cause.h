/* cause.h - why a picture failed, in a word; and whether it may pass. */
#ifndef ANEW_CLI_CAUSE_H
#define ANEW_CLI_CAUSE_H

#include <stdbool.h>

#include "core/status.h"

typedef enum cli_cause {
    CAUSE_BAD_PICTURE, /* damaged, or of a kind that is not read */
    CAUSE_TOO_LARGE,   /* beyond a limit or a budget */
    CAUSE_NOT_FOUND,
    CAUSE_PERMISSION,
    CAUSE_DISK_FULL,
    CAUSE_INPUT_OUTPUT,
    CAUSE_MEMORY,
    CAUSE_ARGUMENT, /* the result exists, sizes that cannot be */
    CAUSE_TIME,     /* a worker's time limit */
    CAUSE_COUNT
} cli_cause;

cli_cause cli_cause_of(const anew_error *error);

/* Such as "bad picture". */
const char *cli_cause_name(cli_cause cause);

/* A full disk, a device's error, short memory: things that may be otherwise in a moment. */
bool cli_may_pass(const anew_error *error);

#endif
