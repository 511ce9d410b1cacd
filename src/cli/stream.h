/* stream.h - the frames of a stream through the network, one at a time: two frames and what the network takes of memory
 * (with --deflicker a few more), however long it is. */
#ifndef ANEW_CLI_STREAM_H
#define ANEW_CLI_STREAM_H

#include <stdio.h>

#include "cli/frame_times.h"
#include "cli/options.h"
#include "cli/stream_read.h"
#include "image/deflicker.h"
#include "image/video.h"
#include "pipeline/passes.h"

typedef struct cli_stream cli_stream;

/* Where frames go. */
typedef struct cli_frame_taker {
    void *context;
    /* Once, when sizes are known: `header` is Y4M's, NULL for raw frames. May set stream->skip. */
    anew_status (*begin)(void *context, cli_stream *stream, const char *header, anew_error *error);
    /* `head` is the line before it in Y4M, with its end; NULL for raw frames. */
    anew_status (*take)(void *context, cli_stream *stream, const char *head, const uint8_t *frame,
                        int64_t ticks, anew_error *error);
    /* After the last frame that is skipped, where there is a deflicker: to go on as it was, with that frame's source. */
    anew_status (*resume)(void *context, cli_stream *stream, const uint8_t *source,
                          anew_error *error);
} cli_frame_taker;

struct cli_stream {
    const cli_options *options;
    const anew_model *model;             /* that enlarges */
    const anew_model *restore, *drawing; /* --restore, --auto (cli/model_choice.h); NULL: none */
    int model_scale;
    anew_enhance_options
        enhance; /* those of the command line, with the result's size; set by cli_stream_open */
    anew_pass_list passes; /* of every frame; none: by `model` alone */
    FILE *from;
    const char *label; /* of it, for messages */
    cli_times times;
    cli_frame_taker taker;
    anew_deflicker *deflicker;    /* --deflicker; NULL: none */
    int matrix;                   /* anew_video_matrix; -1: by the size */
    bool left;                    /* chroma stands at the left, whatever the header says */
    bool raw;                     /* frames without headers, of the kind of `in`; else Y4M */
    anew_video in, out;           /* set by cli_stream_open, as the next four */
    size_t in_bytes, out_bytes;   /* of a frame */
    char head[STREAM_LINE_BYTES]; /* of the frame */
    uint8_t *frame, *result;
    bool peeked, ended;  /* the first frame is there already, or that there is none */
    long skip;           /* so many frames are done already: they are only read */
    long frames;         /* that are done, with those */
    long expected;       /* of the whole; 0: not known */
    uint64_t file_bytes; /* of a file of frames; 0: it is none */
    double shown;        /* seconds, when progress was told last */
    double started;      /* seconds, when the first that is not skipped began */
};

/* The header and the sizes. */
ANEW_NODISCARD anew_status cli_stream_open(cli_stream *stream, anew_error *error);

/* The first frame into stream->frame, for a look; it is run all the same. *there false: there is none. */
ANEW_NODISCARD anew_status cli_stream_peek(bool *there, cli_stream *stream, anew_error *error);

/* Whether frames go through passes: where the model alone does not make the result. */
bool cli_stream_needs_passes(const cli_stream *stream, const anew_pass_wish *wish);

/* Frames to the stream's end; a stream that ends within a frame is an error. A signal that is caught (core/interrupt.h)
 * ends it with ANEW_ERROR_CANCELLED. */
ANEW_NODISCARD anew_status cli_stream_run(cli_stream *stream, anew_error *error);

void cli_stream_free(cli_stream *stream);

#endif
