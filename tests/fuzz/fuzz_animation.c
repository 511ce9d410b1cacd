/* fuzz_animation.c - fuzz target: frames of APNG, animated WebP and GIF; and GIF as a still. */
#include <stdlib.h>

#include "fuzz.h"
#include "image/formats.h"

#define MOST_FRAMES 64

static anew_status run(const uint8_t *data, size_t size, anew_error *error)
{
    static const anew_image_limits limits = {.max_pixels = FUZZ_MAX_PIXELS};
    anew_frames_open *open = anew_format_frames(anew_image_sniff(data, size));
    anew_frames_decoder decoder = {0};
    anew_input *input = NULL;
    const anew_image *canvas = NULL;
    anew_delay delay = {0, 1};
    unsigned int sum = 0; /* every byte is there to be read */
    if (open == NULL)
        return ANEW_OK;
    uint8_t *copy = fuzz_copy(data, size);
    anew_status status = anew_input_open_memory(&input, copy, size, FUZZ_LABEL, error);
    if (status == ANEW_OK)
        status = open(&decoder, input, &limits, error);
    for (int i = 0; i < MOST_FRAMES && status == ANEW_OK && decoder.state != NULL; i++) {
        status = decoder.next(decoder.state, &canvas, &delay, error);
        if (status != ANEW_OK || canvas == NULL)
            break;
        const size_t bytes = (size_t)canvas->width * (size_t)canvas->height *
                             (size_t)canvas->channels * (size_t)(canvas->depth / 8);
        for (size_t at = 0; at < bytes; at++)
            sum += ((const uint8_t *)canvas->pixels)[at];
        if (delay.denominator == 0 || canvas->width != decoder.shape.width ||
            canvas->height != decoder.shape.height || (sum == 1 && bytes > FUZZ_MAX_PIXELS * 8))
            abort();
    }
    if (decoder.state != NULL)
        decoder.release(decoder.state);
    anew_input_close(&input);
    free(copy);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_twice(run, data, size);
    fuzz_picture(ANEW_FORMAT_GIF, data, size);
    return 0;
}
