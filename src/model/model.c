/*
 * model.c - reads a .anew file (weights/FORMAT.md). Nothing in it is trusted: a cursor that cannot
 * leave the directory reads the fields, and the tensors must follow one another without gap or
 * overlap, so that every byte of the file is either checked by a checksum or must be zero.
 */
#include "model/model.h"

#include <inttypes.h>
#ifndef ANEW_EMBEDDED
#include <pthread.h>
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/file.h"
#include "core/memory.h"
#include "model/format.h"

#define MAX_FILE_BYTES (SIZE_MAX / 4) /* for the arithmetic; memory is the real bound */

typedef struct field {
    anew_field_kind kind;
    char *name;
    int64_t integer;
    double real;
    char *text;
} field;

typedef struct anew_model_parts {
#ifndef ANEW_EMBEDDED
    pthread_mutex_t mutex;
#endif
    struct {
        void *part;
        void (*release)(void *part);
    } slots[ANEW_MODEL_PARTS];
} anew_model_parts;

struct anew_model {
    anew_bytes file; /* owned where it was read from a path, else borrowed */
    bool owns_file;
    char *label;
    field *fields;
    int field_count;
    anew_tensor *tensors;
    int tensor_count;
    const anew_tensor **by_name; /* sorted */
    anew_model_parts *parts;     /* not const in a const model: guarded by its mutex */
};

/* ---- a cursor over the directory ---------------------------------------------------------------- */

typedef struct cursor {
    const char *label;
    const uint8_t *file;
    size_t at, end; /* offsets in the file */
    anew_error *error;
} cursor;

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint64_t get64(const uint8_t *p)
{
    return get32(p) | (uint64_t)get32(p + 4) << 32;
}

static anew_status damaged(const cursor *c, const char *what)
{
    return anew_fail(c->error, ANEW_ERROR_FORMAT, "%s: damaged model file: %s (at byte %zu)",
                     c->label, what, c->at);
}

/* A pointer to the next `bytes` bytes, which the cursor passes; NULL at the directory's end. */
static const uint8_t *take(cursor *c, size_t bytes)
{
    if (bytes > c->end - c->at)
        return NULL;
    const uint8_t *p = c->file + c->at;
    c->at += bytes;
    return p;
}

/* A name: a length byte, then printable ASCII without spaces. */
static anew_status take_name(cursor *c, char **name, bool may_be_empty)
{
    const uint8_t *length = take(c, 1);
    const uint8_t *bytes = length == NULL ? NULL : take(c, *length);
    if (bytes == NULL)
        return damaged(c, "the directory ends within a name");
    if (*length > ANEW_FILE_MAX_NAME || (*length == 0 && !may_be_empty))
        return damaged(c, "a name of unusable length");
    for (size_t i = 0; i < *length; i++)
        if (bytes[i] <= ' ' || bytes[i] > '~')
            return damaged(c, "a name with a character that is not printable ASCII");
    *name = anew_alloc((size_t)*length + 1);
    if (*name == NULL)
        return anew_fail(c->error, ANEW_ERROR_MEMORY, "%s: no memory for the model", c->label);
    memcpy(*name, bytes, *length);
    (*name)[*length] = '\0';
    return ANEW_OK;
}

/* UTF-8 text on one line: no control characters. */
static anew_status take_text(cursor *c, char **text)
{
    const uint8_t *length_bytes = take(c, 2);
    const size_t length =
        length_bytes == NULL ? 0 : (size_t)length_bytes[0] | (size_t)length_bytes[1] << 8;
    const uint8_t *bytes = length_bytes == NULL ? NULL : take(c, length);
    if (bytes == NULL || length > ANEW_FILE_MAX_TEXT)
        return damaged(c, "a text that is too long");
    for (size_t i = 0; i < length; i++)
        if (bytes[i] < ' ' || bytes[i] == 0x7f)
            return damaged(c, "a text with a control character");
    *text = anew_alloc(length + 1);
    if (*text == NULL)
        return anew_fail(c->error, ANEW_ERROR_MEMORY, "%s: no memory for the model", c->label);
    memcpy(*text, bytes, length);
    (*text)[length] = '\0';
    return ANEW_OK;
}

/* ---- fields ------------------------------------------------------------------------------------- */

static bool is_header_text(const char *name)
{
    return strcmp(name, "architecture") == 0 || strcmp(name, "name") == 0 ||
           strcmp(name, "source") == 0 || strcmp(name, "licence") == 0;
}

