/*
 * zip.c - the part of ZIP (PKWARE's APPNOTE 6.3, sections 4.3 and 4.5.3) that PyTorch writes: stored
 * entries, Zip64 records where sizes ask for them, and deflated entries, which repacking tools make. Sizes
 * come from the central directory only, since local headers may leave them 0; where an entry's data begins,
 * only its local header knows.
 */
#include "zip.h"

#include <stdbool.h>
#include <string.h>

#if ANEW_ZLIB
#include <zlib.h>
#endif

#include "core/memory.h"

#define MAX_ENTRIES  200000
#define MAX_INFLATED ((uint64_t)4 << 30)

static uint64_t little(const uint8_t *p, int bytes)
{
    uint64_t value = 0;
    for (int i = bytes - 1; i >= 0; i--)
        value = value << 8 | p[i];
    return value;
}

static anew_status damaged(const zip_archive *zip, const char *what, anew_error *error)
{
    return anew_fail(error, ANEW_ERROR_FORMAT, "%s: damaged zip archive: %s", zip->label, what);
}

/* The end-of-central-directory record is the last thing but for a comment of up to 65535 bytes. */
static const uint8_t *find_end(const zip_archive *zip)
{
    for (size_t back = 22; back <= zip->size && back <= 22 + 65535; back++) {
        const uint8_t *p = zip->data + zip->size - back;
        if (memcmp(p, "PK\5\6", 4) == 0 && little(p + 20, 2) == back - 22)
            return p;
    }
    return NULL;
}

/* Number of entries and place of the directory, from the Zip64 record where there is one. */
static anew_status locate(const zip_archive *zip, uint64_t *count, uint64_t *offset,
                          uint64_t *bytes, anew_error *error)
{
    const uint8_t *end = find_end(zip);
    if (end == NULL)
        return damaged(zip, "its end is missing; the file is cut", error);
    *count = little(end + 10, 2);
    *bytes = little(end + 12, 4);
    *offset = little(end + 16, 4);
    if ((size_t)(end - zip->data) >= 20 && memcmp(end - 20, "PK\6\7", 4) == 0) {
        const uint64_t at = little(end - 20 + 8, 8);
        if (at > zip->size - 56 || zip->size < 56 || memcmp(zip->data + at, "PK\6\6", 4) != 0)
            return damaged(zip, "its Zip64 record is missing", error);
        *count = little(zip->data + at + 32, 8);
        *bytes = little(zip->data + at + 40, 8);
        *offset = little(zip->data + at + 48, 8);
    }
    if (*count > MAX_ENTRIES || *offset > zip->size || *bytes > zip->size - *offset)
        return damaged(zip, "its directory lies outside the file", error);
    return ANEW_OK;
}

/* Replaces 32-bit fields that say "see the Zip64 extra field" (id 1). */
static bool read_extra(zip_entry *entry, const uint8_t *extra, size_t bytes)
{
    for (size_t at = 0; at + 4 <= bytes;) {
        const size_t length = (size_t)little(extra + at + 2, 2);
        if (length > bytes - at - 4)
            return false;
        if (little(extra + at, 2) == 1) {
            uint64_t *const fields[] = {&entry->bytes, &entry->packed_bytes, &entry->local_header};
            size_t next = at + 4;
            for (int i = 0; i < 3; i++) {
                if (*fields[i] != 0xffffffffu)
                    continue;
                if (next + 8 > at + 4 + length)
                    return false;
                *fields[i] = little(extra + next, 8);
                next += 8;
            }
        }
        at += 4 + length;
    }
    return true;
}

