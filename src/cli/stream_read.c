/* stream_read.c - a head is a line, a frame so many bytes. */
#include "cli/stream_read.h"

#include <string.h>

bool stream_read_line(char line[STREAM_LINE_BYTES], size_t *length, FILE *from)
{
    *length = 0;
    for (int c = 0; *length + 2 < STREAM_LINE_BYTES && (c = fgetc(from)) != EOF;) {
        if (c == '\n') {
            line[*length] = '\0';
            return true;
        }
        line[(*length)++] = c == '\0' ? ' ' : (char)c;
    }
    return false;
}

anew_status stream_read_frame(bool *there, char line[STREAM_LINE_BYTES], uint8_t *frame,
                              size_t bytes, FILE *from, bool raw, const char *label, long number,
                              anew_error *error)
{
    size_t length = 0;
    *there = true;
    if (!raw) {
        if (!stream_read_line(line, &length, from)) {
            *there = false;
            if (length == 0 && !ferror(from))
                return ANEW_OK;
        } else if (strncmp(line, "FRAME", 5) != 0 || (line[5] != '\0' && line[5] != ' ')) {
            return anew_fail(error, ANEW_ERROR_FORMAT,
                             "%s: damaged Y4M: no frame where frame %ld should begin", label,
                             number);
        }
    }
    const size_t got = *there ? fread(frame, 1, bytes, from) : 0;
    if (raw && got == 0 && !ferror(from)) {
        *there = false;
        return ANEW_OK;
    }
    if (got == bytes)
        return ANEW_OK;
    return anew_fail(error, ferror(from) ? ANEW_ERROR_IO : ANEW_ERROR_FORMAT,
                     "%s: the stream ends within frame %ld", label, number);
}
