/*
 * frames.h - the frames of an animation on their way through a run: each takes a still's place, from the file's canvas
 * to the result's.
 */
#ifndef ANEW_CLI_FRAMES_H
#define ANEW_CLI_FRAMES_H

#include "cli/events.h"
#include "cli/written.h"
#include "image/animation.h"

typedef struct cli_frames {
    anew_animation *animation; /* NULL: a still, and what follows is not used but for `image` */
    anew_animation_facts facts;
    anew_image
        image; /* the frame at work; of a still the one that was chosen, no pixels: the reader has it */
    anew_image last; /* a copy of the frame before; what is equal needs no network */
    anew_picture_source rows;
    anew_delay delay;
    int number; /* of the frame, from 1 */
    anew_animation_writer *writer;
    cli_written *written; /* path, format, options of the result */
    anew_image larger;    /* the frame's result, and how many rows of it are there */
    int height;
    anew_face_report *faces; /* of all frames so far */
    int face_count;
    size_t face_capacity;
} cli_frames;

/* Looks whether the reader's file is an animation, right after it was opened; *shape is then that of the frames. */
ANEW_NODISCARD anew_status cli_frames_open(cli_frames *frames, anew_image_reader *reader,
                                           anew_image *shape, const cli_options *options,
                                           anew_error *error);

/* Once the colours are decided: one frame where --frame or a format without frames wants a still, and *shape is then
 * that picture's; else refuses options that are for stills. */
ANEW_NODISCARD anew_status cli_frames_choose(cli_frames *frames, anew_image *shape,
                                             cli_events *events, const char *path,
                                             const cli_written *written, const cli_options *options,
                                             anew_error *error);

/* The next frame into frames->image; *there false past the last. */
ANEW_NODISCARD anew_status cli_frames_next(cli_frames *frames, bool *there, anew_error *error);

/* Whether the frame is the one before again, so that its result is there already. Asked once, before the frame is used. */
ANEW_NODISCARD anew_status cli_frames_is_repeated(cli_frames *frames, bool *repeated,
                                                  anew_error *error);

/* What the network reads: the frame, or the reader's rows. */
anew_row_source cli_frames_source(cli_frames *frames, anew_image_reader *reader);

/* Takes a frame's result; borrows `written`, of which it sets the shape. */
anew_row_sink cli_frames_sink(cli_frames *frames, cli_written *written);

/* After the frame's last row. */
ANEW_NODISCARD anew_status cli_frames_write(cli_frames *frames, anew_error *error);

/* Keeps a copy of what became of the frame's faces. */
ANEW_NODISCARD anew_status cli_frames_keep_faces(cli_frames *frames, const anew_face_report *faces,
                                                 int count, anew_error *error);

/* After the last frame: the file appears under its name. */
ANEW_NODISCARD anew_status cli_frames_commit(cli_frames *frames, anew_error *error);

/* Without a commit nothing stays. */
void cli_frames_free(cli_frames *frames);

#endif
