/*
 * ffmpeg.h - an installed ffmpeg on either side of a stream: it reads what is no Y4M and gives it as Y4M, or takes Y4M and
 * writes a video file, with the original's sound and subtitles. Started without a shell, tied together by pipes.
 */
#ifndef ANEW_CLI_FFMPEG_H
#define ANEW_CLI_FFMPEG_H

#include <stdio.h>
#include <sys/types.h>

#include "core/file.h"
#include "image/video.h"

typedef struct cli_ffmpeg {
    pid_t process; /* 0: none */
    FILE *pipe;    /* from it, or to it */
} cli_ffmpeg;

/* What ffprobe says of the first video stream. */
typedef struct cli_probe {
    char format[32], matrix[32], rate[32], mean_rate[32], fields[32], width[32], height[32];
} cli_probe;

/* Whether a file's first bytes are those of Y4M. */
bool cli_is_y4m(const char *path);

/* Whether the name is one of a video file that ffmpeg is to write: .mp4, .mkv, .mov, .m4v, .webm, .avi. */
bool cli_is_video_file(const char *path);

ANEW_NODISCARD anew_status cli_ffprobe(cli_probe *probe, const char *path, anew_error *error);

/* Reads `path` as Y4M at a constant rate: frames of a variable one are doubled or left out where that is nearer. */
ANEW_NODISCARD anew_status cli_ffmpeg_read(cli_ffmpeg *ffmpeg, const char *path,
                                           const cli_probe *probe, anew_error *error);

/* Writes to `temporary` what the name `path` asks for. `sound` is where all but the frames comes from; NULL: nowhere.
 * `matrix` is what the frames are made by; NULL: not known. */
ANEW_NODISCARD anew_status cli_ffmpeg_write(cli_ffmpeg *ffmpeg, const char *temporary,
                                            const char *path, const char *sound, const char *matrix,
                                            anew_error *error);

/* Closes the pipe and waits for the process; fails where it did. May be called again. */
ANEW_NODISCARD anew_status cli_ffmpeg_end(cli_ffmpeg *ffmpeg, const char *path, anew_error *error);

/* Ends it at once. */
void cli_ffmpeg_stop(cli_ffmpeg *ffmpeg);

#endif
