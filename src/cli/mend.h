/* mend.h - --faces: the two models that it takes, opened once for all pictures, and one picture's way. */
#ifndef ANEW_CLI_MEND_H
#define ANEW_CLI_MEND_H

#include "cli/face_files.h"
#include "cli/face_lists.h"
#include "cli/options.h"

typedef struct cli_mender {
    const cli_options *options;
    anew_model *detector_model, *restorer_model, *parser_model;
    anew_detector *detector;
    anew_face_restorer *restorer;
    anew_face_parser *parser; /* NULL: none is asked for */
    cli_face_lists *lists;    /* --face-list */
} cli_mender;

/* Nothing where the options do not ask for it; with --aligned the restorer only. Closed by cli_mender_close also after a failure. */
ANEW_NODISCARD anew_status cli_mender_open(cli_mender *mender, const cli_options *options,
                                           anew_error *error);
void cli_mender_close(cli_mender *mender);

/* One picture: read whole, and its faces. */
typedef struct cli_mended {
    anew_image image;
    anew_picture_source rows;
    anew_face_work *work;
    cli_face_files files;
    int width, height; /* of the picture */
} cli_mended;

/* Finds the faces of what `source` gives, and makes `source` give that again. The sink of mended->work then takes
 * the enlargement. Freed by cli_mended_free also after a failure. */
ANEW_NODISCARD anew_status cli_mend(cli_mended *mended, const cli_mender *mender,
                                    const cli_input *input, anew_row_source *source,
                                    anew_error *error);

/* After the enlargement's last row: what --draw-faces asks for. */
ANEW_NODISCARD anew_status cli_mend_draw(cli_mended *mended, anew_error *error);
void cli_mended_free(cli_mended *mended);

#endif
