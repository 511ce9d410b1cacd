/*
 * exif.c - the few entries of an EXIF block that a change of the picture makes wrong.
 *
 * A TIFF block: byte order, 42, the offset of the first directory. A directory: the number of its entries,
 * 12 bytes for each (tag, type, count, value or its offset), the offset of the next directory. The second
 * one describes the thumbnail (TIFF 6.0, section 2; Exif 2.3, sections 4.5 and 4.6). Ours is the block's end:
 *
 *     ... | directory, 78 bytes | two resolutions | JPEG | zeros up to the room it was given
 */
#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "image/metadata.h"

#define IMAGE_WIDTH            0x0100
#define IMAGE_LENGTH           0x0101
#define COMPRESSION            0x0103
#define STRIP_OFFSETS          0x0111
#define ORIENTATION            0x0112
#define STRIP_LENGTHS          0x0117
#define X_RESOLUTION           0x011A
#define Y_RESOLUTION           0x011B
#define RESOLUTION_UNIT        0x0128
#define THUMBNAIL_OFFSET       0x0201
#define THUMBNAIL_LENGTH       0x0202
#define EXIF_DIRECTORY         0x8769
#define COLOUR_SPACE           0xA001
#define PIXEL_WIDTH            0xA002
#define PIXEL_HEIGHT           0xA003
#define INTEROPERABILITY       0xA005
#define INTEROPERABILITY_INDEX 0x0001

#define TYPE_ASCII    2
#define TYPE_SHORT    3
#define TYPE_LONG     4
#define TYPE_RATIONAL 5 /* two LONGs */

#define UNIT_INCH 2

#define COMPRESSION_JPEG 6
#define THUMBNAIL_DPI    72 /* of no meaning, but it has to be said (Exif 2.3, section 4.6.4 A) */

/* Of a thumbnail that is not compressed; one has about a hundred rows. */
#define MOST_STRIPS 256

typedef struct tiff {
    uint8_t *data;
    size_t size;
    bool big; /* byte order */
} tiff;

static uint32_t get16(const tiff *t, size_t at)
{
    const uint8_t *p = t->data + at;
    return t->big ? (uint32_t)p[0] << 8 | p[1] : (uint32_t)p[1] << 8 | p[0];
}

static uint32_t get32(const tiff *t, size_t at)
{
    return t->big ? get16(t, at) << 16 | get16(t, at + 2) : get16(t, at + 2) << 16 | get16(t, at);
}

static void put16(const tiff *t, size_t at, uint32_t value)
{
    t->data[at + (t->big ? 1 : 0)] = (uint8_t)value;
    t->data[at + (t->big ? 0 : 1)] = (uint8_t)(value >> 8);
}

static void put32(const tiff *t, size_t at, uint32_t value)
{
    put16(t, at + (t->big ? 2 : 0), value & 0xffff);
    put16(t, at + (t->big ? 0 : 2), value >> 16);
}

static bool open_tiff(tiff *t, uint8_t *data, size_t size)
{
    if (size < 8)
        return false;
    *t = (tiff){data, size, data[0] == 'M'};
    return memcmp(data, t->big ? "MM\0*" : "II*\0", 4) == 0;
}

/* Entries that lie inside the block, of the directory at this offset. */
static size_t entries_of(const tiff *t, size_t directory)
{
    if (directory < 8 || directory > t->size - 2)
        return 0;
    const size_t entries = get16(t, directory), room = (t->size - directory - 2) / 12;
    return entries < room ? entries : room;
}

/* Offset of the entry with this tag; 0: none. */
static size_t find(const tiff *t, size_t directory, uint32_t tag)
{
    const size_t entries = entries_of(t, directory);
    for (size_t i = 0; i < entries; i++)
        if (get16(t, directory + 2 + 12 * i) == tag)
            return directory + 2 + 12 * i;
    return 0;
}

/* The one number of an entry of type SHORT or LONG; 0: none. */
static uint32_t number(const tiff *t, size_t directory, uint32_t tag)
{
    const size_t entry = find(t, directory, tag);
    if (entry == 0)
        return 0;
    const uint32_t type = get16(t, entry + 2);
    return type == TYPE_SHORT ? get16(t, entry + 8) : type == TYPE_LONG ? get32(t, entry + 8) : 0;
}

