/* frame_times.h - when each frame of a stream is shown: as a file that ffmpeg reads says, or by a constant rate. */
#ifndef ANEW_CLI_FRAME_TIMES_H
#define ANEW_CLI_FRAME_TIMES_H

#include <stdio.h>

#include "core/status.h"
#include "image/nut.h"

typedef struct cli_times {
    FILE *lines; /* of ffmpeg's framecrc, a line for each frame; NULL: a tick for each frame */
    anew_time_base base;
    int64_t first, last; /* ticks of the first frame, and of the one before */
    long frames;         /* that were asked for */
} cli_times;

/* The rate of a Y4M header's words ("F25:1"); 25 where they do not say. */
anew_time_base cli_times_of_rate(const char *words);

/* The time of the next frame; one that is not later than the frame before, as in damaged files, becomes a tick later. */
ANEW_NODISCARD anew_status cli_times_next(int64_t *ticks, cli_times *times, const char *label,
                                          anew_error *error);

#endif
