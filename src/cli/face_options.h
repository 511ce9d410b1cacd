/* face_options.h - what the values of the options about faces say, and which of them go together. */
#ifndef ANEW_CLI_FACE_OPTIONS_H
#define ANEW_CLI_FACE_OPTIONS_H

#include "cli/options.h"

/* --faces: "all", "largest", "center", "list", or numbers such as 1,3. False after a message. */
bool cli_read_faces(cli_options *to, const char *value);

/* --face-exclude X,Y,WIDTH,HEIGHT: one area more. False after a message. */
bool cli_read_area(cli_options *to, const char *value);

/* False after a message where options about faces deny each other, or need one that is not there. */
bool cli_faces_are_usable(const cli_options *options);

#endif
