/* ffmpeg_process.h - command lines for it, and starting it: for the files of ffmpeg.h. */
#ifndef ANEW_CLI_FFMPEG_PROCESS_H
#define ANEW_CLI_FFMPEG_PROCESS_H

#include "cli/ffmpeg.h"

#define CLI_MOST_WORDS 512

typedef struct cli_words {
    const char *list[CLI_MOST_WORDS + 1];
    char made[CLI_MOST_WORDS][48]; /* words that are put together here */
    int count, made_count;
} cli_words;

void cli_add(cli_words *words, const char *word);
void cli_add_two(cli_words *words, const char *first, const char *second);

/* Ending in NULL. */
void cli_add_all(cli_words *words, const char *const *more);

/* "-c:a:" and 3 as one word. */
void cli_add_numbered(cli_words *words, const char *before, int number);

/* A path that ffmpeg takes for nothing else, neither an option nor an address; NULL without memory. */
char *cli_as_file(const char *path);

/* Starts a program; one end of a pipe is its standard output (or else input), the other is ours; with `times`, its
 * descriptor 3 is that pipe. Not of our group: what a terminal's keys do to us, we do to it. */
ANEW_NODISCARD anew_status cli_start(cli_ffmpeg *ffmpeg, const cli_words *words, bool reads,
                                     bool times, anew_error *error);

#endif
