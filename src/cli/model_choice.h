/* model_choice.h - which of the models that are found here restores, and which is for drawings. */
#ifndef ANEW_CLI_MODEL_CHOICE_H
#define ANEW_CLI_MODEL_CHOICE_H

#include <stdbool.h>

#include "cli/options.h"
#include "model/model.h"

/* Our own model that restores: the only one that a run takes which nobody told to restore. */
#define CLI_OWN_RESTORER "restore-x1"

/* Whether --auto decides about a picture: it was asked for, or nothing speaks against it. */
bool cli_auto_is_on(const cli_options *options);

/* Whether --restore is left to the program: by --restore auto, or where --auto is on and --restore says nothing. */
bool cli_restores_by_itself(const cli_options *options);

/* Whether it is left to the program to mend faces: --auto is on, no other model was named, and --faces says nothing. */
bool cli_mends_by_itself(const cli_options *options);

/* The model of --restore: the one that is named; of "auto", our own where it is found, else the one that `anew models`
 * lists which keeps a picture's size and is for faults of all kinds rather than for noise alone, by its name; where only
 * --auto is on, our own. NULL: none is wanted, or found. `name` is by what cli_options would have it, NULL or owned. */
ANEW_NODISCARD anew_status cli_restorer_open(anew_model **model, char **name,
                                             const cli_options *options, anew_error *error);

/* The first that is listed with that scale and a name that says it is for drawings; NULL: none is wanted (--auto is
 * off, or --model says which), or found. */
ANEW_NODISCARD anew_status cli_drawing_model_open(anew_model **model, char **name,
                                                  const cli_options *options, int scale,
                                                  anew_error *error);

#endif
