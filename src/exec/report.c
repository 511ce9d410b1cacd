/* report.c - the clock, and the freeing of a report. */
#include "exec/report.h"

#include <time.h>

#include "core/memory.h"

double anew_seconds(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0)
        return 0;
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void anew_report_free(anew_report *report)
{
    anew_free(report->steps);
    *report = (anew_report){0};
}
