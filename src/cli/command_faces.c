/* command_faces.c - `anew faces PICTURE...`: where the faces are, one answer for each picture. */
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/complain.h"
#include "cli/detect.h"
#include "cli/face_files.h"
#include "cli/json.h"
#include "core/memory.h"

/* ---- answers ----------------------------------------------------------------------------------------- */

static void print_json(const char *path, const anew_image *image, const char *detector,
                       const anew_face *faces, int count)
{
    printf("{\"schema\":1,\"path\":");
    json_string(stdout, path);
    printf(",\"size\":[%d,%d],\"detector\":", image->width, image->height);
    json_string(stdout, detector);
    printf(",\"faces\":[");
    for (int i = 0; i < count; i++) {
        printf(i > 0 ? ",{" : "{");
        json_face(stdout, &faces[i]);
        printf("}");
    }
    printf("]}\n");
}

static void print_text(const char *path, const anew_face *faces, int count)
{
    static const char *const points[] = {"left eye", "right eye", "nose", "mouth", "to"};
    printf("%s: ", path);
    if (count == 0)
        printf("no face\n");
    else
        printf("%d face%s\n", count, count == 1 ? "" : "s");
    for (int i = 0; i < count; i++) {
        const anew_face *f = &faces[i];
        printf("%4d: %.0fx%.0f at %.0f,%.0f  score %.3f ", i + 1, (double)(f->box[2] - f->box[0]),
               (double)(f->box[3] - f->box[1]), (double)f->box[0], (double)f->box[1],
               (double)f->score);
        for (int k = 0; k < 5; k++)
            printf(" %s %.0f,%.0f", points[k], (double)f->landmarks[k][0],
                   (double)f->landmarks[k][1]);
        printf("\n");
    }
}

/* --draw-faces: into the picture, which nobody needs any more. */
static anew_status draw(const cli_face_files *files, anew_image *image, const anew_face *faces,
                        int count, anew_error *error)
{
    const int width = image->width, height = image->height;
    anew_face_report *all = anew_alloc_zero(anew_size_mul((size_t)count + 1, sizeof *all));
    if (all == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory for the faces");
    for (int i = 0; i < count; i++)
        all[i].face = faces[i];
    const anew_status status =
        cli_face_files_draw(files, image, all, count, false, width, height, error);
    anew_free(all);
    return status;
}

static anew_status look_at(const char *path, anew_detector *detector, const cli_options *options,
                           const char *name, anew_error *error)
{
    const cli_input input = {.path = (char *)(uintptr_t)path}; /* only read */
    cli_face_files files = {0};
    anew_image image = {0};
    anew_face *faces = NULL;
    int count = 0;
    anew_status status = ANEW_OK;
    ANEW_TRY_GOTO(cli_face_files_open(&files, options, &input, error), out);
    ANEW_TRY_GOTO(anew_image_read(&image, path, &options->limits, NULL, error), out);
    const anew_pixels pixels = {.data = image.pixels,
                                .sample = image.depth == 16 ? ANEW_SAMPLE_U16 : ANEW_SAMPLE_U8,
                                .width = image.width,
                                .height = image.height,
                                .channels = image.channels};
    ANEW_TRY_GOTO(anew_detector_find(detector, &faces, &count, &pixels, error), out);
    ANEW_TRY_GOTO(draw(&files, &image, faces, count, error), out);
    if (options->json)
        print_json(path, &image, name, faces, count);
    else
        print_text(path, faces, count);
out:
    if (status != ANEW_OK)
        anew_error_name(error, path);
    anew_faces_free(&faces);
    anew_image_free(&image);
    cli_face_files_free(&files);
    return status;
}

/* One picture that fails does not stop the others. A picture without faces is an answer. */
int command_faces(const cli_options *options)
{
    anew_model *model = NULL;
    anew_detector *detector = NULL;
    anew_error error = {0};
    int code = EXIT_DONE;
    if (cli_detector_open(&model, &detector, options, &error) != ANEW_OK) {
        cli_complain_error(&error);
        code = EXIT_FAILED;
        goto out;
    }
    for (int i = 0; i < options->word_count; i++) {
        if (look_at(options->words[i], detector, options, anew_model_name(model), &error) ==
            ANEW_OK)
            continue;
        cli_complain_error(&error);
        code = EXIT_FAILED;
    }
out:
    anew_detector_close(&detector);
    anew_model_close(&model);
    return code;
}
