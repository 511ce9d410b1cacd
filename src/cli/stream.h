/* stream.h - the frames of a stream through the network, one at a time: two frames and what the network takes of memory,
 * however long it is. */
#ifndef ANEW_CLI_STREAM_H
#define ANEW_CLI_STREAM_H

#include <stdio.h>

#include "cli/options.h"
#include "image/video.h"

typedef struct cli_stream {
    const cli_options *options;
    const anew_model *model;
    int model_scale;
    FILE *from;
    const char *label; /* of it, for messages */
    /* Takes the result's bytes in order. */
    anew_status (*write)(void *context, const void *data, size_t size, anew_error *error);
    void *context;
    int matrix;         /* anew_video_matrix; -1: by the size */
    bool raw;           /* frames without headers, of the kind of `in`; else Y4M */
    anew_video in, out; /* `out` is set by cli_stream_run */
    int frames;         /* that are done */
} cli_stream;

/* The header, the sizes, and frames to the stream's end; a stream that ends within a frame is an error. */
ANEW_NODISCARD anew_status cli_stream_run(cli_stream *stream, anew_error *error);

#endif
