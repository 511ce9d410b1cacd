/* fuzz_onnx.c - fuzz target: ONNX, which is protobuf, through the converter: as a network that is known,
 * and as a graph of operations. */
#include <stdlib.h>

#include "fuzz.h"
#include "tools/convert/nodes.h"

static anew_status parse(const uint8_t *data, size_t size, anew_error *error)
{
    checkpoint c = {0};
    uint8_t *copy = fuzz_copy(data, size);
    anew_status status = onnx_read(&c, copy, size, FUZZ_LABEL, error);
    if (status == ANEW_ERROR_UNSUPPORTED) {
        const nodes_options options = {.bgr = size % 2 == 1};
        checkpoint_free(&c);
        status = onnx_read_graph(&c, copy, size, FUZZ_LABEL, &options, error);
    }
    if (status == ANEW_OK)
        status = fuzz_convert(&c, error);
    checkpoint_free(&c);
    free(copy);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (onnx_sniff(data, size))
        fuzz_twice(parse, data, size);
    return 0;
}