anew_status zip_open(zip_archive *zip, const uint8_t *data, size_t size, const char *label,
                     anew_error *error)
{
    uint64_t count = 0, offset = 0, bytes = 0;
    *zip = (zip_archive){.data = data, .size = size, .label = label};
    ANEW_TRY(locate(zip, &count, &offset, &bytes, error));
    if (count > bytes / 46)
        return damaged(zip, "its directory is too small for its entries", error);
    zip->entries = anew_alloc_zero((size_t)count * sizeof *zip->entries);
    if (zip->entries == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory for its directory", label);
    const uint8_t *p = data + offset, *const end = p + bytes;
    for (uint64_t i = 0; i < count; i++) {
        if (end - p < 46 || memcmp(p, "PK\1\2", 4) != 0)
            goto broken;
        const size_t name = (size_t)little(p + 28, 2), extra = (size_t)little(p + 30, 2);
        const size_t note = (size_t)little(p + 32, 2);
        if ((size_t)(end - p) < 46 + name + extra + note)
            goto broken;
        zip_entry *entry = &zip->entries[zip->count++];
        *entry = (zip_entry){p + 46,
                             name,
                             (int)little(p + 10, 2),
                             little(p + 20, 4),
                             little(p + 24, 4),
                             little(p + 42, 4),
                             (uint32_t)little(p + 16, 4),
                             NULL};
        if (!read_extra(entry, p + 46 + name, extra))
            goto broken;
        p += 46 + name + extra + note;
    }
    return ANEW_OK;
broken:
    zip_free(zip);
    return anew_fail(error, ANEW_ERROR_FORMAT, "%s: damaged zip archive: its directory is broken",
                     label);
}

void zip_free(zip_archive *zip)
{
    for (int i = 0; i < zip->count; i++)
        anew_free(zip->entries[i].inflated);
    anew_free(zip->entries);
    zip->entries = NULL;
    zip->count = 0;
}

zip_entry *zip_find(const zip_archive *zip, const char *name)
{
    const size_t length = strlen(name);
    for (int i = 0; i < zip->count; i++)
        if (zip->entries[i].name_bytes == length && memcmp(zip->entries[i].name, name, length) == 0)
            return &zip->entries[i];
    return NULL;
}

#if ANEW_ZLIB
/* A raw deflate stream, which must give exactly entry->bytes bytes. */
static anew_status inflate_entry(zip_archive *zip, zip_entry *entry, const uint8_t *packed,
                                 anew_error *error)
{
    /* RFC 1951 allows 1032 bytes out of one; what claims more is a lie or a bomb. */
    if (entry->bytes / 1032 > entry->packed_bytes ||
        entry->bytes > MAX_INFLATED - zip->inflated_bytes)
        return anew_fail(error, ANEW_ERROR_LIMIT, "%s: an entry claims to hold %llu bytes",
                         zip->label, (unsigned long long)entry->bytes);
    entry->inflated = anew_alloc((size_t)entry->bytes);
    if (entry->inflated == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to inflate an entry", zip->label);
    zip->inflated_bytes += entry->bytes;
    z_stream stream = {0};
    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to inflate an entry", zip->label);
    uint64_t in = 0, out = 0;
    int result = Z_OK;
    while (result == Z_OK) {
        const uint64_t in_left = entry->packed_bytes - in, out_left = entry->bytes - out;
        const uInt in_now = in_left > 1u << 30 ? 1u << 30 : (uInt)in_left;
        const uInt out_now = out_left > 1u << 30 ? 1u << 30 : (uInt)out_left;
        stream.next_in = (z_const Bytef *)(uintptr_t)(packed + in);
        stream.avail_in = in_now;
        stream.next_out = entry->inflated + out;
        stream.avail_out = out_now;
        result = inflate(&stream, Z_NO_FLUSH);
        in += in_now - stream.avail_in;
        out += out_now - stream.avail_out;
    }
    (void)inflateEnd(&stream);
    if (result != Z_STREAM_END || out != entry->bytes || in != entry->packed_bytes)
        return damaged(zip, "an entry does not inflate", error);
    /* Only here: PyTorch can leave the sums of its stored entries out. */
    if (crc32_z(crc32(0, NULL, 0), entry->inflated, (size_t)entry->bytes) != entry->crc)
        return damaged(zip, "an entry's checksum is wrong", error);
    return ANEW_OK;
}
#else
static anew_status inflate_entry(zip_archive *zip, zip_entry *entry, const uint8_t *packed,
                                 anew_error *error)
{
    (void)entry;
    (void)packed;
    return anew_fail(
        error, ANEW_ERROR_UNSUPPORTED,
        "%s: its entries are deflated, and this build has no zlib; unpack it and store "
        "it uncompressed",
        zip->label);
}
#endif

anew_status zip_bytes(zip_archive *zip, zip_entry *entry, const uint8_t **bytes, anew_error *error)
{
    if (entry->method != 0 && entry->method != 8)
        return anew_fail(
            error, ANEW_ERROR_UNSUPPORTED,
            "%s: its entries are compressed by method %d; stored and deflated ones can "
            "be read",
            zip->label, entry->method);
    if (zip->size < 30 || entry->local_header > zip->size - 30 ||
        memcmp(zip->data + entry->local_header, "PK\3\4", 4) != 0)
        return damaged(zip, "an entry's header is missing", error);
    const uint8_t *local = zip->data + entry->local_header;
    const uint64_t start = entry->local_header + 30 + little(local + 26, 2) + little(local + 28, 2);
    if (start > zip->size || entry->packed_bytes > zip->size - start ||
        (entry->method == 0 && entry->packed_bytes != entry->bytes))
        return damaged(zip, "an entry reaches past the end of the file", error);
    *bytes = zip->data + start;
    if (entry->method == 0)
        return ANEW_OK;
    if (entry->inflated == NULL)
        ANEW_TRY(inflate_entry(zip, entry, zip->data + start, error));
    *bytes = entry->inflated;
    return ANEW_OK;
}
