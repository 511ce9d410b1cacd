/* profile.h - a run's report, for people and for programs. */
#ifndef ANEW_CLI_PROFILE_H
#define ANEW_CLI_PROFILE_H

#include <stdbool.h>
#include <stdio.h>

#include "exec/report.h"
#include "image/image.h"

typedef struct profile_times {
    double decode, encode, total; /* seconds */
} profile_times;

/* Phases, and with `steps` one line per step: time, share, GFLOP/s, kernel, size, layers. */
void profile_print(FILE *to, const anew_report *report, const profile_times *times, bool steps);

/* The same as one JSON object on one line; "schema" is its version. */
void profile_print_json(FILE *to, const char *input, const char *output, const anew_image *in,
                        const anew_image *out, const anew_report *report,
                        const profile_times *times);

#endif
