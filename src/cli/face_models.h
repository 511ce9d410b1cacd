/* face_models.h - which of the models that are found here find faces, and which restore them. */
#ifndef ANEW_CLI_FACE_MODELS_H
#define ANEW_CLI_FACE_MODELS_H

#include "core/status.h"

/* A model by its name, and by what opens it (a path, or the name of one in the program); NULL: there is none. Owned. */
typedef struct cli_found_model {
    char *name, *path;
    int rank;
} cli_found_model;

typedef struct cli_face_models {
    cli_found_model detector, restorer;
} cli_face_models;

/* The best of each kind that `anew models` lists: detectors as faces/detector.h ranks them, GFPGAN before CodeFormer (which
 * is not free for all uses). Freed with cli_face_models_free, also after a failure. */
ANEW_NODISCARD anew_status cli_face_models_find(cli_face_models *found, anew_error *error);
void cli_face_models_free(cli_face_models *found);

#endif