static anew_status read_field(cursor *c, anew_model *model)
{
    const uint8_t *kind = take(c, 1);
    if (kind == NULL)
        return damaged(c, "the directory ends before its last field");
    if (*kind < ANEW_FIELD_HEADER_TEXT || *kind > ANEW_FIELD_TEXT)
        return damaged(c, "a field of an unknown kind");
    field *f = &model->fields[model->field_count++];
    f->kind = (anew_field_kind)*kind;
    ANEW_TRY(take_name(c, &f->name, false));
    if (f->kind == ANEW_FIELD_HEADER_TEXT && !is_header_text(f->name))
        return damaged(c, "a header text of an unknown name");
    for (int i = 0; i + 1 < model->field_count; i++)
        if (strcmp(model->fields[i].name, f->name) == 0 &&
            (model->fields[i].kind == ANEW_FIELD_HEADER_TEXT) ==
                (f->kind == ANEW_FIELD_HEADER_TEXT))
            return damaged(c, "two fields of one name");
    if (f->kind == ANEW_FIELD_HEADER_TEXT || f->kind == ANEW_FIELD_TEXT)
        return take_text(c, &f->text);
    const uint8_t *value = take(c, 8);
    if (value == NULL)
        return damaged(c, "the directory ends within a value");
    const uint64_t bits = get64(value);
    memcpy(&f->integer, &bits, sizeof bits);
    memcpy(&f->real, &bits, sizeof bits);
    if (f->kind == ANEW_FIELD_REAL && !(f->real >= -1e300 && f->real <= 1e300))
        return damaged(c, "a real number that is not finite");
    return ANEW_OK;
}

/* ---- tensors ------------------------------------------------------------------------------------ */

static bool all_zero(const uint8_t *bytes, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        if (bytes[i] != 0)
            return false;
    return true;
}

/* Reads the record of one tensor, whose data must begin at *data_at; moves that past the data. */
static anew_status read_tensor(cursor *c, anew_model *model, size_t *data_at)
{
    anew_tensor *t = &model->tensors[model->tensor_count++];
    char *name = NULL, *layout = NULL;
    ANEW_TRY(take_name(c, &name, false));
    t->name = name;
    const uint8_t *dtype = take(c, 1);
    if (dtype == NULL)
        return damaged(c, "the directory ends within a tensor");
    if (anew_dtype_bytes(*dtype) == 0)
        return damaged(c, "a tensor of an unknown dtype");
    t->dtype = (anew_dtype)*dtype;
    ANEW_TRY(take_name(c, &layout, true));
    const bool logical = layout[0] == '\0';
    anew_free(layout);
    if (!logical)
        return anew_fail(c->error, ANEW_ERROR_UNSUPPORTED,
                         "%s: tensor '%s' is packed for a kernel that this build does not have",
                         c->label, t->name);

    const uint8_t *rank = take(c, 1);
    const uint8_t *dims = rank == NULL ? NULL : take(c, (size_t)*rank * 8);
    const uint8_t *rest = dims == NULL ? NULL : take(c, 20);
    if (rest == NULL)
        return damaged(c, "the directory ends within a tensor");
    if (*rank > ANEW_MAX_RANK)
        return damaged(c, "a tensor of too many dimensions");
    t->rank = *rank;
    uint64_t elements = 1;
    for (int i = 0; i < ANEW_MAX_RANK; i++) {
        const uint64_t dim = i < t->rank ? get64(dims + 8 * i) : 1;
        if (dim == 0 || dim > ANEW_FILE_MAX_ELEMENTS || elements > ANEW_FILE_MAX_ELEMENTS / dim)
            return damaged(c, "a tensor with a dimension of zero or too many elements");
        t->dims[i] = (int64_t)dim;
        elements *= dim;
    }
    t->elements = (int64_t)elements;

    const uint64_t offset = get64(rest), bytes = get64(rest + 8);
    uint64_t wanted = elements * anew_dtype_bytes((int)t->dtype), scale_bytes = 0;
    if (t->dtype == ANEW_DTYPE_I8) {
        scale_bytes = anew_size_round_up((size_t)t->dims[0] * sizeof(float), ANEW_FILE_ALIGNMENT);
        wanted += scale_bytes;
    }
    if (bytes != wanted)
        return damaged(c, "a tensor whose size does not follow from its shape");
    if (offset != *data_at)
        return damaged(c, "a tensor that does not begin where the one before it ends");
    if (bytes > model->file.size - offset)
        return damaged(c, "a tensor that reaches past the end of the file");
    if (anew_crc32c(model->file.data + offset, (size_t)bytes) != get32(rest + 16))
        return anew_fail(c->error, ANEW_ERROR_FORMAT,
                         "%s: damaged model file: wrong checksum of tensor '%s' (at byte %" PRIu64
                         ")",
                         c->label, t->name, offset);
    t->data = model->file.data + offset + scale_bytes;
    t->row_scale =
        scale_bytes == 0 ? NULL : (const float *)(const void *)(model->file.data + offset);

    const size_t end = (size_t)(offset + bytes);
    *data_at = anew_size_round_up(end, ANEW_FILE_ALIGNMENT);
    if (*data_at > model->file.size || !all_zero(model->file.data, end, *data_at))
        return damaged(c, "padding after a tensor that is cut or not zero");
    return ANEW_OK;
}

