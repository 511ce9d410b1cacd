/* fuzz_tiff.c - fuzz target: TIFF pictures. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_picture(ANEW_FORMAT_TIFF, data, size);
    return 0;
}
