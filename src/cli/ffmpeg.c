/* ffmpeg.c - starting, tying and ending it. */
#include "cli/ffmpeg.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/memory.h"

extern char **environ;

#define MOST_WORDS 48

typedef struct words {
    const char *list[MOST_WORDS + 1];
    int count;
} words;

static void add(words *w, const char *word)
{
    if (w->count < MOST_WORDS)
        w->list[w->count++] = word;
}

static void add_all(words *w, const char *const *more)
{
    for (; *more != NULL; more++)
        add(w, *more);
}

/* A path that ffmpeg takes for nothing else, neither an option nor an address; NULL without memory. */
static char *as_file(const char *path)
{
    const size_t bytes = strlen(path) + 6;
    char *name = anew_alloc(bytes);
    if (name != NULL)
        (void)snprintf(name, bytes, "file:%s", path);
    return name;
}

/* Starts a program; one end of a pipe is its standard output (or else input), the other is ours. */
static anew_status start(cli_ffmpeg *f, const words *w, bool reads, anew_error *error)
{
    int ends[2];
    posix_spawn_file_actions_t actions;
    if (pipe(ends) != 0)
        return anew_fail(error, ANEW_ERROR_IO, "%s: no pipe: %s", w->list[0], strerror(errno));
    const int own = ends[reads ? 0 : 1], its = ends[reads ? 1 : 0];
    (void)fcntl(own, F_SETFD, FD_CLOEXEC);
    (void)fcntl(its, F_SETFD, FD_CLOEXEC);
    int code = posix_spawn_file_actions_init(&actions);
    if (code == 0) {
        code =
            posix_spawn_file_actions_adddup2(&actions, its, reads ? STDOUT_FILENO : STDIN_FILENO);
        if (code == 0 && reads)
            code =
                posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        if (code == 0)
            code = posix_spawnp(&f->process, w->list[0], &actions, NULL,
                                (char *const *)(uintptr_t)w->list, environ);
        (void)posix_spawn_file_actions_destroy(&actions);
    }
    (void)close(its);
    f->pipe = code == 0 ? fdopen(own, reads ? "rb" : "wb") : NULL;
    if (f->pipe != NULL)
        return ANEW_OK;
    (void)close(own);
    if (code != 0)
        f->process = 0;
    return code == ENOENT
               ? anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                           "%s is not installed; only Y4M and --raw go without it", w->list[0])
               : anew_fail(error, ANEW_ERROR_IO, "%s: cannot be started: %s", w->list[0],
                           strerror(code));
}

anew_status cli_ffmpeg_end(cli_ffmpeg *f, const char *path, anew_error *error)
{
    int result = 0;
    bool good = true;
    if (f->pipe != NULL)
        good = fclose(f->pipe) == 0;
    f->pipe = NULL;
    if (f->process == 0)
        return ANEW_OK;
    pid_t ended = -1;
    do
        ended = waitpid(f->process, &result, 0);
    while (ended < 0 && errno == EINTR);
    f->process = 0;
    if (good && WIFEXITED(result) && WEXITSTATUS(result) == 0)
        return ANEW_OK;
    return anew_fail(error, ANEW_ERROR_FORMAT, "%s: ffmpeg failed", path);
}

void cli_ffmpeg_stop(cli_ffmpeg *f)
{
    anew_error ignored;
    if (f->process != 0)
        (void)kill(f->process, SIGKILL);
    if (cli_ffmpeg_end(f, "", &ignored) != ANEW_OK)
        return;
}

/* ---- names ------------------------------------------------------------------------------------------------ */

bool cli_is_y4m(const char *path)
{
    char first[9] = {0};
    FILE *file = fopen(path, "rb");
    const bool there = file != NULL && fread(first, 1, 9, file) == 9;
    if (file != NULL)
        (void)fclose(file);
    return there && memcmp(first, "YUV4MPEG2", 9) == 0;
}

/* How a kind of file is written. */
typedef struct container {
    const char *ending, *muxer;
    const char *video[8];
    const char *subtitles; /* NULL: it holds none */
} container;

