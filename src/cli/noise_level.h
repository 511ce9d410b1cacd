/* noise_level.h - --noise-level: what a network that is told the noise's level is told. */
#ifndef ANEW_CLI_NOISE_LEVEL_H
#define ANEW_CLI_NOISE_LEVEL_H

#include "cli/options.h"
#include "pipeline/passes.h"

/* Sets options->noise_level for the passes of this picture: as the user said, or, where one of the networks is told it,
 * as the picture shows. Standard input cannot be read twice and gets CLI_NOISE_LEVEL. */
ANEW_NODISCARD anew_status cli_noise_level(anew_enhance_options *options, const cli_options *given,
                                           const anew_pass_list *passes, const char *path,
                                           anew_error *error);

#endif
