/* fuzz_ncnn.c - fuzz target: an ncnn .param, a zero byte, and its .bin, through the converter: as a
 * network that is known, and as a graph of operations. */
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "fuzz.h"
#include "tools/convert/ncnn.h"

static anew_status parse(const uint8_t *data, size_t size, anew_error *error)
{
    const uint8_t *zero = size == 0 ? NULL : memchr(data, 0, size);
    const size_t text_size = zero == NULL ? size : (size_t)(zero - data);
    const size_t bin_size = zero == NULL ? 0 : size - text_size - 1;
    uint8_t *text = fuzz_copy(data, text_size);
    uint8_t *bin = fuzz_copy(data + (size - bin_size), bin_size);
    ncnn_file f = {.path = FUZZ_LABEL, .bin = bin, .bin_size = bin_size, .error = error};
    checkpoint c = {0};
    anew_status status = ncnn_param_read(&f, (const char *)text, text_size);
    if (status == ANEW_OK)
        status = ncnn_graph_name(&f, &c);
    if (status == ANEW_OK) {
        status = ncnn_weights_read(&f, &c);
    } else if (status == ANEW_ERROR_UNSUPPORTED) {
        const nodes_options options = {.bgr = size % 2 == 1};
        status = ncnn_nodes(&f, &c, &options);
    }
    if (status == ANEW_OK)
        status = fuzz_convert(&c, error);
    anew_free(f.layers);
    checkpoint_free(&c);
    free(text);
    free(bin);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (ncnn_sniff(data, size))
        fuzz_twice(parse, data, size);
    return 0;
}
