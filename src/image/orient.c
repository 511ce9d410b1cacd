/*
 * orient.c - turning a picture as EXIF's orientation says.
 *
 * The tag (0x0112) says where the stored row 0 and column 0 belong in the picture as seen:
 * 1 top left, 2 top right, 3 bottom right, 4 bottom left, 5 left top, 6 right top, 7 right bottom,
 * 8 left bottom (Exif 2.3, section 4.6.4 A). From 5 on, rows and columns change places.
 */
#include <string.h>

#include "core/memory.h"
#include "image/formats.h"

anew_status anew_image_orient(anew_image *image, int orientation, const char *label,
                              anew_error *error)
{
    if (orientation <= 1 || orientation > 8)
        return ANEW_OK;
    const bool swap = orientation >= 5;
    const bool right = orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7;
    const bool bottom =
        orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8;
    anew_image turned;
    anew_error ignored;
    if (anew_image_create(&turned, swap ? image->height : image->width,
                          swap ? image->width : image->height, image->channels, image->depth,
                          &ignored) != ANEW_OK)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to turn the picture", label);
    const size_t pixel = (size_t)image->channels * (size_t)(image->depth / 8);
    const uint8_t *from = image->pixels;
    uint8_t *to = turned.pixels;
    for (int y = 0; y < turned.height; y++) {
        for (int x = 0; x < turned.width; x++) {
            /* Mirrored in the picture as seen, then rows and columns exchanged. */
            const int mx = right ? turned.width - 1 - x : x;
            const int my = bottom ? turned.height - 1 - y : y;
            const size_t sx = (size_t)(swap ? my : mx), sy = (size_t)(swap ? mx : my);
            memcpy(to, from + (sy * (size_t)image->width + sx) * pixel, pixel);
            to += pixel;
        }
    }
    anew_image_free(image);
    *image = turned;
    return ANEW_OK;
}
