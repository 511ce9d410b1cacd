/*
 * model_path.h - which models there are, and how a wish like "a:0.7,b:0.3" becomes one model.
 *
 * A name is looked for among the models in the program, then as NAME.anew in the folders of
 * ANEW_MODELS (separated by colons), in $XDG_DATA_HOME/anew (else ~/.local/share/anew), and in
 * PREFIX/share/anew. What has a '/' in it or ends in ".anew" is a path.
 */
#ifndef ANEW_PIPELINE_MODEL_PATH_H
#define ANEW_PIPELINE_MODEL_PATH_H

#include "model/model.h"

/* How a single model is mixed with the partners that it names, each from 0 to 1; below 0: nobody said.
 * denoise: so much of the model, the rest of its denoise partner; not said: the model alone.
 * crisp: so much of its crisp partner, the rest of that; not said: what the model says, where its partner is found. */
typedef struct anew_mixing {
    double denoise, crisp;
} anew_mixing;

/* Opens the wish: a name or path, or several with weights ("a:0.7,b:0.3"; the last weight may be left
 * out and is what is missing to 1; they must sum to 1). `mixing` NULL: as it is in the file. */
ANEW_NODISCARD anew_status anew_models_open(anew_model **model, const char *wish,
                                            const anew_mixing *mixing, anew_error *error);

/* Told each model that is found: `path` is NULL for those in the program; `error` is set, and `model`
 * NULL, where a file is broken. */
typedef void (*anew_found_function)(void *context, const char *name, const char *path,
                                    const anew_model *model, const anew_error *error);

/* Walks all of them, each folder in the order of names. */
ANEW_NODISCARD anew_status anew_models_walk(anew_found_function found, void *context,
                                            anew_error *error);

/* Where a user's own models are: $XDG_DATA_HOME/anew, else ~/.local/share/anew. False where neither variable says so. */
bool anew_models_own_folder(char *folder, size_t bytes);

#endif
