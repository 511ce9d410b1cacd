/* crop.c - a window of the picture as floats, then the warp. */
#include "faces/crop.h"

#include <math.h>

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
    anew_planes window;
    ANEW_TRY(anew_planes_create(&window, colours, down.last - down.first,
                                across.last - across.first, error));
    for (int c = 0; c < colours; c++)
        for (int y = 0; y < window.height; y++)
            anew_row_from_image(window.data + ((size_t)c * (size_t)window.height + (size_t)y) *
                                                  (size_t)window.width,
                                picture, c, down.first + y, across.first, window.width);
    const anew_affine shift = {{{1, 0, -across.first}, {0, 1, -down.first}}};
    const anew_affine to_window = anew_affine_then(&to_picture, &shift);
    const anew_plane_rows rows = anew_planes_rows(&window);
    anew_planes colour = *crop;
    colour.channels = colours;
    const anew_status status =
        anew_warp(&colour, &rows, &to_window, options, kernels, threads, error);
    anew_planes_free(&window);
    const size_t plane = (size_t)crop->height * (size_t)crop->width;
    if (status == ANEW_OK && colours == 1)
        for (size_t i = 0; i < plane; i++)
            crop->data[plane + i] = crop->data[2 * plane + i] = crop->data[i];
    return status;
}
