/* mend.h - --faces: the two models that it takes, opened once for all pictures. */
#ifndef ANEW_CLI_MEND_H
#define ANEW_CLI_MEND_H

#include "cli/options.h"

typedef struct cli_mender {
    anew_model *detector_model, *restorer_model;
    anew_detector *detector;
    anew_face_restorer *restorer;
} cli_mender;

/* Nothing where the options do not ask for it. Closed by cli_mender_close also after a failure. */
ANEW_NODISCARD anew_status cli_mender_open(cli_mender *mender, const cli_options *options,
                                           anew_error *error);
void cli_mender_close(cli_mender *mender);

#endif
