/* cause.c - causes by status and by the system's code. */
#include "cli/cause.h"

#include <errno.h>

cli_cause cli_cause_of(const anew_error *error)
{
    switch (error->status) {
    case ANEW_ERROR_MEMORY:
        return CAUSE_MEMORY;
    case ANEW_ERROR_LIMIT:
        return CAUSE_TOO_LARGE;
    case ANEW_ERROR_ARGUMENT:
        return CAUSE_ARGUMENT;
    case ANEW_ERROR_CANCELLED:
        return CAUSE_TIME;
    case ANEW_ERROR_IO:
        break;
    default:
        return CAUSE_BAD_PICTURE;
    }
    switch (error->system_code) {
    case ENOENT:
    case ENOTDIR:
        return CAUSE_NOT_FOUND;
    case EACCES:
    case EPERM:
    case EROFS:
        return CAUSE_PERMISSION;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return CAUSE_DISK_FULL;
    case ENOMEM:
        return CAUSE_MEMORY;
    default:
        return CAUSE_INPUT_OUTPUT;
    }
}

const char *cli_cause_name(cli_cause cause)
{
    static const char *const names[CAUSE_COUNT] = {
        [CAUSE_BAD_PICTURE] = "bad picture", [CAUSE_TOO_LARGE] = "too large",
        [CAUSE_NOT_FOUND] = "not found",     [CAUSE_PERMISSION] = "permission",
        [CAUSE_DISK_FULL] = "disk full",     [CAUSE_INPUT_OUTPUT] = "input and output",
        [CAUSE_MEMORY] = "memory",           [CAUSE_ARGUMENT] = "argument",
        [CAUSE_TIME] = "time limit",
    };
    return names[cause];
}

bool cli_may_pass(const anew_error *error)
{
    if (error->status == ANEW_ERROR_MEMORY)
        return true;
    if (error->status != ANEW_ERROR_IO)
        return false;
    const int code = error->system_code;
    return code == ENOSPC || code == EDQUOT || code == EIO || code == EAGAIN || code == ENOMEM ||
           code == ENFILE || code == EMFILE || code == EINTR || code == ETIMEDOUT;
}
