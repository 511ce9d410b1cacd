/* api.c - the calls of anew.h that are not simply those of a layer below. */
#include <string.h>

#include "pipeline/enhance.h"

anew_status anew_enhance_pixels(uint8_t *out, int out_width, int out_height, const uint8_t *in,
                                int width, int height, int channels, const anew_model *model,
                                int threads, anew_error *error)
{
    const anew_enhance_options options = {
        .width = out_width, .height = out_height, .threads = threads};
    anew_image source, result;
    if (out_width < 1 || out_height < 1)
        return anew_fail(error, ANEW_ERROR_ARGUMENT, "an output of %dx%d pixels", out_width,
                         out_height);
    ANEW_TRY(anew_image_create(&source, width, height, channels, 8, error));
    memcpy(source.pixels, in, (size_t)width * (size_t)height * (size_t)channels);
    const anew_status status = anew_enhance(&result, &source, model, &options, NULL, error);
    anew_image_free(&source);
    if (status == ANEW_OK)
        memcpy(out, result.pixels, (size_t)out_width * (size_t)out_height * (size_t)channels);
    anew_image_free(&result);
    return status;
}

anew_status anew_enhance_file(const char *input, const char *output, const anew_model *model,
                              anew_error *error)
{
    const anew_enhance_options options = {0};
    const anew_format format = anew_format_of_path(output);
    anew_image in = {0}, out = {0};
    anew_model *opened = NULL;
    anew_status status = ANEW_OK;
    if (format == ANEW_FORMAT_UNKNOWN)
        return anew_fail(error, ANEW_ERROR_ARGUMENT,
                         "%s: the name tells no format; end it in .png, .jpg, .ppm or .pgm",
                         output);
    if (model == NULL)
        ANEW_TRY_GOTO(anew_model_open_named(&opened, NULL, error), out);
    ANEW_TRY_GOTO(anew_image_read(&in, input, NULL, NULL, error), out);
    ANEW_TRY_GOTO(anew_enhance(&out, &in, model == NULL ? opened : model, &options, NULL, error),
                  out);
    status = anew_image_write(&out, output, format, NULL, error);
out:
    anew_image_free(&in);
    anew_image_free(&out);
    anew_model_close(&opened);
    return status;
}
