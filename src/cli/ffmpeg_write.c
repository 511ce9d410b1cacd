/*
 * ffmpeg_write.c - the command lines that make a video file of frames: at once, or in parts that are joined.
 *
 * Times are the original's to the tick: frames come as NUT (image/nut.h), -copyts and -enc_time_base -1 hand them on, and
 * the original's sound and subtitles keep theirs. Parts hold coded frames in the order in which they are shown (no B-frames),
 * since NUT says no time of decoding: one behind the other they are one stream.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/ffmpeg_process.h"
#include "core/memory.h"

/* How a kind of file is written. Lists of codecs are words between spaces. */
typedef struct container {
    const char *ending, *muxer;
    const char *video[6];
    int crf, most_crf;       /* of that coder: what is usual, and the worst */
    const char *sounds;      /* that it holds as they are; NULL: all */
    const char *sound;       /* what others are coded by */
    const char *subtitles;   /* what texts are coded by; NULL: it holds none */
    const char *as_they_are; /* subtitles that it holds as they are; NULL: all but mov_text */
} container;

#define MP4_SOUNDS " aac ac3 eac3 mp2 mp3 alac opus flac dts "
#define TEXTS      " subrip ass ssa webvtt mov_text text "

static const container *container_of(const char *path)
{
#define X264                                                                                       \
    {                                                                                              \
        "-c:v", "libx264", "-preset", "medium", NULL                                               \
    }
    static const container kinds[] = {
        {".mp4", "mp4", X264, 16, 51, MP4_SOUNDS, "aac", "mov_text", " mov_text "},
        {".m4v", "mp4", X264, 16, 51, MP4_SOUNDS, "aac", "mov_text", " mov_text "},
        {".mov", "mov", X264, 16, 51, NULL, "aac", "mov_text", " mov_text "},
        {".mkv", "matroska", X264, 16, 51, NULL, "aac", "subrip", NULL},
        {".avi", "avi", X264, 16, 51, NULL, "aac", NULL, ""},
        {".webm",
         "webm",
         {"-c:v", "libvpx-vp9", "-b:v", "0", NULL},
         24,
         63,
         " opus vorbis ",
         "libopus",
         "webvtt",
         " webvtt "}};
#undef X264
    const char *dot = strrchr(path, '.');
    for (size_t i = 0; dot != NULL && i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcasecmp(dot, kinds[i].ending) == 0)
            return &kinds[i];
    return NULL;
}

bool cli_is_video_file(const char *path)
{
    return container_of(path) != NULL;
}

bool cli_keeps_times(const char *path)
{
    const container *kind = container_of(path);
    return kind != NULL && strcmp(kind->muxer, "avi") != 0;
}

int cli_ffmpeg_most_crf(const char *path)
{
    const container *kind = container_of(path);
    return kind == NULL ? -1 : kind->most_crf;
}

anew_status cli_ffmpeg_takes(const char *path, const anew_video *v, anew_error *error)
{
    const container *kind = container_of(path);
    if (kind != NULL && strcmp(kind->video[1], "libx264") == 0 && v->kind == ANEW_VIDEO_YUV &&
        (v->width % v->sub_x != 0 || v->height % v->sub_y != 0))
        return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                         "%s: %dx%d pixels: H.264 takes even sizes only; --width %d --height %d",
                         path, v->width, v->height, v->width + v->width % v->sub_x,
                         v->height + v->height % v->sub_y);
    return ANEW_OK;
}

/* ---- what is beside the frames ------------------------------------------------------------------------------ */

static bool has_word(const char *list, const char *word)
{
    char whole[32];
    (void)snprintf(whole, sizeof whole, " %s ", word);
    return strstr(list, whole) != NULL;
}

/* What a stream of sound or subtitles is coded by: "copy" as it is; NULL: the file cannot hold it. */
static const char *coder_of(const container *kind, const cli_side_stream *s)
{
    if (s->is_sound)
        return kind->sounds == NULL || has_word(kind->sounds, s->codec) ? "copy" : kind->sound;
    if (kind->subtitles == NULL)
        return NULL;
    if (kind->as_they_are == NULL ? strcmp(s->codec, "mov_text") != 0
                                  : has_word(kind->as_they_are, s->codec))
        return "copy";
    return has_word(TEXTS, s->codec) ? kind->subtitles : NULL;
}

/* Streams of the second input, `original`. */
static void add_original(cli_words *w, const cli_ffmpeg_task *task, const container *kind)
{
    static const char *const rest[] = {"-map_metadata", "1", "-map_chapters", "1", NULL};
    int out[2] = {0, 0};
    if (task->original == NULL)
        return;
    for (int i = 0; i < task->probe->side_count; i++) {
        const cli_side_stream *s = &task->probe->side[i];
        const char *coder = coder_of(kind, s);
        if (coder == NULL)
            continue;
        cli_add(w, "-map");
        cli_add_numbered(w, s->is_sound ? "1:a:" : "1:s:", s->number);
        cli_add_numbered(w, s->is_sound ? "-c:a:" : "-c:s:", out[s->is_sound]++);
        cli_add(w, coder);
    }
    if (strcmp(kind->muxer, "matroska") == 0) { /* fonts for subtitles */
        cli_add_two(w, "-map", "1:t?");
        cli_add_two(w, "-c:t", "copy");
    }
    cli_add_all(w, rest);
}

