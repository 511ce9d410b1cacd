/* sha256.h - SHA-256 (FIPS 180-4), by which a file is known again. */
#ifndef ANEW_CORE_SHA256_H
#define ANEW_CORE_SHA256_H

#include <stddef.h>

#define ANEW_SHA256_TEXT 65

/* Of all bytes, in hexadecimal. */
void anew_sha256(char text[ANEW_SHA256_TEXT], const void *data, size_t size);

#endif
