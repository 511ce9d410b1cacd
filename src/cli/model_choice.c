/*
 * model_choice.c - choosing among the models that are found, by their scale and by the words of their names.
 *
 * A model says nothing of what it was trained for but by its name; those of the published ones do.
 */
#include "cli/model_choice.h"

#include <string.h>

#include "core/memory.h"
#include "pipeline/explain_faces.h"
#include "pipeline/model_path.h"

typedef struct search {
    int scale;
    bool drawings;
    char *name; /* of the best so far; owned */
    int rank;
    bool memory;
} search;

static bool has_word(const char *name, const char *const *words)
{
    for (; *words != NULL; words++)
        if (strstr(name, *words) != NULL)
            return true;
    return false;
}

/* Lower is better; -1: not at all. */
static int rank_of(const search *s, const char *name)
{
    static const char *const drawings[] = {"anime", "drawing", "cartoon", "comic",
                                           "manga", "illust",  NULL};
    static const char *const noise[] = {"noise", "dncnn", "ffdnet", NULL};
    if (s->drawings)
        return has_word(name, drawings) ? 0 : -1;
    return has_word(name, drawings) ? 2 : has_word(name, noise) ? 1 : 0;
}

static void see_model(void *context, const char *name, const char *path, const anew_model *model,
                      const anew_error *error)
{
    search *s = context;
    anew_model_facts facts;
    anew_error ignored;
    if (error != NULL || anew_is_face_network(model) ||
        anew_model_facts_of(&facts, model, &ignored) != ANEW_OK || facts.scale != s->scale)
        return;
    const int rank = rank_of(s, name);
    if (rank < 0 || (s->name != NULL && rank >= s->rank))
        return;
    anew_free(s->name);
    s->name = anew_text_copy(path != NULL ? path : name);
    s->rank = rank;
    s->memory = s->name != NULL;
}

static anew_status open_best(anew_model **model, search *s, anew_error *error)
{
    anew_status status = anew_models_walk(see_model, s, error);
    if (status == ANEW_OK && !s->memory)
        status = anew_fail(error, ANEW_ERROR_MEMORY, "no memory to choose a model");
    if (status == ANEW_OK && s->name != NULL)
        status = anew_models_open(model, s->name, -1, error);
    anew_free(s->name);
    return status;
}

bool cli_restores_by_itself(const cli_options *options)
{
    return options->restore != NULL && strcmp(options->restore, "auto") == 0;
}

anew_status cli_restorer_open(anew_model **model, const cli_options *options, anew_error *error)
{
    search s = {.scale = 1, .memory = true};
    *model = NULL;
    if (options->restore == NULL)
        return ANEW_OK;
    return cli_restores_by_itself(options) ? open_best(model, &s, error)
                                           : anew_models_open(model, options->restore, -1, error);
}

anew_status cli_drawing_model_open(anew_model **model, int scale, anew_error *error)
{
    search s = {.scale = scale, .drawings = true, .memory = true};
    *model = NULL;
    return open_best(model, &s, error);
}