void cli_ffmpeg_tell_left_out(const cli_ffmpeg_task *task)
{
    const container *kind = container_of(task->path);
    for (int i = 0; task->original != NULL && i < task->probe->side_count; i++) {
        const cli_side_stream *s = &task->probe->side[i];
        const char *coder = coder_of(kind, s);
        if (coder == NULL)
            fprintf(stderr, "anew: note: subtitles %d (%s) are left out: %s holds none such\n",
                    s->number + 1, s->codec, kind->muxer);
        else if (s->is_sound && strcmp(coder, "copy") != 0)
            fprintf(stderr, "anew: note: sound %d (%s) is coded again as %s, for %s\n",
                    s->number + 1, s->codec, coder, kind->muxer);
    }
}

/* ---- the frames --------------------------------------------------------------------------------------------- */

static void add_input(cli_words *w, const cli_ffmpeg_task *task)
{
    static const char *const first[] = {"ffmpeg", "-v", "error", "-y", "-copyts", NULL};
    cli_add_all(w, first);
    if (task->start < 0 && w->made_count < CLI_MOST_WORDS) {
        char *word = w->made[w->made_count++];
        (void)snprintf(word, sizeof w->made[0], "%.9f", task->start);
        cli_add_two(w, "-itsoffset", word);
    }
}

/* Frames without compression say nothing of their colours: said of the input, so that frames have it, and of the result. */
static void add_colours(cli_words *w, const cli_ffmpeg_task *task)
{
    const anew_video *v = task->video;
    const cli_colours *c = &task->colours;
    if (v->kind != ANEW_VIDEO_RGB)
        cli_add_two(w, "-color_range", v->full_range ? "pc" : "tv");
    if (c->matrix != NULL)
        cli_add_two(w, "-colorspace", c->matrix);
    if (c->primaries != NULL && c->primaries[0] != '\0')
        cli_add_two(w, "-color_primaries", c->primaries);
    if (c->transfer != NULL && c->transfer[0] != '\0')
        cli_add_two(w, "-color_trc", c->transfer);
    if (v->kind == ANEW_VIDEO_YUV && v->sub_x == 2)
        cli_add_two(w, "-chroma_sample_location", v->left ? "left" : "center");
}

static anew_status run(cli_ffmpeg *f, const cli_ffmpeg_task *task, bool coded, bool whole,
                       anew_error *error)
{
    static const char *const times[] = {"-fps_mode", "passthrough", "-enc_time_base", "-1", NULL};
    const container *kind = container_of(task->path);
    const bool keeps = cli_keeps_times(task->path);
    cli_words w = {0};
    char *original = whole && task->original != NULL ? cli_as_file(task->original) : NULL;
    char *target = cli_as_file(task->temporary);
    anew_status status = ANEW_OK;
    if (target == NULL || (whole && task->original != NULL && original == NULL)) {
        status = anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory", task->path);
        goto out;
    }
    add_input(&w, task);
    if (!coded)
        add_colours(&w, task);
    cli_add_two(&w, "-f", "nut");
    cli_add_two(&w, "-i", "pipe:0");
    if (original != NULL)
        cli_add_two(&w, "-i", original);
    cli_add_two(&w, "-map", "0:v:0");
    if (whole && original != NULL)
        add_original(&w, task, kind);
    if (coded) {
        cli_add_two(&w, "-c:v", "copy");
    } else {
        if (keeps)
            cli_add_all(&w, times);
        cli_add_all(&w, kind->video);
        cli_add(&w, "-crf");
        cli_add_numbered(&w, "", task->crf >= 0 ? task->crf : kind->crf);
        add_colours(&w, task);
    }
    if (!whole) {
        if (strcmp(kind->video[1], "libx264") == 0)
            cli_add_two(&w, "-bf", "0");
        cli_add_two(&w, "-bsf:v", "dump_extra"); /* each part says how it is to be decoded */
    }
    /* Where streams that do not begin at 0 do is counted in such, by default in milliseconds. */
    if (whole && (strcmp(kind->muxer, "mp4") == 0 || strcmp(kind->muxer, "mov") == 0))
        cli_add_two(&w, "-movie_timescale", "90000");
    cli_add_two(&w, "-f", whole ? kind->muxer : "nut");
    cli_add(&w, target);
    status = cli_start(f, &w, false, false, error);
out:
    anew_free(original);
    anew_free(target);
    return status;
}

anew_status cli_ffmpeg_write(cli_ffmpeg *f, const cli_ffmpeg_task *task, anew_error *error)
{
    return run(f, task, false, true, error);
}

anew_status cli_ffmpeg_write_part(cli_ffmpeg *f, const cli_ffmpeg_task *task, anew_error *error)
{
    return run(f, task, false, false, error);
}

anew_status cli_ffmpeg_join(cli_ffmpeg *f, const cli_ffmpeg_task *task, anew_error *error)
{
    return run(f, task, true, true, error);
}
