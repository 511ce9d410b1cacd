/* room.c - how large a file will be, and what the file system has left. */
#include "cli/room.h"

#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>

#include "core/memory.h"

/* Heads and tables. */
#define BESIDE_PIXELS 512.0

/* Shares of the pixels' bytes that compressed files take at the least of photographs; pictures of few colours take
 * less. A guess that is too high would refuse what has room, one that is too low is found out while writing, and
 * leaves nothing either. */
#define LEAST_SHARE_LOSSLESS 0.2
#define LEAST_SHARE_LOSSY    0.003

double cli_result_bytes(anew_format format, const anew_image *shape,
                        const anew_image_options *options, bool *exact)
{
    const double samples = (double)shape->width * shape->height * shape->channels;
    const double bytes = samples * (shape->depth / 8.0);
    *exact = format == ANEW_FORMAT_PNM || format == ANEW_FORMAT_BMP;
    if (*exact)
        return bytes + BESIDE_PIXELS;
    const bool lossy =
        format == ANEW_FORMAT_JPEG ||
        ((format == ANEW_FORMAT_WEBP || format == ANEW_FORMAT_AVIF || format == ANEW_FORMAT_JXL) &&
         !options->lossless);
    const double guess = lossy ? samples * LEAST_SHARE_LOSSY : bytes * LEAST_SHARE_LOSSLESS;
    return options->max_bytes > 0 && guess > (double)options->max_bytes ? (double)options->max_bytes
                                                                        : guess;
}

/* Of the nearest folder above the path that is there; false where the system does not tell. */
static bool room_at(const char *path, double *room)
{
    struct statvfs facts;
    char *folder = anew_text_copy(path);
    bool told = false;
    if (folder == NULL)
        return false;
    for (bool top = false; !told && !top;) {
        char *slash = strrchr(folder, '/');
        top = slash == NULL || slash == folder;
        if (slash == NULL)
            told = statvfs(".", &facts) == 0;
        else if (slash == folder)
            told = statvfs("/", &facts) == 0;
        else
            *slash = '\0';
        if (!top)
            told = statvfs(folder, &facts) == 0;
    }
    anew_free(folder);
    if (told)
        *room = (double)facts.f_bavail * (double)facts.f_frsize;
    return told;
}

anew_status cli_check_room(const char *path, anew_format format, const anew_image *shape,
                           const anew_image_options *options, anew_error *error)
{
    bool exact = false;
    double room = 0;
    const double bytes = cli_result_bytes(format, shape, options, &exact);
    if (exact && options->max_bytes > 0 && bytes - BESIDE_PIXELS > (double)options->max_bytes)
        return anew_fail(error, ANEW_ERROR_ARGUMENT,
                         "%s: %.0f bytes of pixels, and it may have %lld; ask for fewer pixels, or "
                         "for a JPEG",
                         path, bytes - BESIDE_PIXELS, (long long)options->max_bytes);
    if (strcmp(path, "-") == 0 || !room_at(path, &room) || bytes <= room)
        return ANEW_OK;
    return anew_fail_system(
        error, ENOSPC, "%s: %dx%d pixels take %s%.1f MB, and its disk has %.1f MB left", path,
        shape->width, shape->height, exact ? "" : "at least about ", bytes * 1e-6, room * 1e-6);
}