static const container *container_of(const char *path)
{
#define X264                                                                                       \
    {                                                                                              \
        "-c:v", "libx264", "-crf", "16", "-preset", "medium", NULL                                 \
    }
    static const container kinds[] = {
        {".mp4", "mp4", X264, "mov_text"},
        {".m4v", "mp4", X264, "mov_text"},
        {".mov", "mov", X264, "mov_text"},
        {".mkv", "matroska", X264, "copy"},
        {".avi", "avi", X264, NULL},
        {".webm", "webm", {"-c:v", "libvpx-vp9", "-crf", "24", "-b:v", "0", NULL}, "webvtt"}};
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

/* ---- reading ---------------------------------------------------------------------------------------------- */

static void keep(char to[32], const char *line, const char *name)
{
    const size_t length = strlen(name);
    if (strncmp(line, name, length) == 0 && line[length] == '=')
        (void)snprintf(to, 32, "%.*s", (int)strcspn(line + length + 1, "\r\n"), line + length + 1);
}

anew_status cli_ffprobe(cli_probe *probe, const char *path, anew_error *error)
{
    static const char *const asked[] = {
        "ffprobe",
        "-v",
        "error",
        "-select_streams",
        "v:0",
        "-show_entries",
        "stream=width,height,pix_fmt,color_space,r_frame_rate,avg_frame_rate,field_order",
        "-of",
        "default=nw=1",
        NULL};
    cli_ffmpeg ffprobe = {0};
    words w = {0};
    char line[128];
    char *name = as_file(path);
    *probe = (cli_probe){0};
    if (name == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory", path);
    add_all(&w, asked);
    add(&w, name);
    anew_status status = start(&ffprobe, &w, true, error);
    anew_free(name);
    ANEW_TRY(status);
    while (fgets(line, sizeof line, ffprobe.pipe) != NULL) {
        keep(probe->format, line, "pix_fmt");
        keep(probe->width, line, "width");
        keep(probe->height, line, "height");
        keep(probe->matrix, line, "color_space");
        keep(probe->rate, line, "r_frame_rate");
        keep(probe->mean_rate, line, "avg_frame_rate");
        keep(probe->fields, line, "field_order");
    }
    status = cli_ffmpeg_end(&ffprobe, path, error);
    if (status == ANEW_OK && probe->rate[0] == '\0')
        status = anew_fail(error, ANEW_ERROR_FORMAT, "%s: ffprobe finds no video in it", path);
    if (status == ANEW_OK && strchr("tb", probe->fields[0]) != NULL && probe->fields[0] != '\0')
        status =
            anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                      "%s: interlaced; deinterlace it first, such as by ffmpeg -vf bwdif", path);
    return status;
}

static double rate_of(const char *text)
{
    char *end = NULL;
    const double over = strtod(text, &end), under = *end == '/' ? strtod(end + 1, NULL) : 1;
    return under > 0 ? over / under : 0;
}

anew_status cli_ffmpeg_read(cli_ffmpeg *f, const char *path, const cli_probe *probe,
                            anew_error *error)
{
    static const char *const first[] = {"ffmpeg", "-v", "error", "-nostdin", "-i", NULL};
    static const char *const then[] = {"-map", "0:v:0",        "-strict", "-1",
                                       "-f",   "yuv4mpegpipe", NULL};
    const bool deep = strstr(probe->format, "p10") != NULL || strstr(probe->format, "p12") != NULL;
    /* The base rate, unless a variable one makes it no more than the clock that the times are in. */
    const bool by_mean =
        rate_of(probe->mean_rate) > 0 && rate_of(probe->rate) > 2 * rate_of(probe->mean_rate);
    words w = {0};
    char *name = as_file(path);
    if (name == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory", path);
    add_all(&w, first);
    add(&w, name);
    add_all(&w, then);
    add(&w, "-r");
    add(&w, by_mean ? probe->mean_rate : probe->rate);
    add(&w, "-pix_fmt");
    add(&w, deep ? "yuv420p10le" : "yuv420p");
    add(&w, "pipe:1");
    const anew_status status = start(f, &w, true, error);
    anew_free(name);
    return status;
}

/* ---- writing ---------------------------------------------------------------------------------------------- */

anew_status cli_ffmpeg_write(cli_ffmpeg *f, const char *temporary, const char *path,
                             const char *sound, const char *matrix, anew_error *error)
{
    static const char *const first[] = {"ffmpeg",       "-v", "error",  "-y", "-f",
                                        "yuv4mpegpipe", "-i", "pipe:0", NULL};
    static const char *const others[] = {"-map", "1:a?", "-map_metadata", "1", "-map_chapters",
                                         "1",    "-c:a", "copy",          NULL};
    const container *kind = container_of(path);
    words w = {0};
    char *original = sound == NULL ? NULL : as_file(sound), *target = as_file(temporary);
    if (target == NULL || (sound != NULL && original == NULL)) {
        anew_free(original);
        anew_free(target);
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory", path);
    }
    add_all(&w, first);
    if (original != NULL) {
        add(&w, "-i");
        add(&w, original);
    }
    add(&w, "-map");
    add(&w, "0:v:0");
    if (original != NULL)
        add_all(&w, others);
    if (original != NULL && kind->subtitles != NULL) {
        add(&w, "-map");
        add(&w, "1:s?");
        add(&w, "-c:s");
        add(&w, kind->subtitles);
    }
    add_all(&w, kind->video);
    if (matrix != NULL) {
        add(&w, "-colorspace");
        add(&w, matrix);
    }
    add(&w, "-f");
    add(&w, kind->muxer);
    add(&w, target);
    const anew_status status = start(f, &w, false, error);
    anew_free(original);
    anew_free(target);
    return status;
}
