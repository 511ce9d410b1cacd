/* command_models.c - `anew models`: those in the program and those in the search path. */
#include <stdio.h>
#include <string.h>

#include "cli/catalogue.h"
#include "cli/commands.h"
#include "cli/complain.h"
#include "cli/json.h"
#include "core/memory.h"
#include "pipeline/model_path.h"

typedef struct listing {
    bool json;
    size_t count, broken;
    char **names; /* of those so far */
    size_t capacity;
    bool memory; /* there was enough for all names */
} listing;

/* Whether a name leads to a model that was found earlier; notes the name. */
static bool is_hidden(listing *l, const char *name)
{
    bool hidden = false;
    for (size_t i = 0; i < l->count; i++)
        hidden = hidden || strcmp(l->names[i], name) == 0;
    char **larger = anew_grow(l->names, &l->capacity, l->count + 1, sizeof *l->names);
    char *copy = anew_text_copy(name);
    l->names = larger == NULL ? l->names : larger;
    if (larger == NULL || copy == NULL) {
        anew_free(copy);
        l->memory = false;
        return hidden;
    }
    l->names[l->count++] = copy;
    return hidden;
}

static void free_names(listing *l)
{
    for (size_t i = 0; i < l->count; i++)
        anew_free(l->names[i]);
    anew_free(l->names);
}

static void print_json(const char *name, const char *path, bool hidden, const anew_model *model,
                       const anew_model_facts *facts, const anew_error *error)
{
    printf("{\"name\":");
    json_string(stdout, name);
    printf(",\"path\":");
    if (path == NULL)
        printf("null");
    else
        json_string(stdout, path);
    printf(",\"hidden\":%s", hidden ? "true" : "false");
    if (error != NULL) {
        printf(",\"error\":");
        json_string(stdout, error->text);
    } else {
        printf(",\"architecture\":");
        json_string(stdout, anew_model_architecture(model));
        printf(",\"scale\":%d,\"parameters\":%lld,\"licence\":", facts->scale,
               (long long)facts->parameters);
        json_string(stdout, anew_model_licence(model));
    }
    printf("}");
}

static void print_found(void *context, const char *name, const char *path, const anew_model *model,
                        const anew_error *error)
{
    listing *l = context;
    anew_model_facts facts = {0};
    anew_error other = {0};
    const bool hidden = is_hidden(l, name);
    if (error == NULL && anew_model_facts_of(&facts, model, &other) != ANEW_OK)
        error = &other;
    if (l->json) {
        printf("%s", l->count > 1 ? "," : "");
        print_json(name, path, hidden, model, &facts, error);
    } else if (error != NULL) {
        printf("%-24s broken: %s\n", name, error->text);
    } else {
        printf("%-24s x%d  %-6s %9lld parameters  %-14s %s%s\n", name, facts.scale,
               anew_model_architecture(model), (long long)facts.parameters,
               anew_model_licence(model), path == NULL ? "in the program" : path,
               hidden ? " (hidden by the one above of its name)" : "");
    }
    l->broken += error != NULL;
}

/* --remote: those that can be fetched. */
static int list_remote(const cli_options *options)
{
    cli_catalogue catalogue = {0};
    anew_error error = {0};
    const anew_status status = cli_catalogue_open(&catalogue, &error);
    if (status == ANEW_OK)
        (options->json ? cli_catalogue_print_json : cli_catalogue_print)(&catalogue, false);
    else
        cli_complain_error(&error);
    cli_catalogue_free(&catalogue);
    return status == ANEW_OK ? EXIT_DONE : EXIT_FAILED;
}

int command_models(const cli_options *options)
{
    if (options->remote)
        return list_remote(options);
    listing l = {.json = options->json, .memory = true};
    anew_error error;
    if (l.json)
        printf("{\"schema\":1,\"models\":[");
    anew_status status = anew_models_walk(print_found, &l, &error);
    if (status == ANEW_OK && !l.memory)
        status = anew_fail(&error, ANEW_ERROR_MEMORY, "no memory to list the models");
    free_names(&l);
    if (l.json)
        printf("]}\n");
    if (status != ANEW_OK) {
        fprintf(stderr, "anew: %s\n", error.text);
        return EXIT_FAILED;
    }
    if (!l.json && l.count == 0)
        printf("no models: this program was built without them (EMBED=0), and none was found\n");
    return l.broken == 0 ? EXIT_DONE : EXIT_FAILED;
}
