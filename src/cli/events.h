/*
 * events.h - what `anew` says of each picture: one line of text for people, or with --json one object a line
 * for programs (docs/json.md), and the summary at the end.
 */
#ifndef ANEW_CLI_EVENTS_H
#define ANEW_CLI_EVENTS_H

#include <stdio.h>

#include "cli/final_report.h"
#include "cli/progress.h"
#include "cli/repair.h"
#include "pipeline/explain.h"
#include "pipeline/faces.h"
#include "pipeline/finishing.h"

#define CLI_LOOK_LINE 760 /* bytes of what --auto says */

/* Pictures that are done at once may tell of themselves at once: each event is one whole line. */
typedef struct cli_events {
    const cli_options *options;
    FILE *to; /* standard output, or standard error where a picture goes there */
    cli_screen screen;
    size_t pictures; /* all of them */
    size_t done, failed, skipped;
    double started; /* seconds */
    const char *id; /* of a worker's job, as JSON; NULL: none */
    /* Of such a job, whose one answer says it: what --auto saw and chose; "": nothing was looked at. */
    char looked[CLI_LOOK_LINE];
    double shrink_first, restore_strength;
    int faces_mended; /* -1: not looked for */
    cli_final_report report;
} cli_events;

/* What became of the faces, and what the finishing tools found; NULL where nobody asked. */
typedef struct cli_faces_done {
    const anew_face_report *list;
    int count;
    const anew_face_options *options; /* what was asked for; may be NULL */
} cli_faces_done;

/* `frames`: of an animation, 1 of a still. `taken`: of --max-bytes, else NULL. */
void cli_event_done(cli_events *events, const char *input, const char *output, const anew_image *in,
                    const anew_image *out, int frames, double seconds, const cli_faces_done *faces,
                    const anew_image_taken *taken, const anew_finish_report *finish,
                    const cli_repaired *repaired);
/* --auto: what was seen and chosen; `faces`: so many are mended, -1 where none were looked for. */
void cli_event_looked(cli_events *events, const char *input, const char *text, double shrink_first,
                      double restore_strength, int faces);
/* Something was done in another way than could be expected: a line on standard error. */
void cli_event_warned(cli_events *events, const char *input, const char *text);
void cli_event_skipped(cli_events *events, const char *input, const char *output);

/* With --dry-run; `seconds` is expected, `kept` bytes are of pictures that the option `because` keeps whole; `e` says the
 * rest. */
void cli_event_planned(cli_events *events, const char *input, const char *output,
                       const anew_explanation *e, double seconds, double kept, const char *because);
void cli_event_failed(cli_events *events, const char *input, const anew_error *error);

/* Before another try (--retry), the first being `attempt` 1. */
void cli_event_retrying(cli_events *events, const char *input, const anew_error *error, int attempt,
                        double pause);

/* All pictures are through, or a signal has ended it (core/interrupt.h): fills events->report and tells. */
void cli_event_summary(cli_events *events);

#endif
