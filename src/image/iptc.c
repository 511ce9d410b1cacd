/*
 * iptc.c - the list of resources around IPTC: captions, authors, rights, as newsrooms write them.
 *
 * A resource: "8BIM", a number of 16 bits, a name (its length in a byte, both together padded to an even number), the
 * number of bytes as 32 bits, these bytes, padded to an even number; most significant byte first (Adobe Photoshop
 * File Formats Specification, "Image Resources Section").
 */
#include <string.h>

#include "core/memory.h"
#include "image/metadata.h"

static size_t get(const uint8_t *p, int bytes)
{
    size_t value = 0;
    for (int i = 0; i < bytes; i++)
        value = value << 8 | p[i];
    return value;
}

/* Length of the resource at `at`, with its padding; 0: what stands there is none. The last one's padding may lack. */
static size_t resource_bytes(const anew_block *list, size_t at)
{
    const size_t left = list->size - at;
    const uint8_t *p = list->data + at;
    if (left < 12 || memcmp(p, "8BIM", 4) != 0)
        return 0;
    const size_t name = ((size_t)p[6] + 2) & ~(size_t)1, head = 6 + name + 4;
    if (head > left)
        return 0;
    const size_t bytes = get(p + 6 + name, 4);
    if (bytes > left - head)
        return 0;
    return head + bytes + (bytes % 2 != 0 && bytes < left - head ? 1 : 0);
}

void anew_iptc_keep_true(anew_block *iptc)
{
    /* Thumbnails of two kinds, the profile, two parts of EXIF, XMP. */
    static const size_t wrong[] = {1033, 1036, 1039, 1058, 1059, 1060};
    size_t kept = 0;
    for (size_t at = 0, bytes; at < iptc->size && (bytes = resource_bytes(iptc, at)) > 0;
         at += bytes) {
        const size_t number = get(iptc->data + at + 4, 2);
        bool keep = true;
        for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
            keep = keep && number != wrong[i];
        if (keep) {
            memmove(iptc->data + kept, iptc->data + at, bytes);
            kept += bytes;
        }
    }
    iptc->size = kept;
    if (kept == 0) {
        anew_free(iptc->data);
        iptc->data = NULL;
    }
}
