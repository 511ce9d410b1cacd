/* fuzz_pnm.c - fuzz target: PNM pictures. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_picture(ANEW_FORMAT_PNM, data, size);
    return 0;
}