static int compare_names(const void *a, const void *b)
{
    const anew_tensor *const *left = a, *const *right = b;
    return strcmp((*left)->name, (*right)->name);
}

static anew_status index_tensors(cursor *c, anew_model *model)
{
    model->by_name = anew_alloc((size_t)model->tensor_count * sizeof *model->by_name);
    if (model->by_name == NULL)
        return anew_fail(c->error, ANEW_ERROR_MEMORY, "%s: no memory for the model", c->label);
    for (int i = 0; i < model->tensor_count; i++)
        model->by_name[i] = &model->tensors[i];
    qsort(model->by_name, (size_t)model->tensor_count, sizeof *model->by_name, compare_names);
    for (int i = 0; i + 1 < model->tensor_count; i++)
        if (strcmp(model->by_name[i]->name, model->by_name[i + 1]->name) == 0)
            return damaged(c, "two tensors of one name");
    return ANEW_OK;
}

/* ---- the whole file ------------------------------------------------------------------------------ */

static anew_status parse(anew_model *model, anew_error *error)
{
    const uint8_t *file = model->file.data;
    const size_t size = model->file.size;
    cursor c = {model->label, file, 0, 0, error};
    if (size < 8 || memcmp(file, ANEW_FILE_MAGIC, 8) != 0)
        return anew_fail(error, ANEW_ERROR_FORMAT, "%s: not a model file (.anew)", model->label);
    if (size < ANEW_FILE_HEADER)
        return damaged(&c, "the file is cut within its header");
    if (anew_crc32c(file, ANEW_AT_HEADER_CHECKSUM) != get32(file + ANEW_AT_HEADER_CHECKSUM))
        return damaged(&c, "wrong checksum of the header");
    if (get32(file + ANEW_AT_VERSION) != ANEW_FILE_VERSION)
        return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                         "%s: model file of version %" PRIu32 "; this build reads version %u",
                         model->label, get32(file + ANEW_AT_VERSION), ANEW_FILE_VERSION);
    c.at = ANEW_AT_FLAGS;
    if (get32(file + ANEW_AT_FLAGS) != 0 ||
        !all_zero(file, ANEW_AT_RESERVED, ANEW_AT_HEADER_CHECKSUM))
        return damaged(&c, "flags or reserved bytes that version 1 does not define");
    if (get64(file + ANEW_AT_FILE_BYTES) != size)
        return anew_fail(error, ANEW_ERROR_FORMAT,
                         "%s: damaged model file: %zu bytes long where its header says %" PRIu64,
                         model->label, size, get64(file + ANEW_AT_FILE_BYTES));

    const size_t directory = get32(file + ANEW_AT_DIRECTORY_BYTES);
    const uint32_t fields = get32(file + ANEW_AT_FIELDS), tensors = get32(file + ANEW_AT_TENSORS);
    c.at = ANEW_AT_DIRECTORY_BYTES;
    if (directory > size - ANEW_FILE_HEADER || directory % ANEW_FILE_ALIGNMENT != 0)
        return damaged(&c, "a directory of an impossible size");
    if (fields > ANEW_FILE_MAX_FIELDS || tensors < 1 || tensors > ANEW_FILE_MAX_TENSORS)
        return damaged(&c, "an impossible number of fields or tensors");
    if (anew_crc32c(file + ANEW_FILE_HEADER, directory) != get32(file + ANEW_AT_DIRECTORY_CHECKSUM))
        return damaged(&c, "wrong checksum of the directory");

    model->fields = anew_alloc_zero(fields * sizeof *model->fields);
    model->tensors = anew_alloc_zero(tensors * sizeof *model->tensors);
    if (model->fields == NULL || model->tensors == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory for the model", model->label);
    c.at = ANEW_FILE_HEADER;
    c.end = ANEW_FILE_HEADER + directory;
    for (uint32_t i = 0; i < fields; i++)
        ANEW_TRY(read_field(&c, model));
    size_t data_at = c.end;
    for (uint32_t i = 0; i < tensors; i++)
        ANEW_TRY(read_tensor(&c, model, &data_at));
    if (c.end - c.at >= ANEW_FILE_ALIGNMENT || !all_zero(file, c.at, c.end))
        return damaged(&c, "bytes after the directory's last tensor");
    if (data_at != size)
        return damaged(&c, "bytes after the last tensor");
    if (anew_model_architecture(model)[0] == '\0')
        return damaged(&c, "no architecture is named");
    return index_tensors(&c, model);
}

