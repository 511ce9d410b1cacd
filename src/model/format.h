/*
 * format.h - numbers of the .anew file, version 1, shared by reader and writer. weights/FORMAT.md is
 * the normative text.
 */
#ifndef ANEW_MODEL_FORMAT_H
#define ANEW_MODEL_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#define ANEW_FILE_MAGIC                                                                            \
    "\x89"                                                                                         \
    "ANEW\r\n\x1a"
#define ANEW_FILE_VERSION      1u
#define ANEW_FILE_HEADER       64 /* bytes; the directory follows */
#define ANEW_FILE_ALIGNMENT    64
#define ANEW_FILE_MAX_NAME     200
#define ANEW_FILE_MAX_TEXT     4096
#define ANEW_FILE_MAX_FIELDS   256
#define ANEW_FILE_MAX_TENSORS  65536
#define ANEW_FILE_MAX_ELEMENTS ((uint64_t)1 << 40)

/* Offsets in the header. */
enum {
    ANEW_AT_MAGIC = 0,
    ANEW_AT_VERSION = 8,
    ANEW_AT_FLAGS = 12,
    ANEW_AT_FILE_BYTES = 16,
    ANEW_AT_DIRECTORY_BYTES = 24,
    ANEW_AT_FIELDS = 28,
    ANEW_AT_TENSORS = 32,
    ANEW_AT_DIRECTORY_CHECKSUM = 36,
    ANEW_AT_RESERVED = 40,
    ANEW_AT_HEADER_CHECKSUM = 60
};

typedef enum anew_field_kind {
    ANEW_FIELD_HEADER_TEXT = 1,
    ANEW_FIELD_INTEGER = 2,
    ANEW_FIELD_REAL = 3,
    ANEW_FIELD_TEXT = 4
} anew_field_kind;

/* CRC-32C (Castagnoli), as in RFC 3720, appendix B.4. */
uint32_t anew_crc32c(const void *data, size_t size);

/* Bytes of one element; 0 for an unknown dtype. */
size_t anew_dtype_bytes(int dtype);

/* Between f32 and the half formats; rounding to nearest even. */
float anew_half_to_float(uint16_t half);
uint16_t anew_float_to_half(float value); /* overflow gives infinity */
float anew_bfloat_to_float(uint16_t bits);
uint16_t anew_float_to_bfloat(float value);

#endif
