/*
 * crop.c - a window of the picture as floats, then the warp. Where that shrinks, the window is reduced while it is read, a
 * few rows at a time, so that of a large face only the reduced window is ever in memory.
 */
#include "faces/crop.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "core/parallel.h"
#include "image/resize.h"

/* Columns (or rows) first .. last - 1 of an axis that a crop is made of. */
typedef struct span {
    int first, last;
} span;

/* From the positions low .. high. What is mirrored must be there, too. */
static span window_of(double low, double high, int size, anew_border border)
{
    if (border == ANEW_BORDER_REFLECT) {
        if (low < 0)
            high = fmax(high, -low);
        if (high > size - 1)
            low = fmin(low, 2.0 * (size - 1) - high);
    }
    const double first = fmin(fmax(floor(low), 0), size - 1);
    const double last = fmin(fmax(ceil(high), first), size - 1);
    return (span){(int)first, (int)last + 1};
}

/* Rows that are converted at a time. */
#define PORTION 64

typedef struct portion {
    const anew_image *picture;
    anew_plane_rows rows;
    int x, y; /* of the picture */
} portion;

static void convert(void *context, int first, int last, int worker)
{
    const portion *p = context;
    const anew_plane_rows *r = &p->rows;
    (void)worker;
    for (int y = first; y < last; y++)
        for (int c = 0; c < r->channels; c++)
            anew_row_from_image(r->data + (size_t)c * r->plane_stride + (size_t)y * r->row_stride,
                                p->picture, c, p->y + y, p->x, r->width);
}

static anew_status store(void *context, int y, const anew_plane_rows *rows, anew_error *error)
{
    anew_planes *window = context;
    (void)error;
    for (int c = 0; c < rows->channels; c++)
        for (int i = 0; i < rows->height; i++)
            memcpy(window->data + ((size_t)c * (size_t)window->height + (size_t)(y + i)) *
                                      (size_t)window->width,
                   rows->data + (size_t)c * rows->plane_stride + (size_t)i * rows->row_stride,
                   (size_t)window->width * sizeof(float));
    return ANEW_OK;
}

/* The picture's columns and rows as floats, resized to the window. */
static anew_status read_window(anew_planes *window, const anew_image *picture, span across,
                               span down, const anew_row_kernels *kernels, int threads,
                               anew_error *error)
{
    const int width = across.last - across.first, height = down.last - down.first;
    const size_t plane = (size_t)PORTION * (size_t)width;
    const anew_resize_shape shape = {.channels = window->channels,
                                     .src_width = width,
                                     .src_height = height,
                                     .dst_width = window->width,
                                     .dst_height = window->height,
                                     .dst_last = window->width,
                                     .src_last = width,
                                     .filter = ANEW_FILTER_LANCZOS3};
    anew_resizer *resizer = NULL;
    anew_status status = ANEW_OK;
    float *rows =
        anew_alloc(anew_size_mul(anew_size_mul(plane, (size_t)window->channels), sizeof(float)));
    if (rows == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory to cut out a face");
    ANEW_TRY_GOTO(anew_resizer_create(&resizer, &shape, kernels, threads, error), out);
    for (int y = 0; y < height; y += PORTION) {
        const int count = height - y < PORTION ? height - y : PORTION;
        portion p = {picture,
                     {rows, window->channels, count, width, plane, (size_t)width},
                     across.first,
                     down.first + y};
        anew_parallel_for(threads, count, 8, convert, &p);
        ANEW_TRY_GOTO(anew_resizer_push(resizer, &p.rows, store, window, error), out);
    }
out:
    anew_resizer_free(&resizer);
    anew_free(rows);
    return status;
}

anew_status anew_face_crop(anew_planes *crop, const anew_image *picture, const anew_affine *to_crop,
                           const anew_warp_options *options, const anew_row_kernels *kernels,
                           int threads, anew_error *error)
{
    anew_affine to_picture;
    ANEW_TRY(anew_affine_invert(&to_picture, to_crop, error));
    const anew_point reach = anew_warp_reach(&to_picture);
    anew_point low = {INFINITY, INFINITY}, high = {-INFINITY, -INFINITY};
    for (int corner = 0; corner < 4; corner++) {
        const anew_point p = anew_affine_apply(&to_picture, corner % 2 == 0 ? 0 : crop->width - 1,
                                               corner / 2 == 0 ? 0 : crop->height - 1);
        low = (anew_point){fmin(low.x, p.x), fmin(low.y, p.y)};
        high = (anew_point){fmax(high.x, p.x), fmax(high.y, p.y)};
    }
    const span across =
        window_of(low.x - reach.x - 1, high.x + reach.x + 1, picture->width, options->border);
    const span down =
        window_of(low.y - reach.y - 1, high.y + reach.y + 1, picture->height, options->border);
    const int colours = picture->channels >= 3 ? 3 : 1;
    const double shrink = anew_warp_first_shrink(&to_picture);
    const int width = across.last - across.first, height = down.last - down.first;
    const int few = (int)ceil(width / shrink), rows = (int)ceil(height / shrink);
    anew_planes window;
    anew_status status = ANEW_OK;
    ANEW_TRY(anew_planes_create(&window, colours, rows, few, error));
    ANEW_TRY_GOTO(read_window(&window, picture, across, down, kernels, threads, error), out);
    const anew_affine shift = {{{1, 0, -across.first}, {0, 1, -down.first}}};
    const anew_affine reduce =
        anew_affine_resize((double)few / width, (double)rows / height); /* 1: none */
    const anew_affine shifted = anew_affine_then(&to_picture, &shift);
    const anew_affine to_window = anew_affine_then(&shifted, &reduce);
    const anew_plane_rows all = anew_planes_rows(&window);
    anew_planes colour = *crop;
    colour.channels = colours;
    status = anew_warp(&colour, &all, &to_window, options, kernels, threads, error);
out:
    anew_planes_free(&window);
    const size_t plane = (size_t)crop->height * (size_t)crop->width;
    if (status == ANEW_OK && colours == 1)
        for (size_t i = 0; i < plane; i++)
            crop->data[plane + i] = crop->data[2 * plane + i] = crop->data[i];
    return status;
}
