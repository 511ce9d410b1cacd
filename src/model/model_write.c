/*
 * model_write.c - collects fields and tensors, then lays them out as weights/FORMAT.md says.
 */
#include "model/model_write.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/file.h"
#include "core/memory.h"
#include "model/format.h"

/* Bytes that grow; the first failure is remembered until the end. */
typedef struct byte_buffer {
    uint8_t *data;
    size_t size, capacity;
    bool failed;
} byte_buffer;

static void append(byte_buffer *b, const void *bytes, size_t size)
{
    uint8_t *data = anew_grow(b->data, &b->capacity, anew_size_add(b->size, size), 1);
    if (data == NULL) {
        b->failed = true;
        return;
    }
    b->data = data;
    if (size > 0)
        memcpy(data + b->size, bytes, size);
    b->size += size;
}

static void append_number(byte_buffer *b, uint64_t value, size_t bytes)
{
    uint8_t little[8];
    for (size_t i = 0; i < bytes; i++)
        little[i] = (uint8_t)(value >> (8 * i));
    append(b, little, bytes);
}

static void append_padding(byte_buffer *b)
{
    static const uint8_t zeros[ANEW_FILE_ALIGNMENT] = {0};
    append(b, zeros, (ANEW_FILE_ALIGNMENT - b->size % ANEW_FILE_ALIGNMENT) % ANEW_FILE_ALIGNMENT);
}

typedef struct record {
    char name[ANEW_FILE_MAX_NAME + 1];
    anew_dtype dtype;
    int rank;
    int64_t dims[ANEW_MAX_RANK];
    uint64_t offset, bytes; /* offset from the start of the data */
    uint32_t checksum;
} record;

struct anew_model_writer {
    byte_buffer fields;
    uint32_t field_count;
    record *records;
    size_t record_count, record_capacity;
    byte_buffer data;
};

static anew_status no_memory(anew_error *error)
{
    return anew_fail(error, ANEW_ERROR_MEMORY, "no memory for the model file");
}

anew_status anew_model_writer_create(anew_model_writer **writer, anew_error *error)
{
    *writer = anew_alloc_zero(sizeof **writer);
    return *writer == NULL ? no_memory(error) : ANEW_OK;
}

void anew_model_writer_free(anew_model_writer **writer)
{
    anew_model_writer *w = *writer;
    if (w == NULL)
        return;
    anew_free(w->fields.data);
    anew_free(w->records);
    anew_free(w->data.data);
    anew_free(w);
    *writer = NULL;
}

static anew_status check_name(const char *name, anew_error *error)
{
    const size_t length = strlen(name);
    bool usable = length >= 1 && length <= ANEW_FILE_MAX_NAME;
    for (size_t i = 0; i < length; i++)
        usable = usable && name[i] > ' ' && name[i] <= '~';
    return usable
               ? ANEW_OK
               : anew_fail(error, ANEW_ERROR_ARGUMENT,
                           "'%s' cannot be a name in a model file (1 to %d printable characters)",
                           name, ANEW_FILE_MAX_NAME);
}

static anew_status begin_field(anew_model_writer *w, anew_field_kind kind, const char *name,
                               anew_error *error)
{
    ANEW_TRY(check_name(name, error));
    if (w->field_count == ANEW_FILE_MAX_FIELDS)
        return anew_fail(error, ANEW_ERROR_LIMIT, "more than %d fields", ANEW_FILE_MAX_FIELDS);
    append_number(&w->fields, kind, 1);
    append_number(&w->fields, strlen(name), 1);
    append(&w->fields, name, strlen(name));
    w->field_count++;
    return ANEW_OK;
}

static anew_status add_text(anew_model_writer *w, anew_field_kind kind, const char *name,
                            const char *text, anew_error *error)
{
    const size_t length = strlen(text);
    if (length > ANEW_FILE_MAX_TEXT)
        return anew_fail(error, ANEW_ERROR_LIMIT, "the text of '%s' is longer than %d bytes", name,
                         ANEW_FILE_MAX_TEXT);
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
            return anew_fail(error, ANEW_ERROR_ARGUMENT, "the text of '%s' has a control character",
                             name);
    ANEW_TRY(begin_field(w, kind, name, error));
    append_number(&w->fields, length, 2);
    append(&w->fields, text, length);
    return w->fields.failed ? no_memory(error) : ANEW_OK;
}

anew_status anew_model_writer_set(anew_model_writer *writer, const char *key, const char *text,
                                  anew_error *error)
{
    return add_text(writer, ANEW_FIELD_HEADER_TEXT, key, text, error);
}

