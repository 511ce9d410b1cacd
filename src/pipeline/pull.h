/*
 * pull.h - a run that pushes its rows, made into a source that gives them when asked: so one pass reads what the pass
 * before it makes, and the picture between them is never in memory whole.
 *
 * The run has a thread of its own, but works only while somebody waits for its rows: at any time one of the two
 * computes, with all workers (core/parallel.h). In a build without threads the picture is made whole at the first
 * question.
 */
#ifndef ANEW_PIPELINE_PULL_H
#define ANEW_PIPELINE_PULL_H

#include "pipeline/enhance.h"

typedef struct anew_pull anew_pull;

/* A run: pushes a whole picture into the sink. */
typedef anew_status (*anew_pull_run)(void *context, const anew_row_sink *sink, anew_error *error);

/* Starts nothing yet. The shape is that of the picture which the run will push. */
ANEW_NODISCARD anew_status anew_pull_create(anew_pull **pull, anew_pull_run run, void *context,
                                            const anew_image *shape, anew_error *error);

/* What the run fails with, the source fails with. */
anew_row_source anew_pull_source(anew_pull *pull);

/* Seconds that were spent waiting for rows. */
double anew_pull_seconds(const anew_pull *pull);

/* A run that is not over is ended: its sink then refuses rows. NULL contents are allowed. */
void anew_pull_close(anew_pull **pull);

#endif
