/* fuzz_pytorch.c - fuzz target: .pth, PyTorch's zip and the form before it, through the converter. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

static anew_status parse(const uint8_t *data, size_t size, anew_error *error)
{
    checkpoint c = {0};
    uint8_t *copy = fuzz_copy(data, size);
    anew_status status = ANEW_OK;
    if (size >= 4 && memcmp(copy, "PK\3\4", 4) == 0)
        status = pytorch_zip_read(&c, copy, size, FUZZ_LABEL, error);
    else if (pytorch_legacy_sniff(copy, size))
        status = pytorch_legacy_read(&c, copy, size, FUZZ_LABEL, error);
    if (status == ANEW_OK)
        status = fuzz_convert(&c, error);
    checkpoint_free(&c);
    free(copy);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_twice(parse, data, size);
    return 0;
}
