/* mend.h - --faces: the models that it takes, opened once for all pictures, and one picture's way. */
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
    char *restorer_name;      /* of the one that was found, where none is named; owned, else NULL */
} cli_mender;

/* Nothing where the options do not ask for it; with --aligned the restorer only. Closed by cli_mender_close also after a failure. */
ANEW_NODISCARD anew_status cli_mender_open(cli_mender *mender, const cli_options *options,
                                           anew_error *error);
void cli_mender_close(cli_mender *mender);

/* The same in two steps, whatever the options ask for: what finds the faces, and what restores them. */
ANEW_NODISCARD anew_status cli_mender_open_finder(cli_mender *mender, const cli_options *options,
                                                  anew_error *error);
ANEW_NODISCARD anew_status cli_mender_open_restorer(cli_mender *mender, anew_error *error);

/* Which faces of one picture are mended. */
typedef struct cli_face_wish {
    const cli_mender *mender;  /* NULL: none */
    anew_face_options options; /* which of them, and how */
    /* What the detector has found in this picture already; NULL: it is to look. */
    anew_face_wish *found; /* [count]; owned */
    int count, mended;     /* mended: so many of them were chosen */
} cli_face_wish;

/* --faces: those that the options name, of every picture; none where they ask for none. */
cli_face_wish cli_face_wish_of(const cli_mender *mender);
void cli_face_wish_free(cli_face_wish *wish);

/* One picture: read whole, and its faces. */
typedef struct cli_mended {
    anew_image image;
    anew_picture_source rows;
    anew_face_work *work;
    cli_face_files files;
    int width, height; /* of the picture */
} cli_mended;

/* Finds the faces of what `source` gives, with the memory of `enhance`, which the engine does not need yet, and makes `source` give that again. The sink of mended->work then takes
 * the enlargement. Freed by cli_mended_free also after a failure. */
ANEW_NODISCARD anew_status cli_mend(cli_mended *mended, const cli_face_wish *wish,
                                    const cli_input *input, anew_row_source *source,
                                    const anew_enhance_options *enhance, anew_error *error);

/* After the enlargement's last row: what --draw-faces asks for. */
ANEW_NODISCARD anew_status cli_mend_draw(cli_mended *mended, anew_error *error);
void cli_mended_free(cli_mended *mended);

#endif
