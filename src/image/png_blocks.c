/*
 * png_blocks.c - what a PNG's chunks say beside the pixels: EXIF, XMP, IPTC, how anew made it, and texts. Needs zlib, without
 * which there is no libpng either.
 *
 * They may stand behind the pixels, and the result's must be known before its first row; so the chunks are walked
 * here, and not left to libpng.
 */
#include <string.h>
#include <zlib.h>

#include "core/memory.h"
#include "image/formats.h"
#include "image/texts.h"

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* A chunk's bytes from `skip` on, as a block. */
static bool take(anew_block *block, anew_input *input, uint64_t at, uint32_t length, uint32_t skip)
{
    if (length <= skip || length > ANEW_PNG_BLOCK)
        return true;
    uint8_t *data = anew_alloc_zero(length - skip + 1);
    if (data == NULL)
        return false;
    if (anew_input_some(input, at + skip, data, length - skip) != length - skip) {
        anew_free(data);
        return true;
    }
    anew_free(block->data);
    *block = (anew_block){data, length - skip};
    return true;
}

static voidpf zlib_alloc(voidpf context, uInt count, uInt bytes)
{
    (void)context;
    return anew_alloc_zero(anew_size_mul(count, bytes));
}

static void zlib_free(voidpf context, voidpf block)
{
    (void)context;
    anew_free(block);
}

/* What a zlib stream holds; *text stays empty where it is damaged, cut, or of more than about `most` bytes. False without
 * memory. */
static bool inflate_text(anew_block *text, const anew_block *packed, size_t most)
{
    z_stream stream = {.zalloc = zlib_alloc, .zfree = zlib_free};
    size_t capacity = 0, size = 0;
    uint8_t *data = NULL;
    int result = inflateInit(&stream);
    stream.next_in = packed->data;
    stream.avail_in = (uInt)packed->size;
    while (result == Z_OK && size < most) {
        uint8_t *more = anew_grow(data, &capacity, size + 4096, 1);
        if (more == NULL) {
            result = Z_MEM_ERROR;
            break;
        }
        data = more;
        stream.next_out = data + size;
        stream.avail_out = (uInt)(capacity - size);
        result = inflate(&stream, Z_NO_FLUSH);
        size = capacity - stream.avail_out;
    }
    (void)inflateEnd(&stream);
    if (result == Z_STREAM_END)
        *text = (anew_block){data, size};
    else
        anew_free(data);
    return result != Z_MEM_ERROR;
}

/* ---- blocks spelt in hexadecimal ----------------------------------------------------------------------- */

/* Longer ones are left where they are: 2 MB of bytes, where a JPEG has room for 64 kB. */
#define MAX_PROFILE   (4u << 20)
#define MOST_PROFILES 8

/* "Raw profile type exif", "... APP1" or "... iptc", in a tEXt chunk, or in a zTXt with a byte for the kind of compression, which
 * is 0, and a zlib stream (raw_profile.c). Damaged ones are passed over. False without memory. */
static bool take_raw_profile(anew_metadata *metadata, anew_input *input, uint64_t at,
                             uint32_t length, bool packed)
{
    anew_block chunk = {0}, text = {0};
    const uint32_t keyword = sizeof "Raw profile type exif";
    bool memory =
        length > MAX_PROFILE || take(&chunk, input, at, length, keyword + (packed ? 1 : 0));
    if (memory && chunk.data != NULL && packed)
        memory = inflate_text(&text, &chunk, MAX_PROFILE);
    if (memory && chunk.data != NULL)
        memory = anew_raw_profile_read(metadata, packed ? &text : &chunk);
    anew_free(chunk.data);
    anew_free(text.data);
    return memory;
}

/* ---- texts ------------------------------------------------------------------------------------------- */

#define KEY_BYTES 79

/* As PNG wants keywords (section 11.3.3.2): printable Latin-1, no blank at an end nor two in a row. libpng would refuse
 * to write another. */
static bool is_key(const uint8_t *key, size_t size)
{
    if (size == 0 || size > KEY_BYTES || key[0] == ' ' || key[size - 1] == ' ')
        return false;
    for (size_t i = 0; i < size; i++)
        if (key[i] < ' ' || (key[i] > '~' && key[i] < 161) || (key[i] == ' ' && key[i + 1] == ' '))
            return false;
    return true;
}

/* Texts that have a place of their own here, or that say what made the source. */
static bool is_ours(const char *key)
{
    static const char raw[] = "Raw profile type ";
    return strcmp(key, "Software") == 0 || strcmp(key, "XML:com.adobe.xmp") == 0 ||
           strncmp(key, raw, sizeof raw - 1) == 0;
}

/* Where an iTXt's text begins, behind its language and its translated keyword; 0 where it is cut. */
static size_t international_text(const anew_block *chunk, size_t at)
{
    for (int name = 0; name < 2; name++) {
        const uint8_t *end =
            at < chunk->size ? memchr(chunk->data + at, 0, chunk->size - at) : NULL;
        if (end == NULL)
            return 0;
        at = (size_t)(end - chunk->data) + 1;
    }
    return at;
}

