/* face_options.h - what the values of the options about faces say, and which of them go together. */
#ifndef ANEW_CLI_FACE_OPTIONS_H
#define ANEW_CLI_FACE_OPTIONS_H

#include "cli/options.h"

/* --faces: "all", "largest", "center", "list", or numbers such as 1,3; `place` begins a message. */
ANEW_NODISCARD anew_status cli_read_faces(cli_options *to, const char *place, const char *value,
                                          anew_error *error);

/* --face-exclude X,Y,WIDTH,HEIGHT: one area more. */
ANEW_NODISCARD anew_status cli_read_area(cli_options *to, const char *place, const char *value,
                                         anew_error *error);

/* False after a message where options about faces deny each other, or need one that is not there. */
bool cli_faces_are_usable(const cli_options *options);

#endif
