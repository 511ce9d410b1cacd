/* checkpoint.c - gathers tensors, whatever their strides and type, and tells containers apart. */
#include "checkpoint.h"

#include <string.h>

#include "core/memory.h"
#include "model/format.h"
#include "nodes.h"

#define MAX_FILE_BYTES (SIZE_MAX / 4 < UINT32_MAX ? SIZE_MAX / 4 : UINT32_MAX)

size_t element_bytes(element_type type)
{
    static const size_t bytes[] = {
        [ELEMENT_F32] = 4, [ELEMENT_F16] = 2,  [ELEMENT_BF16] = 2,   [ELEMENT_F64] = 8,
        [ELEMENT_I64] = 8, [ELEMENT_I32] = 4,  [ELEMENT_I16] = 2,    [ELEMENT_I8] = 1,
        [ELEMENT_U8] = 1,  [ELEMENT_BOOL] = 1, [ELEMENT_UNKNOWN] = 1};
    return bytes[type];
}

/* One little-endian element as f32. */
static float element_value(element_type type, const uint8_t *p)
{
    uint64_t bits = 0;
    for (size_t i = element_bytes(type); i-- > 0;)
        bits = bits << 8 | p[i];
    switch (type) {
    case ELEMENT_F32: {
        const uint32_t word = (uint32_t)bits;
        float value;
        memcpy(&value, &word, sizeof value);
        return value;
    }
    case ELEMENT_F64: {
        double value;
        memcpy(&value, &bits, sizeof value);
        return (float)value;
    }
    case ELEMENT_F16:
        return anew_half_to_float((uint16_t)bits);
    case ELEMENT_BF16:
        return anew_bfloat_to_float((uint16_t)bits);
    case ELEMENT_I64:
        return (float)(int64_t)bits;
    case ELEMENT_I32:
        return (float)(int32_t)(uint32_t)bits;
    case ELEMENT_I16:
        return (float)(int16_t)(uint16_t)bits;
    case ELEMENT_I8:
        return (float)(int8_t)(uint8_t)bits;
    default:
        return (float)bits;
    }
}

/* Number of elements, or -1 when the shape is unusable or too large. */
static int64_t count_elements(int rank, const int64_t *dims)
{
    int64_t elements = 1;
    bool empty = false;
    for (int i = 0; i < rank; i++) {
        if (dims[i] < 0 || dims[i] > CHECKPOINT_MAX_ELEMENTS)
            return -1;
        if (dims[i] == 0)
            empty = true;
        else if (elements > CHECKPOINT_MAX_ELEMENTS / dims[i])
            return -1;
        else
            elements *= dims[i];
    }
    return empty ? 0 : elements;
}

anew_status checkpoint_add(checkpoint *c, const char *label, const char *name, element_type type,
                           int rank, const int64_t *dims, const int64_t *strides,
                           const uint8_t *data, int64_t offset, int64_t count, anew_error *error)
{
    if (rank < 0 || rank > ANEW_MAX_RANK)
        return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                         "%s: tensor '%s' has %d dimensions, more than %d", label, name, rank,
                         ANEW_MAX_RANK);
    const int64_t elements = count_elements(rank, dims);
    if (elements < 0 || c->elements > CHECKPOINT_MAX_ELEMENTS - elements)
        return anew_fail(error, ANEW_ERROR_LIMIT, "%s: tensor '%s' is too large", label, name);
    if (c->count >= CHECKPOINT_MAX_TENSORS)
        return anew_fail(error, ANEW_ERROR_LIMIT, "%s: more than %d tensors", label,
                         CHECKPOINT_MAX_TENSORS);
    for (int i = 0; i < c->count; i++)
        if (strcmp(c->tensors[i].name, name) == 0)
            return anew_fail(error, ANEW_ERROR_FORMAT, "%s: two tensors named '%s'", label, name);

    /* The last element's place must exist; strides are never negative, so then all do. */
    if (offset < 0 || offset > ((int64_t)1 << 40))
        return anew_fail(error, ANEW_ERROR_FORMAT, "%s: tensor '%s' starts at element %lld", label,
                         name, (long long)offset);
    int64_t steps[ANEW_MAX_RANK], last = offset, contiguous = 1;
    for (int i = rank; i-- > 0;) {
        steps[i] = strides == NULL ? contiguous : strides[i];
        contiguous *= dims[i] > 0 ? dims[i] : 1;
        if (steps[i] < 0 || steps[i] > ((int64_t)1 << 31))
            return anew_fail(error, ANEW_ERROR_FORMAT, "%s: tensor '%s' has an unusable stride",
                             label, name);
        if (dims[i] > 1)
            last += (dims[i] - 1) * steps[i];
    }
    if (elements > 0 && last >= count)
        return anew_fail(error, ANEW_ERROR_FORMAT,
                         "%s: tensor '%s' reaches past the end of its data: it needs %lld "
                         "elements, of which %lld are there",
                         label, name, (long long)last + 1, (long long)count);

    checkpoint_tensor *tensors =
        anew_grow(c->tensors, &c->capacity, (size_t)c->count + 1, sizeof *tensors);
    if (tensors == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory for its tensors", label);
    c->tensors = tensors;
    checkpoint_tensor *t = &tensors[c->count];
    *t = (checkpoint_tensor){.name = anew_text_copy(name), .rank = rank, .elements = elements};
    t->values = anew_alloc((size_t)elements * sizeof(float));
    if (t->name == NULL || t->values == NULL) {
        anew_free(t->name);
        anew_free(t->values);
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory for its tensors", label);
    }
    t->stored = type == ELEMENT_F16    ? ANEW_DTYPE_F16
                : type == ELEMENT_BF16 ? ANEW_DTYPE_BF16
                                       : ANEW_DTYPE_F32;
    int64_t index[ANEW_MAX_RANK] = {0};
    const size_t bytes = element_bytes(type);
    for (int i = 0; i < rank; i++)
        t->dims[i] = dims[i];
    for (int64_t n = 0; n < elements; n++) {
        int64_t at = offset;
        for (int i = 0; i < rank; i++)
            at += index[i] * steps[i];
        t->values[n] = element_value(type, data + (size_t)at * bytes);
        for (int i = rank; i-- > 0;) {
            if (++index[i] < dims[i])
                break;
            index[i] = 0;
        }
    }
    c->count++;
    c->elements += elements;
    return ANEW_OK;
}

