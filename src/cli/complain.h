/* complain.h - one line on standard error, whatever is in the names that it quotes. */
#ifndef ANEW_CLI_COMPLAIN_H
#define ANEW_CLI_COMPLAIN_H

#include "core/status.h"

/* Prints "anew: " and the text as one line of printable characters. */
#define cli_complain(...)                                                                          \
    do {                                                                                           \
        anew_error complaint;                                                                      \
        anew_error_set(&complaint, ANEW_ERROR_ARGUMENT, __VA_ARGS__);                              \
        cli_complain_error(&complaint);                                                            \
    } while (0)

void cli_complain_error(const anew_error *error);

#endif
