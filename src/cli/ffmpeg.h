/*
 * ffmpeg.h - an installed ffmpeg on either side of a stream: it reads what is no Y4M and gives it as Y4M with each frame's
 * time beside it, or takes frames with their times as NUT and writes a video file, with the original's sound and subtitles.
 * Started without a shell, tied together by pipes.
 */
#ifndef ANEW_CLI_FFMPEG_H
#define ANEW_CLI_FFMPEG_H

#include <stdio.h>
#include <sys/types.h>

#include "core/file.h"
#include "image/nut.h"
#include "image/video.h"

typedef struct cli_ffmpeg {
    pid_t process; /* 0: none */
    FILE *pipe;    /* from it, or to it */
    FILE *times;   /* from a reader: a line for each frame, ahead of it; NULL: at a constant rate */
} cli_ffmpeg;

#define CLI_MOST_SIDE_STREAMS 48

/* A stream of sound or subtitles. */
typedef struct cli_side_stream {
    bool is_sound;
    int number; /* among those of its kind */
    char codec[24];
} cli_side_stream;

/* What ffprobe says of a file and its first video stream that is no cover. Texts are empty where it says nothing. */
typedef struct cli_probe {
    char format[32], matrix[32], range[32], primaries[32], transfer[32], chroma_place[32];
    char rate[32], mean_rate[32], fields[32], width[32], height[32], frames[32], seconds[32];
    cli_side_stream side[CLI_MOST_SIDE_STREAMS];
    int side_count;
    bool has_rgb; /* samples are not YCbCr */
} cli_probe;

/* What the result's colours are called, in ffmpeg's words; NULL: nothing is said. */
typedef struct cli_colours {
    const char *matrix, *primaries, *transfer;
} cli_colours;

/* Whether a file's first bytes are those of Y4M. */
bool cli_is_y4m(const char *path);

/* Whether the name is one of a video file that ffmpeg is to write: .mp4, .mkv, .mov, .m4v, .webm, .avi. */
bool cli_is_video_file(const char *path);

/* Whether such a file keeps any times: AVI has a rate only. */
bool cli_keeps_times(const char *path);

ANEW_NODISCARD anew_status cli_ffprobe(cli_probe *probe, const char *path, anew_error *error);

/* Frames of a file as near as ffprobe can tell without reading it; 0: it cannot. */
long cli_expected_frames(const cli_probe *probe);

/* Reads `path` as Y4M: every frame, and the times beside them; or, without `times`, at a constant rate: frames of a variable
 * one are doubled or left out where that is nearer. `matrix` is what RGB is converted by. */
ANEW_NODISCARD anew_status cli_ffmpeg_read(cli_ffmpeg *ffmpeg, const char *path,
                                           const cli_probe *probe, bool times, const char *matrix,
                                           anew_error *error);

/* One frame: the first at or after so many seconds from the beginning, as Y4M of the same kind. What is wrong is not said. */
ANEW_NODISCARD anew_status cli_ffmpeg_read_at(cli_ffmpeg *ffmpeg, const char *path,
                                              const cli_probe *probe, double seconds,
                                              const char *matrix, anew_error *error);

/* The largest constant rate factor of the coder of such a file; -1: it is none of a coder. */
int cli_ffmpeg_most_crf(const char *path);

/* Whether the coder of such a file takes frames of this size and kind: better said before hours than after. */
ANEW_NODISCARD anew_status cli_ffmpeg_takes(const char *path, const anew_video *video,
                                            anew_error *error);

/* What a writer is to do. */
typedef struct cli_ffmpeg_task {
    const char *temporary;  /* is written */
    const char *path;       /* whose name says what is to be written */
    const char *original;   /* where all but the frames comes from; NULL: nowhere */
    const cli_probe *probe; /* of the original */
    const anew_video *video;
    cli_colours colours;
    double start; /* seconds of the first tick: 0, or below where the times begin there */
    int crf;      /* below 0: what is usual */
} cli_ffmpeg_task;

/* Takes frames, as NUT, and writes the whole file. */
ANEW_NODISCARD anew_status cli_ffmpeg_write(cli_ffmpeg *ffmpeg, const cli_ffmpeg_task *task,
                                            anew_error *error);

/* Takes frames, as NUT, and writes a part of what becomes the file: the coded frames alone, as NUT. */
ANEW_NODISCARD anew_status cli_ffmpeg_write_part(cli_ffmpeg *ffmpeg, const cli_ffmpeg_task *task,
                                                 anew_error *error);

/* Takes such parts one behind the other, and writes the whole file without coding them again. */
ANEW_NODISCARD anew_status cli_ffmpeg_join(cli_ffmpeg *ffmpeg, const cli_ffmpeg_task *task,
                                           anew_error *error);

/* Tells on standard error which streams the file cannot hold. */
void cli_ffmpeg_tell_left_out(const cli_ffmpeg_task *task);

/* Closes the pipe and waits for the process; fails where it did. May be called again. */
ANEW_NODISCARD anew_status cli_ffmpeg_end(cli_ffmpeg *ffmpeg, const char *path, anew_error *error);

/* Ends it at once. */
void cli_ffmpeg_stop(cli_ffmpeg *ffmpeg);

#endif