/* The value that stands in a chunk from `at` on, inflated and in UTF-8, to the others. False without memory. */
static bool add_text(anew_block *texts, const anew_block *key, const anew_block *chunk, size_t at,
                     bool packed, bool latin1)
{
    const anew_block stored = {chunk->data + at, chunk->size - at};
    anew_block inflated = {0}, utf8 = {0};
    bool memory = !packed || inflate_text(&inflated, &stored, ANEW_TEXT_BYTES);
    const anew_block *value = packed ? &inflated : &stored;
    const bool there = memory && value->data != NULL;
    if (there && latin1) {
        memory = anew_utf8_of_latin1(&utf8, value->data, value->size);
        value = &utf8;
    }
    if (there && memory)
        memory = anew_texts_add(texts, (const char *)key->data, value->data, value->size);
    anew_free(inflated.data);
    anew_free(utf8.data);
    return memory;
}

/* The text of a tEXt, zTXt or iTXt chunk (PNG, section 11.3.3); damaged ones are passed over. False without memory. */
static bool take_text(anew_block *texts, anew_input *input, uint64_t at, uint32_t length, char kind)
{
    anew_block chunk = {0}, key = {0};
    bool memory = length > ANEW_TEXT_BYTES || take(&chunk, input, at, length, 0);
    const uint8_t *end = chunk.data == NULL ? NULL : memchr(chunk.data, 0, chunk.size);
    const size_t key_bytes = end == NULL ? 0 : (size_t)(end - chunk.data);
    if (end != NULL && is_key(chunk.data, key_bytes) && !is_ours((const char *)chunk.data)) {
        size_t from = key_bytes + 1;
        bool packed = kind == 'z';
        if (kind == 'i') { /* a zero is behind the chunk: one byte more is there */
            packed = chunk.data[from] == 1;
            from = international_text(&chunk, from + 2);
        } else if (packed) {
            from = from < chunk.size ? from + 1 : 0;
        }
        if (from != 0)
            memory = anew_utf8_of_latin1(&key, chunk.data, key_bytes) &&
                     add_text(texts, &key, &chunk, from, packed, kind != 'i');
    }
    anew_free(key.data);
    anew_free(chunk.data);
    return memory;
}

/* ---- the walk ------------------------------------------------------------------------------------------ */

typedef struct chunk_walk {
    anew_metadata *metadata;
    anew_metadata old; /* of raw profiles */
    anew_input *input;
    int profiles, texts; /* looked at */
} chunk_walk;

static const char xmp_keyword[] = "XML:com.adobe.xmp\0\0\0\0"; /* and one more zero, the string's */

#define HEAD_BYTES (8 + sizeof xmp_keyword)

static bool is_raw_profile(const uint8_t *keyword)
{
    static const char raw[3][sizeof "Raw profile type exif"] = {
        "Raw profile type exif", "Raw profile type APP1", "Raw profile type iptc"};
    return memcmp(keyword, raw[0], sizeof raw[0]) == 0 ||
           memcmp(keyword, raw[1], sizeof raw[1]) == 0 ||
           memcmp(keyword, raw[2], sizeof raw[2]) == 0;
}

/* A chunk whose first bytes are `head`. An XMP packet is in iTXt with its keyword, not compressed, with empty language and
 * translated keyword (XMP specification, part 3, section 1.1.5). Texts may be small and inflate to much: only the first few
 * are looked at. False without memory. */
static bool take_chunk(chunk_walk *w, const uint8_t head[HEAD_BYTES], uint64_t at, uint32_t length)
{
    const bool packed = memcmp(head + 4, "zTXt", 4) == 0;
    const bool plain = memcmp(head + 4, "tEXt", 4) == 0;
    const bool international = memcmp(head + 4, "iTXt", 4) == 0;
    anew_metadata *m = w->metadata;
    if (memcmp(head + 4, "eXIf", 4) == 0)
        return take(&m->exif, w->input, at, length, 0);
    if (plain && memcmp(head + 8, "Software\0anew ", 14) == 0)
        return take(&m->provenance, w->input, at, length, 9);
    if (international && memcmp(head + 8, xmp_keyword, sizeof xmp_keyword) == 0)
        return take(&m->xmp, w->input, at, length, sizeof xmp_keyword);
    if ((packed || plain) && is_raw_profile(head + 8))
        return w->profiles++ >= MOST_PROFILES ||
               take_raw_profile(&w->old, w->input, at, length, packed);
    if ((packed || plain || international) && w->texts < ANEW_MOST_TEXTS) {
        w->texts++;
        return take_text(&m->texts, w->input, at, length, (char)head[4]);
    }
    return true;
}

static void take_over(anew_block *block, anew_block *old)
{
    if (block->data != NULL)
        return;
    *block = *old;
    *old = (anew_block){0};
}

bool anew_png_blocks(anew_metadata *metadata, anew_input *input)
{
    chunk_walk walk = {.metadata = metadata, .input = input};
    bool memory = true;
    for (uint64_t at = 8; memory;) {
        uint8_t head[HEAD_BYTES] = {0}; /* the last chunks of a file may be shorter */
        if (anew_input_some(input, at, head, sizeof head) < 8 || memcmp(head + 4, "IEND", 4) == 0)
            break;
        const uint32_t length = get32(head);
        memory = take_chunk(&walk, head, at + 8, length);
        at += 12 + (uint64_t)length;
    }
    if (!anew_is_provenance(metadata->provenance.data, metadata->provenance.size)) {
        anew_free(metadata->provenance.data);
        metadata->provenance = (anew_block){0};
    }
    /* What has a chunk of its own counts before what an older writer made a text. */
    take_over(&metadata->exif, &walk.old.exif);
    take_over(&metadata->xmp, &walk.old.xmp);
    take_over(&metadata->iptc, &walk.old.iptc);
    anew_metadata_free(&walk.old);
    return memory;
}
