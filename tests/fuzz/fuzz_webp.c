/* fuzz_webp.c - fuzz target: WebP pictures. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_picture(ANEW_FORMAT_WEBP, data, size);
    return 0;
}
