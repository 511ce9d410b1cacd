/* video_tell.h - what `anew video` says: a line on a terminal while it runs, one at the end, or with --json objects
 * (docs/json.md). */
#ifndef ANEW_CLI_VIDEO_TELL_H
#define ANEW_CLI_VIDEO_TELL_H

#include "cli/stream.h"
#include "cli/video_sink.h"

/* What is left out of the result, before it begins. */
void cli_video_tell_begin(const cli_stream *stream, const cli_sink *sink);

/* --auto: what was seen and chosen, once. */
void cli_video_tell_looked(const cli_stream *stream, const char *text, double shrink_first,
                           double restore_strength);

/* After each frame: how far, how fast, how long still; ten times a second at most, of JSON once. */
void cli_video_show(cli_stream *stream);

/* Takes that line away. */
void cli_video_wipe(const cli_stream *stream);

void cli_video_tell_done(const cli_stream *stream, double seconds);
void cli_video_tell_failed(const cli_stream *stream, const anew_error *error);

/* `kept`: frames of whole parts, where there are `parts`. */
void cli_video_tell_interrupted(const cli_stream *stream, bool parts, long kept);

#endif
