/* detect.c - which model finds faces, and what the options say to it. */
#include "cli/detect.h"

#include "core/memory.h"
#include "faces/detector.h"
#include "pipeline/model_path.h"

/* What somebody has installed goes before the small one that is in the program, of whatever kind. */
#define IN_THE_PROGRAM 1000

typedef struct best_model {
    char *name;
    int rank; /* lower is better */
    bool memory;
} best_model;

static void see_model(void *context, const char *name, const char *path, const anew_model *model,
                      const anew_error *error)
{
    best_model *best = context;
    int rank = error != NULL ? -1 : anew_detector_rank(model);
    if (rank >= 0 && path == NULL)
        rank += IN_THE_PROGRAM;
    if (rank < 0 || (best->name != NULL && rank >= best->rank))
        return;
    anew_free(best->name);
    best->name = anew_text_copy(path != NULL ? path : name);
    best->rank = rank;
    best->memory = best->name != NULL;
}

/* The one that is named, else the best one that `anew models` lists; where there is none, NULL if it `may_lack`. */
static anew_status open_model(anew_model **model, const cli_options *options, bool may_lack,
                              anew_error *error)
{
    best_model best = {.memory = true};
    if (options->detector != NULL)
        return anew_models_open(model, options->detector, NULL, error);
    ANEW_TRY(anew_models_walk(see_model, &best, error));
    if (!best.memory)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory");
    if (best.name == NULL && may_lack)
        return ANEW_OK;
    if (best.name == NULL)
        return anew_fail(error, ANEW_ERROR_ARGUMENT,
                         "no model that finds faces is here; name one with --detector FILE.anew "
                         "(anew-convert makes it of RetinaFace, YuNet or SCRFD)");
    const anew_status status = anew_models_open(model, best.name, NULL, error);
    anew_free(best.name);
    return status;
}

static void set_options(anew_detector *detector, const cli_options *options)
{
    const anew_enhance_options *e = &options->enhance;
    anew_detector_set_threads(detector, e->threads);
    anew_detector_set_memory(detector, e->memory);
    anew_detector_set_precision(detector, e->precision);
    anew_detector_set_cpu(detector, e->cpu);
    anew_detector_set_plan(detector, e->plan);
    anew_detector_set_engine(detector, e->engine);
    anew_detector_set_band(detector, e->band);
    anew_detector_set_confidence(detector, options->face_confidence);
    anew_detector_set_min_size(detector, options->face_min_size);
    anew_detector_set_all_scales(detector, options->face_all_scales);
}

anew_status cli_detector_open(anew_model **model, anew_detector **detector,
                              const cli_options *options, anew_error *error)
{
    ANEW_TRY(open_model(model, options, false, error));
    ANEW_TRY(anew_detector_open(detector, *model, error));
    set_options(*detector, options);
    return ANEW_OK;
}

anew_status cli_detector_open_if_any(anew_model **model, anew_detector **detector,
                                     const cli_options *options, anew_error *error)
{
    ANEW_TRY(open_model(model, options, true, error));
    if (*model == NULL)
        return ANEW_OK;
    ANEW_TRY(anew_detector_open(detector, *model, error));
    set_options(*detector, options);
    return ANEW_OK;
}
