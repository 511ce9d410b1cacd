/* stream_read.h - heads and frames from a stream, one after another. */
#ifndef ANEW_CLI_STREAM_READ_H
#define ANEW_CLI_STREAM_READ_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "core/status.h"

#define STREAM_LINE_BYTES 400 /* of heads; longer ones nobody writes */

/* A line without its end, with room for that; false at the end of the stream, with *length 0 where that is a proper
 * one. */
bool stream_read_line(char line[STREAM_LINE_BYTES], size_t *length, FILE *from);

/* A frame's head and bytes; *there false at the stream's end. `raw`: no heads. `number`, from 1, and `label` are for
 * messages. */
ANEW_NODISCARD anew_status stream_read_frame(bool *there, char line[STREAM_LINE_BYTES],
                                             uint8_t *frame, size_t bytes, FILE *from, bool raw,
                                             const char *label, long number, anew_error *error);

#endif
