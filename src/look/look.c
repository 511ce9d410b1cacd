/* look.c - the way of a picture through the estimators. */
#include "look/look.h"

#include "core/memory.h"
#include "look/parts.h"

anew_status anew_look_judge(anew_findings *f, const anew_look_samples *samples, anew_error *error)
{
    *f = (anew_findings){.jpeg_grid_x = -1, .jpeg_grid_y = -1, .enlarged = 1.0};
    f->width = samples->width;
    f->height = samples->height;
    f->channels = samples->channels;
    f->pixels_seen = samples->pixels;
    ANEW_TRY(anew_look_jpeg(f, samples, error));
    ANEW_TRY(anew_look_noise(f, samples, error));
    ANEW_TRY(anew_look_tone(f, samples, error));
    return anew_look_sharpness(f, samples, error);
}

anew_status anew_look(anew_findings *findings, const anew_pixels *picture, anew_error *error)
{
    anew_look_samples samples;
    anew_pixels row = *picture;
    *findings = (anew_findings){.jpeg_grid_x = -1, .jpeg_grid_y = -1, .enlarged = 1.0};
    if (picture->width < 1 || picture->height < 1 || picture->channels < 1 ||
        picture->channels > 4 || picture->data == NULL)
        return anew_fail(error, ANEW_ERROR_ARGUMENT, "no picture: %dx%d pixels of %d channels",
                         picture->width, picture->height, picture->channels);
    const ptrdiff_t sample_bytes = picture->sample == ANEW_SAMPLE_U8    ? 1
                                   : picture->sample == ANEW_SAMPLE_U16 ? 2
                                                                        : 4;
    if (row.row_stride == 0 && row.pixel_stride == 0 && row.channel_stride == 0) {
        row.channel_stride = sample_bytes;
        row.pixel_stride = sample_bytes * row.channels;
        row.row_stride = row.pixel_stride * row.width;
    }
    ANEW_TRY(anew_look_samples_create(&samples, row.width, row.height, row.channels, error));
    for (int y = 0; y < row.height; y++) {
        row.data = (char *)picture->data + y * row.row_stride;
        anew_look_samples_row(&samples, y, &row);
    }
    const anew_status status = anew_look_judge(findings, &samples, error);
    anew_look_samples_free(&samples);
    return status;
}
