/*
 * ncnn.c - a model of the ncnn framework: NAME.param, a text that describes the graph, and NAME.bin, the
 * weights of its layers in the same order.
 *
 * Of a Convolution the .bin holds a tag (0 or 0x0002C056: f32, 0x01306B47: f16), the weights [out][in][k][k]
 * padded to four bytes, and the bias as f32; of a PReLU its slopes as f32.
 */
#include "ncnn.h"

#include <stdio.h>
#include <unistd.h>

#include "core/memory.h"

#define MAX_PARAM ((size_t)4 << 20)
#define MAX_BIN   ((size_t)1 << 30)
#define TAG_RAW   0u
#define TAG_F32   0x0002c056u
#define TAG_F16   0x01306b47u

bool ncnn_sniff(const uint8_t *data, size_t size)
{
    return size >= 8 && memcmp(data, "7767517", 7) == 0 && (data[7] == '\n' || data[7] == '\r');
}

/* Number of input channels, or 0 where the sizes do not fit. */
static int64_t in_channels(const ncnn_layer *conv)
{
    const double out = conv->values[0], kernel = conv->values[1], weights = conv->values[6];
    if (!(out >= 1 && out <= 65536) || !(kernel >= 1 && kernel <= 64) ||
        !(weights >= 1 && weights <= 1e9))
        return 0;
    const int64_t each = (int64_t)out * (int64_t)kernel * (int64_t)kernel;
    return (int64_t)weights % each == 0 ? (int64_t)weights / each : 0;
}

static anew_status take(ncnn_file *f, size_t bytes, const uint8_t **p)
{
    if (bytes > f->bin_size - f->at)
        return anew_fail(f->error, ANEW_ERROR_FORMAT,
                         "%s: its .bin is too short: %zu bytes from byte %zu on are needed, %zu "
                         "are there",
                         f->path, bytes, f->at, f->bin_size - f->at);
    *p = f->bin + f->at;
    f->at += bytes;
    return ANEW_OK;
}

