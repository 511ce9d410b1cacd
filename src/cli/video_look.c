/* video_look.c - which frames are looked at, and from what they show to the passes of all. */
#include "cli/video_look.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/look_first.h"
#include "cli/video_tell.h"
#include "core/hash.h"
#include "core/interrupt.h"
#include "look/look_median.h"

typedef struct looking {
    anew_findings list[ANEW_LOOK_MOST];
    int count;
    anew_image picture; /* a frame's */
} looking;

/* At the frame that is in stream->frame. */
static anew_status look_at(looking *l, const cli_stream *s, anew_error *error)
{
    if (anew_interrupted() != 0)
        return anew_fail(error, ANEW_ERROR_CANCELLED, "%s: interrupted", s->label);
    if (l->picture.pixels == NULL)
        ANEW_TRY(anew_video_picture(&l->picture, &s->in, error));
    anew_video_to_picture(&l->picture, &s->in, s->frame);
    const anew_pixels pixels = {.data = l->picture.pixels,
                                .sample = l->picture.depth == 32 ? ANEW_SAMPLE_F32 : ANEW_SAMPLE_U8,
                                .width = l->picture.width,
                                .height = l->picture.height,
                                .channels = l->picture.channels};
    ANEW_TRY(anew_look(&l->list[l->count], &pixels, error));
    l->count++;
    return ANEW_OK;
}

/* ---- which frames ------------------------------------------------------------------------------------------- */

/* Number i, from 0, of those of `frames` that are looked at: in the middle of parts of one length. */
static long place(int i, long frames)
{
    return frames <= ANEW_LOOK_MOST ? i
                                    : (long)((2 * (int64_t)i + 1) * frames / 2 / ANEW_LOOK_MOST);
}

/* Past a frame without reading it; false where none begins. */
static bool skip_frame(const cli_stream *s)
{
    char line[STREAM_LINE_BYTES];
    size_t length = 0;
    if (!s->raw && (!stream_read_line(line, &length, s->from) || strncmp(line, "FRAME", 5) != 0))
        return false;
    return fseeko(s->from, (off_t)s->in_bytes, SEEK_CUR) == 0;
}

/* Of a stream that is a file, from where it stands; back to there. What is wrong with it is found when it is run. */
static anew_status look_at_file(looking *l, cli_stream *s, anew_error *error)
{
    char line[STREAM_LINE_BYTES];
    struct stat facts;
    const off_t start = ftello(s->from);
    if (start < 0 || fstat(fileno(s->from), &facts) != 0 || !S_ISREG(facts.st_mode))
        return ANEW_OK;
    const int64_t left = facts.st_size > start ? facts.st_size - start : 0;
    const long frames = (long)(left / (int64_t)(s->in_bytes + (s->raw ? 0 : 6)));
    long number = 0;
    anew_status status = ANEW_OK;
    for (int i = 0; i < ANEW_LOOK_MOST && place(i, frames) < frames && status == ANEW_OK; i++) {
        anew_error damage;
        bool there = true;
        while (there && number < place(i, frames)) {
            there = skip_frame(s);
            number++;
        }
        if (!there ||
            stream_read_frame(&there, line, s->frame, s->in_bytes, s->from, s->raw, "", 1,
                              &damage) != ANEW_OK ||
            !there)
            break;
        number++;
        status = look_at(l, s, error);
    }
    clearerr(s->from);
    if (fseeko(s->from, start, SEEK_SET) != 0 && status == ANEW_OK)
        status = anew_fail(error, ANEW_ERROR_IO, "%s: cannot be read twice", s->label);
    return status;
}

/* Frames between the others, each by an ffmpeg that is asked for it alone; one that it does not give is left out. */
static anew_status look_by_ffmpeg(looking *l, cli_stream *s, const cli_video_file *file,
                                  anew_error *error)
{
    const double seconds = strtod(file->probe->seconds, NULL);
    anew_status status = ANEW_OK;
    for (int i = 0; i < ANEW_LOOK_MOST && seconds > 0 && status == ANEW_OK; i++) {
        char line[STREAM_LINE_BYTES];
        cli_ffmpeg one = {0};
        anew_error damage;
        anew_video video;
        size_t length = 0;
        bool there = false;
        if (cli_ffmpeg_read_at(&one, file->path, file->probe,
                               seconds * (2 * i + 1) / (2 * ANEW_LOOK_MOST), file->matrix,
                               &damage) == ANEW_OK &&
            stream_read_line(line, &length, one.pipe) &&
            anew_video_read_header(&video, line, s->label, &damage) == ANEW_OK &&
            video.width == s->in.width && video.height == s->in.height &&
            anew_video_frame_bytes(&video) == s->in_bytes &&
            stream_read_frame(&there, line, s->frame, s->in_bytes, one.pipe, false, s->label, 1,
                              &damage) == ANEW_OK &&
            there)
            status = look_at(l, s, error);
        cli_ffmpeg_stop(&one);
    }
    return status;
}

static anew_status look_at_frames(looking *l, cli_stream *s, const cli_video_file *file,
                                  anew_error *error)
{
    bool there = true;
    ANEW_TRY(file->path != NULL ? look_by_ffmpeg(l, s, file, error) : look_at_file(l, s, error));
    if (l->count > 0)
        return ANEW_OK;
    ANEW_TRY(cli_stream_peek(&there, s, error));
    return there ? look_at(l, s, error) : ANEW_OK;
}

/* ---- what becomes of them ----------------------------------------------------------------------------------- */

static void tell(const cli_stream *s, const anew_findings *findings, const anew_pass_wish *wish)
{
    char text[CLI_LOOK_LINE];
    const bool none =
        s->restore == NULL && cli_restores_by_itself(s->options) && wish->restore_strength > 0;
    cli_look_line(text, findings, wish, s->model, none, "", false);
    cli_video_tell_looked(s, text, wish->shrink_first,
                          wish->restore == NULL ? 0 : wish->restore_strength);
}

static uint64_t number_of(const anew_pass_wish *wish)
{
    char text[96];
    (void)snprintf(text, sizeof text, "%.3f %.3f %s", wish->shrink_first,
                   wish->restore == NULL ? 0 : wish->restore_strength,
                   wish->restore == NULL ? "" : anew_model_name(wish->restore));
    return anew_hash(ANEW_HASH_START, text, strlen(text));
}

anew_status cli_video_choose(uint64_t *decision, cli_stream *s, const cli_video_file *file,
                             anew_error *error)
{
    looking l = {.count = 0};
    anew_findings findings;
    anew_pass_wish wish = cli_wish_of(s->options, s->model, s->restore);
    wish.most = 1; /* of enlarging, as without a look */
    if (cli_looks_first(s->options)) {
        const anew_status status = look_at_frames(&l, s, file, error);
        anew_image_free(&l.picture);
        ANEW_TRY(status);
        if (l.count > 0) {
            anew_look_median(&findings, l.list, l.count);
            cli_wish_by_findings(&wish, &findings, s->options, s->drawing);
            tell(s, &findings, &wish);
        }
    }
    *decision = number_of(&wish);
    s->model = wish.upscale;
    if (!cli_stream_needs_passes(s, &wish))
        return ANEW_OK; /* then the bytes are those of a run without a look */
    s->restore = wish.restore;
    return anew_passes_plan(&s->passes, &wish, s->in.width, s->in.height, s->out.width,
                            s->out.height, error);
}
