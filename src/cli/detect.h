/* detect.h - the detector of faces that the options name. */
#ifndef ANEW_CLI_DETECT_H
#define ANEW_CLI_DETECT_H

#include "cli/options.h"

/* Both are the caller's, also after a failure, and NULL before the call. */
ANEW_NODISCARD anew_status cli_detector_open(anew_model **model, anew_detector **detector,
                                             const cli_options *options, anew_error *error);

/* The same, but where none is named and none is here, both stay NULL. */
ANEW_NODISCARD anew_status cli_detector_open_if_any(anew_model **model, anew_detector **detector,
                                                    const cli_options *options, anew_error *error);

#endif
