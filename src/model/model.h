/*
 * model.h - reads a model file (.anew, weights/FORMAT.md): provenance, hyper-parameters by name,
 * tensors by name. Every offset, size and product of the file is checked before it is used; what
 * has passed anew_model_open can be used without another check.
 */
#ifndef ANEW_MODEL_MODEL_H
#define ANEW_MODEL_MODEL_H

#include <stdbool.h>

#include "core/file.h"
#include "core/sha256.h"
#include "core/status.h"

#define ANEW_MAX_RANK 6

typedef enum anew_dtype {
    ANEW_DTYPE_F32 = 0,
    ANEW_DTYPE_F16 = 1,
    ANEW_DTYPE_BF16 = 2,
    ANEW_DTYPE_I8 = 3 /* value = scale[first dimension] * i8; see FORMAT.md */
} anew_dtype;

/* One tensor, row-major; a borrowed view that lives as long as the model. */
typedef struct anew_tensor {
    const char *name;
    anew_dtype dtype;
    int rank;
    int64_t dims[ANEW_MAX_RANK]; /* outermost first; entries beyond rank are 1 */
    int64_t elements;            /* their product; 1 for a scalar */
    const void *data;            /* 64-byte aligned, little-endian */
    const float *row_scale;      /* I8 only: dims[0] factors */
} anew_tensor;

/* Opens a file. The model owns its memory; closed with anew_model_close (anew.h). */
ANEW_NODISCARD anew_status anew_model_open(anew_model **model, const char *path, anew_error *error);

/* Uses bytes in place: they must stay valid and unchanged until the model is closed, and start at a
 * multiple of 64. `label` names them in messages. */
ANEW_NODISCARD anew_status anew_model_from_memory(anew_model **model, const void *data, size_t size,
                                                  const char *label, anew_error *error);

/* Takes the bytes over, wherever they came from: *bytes is emptied, also after a failure. */
ANEW_NODISCARD anew_status anew_model_from_bytes(anew_model **model, anew_bytes *bytes,
                                                 const char *label, anew_error *error);

/* Memory that the model's file takes; 0 where it is used in place. */
size_t anew_model_bytes(const anew_model *model);

/* SHA-256 of the model's file, in hexadecimal; of a mixture, of the file that it would be. */
void anew_model_digest(const anew_model *model, char text[ANEW_SHA256_TEXT]);

/* Path or label, for messages. Borrowed. anew.h has the other texts: name, architecture, source, licence. */
const char *anew_model_label(const anew_model *model);

/* A hyper-parameter by name; false where the file has none of that name and kind (an integer may be
 * read as a real). */
bool anew_model_integer(const anew_model *model, const char *name, int64_t *value);
bool anew_model_real(const anew_model *model, const char *name, double *value);
bool anew_model_text(const anew_model *model, const char *name, const char **value);

/* Hyper-parameters in file order. False past the last. */
typedef enum anew_parameter_kind {
    ANEW_PARAMETER_INTEGER,
    ANEW_PARAMETER_REAL,
    ANEW_PARAMETER_TEXT
} anew_parameter_kind;

typedef struct anew_parameter {
    const char *name; /* borrowed */
    anew_parameter_kind kind;
    int64_t integer; /* 0 where it is of another kind */
    double real;
    const char *text; /* borrowed; "" */
} anew_parameter;

bool anew_model_parameter(const anew_model *model, int index, anew_parameter *parameter);

/* Hyper-parameters in file order, written for people: name into *name (borrowed), value as text
 * into `text`. False past the last. */
bool anew_model_parameter_text(const anew_model *model, int index, const char **name, char *text,
                               size_t text_bytes);

/* The value of the hyper-parameter `name`, of whatever kind, for a message; false, and the text "missing",
 * where there is none. */
bool anew_model_value_text(const anew_model *model, const char *name, char *text,
                           size_t text_bytes);

int anew_model_tensor_count(const anew_model *model);
const anew_tensor *anew_model_tensor(const anew_model *model, int index);
const anew_tensor *anew_model_find(const anew_model *model, const char *name); /* or NULL */

/* A shape as people read it, such as 64x3x3x3; returns `text`. */
#define ANEW_SHAPE_TEXT 128
const char *anew_shape_text(char text[ANEW_SHAPE_TEXT], int rank, const int64_t *dims);

/* All elements as f32, in row-major order, into dst (tensor->elements floats). Exact for every
 * dtype but I8, which is one rounded product an element. */
void anew_tensor_to_f32(float *dst, const anew_tensor *tensor);

/* ---- Things that belong to a model: made once, shared by all who use it, freed with it ------------- */

#define ANEW_MODEL_PARTS 7

/* The part in slot 0 .. ANEW_MODEL_PARTS - 1, made by `make` at the first call (by one thread; others
 * wait) and freed by `release` when the model is closed. Fails only as `make` does, and then leaves the
 * slot empty. Who uses the slots stands in pipeline/prepare.c. */
ANEW_NODISCARD anew_status anew_model_part(void **part, const anew_model *model, int slot,
                                           anew_status (*make)(void **part, const anew_model *model,
                                                               void *context, anew_error *error),
                                           void (*release)(void *part), void *context,
                                           anew_error *error);

#endif
