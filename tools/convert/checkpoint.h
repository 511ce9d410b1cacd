/*
 * checkpoint.h - the tensors of a checkpoint of another framework, whatever its container: names as
 * they stand in the file, values as f32 in row-major order.
 */
#ifndef ANEW_CONVERT_CHECKPOINT_H
#define ANEW_CONVERT_CHECKPOINT_H

#include "core/file.h"
#include "model/model_write.h"

/* No model that we know is near these; a small hostile file can describe far more. */
#define CHECKPOINT_MAX_TENSORS  16384
#define CHECKPOINT_MAX_ELEMENTS ((int64_t)1 << 29) /* of all tensors together */

/* Types of the source that matter for "keep what it was"; all others become f32. */
typedef struct checkpoint_tensor {
    char *name;
    anew_dtype stored; /* F32, F16 or BF16 */
    int rank;
    int64_t dims[ANEW_MAX_RANK];
    int64_t elements;
    float *values;
} checkpoint_tensor;

typedef struct checkpoint {
    checkpoint_tensor *tensors;
    int count;
    size_t capacity;
    int64_t elements;                             /* of all tensors */
    const char *container;                        /* "safetensors", "PyTorch zip" ... */
    char *architecture, *name, *licence, *source; /* from metadata, or NULL */
    const char *denoise_partner;                  /* of a known file, or NULL */
    bool has_slope; /* the container tells the activation: LeakyReLU of this slope, 0 is ReLU */
    double slope;
    char *nodes;   /* the network as a list of records (nodes.h), or NULL */
    char *remark;  /* what was assumed of it */
    int up_factor; /* the container tells by how much an enlargement enlarges; 0: it does not */
} checkpoint;

/* Element types that checkpoints hold. */
typedef enum element_type {
    ELEMENT_F32,
    ELEMENT_F16,
    ELEMENT_BF16,
    ELEMENT_F64,
    ELEMENT_I64,
    ELEMENT_I32,
    ELEMENT_I16,
    ELEMENT_I8,
    ELEMENT_U8,
    ELEMENT_BOOL,
    ELEMENT_UNKNOWN
} element_type;

size_t element_bytes(element_type type);

/* A checkpoint tensor appended from strided elements in memory: element (i0, i1, ...) is at
 * data + (offset + sum(i * stride)) * bytes; every index is checked against `count` elements. `label`
 * names the file. Contiguous where `strides` is NULL. */
ANEW_NODISCARD anew_status checkpoint_add(checkpoint *c, const char *label, const char *name,
                                          element_type type, int rank, const int64_t *dims,
                                          const int64_t *strides, const uint8_t *data,
                                          int64_t offset, int64_t count, anew_error *error);

void checkpoint_free(checkpoint *c);

/* Reads any container that we know, told by content. */
ANEW_NODISCARD anew_status checkpoint_read(checkpoint *c, const char *path, anew_error *error);

/* An ONNX or ncnn graph as it is, operation by operation (nodes.h), without asking which network it is. */
struct nodes_options;
ANEW_NODISCARD anew_status checkpoint_read_graph(checkpoint *c, const char *path,
                                                 const struct nodes_options *options,
                                                 anew_error *error);

/* Readers of one container each. */
bool safetensors_sniff(const uint8_t *data, size_t size);
ANEW_NODISCARD anew_status safetensors_read(checkpoint *c, const uint8_t *data, size_t size,
                                            const char *label, anew_error *error);
ANEW_NODISCARD anew_status pytorch_zip_read(checkpoint *c, const uint8_t *data, size_t size,
                                            const char *label, anew_error *error);

bool pytorch_legacy_sniff(const uint8_t *data, size_t size);
ANEW_NODISCARD anew_status pytorch_legacy_read(checkpoint *c, const uint8_t *data, size_t size,
                                               const char *label, anew_error *error);
bool onnx_sniff(const uint8_t *data, size_t size);
ANEW_NODISCARD anew_status onnx_read(checkpoint *c, const uint8_t *data, size_t size,
                                     const char *label, anew_error *error);
bool ncnn_sniff(const uint8_t *data, size_t size);
/* `path` is that of the .param; the .bin stands beside it. */
ANEW_NODISCARD anew_status ncnn_read(checkpoint *c, const uint8_t *data, size_t size,
                                     const char *path, anew_error *error);

ANEW_NODISCARD anew_status onnx_read_graph(checkpoint *c, const uint8_t *data, size_t size,
                                           const char *label, const struct nodes_options *options,
                                           anew_error *error);
ANEW_NODISCARD anew_status ncnn_read_graph(checkpoint *c, const uint8_t *data, size_t size,
                                           const char *path, const struct nodes_options *options,
                                           anew_error *error);

/* Recognises a published file and notes its name, licence, source and partner (known.c). */
ANEW_NODISCARD anew_status known_file_note(checkpoint *c, const uint8_t *data, size_t size,
                                           anew_error *error);

/* Drops a prefix that all names share ("module.", "netG."). */
void checkpoint_strip_prefixes(checkpoint *c);

#endif
