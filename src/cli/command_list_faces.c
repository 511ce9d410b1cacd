/* command_list_faces.c - `anew PICTURE... --faces=list`: the faces as a list that can be edited and read back. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/commands.h"
#include "cli/complain.h"
#include "cli/detect.h"
#include "cli/face_lists.h"
#include "cli/inputs.h"
#include "core/file.h"

typedef struct listing {
    const cli_options *options;
    anew_detector *detector;
    const char *name; /* of the detector */
    FILE *text;
} listing;

static anew_status list_one(const listing *l, const cli_input *input, anew_error *error)
{
    const char *path = input->path;
    anew_image image = {0};
    anew_face_work *work = NULL;
    int count = 0;
    anew_status status = ANEW_OK;
    ANEW_TRY(cli_input_may_be_read(input, error));
    ANEW_TRY(anew_image_read(&image, path, &l->options->limits, NULL, error));
    ANEW_TRY_GOTO(
        anew_face_work_create(&work, NULL, l->detector, &image, &l->options->faces, NULL, error),
        out);
    const anew_face_report *faces = anew_face_work_report(work, &count);
    cli_face_list_print(l->text, path, image.width, image.height, l->name, faces, count);
out:
    if (status != ANEW_OK)
        anew_error_name(error, path);
    anew_face_work_free(&work);
    anew_image_free(&image);
    return status;
}

/* Complete or not at all; NULL is standard output. */
static anew_status write_list(const char *path, const char *text, size_t bytes, anew_error *error)
{
    anew_output *output = NULL;
    ANEW_TRY(anew_output_open(&output, path == NULL ? "-" : path, error));
    const anew_status status = anew_output_write(output, text, bytes, error);
    if (status != ANEW_OK) {
        anew_output_discard(&output);
        return status;
    }
    return anew_output_commit(&output, error);
}

int command_list_faces(const cli_options *options)
{
    listing l = {.options = options};
    anew_model *model = NULL;
    cli_inputs inputs = {0};
    char *text = NULL;
    size_t bytes = 0;
    anew_error error = {0};
    int code = EXIT_FAILED;
    const char *to = options->face_list;
    if (to != NULL && !options->force && anew_output_overwrites(to)) {
        cli_complain("%s: exists; --force overwrites it", to);
        return EXIT_FAILED;
    }
    if (cli_inputs_collect(&inputs, options, 1, &error) != ANEW_OK ||
        cli_detector_open(&model, &l.detector, options, &error) != ANEW_OK) {
        cli_complain_error(&error);
        goto out;
    }
    l.name = anew_model_name(model);
    l.text = open_memstream(&text, &bytes);
    if (l.text == NULL) {
        cli_complain("no memory for a list of faces: %s", strerror(errno));
        goto out;
    }
    code = EXIT_DONE;
    for (size_t i = 0; i < inputs.count; i++)
        if (list_one(&l, &inputs.list[i], &error) != ANEW_OK) {
            cli_complain_error(&error);
            code = EXIT_FAILED;
        }
    const bool whole = ferror(l.text) == 0;
    if (fclose(l.text) != 0 || !whole) {
        cli_complain("no memory for a list of faces");
        code = EXIT_FAILED;
    } else if (bytes > 0 && write_list(to, text, bytes, &error) != ANEW_OK) {
        cli_complain_error(&error);
        code = EXIT_FAILED;
    }
out:
    free(text);
    anew_detector_close(&l.detector);
    anew_model_close(&model);
    cli_inputs_free(&inputs);
    return code;
}
