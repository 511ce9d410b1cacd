/*
 * video_parts.h - a video that is made in parts, so that a break costs no more than the last of them: finished parts lie in
 * a folder beside the result, OUT.parts, with a journal that says which they are. A part counts once its line is in the
 * journal, and the line is written when the part is on the disk, so whatever ends the process, all that is said there is
 * whole.
 */
#ifndef ANEW_CLI_VIDEO_PARTS_H
#define ANEW_CLI_VIDEO_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/status.h"

typedef struct cli_parts {
    char *folder;   /* NULL: not open */
    const char *of; /* the result's path; borrowed */
    int journal;    /* descriptor, locked against another run */
    int count;      /* whole parts */
    long frames;    /* in them */
} cli_parts;

/* Opens the folder, or makes it. `run` is a number of all that the frames depend on. Parts of another run are refused, and
 * a run that is under way. */
ANEW_NODISCARD anew_status cli_parts_open(cli_parts *parts, const char *path, uint64_t run,
                                          anew_error *error);

/* Paths, to be freed with anew_free; NULL without memory. Number 1 is the first. */
char *cli_parts_path(const cli_parts *parts, int number);
char *cli_parts_unfinished(const cli_parts *parts); /* of the next part; nothing is there */
char *cli_parts_state(const cli_parts *parts, int number);

/* The unfinished part is whole, and so is its state, where there is one: both are on the disk when this returns, and the
 * state of the part before is gone. */
ANEW_NODISCARD anew_status cli_parts_add(cli_parts *parts, long frames, anew_error *error);

/* Closes it, without what is unfinished; a folder without any part goes, too. May be called again. */
void cli_parts_close(cli_parts *parts);

/* Removes the folder and all that is in it, and closes. */
void cli_parts_remove(cli_parts *parts);

#endif
