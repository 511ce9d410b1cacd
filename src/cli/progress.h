/* progress.h - a line on the terminal that shows how far a picture is. */
#ifndef ANEW_CLI_PROGRESS_H
#define ANEW_CLI_PROGRESS_H

#include "cli/options.h"

typedef struct cli_progress {
    bool shown; /* standard error is a terminal, and nothing speaks against it */
    bool drawn; /* there is a line to be wiped away */
    const char *name;
    size_t number, pictures;
    double megapixels; /* of the result */
    double started, last;
} cli_progress;

void cli_progress_begin(cli_progress *progress, const cli_options *options, const char *name,
                        size_t number, size_t pictures, double megapixels);

/* Draws at most ten times a second; an anew_enhance_options.progress. */
bool cli_progress_step(void *progress, int64_t done, int64_t total);

/* Wipes the line away. */
void cli_progress_end(cli_progress *progress);

/* The line, without what moves the cursor: for the tests, too. */
#define CLI_PROGRESS_BYTES 256
void cli_progress_line(char line[CLI_PROGRESS_BYTES], const cli_progress *progress, double share,
                       double seconds, int columns);

#endif
