/* video.c - what a stream is: headers and names. */
#include "image/video.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

#define MAX_SIDE 65536

static anew_video_matrix usual_matrix(const anew_video *v)
{
    return v->height >= 720 || v->width >= 1280 ? ANEW_MATRIX_709 : ANEW_MATRIX_601;
}

/* ---- Y4M ------------------------------------------------------------------------------------------------ */

/* The word behind "C": 420jpeg, 420mpeg2, 422, 444p10, mono12 ... */
static bool read_colours(anew_video *v, const char *word)
{
    static const struct {
        const char *name;
        int sub_x, sub_y;
        bool left;
    } kinds[] = {{"420jpeg", 2, 2, false},
                 {"420mpeg2", 2, 2, true},
                 {"420", 2, 2, false},
                 {"422", 2, 1, true},
                 {"444", 1, 1, false}};
    char *end = NULL;
    if (strncmp(word, "mono", 4) == 0) {
        v->kind = ANEW_VIDEO_MONO;
        v->sub_x = v->sub_y = 1;
        v->bits = word[4] == '\0' ? 8 : (int)strtol(word + 4, &end, 10);
        return (end == NULL || *end == '\0') && v->bits >= 8 && v->bits <= 16;
    }
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const size_t length = strlen(kinds[i].name);
        if (strncmp(word, kinds[i].name, length) != 0 ||
            (word[length] != '\0' && word[length] != 'p'))
            continue;
        v->kind = ANEW_VIDEO_YUV;
        v->sub_x = kinds[i].sub_x;
        v->sub_y = kinds[i].sub_y;
        v->left =
            kinds[i].left || (v->sub_x == 2 && word[length] == 'p'); /* as in MPEG-2 and later */
        v->bits = word[length] == '\0' ? 8 : (int)strtol(word + length + 1, &end, 10);
        return (end == NULL || *end == '\0') && v->bits >= 8 && v->bits <= 16;
    }
    return false;
}

static bool read_side(int *side, const char *word)
{
    char *end = NULL;
    const long value = strtol(word, &end, 10);
    *side = (int)value;
    return *word >= '0' && *word <= '9' && *end == '\0' && value >= 1 && value <= MAX_SIDE;
}

static anew_status read_word(anew_video *v, const char *word, const char *label, anew_error *error)
{
    bool good = true;
    switch (word[0]) {
    case 'W':
        good = read_side(&v->width, word + 1);
        break;
    case 'H':
        good = read_side(&v->height, word + 1);
        break;
    case 'C':
        if (!read_colours(v, word + 1))
            return anew_fail(
                error, ANEW_ERROR_UNSUPPORTED,
                "%s: colours %s are not read; 420jpeg, 420mpeg2, 422, 444 (each also as "
                "420p10 and so on) and mono are",
                label, word + 1);
        break;
    case 'I':
        if (word[1] == 't' || word[1] == 'b' || word[1] == 'm')
            return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                             "%s: interlaced; deinterlace it first, such as by ffmpeg -vf bwdif",
                             label);
        break;
    case 'X':
        if (strcmp(word, "XCOLORRANGE=FULL") == 0)
            v->full_range = true;
        break;
    default:
        break;
    }
    return good ? ANEW_OK
                : anew_fail(error, ANEW_ERROR_FORMAT, "%s: damaged Y4M: size %s", label, word);
}

anew_status anew_video_read_header(anew_video *video, const char *line, const char *label,
                                   anew_error *error)
{
    static const char magic[] = "YUV4MPEG2";
    char word[128];
    size_t kept = 0;
    *video = (anew_video){.kind = ANEW_VIDEO_YUV, .bits = 8, .sub_x = 2, .sub_y = 2};
    if (strncmp(line, magic, sizeof magic - 1) != 0)
        return anew_fail(error, ANEW_ERROR_FORMAT, "%s: is no Y4M", label);
    for (const char *p = line + sizeof magic - 1; *p != '\0';) {
        while (*p == ' ')
            p++;
        const size_t length = strcspn(p, " ");
        if (length >= sizeof word || kept + length + 2 > sizeof video->words)
            return anew_fail(error, ANEW_ERROR_FORMAT, "%s: damaged Y4M: a long header", label);
        memcpy(word, p, length);
        word[length] = '\0';
        p += length;
        if (length == 0)
            continue;
        ANEW_TRY(read_word(video, word, label, error));
        if (word[0] != 'W' && word[0] != 'H')
            kept += (size_t)snprintf(video->words + kept, sizeof video->words - kept, " %s", word);
    }
    if (video->width == 0 || video->height == 0)
        return anew_fail(error, ANEW_ERROR_FORMAT, "%s: damaged Y4M: no size", label);
    video->matrix = usual_matrix(video);
    return ANEW_OK;
}