static void set_number(const tiff *t, size_t directory, uint32_t tag, uint32_t value)
{
    const size_t entry = find(t, directory, tag);
    if (entry == 0)
        return;
    put16(t, entry + 2, TYPE_LONG); /* these tags may have either type */
    put32(t, entry + 4, 1);
    put32(t, entry + 8, value);
}

int anew_exif_orientation(const uint8_t *data, size_t size)
{
    tiff t;
    if (!open_tiff(&t, (uint8_t *)(uintptr_t)data, size)) /* only read here */
        return 1;
    const size_t entry = find(&t, get32(&t, 4), ORIENTATION);
    const uint32_t value =
        entry != 0 && get16(&t, entry + 2) == TYPE_SHORT ? get16(&t, entry + 8) : 1;
    return value >= 1 && value <= 8 ? (int)value : 1;
}

void anew_exif_reset_orientation(uint8_t *data, size_t size)
{
    tiff t;
    if (anew_exif_orientation(data, size) != 1 && open_tiff(&t, data, size))
        put16(&t, find(&t, get32(&t, 4), ORIENTATION) + 8, 1);
}

/* Dots an inch as a rational with two digits behind the point, where one has its eight bytes. */
static void set_resolution(const tiff *t, size_t directory, uint32_t tag, double dpi)
{
    const size_t entry = find(t, directory, tag);
    if (entry == 0 || get16(t, entry + 2) != TYPE_RATIONAL || get32(t, entry + 4) != 1)
        return;
    const size_t at = get32(t, entry + 8);
    if (at < 8 || at > t->size - 8)
        return;
    put32(t, at, (uint32_t)lround(dpi * 100));
    put32(t, at + 4, 100);
}

/* ---- the thumbnail -------------------------------------------------------------------------------- */

/* Where the first directory says the place of the second; 0: nowhere. */
static size_t link_of(const tiff *t)
{
    const size_t first = get32(t, 4);
    if (entries_of(t, first) == 0)
        return 0;
    const size_t end = first + 2 + 12 * (size_t)get16(t, first);
    return end + 4 <= t->size ? end : 0;
}

/* Only behind the first one, where a sound file has it; 0: none. */
static size_t second_directory(const tiff *t)
{
    const size_t link = link_of(t), second = link == 0 ? 0 : get32(t, link);
    return second >= link + 4 && entries_of(t, second) > 0 ? second : 0;
}

bool anew_exif_has_thumbnail(const anew_block *exif)
{
    tiff t;
    if (!open_tiff(&t, exif->data, exif->size))
        return false;
    const size_t second = second_directory(&t);
    return find(&t, second, THUMBNAIL_OFFSET) != 0 || find(&t, second, STRIP_OFFSETS) != 0;
}

/* The i-th of an entry's numbers; 0: none. */
static uint32_t number_at(const tiff *t, size_t entry, size_t i)
{
    const uint32_t type = entry == 0 ? 0 : get16(t, entry + 2);
    const size_t bytes = type == TYPE_SHORT ? 2 : type == TYPE_LONG ? 4 : 0;
    if (bytes == 0 || i >= get32(t, entry + 4))
        return 0;
    const size_t from = get32(t, entry + 4) <= 4 / bytes ? entry + 8 : get32(t, entry + 8);
    const size_t at = from + i * bytes;
    return at > t->size - bytes ? 0 : bytes == 2 ? get16(t, at) : get32(t, at);
}

/* Some of the thumbnail's bytes; where they are the last ones, the block ends before them. */
static void blank(const tiff *t, anew_block *exif, size_t offset, size_t length)
{
    if (offset < link_of(t) + 4 || offset >= t->size)
        return;
    length = length < t->size - offset ? length : t->size - offset;
    memset(t->data + offset, 0, length);
    if (offset + length == exif->size)
        exif->size = offset;
}

enum {
    THUMBNAIL_ENTRIES = 6,
    THUMBNAIL_VALUES = 2 + 12 * THUMBNAIL_ENTRIES + 4, /* where the resolutions are ... */
    THUMBNAIL_HEAD = THUMBNAIL_VALUES + 16             /* ... and the JPEG, from the directory on */
};

