/* command_look.c - `anew look PICTURE...`: what each picture shows of what has been done to it, and what it needs. */
#include <stdio.h>

#include "cli/commands.h"
#include "cli/complain.h"
#include "cli/json.h"
#include "look/look.h"
#include "look/look_choice.h"

static const char *truth(int value)
{
    return value ? "true" : "false";
}

static void print_json(const char *path, const anew_findings *f, const anew_choice *c)
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
    printf(",\"noise_luma\":%.3f,\"noise_chroma\":%.3f,\"enlarged\":%.3f,\"detail\":%.3f,"
           "\"blur\":%.3f,\"gray\":%s,\"sepia\":%s,\"drawing\":%s,\"black\":%.0f,\"white\":%.0f,"
           "\"faded\":%s,\"yellowing\":%.1f,\"yellowed\":%s,\"shadows\":%.4f,\"highlights\":%.4f",
           f->noise_luma, f->noise_chroma, f->enlarged, f->detail, f->blur, truth(f->gray),
           truth(f->sepia), truth(f->drawing), f->black, f->white, truth(f->faded), f->yellowing,
           truth(f->yellowed), f->shadows, f->highlights);
    printf(",\"choice\":{\"shrink_first\":%.3f,\"restore_strength\":%.3f,\"denoise\":%.3f,"
           "\"drawing\":%s,\"faces\":%s,\"reason\":",
           c->shrink_first, c->restore_strength, c->denoise, truth(c->is_drawing),
           truth(c->wants_faces));
    json_string(stdout, c->reason);
    printf("}}\n");
}

static void print_text(const char *path, const anew_findings *f, const anew_choice *c)
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
}

static anew_status look_at(const char *path, const cli_options *options, anew_error *error)
{
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
    (options->json ? print_json : print_text)(path, &findings, &choice);
    return ANEW_OK;
}

/* One picture that fails does not stop the others. */
int command_look(const cli_options *options)
{
    anew_error error = {0};
    int code = EXIT_DONE;
    for (int i = 0; i < options->word_count; i++) {
        if (look_at(options->words[i], options, &error) == ANEW_OK)
            continue;
        cli_complain_error(&error);
        code = EXIT_FAILED;
    }
    return code;
}
