/*
 * video_sink.h - where a video's frames go: as bytes to a file or a pipe, to ffmpeg, which writes a video file, or by
 * either into parts that are joined at the end (video_parts.h).
 */
#ifndef ANEW_CLI_VIDEO_SINK_H
#define ANEW_CLI_VIDEO_SINK_H

#include "cli/ffmpeg.h"
#include "cli/stream.h"
#include "cli/video_parts.h"

typedef struct cli_sink {
    const char *path;
    const char *original;   /* whose sound and subtitles are taken over; NULL: none */
    const cli_probe *probe; /* of it */
    cli_colours colours;
    bool by_ffmpeg, in_parts;
    int crf;            /* of cli_ffmpeg_task */
    bool keep_existing; /* what somebody else has made of that name meanwhile */
    int frames_of_part;
    /* From here on its own. */
    cli_parts parts;
    cli_ffmpeg writer;
    anew_output *output;
    FILE *part; /* of bytes */
    char header[512];
    int frames_in_part;
} cli_sink;

/* Opens what can be opened before the first frame; `run` is of cli_parts_open. */
ANEW_NODISCARD anew_status cli_sink_open(cli_sink *sink, uint64_t run, anew_error *error);

cli_frame_taker cli_sink_taker(cli_sink *sink);

/* All frames are there: the file appears under its name. */
ANEW_NODISCARD anew_status cli_sink_finish(cli_sink *sink, const cli_stream *stream,
                                           anew_error *error);

/* Leaves nothing behind but whole parts. May be called again, and after cli_sink_finish. */
void cli_sink_close(cli_sink *sink);

#endif
