/*
 * model_write.h - writes a model file (.anew). Used by the converter; the engine itself only reads.
 */
#ifndef ANEW_MODEL_MODEL_WRITE_H
#define ANEW_MODEL_MODEL_WRITE_H

#include "core/file.h"
#include "model/model.h"

typedef struct anew_model_writer anew_model_writer;

ANEW_NODISCARD anew_status anew_model_writer_create(anew_model_writer **writer, anew_error *error);
void anew_model_writer_free(anew_model_writer **writer);

/* Header texts; copied. `key` is one of "architecture", "name", "source", "licence". */
ANEW_NODISCARD anew_status anew_model_writer_set(anew_model_writer *writer, const char *key,
                                                 const char *text, anew_error *error);

/* Hyper-parameters; the names are copied. */
ANEW_NODISCARD anew_status anew_model_writer_integer(anew_model_writer *writer, const char *name,
                                                     int64_t value, anew_error *error);
ANEW_NODISCARD anew_status anew_model_writer_real(anew_model_writer *writer, const char *name,
                                                  double value, anew_error *error);
ANEW_NODISCARD anew_status anew_model_writer_text(anew_model_writer *writer, const char *name,
                                                  const char *value, anew_error *error);

/* A tensor from f32 values (row-major, copied), stored as `dtype` (F32, F16 or BF16; rounded to
 * nearest even). Refuses values that the dtype cannot hold (an f16 overflow). */
ANEW_NODISCARD anew_status anew_model_writer_tensor(anew_model_writer *writer, const char *name,
                                                    anew_dtype dtype, int rank, const int64_t *dims,
                                                    const float *values, anew_error *error);

/* A tensor of 8-bit integers (row-major, copied): value = row_scale[first index] * integer. Rank 1 at least. */
ANEW_NODISCARD anew_status anew_model_writer_integers(anew_model_writer *writer, const char *name,
                                                      int rank, const int64_t *dims,
                                                      const float *row_scale, const int8_t *values,
                                                      anew_error *error);

/* All hyper-parameters of another model but those named in `without`, a list that ends with NULL; NULL: all. */
ANEW_NODISCARD anew_status anew_model_writer_parameters(anew_model_writer *writer,
                                                        const anew_model *model,
                                                        const char *const *without,
                                                        anew_error *error);

/* The file's bytes, 64-byte aligned; freed with anew_bytes_free. The same contents give the same
 * bytes. */
ANEW_NODISCARD anew_status anew_model_writer_finish(anew_model_writer *writer, anew_bytes *bytes,
                                                    anew_error *error);

/* Writes the file through core/file.h: complete or not at all. */
ANEW_NODISCARD anew_status anew_model_writer_save(anew_model_writer *writer, const char *path,
                                                  anew_error *error);

#endif
