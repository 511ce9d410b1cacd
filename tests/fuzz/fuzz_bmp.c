/* fuzz_bmp.c - fuzz target: BMP pictures. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_picture(ANEW_FORMAT_BMP, data, size);
    return 0;
}
