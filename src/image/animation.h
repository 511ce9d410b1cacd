/*
 * animation.h - pictures that move: frames in and out, each as a whole picture of the canvas.
 *
 *     reader -> anew_animation: frames composed upon the canvas, one at a time, with their delays
 *     frames -> anew_animation_writer: equal neighbours joined, what changed cut out -> the format's encoder
 *
 * APNG, animated WebP and GIF. One canvas is in memory on either side, and beside it what the format's library
 * needs (WebP: the file).
 */
#ifndef ANEW_IMAGE_ANIMATION_H
#define ANEW_IMAGE_ANIMATION_H

#include "image/image.h"

/* Seconds, as a fraction; the denominator is 1 at least. */
typedef struct anew_delay {
    uint32_t numerator, denominator;
} anew_delay;

typedef struct anew_animation_facts {
    anew_image shape; /* size and kind of every frame, without pixels */
    int frames;
    int plays;      /* how often it is shown; 0: for ever */
    double seconds; /* once */
} anew_animation_facts;

/* Frames of all files together have at most so many pixels, as a bound for hostile files: a day of work for anybody. */
#define ANEW_MOST_FRAME_PIXELS 1e11

typedef struct anew_animation anew_animation;

/* Where the reader's file has several frames, all of them are read through once, so that damage is found before work
 * starts and it is known whether anything is transparent. *animation is NULL for a still. In place of the reader's
 * rows, which cannot be asked for any more; the reader must stay, and its colours are converted where it was asked
 * to do that. */
ANEW_NODISCARD anew_status anew_animation_open(anew_animation **animation,
                                               anew_animation_facts *facts,
                                               anew_image_reader *reader,
                                               const anew_image_limits *limits, anew_error *error);

/* The next frame, as seen (turned by EXIF); the caller frees it. Past the last one, its pixels are NULL. */
ANEW_NODISCARD anew_status anew_animation_next(anew_animation *animation, anew_image *frame,
                                               anew_delay *delay, anew_error *error);
void anew_animation_close(anew_animation **animation);

/* ---- writing ------------------------------------------------------------------------------------- */

/* Whether a file of the format can have frames: PNG, WebP, GIF. */
bool anew_format_moves(anew_format format);

typedef struct anew_animation_writer anew_animation_writer;

/* Begins an animation of at most facts->frames frames of the size and kind of facts->shape. */
ANEW_NODISCARD anew_status anew_animation_writer_open(anew_animation_writer **writer,
                                                      const char *path, anew_format format,
                                                      const anew_animation_facts *facts,
                                                      const anew_image_options *options,
                                                      anew_error *error);

/* A whole frame; it is copied where it is needed longer. After a failure the writer can only be discarded. */
ANEW_NODISCARD anew_status anew_animation_writer_frame(anew_animation_writer *writer,
                                                       const anew_image *frame, anew_delay delay,
                                                       anew_error *error);

/* After the last frame: the file takes its place. Frees the writer, also when it fails. */
ANEW_NODISCARD anew_status anew_animation_writer_commit(anew_animation_writer **writer,
                                                        anew_error *error);

/* Leaves no file behind and frees the writer; NULL contents are allowed. */
void anew_animation_writer_discard(anew_animation_writer **writer);

#endif