static anew_status create(anew_model **out, anew_bytes file, bool owns_file, const char *label,
                          anew_error *error)
{
    anew_model *model = anew_alloc_zero(sizeof *model);
    if (model == NULL) {
        if (owns_file)
            anew_bytes_free(&file);
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory for the model", label);
    }
    model->file = file;
    model->owns_file = owns_file;
    model->label = anew_text_copy(label);
    model->parts = anew_alloc_zero(sizeof *model->parts);
#ifndef ANEW_EMBEDDED
    if (model->parts != NULL)
        (void)pthread_mutex_init(&model->parts->mutex, NULL);
#endif
    const anew_status status =
        model->label == NULL || model->parts == NULL
            ? anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory for the model", label)
            : parse(model, error);
    if (status != ANEW_OK)
        anew_model_close(&model);
    *out = model;
    return status;
}

static bool is_model(const uint8_t *first, size_t size)
{
    return size >= 8 && memcmp(first, ANEW_FILE_MAGIC, 8) == 0;
}

anew_status anew_model_open(anew_model **model, const char *path, anew_error *error)
{
    anew_bytes file;
    *model = NULL;
    ANEW_TRY(anew_file_read_kind(&file, path, MAX_FILE_BYTES, is_model, error));
    return create(model, file, true, path, error);
}

anew_status anew_model_from_bytes(anew_model **model, anew_bytes *bytes, const char *label,
                                  anew_error *error)
{
    const anew_bytes taken = *bytes;
    *bytes = (anew_bytes){0};
    *model = NULL;
    return create(model, taken, true, label, error);
}

anew_status anew_model_from_memory(anew_model **model, const void *data, size_t size,
                                   const char *label, anew_error *error)
{
    *model = NULL;
    if ((uintptr_t)data % ANEW_FILE_ALIGNMENT != 0)
        return anew_fail(error, ANEW_ERROR_ARGUMENT,
                         "%s: a model in memory must start at a multiple "
                         "of %d bytes",
                         label, ANEW_FILE_ALIGNMENT);
    return create(model, (anew_bytes){.data = data, .size = size}, false, label, error);
}

/* ---- parts --------------------------------------------------------------------------------------- */

anew_status anew_model_part(void **part, const anew_model *model, int slot,
                            anew_status (*make)(void **part, const anew_model *model, void *context,
                                                anew_error *error),
                            void (*release)(void *part), void *context, anew_error *error)
{
    anew_model_parts *parts = model->parts;
    anew_status status = ANEW_OK;
#ifndef ANEW_EMBEDDED
    (void)pthread_mutex_lock(&parts->mutex);
#endif
    if (parts->slots[slot].part == NULL) {
        status = make(&parts->slots[slot].part, model, context, error);
        parts->slots[slot].release = release;
        if (status != ANEW_OK)
            parts->slots[slot].part = NULL;
    }
    *part = parts->slots[slot].part;
#ifndef ANEW_EMBEDDED
    (void)pthread_mutex_unlock(&parts->mutex);
#endif
    return status;
}

static void free_parts(anew_model_parts *parts)
{
    if (parts == NULL)
        return;
    for (int i = ANEW_MODEL_PARTS - 1; i >= 0; i--) /* later parts use earlier ones */
        if (parts->slots[i].part != NULL)
            parts->slots[i].release(parts->slots[i].part);
#ifndef ANEW_EMBEDDED
    (void)pthread_mutex_destroy(&parts->mutex);
#endif
    anew_free(parts);
}

void anew_model_close(anew_model **model)
{
    anew_model *m = *model;
    if (m == NULL)
        return;
    free_parts(m->parts);
    for (int i = 0; i < m->field_count; i++) {
        anew_free(m->fields[i].name);
        anew_free(m->fields[i].text);
    }
    for (int i = 0; i < m->tensor_count; i++)
        anew_free((void *)(uintptr_t)m->tensors[i].name);
    anew_free(m->fields);
    anew_free(m->tensors);
    anew_free((void *)(uintptr_t)m->by_name);
    anew_free(m->label);
    if (m->owns_file)
        anew_bytes_free(&m->file);
    anew_free(m);
    *model = NULL;
}

