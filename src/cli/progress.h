/* progress.h - a line on the terminal that shows how far a picture is. */
#ifndef ANEW_CLI_PROGRESS_H
#define ANEW_CLI_PROGRESS_H

#include <pthread.h>

#include "cli/options.h"

/* Standard output and standard error as several pictures use them: whoever prints holds the mutex, and the line is
 * that of one picture at a time. */
typedef struct cli_screen {
    pthread_mutex_t mutex;
    struct cli_progress *shown; /* whose line is there; NULL: none */
} cli_screen;

/* Takes the screen, without the line, and gives it back. */
void cli_screen_take(cli_screen *screen);
void cli_screen_give_back(cli_screen *screen);

typedef struct cli_progress {
    bool shown; /* standard error is a terminal, and nothing speaks against it */
    cli_screen *screen;
    const char *name;
    size_t number, pictures;
    double megapixels; /* of the result */
    double started, last;
} cli_progress;

void cli_progress_begin(cli_progress *progress, cli_screen *screen, const cli_options *options,
                        const char *name, size_t number, size_t pictures, double megapixels);

/* Draws at most ten times a second; an anew_enhance_options.progress. */
bool cli_progress_step(void *progress, int64_t done, int64_t total);

/* Wipes its line away; another picture may then show its own. */
void cli_progress_end(cli_progress *progress);

/* The line, without what moves the cursor: for the tests, too. */
#define CLI_PROGRESS_BYTES 256
void cli_progress_line(char line[CLI_PROGRESS_BYTES], const cli_progress *progress, double share,
                       double seconds, int columns);

#endif
