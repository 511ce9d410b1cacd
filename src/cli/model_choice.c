/*
 * model_choice.c - choosing among the models that are found, by their scale and by the words of their names.
 *
 * A model says nothing of what it was trained for but by its name; those of the published ones do.
 */
#include "cli/model_choice.h"

#include <string.h>

#include "core/memory.h"
#include "pipeline/enhance.h"
#include "pipeline/explain_faces.h"
#include "pipeline/model_path.h"

typedef struct search {
    int scale;
    bool drawings, own; /* for drawings; only CLI_OWN_RESTORER */
    char *name, *path;  /* of the best so far; owned; no path: in the program */
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

/* Ours, art-x4, last: who has put another one in a folder of models wants it. -1: for something else. */
static int rank_for_drawings(const char *name)
{
    static const char *const words[] = {"anime", "drawing", "cartoon", "comic",
                                        "manga", "illust",  NULL};
    static const char ours[] = "art-"; /* as its beginning only: not "smart-" */
    return has_word(name, words) ? 0 : strncmp(name, ours, sizeof ours - 1) == 0 ? 1 : -1;
}

/* Lower is better; -1: not at all. */
static int rank_of(const search *s, const char *name)
{
    static const char *const noise[] = {"noise", "dncnn", "ffdnet", NULL};
    if (s->drawings)
        return rank_for_drawings(name);
    if (strcmp(name, CLI_OWN_RESTORER) == 0)
        return 0;
    if (s->own)
        return -1;
    return rank_for_drawings(name) >= 0 ? 3 : has_word(name, noise) ? 2 : 1;
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
    anew_free(s->path);
    s->name = anew_text_copy(name);
    s->path = path == NULL ? NULL : anew_text_copy(path);
    s->rank = rank;
    s->memory = s->name != NULL && (path == NULL || s->path != NULL);
}

static anew_status open_best(anew_model **model, char **name, search *s, anew_error *error)
{
    anew_status status = anew_models_walk(see_model, s, error);
    if (status == ANEW_OK && !s->memory)
        status = anew_fail(error, ANEW_ERROR_MEMORY, "no memory to choose a model");
    if (status == ANEW_OK && s->name != NULL)
        status = anew_models_open(model, s->path != NULL ? s->path : s->name, NULL, error);
    anew_free(s->path);
    if (status == ANEW_OK)
        *name = s->name;
    else
        anew_free(s->name);
    return status;
}

/* Who says how much of the network to take has decided what becomes of the picture. */
bool cli_auto_is_on(const cli_options *o)
{
    return o->look_first && (o->given[OPT_AUTO] || !o->given[OPT_STRENGTH]);
}

/* A model that somebody names has learnt to restore what it was trained on; ours has not. */
static bool names_another_model(const cli_options *o)
{
    return o->model != NULL && !anew_is_embedded(o->model);
}

bool cli_restores_by_itself(const cli_options *o)
{
    if (o->given[OPT_RESTORE])
        return o->restore != NULL && strcmp(o->restore, "auto") == 0;
    return cli_auto_is_on(o) && (o->given[OPT_AUTO] || !names_another_model(o));
}

bool cli_mends_by_itself(const cli_options *o)
{
    return cli_auto_is_on(o) && (o->given[OPT_AUTO] || !names_another_model(o)) && !o->mend_faces &&
           !o->aligned && o->source[OPT_FACES] == CLI_FROM_NOWHERE;
}

anew_status cli_restorer_open(anew_model **model, char **name, const cli_options *options,
                              anew_error *error)
{
    search s = {.scale = 1, .own = !options->given[OPT_RESTORE], .memory = true};
    *model = NULL;
    *name = NULL;
    if (cli_restores_by_itself(options))
        return open_best(model, name, &s, error);
    if (options->restore == NULL)
        return ANEW_OK;
    *name = anew_text_copy(options->restore);
    return *name == NULL ? anew_fail(error, ANEW_ERROR_MEMORY, "no memory for a model's name")
                         : anew_models_open(model, options->restore, NULL, error);
}

anew_status cli_drawing_model_open(anew_model **model, char **name, const cli_options *options,
                                   int scale, anew_error *error)
{
    search s = {.scale = scale, .drawings = true, .memory = true};
    *model = NULL;
    *name = NULL;
    if (!cli_auto_is_on(options) || options->model != NULL)
        return ANEW_OK;
    return open_best(model, name, &s, error);
}
