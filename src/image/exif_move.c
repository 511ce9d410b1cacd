/*
 * exif_move.c - EXIF between a block of its own and a TIFF file, which is such a block with a picture in it.
 *
 * A directory and what its entries point to can stand anywhere, once the offsets in it are right: entries are copied
 * one by one, values of more than four bytes behind them (TIFF 6.0, section 2). Makers' notes with offsets of their own
 * are copied as bytes; those offsets nobody can know.
 */
#include <string.h>

#include "core/memory.h"
#include "image/formats.h"

#define SOFTWARE         0x0131
#define EXIF_DIRECTORY   0x8769
#define GPS_DIRECTORY    0x8825
#define INTEROPERABILITY 0xA005

#define MOST_ENTRIES 1024
#define MOST_BYTES   ((size_t)8 << 20) /* of a copy */
#define MOST_DEPTH   3

typedef struct mover {
    anew_input *from;
    anew_block *to;
    size_t capacity;
    uint32_t base; /* where to->data[0] will stand */
    bool big, memory;
} mover;

static uint32_t get(const mover *m, const uint8_t *p, int bytes)
{
    uint32_t value = 0;
    for (int i = 0; i < bytes; i++)
        value = value << 8 | p[m->big ? i : bytes - 1 - i];
    return value;
}

static void put(const mover *m, uint8_t *p, int bytes, uint32_t value)
{
    for (int i = 0; i < bytes; i++, value >>= 8)
        p[m->big ? bytes - 1 - i : i] = (uint8_t)value;
}

/* Room for so many zeros at the end, at an even place; its offset in to->data, or SIZE_MAX. */
static size_t extend(mover *m, size_t bytes)
{
    const size_t at = (m->to->size + 1) & ~(size_t)1;
    if (!m->memory || at + bytes > MOST_BYTES)
        return SIZE_MAX;
    uint8_t *data = anew_grow(m->to->data, &m->capacity, at + bytes + 1, 1);
    if (data == NULL) {
        m->memory = false;
        return SIZE_MAX;
    }
    memset(data + m->to->size, 0, at + bytes + 1 - m->to->size);
    *m->to = (anew_block){data, at + bytes};
    return at;
}

static bool is_pointer(uint32_t tag)
{
    return tag == EXIF_DIRECTORY || tag == GPS_DIRECTORY || tag == INTEROPERABILITY;
}

/* What a picture's own directory says of more than its pixels: texts about it, and the way to the other two. */
static bool is_about(uint32_t tag)
{
    static const uint16_t about[] = {270, 271, 272, 305, 306, 315, 316, 33432};
    for (size_t i = 0; i < sizeof about / sizeof about[0]; i++)
        if (tag == about[i])
            return true;
    return tag == EXIF_DIRECTORY || tag == GPS_DIRECTORY;
}

static size_t copy_directory(mover *m, uint32_t offset, bool only_about, int depth);

/* One entry of 12 bytes, read from the source, into `entry`, its values behind everything; false: it is left out. */
static bool copy_entry(mover *m, uint8_t entry[12], int depth)
{
    static const uint8_t sizes[14] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4};
    const uint32_t tag = get(m, entry, 2), type = get(m, entry + 2, 2);
    const uint32_t count = get(m, entry + 4, 4), value = get(m, entry + 8, 4);
    if (type < 1 || type > 13)
        return false;
    if (is_pointer(tag)) {
        const size_t at =
            depth < MOST_DEPTH ? copy_directory(m, value, false, depth + 1) : SIZE_MAX;
        if (at != SIZE_MAX)
            put(m, entry + 8, 4, m->base + (uint32_t)at);
        return at != SIZE_MAX;
    }
    const size_t bytes = anew_size_mul(sizes[type], count);
    if (bytes <= 4)
        return true;
    if (bytes > MOST_BYTES || value > anew_input_size(m->from) ||
        bytes > anew_input_size(m->from) - value)
        return false;
    const size_t at = extend(m, bytes);
    if (at == SIZE_MAX || anew_input_some(m->from, value, m->to->data + at, bytes) != bytes)
        return false;
    if (tag == SOFTWARE && anew_is_provenance(m->to->data + at, bytes - 1)) {
        m->to->size = at; /* read as what it is (image_tiff.c) */
        return false;
    }
    put(m, entry + 8, 4, m->base + (uint32_t)at);
    return true;
}