anew_status anew_model_writer_text(anew_model_writer *writer, const char *name, const char *value,
                                   anew_error *error)
{
    return add_text(writer, ANEW_FIELD_TEXT, name, value, error);
}

anew_status anew_model_writer_integer(anew_model_writer *writer, const char *name, int64_t value,
                                      anew_error *error)
{
    ANEW_TRY(begin_field(writer, ANEW_FIELD_INTEGER, name, error));
    append_number(&writer->fields, (uint64_t)value, 8);
    return writer->fields.failed ? no_memory(error) : ANEW_OK;
}

anew_status anew_model_writer_real(anew_model_writer *writer, const char *name, double value,
                                   anew_error *error)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    if (!isfinite(value))
        return anew_fail(error, ANEW_ERROR_ARGUMENT, "the value of '%s' is not finite", name);
    ANEW_TRY(begin_field(writer, ANEW_FIELD_REAL, name, error));
    append_number(&writer->fields, bits, 8);
    return writer->fields.failed ? no_memory(error) : ANEW_OK;
}

/* The record of a tensor whose data come next; *elements is what its shape holds. */
static anew_status begin_tensor(anew_model_writer *w, record **begun, uint64_t *elements,
                                const char *name, anew_dtype dtype, int rank, const int64_t *dims,
                                anew_error *error)
{
    ANEW_TRY(check_name(name, error));
    if (rank < (dtype == ANEW_DTYPE_I8 ? 1 : 0) || rank > ANEW_MAX_RANK)
        return anew_fail(error, ANEW_ERROR_ARGUMENT, "tensor '%s': rank %d cannot be written", name,
                         rank);
    record *records =
        anew_grow(w->records, &w->record_capacity, w->record_count + 1, sizeof *records);
    if (records == NULL)
        return no_memory(error);
    w->records = records;
    record *r = &records[w->record_count];
    *r = (record){.dtype = dtype, .rank = rank, .offset = w->data.size};
    (void)snprintf(r->name, sizeof r->name, "%s", name);
    *elements = 1;
    for (int i = 0; i < rank; i++) {
        if (dims[i] < 1 || (uint64_t)dims[i] > ANEW_FILE_MAX_ELEMENTS / *elements)
            return anew_fail(error, ANEW_ERROR_ARGUMENT, "tensor '%s' has an unusable shape", name);
        r->dims[i] = dims[i];
        *elements *= (uint64_t)dims[i];
    }
    *begun = r;
    return ANEW_OK;
}

static anew_status end_tensor(anew_model_writer *w, record *r, anew_error *error)
{
    if (w->data.failed)
        return no_memory(error);
    r->bytes = w->data.size - r->offset;
    r->checksum = anew_crc32c(w->data.data + r->offset, (size_t)r->bytes);
    append_padding(&w->data);
    w->record_count++;
    return w->data.failed ? no_memory(error) : ANEW_OK;
}

anew_status anew_model_writer_tensor(anew_model_writer *writer, const char *name, anew_dtype dtype,
                                     int rank, const int64_t *dims, const float *values,
                                     anew_error *error)
{
    anew_model_writer *w = writer;
    record *r = NULL;
    uint64_t elements = 0;
    if (dtype == ANEW_DTYPE_I8)
        return anew_fail(error, ANEW_ERROR_ARGUMENT,
                         "tensor '%s': integers come with their row's scale", name);
    ANEW_TRY(begin_tensor(w, &r, &elements, name, dtype, rank, dims, error));
    for (uint64_t i = 0; i < elements; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        if (dtype == ANEW_DTYPE_F16) {
            bits = anew_float_to_half(values[i]);
            if ((bits & 0x7c00u) == 0x7c00u && isfinite(values[i]))
                return anew_fail(error, ANEW_ERROR_LIMIT,
                                 "tensor '%s': %g is too large for f16; keep f32", name,
                                 (double)values[i]);
        } else if (dtype == ANEW_DTYPE_BF16) {
            bits = anew_float_to_bfloat(values[i]);
        }
        append_number(&w->data, bits, anew_dtype_bytes((int)dtype));
    }
    return end_tensor(w, r, error);
}

