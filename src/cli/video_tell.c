/* video_tell.c - texts and JSON of a video. */
#include "cli/video_tell.h"

#include <string.h>
#include <unistd.h>

#include "cli/cause.h"
#include "cli/complain.h"
#include "cli/json.h"
#include "exec/report.h"

/* Standard output, or standard error where frames go there. */
static FILE *answers(const cli_stream *s)
{
    return strcmp(s->options->words[1], "-") == 0 ? stderr : stdout;
}

static void begin(const cli_stream *s, const char *event)
{
    fprintf(answers(s), "{\"schema\":1,\"event\":\"%s\",\"input\":", event);
    json_string(answers(s), s->options->words[0]);
}

static void end(const cli_stream *s)
{
    fprintf(answers(s), "}\n");
    (void)fflush(answers(s));
}

void cli_video_tell_begin(const cli_stream *s, const cli_sink *sink)
{
    if (s->options->quiet || !sink->by_ffmpeg || sink->original == NULL)
        return;
    cli_ffmpeg_tell_left_out(
        &(cli_ffmpeg_task){.path = sink->path, .original = sink->original, .probe = sink->probe});
}

void cli_video_tell_looked(const cli_stream *s, const char *text, double shrink_first,
                           double restore_strength)
{
    anew_error line; /* for names that are no line */
    if (s->options->json) {
        begin(s, "looked");
        fprintf(answers(s), ",\"text\":");
        json_string(answers(s), text);
        fprintf(answers(s), ",\"shrink_first\":%.3f,\"restore_strength\":%.3f",
                shrink_first > 1 ? shrink_first : 1, restore_strength);
        end(s);
    } else if (!s->options->quiet) {
        anew_error_set(&line, ANEW_OK, "%s: %s", s->label, text);
        fprintf(answers(s), "%s\n", line.text);
        (void)fflush(answers(s));
    }
}

/* ---- on the way --------------------------------------------------------------------------------------------- */

static bool has_line(const cli_stream *s)
{
    return !s->options->quiet && !s->options->json && isatty(STDERR_FILENO) == 1;
}

void cli_video_show(cli_stream *s)
{
    const bool json = s->options->json;
    const double now = anew_seconds();
    if ((!json && !has_line(s)) || now - s->shown < (json ? 1.0 : 0.1))
        return;
    s->shown = now;
    if (s->frames <= s->skip) {
        if (!json)
            fprintf(stderr, "\rframe %ld is done already\033[K", s->frames);
        return;
    }
    const double speed = (double)(s->frames - s->skip) / (now - s->started + 1e-9);
    const double left = (double)(s->expected - s->frames) / speed;
    if (json) {
        begin(s, "progress");
        fprintf(answers(s), ",\"frames\":%ld,\"frames_per_second\":%.4f", s->frames, speed);
        if (s->expected >= s->frames)
            fprintf(answers(s), ",\"expected\":%ld,\"seconds_left\":%.1f", s->expected, left);
        end(s);
        return;
    }
    fprintf(stderr, "\rframe %ld", s->frames);
    if (s->expected >= s->frames) {
        const long whole = left < 359999 ? (long)(left + 0.5) : 359999;
        fprintf(stderr, " of %ld (%.0f %%)  %.2f fps  %ld:%02ld:%02ld left", s->expected,
                100.0 * (double)s->frames / (double)s->expected, speed, whole / 3600,
                whole / 60 % 60, whole % 60);
    } else {
        fprintf(stderr, "  %.2f fps", speed);
    }
    fprintf(stderr, "\033[K");
    (void)fflush(stderr);
}

void cli_video_wipe(const cli_stream *s)
{
    if (has_line(s) && s->shown > 0)
        fprintf(stderr, "\r\033[K");
}

/* ---- at the end --------------------------------------------------------------------------------------------- */

void cli_video_tell_done(const cli_stream *s, double seconds)
{
    const cli_options *o = s->options;
    const anew_flicker flicker =
        s->deflicker != NULL ? anew_deflicker_measure(s->deflicker) : (anew_flicker){0};
    if (o->json) {
        begin(s, "done");
        fprintf(answers(s), ",\"output\":");
        json_string(answers(s), o->words[1]);
        fprintf(answers(s),
                ",\"input_size\":[%d,%d],\"output_size\":[%d,%d],\"seconds\":%.6f,\"frames\":%ld,"
                "\"resumed_after\":%ld",
                s->in.width, s->in.height, s->out.width, s->out.height, seconds, s->frames,
                s->skip);
        if (s->deflicker != NULL)
            fprintf(answers(s), ",\"flicker\":{\"before\":%.4f,\"after\":%.4f,\"cuts\":%ld}",
                    flicker.before, flicker.after, flicker.cuts);
        end(s);
        return;
    }
    if (o->quiet)
        return;
    anew_error line; /* for names that are no line */
    anew_error_set(&line, ANEW_OK, "%s: %ld frame%s of %dx%d -> %s: %dx%d, %.2f s", s->label,
                   s->frames, s->frames == 1 ? "" : "s", s->in.width, s->in.height, o->words[1],
                   s->out.width, s->out.height, seconds);
    fprintf(answers(s), "%s", line.text);
    if (s->skip > 0)
        fprintf(answers(s), ", the first %ld before", s->skip);
    if (s->deflicker != NULL)
        fprintf(answers(s), ", flicker %.2f -> %.2f of 255, %ld cut%s", flicker.before,
                flicker.after, flicker.cuts, flicker.cuts == 1 ? "" : "s");
    fprintf(answers(s), "\n");
}

void cli_video_tell_failed(const cli_stream *s, const anew_error *error)
{
    cli_complain_error(error);
    if (!s->options->json)
        return;
    begin(s, "failed");
    fprintf(answers(s), ",\"cause\":\"%s\",\"error\":", cli_cause_name(cli_cause_of(error)));
    json_string(answers(s), error->text);
    end(s);
}

void cli_video_tell_interrupted(const cli_stream *s, bool parts, long kept)
{
    if (!parts)
        cli_complain("interrupted after %ld frames; with --resume they would be kept", s->frames);
    else if (kept > 0)
        cli_complain("interrupted after %ld frames; the same command goes on after frame %ld",
                     s->frames, kept);
    else
        cli_complain("interrupted after %ld frames; no part was whole", s->frames);
    if (!s->options->json)
        return;
    begin(s, "interrupted");
    fprintf(answers(s), ",\"frames\":%ld,\"kept\":%ld", s->frames, kept);
    end(s);
}
