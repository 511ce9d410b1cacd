/* fuzz_video.c - fuzz target: headers of Y4M, words of --raw, and frames. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "image/video.h"

/* One frame of a small stream, there and back; what is missing of it is 0. */
static anew_status run_frame(const anew_video *v, const uint8_t *data, size_t size,
                             anew_error *error)
{
    const size_t bytes = anew_video_frame_bytes(v);
    anew_image image;
    uint8_t *frame = calloc(bytes, 1);
    if (frame == NULL)
        abort();
    memcpy(frame, data, size < bytes ? size : bytes);
    const anew_status status = anew_video_picture(&image, v, error);
    if (status == ANEW_OK) {
        anew_video_to_picture(&image, v, frame);
        anew_video_from_picture(frame, v, &image);
        anew_image_free(&image);
    }
    free(frame);
    return status;
}

static anew_status run(const uint8_t *data, size_t size, anew_error *error)
{
    anew_video video;
    char header[256];
    anew_error ignored;
    const uint8_t *end = size == 0 ? NULL : memchr(data, '\n', size);
    const size_t length = end == NULL ? size : (size_t)(end - data);
    char *line = malloc(length + 1);
    if (line == NULL)
        abort();
    memcpy(line, data, length);
    line[length] = '\0';
    if (anew_video_read_raw(&video, line, &ignored) == ANEW_OK && video.width < 1)
        abort();
    const anew_status status = anew_video_read_header(&video, line, FUZZ_LABEL, error);
    free(line);
    ANEW_TRY(status);
    anew_video_write_header(&video, header, sizeof header);
    if (strchr(header, '\n') != header + strlen(header) - 1)
        abort();
    if ((int64_t)video.width * video.height > FUZZ_MAX_PIXELS)
        return ANEW_OK;
    const size_t at = length < size ? length + 1 : size;
    return run_frame(&video, data + at, size - at, error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_twice(run, data, size);
    return 0;
}
