/* command_info.c - `anew info MODEL` and `anew models`: what a model is, and which ones there are. */
#include <stdio.h>

#include "cli/commands.h"

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
    if (anew_model_open_named(&model, options->words[1], &error) != ANEW_OK ||
        anew_model_facts_of(&facts, model, &error) != ANEW_OK) {
        fprintf(stderr, "anew: %s\n", error.text);
        anew_model_close(&model);
        return EXIT_FAILED;
    }
    print_model(model, &facts);
    anew_model_close(&model);
    return EXIT_DONE;
}

int command_models(const cli_options *options)
{
    anew_error error;
    (void)options;
    if (anew_embedded_name(0) == NULL)
        printf("this program was built without models (EMBED=0); name a file with -m\n");
    for (int i = 0; anew_embedded_name(i) != NULL; i++) {
        anew_model *model = NULL;
        anew_model_facts facts;
        if (anew_model_open_named(&model, anew_embedded_name(i), &error) != ANEW_OK ||
            anew_model_facts_of(&facts, model, &error) != ANEW_OK) {
            fprintf(stderr, "anew: %s\n", error.text);
            anew_model_close(&model);
            return EXIT_FAILED;
        }
        printf("%-12s x%d  %-6s %lld parameters, %s\n", anew_embedded_name(i), facts.scale,
               anew_model_architecture(model), (long long)facts.parameters,
               anew_model_licence(model));
        anew_model_close(&model);
    }
    return EXIT_DONE;
}