void anew_video_write_header(const anew_video *video, char *line, size_t bytes)
{
    (void)snprintf(line, bytes, "YUV4MPEG2 W%d H%d%s\n", video->width, video->height, video->words);
}

/* ---- raw frames ------------------------------------------------------------------------------------------- */

anew_status anew_video_read_raw(anew_video *video, const char *words, anew_error *error)
{
    static const struct {
        const char *name;
        anew_video_kind kind;
        int sub_x, sub_y;
        bool left, full_range;
    } kinds[] = {{"rgb24", ANEW_VIDEO_RGB, 1, 1, false, true},
                 {"gray8", ANEW_VIDEO_MONO, 1, 1, false, true},
                 {"yuv420p", ANEW_VIDEO_YUV, 2, 2, true, false},
                 {"yuv422p", ANEW_VIDEO_YUV, 2, 1, true, false},
                 {"yuv444p", ANEW_VIDEO_YUV, 1, 1, false, false}};
    char size[64];
    const char *colon = strchr(words, ':');
    const size_t length = colon == NULL ? 0 : (size_t)(colon - words);
    char *cross = NULL;
    *video = (anew_video){.bits = 8};
    if (length > 0 && length < sizeof size) {
        memcpy(size, words, length);
        size[length] = '\0';
        cross = strchr(size, 'x');
    }
    bool good = cross != NULL;
    if (good) {
        *cross = '\0';
        good = read_side(&video->width, size) && read_side(&video->height, cross + 1);
    }
    for (size_t i = 0; good && i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(colon + 1, kinds[i].name) == 0) {
            video->kind = kinds[i].kind;
            video->sub_x = kinds[i].sub_x;
            video->sub_y = kinds[i].sub_y;
            video->left = kinds[i].left;
            video->full_range = kinds[i].full_range;
            video->matrix = usual_matrix(video);
            return ANEW_OK;
        }
    return anew_fail(
        error, ANEW_ERROR_ARGUMENT,
        "--raw %s: must be a size and a kind such as 640x480:yuv420p, of rgb24, gray8, "
        "yuv420p, yuv422p, yuv444p",
        words);
}

/* ---- sizes -------------------------------------------------------------------------------------------------- */

size_t anew_video_frame_bytes(const anew_video *v)
{
    const size_t luma = anew_size_mul((size_t)v->width, (size_t)v->height);
    const size_t chroma = anew_size_mul((size_t)((v->width + v->sub_x - 1) / v->sub_x),
                                        (size_t)((v->height + v->sub_y - 1) / v->sub_y));
    size_t samples = luma;
    if (v->kind == ANEW_VIDEO_RGB)
        samples = anew_size_mul(luma, 3);
    else if (v->kind == ANEW_VIDEO_YUV)
        samples = anew_size_add(luma, anew_size_mul(chroma, 2));
    return anew_size_mul(samples, v->bits > 8 ? 2 : 1);
}

/* Samples that are a picture's own already. */
static bool is_plain(const anew_video *v)
{
    return v->kind == ANEW_VIDEO_RGB ||
           (v->kind == ANEW_VIDEO_MONO && v->bits == 8 && v->full_range);
}

anew_status anew_video_picture(anew_image *image, const anew_video *video, anew_error *error)
{
    return anew_image_create(image, video->width, video->height,
                             video->kind == ANEW_VIDEO_MONO ? 1 : 3, is_plain(video) ? 8 : 32,
                             error);
}
