/*
 * final_report.h - --report: what became of a run, as a file at its end: counts, failures by cause, each failed
 * picture, speed. JSON where the name ends in .json (docs/json.md), else text.
 */
#ifndef ANEW_CLI_FINAL_REPORT_H
#define ANEW_CLI_FINAL_REPORT_H

#include <stddef.h>

#include "cli/cause.h"

typedef struct cli_failure {
    char *input, *error;
    cli_cause cause;
} cli_failure;

typedef struct cli_final_report {
    size_t pictures, done, failed, skipped, undone, retries;
    int interrupted; /* the signal's number, 0: none */
    double seconds;
    size_t causes[CAUSE_COUNT];
    cli_failure *failures; /* owned; fewer than failed where there was no memory for their names */
    size_t failure_count, failure_capacity;
} cli_final_report;

/* Refuses, before any work, a path that cannot be written, and one where something stands that is no report of anew, unless
 * it may be overwritten. */
ANEW_NODISCARD anew_status cli_final_report_check(const char *path, bool force, anew_error *error);

/* Counts the failure by its cause and, with `named`, keeps it. */
void cli_final_report_add(cli_final_report *report, const char *input, const anew_error *failure,
                          bool named);

/* Replaces the file as a whole. */
ANEW_NODISCARD anew_status cli_final_report_write(const cli_final_report *report, const char *path,
                                                  anew_error *error);
void cli_final_report_free(cli_final_report *report);

#endif
