/* explain_picture.h - `anew explain PICTURE`: what would be done with a picture, and why. */
#ifndef ANEW_CLI_EXPLAIN_PICTURE_H
#define ANEW_CLI_EXPLAIN_PICTURE_H

#include "cli/options.h"

/* Whether the word is a picture's file, and no model's. */
bool cli_is_picture(const char *word, const cli_options *options);

/* Prints it; the exit code. */
int cli_explain_picture(const char *path, const cli_options *options);

#endif
