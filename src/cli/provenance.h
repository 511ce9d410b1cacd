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
#include "core/sha256.h"

typedef struct cli_provenance {
    char text[ANEW_MAX_PROVENANCE + 1];
} cli_provenance;

/* Of the models' files; "": there is none. */
typedef struct cli_digests {
    char model[ANEW_SHA256_TEXT], restore[ANEW_SHA256_TEXT], drawing[ANEW_SHA256_TEXT];
    char detector[ANEW_SHA256_TEXT], face_model[ANEW_SHA256_TEXT];
} cli_digests;

/* `restore` and `drawing` may be NULL. Reads the files whole: once a run. */
void cli_digests_of(cli_digests *digests, const anew_model *model, const anew_model *restore,
                    const anew_model *drawing, const cli_mender *mender);

/* The line for a result, or "" where the options want none or it would be too long. `cpu` is the name of the CPU level.
 * The options are those that make it again: without a look, and with what the look chose. */
void cli_provenance_of(cli_provenance *line, const cli_options *options, const char *cpu,
                       const cli_digests *digests);

/* The value of the next word from *at on, decoded into `name` and `value` (each of so many bytes); a word without "=" has
 * the value "". False at the end, and for words that are too long. */
bool cli_provenance_word(const char **at, char *name, char *value, size_t bytes);

#endif
