/*
 * events.h - what `anew` says of each picture: one line of text for people, or with --json one object a line
 * for programs (docs/json.md), and the summary at the end.
 */
#ifndef ANEW_CLI_EVENTS_H
#define ANEW_CLI_EVENTS_H

#include <stdio.h>

#include "cli/progress.h"
#include "pipeline/explain.h"
#include "pipeline/faces.h"

/* Pictures that are done at once may tell of themselves at once: each event is one whole line. */
typedef struct cli_events {
    const cli_options *options;
    FILE *to; /* standard output, or standard error where a picture goes there */
    cli_screen screen;
    size_t pictures; /* all of them */
    size_t done, failed, skipped;
    double started; /* seconds */
} cli_events;

/* What became of the faces; NULL where nobody asked. */
typedef struct cli_faces_done {
    const anew_face_report *list;
    int count;
    const anew_face_options *options; /* what was asked for */
} cli_faces_done;

/* `taken`: of --max-bytes, else NULL. */
void cli_event_done(cli_events *events, const char *input, const char *output, const anew_image *in,
                    const anew_image *out, double seconds, const cli_faces_done *faces,
                    const anew_image_taken *taken);
void cli_event_skipped(cli_events *events, const char *input, const char *output);

/* With --dry-run; `seconds` is expected, `kept` bytes are the result's, where it is kept whole (--max-bytes); `e` says
 * the rest. */
void cli_event_planned(cli_events *events, const char *input, const char *output,
                       const anew_explanation *e, double seconds, double kept);
void cli_event_failed(cli_events *events, const char *input, const anew_error *error);
void cli_event_summary(const cli_events *events);

#endif
