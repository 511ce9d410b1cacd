/* fuzz_jpeg.c - fuzz target: JPEG pictures, and the EXIF block that tells how they are turned. */
#include <stdlib.h>

#include "fuzz.h"
#include "image/formats.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy = fuzz_copy(data, size);
    const int orientation = anew_exif_orientation(copy, size);
    if (orientation < 1 || orientation > 8)
        abort();
    free(copy);
    fuzz_picture(ANEW_FORMAT_JPEG, data, size);
    return 0;
}
