/*
 * face_lists.h - faces as JSON that people edit by hand: one object for each picture, written by --faces=list, read back
 * by --face-list (docs/faces.md). What `anew faces --json` says can be read, too.
 */
#ifndef ANEW_CLI_FACE_LISTS_H
#define ANEW_CLI_FACE_LISTS_H

#include <stdio.h>

#include "pipeline/faces.h"

typedef struct cli_face_lists cli_face_lists;

/* Reads a file; whatever is wrong with it is told with its name, line and column. */
ANEW_NODISCARD anew_status cli_face_lists_read(cli_face_lists **lists, const char *path,
                                               anew_error *error);

/* The same from memory; `label` takes the name's place and must stay. */
ANEW_NODISCARD anew_status cli_face_lists_parse(cli_face_lists **lists, const char *data,
                                                size_t size, const char *label, anew_error *error);
void cli_face_lists_free(cli_face_lists **lists);

/* The faces of a picture of that path and size, borrowed: those that are listed under its path, or else under its name
 * in another folder, or else under no path. Fails where there are none, or where they are of a picture of another size. */
ANEW_NODISCARD anew_status cli_face_lists_find(anew_face_wishes *wishes,
                                               const cli_face_lists *lists, const char *path,
                                               int width, int height, anew_error *error);

/* One picture's faces, a line each; what would be left alone says "restore": false and why. */
void cli_face_list_print(FILE *to, const char *path, int width, int height, const char *detector,
                         const anew_face_report *faces, int count);

#endif
