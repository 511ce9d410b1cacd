/*
 * hash.h - FNV-1a of 64 bits (the constants are those of its authors, http://www.isthe.com/chongo/tech/comp/fnv/):
 * the same number for the same bytes on every machine. No defence against somebody who wants two texts to collide.
 */
#ifndef ANEW_CORE_HASH_H
#define ANEW_CORE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define ANEW_HASH_START UINT64_C(0xcbf29ce484222325)

/* Goes on with a hash. */
static inline uint64_t anew_hash(uint64_t hash, const void *bytes, size_t size)
{
    const uint8_t *p = bytes;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ p[i]) * UINT64_C(0x100000001b3);
    return hash;
}

/* Spreads every bit over all of them (the last step of MurmurHash3 of 128 bits), so that a remainder of it is even:
 * FNV's lowest bit is no more than the bytes' lowest bits added up. */
static inline uint64_t anew_hash_mixed(uint64_t hash)
{
    hash = (hash ^ hash >> 33) * UINT64_C(0xff51afd7ed558ccd);
    hash = (hash ^ hash >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    return hash ^ hash >> 33;
}

#endif
