/* fingerprint.h - a number for everything but the picture that a result depends on: --journal does a picture again where
 * it has changed. */
#ifndef ANEW_CLI_FINGERPRINT_H
#define ANEW_CLI_FINGERPRINT_H

#include "cli/options.h"

/* Of the options as they are spelled (so 2 and 2.0 are two settings, which costs a run and no more), the files that
 * they name by size and time, the parameters and weights of models (`restore` may be NULL), and the program's version. Where results go and how
 * they are computed (threads, memory, bands: the bytes are the same) is no part of it. */
uint64_t cli_fingerprint(const cli_options *options, const anew_model *model,
                         const anew_model *restore);

#endif
