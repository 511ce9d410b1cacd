/* face_models.c - one walk over the models, by their networks' kinds. */
#include "cli/face_models.h"

#include <string.h>

#include "core/memory.h"
#include "faces/detector.h"
#include "pipeline/faces.h"
#include "pipeline/model_path.h"

typedef struct search {
    cli_face_models *found;
    bool memory;
} search;

static void take(search *s, cli_found_model *best, const char *name, const char *path, int rank)
{
    if (rank < 0 || (best->name != NULL && rank >= best->rank))
        return;
    anew_free(best->name);
    anew_free(best->path);
    best->name = anew_text_copy(name);
    best->path = anew_text_copy(path != NULL ? path : name);
    best->rank = rank;
    s->memory = s->memory && best->name != NULL && best->path != NULL;
}

/* Lower is better; -1: restores no faces. */
static int rank_of_restorer(const anew_model *model)
{
    static const char *const kinds[] = {"gfpgan", "codeformer", "face_unet"};
    anew_error ignored;
    int side = 0;
    for (int i = 0; i < (int)(sizeof kinds / sizeof kinds[0]); i++)
        if (strcmp(anew_model_architecture(model), kinds[i]) == 0 &&
            anew_face_model_side(&side, model, &ignored) == ANEW_OK)
            return i;
    return -1;
}

static void see_model(void *context, const char *name, const char *path, const anew_model *model,
                      const anew_error *error)
{
    search *s = context;
    if (error != NULL)
        return;
    take(s, &s->found->detector, name, path, anew_detector_rank(model));
    take(s, &s->found->restorer, name, path, rank_of_restorer(model));
}

anew_status cli_face_models_find(cli_face_models *found, anew_error *error)
{
    search s = {.found = found, .memory = true};
    *found = (cli_face_models){.detector = {.name = NULL}};
    ANEW_TRY(anew_models_walk(see_model, &s, error));
    return s.memory ? ANEW_OK
                    : anew_fail(error, ANEW_ERROR_MEMORY, "no memory to choose models for faces");
}

void cli_face_models_free(cli_face_models *found)
{
    anew_free(found->detector.name);
    anew_free(found->detector.path);
    anew_free(found->restorer.name);
    anew_free(found->restorer.path);
    *found = (cli_face_models){.detector = {.name = NULL}};
}
