/*
 * inputs.h - which pictures are meant: the words of the command line, the pictures of folders, and the lines
 * of a list; and where each result goes.
 */
#ifndef ANEW_CLI_INPUTS_H
#define ANEW_CLI_INPUTS_H

#include "cli/journal.h"
#include "cli/options.h"
#include "cli/shard.h"

typedef struct cli_input {
    char *path;   /* owned */
    char *folder; /* of the result, owned; NULL: beside the picture, or what --output says */
    size_t below; /* where in path the name below the named folder begins; 0: all of it */
    char *twin;   /* owned: an earlier picture that has the same result; NULL: none */
    bool
        found; /* in a folder, by a pattern, in a list: a file it must be, for nobody may ever fill a pipe */
    bool
        with_ending; /* another picture differs in its ending only: photo.jpg to photo_jpg_x4.png */
} cli_input;

typedef struct cli_inputs {
    cli_input *list;
    size_t count, capacity;
    bool many; /* a folder, a list, or several words: --output is a folder */
} cli_inputs;

/* Collects them, each folder's in alphabetical order; of a shard only those that belong to it, with the names of
 * results that they have among all. Freed with cli_inputs_free, also after a failure. `model_scale` names the folder
 * beside an input folder. */
ANEW_NODISCARD anew_status cli_inputs_collect(cli_inputs *inputs, const cli_options *options,
                                              int model_scale, anew_error *error);
void cli_inputs_free(cli_inputs *inputs);

/* Refuses a pipe or a device that was found and not named: to open it may take forever. What is not there is left to
 * whoever opens it. */
ANEW_NODISCARD anew_status cli_input_may_be_read(const cli_input *input, anew_error *error);

bool cli_is_folder(const char *path);

/* Whether both paths lead to one file that is there. */
bool cli_same_file(const char *a, const char *b);

/* "_x4", "_x2.5", "_3600w", "_900h", "_640x480", or as cli_targets_mark has it: what the options make of a picture. */
#define CLI_MARK_BYTES 48
void cli_mark(char mark[CLI_MARK_BYTES], const cli_options *options, int model_scale);

/* The result's path and format, refused before any work where they cannot be. *skip is set where the result
 * exists and is to be left alone. The caller frees *path, also after a failure. */
ANEW_NODISCARD anew_status cli_choose_output(char **path, anew_format *format, bool *skip,
                                             const cli_input *input, const cli_options *options,
                                             int model_scale, anew_error *error);

/* The same with a journal (NULL: none): what it has of the same picture may be overwritten. *entry names the picture
 * there and is the caller's, too. */
ANEW_NODISCARD anew_status cli_choose_known_output(char **path, anew_format *format, bool *skip,
                                                   cli_journal_entry *entry, cli_journal *journal,
                                                   const cli_input *input,
                                                   const cli_options *options, int model_scale,
                                                   anew_error *error);

/* "FOLDER/photo" with a mark and the format's ending; the caller frees it, NULL without memory. */
char *cli_path_in(const cli_input *input, const char *folder, const char *mark, anew_format format);

/* Refuses a path that is the picture itself, or that exists unless --force overwrites it; *skip is set where it exists
 * and is to be left alone. */
ANEW_NODISCARD anew_status cli_check_target(bool *skip, const char *path, const char *picture,
                                            const cli_options *options, anew_error *error);

/* Whether the words may be several pictures. */
bool cli_names_many(const cli_options *options);

/* The path that a picture's result gets in a folder; the caller frees it, NULL without memory. */
char *cli_derived_path(const cli_input *input, const cli_options *options, int model_scale);

/* Makes the folder of a result and those above it. */
ANEW_NODISCARD anew_status cli_make_folder(const char *folder, anew_error *error);

#endif
