/*
 * provenance.h - what a result says of how it was made: one line of words that are separated by spaces,
 *
 *     anew 0.1.0 cpu=avx512 model=photo-x4 sha256=... scale=2 quality=90
 *
 * engine, CPU level (but for --exact, whose bits no CPU changes), the model and its file's SHA-256, the options that
 * change the result. No date, no path, nothing of the picture. In values, bytes beyond letters, digits and
 * "._-:,+" are %XX.
 */
#ifndef ANEW_CLI_PROVENANCE_H
#define ANEW_CLI_PROVENANCE_H

#include "cli/mend.h"

typedef struct cli_provenance {
    char text[ANEW_MAX_PROVENANCE + 1];
} cli_provenance;

/* The line for a run, or "" where the options want none or it would be too long. `cpu` is the name of the CPU level; `restore` may be NULL. */
void cli_provenance_of(cli_provenance *line, const cli_options *options, const char *cpu,
                       const anew_model *model, const anew_model *restore,
                       const cli_mender *mender);

/* The value of the next word from *at on, decoded into `name` and `value` (each of so many bytes); a word without "=" has
 * the value "". False at the end, and for words that are too long. */
bool cli_provenance_word(const char **at, char *name, char *value, size_t bytes);

#endif
