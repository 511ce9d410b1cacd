/* command_info.c - `anew info MODEL`: what a model is. */
#include <stdio.h>

#include "cli/commands.h"
#include "pipeline/model_path.h"

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

int command_info(const cli_options *options)
{
    anew_model *model = NULL;
    anew_model_facts facts;
    anew_error error;
    if (options->word_count != 2) {
        fprintf(stderr, "anew: usage: anew info NAME|FILE.anew\n");
        return EXIT_USAGE;
    }
    if (anew_models_open(&model, options->words[1], options->denoise, &error) != ANEW_OK ||
        anew_model_facts_of(&facts, model, &error) != ANEW_OK) {
        fprintf(stderr, "anew: %s\n", error.text);
        anew_model_close(&model);
        return EXIT_FAILED;
    }
    print_model(model, &facts);
    anew_model_close(&model);
    return EXIT_DONE;
}
