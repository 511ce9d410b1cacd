/* frame_times.c - lines of framecrc: "#tb 0: 1/90000" at the beginning, then "0, dts, pts, duration, size, checksum". */
#include "cli/frame_times.h"

#include <inttypes.h>
#include <string.h>

anew_time_base cli_times_of_rate(const char *words)
{
    int frames = 0, seconds = 0;
    const char *word = strstr(words, " F");
    if (word == NULL || sscanf(word, " F%9d:%9d", &frames, &seconds) != 2 || frames < 1 ||
        seconds < 1)
        return (anew_time_base){1, 25};
    return (anew_time_base){seconds, frames};
}

static anew_status read_line(int64_t *ticks, cli_times *times, const char *label, anew_error *error)
{
    char line[256];
    while (fgets(line, sizeof line, times->lines) != NULL) {
        int64_t decoded = 0;
        anew_time_base base;
        if (sscanf(line, "#tb 0: %9d/%9d", &base.numerator, &base.denominator) == 2)
            times->base = base;
        if (line[0] == '#')
            continue;
        if (times->base.denominator > 0 && times->base.numerator > 0 &&
            sscanf(line, "0, %" SCNd64 ", %" SCNd64 ",", &decoded, ticks) == 2)
            return ANEW_OK;
        break;
    }
    return anew_fail(error, ANEW_ERROR_FORMAT, "%s: ffmpeg does not tell the time of frame %ld",
                     label, times->frames + 1);
}

anew_status cli_times_next(int64_t *ticks, cli_times *times, const char *label, anew_error *error)
{
    if (times->lines == NULL)
        *ticks = times->frames;
    else
        ANEW_TRY(read_line(ticks, times, label, error));
    if (times->frames > 0 && *ticks <= times->last)
        *ticks = times->last + 1;
    if (times->frames == 0)
        times->first = *ticks;
    times->last = *ticks;
    times->frames++;
    return ANEW_OK;
}
