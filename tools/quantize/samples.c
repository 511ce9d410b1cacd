/*
 * samples.c - what a network is shown to see how large its values become: square parts of pictures, laid side by
 * side in one. From each picture come those of the most varied samples, since flat sky teaches nothing; the seams
 * between parts are hard edges, which pictures have, too.
 */
#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "quantize.h"

/* The sum of differences between neighbours of a part, on every second row. */
static double variety(const anew_planes *p, int y0, int x0)
{
    double sum = 0;
    for (int c = 0; c < p->channels; c++)
        for (int y = y0; y < y0 + SAMPLE_SIDE; y += 2) {
            const float *row =
                p->data + ((size_t)c * (size_t)p->height + (size_t)y) * (size_t)p->width;
            for (int x = x0 + 1; x < x0 + SAMPLE_SIDE; x++)
                sum += fabs((double)row[x] - (double)row[x - 1]);
        }
    return sum;
}

static void copy_part(anew_planes *to, int part, int across, const anew_planes *from, int y0,
                      int x0)
{
    const int y1 = part / across * SAMPLE_SIDE, x1 = part % across * SAMPLE_SIDE;
    for (int c = 0; c < 3; c++) {
        const int channel = from->channels >= 3 ? c : 0;
        for (int y = 0; y < SAMPLE_SIDE; y++)
            memcpy(to->data + ((size_t)(c * to->height + y1 + y)) * (size_t)to->width + x1,
                   from->data + ((size_t)(channel * from->height + y0 + y)) * (size_t)from->width +
                       x0,
                   SAMPLE_SIDE * sizeof(float));
    }
}

/* The `wanted` most varied parts of a picture's grid, behind the *parts that there are. */
static anew_status take_parts(anew_planes *column, int *parts, int wanted,
                              const anew_planes *picture, anew_error *error)
{
    const int columns = picture->width / SAMPLE_SIDE, rows = picture->height / SAMPLE_SIDE;
    const int count = columns * rows;
    double *scores = anew_alloc(anew_size_mul((size_t)count + 1, sizeof *scores));
    if (scores == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory for the parts of a picture");
    for (int i = 0; i < count; i++)
        scores[i] = variety(picture, i / columns * SAMPLE_SIDE, i % columns * SAMPLE_SIDE);
    for (int taken = 0; taken < wanted && taken < count; taken++) {
        int best = 0;
        for (int i = 1; i < count; i++)
            if (scores[i] > scores[best])
                best = i;
        scores[best] = -1;
        copy_part(column, (*parts)++, 1, picture, best / columns * SAMPLE_SIDE,
                  best % columns * SAMPLE_SIDE);
    }
    anew_free(scores);
    return ANEW_OK;
}

static anew_status read_picture(anew_planes *planes, const char *path, anew_error *error)
{
    anew_image image = {0};
    ANEW_TRY(anew_image_read(&image, path, NULL, NULL, error));
    anew_status status =
        anew_planes_create(planes, image.channels >= 3 ? 3 : 1, image.height, image.width, error);
    if (status == ANEW_OK)
        anew_planes_from_image(planes, &image, 0);
    anew_image_free(&image);
    return status;
}

anew_status samples_read(anew_planes *samples, char *const *paths, int count, anew_error *error)
{
    const int each = SAMPLE_MOST / count > 0 ? SAMPLE_MOST / count : 1;
    anew_status status = ANEW_OK;
    int parts = 0;
    anew_planes column = {0}; /* the parts, one below the other */
    ANEW_TRY(anew_planes_create(&column, 3, SAMPLE_MOST * SAMPLE_SIDE, SAMPLE_SIDE, error));
    for (int i = 0; i < count && parts < SAMPLE_MOST; i++) {
        anew_planes picture = {0};
        ANEW_TRY_GOTO(read_picture(&picture, paths[i], error), out);
        const int room = SAMPLE_MOST - parts;
        status = take_parts(&column, &parts, each < room ? each : room, &picture, error);
        anew_planes_free(&picture);
        if (status != ANEW_OK)
            goto out;
    }
    if (parts == 0) {
        status = anew_fail(error, ANEW_ERROR_ARGUMENT,
                           "no picture of at least %dx%d pixels among the samples", SAMPLE_SIDE,
                           SAMPLE_SIDE);
        goto out;
    }
    /* As square as it goes; what is missing of the last row are the first parts again. */
    const int across = (int)ceil(sqrt((double)parts)), rows = (parts + across - 1) / across;
    ANEW_TRY_GOTO(anew_planes_create(samples, 3, rows * SAMPLE_SIDE, across * SAMPLE_SIDE, error),
                  out);
    for (int i = 0; i < rows * across; i++)
        copy_part(samples, i, across, &column, i % parts * SAMPLE_SIDE, 0);
out:
    anew_planes_free(&column);
    return status;
}

anew_picture picture_of(const anew_planes *planes)
{
    const size_t plane = (size_t)planes->height * (size_t)planes->width;
    return (anew_picture){planes->data,  planes->channels, planes->height,
                          planes->width, plane,            (size_t)planes->width};
}
