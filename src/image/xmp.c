/*
 * xmp.c - the few properties of an XMP packet that a change of the picture makes wrong.
 *
 * A simple property is an attribute, name="value", or an element, <name>value</name> (XMP specification,
 * part 1, section 7). The packet is searched for these spellings as text; whatever else it holds stays as
 * it is, byte for byte.
 */
#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "image/metadata.h"

/* Where `text` first stands in the packet at or after `from`; SIZE_MAX: nowhere. */
static size_t find(const anew_block *xmp, size_t from, const char *text)
{
    const size_t length = strlen(text);
    for (size_t at = from; length <= xmp->size && at <= xmp->size - length; at++)
        if (memcmp(xmp->data + at, text, length) == 0)
            return at;
    return SIZE_MAX;
}

/* Puts `text` in the place of `length` bytes at `at`. */
static bool replace(anew_block *xmp, size_t at, size_t length, const char *text)
{
    const size_t added = strlen(text), rest = xmp->size - at - length;
    uint8_t *data = anew_alloc(at + added + rest + 1);
    if (data == NULL)
        return false;
    memcpy(data, xmp->data, at);
    memcpy(data + at, text, added);
    memcpy(data + at + added, xmp->data + at + length, rest);
    data[at + added + rest] = 0;
    anew_free(xmp->data);
    *xmp = (anew_block){data, at + added + rest};
    return true;
}

/* The value of a simple property: where it begins and how long it is; false: it is not there. */
static bool find_value(const anew_block *xmp, const char *name, size_t *begin, size_t *length)
{
    for (size_t at = find(xmp, 0, name); at != SIZE_MAX; at = find(xmp, at + 1, name)) {
        const size_t behind = at + strlen(name);
        if (at == 0 || behind + 2 >= xmp->size)
            continue;
        uint8_t last;
        size_t from = behind + 1;
        if (xmp->data[at - 1] == '<' && xmp->data[behind] == '>')
            last = '<';
        else if (xmp->data[behind] == '=' &&
                 (xmp->data[behind + 1] == '"' || xmp->data[behind + 1] == '\''))
            last = xmp->data[from++];
        else
            continue;
        const uint8_t *end = memchr(xmp->data + from, last, xmp->size - from);
        if (end == NULL)
            continue;
        *begin = from;
        *length = (size_t)(end - (xmp->data + from));
        return true;
    }
    return false;
}

static bool set_text(anew_block *xmp, const char *name, const char *text)
{
    size_t begin = 0, length = 0;
    return !find_value(xmp, name, &begin, &length) || replace(xmp, begin, length, text);
}

static bool set_value(anew_block *xmp, const char *name, int value)
{
    char text[16];
    (void)snprintf(text, sizeof text, "%d", value);
    return set_text(xmp, name, text);
}

void anew_xmp_reset_orientation(anew_block *xmp)
{
    size_t begin = 0, length = 0;
    if (find_value(xmp, "tiff:Orientation", &begin, &length) && length == 1)
        xmp->data[begin] = '1';
}

bool anew_xmp_resize(anew_block *xmp, int width, int height)
{
    static const char open[] = "<xmp:Thumbnails", close[] = "</xmp:Thumbnails>";
    const size_t begin = find(xmp, 0, open), end = find(xmp, 0, close);
    if (begin != SIZE_MAX && end != SIZE_MAX && begin < end &&
        !replace(xmp, begin, end + strlen(close) - begin, ""))
        return false;
    return set_value(xmp, "tiff:ImageWidth", width) && set_value(xmp, "tiff:ImageLength", height) &&
           set_value(xmp, "exif:PixelXDimension", width) &&
           set_value(xmp, "exif:PixelYDimension", height);
}

bool anew_xmp_set_srgb(anew_block *xmp)
{
    return set_text(xmp, "exif:ColorSpace", "1") &&
           set_text(xmp, "photoshop:ICCProfile", "sRGB IEC61966-2.1");
}

/* ---- provenance -------------------------------------------------------------------------------------- */

#define PROPERTY "anew:Provenance"

/* A property that nobody else has is a description of its own, which others may stand beside. */
static const char description[] =
    "<rdf:Description rdf:about=\"\" xmlns:anew=\"urn:anew:1.0/\" " PROPERTY "=\"";
static const char description_end[] = "\"/>";
static const char packet[] =
    "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF "
    "xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"></rdf:RDF></x:xmpmeta>";

bool anew_xmp_set_provenance(anew_block *xmp, const char *text)
{
    static const char close[] = "</rdf:RDF>";
    char whole[sizeof description + ANEW_MAX_PROVENANCE + sizeof description_end];
    const size_t begin = find(xmp, 0, description);
    size_t value = 0, length = 0;
    if (begin != SIZE_MAX) {
        const size_t end = find(xmp, begin, description_end);
        if (end != SIZE_MAX && !replace(xmp, begin, end + sizeof description_end - 1 - begin, ""))
            return false;
    } else if (find_value(xmp, PROPERTY, &value, &length) && !replace(xmp, value, length, "")) {
        return false; /* written anew by another program, with other words around it */
    }
    if (text == NULL) { /* and a packet that was made for it goes, too */
        const bool ours =
            xmp->size == sizeof packet - 1 && memcmp(xmp->data, packet, xmp->size) == 0;
        return !ours || anew_block_set(xmp, NULL, 0);
    }
    if (xmp->data == NULL && !anew_block_set(xmp, packet, sizeof packet - 1))
        return false;
    size_t at = find(xmp, 0, close);
    if (at == SIZE_MAX)
        at = find(xmp, 0, "</x:xmpmeta>");
    if (at == SIZE_MAX)
        return true; /* a packet of another form stays as it is */
    (void)snprintf(whole, sizeof whole, "%s%s%s", description, text, description_end);
    return replace(xmp, at, 0, whole);
}

bool anew_xmp_provenance(anew_block *text, const anew_block *xmp)
{
    size_t begin = 0, length = 0;
    if (!find_value(xmp, PROPERTY, &begin, &length) ||
        !anew_is_provenance(xmp->data + begin, length))
        return true;
    return anew_block_set(text, xmp->data + begin, length);
}

/* Rationals are written as "300/1" (part 2, section 1.2.2.2). */
bool anew_xmp_set_density(anew_block *xmp, double dpi)
{
    char text[32];
    (void)snprintf(text, sizeof text, "%.0f/100", dpi * 100);
    return set_text(xmp, "tiff:XResolution", text) && set_text(xmp, "tiff:YResolution", text) &&
           set_value(xmp, "tiff:ResolutionUnit", 2);
}
