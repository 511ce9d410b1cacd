/* profile.h - a run's report, for people and for programs. */
#ifndef ANEW_CLI_PROFILE_H
#define ANEW_CLI_PROFILE_H

#include <stdio.h>

#include "exec/report.h"
#include "image/image.h"

/* What the report does not know. */
typedef struct profile_facts {
    double decode, encode, total; /* seconds */
    double peak; /* operations a second that the run's threads can do (profile_peak), 0: unknown */
} profile_facts;

/* How much a run tells of its steps. */
typedef enum profile_detail {
    PROFILE_GROUPS, /* steps of one kernel and shape together, those that took longest first */
    PROFILE_STEPS   /* every step, in order */
} profile_detail;

/* Measures the multiply-adds, counted as two, that this machine's processors can do in a second with the threads and
 * the CPU level of the run; takes some hundredths of a second. */
double profile_peak(const anew_report *report);

/* Phases, then a table of steps and its sum; without memory only the phases. */
void profile_print(FILE *to, const anew_report *report, const profile_facts *facts,
                   profile_detail detail);

/* The same numbers as one JSON object on one line; "schema" is its version. */
void profile_print_json(FILE *to, const char *input, const char *output, const anew_image *in,
                        const anew_image *out, const anew_report *report,
                        const profile_facts *facts);

#endif
