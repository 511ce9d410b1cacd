/* sha256.h - SHA-256 of bytes in memory, to recognise published files. */
#ifndef ANEW_CORE_SHA256_H
#define ANEW_CORE_SHA256_H

#include <stddef.h>
#include <stdint.h>

/* 64 hexadecimal digits and a NUL. */
void anew_sha256_hex(char hex[65], const uint8_t *data, size_t size);

#endif
