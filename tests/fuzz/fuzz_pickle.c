/* fuzz_pickle.c - fuzz target: a bare pickle, whose tensors find every storage to be a few bytes long. */
#include <stdlib.h>

#include "fuzz.h"
#include "tools/convert/state_dict.h"

static anew_status find_storage(void *context, const char *key, element_type type,
                                const char *tensor, const uint8_t **data, int64_t *count,
                                anew_error *error)
{
    static const uint8_t zeros[512];
    (void)context;
    (void)key;
    (void)tensor;
    (void)error;
    *data = zeros;
    *count = (int64_t)(sizeof zeros / element_bytes(type));
    return ANEW_OK;
}

static anew_status parse(const uint8_t *data, size_t size, anew_error *error)
{
    const storage_source source = {NULL, find_storage};
    checkpoint c = {0};
    pickle *machine = NULL;
    const pickle_value *root = NULL;
    size_t used = 0;
    uint8_t *copy = fuzz_copy(data, size);
    anew_status status = pickle_load(&machine, &root, copy, size, &used, FUZZ_LABEL, error);
    if (status == ANEW_OK && used > size)
        abort();
    if (status == ANEW_OK)
        status = state_dict_add(&c, root, &source, FUZZ_LABEL, error);
    if (status == ANEW_OK)
        status = fuzz_convert(&c, error);
    pickle_free(&machine);
    checkpoint_free(&c);
    free(copy);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_twice(parse, data, size);
    return 0;
}
