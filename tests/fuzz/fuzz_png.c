/* fuzz_png.c - fuzz target: PNG pictures, as they are and with the checksums of their chunks set right. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

static uint32_t big(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* CRC-32 of ISO 3309. */
static uint32_t crc32_of(const uint8_t *p, size_t size)
{
    uint32_t crc = 0xffffffffu;
    for (size_t i = 0; i < size; i++) {
        crc ^= p[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (0xedb88320u & (0u - (crc & 1)));
    }
    return ~crc;
}

/* Whether a checksum was wrong. */
static bool repair(uint8_t *data, size_t size)
{
    bool changed = false;
    for (size_t at = 8; at + 12 <= size;) {
        const size_t length = big(data + at);
        if (length > size - at - 12)
            break;
        const uint32_t crc = crc32_of(data + at + 4, length + 4);
        uint8_t *place = data + at + 8 + length;
        changed = changed || big(place) != crc;
        for (int i = 0; i < 4; i++)
            place[i] = (uint8_t)(crc >> (24 - 8 * i));
        at += 12 + length;
    }
    return changed;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy = fuzz_copy(data, size);
    fuzz_picture(ANEW_FORMAT_PNG, data, size);
    if (repair(copy, size))
        fuzz_picture(ANEW_FORMAT_PNG, copy, size);
    free(copy);
    return 0;
}
