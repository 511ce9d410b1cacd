/* face_files.c - PICTURE_NUMBER_crop, _restored and _both in a folder, and PICTURE_faces. */
#include "cli/face_files.h"

#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "pipeline/face_draw.h"

#define MARK_BYTES 32

static const char *const kinds[] = {"crop", "restored", "both"};

#define KINDS 3

/* "DIR/photo_2_crop.png" */
static anew_status crop_path(char **path, const cli_face_files *files, int number, int kind,
                             anew_error *error)
{
    char mark[MARK_BYTES];
    (void)snprintf(mark, sizeof mark, "_%d_%s", number, kinds[kind]);
    *path = cli_path_in(files->input, files->options->save_crops, mark, anew_format_default());
    if (*path == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory", files->input->path);
    return ANEW_OK;
}

anew_status cli_face_files_open(cli_face_files *files, const cli_options *options,
                                const cli_input *input, anew_error *error)
{
    const char *wanted = options->draw_faces;
    bool skip = false;
    *files = (cli_face_files){.options = options, .input = input};
    if (wanted == NULL)
        return ANEW_OK;
    const bool folder = cli_is_folder(wanted) || cli_names_many(options);
    files->drawn_format = folder ? anew_format_default() : anew_format_of_path(wanted);
    if (files->drawn_format == ANEW_FORMAT_UNKNOWN)
        return anew_fail(error, ANEW_ERROR_ARGUMENT,
                         "%s: the name tells no format; end it in .png, .jpg, .ppm or .pgm",
                         wanted);
    if (folder)
        ANEW_TRY(cli_make_folder(wanted, error));
    files->drawn =
        folder ? cli_path_in(input, wanted, "_faces", files->drawn_format) : anew_text_copy(wanted);
    if (files->drawn == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory", input->path);
    ANEW_TRY(cli_check_target(&skip, files->drawn, input->path, options, error));
    if (skip) {
        anew_free(files->drawn);
        files->drawn = NULL;
    }
    return ANEW_OK;
}

void cli_face_files_free(cli_face_files *files)
{
    anew_free(files->drawn);
    files->drawn = NULL;
}

anew_status cli_face_files_ready(const cli_face_files *files, const anew_image *picture,
                                 const anew_face_report *faces, int count, anew_error *error)
{
    if (files->drawn != NULL)
        ANEW_TRY(anew_format_accepts(files->drawn_format, 1, 1, picture->channels, picture->depth,
                                     files->drawn, error));
    if (files->options->save_crops == NULL)
        return ANEW_OK;
    ANEW_TRY(cli_make_folder(files->options->save_crops, error));
    for (int i = 0; i < count * KINDS; i++) {
        char *path = NULL;
        bool skip = false;
        if (faces[i / KINDS].fate != ANEW_FACE_RESTORED)
            continue;
        ANEW_TRY(crop_path(&path, files, i / KINDS + 1, i % KINDS, error));
        const anew_status status =
            cli_check_target(&skip, path, files->input->path, files->options, error);
        anew_free(path);
        ANEW_TRY(status);
    }
    return ANEW_OK;
}

/* At column x of an image of the planes' height. */
static void put(anew_image *image, const anew_planes *planes, int x)
{
    const size_t plane = (size_t)planes->height * (size_t)planes->width;
    const anew_plane_rows rows = {planes->data,  3,     planes->height,
                                  planes->width, plane, (size_t)planes->width};
    anew_rows_to_image(image, &rows, 0, 0, x);
}

static anew_status write_one(const cli_face_files *files, int number, int kind,
                             const anew_planes *crop, const anew_planes *restored,
                             anew_error *error)
{
    anew_image image = {0};
    char *path = NULL;
    bool skip = false;
    anew_status status = ANEW_OK;
    const bool both = kind == KINDS - 1;
    ANEW_TRY_GOTO(crop_path(&path, files, number, kind, error), out);
    ANEW_TRY_GOTO(cli_check_target(&skip, path, files->input->path, files->options, error), out);
    if (skip)
        goto out;
    ANEW_TRY_GOTO(
        anew_image_create(&image, crop->width * (both ? 2 : 1), crop->height, 3, 8, error), out);
    put(&image, kind == 1 ? restored : crop, 0);
    if (both)
        put(&image, restored, crop->width);
    status = anew_image_write(&image, path, anew_format_default(), NULL, error);
out:
    anew_image_free(&image);
    anew_free(path);
    return status;
}

anew_status cli_face_files_crop(void *context, int number, const anew_planes *crop,
                                const anew_planes *restored, anew_error *error)
{
    for (int kind = 0; kind < KINDS; kind++)
        ANEW_TRY(write_one(context, number, kind, crop, restored, error));
    return ANEW_OK;
}

anew_status cli_face_files_draw(const cli_face_files *files, anew_image *image,
                                const anew_face_report *faces, int count, bool fates, int width,
                                int height, anew_error *error)
{
    if (files->drawn == NULL)
        return ANEW_OK;
    const anew_image_options options = {.quality = files->options->image.quality,
                                        .png_compression = -1};
    anew_faces_draw(image, faces, count, fates, width, height);
    return anew_image_write(image, files->drawn, files->drawn_format, &options, error);
}
