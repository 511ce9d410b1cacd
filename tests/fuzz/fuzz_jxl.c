/* fuzz_jxl.c - fuzz target: JPEG XL pictures. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_picture(ANEW_FORMAT_JXL, data, size);
    return 0;
}
