/* ffmpeg_read.c - what ffprobe says of a file, and its frames. */
#include <stdlib.h>
#include <string.h>

#include "cli/ffmpeg_process.h"
#include "core/memory.h"

bool cli_is_y4m(const char *path)
{
    char first[9] = {0};
    FILE *file = fopen(path, "rb");
    const bool there = file != NULL && fread(first, 1, 9, file) == 9;
    if (file != NULL)
        (void)fclose(file);
    return there && memcmp(first, "YUV4MPEG2", 9) == 0;
}

/* ---- what there is ------------------------------------------------------------------------------------------ */

/* The value of "name=value" in a line of such, between which '|' stands; "unknown" and "N/A" are none. */
static void keep(char *to, size_t bytes, const char *line, const char *name)
{
    const size_t length = strlen(name);
    to[0] = '\0';
    for (const char *p = line; p != NULL; p = strchr(p, '|')) {
        p += *p == '|';
        if (strncmp(p, name, length) != 0 || p[length] != '=')
            continue;
        p += length + 1;
        (void)snprintf(to, bytes, "%.*s", (int)strcspn(p, "|\r\n"), p);
        if (strcmp(to, "unknown") == 0 || strcmp(to, "N/A") == 0)
            to[0] = '\0';
        return;
    }
}

static void keep_video(cli_probe *probe, const char *line)
{
    keep(probe->format, sizeof probe->format, line, "pix_fmt");
    keep(probe->width, sizeof probe->width, line, "width");
    keep(probe->height, sizeof probe->height, line, "height");
    keep(probe->matrix, sizeof probe->matrix, line, "color_space");
    keep(probe->range, sizeof probe->range, line, "color_range");
    keep(probe->primaries, sizeof probe->primaries, line, "color_primaries");
    keep(probe->transfer, sizeof probe->transfer, line, "color_transfer");
    keep(probe->chroma_place, sizeof probe->chroma_place, line, "chroma_location");
    keep(probe->rate, sizeof probe->rate, line, "r_frame_rate");
    keep(probe->mean_rate, sizeof probe->mean_rate, line, "avg_frame_rate");
    keep(probe->fields, sizeof probe->fields, line, "field_order");
    keep(probe->frames, sizeof probe->frames, line, "nb_frames");
    static const char *const kinds[] = {"gbr",  "rgb",  "bgr",  "argb",
                                        "abgr", "0rgb", "0bgr", "pal8"};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strncmp(probe->format, kinds[i], strlen(kinds[i])) == 0)
            probe->has_rgb = true;
    if (probe->has_rgb)
        probe->matrix[0] = probe->range[0] = '\0';
}

static void keep_line(cli_probe *probe, int counts[2], int *last, const char *line)
{
    char kind[32], cover[8], index[16];
    keep(index, sizeof index, line, "index");
    const int number = index[0] == '\0' ? -1 : atoi(index);
    if (number >= 0 && number <= *last) /* once more, as of a program of a transport stream */
        return;
    *last = number >= 0 ? number : *last;
    keep(kind, sizeof kind, line, "codec_type");
    keep(cover, sizeof cover, line, "disposition:attached_pic");
    const bool is_sound = strcmp(kind, "audio") == 0;
    if (number < 0 && kind[0] == '\0' && probe->seconds[0] == '\0')
        keep(probe->seconds, sizeof probe->seconds, line, "duration");
    else if (strcmp(kind, "video") == 0 && strcmp(cover, "1") != 0 && probe->rate[0] == '\0')
        keep_video(probe, line);
    if ((is_sound || strcmp(kind, "subtitle") == 0) && probe->side_count < CLI_MOST_SIDE_STREAMS) {
        cli_side_stream *s = &probe->side[probe->side_count++];
        s->is_sound = is_sound;
        s->number = counts[is_sound]++;
        keep(s->codec, sizeof s->codec, line, "codec_name");
    }
}

