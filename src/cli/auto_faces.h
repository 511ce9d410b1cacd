/*
 * auto_faces.h - --auto and faces: the look at a picture decides whether faces of it are mended, and which.
 *
 * The models are those of `--faces`. At the start only their names are looked up; the detector is opened for the first
 * picture that is looked at for faces, the restorer for the first one that has a face that gains from it. Then they stay open.
 */
#ifndef ANEW_CLI_AUTO_FACES_H
#define ANEW_CLI_AUTO_FACES_H

#include "cli/face_models.h"
#include "cli/mend.h"
#include "core/sha256.h"

typedef struct cli_auto_faces {
    cli_options options; /* as if --faces had been said, with these models */
    cli_face_models found;
    cli_mender mender;
    /* For the look, which may be at one picture while another one is mended. */
    anew_model *finder_model;
    anew_detector *finder;
    char detector_digest[ANEW_SHA256_TEXT], restorer_digest[ANEW_SHA256_TEXT];
    char problem[200]; /* why none are mended from now on */
} cli_auto_faces;

/* What the picture is to become. */
typedef struct cli_auto_picture {
    const char *path;
    const anew_findings *findings;
    int width, height; /* of its result */
} cli_auto_picture;

/* NULL where the options leave nothing to it, or a model is missing. Closed with cli_auto_faces_close, also after a
 * failure. */
ANEW_NODISCARD anew_status cli_auto_faces_open(cli_auto_faces **faces, const cli_options *options,
                                               anew_error *error);
void cli_auto_faces_close(cli_auto_faces **faces);

/* Changes with the models; 0 for NULL. */
uint64_t cli_auto_faces_mark(const cli_auto_faces *faces);

/* Fills the wish; `said` gets what is to be said of it, or "". Not from several threads at once. Fails only where the picture
 * cannot be read. */
ANEW_NODISCARD anew_status cli_auto_faces_choose(cli_face_wish *wish, char *said, size_t size,
                                                 cli_auto_faces *faces,
                                                 const cli_auto_picture *picture,
                                                 anew_error *error);

/* What the record says of a choice: options and digests that do it again. `numbers` is kept by the caller. */
#define CLI_FACE_NUMBERS 1024
void cli_auto_faces_record(cli_options *options, char numbers[CLI_FACE_NUMBERS],
                           const cli_auto_faces *faces, const cli_face_wish *wish);

#endif
