/* look_first.h - --auto: what a picture shows of its past decides what is done with it, and is said in one line. */
#ifndef ANEW_CLI_LOOK_FIRST_H
#define ANEW_CLI_LOOK_FIRST_H

#include "cli/events.h"
#include "pipeline/passes.h"

/* Looks at the picture and sets what the options leave open: how much smaller it is made first, and the share of the
 * restoring model, none where the picture needs none. Standard input is left as it is: it cannot be read twice. */
ANEW_NODISCARD anew_status cli_look_first(anew_pass_wish *wish, cli_events *events,
                                          const char *path, const cli_options *options,
                                          anew_error *error);

#endif
