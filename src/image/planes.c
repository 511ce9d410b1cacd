/* planes.c - interleaved integers to planar floats and back. */
#include "image/planes.h"

#include "core/memory.h"

#define MOST_CHANNELS 4 /* of a picture */

anew_status anew_planes_create(anew_planes *planes, int channels, int height, int width,
                               anew_error *error)
{
    const size_t floats =
        anew_size_mul(anew_size_mul((size_t)channels, (size_t)height), (size_t)width);
    *planes = (anew_planes){channels, height, width, NULL};
    planes->data = anew_alloc(anew_size_mul(floats, sizeof(float)));
    if (planes->data == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory for %dx%d pixels of %d channels",
                         width, height, channels);
    return ANEW_OK;
}

void anew_planes_free(anew_planes *planes)
{
    anew_free(planes->data);
    *planes = (anew_planes){0};
}

/* The sample of a channel of the pixel. */
static void *sample_at(const anew_image *image, int channel, int y, int x)
{
    const size_t pixel = (size_t)y * (size_t)image->width + (size_t)x;
    return (unsigned char *)image->pixels +
           (pixel * (size_t)image->channels + (size_t)channel) * (size_t)(image->depth / 8);
}

void anew_row_from_image_by(const anew_row_kernels *kernels, float *row, const anew_image *image,
                            int channel, int y, int x, int width)
{
    kernels->samples_to_row(row, sample_at(image, channel, y, x), image->depth, image->channels,
                            width);
}

void anew_row_from_image(float *row, const anew_image *image, int channel, int y, int x, int width)
{
    anew_row_from_image_by(anew_row_kernels_for(ANEW_ISA_C), row, image, channel, y, x, width);
}

void anew_planes_from_image(anew_planes *planes, const anew_image *image, int first)
{
    for (int c = 0; c < planes->channels; c++)
        for (int y = 0; y < planes->height; y++)
            anew_row_from_image(planes->data + ((size_t)c * (size_t)planes->height + (size_t)y) *
                                                   (size_t)planes->width,
                                image, first + c, y, 0, planes->width);
}

void anew_rows_to_image_by(const anew_row_kernels *kernels, anew_image *image,
                           const anew_plane_rows *rows, int first, int y, int x)
{
    const float *row[MOST_CHANNELS];
    for (int r = 0; r < rows->height; r++) {
        for (int c = 0; c < rows->channels; c++)
            row[c] = rows->data + (size_t)c * rows->plane_stride + (size_t)r * rows->row_stride;
        kernels->rows_to_samples(sample_at(image, first, y + r, x), image->depth, image->channels,
                                 row, rows->channels, rows->width);
    }
}

void anew_rows_to_image(anew_image *image, const anew_plane_rows *rows, int first, int y, int x)
{
    anew_rows_to_image_by(anew_row_kernels_for(ANEW_ISA_C), image, rows, first, y, x);
}

void anew_planes_to_image(anew_image *image, const anew_planes *planes, int first)
{
    const anew_plane_rows all = {planes->data,
                                 planes->channels,
                                 planes->height,
                                 planes->width,
                                 (size_t)planes->height * (size_t)planes->width,
                                 (size_t)planes->width};
    anew_rows_to_image(image, &all, first, 0, 0);
}
