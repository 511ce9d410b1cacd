/*
 * file.h - whole files in, whole files out.
 *
 * Reading: the complete contents are read into memory of ours, so that a file that shrinks while we
 * work can do no harm (a mapping would raise SIGBUS). Mapping is a choice for files that are ours
 * to trust.
 * Writing: bytes go to a temporary file beside the target, which is synced and renamed over the
 * target when it is complete. A failure or a discarded output leaves nothing behind; where the file system
 * has files without names, neither does the death of the process.
 */
#ifndef ANEW_CORE_FILE_H
#define ANEW_CORE_FILE_H

#include <stdbool.h>

#include "core/status.h"

typedef struct anew_bytes {
    const uint8_t *data;
    size_t size;
    bool mapped; /* data is a mapping, not a block of anew_alloc */
} anew_bytes;

/* Reads a whole regular file (or, for the path "-", standard input). Refuses directories, empty
 * files and files of more than max_bytes. On success the caller frees with anew_bytes_free. */
ANEW_NODISCARD anew_status anew_file_read(anew_bytes *bytes, const char *path, size_t max_bytes,
                                          anew_error *error);

/* Whether the first bytes of a file (64, or all) can be those of a kind. */
typedef bool anew_file_kind(const uint8_t *first, size_t size);

/* The same, but where `kind` says no, only the first bytes are read: then it is not worth minutes and gigabytes
 * to find an endless file too large. */
ANEW_NODISCARD anew_status anew_file_read_kind(anew_bytes *bytes, const char *path,
                                               size_t max_bytes, anew_file_kind *kind,
                                               anew_error *error);

/* Maps a whole regular file read-only. Only for files that nobody will truncate meanwhile. */
ANEW_NODISCARD anew_status anew_file_map(anew_bytes *bytes, const char *path, anew_error *error);

/* Frees or unmaps, and empties the struct. */
void anew_bytes_free(anew_bytes *bytes);

/* A file being written; opaque. */
typedef struct anew_output anew_output;

/* Whether something is there that a file of this name would take the place of: a file, a folder, a link. Not so for
 * "-", and for what is written through, as below. */
bool anew_output_overwrites(const char *path);

/* Opens a temporary file in the target's folder. `path` may be "-" (or /dev/stdout), standard output, or something that is no file, as
 * /dev/null and a named pipe: these are written without a temporary. */
ANEW_NODISCARD anew_status anew_output_open(anew_output **output, const char *path,
                                            anew_error *error);

/* The same without a file, for what must be known whole before it is written: up to `most` bytes are kept in memory;
 * of more, only the number. `label` begins messages. anew_output_take hands them over, to be freed by
 * anew_bytes_free, with NULL for too many, and frees the output. */
ANEW_NODISCARD anew_status anew_output_open_memory(anew_output **output, const char *label,
                                                   size_t most, anew_error *error);
void anew_output_take(anew_output **output, anew_bytes *bytes);

/* Appends bytes. After a failure the output can only be discarded. */
ANEW_NODISCARD anew_status anew_output_write(anew_output *output, const void *data, size_t size,
                                             anew_error *error);

/* Whether what was written can be changed: not on a pipe, and standard output may be one. */
bool anew_output_can_rewrite(const anew_output *output);

/* Writes over bytes that were written before, all of them; where the next bytes are appended stays as it is. */
ANEW_NODISCARD anew_status anew_output_rewrite(anew_output *output, uint64_t offset,
                                               const void *data, size_t size, anew_error *error);

/* What another program is to write: the name of the temporary, or of what is no file; NULL where there is no name (see
 * anew_output_always_named). */
const char *anew_output_temporary(const anew_output *output);

/* What is there by the time of the commit stays: the commit then fails, as an argument that is wrong. Not for what is
 * written without a temporary. */
void anew_output_keep_existing(anew_output *output);

/* Syncs, renames over the target and frees the output, also when it fails (then nothing stays). */
ANEW_NODISCARD anew_status anew_output_commit(anew_output **output, anew_error *error);

/* Removes the temporary and frees the output; NULL contents are allowed. */
void anew_output_discard(anew_output **output);

/* For tests, and where another program is to write: every output has a name from the beginning, as on a file system that has no files without. */
void anew_output_always_named(bool always);

/* Removes the temporary files of all outputs that are open now. Async-signal-safe. */
void anew_output_discard_all(void);

/* What a signal does that is to end the process now: the above, once no thread is making a file, and _exit with 128 +
 * the number. Async-signal-safe. */
void anew_output_discard_and_end(int number);

/* For main of a program, never for the library: SIGINT, SIGTERM, SIGHUP and SIGPIPE discard all outputs and end the
 * process with 128 + their number; a file that grows beyond `ulimit -f` is an error of the write. */
void anew_output_discard_on_signals(void);

#endif
