/* command_info.c - `anew info`: what a model or a picture is. */
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/json.h"
#include "pipeline/model_path.h"

/* ---- models ------------------------------------------------------------------------------------------ */

static void print_model(const anew_model *model, const anew_model_facts *facts)
{
    const char *name = NULL;
    char value[256];
    printf("name:              %s\n", anew_model_name(model));
    printf("architecture:      %s\n", anew_model_architecture(model));
    printf("scale:             x%d\n", facts->scale);
    printf("parameters:        %lld\n", (long long)facts->parameters);
    printf("convolutions:      %d\n", facts->layers);
    printf("FLOPs:             %.0f per input pixel (a multiply-add counts as two)\n",
           facts->flops_per_pixel);
    printf("receptive radius:  %d input pixels\n", facts->radius);
    if (facts->alignment > 1)
        printf("alignment:         multiples of %d pixels\n", facts->alignment);
    printf("source:            %s\n", anew_model_source(model));
    printf("licence:           %s\n", anew_model_licence(model));
    printf("hyper-parameters: ");
    for (int i = 0; anew_model_parameter_text(model, i, &name, value, sizeof value); i++)
        printf(" %s=%s", name, value);
    printf("\n");
}

static void print_model_json(const anew_model *model, const anew_model_facts *facts)
{
    const char *name = NULL;
    char value[256];
    printf("{\"schema\":1,\"kind\":\"model\",\"name\":");
    json_string(stdout, anew_model_name(model));
    printf(",\"architecture\":");
    json_string(stdout, anew_model_architecture(model));
    printf(",\"scale\":%d,\"parameters\":%lld,\"convolutions\":%d,\"flops_per_pixel\":%.0f,"
           "\"receptive_radius\":%d,\"alignment\":%d,\"source\":",
           facts->scale, (long long)facts->parameters, facts->layers, facts->flops_per_pixel,
           facts->radius, facts->alignment);
    json_string(stdout, anew_model_source(model));
    printf(",\"licence\":");
    json_string(stdout, anew_model_licence(model));
    printf(",\"hyper_parameters\":{");
    for (int i = 0; anew_model_parameter_text(model, i, &name, value, sizeof value); i++) {
        printf("%s", i > 0 ? "," : "");
        json_string(stdout, name);
        printf(":");
        json_string(stdout, value);
    }
    printf("}}\n");
}

static anew_status inform_of_model(const cli_options *options, anew_error *error)
{
    anew_model *model = NULL;
    anew_model_facts facts;
    ANEW_TRY(anew_models_open(&model, options->words[0], options->denoise, error));
    const anew_status status = anew_model_facts_of(&facts, model, error);
    if (status == ANEW_OK)
        (options->json ? print_model_json : print_model)(model, &facts);
    anew_model_close(&model);
    return status;
}

/* ---- pictures ---------------------------------------------------------------------------------------- */

/* Told by the first bytes; what cannot be opened is taken for a model's name. */
static bool is_picture(const char *path)
{
    uint8_t first[64];
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return false;
    const size_t size = fread(first, 1, sizeof first, file);
    (void)fclose(file);
    return anew_image_sniff(first, size) != ANEW_FORMAT_UNKNOWN;
}

static anew_status inform_of_picture(const cli_options *options, anew_error *error)
{
    static const char *const kinds[] = {"", "gray", "gray with transparency", "RGB",
                                        "RGB with transparency"};
    anew_image image = {0};
    anew_format format = ANEW_FORMAT_UNKNOWN;
    const char *path = options->words[0];
    ANEW_TRY(anew_image_read(&image, path, &options->limits, &format, error));
    if (options->json) {
        printf("{\"schema\":1,\"kind\":\"picture\",\"path\":");
        json_string(stdout, path);
        printf(",\"format\":\"%s\",\"size\":[%d,%d],\"channels\":%d,\"depth\":%d}\n",
               anew_format_extension(format), image.width, image.height, image.channels,
               image.depth);
    } else {
        printf("format:  %s\nsize:    %dx%d pixels\nkind:    %s, %d bits a sample\n",
               anew_format_extension(format), image.width, image.height, kinds[image.channels],
               image.depth);
    }
    anew_image_free(&image);
    return ANEW_OK;
}

int command_info(const cli_options *options)
{
    anew_error error = {0};
    const anew_status status = is_picture(options->words[0]) ? inform_of_picture(options, &error)
                                                             : inform_of_model(options, &error);
    if (status == ANEW_OK)
        return EXIT_DONE;
    fprintf(stderr, "anew: %s\n", error.text);
    return EXIT_FAILED;
}
