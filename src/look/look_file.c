/* look_file.c - anew_look of a picture's file: row by row from the reader, and what the file itself says. */
#include "look/look.h"

#include "core/memory.h"
#include "look/parts.h"

anew_status anew_look_reader(anew_findings *findings, anew_image_reader *reader,
                             const anew_image *shape, anew_error *error)
{
    anew_look_samples samples;
    anew_image row = {0};
    anew_status status = ANEW_OK;
    ANEW_TRY(
        anew_look_samples_create(&samples, shape->width, shape->height, shape->channels, error));
    ANEW_TRY_GOTO(anew_image_create(&row, shape->width, 1, shape->channels, shape->depth, error),
                  out);
    const int bytes = shape->depth / 8;
    const anew_pixels pixels = {.data = row.pixels,
                                .sample = bytes == 2 ? ANEW_SAMPLE_U16 : ANEW_SAMPLE_U8,
                                .width = shape->width,
                                .height = 1,
                                .channels = shape->channels,
                                .channel_stride = bytes,
                                .pixel_stride = (ptrdiff_t)bytes * shape->channels};
    for (int y = 0; y < shape->height; y++) {
        ANEW_TRY_GOTO(anew_image_reader_rows(reader, row.pixels, 1, error), out);
        anew_look_samples_row(&samples, y, &pixels);
    }
    ANEW_TRY_GOTO(anew_look_judge(findings, &samples, error), out);
    const anew_jpeg_facts *jpeg = anew_image_reader_jpeg(reader);
    if (jpeg != NULL) {
        bool exact = false;
        findings->file_quality = anew_look_jpeg_table_quality(jpeg->table, &exact);
        findings->file_quality_exact = exact;
        findings->file_chroma_x = jpeg->chroma_x;
        findings->file_chroma_y = jpeg->chroma_y;
    }
out:
    anew_image_free(&row);
    anew_look_samples_free(&samples);
    return status;
}

anew_status anew_look_file(anew_findings *findings, const char *path, anew_error *error)
{
    anew_image_reader *reader = NULL;
    anew_image shape;
    *findings = (anew_findings){.jpeg_grid_x = -1, .jpeg_grid_y = -1, .enlarged = 1.0};
    ANEW_TRY(anew_image_reader_open(&reader, &shape, path, NULL, error));
    const anew_status status = anew_look_reader(findings, reader, &shape, error);
    anew_image_reader_close(&reader);
    return status;
}