/* The directory at `offset` of the source, to the end of the copy; where it stands there, or SIZE_MAX. */
static size_t copy_directory(mover *m, uint32_t offset, bool only_about, int depth)
{
    uint8_t entry[12];
    if (offset < 8 || anew_input_some(m->from, offset, entry, 2) != 2)
        return SIZE_MAX;
    const uint32_t entries = get(m, entry, 2);
    if (entries == 0 || entries > MOST_ENTRIES)
        return SIZE_MAX;
    const size_t at = extend(m, 2 + 12 * (size_t)entries + 4);
    uint32_t kept = 0;
    for (uint32_t i = 0; at != SIZE_MAX && i < entries; i++) {
        if (anew_input_some(m->from, (uint64_t)offset + 2 + 12 * (uint64_t)i, entry, 12) != 12)
            break;
        if ((only_about && !is_about(get(m, entry, 2))) || !copy_entry(m, entry, depth))
            continue;
        memcpy(m->to->data + at + 2 + 12 * (size_t)kept, entry, 12);
        kept++;
    }
    if (at != SIZE_MAX)
        put(m, m->to->data + at, 2, kept);
    return kept > 0 ? at : SIZE_MAX;
}

/* The byte order and the first directory of the source; false where it is no TIFF of the usual kind. */
static bool open_mover(mover *m, uint32_t *first)
{
    uint8_t head[8];
    if (anew_input_some(m->from, 0, head, 8) != 8)
        return false;
    m->big = head[0] == 'M';
    *first = get(m, head + 4, 4);
    return memcmp(head, m->big ? "MM\0*" : "II*\0", 4) == 0;
}

bool anew_exif_of_tiff(anew_block *exif, anew_input *file)
{
    anew_block block = {0};
    mover m = {.from = file, .to = &block, .memory = true};
    uint32_t first = 0;
    if (!open_mover(&m, &first))
        return true;
    const size_t head = extend(&m, 8);
    if (head != SIZE_MAX) {
        memcpy(block.data, m.big ? "MM\0*" : "II*\0", 4);
        put(&m, block.data + 4, 4, 8);
        if (copy_directory(&m, first, true, 0) == SIZE_MAX)
            block.size = 0;
    }
    if (m.memory && block.size > 0) {
        anew_free(exif->data);
        *exif = block;
    } else {
        anew_free(block.data);
    }
    return m.memory;
}

/* Offset of an entry of the first directory of a block; 0: none. */
static size_t find_first(const mover *m, const anew_block *exif, uint32_t first, uint32_t tag)
{
    if (first < 8 || exif->size < 8 || first > exif->size - 2)
        return 0;
    const size_t entries = get(m, exif->data + first, 2);
    for (size_t i = 0, at = first + 2; i < entries && at + 12 <= exif->size; i++, at += 12)
        if (get(m, exif->data + at, 2) == tag)
            return at;
    return 0;
}

bool anew_exif_is_big(const anew_block *exif)
{
    return exif->size > 0 && exif->data[0] == 'M';
}

bool anew_exif_directory(anew_block *directory, const anew_block *exif, uint32_t tag, uint32_t base)
{
    anew_block block = {0};
    mover m = {.to = &block, .base = base, .memory = true};
    uint32_t first = 0;
    if (exif->data == NULL ||
        anew_input_open_memory(&m.from, exif->data, exif->size, "EXIF", NULL) != ANEW_OK)
        return exif->data == NULL;
    const size_t entry = open_mover(&m, &first) ? find_first(&m, exif, first, tag) : 0;
    if (entry != 0 && copy_directory(&m, get(&m, exif->data + entry + 8, 4), false, 1) == SIZE_MAX)
        block.size = 0;
    anew_input_close(&m.from);
    if (m.memory && block.size > 0)
        *directory = block;
    else
        anew_free(block.data);
    return m.memory;
}

const char *anew_exif_text(const anew_block *exif, uint32_t tag)
{
    mover m = {.big = anew_exif_is_big(exif)};
    if (exif->size < 8)
        return NULL;
    const size_t entry = find_first(&m, exif, get(&m, exif->data + 4, 4), tag);
    if (entry == 0 || get(&m, exif->data + entry + 2, 2) != 2)
        return NULL;
    const size_t bytes = get(&m, exif->data + entry + 4, 4);
    const size_t at = bytes <= 4 ? entry + 8 : get(&m, exif->data + entry + 8, 4);
    if (bytes == 0 || at > exif->size || bytes > exif->size - at || exif->data[at + bytes - 1] != 0)
        return NULL;
    return (const char *)exif->data + at;
}
