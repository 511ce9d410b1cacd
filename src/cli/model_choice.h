/* model_choice.h - which of the models that are found here restores, and which is for drawings. */
#ifndef ANEW_CLI_MODEL_CHOICE_H
#define ANEW_CLI_MODEL_CHOICE_H

#include <stdbool.h>

#include "cli/options.h"
#include "model/model.h"

/* Whether --restore is left to the program. */
bool cli_restores_by_itself(const cli_options *options);

/* The model of --restore: the one that is named; of "auto", the one that `anew models` lists which keeps a picture's
 * size and is for faults of all kinds rather than for noise alone, by its name. NULL: none is wanted, or found. */
ANEW_NODISCARD anew_status cli_restorer_open(anew_model **model, const cli_options *options,
                                             anew_error *error);

/* The first that is listed with that scale and a name that says it is for drawings; NULL: none. */
ANEW_NODISCARD anew_status cli_drawing_model_open(anew_model **model, int scale, anew_error *error);

#endif
