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

void anew_planes_from_image(anew_planes *planes, const anew_image *image, int first)
{
    const size_t pixels = (size_t)image->width * (size_t)image->height;
    const size_t step = (size_t)image->channels;
    for (int c = 0; c < planes->channels; c++) {
        float *plane = planes->data + (size_t)c * pixels;
        const size_t channel = (size_t)(first + c);
        if (image->depth == 16) {
            const uint16_t *wide = image->pixels;
            for (size_t i = 0; i < pixels; i++)
                plane[i] = (float)wide[i * step + channel] / 65535.0f;
        } else {
            const uint8_t *narrow = image->pixels;
            for (size_t i = 0; i < pixels; i++)
                plane[i] = (float)narrow[i * step + channel] / 255.0f;
        }
    }
}

/* Clamped to 0 .. 1 (NaN: 0), times `full`, rounded half to even. */
static unsigned int sample(float value, float full)
{
    const float clamped = value >= 0.0f ? (value <= 1.0f ? value : 1.0f) : 0.0f;
    return (unsigned int)rintf(clamped * full);
}

void anew_planes_to_image(anew_image *image, const anew_planes *planes, int first)
{
    const size_t pixels = (size_t)image->width * (size_t)image->height;
    const size_t step = (size_t)image->channels;
    for (int c = 0; c < planes->channels; c++) {
        const float *plane = planes->data + (size_t)c * pixels;
        const size_t channel = (size_t)(first + c);
        if (image->depth == 16) {
            uint16_t *wide = image->pixels;
            for (size_t i = 0; i < pixels; i++)
                wide[i * step + channel] = (uint16_t)sample(plane[i], 65535.0f);
        } else {
            uint8_t *narrow = image->pixels;
            for (size_t i = 0; i < pixels; i++)
                narrow[i * step + channel] = (uint8_t)sample(plane[i], 255.0f);
        }
    }
}
