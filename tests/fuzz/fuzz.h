/*
 * fuzz.h - what the fuzz targets share. Each fuzz_NAME.c defines LLVMFuzzerTestOneInput, which libFuzzer
 * calls with bytes of its invention and replay.c with files. A target ends by abort() where an answer is
 * wrong; crashes, overruns, leaks and long runs are seen by the sanitizers and the fuzzer.
 */
#ifndef ANEW_TESTS_FUZZ_H
#define ANEW_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/status.h"
#include "image/image.h"
#include "tools/convert/checkpoint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Pictures of more pixels are refused in the picture targets, so that a run stays short. */
#define FUZZ_MAX_PIXELS ((int64_t)1 << 14)

/* What stands for the file's name in every message. */
#define FUZZ_LABEL "the-file"

/* How many allocations fuzz_twice allows in its second run; negative: follows from the bytes. */
extern long fuzz_allocations;
/* Set by fuzz_twice where that was too few. */
extern bool fuzz_was_short;

/* A failure has one line of printable text that names the file, except where memory was short deep down. */
void fuzz_check(anew_status status, const char *label, const anew_error *error);

/* Runs `parse` as it is, then once more with only some allocations allowed: that must fail for want of
 * memory, or end as before. */
void fuzz_twice(anew_status (*parse)(const uint8_t *data, size_t size, anew_error *error),
                const uint8_t *data, size_t size);

/* The bytes in a block of exactly that size, so that reading past their end is seen; freed with free. */
uint8_t *fuzz_copy(const uint8_t *data, size_t size);

/* What anew-convert does with the tensors that a reader gave: recognition, the model file, its graph. */
anew_status fuzz_convert(checkpoint *c, anew_error *error);

/* Reads a picture of that format whole and by rows; both must say the same. */
void fuzz_picture(anew_format format, const uint8_t *data, size_t size);

#endif