/* Whether the block ends as ours do: with nothing behind this directory but what belongs to it. */
static bool is_ours(const tiff *t, size_t second)
{
    const size_t offset = number(t, second, THUMBNAIL_OFFSET);
    size_t end = offset + number(t, second, THUMBNAIL_LENGTH);
    if (entries_of(t, second) != THUMBNAIL_ENTRIES || offset != second + THUMBNAIL_HEAD ||
        end > t->size)
        return false;
    while (end < t->size && t->data[end] == 0)
        end++;
    return end == t->size;
}

/* Unlinks the second directory and blanks it and what it points to: the small picture may show what the
 * large one no longer does. */
void anew_exif_remove_thumbnail(anew_block *exif)
{
    tiff t;
    const size_t link = open_tiff(&t, exif->data, exif->size) ? link_of(&t) : 0;
    const size_t second = link == 0 ? 0 : second_directory(&t);
    if (second == 0) {
        if (link != 0)
            put32(&t, link, 0);
        return;
    }
    if (is_ours(&t, second)) {
        blank(&t, exif, second, t.size - second);
    } else {
        const size_t bytes = 2 + 12 * entries_of(&t, second);
        const size_t offsets = find(&t, second, STRIP_OFFSETS);
        const size_t lengths = find(&t, second, STRIP_LENGTHS);
        blank(&t, exif, number(&t, second, THUMBNAIL_OFFSET), number(&t, second, THUMBNAIL_LENGTH));
        for (size_t i = MOST_STRIPS; i-- > 0;) /* the last one first: the block may get shorter */
            blank(&t, exif, number_at(&t, offsets, i), number_at(&t, lengths, i));
        memset(t.data + second, 0, bytes);
    }
    put32(&t, link, 0);
}

bool anew_exif_add_thumbnail(anew_block *exif, size_t room)
{
    static const struct {
        uint16_t tag, type;
        uint32_t value;
        bool is_offset; /* from the directory on */
    } entries[THUMBNAIL_ENTRIES] = {{COMPRESSION, TYPE_SHORT, COMPRESSION_JPEG, false},
                                    {X_RESOLUTION, TYPE_RATIONAL, THUMBNAIL_VALUES, true},
                                    {Y_RESOLUTION, TYPE_RATIONAL, THUMBNAIL_VALUES + 8, true},
                                    {RESOLUTION_UNIT, TYPE_SHORT, UNIT_INCH, false},
                                    {THUMBNAIL_OFFSET, TYPE_LONG, THUMBNAIL_HEAD, true},
                                    {THUMBNAIL_LENGTH, TYPE_LONG, 0, false}};
    tiff t;
    if (!open_tiff(&t, exif->data, exif->size) || link_of(&t) == 0)
        return true;
    const size_t second = (exif->size + 1) & ~(size_t)1; /* values begin at even places */
    const size_t size = anew_size_add(second + THUMBNAIL_HEAD, room);
    uint8_t *data = size > UINT32_MAX ? NULL : anew_alloc_zero(size + 1);
    if (data == NULL)
        return false;
    memcpy(data, exif->data, exif->size);
    anew_free(exif->data);
    *exif = (anew_block){data, size};
    t = (tiff){data, size, t.big};
    put32(&t, link_of(&t), (uint32_t)second);
    put16(&t, second, THUMBNAIL_ENTRIES);
    for (size_t i = 0; i < THUMBNAIL_ENTRIES; i++) {
        const size_t at = second + 2 + 12 * i;
        put16(&t, at, entries[i].tag);
        put16(&t, at + 2, entries[i].type);
        put32(&t, at + 4, 1);
        if (entries[i].type == TYPE_SHORT)
            put16(&t, at + 8, entries[i].value);
        else
            put32(&t, at + 8, entries[i].value + (entries[i].is_offset ? (uint32_t)second : 0));
    }
    set_resolution(&t, second, X_RESOLUTION, THUMBNAIL_DPI);
    set_resolution(&t, second, Y_RESOLUTION, THUMBNAIL_DPI);
    return true;
}

void anew_exif_set_thumbnail(anew_block *exif, const uint8_t *jpeg, size_t size)
{
    tiff t;
    if (!open_tiff(&t, exif->data, exif->size))
        return;
    const size_t second = second_directory(&t), offset = number(&t, second, THUMBNAIL_OFFSET);
    if (offset < second + THUMBNAIL_HEAD || offset > t.size || size > t.size - offset)
        return;
    memcpy(t.data + offset, jpeg, size);
    set_number(&t, second, THUMBNAIL_LENGTH, (uint32_t)size);
}

