/* finish_picture.h - the finishing tools of one picture of a run, before its network, and between that and the encoder. */
#ifndef ANEW_CLI_FINISH_PICTURE_H
#define ANEW_CLI_FINISH_PICTURE_H

#include "cli/options.h"
#include "cli/repair.h"
#include "pipeline/finishing.h"

typedef struct cli_finish {
    anew_image image; /* the picture, where a tool needs all of it */
    anew_picture_source rows;
    anew_finishing *finishing; /* NULL: no tool after the network */
    cli_repaired repaired;
} cli_finish;

/* Where the options ask for a tool, makes all ready for a picture of that size and kind: reads it whole where one needs
 * that, so that *source then passes by it, and has the network give floats. */
ANEW_NODISCARD anew_status cli_finish_begin(cli_finish *finish, anew_row_source *source,
                                            anew_enhance_options *enhance, const anew_image *in,
                                            const cli_options *options, anew_error *error);

/* `to`, or the tools in front of it. */
anew_row_sink cli_finish_sink(cli_finish *finish, const anew_row_sink *to);

/* What the tools found; NULL where none was on. */
const anew_finish_report *cli_finish_report(const cli_finish *finish);
void cli_finish_free(cli_finish *finish);

#endif
