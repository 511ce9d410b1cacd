/* finish_options.h - the options of the finishing tools. */
#ifndef ANEW_CLI_FINISH_OPTIONS_H
#define ANEW_CLI_FINISH_OPTIONS_H

#include "cli/options.h"

/* Stores one of them; `place` begins a message, `value` is NULL where it was left out, `number` what it says where it is
 * a number, or which of the choices it is. */
ANEW_NODISCARD anew_status cli_store_finish(cli_options *to, option_id id, const char *place,
                                            const char *value, double number, anew_error *error);

#endif
