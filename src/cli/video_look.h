/*
 * video_look.h - --auto of a video: a few of its frames are looked at before the first is run, and what they show decides
 * once for all frames, so that nothing changes from one to the next but by what is in them.
 */
#ifndef ANEW_CLI_VIDEO_LOOK_H
#define ANEW_CLI_VIDEO_LOOK_H

#include "cli/ffmpeg.h"
#include "cli/stream.h"

/* A file that ffmpeg reads, which is asked for frames of its own; path NULL: the stream is all there is. */
typedef struct cli_video_file {
    const char *path;
    const cli_probe *probe;
    const char *matrix; /* as of cli_ffmpeg_read */
} cli_video_file;

/* What all frames go through: sets stream->model and stream->passes, and tells what was seen and chosen. Looked at are up
 * to ANEW_LOOK_MOST frames spread over a file; of a pipe, which cannot be read twice, the first. The stream is open, and
 * stands afterwards where it stood. *decision is a number of what was chosen. */
ANEW_NODISCARD anew_status cli_video_choose(uint64_t *decision, cli_stream *stream,
                                            const cli_video_file *file, anew_error *error);

#endif