anew_status cli_ffprobe(cli_probe *probe, const char *path, anew_error *error)
{
    static const char entries[] =
        "stream=index,codec_type,codec_name,width,height,pix_fmt,color_space,color_range,"
        "color_primaries,color_transfer,chroma_location,r_frame_rate,avg_frame_rate,field_order,"
        "nb_frames:stream_disposition=attached_pic:format=duration";
    static const char *const asked[] = {"ffprobe", "-v",  "error",       "-show_entries",
                                        entries,   "-of", "compact=p=0", NULL};
    cli_ffmpeg ffprobe = {0};
    cli_words w = {0};
    char line[2048];
    int counts[2] = {0, 0}, last = -1;
    char *name = cli_as_file(path);
    *probe = (cli_probe){0};
    if (name == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory", path);
    cli_add_all(&w, asked);
    cli_add(&w, name);
    anew_status status = cli_start(&ffprobe, &w, true, false, error);
    anew_free(name);
    ANEW_TRY(status);
    while (fgets(line, sizeof line, ffprobe.pipe) != NULL)
        keep_line(probe, counts, &last, line);
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

long cli_expected_frames(const cli_probe *probe)
{
    const long said = strtol(probe->frames, NULL, 10);
    const double guess = strtod(probe->seconds, NULL) * rate_of(probe->mean_rate);
    return said > 0 ? said : guess > 0 && guess < 1e9 ? (long)(guess + 0.5) : 0;
}

/* ---- reading ------------------------------------------------------------------------------------------------ */

/* The kind of frames that is asked for: 4:2:0, 8 bits or 10, of the original's range. */
static void add_format(cli_words *w, const cli_probe *probe, const char *matrix)
{
    static const char *const deep_kinds[] = {"p10", "p12", "p14", "p16", "p010", "p012", "p016"};
    bool deep = false;
    for (size_t i = 0; i < sizeof deep_kinds / sizeof deep_kinds[0]; i++)
        deep = deep || strstr(probe->format, deep_kinds[i]) != NULL;
    const bool full = strcmp(probe->range, "pc") == 0 || strncmp(probe->format, "yuvj", 4) == 0;
    if (probe->has_rgb) {
        cli_add(w, "-vf");
        cli_add(w, strcmp(matrix, "bt709") == 0 ? "scale=out_color_matrix=bt709:out_range=tv"
                                                : "scale=out_color_matrix=bt601:out_range=tv");
    }
    if (strcmp(probe->chroma_place, "topleft") == 0) /* which Y4M has for DV alone */
        cli_add_two(w, "-chroma_sample_location", "left");
    cli_add_two(w, "-pix_fmt", deep ? "yuv420p10le" : full ? "yuvj420p" : "yuv420p");
}

anew_status cli_ffmpeg_read(cli_ffmpeg *f, const char *path, const cli_probe *probe, bool times,
                            const char *matrix, anew_error *error)
{
    static const char *const first[] = {"ffmpeg", "-v", "error", "-nostdin", NULL};
    /* A line for each frame with its time, by a writer of checksums (of small pictures: they are of no interest). First: so
     * its line is there when the frame is. */
    static const char *const lines[] = {"-map",        "0:V:0",          "-vf",
                                        "scale=16:16", "-pix_fmt",       "gray",
                                        "-fps_mode",   "passthrough",    "-enc_time_base",
                                        "-1",          "-flush_packets", "1",
                                        "-f",          "framecrc",       "pipe:3",
                                        NULL};
    static const char *const every[] = {"-fps_mode", "passthrough", "-enc_time_base", "-1", NULL};
    static const char *const then[] = {"-strict", "-1", "-f", "yuv4mpegpipe", "pipe:1", NULL};
    /* The base rate, unless a variable one makes it no more than the clock that the times are in. */
    const bool by_mean =
        rate_of(probe->mean_rate) > 0 && rate_of(probe->rate) > 2 * rate_of(probe->mean_rate);
    cli_words w = {0};
    char *name = cli_as_file(path);
    if (name == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory", path);
    cli_add_all(&w, first);
    if (times)
        cli_add(&w, "-copyts");
    cli_add(&w, "-i");
    cli_add(&w, name);
    if (times)
        cli_add_all(&w, lines);
    cli_add_two(&w, "-map", "0:V:0");
    if (times)
        cli_add_all(&w, every);
    else
        cli_add_two(&w, "-r", by_mean ? probe->mean_rate : probe->rate);
    add_format(&w, probe, matrix);
    cli_add_all(&w, then);
    const anew_status status = cli_start(f, &w, true, times, error);
    anew_free(name);
    return status;
}

anew_status cli_ffmpeg_read_at(cli_ffmpeg *f, const char *path, const cli_probe *probe,
                               double seconds, const char *matrix, anew_error *error)
{
    static const char *const first[] = {"ffmpeg", "-v", "quiet", "-nostdin", "-ss", NULL};
    static const char *const then[] = {"-strict", "-1", "-f", "yuv4mpegpipe", "pipe:1", NULL};
    char at[32];
    cli_words w = {0};
    char *name = cli_as_file(path);
    if (name == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory", path);
    (void)snprintf(at, sizeof at, "%.3f", seconds);
    cli_add_all(&w, first);
    cli_add(&w, at);
    cli_add_two(&w, "-i", name);
    cli_add_two(&w, "-map", "0:V:0");
    cli_add_two(&w, "-frames:v", "1");
    add_format(&w, probe, matrix);
    cli_add_all(&w, then);
    const anew_status status = cli_start(f, &w, true, false, error);
    anew_free(name);
    return status;
}