void checkpoint_free(checkpoint *c)
{
    for (int i = 0; i < c->count; i++) {
        anew_free(c->tensors[i].name);
        anew_free(c->tensors[i].values);
    }
    anew_free(c->tensors);
    anew_free(c->architecture);
    anew_free(c->name);
    anew_free(c->licence);
    anew_free(c->source);
    anew_free(c->nodes);
    anew_free(c->remark);
    *c = (checkpoint){0};
}

/* Whether all names began with the prefix, which they have no longer. */
static bool strip_prefix(checkpoint *c, const char *prefix)
{
    const size_t length = strlen(prefix);
    for (int i = 0; i < c->count; i++)
        if (strncmp(c->tensors[i].name, prefix, length) != 0)
            return false;
    for (int i = 0; i < c->count; i++) {
        char *name = c->tensors[i].name;
        memmove(name, name + length, strlen(name + length) + 1);
    }
    return c->count > 0;
}

void checkpoint_strip_prefixes(checkpoint *c)
{
    static const char *const prefixes[] = {"_orig_mod.", "module.",    "netG.",
                                           "net_g.",     "generator.", "net."};
    for (size_t p = 0; p < sizeof prefixes / sizeof prefixes[0];)
        p = strip_prefix(c, prefixes[p]) ? 0 : p + 1; /* they nest, in any order */
}

static bool ends_in_bin(const char *path)
{
    const size_t length = strlen(path);
    return length > 4 && strcmp(path + length - 4, ".bin") == 0;
}

static bool zip_sniff(const uint8_t *data, size_t size)
{
    return size >= 4 && memcmp(data, "PK\3\4", 4) == 0;
}

static bool is_checkpoint(const uint8_t *first, size_t size)
{
    return zip_sniff(first, size) || pytorch_legacy_sniff(first, size) || ncnn_sniff(first, size) ||
           safetensors_sniff(first, size) || onnx_sniff(first, size);
}

anew_status checkpoint_read(checkpoint *c, const char *path, anew_error *error)
{
    anew_bytes file;
    *c = (checkpoint){0};
    ANEW_TRY(anew_file_read_kind(&file, path, MAX_FILE_BYTES, is_checkpoint, error));
    anew_status status;
    if (zip_sniff(file.data, file.size))
        status = pytorch_zip_read(c, file.data, file.size, path, error);
    else if (pytorch_legacy_sniff(file.data, file.size))
        status = pytorch_legacy_read(c, file.data, file.size, path, error);
    else if (ncnn_sniff(file.data, file.size))
        status = ncnn_read(c, file.data, file.size, path, error);
    else if (safetensors_sniff(file.data, file.size))
        status = safetensors_read(c, file.data, file.size, path, error);
    else if (onnx_sniff(file.data, file.size))
        status = onnx_read(c, file.data, file.size, path, error);
    else
        status = anew_fail(
            error, ANEW_ERROR_FORMAT,
            "%s: neither a PyTorch checkpoint (.pth) nor .safetensors nor ONNX nor an ncnn "
            ".param%s",
            path, ends_in_bin(path) ? " (an ncnn model is given by its .param, not its .bin)" : "");
    if (status == ANEW_OK)
        status = known_file_note(c, file.data, file.size, error);
    anew_bytes_free(&file);
    if (status != ANEW_OK)
        checkpoint_free(c);
    else
        checkpoint_strip_prefixes(c);
    return status;
}

anew_status checkpoint_read_graph(checkpoint *c, const char *path, const nodes_options *options,
                                  anew_error *error)
{
    anew_bytes file;
    *c = (checkpoint){0};
    ANEW_TRY(anew_file_read_kind(&file, path, MAX_FILE_BYTES, is_checkpoint, error));
    anew_status status;
    if (ncnn_sniff(file.data, file.size))
        status = ncnn_read_graph(c, file.data, file.size, path, options, error);
    else if (onnx_sniff(file.data, file.size))
        status = onnx_read_graph(c, file.data, file.size, path, options, error);
    else
        status = anew_fail(error, ANEW_ERROR_ARGUMENT,
                           "%s: holds no graph: ONNX files and ncnn .param files do", path);
    if (status == ANEW_OK)
        status = known_file_note(c, file.data, file.size, error);
    anew_bytes_free(&file);
    if (status != ANEW_OK)
        checkpoint_free(c);
    return status;
}