void anew_exif_resize(anew_block *exif, int width, int height)
{
    tiff t;
    if (!open_tiff(&t, exif->data, exif->size))
        return;
    const size_t first = get32(&t, 4);
    if (entries_of(&t, first) == 0)
        return;
    const size_t details = number(&t, first, EXIF_DIRECTORY);
    set_number(&t, first, IMAGE_WIDTH, (uint32_t)width);
    set_number(&t, first, IMAGE_LENGTH, (uint32_t)height);
    set_number(&t, details, PIXEL_WIDTH, (uint32_t)width);
    set_number(&t, details, PIXEL_HEIGHT, (uint32_t)height);
    anew_exif_remove_thumbnail(exif);
}

/* ---- colours ---------------------------------------------------------------------------------------- */

/* Where the three letters stand that name the rules which a camera kept to; 0: nowhere (Exif 2.3, section 4.6.7). */
static size_t rules_at(const tiff *t)
{
    const size_t details = number(t, get32(t, 4), EXIF_DIRECTORY);
    const size_t directory = number(t, details, INTEROPERABILITY);
    const size_t entry = find(t, directory, INTEROPERABILITY_INDEX);
    const bool is_text =
        entry != 0 && get16(t, entry + 2) == TYPE_ASCII && get32(t, entry + 4) == 4;
    return is_text ? entry + 8 : 0;
}

bool anew_exif_says_adobe_rgb(const anew_block *exif)
{
    tiff t;
    if (!open_tiff(&t, exif->data, exif->size))
        return false;
    const size_t rules = rules_at(&t);
    return rules != 0 && memcmp(t.data + rules, "R03", 3) == 0;
}

void anew_exif_set_srgb(anew_block *exif)
{
    tiff t;
    if (!open_tiff(&t, exif->data, exif->size))
        return;
    const size_t entry = find(&t, number(&t, get32(&t, 4), EXIF_DIRECTORY), COLOUR_SPACE);
    if (entry != 0 && get16(&t, entry + 2) == TYPE_SHORT)
        put16(&t, entry + 8, 1);
    const size_t rules = rules_at(&t);
    if (rules != 0 && memcmp(t.data + rules, "R03", 3) == 0)
        memcpy(t.data + rules, "R98", 3);
}

/* ---- resolution ---- */

void anew_exif_set_density(anew_block *exif, double dpi)
{
    tiff t;
    if (!open_tiff(&t, exif->data, exif->size))
        return;
    const size_t first = get32(&t, 4), unit = find(&t, first, RESOLUTION_UNIT);
    set_resolution(&t, first, X_RESOLUTION, dpi);
    set_resolution(&t, first, Y_RESOLUTION, dpi);
    if (unit != 0 && get16(&t, unit + 2) == TYPE_SHORT)
        put16(&t, unit + 8, UNIT_INCH);
}

bool anew_exif_of_density(anew_block *exif, double dpi)
{
    enum { ENTRIES = 3, VALUES = 8 + 2 + 12 * ENTRIES + 4, BYTES = VALUES + 16 };
    static const struct {
        uint16_t tag, type;
        uint32_t value;
    } entries[ENTRIES] = {{X_RESOLUTION, TYPE_RATIONAL, VALUES},
                          {Y_RESOLUTION, TYPE_RATIONAL, VALUES + 8},
                          {RESOLUTION_UNIT, TYPE_SHORT, UNIT_INCH}};
    uint8_t data[BYTES] = {'I', 'I', '*'};
    const tiff t = {data, BYTES, false};
    put32(&t, 4, 8);
    put16(&t, 8, ENTRIES);
    for (size_t i = 0; i < ENTRIES; i++) {
        put16(&t, 10 + 12 * i, entries[i].tag);
        put16(&t, 12 + 12 * i, entries[i].type);
        put32(&t, 14 + 12 * i, 1);
        put32(&t, 18 + 12 * i, entries[i].value);
    }
    set_resolution(&t, 8, X_RESOLUTION, dpi);
    set_resolution(&t, 8, Y_RESOLUTION, dpi);
    return anew_block_set(exif, data, BYTES);
}
