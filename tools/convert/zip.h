/* zip.h - the entries of a ZIP archive in memory. */
#ifndef ANEW_CONVERT_ZIP_H
#define ANEW_CONVERT_ZIP_H

#include "core/status.h"

typedef struct zip_entry {
    const uint8_t *name; /* not terminated */
    size_t name_bytes;
    int method; /* 0: stored, 8: deflated */
    uint64_t packed_bytes, bytes;
    uint64_t local_header;
    uint32_t crc;
    uint8_t *inflated; /* owned, once it was asked for */
} zip_entry;

typedef struct zip_archive {
    const uint8_t *data;
    size_t size;
    const char *label;
    zip_entry *entries;
    int count;
    uint64_t inflated_bytes; /* of all entries so far */
} zip_archive;

/* Reads the central directory. The archive borrows data; freed with zip_free. */
ANEW_NODISCARD anew_status zip_open(zip_archive *zip, const uint8_t *data, size_t size,
                                    const char *label, anew_error *error);
void zip_free(zip_archive *zip);

/* An entry by its full name, or NULL. */
zip_entry *zip_find(const zip_archive *zip, const char *name);

/* The bytes of an entry: in place, or inflated into memory of the archive's. */
ANEW_NODISCARD anew_status zip_bytes(zip_archive *zip, zip_entry *entry, const uint8_t **bytes,
                                     anew_error *error);

#endif
