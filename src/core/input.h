/*
 * input.h - bytes of a file at any place, so that a picture's file need not be in memory.
 *
 * Regular files are read where and when they are asked for; they may shrink meanwhile, which is an error
 * and no more. Pipes are read whole when they are opened.
 */
#ifndef ANEW_CORE_INPUT_H
#define ANEW_CORE_INPUT_H

#include "core/file.h"

typedef struct anew_input anew_input;

/* Opens a file, or standard input for "-". Refuses folders and empty files, and pipes of more than
 * max_bytes. Of a pipe that is not of the kind (core/file.h) there are only the first bytes. */
ANEW_NODISCARD anew_status anew_input_open(anew_input **input, const char *path, size_t max_bytes,
                                           anew_file_kind *kind, anew_error *error);

/* Bytes in memory, which must stay; `label` takes the path's place in messages. */
ANEW_NODISCARD anew_status anew_input_open_memory(anew_input **input, const uint8_t *data,
                                                  size_t size, const char *label,
                                                  anew_error *error);
void anew_input_close(anew_input **input);

uint64_t anew_input_size(const anew_input *input);

/* The path, for messages. */
const char *anew_input_label(const anew_input *input);

/* Up to `bytes` from `offset` on; fewer at the end of the file, 0 behind it and where reading fails. Small
 * portions one behind the other are cheap. */
size_t anew_input_some(anew_input *input, uint64_t offset, void *to, size_t bytes);

/* All of them, or a message that the file is cut. */
ANEW_NODISCARD anew_status anew_input_exactly(anew_input *input, uint64_t offset, void *to,
                                              size_t bytes, anew_error *error);

/* The whole file, as long as the input is open; refuses more than max_bytes. */
ANEW_NODISCARD anew_status anew_input_whole(anew_input *input, const uint8_t **data, size_t *size,
                                            size_t max_bytes, anew_error *error);

#endif
