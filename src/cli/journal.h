/*
 * journal.h - --journal: a file that remembers which pictures are done, so that a run that was stopped in any way
 * goes on where it ended.
 *
 * One JSON object a line, appended; the last line of a result counts:
 *
 *     {"schema":1,"journal":"anew"}
 *     {"output":"b.png","event":"writing","input":"a.png","bytes":9,"mtime":"17.000000001","settings":"0a..."}
 *     {"output":"b.png","event":"done","input":... as above ...,"output_bytes":99}
 *     {"output":"d.png","event":"failed","input":... as above ...,"cause":"bad picture","error":"..."}
 *
 * "writing" is on the disk before the result gets its name; "done" follows when the result is there. What happens
 * between them leaves "writing" last: the result, if it is there, is this run's and may be written again. A line
 * that is no whole one (a machine that stopped while it was written) is passed over, and the next one begins on a
 * line of its own.
 *
 * Lines are looked at as text: they are compared with the ones that would be written now. A path that is not UTF-8,
 * of which JSON shows U+FFFD, has its bytes beside it ("output_hex").
 */
#ifndef ANEW_CLI_JOURNAL_H
#define ANEW_CLI_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/status.h"

typedef struct cli_journal cli_journal;

/* A picture as the journal names it; all of it owned, freed with cli_journal_forget. */
typedef struct cli_journal_entry {
    char *output;   /* {"output":"..." */
    char *identity; /* "input":"...","bytes":...,"mtime":"...","settings":"..." */
    bool ours; /* what stands at the result's path is of this journal's runs: it may be replaced */
} cli_journal_entry;

typedef enum cli_journal_state {
    JOURNAL_UNKNOWN, /* what stands at the result's path, if anything, is somebody else's */
    JOURNAL_OURS, /* was written of this picture by a run of this journal, with other settings or half done */
    JOURNAL_DONE /* is the result of this picture with these settings */
} cli_journal_state;

/* Reads what is there and makes the file where there is none, unless it is only to be `looked` at. One process at a
 * time has a journal. `settings` is a number that stands for everything that a result depends on beside the picture. */
ANEW_NODISCARD anew_status cli_journal_open(cli_journal **journal, const char *path,
                                            uint64_t settings, bool looked, anew_error *error);

/* Syncs and closes; NULL contents are allowed. */
ANEW_NODISCARD anew_status cli_journal_close(cli_journal **journal, anew_error *error);

/* Names a picture by its file as it is now and its result's path, and says what is known of it. Standard
 * input ("-") is unknown and not written down. `journal` may be NULL, here and below. */
ANEW_NODISCARD anew_status cli_journal_look(cli_journal *journal, cli_journal_entry *entry,
                                            cli_journal_state *state, const char *input,
                                            const char *output, anew_error *error);
void cli_journal_forget(cli_journal_entry *entry);

/* The three lines; from any thread. An entry of nothing writes nothing. A failure that cannot be written down is
 * told by the run all the same. */
ANEW_NODISCARD anew_status cli_journal_writing(cli_journal *journal, const cli_journal_entry *entry,
                                               anew_error *error);
ANEW_NODISCARD anew_status cli_journal_done(cli_journal *journal, const cli_journal_entry *entry,
                                            const char *output, anew_error *error);
void cli_journal_failed(cli_journal *journal, const cli_journal_entry *entry,
                        const anew_error *failure);

#endif
