/* one_picture.h - the way of one picture of a run, from its file to the result's. */
#ifndef ANEW_CLI_ONE_PICTURE_H
#define ANEW_CLI_ONE_PICTURE_H

#include "cli/auto_faces.h"
#include "cli/batch.h"
#include "cli/events.h"
#include "cli/inputs.h"
#include "cli/mend.h"
#include "cli/provenance.h"

/* What all pictures share. */
typedef struct cli_run {
    const cli_options *options;
    const anew_model *model;
    const anew_model *restore; /* --restore; NULL: none */
    const anew_model *drawing; /* --auto: for drawings; NULL: the same as for photos */
    const char *restore_name, *drawing_name; /* by which they are found again */
    int model_scale;
    const char *cpu; /* the name of its level, for what a result says of how it was made */
    cli_digests digests;
    const cli_inputs *inputs;
    cli_batch *batch;
    cli_journal *journal; /* NULL: none */
    /* False: the picture is to be given up, with ANEW_ERROR_CANCELLED. Asked between bands, from any thread. NULL:
     * never. */
    bool (*go_on)(void *context);
    void *go_on_context;
    cli_events events;
    cli_mender mender;          /* --faces */
    cli_auto_faces *auto_faces; /* where --auto chooses them; NULL: it does not */
    /* Where there is one job only: */
    double seconds_per_flop; /* --dry-run: from the first picture's trial */
    double peak;             /* --profile: of this machine, from after the first picture */
} cli_run;

/* A failure that a picture has with a part of the memory, but perhaps not alone. */
static inline bool cli_wants_all(anew_status status)
{
    return status == ANEW_ERROR_LIMIT || status == ANEW_ERROR_MEMORY;
}

/* The picture of this index, and what is told of it; a failure is left to the caller to tell, and leaves no result.
 * `alone`: with all threads and all memory. */
ANEW_NODISCARD anew_status cli_one_picture(cli_run *run, size_t index, bool alone,
                                           anew_error *error);

#endif
