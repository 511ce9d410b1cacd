/* enhance_file.c - the shortcut of anew.h from file to file. */
#include "pipeline/enhance.h"

/* The result's file as it comes. */
typedef struct result_file {
    const char *path;
    anew_format format;
    anew_image_options options;
    anew_image_writer *writer;
} result_file;

static anew_status begin_file(void *context, const anew_image *shape, anew_error *error)
{
    result_file *file = context;
    return anew_image_writer_open(&file->writer, file->path, file->format, shape, &file->options,
                                  error);
}

static anew_status write_rows(void *context, const anew_image *part, anew_error *error)
{
    const result_file *file = context;
    return anew_image_writer_rows(file->writer, part, error);
}

anew_status anew_enhance_file(const char *input, const char *output, const anew_model *model,
                              anew_error *error)
{
    const anew_enhance_options options = {0};
    result_file file = {
        .path = output, .format = anew_format_of_path(output), .options = {.png_compression = -1}};
    const anew_row_sink sink = {&file, begin_file, write_rows};
    anew_image_reader *reader = NULL;
    anew_image shape;
    anew_model *opened = NULL;
    anew_status status = ANEW_OK;
    if (file.format == ANEW_FORMAT_UNKNOWN)
        return anew_fail(error, ANEW_ERROR_ARGUMENT,
                         "%s: the name tells no format; end it in .png, .jpg, .ppm or .pgm",
                         output);
    if (model == NULL)
        ANEW_TRY_GOTO(anew_model_open_named(&opened, NULL, error), out);
    ANEW_TRY_GOTO(anew_image_reader_open(&reader, &shape, input, NULL, error), out);
    file.options.metadata = anew_image_reader_metadata(reader);
    const anew_row_source source = anew_reader_source(reader);
    ANEW_TRY_GOTO(anew_enhance_rows(&sink, &source, &shape, model == NULL ? opened : model,
                                    &options, NULL, error),
                  out);
    status = anew_image_writer_commit(&file.writer, error);
out:
    anew_image_writer_discard(&file.writer);
    anew_image_reader_close(&reader);
    anew_model_close(&opened);
    return status;
}
