/* command_look.c - `anew look PICTURE...`: what each picture shows of what has been done to it, and what it needs; and its
 * faces, where a model that finds them is here. */
#include <stdio.h>

#include "cli/commands.h"
#include "cli/complain.h"
#include "cli/detect.h"
#include "cli/json.h"
#include "look/look.h"
#include "look/look_choice.h"

static const char *truth(int value)
{
    return value ? "true" : "false";
}

typedef struct found_faces {
    anew_face *list; /* owned */
    int count;       /* -1: not looked for */
} found_faces;

static void print_json(const char *path, const anew_findings *f, const anew_choice *c,
                       const found_faces *faces)
{
    printf("{\"schema\":1,\"path\":");
    json_string(stdout, path);
    printf(",\"size\":[%d,%d],\"pixels_seen\":%lld,\"file_jpeg\":", f->width, f->height,
           (long long)f->pixels_seen);
    if (f->file_quality > 0)
        printf("{\"quality\":%d,\"exact\":%s,\"chroma\":[%d,%d]}", f->file_quality,
               truth(f->file_quality_exact), f->file_chroma_x, f->file_chroma_y);
    else
        printf("null");
    printf(",\"jpeg_quality\":%d,\"jpeg_grid\":", f->jpeg_quality);
    if (f->jpeg_quality > 0)
        printf("[%d,%d]", f->jpeg_grid_x, f->jpeg_grid_y);
    else
        printf("null");
    printf(",\"noise_luma\":%.3f,\"noise_chroma\":%.3f,\"enlarged\":%.3f,\"repeated\":%s,"
           "\"detail\":%.3f,"
           "\"blur\":%.3f,\"gray\":%s,\"sepia\":%s,\"drawing\":%s,\"black\":%.0f,\"white\":%.0f,"
           "\"faded\":%s,\"yellowing\":%.1f,\"yellowed\":%s,\"shadows\":%.4f,\"highlights\":%.4f",
           f->noise_luma, f->noise_chroma, f->enlarged, truth(f->repeated), f->detail, f->blur,
           truth(f->gray), truth(f->sepia), truth(f->drawing), f->black, f->white, truth(f->faded),
           f->yellowing, truth(f->yellowed), f->shadows, f->highlights);
    printf(",\"faces\":%s", faces->count < 0 ? "null" : "[");
    for (int i = 0; i < faces->count; i++) {
        printf(i > 0 ? ",{" : "{");
        json_face(stdout, &faces->list[i]);
        printf("}");
    }
    printf("%s,\"choice\":{\"shrink_first\":%.3f,\"restore_strength\":%.3f,\"denoise\":%.3f,"
           "\"drawing\":%s,\"faces\":%s,\"reason\":",
           faces->count < 0 ? "" : "]", c->shrink_first, c->restore_strength, c->denoise,
           truth(c->is_drawing), truth(c->wants_faces));
    json_string(stdout, c->reason);
    printf("}}\n");
}

static void print_faces(const found_faces *faces)
{
    if (faces->count < 0)
        printf("    faces: not looked for (no detector installed)\n");
    else if (faces->count == 0)
        printf("    faces: none\n");
    else
        printf("    faces: %d, of", faces->count);
    for (int i = 0; i < faces->count; i++) {
        const float *box = faces->list[i].box;
        printf("%s %.0fx%.0f%s", i > 0 ? "," : "", (double)(box[2] - box[0]),
               (double)(box[3] - box[1]), i + 1 < faces->count ? "" : " pixels\n");
    }
}

static void print_text(const char *path, const anew_findings *f, const anew_choice *c,
                       const found_faces *faces)
{
    printf("%s: %s\n", path, c->reason);
    printf("    %dx%d, %lld pixels looked at", f->width, f->height, (long long)f->pixels_seen);
    if (f->file_quality > 0)
        printf("; the file's tables are %s quality %d",
               f->file_quality_exact ? "those of" : "nearest to", f->file_quality);
    if (f->jpeg_quality > 0)
        printf("; the pixels look like quality %d, blocks from %d,%d on", f->jpeg_quality,
               f->jpeg_grid_x, f->jpeg_grid_y);
    printf("\n    noise %.1f, of colours %.1f; enlarged %.2f times; detail for %.0f %% of its size;"
           " blur %.1f\n",
           f->noise_luma, f->noise_chroma, f->enlarged, 100.0 * f->detail, f->blur);
    printf("    luma %.0f to %.0f; whites yellow by %.0f; black %.1f %%, white %.1f %%\n", f->black,
           f->white, f->yellowing, 100.0 * f->shadows, 100.0 * f->highlights);
    print_faces(faces);
}

static anew_status find_faces(found_faces *faces, anew_detector *detector, const char *path,
                              const cli_options *options, anew_error *error)
{
    anew_image image = {0};
    if (detector == NULL)
        return ANEW_OK;
    ANEW_TRY(anew_image_read(&image, path, &options->limits, NULL, error));
    const anew_pixels pixels = {.data = image.pixels,
                                .sample = image.depth == 16 ? ANEW_SAMPLE_U16 : ANEW_SAMPLE_U8,
                                .width = image.width,
                                .height = image.height,
                                .channels = image.channels};
    const anew_status status =
        anew_detector_find(detector, &faces->list, &faces->count, &pixels, error);
    anew_image_free(&image);
    if (status != ANEW_OK)
        anew_error_name(error, path);
    return status;
}

static anew_status look_at(const char *path, anew_detector *detector, const cli_options *options,
                           anew_error *error)
{
    found_faces faces = {.count = -1};
    anew_image_reader *reader = NULL;
    anew_image shape;
    anew_findings findings;
    anew_choice choice;
    ANEW_TRY(anew_image_reader_open(&reader, &shape, path, &options->limits, error));
    const anew_status status = anew_look_reader(&findings, reader, &shape, error);
    anew_image_reader_close(&reader);
    if (status != ANEW_OK)
        return status;
    anew_choose(&choice, &findings);
    ANEW_TRY(find_faces(&faces, detector, path, options, error));
    (options->json ? print_json : print_text)(path, &findings, &choice, &faces);
    anew_faces_free(&faces.list);
    return ANEW_OK;
}

/* One picture that fails does not stop the others. */
int command_look(const cli_options *options)
{
    anew_model *model = NULL;
    anew_detector *detector = NULL;
    anew_error error = {0};
    int code = EXIT_DONE;
    if (cli_detector_open_if_any(&model, &detector, options, &error) != ANEW_OK) {
        cli_complain_error(&error);
        anew_model_close(&model);
        return EXIT_FAILED;
    }
    for (int i = 0; i < options->word_count; i++) {
        if (look_at(options->words[i], detector, options, &error) == ANEW_OK)
            continue;
        cli_complain_error(&error);
        code = EXIT_FAILED;
    }
    anew_detector_close(&detector);
    anew_model_close(&model);
    return code;
}
