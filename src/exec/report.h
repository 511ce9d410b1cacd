/* report.h - what a run cost: seconds by phase and by step. */
#ifndef ANEW_EXEC_REPORT_H
#define ANEW_EXEC_REPORT_H

#include "core/status.h"

/* All executions of one step of a plan. */
typedef struct anew_step_time {
    char name[96];   /* layer names of what the step computes */
    char kernel[48]; /* as in kernels/ */
    int in_channels, out_channels;
    int height, width;
    double flops;   /* multiply and add counted as two */
    double bytes;   /* read and written: anew_step_bytes */
    double seconds; /* wall clock */
} anew_step_time;

/* Filled while a run goes on; zeroed by the caller before, emptied with anew_report_free. */
typedef struct anew_report {
    double network_seconds; /* all of the network, from packed input to pixels */
    double prepare_seconds; /* graph, plan, packing of weights */
    double resize_seconds;
    double flops;
    int strips;         /* 1: the whole width at once */
    int bands;          /* of all strips; as many as strips: the whole height at once */
    size_t arena_bytes; /* activations, at most at one time */
    int threads;
    const char *cpu; /* level in use */
    anew_step_time *steps;
    int step_count;
    size_t step_capacity;
} anew_report;

void anew_report_free(anew_report *report);

/* Seconds of a clock that only goes forward. */
double anew_seconds(void);

#endif
