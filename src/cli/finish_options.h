/* finish_options.h - the options of the finishing tools. */
#ifndef ANEW_CLI_FINISH_OPTIONS_H
#define ANEW_CLI_FINISH_OPTIONS_H

#include "cli/options.h"

/* Stores one of them; `value` is NULL where it was left out, `number` what it says where it is a number, or which of the choices it is. A value that
 * cannot be used prints one line to stderr and gives false. */
bool cli_store_finish(cli_options *to, option_id id, const char *value, double number);

#endif