anew_status anew_model_writer_integers(anew_model_writer *writer, const char *name, int rank,
                                       const int64_t *dims, const float *row_scale,
                                       const int8_t *values, anew_error *error)
{
    anew_model_writer *w = writer;
    record *r = NULL;
    uint64_t elements = 0;
    ANEW_TRY(begin_tensor(w, &r, &elements, name, ANEW_DTYPE_I8, rank, dims, error));
    for (int64_t i = 0; i < dims[0]; i++) {
        uint32_t bits;
        memcpy(&bits, &row_scale[i], sizeof bits);
        append_number(&w->data, bits, sizeof bits);
    }
    append_padding(&w->data);
    append(&w->data, values, (size_t)elements);
    return end_tensor(w, r, error);
}

anew_status anew_model_writer_parameters(anew_model_writer *writer, const anew_model *model,
                                         const char *const *without, anew_error *error)
{
    anew_parameter p;
    for (int i = 0; anew_model_parameter(model, i, &p); i++) {
        bool left_out = false;
        for (int k = 0; without != NULL && without[k] != NULL; k++)
            left_out = left_out || strcmp(p.name, without[k]) == 0;
        if (left_out)
            continue;
        if (p.kind == ANEW_PARAMETER_INTEGER)
            ANEW_TRY(anew_model_writer_integer(writer, p.name, p.integer, error));
        else if (p.kind == ANEW_PARAMETER_REAL)
            ANEW_TRY(anew_model_writer_real(writer, p.name, p.real, error));
        else
            ANEW_TRY(anew_model_writer_text(writer, p.name, p.text, error));
    }
    return ANEW_OK;
}

/* Fields and tensor records, padded to 64 bytes; data begins behind them, so their own size must be
 * known first: it does not depend on the offsets in them. */
static void build_directory(const anew_model_writer *w, byte_buffer *directory, uint64_t data_at)
{
    append(directory, w->fields.data, w->fields.size);
    for (size_t i = 0; i < w->record_count; i++) {
        const record *r = &w->records[i];
        append_number(directory, strlen(r->name), 1);
        append(directory, r->name, strlen(r->name));
        append_number(directory, (uint64_t)r->dtype, 1);
        append_number(directory, 0, 1); /* layout: logical */
        append_number(directory, (uint64_t)r->rank, 1);
        for (int k = 0; k < r->rank; k++)
            append_number(directory, (uint64_t)r->dims[k], 8);
        append_number(directory, data_at + r->offset, 8);
        append_number(directory, r->bytes, 8);
        append_number(directory, r->checksum, 4);
    }
    append_padding(directory);
}

anew_status anew_model_writer_finish(anew_model_writer *writer, anew_bytes *bytes,
                                     anew_error *error)
{
    anew_model_writer *w = writer;
    byte_buffer sized = {0}, directory = {0}, file = {0};
    anew_status status = ANEW_OK;
    *bytes = (anew_bytes){0};
    build_directory(w, &sized, 0);
    build_directory(w, &directory, ANEW_FILE_HEADER + sized.size);
    if (sized.failed || directory.failed) {
        status = no_memory(error);
        goto out;
    }
    append(&file, ANEW_FILE_MAGIC, 8);
    append_number(&file, ANEW_FILE_VERSION, 4);
    append_number(&file, 0, 4);
    append_number(&file, ANEW_FILE_HEADER + directory.size + w->data.size, 8);
    append_number(&file, directory.size, 4);
    append_number(&file, w->field_count, 4);
    append_number(&file, w->record_count, 4);
    append_number(&file, anew_crc32c(directory.data, directory.size), 4);
    while (file.size < ANEW_AT_HEADER_CHECKSUM && !file.failed)
        append_number(&file, 0, 1);
    if (!file.failed)
        append_number(&file, anew_crc32c(file.data, file.size), 4);
    append(&file, directory.data, directory.size);
    append(&file, w->data.data, w->data.size);
    if (file.failed) {
        anew_free(file.data);
        status = no_memory(error);
        goto out;
    }
    *bytes = (anew_bytes){.data = file.data, .size = file.size};
out:
    anew_free(sized.data);
    anew_free(directory.data);
    return status;
}

anew_status anew_model_writer_save(anew_model_writer *writer, const char *path, anew_error *error)
{
    anew_output *output = NULL;
    anew_bytes bytes;
    ANEW_TRY(anew_model_writer_finish(writer, &bytes, error));
    anew_status status = anew_output_open(&output, path, error);
    if (status == ANEW_OK)
        status = anew_output_write(output, bytes.data, bytes.size, error);
    if (status == ANEW_OK)
        status = anew_output_commit(&output, error);
    anew_output_discard(&output);
    anew_bytes_free(&bytes);
    return status;
}
