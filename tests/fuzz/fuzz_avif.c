/* fuzz_avif.c - fuzz target: AVIF pictures. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_picture(ANEW_FORMAT_AVIF, data, size);
    return 0;
}
