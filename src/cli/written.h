/* written.h - the result's file, as its rows come. */
#ifndef ANEW_CLI_WRITTEN_H
#define ANEW_CLI_WRITTEN_H

#include "pipeline/enhance.h"

typedef struct cli_written {
    const char *path;
    anew_format format;
    anew_image_options options;
    anew_image_writer *writer;
    anew_image shape; /* of the result, without pixels */
    double seconds;   /* spent encoding */
} cli_written;

/* Borrows `written`, which says path, format and options. */
anew_row_sink cli_written_sink(cli_written *written);

/* After the last row: the file appears under its name. */
ANEW_NODISCARD anew_status cli_written_commit(cli_written *written, anew_error *error);

/* Without a commit nothing stays. */
void cli_written_discard(cli_written *written);

#endif
