/*
 * embedded_demo.c - a camera, the engine and a display, as a device has them: anew_embedded.h from a buffer and a model in
 * the program's constants, without files, threads and heap.
 *
 *     demo [WIDTH HEIGHT [BYTES]] >large.ppm      a picture of that size (640x480), doubled or more by the model; the
 *                                                 arena takes BYTES of the buffer (all of it)
 *     demo size [WIDTH HEIGHT]                    the smallest arena that does (asked in the buffer, which must hold it:
 *                                                 ARENA_BYTES, 4 MB if nobody says)
 *
 * The camera is a formula; the display writes a PPM to standard output, which is all that is asked of stdio.
 */
#include <anew_embedded.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef ARENA_BYTES
#define ARENA_BYTES ((size_t)4 << 20)
#endif

extern const unsigned char demo_model[], demo_model_end[]; /* the build puts them there */

static _Alignas(64) unsigned char arena[ARENA_BYTES];

typedef struct device {
    int width, out_width;
    uint32_t hash; /* of the result's bytes: FNV-1a */
    int quiet;
} device;

static anew_status camera(void *context, int y, unsigned char *line)
{
    const device *d = context;
    for (int x = 0; x < d->width; x++) {
        const int disc = (x - 320) * (x - 320) + (y - 240) * (y - 240) < 150 * 150;
        line[3 * x] = (unsigned char)(disc ? 200 - y / 4 : (x * y / 64) & 255);
        line[3 * x + 1] = (unsigned char)(disc ? 120 : x / 3 & 255);
        line[3 * x + 2] = (unsigned char)(disc ? 60 + x / 8 : y / 2 & 255);
    }
    return ANEW_OK;
}

static anew_status display(void *context, int y, const unsigned char *line)
{
    device *d = context;
    const size_t bytes = (size_t)d->out_width * 3;
    (void)y;
    for (size_t i = 0; i < bytes; i++)
        d->hash = (d->hash ^ line[i]) * 16777619u;
    return d->quiet || fwrite(line, 1, bytes, stdout) == bytes ? ANEW_OK : ANEW_ERROR_IO;
}

static int fail(const anew_error *error)
{
    fprintf(stderr, "demo: %s\n", error->text);
    return 1;
}

int main(int count, char **words)
{
    const size_t model_bytes = (size_t)(demo_model_end - demo_model);
    const int asked = count > 1 && strcmp(words[1], "size") == 0, first = asked ? 2 : 1;
    const int width = count > first ? atoi(words[first]) : 640;
    const int height = count > first + 1 ? atoi(words[first + 1]) : 480;
    size_t bytes = count > first + 2 ? (size_t)strtoul(words[first + 2], NULL, 10) : sizeof arena;
    anew_embedded *engine = NULL;
    anew_error error;
    bytes = bytes > sizeof arena ? sizeof arena : bytes;
    if (asked) {
        if (anew_embedded_size(&bytes, demo_model, model_bytes, width, height, 3, arena,
                               sizeof arena, &error) != ANEW_OK)
            return fail(&error);
        printf("%dx%d: an arena of %zu bytes\n", width, height, bytes);
        return 0;
    }
    if (anew_embedded_open(&engine, arena, bytes, demo_model, model_bytes, width, height, 3,
                           &error) != ANEW_OK)
        return fail(&error);
    device d = {width, anew_embedded_width(engine), 2166136261u, getenv("DEMO_QUIET") != NULL};
    if (!d.quiet)
        printf("P6\n%d %d\n255\n", d.out_width, anew_embedded_height(engine));
    if (anew_embedded_run(engine, camera, display, &d, &error) != ANEW_OK)
        return fail(&error);
    if (fflush(stdout) != 0)
        return 1;
    fprintf(stderr, "%dx%d -> %dx%d in %zu of %zu bytes, %08x\n", width, height, d.out_width,
            anew_embedded_height(engine), anew_embedded_used(engine), bytes, (unsigned int)d.hash);
    return 0;
}
