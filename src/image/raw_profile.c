/*
 * raw_profile.c - blocks that stand in a PNG as text, the way of ImageMagick before PNG had a chunk for EXIF:
 * a line with the kind, one with the number of bytes, then those in hexadecimal, in lines of 36.
 *
 *     exif
 *           52
 *     457869660000 ...
 *
 * The kind says little: "APP1" is what a JPEG has there, EXIF or XMP. Both begin with a signature (Exif 2.3,
 * section 4.7.2; XMP specification, part 3, section 1.1.3), and that decides. "iptc" is the list of resources of iptc.c;
 * PNG has no other place for it, so that this kind is written, too.
 */
#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "image/formats.h"

#define LINE_BYTES 36

/* The value of a digit, or -1. */
static int digit_of(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* The number of bytes, and in *at where their digits begin; 0 where the text has another form. */
static size_t read_head(const anew_block *text, size_t *at)
{
    size_t i = 0, bytes = 0;
    while (i < text->size && text->data[i] == '\n')
        i++;
    while (i < text->size && text->data[i] != '\n')
        i++;
    while (i < text->size && is_space(text->data[i]))
        i++;
    for (; i < text->size && text->data[i] >= '0' && text->data[i] <= '9'; i++)
        if (bytes <= text->size)
            bytes = bytes * 10 + (size_t)(text->data[i] - '0');
    *at = i;
    return i < text->size && text->data[i] == '\n' && bytes <= text->size / 2 ? bytes : 0;
}

/* The bytes of `to` from the text's digits on; false where they are too few. */
static bool read_digits(uint8_t *to, size_t bytes, const anew_block *text, size_t at)
{
    size_t digits = 0;
    int high = 0;
    for (; at < text->size && digits < 2 * bytes; at++) {
        const int digit = digit_of(text->data[at]);
        if (is_space(text->data[at]))
            continue;
        if (digit < 0)
            return false;
        if (digits % 2 == 1)
            to[digits / 2] = (uint8_t)(high * 16 + digit);
        high = digit;
        digits++;
    }
    return digits == 2 * bytes;
}

bool anew_raw_profile_read(anew_metadata *metadata, const anew_block *text)
{
    static const char exif[6] = "Exif\0", xmp[29] = "http://ns.adobe.com/xap/1.0/";
    size_t at = 0;
    const size_t bytes = read_head(text, &at);
    uint8_t *raw = bytes == 0 ? NULL : anew_alloc(bytes);
    bool memory = bytes == 0 || raw != NULL;
    if (raw != NULL && read_digits(raw, bytes, text, at)) {
        if (bytes > sizeof exif && memcmp(raw, exif, sizeof exif) == 0)
            memory = anew_block_set(&metadata->exif, raw + sizeof exif, bytes - sizeof exif);
        else if (bytes > sizeof xmp && memcmp(raw, xmp, sizeof xmp) == 0)
            memory = anew_block_set(&metadata->xmp, raw + sizeof xmp, bytes - sizeof xmp);
        else if (bytes > 4 && memcmp(raw, "8BIM", 4) == 0)
            memory = anew_block_set(&metadata->iptc, raw, bytes);
    }
    anew_free(raw);
    return memory;
}

bool anew_raw_profile_write(anew_block *text, const char *kind, const anew_block *from)
{
    static const char digits[] = "0123456789abcdef";
    const size_t lines = (from->size + LINE_BYTES - 1) / LINE_BYTES;
    const size_t room = anew_size_add(anew_size_mul(from->size, 2), lines + strlen(kind) + 32);
    uint8_t *data = anew_alloc(room);
    if (data == NULL)
        return false;
    size_t at = (size_t)snprintf((char *)data, room, "\n%s\n%8zu\n", kind, from->size);
    for (size_t i = 0; i < from->size; i++) {
        data[at++] = (uint8_t)digits[from->data[i] >> 4];
        data[at++] = (uint8_t)digits[from->data[i] & 15];
        if (i % LINE_BYTES == LINE_BYTES - 1 || i == from->size - 1)
            data[at++] = '\n';
    }
    data[at] = 0;
    anew_free(text->data);
    *text = (anew_block){data, at};
    return true;
}