static anew_status read_conv(ncnn_file *f, checkpoint *c, const ncnn_layer *layer)
{
    const uint8_t *p = NULL;
    char full[96];
    const int64_t in = in_channels(layer);
    if (in == 0)
        return anew_fail(f->error, ANEW_ERROR_FORMAT,
                         "%s: a convolution whose sizes do not fit together: %g weights for %g "
                         "channels of %gx%g",
                         f->path, (double)layer->values[6], (double)layer->values[0],
                         (double)layer->values[1], (double)layer->values[1]);
    const int64_t out = (int64_t)layer->values[0], kernel = (int64_t)layer->values[1];
    const int64_t count = (int64_t)layer->values[6];
    ANEW_TRY(take(f, 4, &p));
    const uint32_t tag =
        (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
    if (tag != TAG_RAW && tag != TAG_F32 && tag != TAG_F16)
        return anew_fail(f->error, ANEW_ERROR_UNSUPPORTED,
                         "%s: its .bin holds weights of the kind 0x%08x; f32 and f16 are known",
                         f->path, (unsigned int)tag);
    const element_type type = tag == TAG_F16 ? ELEMENT_F16 : ELEMENT_F32;
    ANEW_TRY(take(f, ((size_t)count * element_bytes(type) + 3) / 4 * 4, &p));
    (void)snprintf(full, sizeof full, "%s.weight", layer->name);
    const int64_t dims[4] = {out, in, kernel, kernel};
    ANEW_TRY(checkpoint_add(c, f->path, full, type, 4, dims, NULL, p, 0, count, f->error));
    if (layer->values[5] == 0)
        return ANEW_OK;
    ANEW_TRY(take(f, (size_t)out * 4, &p));
    (void)snprintf(full, sizeof full, "%s.bias", layer->name);
    return checkpoint_add(c, f->path, full, ELEMENT_F32, 1, dims, NULL, p, 0, out, f->error);
}

static anew_status read_slopes(ncnn_file *f, checkpoint *c, const ncnn_layer *layer)
{
    const uint8_t *p = NULL;
    char full[96];
    if (!(layer->values[0] >= 1 && layer->values[0] <= 65536))
        return anew_fail(f->error, ANEW_ERROR_FORMAT, "%s: a PReLU without slopes", f->path);
    const int64_t count = (int64_t)layer->values[0];
    ANEW_TRY(take(f, (size_t)count * 4, &p));
    (void)snprintf(full, sizeof full, "%s.weight", layer->name);
    return checkpoint_add(c, f->path, full, ELEMENT_F32, 1, &count, NULL, p, 0, count, f->error);
}

anew_status ncnn_weights_read(ncnn_file *f, checkpoint *c)
{
    for (int i = 0; i < f->count; i++) {
        if (ncnn_is(&f->layers[i], "Convolution"))
            ANEW_TRY(read_conv(f, c, &f->layers[i]));
        else if (ncnn_is(&f->layers[i], "PReLU"))
            ANEW_TRY(read_slopes(f, c, &f->layers[i]));
    }
    if (f->at != f->bin_size)
        return anew_fail(f->error, ANEW_ERROR_FORMAT,
                         "%s: its .bin is longer than its layers need: %zu bytes, not %zu", f->path,
                         f->bin_size, f->at);
    return ANEW_OK;
}

/* NAME.bin for NAME.param. */
static char *bin_path_of(const char *path)
{
    static const char ending[] = ".param";
    const size_t length = strlen(path), cut = sizeof ending - 1;
    char *bin_path = anew_alloc(length + 5);
    if (bin_path == NULL)
        return NULL;
    const bool ends = length > cut && strcmp(path + length - cut, ending) == 0;
    (void)snprintf(bin_path, length + 5, "%.*s.bin", (int)(ends ? length - cut : length), path);
    return bin_path;
}

/* The graph and its weights; `options` NULL: as a network that is known here, else as it is. */
static anew_status read_model(checkpoint *c, const uint8_t *data, size_t size, const char *path,
                              const nodes_options *options, anew_error *error)
{
    ncnn_file f = {.path = path, .error = error};
    anew_bytes bin = {0};
    anew_status status = ANEW_OK;
    c->container = "ncnn";
    if (size > MAX_PARAM)
        return anew_fail(error, ANEW_ERROR_LIMIT, "%s: larger than a .param can be", path);
    char *bin_path = bin_path_of(path);
    if (bin_path == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory", path);
    ANEW_TRY_GOTO(ncnn_param_read(&f, (const char *)data, size), out);
    if (options == NULL)
        ANEW_TRY_GOTO(ncnn_graph_name(&f, c), out);
    if (access(bin_path, F_OK) != 0) {
        status =
            anew_fail(error, ANEW_ERROR_IO, "%s: its weights, %s, are missing", path, bin_path);
        goto out;
    }
    ANEW_TRY_GOTO(anew_file_read(&bin, bin_path, MAX_BIN, error), out);
    f.bin = bin.data;
    f.bin_size = bin.size;
    if (options == NULL)
        ANEW_TRY_GOTO(ncnn_weights_read(&f, c), out);
    else
        ANEW_TRY_GOTO(ncnn_nodes(&f, c, options), out);
    /* Several models share one graph, so the weights tell which it is. */
    status = known_file_note(c, bin.data, bin.size, error);
out:
    anew_bytes_free(&bin);
    anew_free(f.layers);
    anew_free(bin_path);
    return status;
}

anew_status ncnn_read(checkpoint *c, const uint8_t *data, size_t size, const char *path,
                      anew_error *error)
{
    return read_model(c, data, size, path, NULL, error);
}

anew_status ncnn_read_graph(checkpoint *c, const uint8_t *data, size_t size, const char *path,
                            const nodes_options *options, anew_error *error)
{
    return read_model(c, data, size, path, options, error);
}
