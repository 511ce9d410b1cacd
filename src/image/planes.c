/* planes.c - interleaved integers to planar floats and back. */
#include "image/planes.h"

#include <math.h>

#include "core/memory.h"

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

void anew_row_from_image(float *row, const anew_image *image, int channel, int y, int x, int width)
{
    const size_t step = (size_t)image->channels;
    const size_t first = ((size_t)y * (size_t)image->width + (size_t)x) * step + (size_t)channel;
    if (image->depth == 32) {
        const float *real = (const float *)image->pixels + first;
        for (size_t i = 0; i < (size_t)width; i++)
            row[i] = real[i * step];
    } else if (image->depth == 16) {
        const uint16_t *wide = (const uint16_t *)image->pixels + first;
        for (size_t i = 0; i < (size_t)width; i++)
            row[i] = (float)wide[i * step] / 65535.0f;
    } else {
        const uint8_t *narrow = (const uint8_t *)image->pixels + first;
        for (size_t i = 0; i < (size_t)width; i++)
            row[i] = (float)narrow[i * step] / 255.0f;
    }
}

void anew_planes_from_image(anew_planes *planes, const anew_image *image, int first)
{
    for (int c = 0; c < planes->channels; c++)
        for (int y = 0; y < planes->height; y++)
            anew_row_from_image(planes->data + ((size_t)c * (size_t)planes->height + (size_t)y) *
                                                   (size_t)planes->width,
                                image, first + c, y, 0, planes->width);
}

/* To 0 .. 1; NaN becomes 0. */
static float clamped(float value)
{
    return value >= 0.0f ? (value <= 1.0f ? value : 1.0f) : 0.0f;
}

/* Times `full`, rounded half to even; lrintf is one instruction where rintf is a call (x86 without SSE4.1). */
static unsigned int sample(float value, float full)
{
    return (unsigned int)lrintf(clamped(value) * full);
}

void anew_rows_to_image(anew_image *image, const anew_plane_rows *rows, int first, int y, int x)
{
    const size_t step = (size_t)image->channels;
    for (int c = 0; c < rows->channels; c++) {
        for (int r = 0; r < rows->height; r++) {
            const float *row =
                rows->data + (size_t)c * rows->plane_stride + (size_t)r * rows->row_stride;
            const size_t at =
                ((size_t)(y + r) * (size_t)image->width + (size_t)x) * step + (size_t)(first + c);
            if (image->depth == 32) {
                float *real = (float *)image->pixels + at;
                for (size_t i = 0; i < (size_t)rows->width; i++)
                    real[i * step] = clamped(row[i]);
            } else if (image->depth == 16) {
                uint16_t *wide = (uint16_t *)image->pixels + at;
                for (size_t i = 0; i < (size_t)rows->width; i++)
                    wide[i * step] = (uint16_t)sample(row[i], 65535.0f);
            } else {
                uint8_t *narrow = (uint8_t *)image->pixels + at;
                for (size_t i = 0; i < (size_t)rows->width; i++)
                    narrow[i * step] = (uint8_t)sample(row[i], 255.0f);
            }
        }
    }
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