size_t anew_model_bytes(const anew_model *model)
{
    return model->owns_file ? model->file.size : 0;
}

void anew_model_digest(const anew_model *model, char text[ANEW_SHA256_TEXT])
{
    anew_sha256(text, model->file.data, model->file.size);
}

/* ---- access -------------------------------------------------------------------------------------- */

static const field *find_field(const anew_model *model, const char *name, bool header)
{
    for (int i = 0; i < model->field_count; i++)
        if ((model->fields[i].kind == ANEW_FIELD_HEADER_TEXT) == header &&
            strcmp(model->fields[i].name, name) == 0)
            return &model->fields[i];
    return NULL;
}

static const char *header_text(const anew_model *model, const char *name)
{
    const field *f = find_field(model, name, true);
    return f == NULL ? "" : f->text;
}

const char *anew_model_architecture(const anew_model *model)
{
    return header_text(model, "architecture");
}

const char *anew_model_name(const anew_model *model)
{
    return header_text(model, "name");
}

const char *anew_model_source(const anew_model *model)
{
    return header_text(model, "source");
}

const char *anew_model_licence(const anew_model *model)
{
    return header_text(model, "licence");
}

const char *anew_model_label(const anew_model *model)
{
    return model->label;
}

bool anew_model_integer(const anew_model *model, const char *name, int64_t *value)
{
    const field *f = find_field(model, name, false);
    if (f == NULL || f->kind != ANEW_FIELD_INTEGER)
        return false;
    *value = f->integer;
    return true;
}

bool anew_model_real(const anew_model *model, const char *name, double *value)
{
    const field *f = find_field(model, name, false);
    if (f == NULL || f->kind == ANEW_FIELD_TEXT)
        return false;
    *value = f->kind == ANEW_FIELD_INTEGER ? (double)f->integer : f->real;
    return true;
}

bool anew_model_text(const anew_model *model, const char *name, const char **value)
{
    const field *f = find_field(model, name, false);
    if (f == NULL || f->kind != ANEW_FIELD_TEXT)
        return false;
    *value = f->text;
    return true;
}

bool anew_model_parameter(const anew_model *model, int index, anew_parameter *parameter)
{
    for (int i = 0; i < model->field_count; i++) {
        const field *f = &model->fields[i];
        if (f->kind == ANEW_FIELD_HEADER_TEXT || index-- > 0)
            continue;
        *parameter = (anew_parameter){.name = f->name, .text = ""};
        if (f->kind == ANEW_FIELD_INTEGER) {
            parameter->kind = ANEW_PARAMETER_INTEGER;
            parameter->integer = f->integer;
        } else if (f->kind == ANEW_FIELD_REAL) {
            parameter->kind = ANEW_PARAMETER_REAL;
            parameter->real = f->real;
        } else {
            parameter->kind = ANEW_PARAMETER_TEXT;
            parameter->text = f->text;
        }
        return true;
    }
    return false;
}

bool anew_model_parameter_text(const anew_model *model, int index, const char **name, char *text,
                               size_t text_bytes)
{
    anew_parameter p;
    if (!anew_model_parameter(model, index, &p))
        return false;
    *name = p.name;
    if (p.kind == ANEW_PARAMETER_INTEGER)
        (void)snprintf(text, text_bytes, "%" PRId64, p.integer);
    else if (p.kind == ANEW_PARAMETER_REAL)
        (void)snprintf(text, text_bytes, "%.9g", p.real);
    else
        (void)snprintf(text, text_bytes, "%s", p.text);
    return true;
}

bool anew_model_value_text(const anew_model *model, const char *name, char *text, size_t text_bytes)
{
    const char *other = NULL;
    for (int i = 0; anew_model_parameter_text(model, i, &other, text, text_bytes); i++)
        if (strcmp(other, name) == 0)
            return true;
    (void)snprintf(text, text_bytes, "missing");
    return false;
}

int anew_model_tensor_count(const anew_model *model)
{
    return model->tensor_count;
}

const anew_tensor *anew_model_tensor(const anew_model *model, int index)
{
    return &model->tensors[index];
}

const anew_tensor *anew_model_find(const anew_model *model, const char *name)
{
    const anew_tensor key = {.name = name};
    const anew_tensor *pointer = &key;
    const anew_tensor *const *found = bsearch(&pointer, model->by_name, (size_t)model->tensor_count,
                                              sizeof *model->by_name, compare_names);
    return found == NULL ? NULL : *found;
}
