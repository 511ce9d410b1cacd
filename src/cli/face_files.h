/*
 * face_files.h - what is written beside a picture's result: the crops of its faces (--save-crops), and the picture with
 * its faces drawn in (--draw-faces). Names, and what stands in their way, are as those of results.
 */
#ifndef ANEW_CLI_FACE_FILES_H
#define ANEW_CLI_FACE_FILES_H

#include "cli/inputs.h"

typedef struct cli_face_files {
    const cli_options *options;
    const cli_input *input;
    char *drawn; /* --draw-faces: where to; owned */
    anew_format drawn_format;
} cli_face_files;

/* Where the drawn picture goes, refused before any work where it cannot. Freed by cli_face_files_free also after a
 * failure. */
ANEW_NODISCARD anew_status cli_face_files_open(cli_face_files *files, const cli_options *options,
                                               const cli_input *input, anew_error *error);
void cli_face_files_free(cli_face_files *files);

/* Refuses what is in the way of the crops of those faces that are to be restored, and a picture of a kind (its size is
 * not looked at) that cannot be drawn into the format; makes the folder of the crops. */
ANEW_NODISCARD anew_status cli_face_files_ready(const cli_face_files *files,
                                                const anew_image *picture,
                                                const anew_face_report *faces, int count,
                                                anew_error *error);

/* Writes the three pictures of a face (an anew_face_watcher). */
ANEW_NODISCARD anew_status cli_face_files_crop(void *context, int number, const anew_planes *crop,
                                               const anew_planes *restored, anew_error *error);

/* Draws the faces of a picture of width x height pixels into `image`, and writes it; nothing where nobody asks. */
ANEW_NODISCARD anew_status cli_face_files_draw(const cli_face_files *files, anew_image *image,
                                               const anew_face_report *faces, int count, bool fates,
                                               int width, int height, anew_error *error);

#endif
