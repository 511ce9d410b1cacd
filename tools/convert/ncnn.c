/*
 * ncnn.c - a model of the ncnn framework: NAME.param, a text with one layer a line, and NAME.bin, the
 * weights of the layers in the same order.
 *
 *     Type name inputs outputs input... output... key=value...
 *
 * Of a Convolution the .bin holds a tag (0: f32, 0x01306B47: f16), the weights [out][in][k][k] padded to
 * four bytes, and the bias as f32; of a PReLU its slopes as f32. The layers carry no names that tell their
 * part, so the graph does: a chain that ends in a pixel shuffle and the addition of the enlarged picture
 * is SRVGGNetCompact; a sequence of convolutions whose channels grow and return, five at a time, is
 * RRDBNet. The tensors get those networks' canonical names; any other graph gets names that nothing
 * recognises, so that it is refused with the list of what is known.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checkpoint.h"
#include "core/memory.h"

#define MAX_LAYERS 4096
#define MAX_PARAM  ((size_t)4 << 20)
#define MAX_BIN    ((size_t)1 << 30)
#define MAX_WORD   96
#define MAX_BLOBS  8 /* inputs or outputs of a layer that is looked at */
#define TAG_F16    0x01306b47u
#define ARRAY_KEY  (-23300) /* key -23300 - k holds an array for parameter k */

typedef struct ncnn_layer {
    char type[MAX_WORD];
    int input_count, output_count;
    char inputs[MAX_BLOBS][MAX_WORD], outputs[MAX_BLOBS][MAX_WORD];
    double values[24]; /* parameters 0 .. 23; an array's first element */
    bool given[24];
} ncnn_layer;

typedef struct ncnn_file {
    const char *path;
    ncnn_layer *layers;
    int count;
    const uint8_t *bin;
    size_t bin_size, at;
    anew_error *error;
} ncnn_file;

bool ncnn_sniff(const uint8_t *data, size_t size)
{
    return size >= 8 && memcmp(data, "7767517", 7) == 0 && (data[7] == '\n' || data[7] == '\r');
}

/* ---- the text ---------------------------------------------------------------------------------------- */

static anew_status broken(const ncnn_file *f, int line, const char *what)
{
    return anew_fail(f->error, ANEW_ERROR_FORMAT, "%s: line %d: %s", f->path, line, what);
}

/* The next word of the line into `word`; false at its end or where it is too long. */
static bool next_word(const char **p, const char *end, char word[MAX_WORD])
{
    size_t length = 0;
    while (*p < end && (**p == ' ' || **p == '\t'))
        (*p)++;
    while (*p < end && **p != ' ' && **p != '\t') {
        if (length + 1 >= MAX_WORD)
            return false;
        word[length++] = *(*p)++;
    }
    word[length] = '\0';
    return length > 0;
}

static bool next_count(const char **p, const char *end, int *count)
{
    char word[MAX_WORD], *rest = NULL;
    if (!next_word(p, end, word))
        return false;
    const long value = strtol(word, &rest, 10);
    *count = (int)value;
    return *rest == '\0' && value >= 0 && value < MAX_LAYERS;
}

/* key=value, or -23300-k=count,first,... */
static bool read_parameter(ncnn_layer *layer, const char *word)
{
    char *rest = NULL;
    long key = strtol(word, &rest, 10);
    if (rest == word || *rest != '=')
        return false;
    const char *value = rest + 1;
    if (key <= ARRAY_KEY) {
        key = ARRAY_KEY - key;
        value = strchr(value, ',');
        if (value == NULL)
            return true; /* an empty array */
        value++;
    }
    if (key >= 0 && key < 24) {
        layer->values[key] = strtod(value, &rest);
        layer->given[key] = rest != value;
    }
    return true;
}

static anew_status read_layer(ncnn_file *f, ncnn_layer *layer, const char *p, const char *end,
                              int line)
{
    char word[MAX_WORD];
    *layer = (ncnn_layer){.input_count = 0};
    if (!next_word(&p, end, layer->type) || !next_word(&p, end, word) ||
        !next_count(&p, end, &layer->input_count) || !next_count(&p, end, &layer->output_count))
        return broken(f, line, "no layer");
    for (int i = 0; i < layer->input_count + layer->output_count; i++) {
        const int k = i < layer->input_count ? i : i - layer->input_count;
        if (!next_word(&p, end, word))
            return broken(f, line, "fewer blobs than it says");
        if (k < MAX_BLOBS)
            memcpy(i < layer->input_count ? layer->inputs[k] : layer->outputs[k], word, MAX_WORD);
    }
    while (next_word(&p, end, word))
        if (!read_parameter(layer, word))
            return broken(f, line, "a parameter that is not key=value");
    return ANEW_OK;
}

static anew_status read_layers(ncnn_file *f, const char *text, size_t size)
{
    const char *const end = text + size;
    int line = 0, wanted = -1;
    for (const char *p = text; p < end; line++) {
        const char *stop = memchr(p, '\n', (size_t)(end - p));
        const char *last = stop == NULL ? end : stop;
        const char *next = stop == NULL ? end : stop + 1;
        if (last > p && last[-1] == '\r')
            last--;
        const char *word = p;
        if (line == 1) {
            if (!next_count(&word, last, &wanted))
                return broken(f, 2, "no number of layers");
            f->layers = anew_alloc(anew_size_mul((size_t)wanted + 1, sizeof *f->layers));
            if (f->layers == NULL)
                return anew_fail(f->error, ANEW_ERROR_MEMORY, "%s: no memory for its layers",
                                 f->path);
        } else if (line > 1 && last > p) {
            if (f->count == wanted)
                return broken(f, line + 1, "more layers than it says");
            ANEW_TRY(read_layer(f, &f->layers[f->count++], p, last, line + 1));
        }
        p = next;
    }
    if (wanted < 0 || f->count != wanted)
        return broken(f, line, "the file is cut");
    return ANEW_OK;
}

/* ---- the graph --------------------------------------------------------------------------------------- */

static bool is(const ncnn_layer *layer, const char *type)
{
    return strcmp(layer->type, type) == 0;
}

static bool is_conv(const ncnn_layer *layer)
{
    return is(layer, "Convolution");
}

/* Whether blob `name` is `wanted`, looking through copies (Split). */
static bool is_blob(const ncnn_file *f, const char *name, const char *wanted)
{
    for (int depth = 0; depth < MAX_LAYERS; depth++) {
        if (strcmp(name, wanted) == 0)
            return true;
        const char *source = NULL;
        for (int i = 0; source == NULL && i < f->count; i++)
            for (int k = 0; is(&f->layers[i], "Split") && k < MAX_BLOBS; k++)
                if (strcmp(f->layers[i].outputs[k], name) == 0)
                    source = f->layers[i].inputs[0];
        if (source == NULL)
            return false;
        name = source;
    }
    return false;
}

/* A plain 3x3 convolution, stride 1, padding 1. */
static bool is_plain(const ncnn_layer *l)
{
    return l->values[1] == 3 && (!l->given[11] || l->values[11] == 3) &&
           (!l->given[2] || l->values[2] == 1) && (!l->given[3] || l->values[3] == 1) &&
           l->values[4] == 1 && l->values[5] == 1 && (!l->given[18] || l->values[18] == 0);
}

/* Input, [conv, PReLU or ReLU]..., conv, PixelShuffle, Interp of the input, addition. */
static bool is_compact(const ncnn_file *f)
{
    const char *carried = NULL, *picture = NULL, *enlarged = NULL;
    bool shuffled = false, added = false;
    for (int i = 0; i < f->count; i++) {
        const ncnn_layer *l = &f->layers[i];
        if (is(l, "Input") && picture == NULL) {
            carried = picture = l->outputs[0];
        } else if (is(l, "Split")) {
            continue;
        } else if (picture == NULL || added) {
            return false;
        } else if (is_conv(l) || is(l, "PReLU") || is(l, "ReLU") || is(l, "PixelShuffle")) {
            if (shuffled || !is_blob(f, l->inputs[0], carried) || (is_conv(l) && !is_plain(l)))
                return false;
            carried = l->outputs[0];
            shuffled = is(l, "PixelShuffle");
        } else if (is(l, "Interp")) {
            if (enlarged != NULL || l->values[0] != 1 || !is_blob(f, l->inputs[0], picture))
                return false;
            enlarged = l->outputs[0];
        } else if (is(l, "BinaryOp")) {
            if (!shuffled || enlarged == NULL || l->values[0] != 0 || l->input_count != 2 ||
                !((is_blob(f, l->inputs[0], carried) && is_blob(f, l->inputs[1], enlarged)) ||
                  (is_blob(f, l->inputs[1], carried) && is_blob(f, l->inputs[0], enlarged))))
                return false;
            added = true;
        } else {
            return false;
        }
    }
    return added;
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

/* Whether five convolutions in a row are a dense block: f -> g, f + g -> g, ... f + 4 g -> f. */
static bool is_dense_block(const ncnn_layer *const *convs, int64_t features)
{
    const int64_t grow = (int64_t)convs[0]->values[0];
    for (int k = 0; k < 5; k++)
        if (!is_plain(convs[k]) || in_channels(convs[k]) != features + k * grow ||
            convs[k]->values[0] != (double)(k == 4 ? features : grow))
            return false;
    return true;
}

/* The canonical name of convolution `index` of `count` in an RRDBNet, or false where it is none. */
static bool rrdb_name(const ncnn_layer *const *convs, int count, int index, char name[64])
{
    const int64_t features = (int64_t)convs[0]->values[0];
    int blocks = 0;
    while (1 + (blocks + 1) * 5 <= count && is_dense_block(convs + 1 + blocks * 5, features))
        blocks++;
    const int tail = 1 + blocks * 5, ups = count - tail - 3;
    if (blocks == 0 || blocks % 3 != 0 || ups < 0 || ups > 4)
        return false;
    if (index == 0)
        (void)snprintf(name, 64, "conv_first");
    else if (index < tail)
        (void)snprintf(name, 64, "body.%d.rdb%d.conv%d", (index - 1) / 15, (index - 1) / 5 % 3 + 1,
                       (index - 1) % 5 + 1);
    else if (index == tail)
        (void)snprintf(name, 64, "conv_body");
    else if (index <= tail + ups)
        (void)snprintf(name, 64, "conv_up%d", index - tail);
    else
        (void)snprintf(name, 64, index == count - 2 ? "conv_hr" : "conv_last");
    return true;
}

/* ---- the weights ------------------------------------------------------------------------------------- */

static anew_status take(ncnn_file *f, size_t bytes, const uint8_t **p)
{
    if (bytes > f->bin_size - f->at)
        return anew_fail(f->error, ANEW_ERROR_FORMAT, "%s: its .bin is too short", f->path);
    *p = f->bin + f->at;
    f->at += bytes;
    return ANEW_OK;
}

static anew_status read_conv(ncnn_file *f, checkpoint *c, const ncnn_layer *layer, const char *name)
{
    const uint8_t *p = NULL;
    char full[96];
    const int64_t in = in_channels(layer), out = (int64_t)layer->values[0];
    const int64_t kernel = (int64_t)layer->values[1], count = (int64_t)layer->values[6];
    if (in == 0)
        return anew_fail(f->error, ANEW_ERROR_FORMAT,
                         "%s: a convolution whose sizes do not fit together", f->path);
    ANEW_TRY(take(f, 4, &p));
    const uint32_t tag =
        (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
    if (tag != 0 && tag != TAG_F16)
        return anew_fail(f->error, ANEW_ERROR_UNSUPPORTED,
                         "%s: its .bin holds weights of the kind 0x%08x; f32 and f16 are known",
                         f->path, (unsigned int)tag);
    const element_type type = tag == TAG_F16 ? ELEMENT_F16 : ELEMENT_F32;
    ANEW_TRY(take(f, ((size_t)count * element_bytes(type) + 3) / 4 * 4, &p));
    (void)snprintf(full, sizeof full, "%s.weight", name);
    const int64_t dims[4] = {out, in, kernel, kernel};
    ANEW_TRY(checkpoint_add(c, f->path, full, type, 4, dims, NULL, p, 0, count, f->error));
    if (layer->values[5] == 0)
        return ANEW_OK;
    ANEW_TRY(take(f, (size_t)out * 4, &p));
    (void)snprintf(full, sizeof full, "%s.bias", name);
    return checkpoint_add(c, f->path, full, ELEMENT_F32, 1, dims, NULL, p, 0, out, f->error);
}

static anew_status read_slopes(ncnn_file *f, checkpoint *c, const ncnn_layer *layer,
                               const char *name)
{
    const uint8_t *p = NULL;
    char full[96];
    if (!(layer->values[0] >= 1 && layer->values[0] <= 65536))
        return anew_fail(f->error, ANEW_ERROR_FORMAT, "%s: a PReLU without slopes", f->path);
    const int64_t count = (int64_t)layer->values[0];
    ANEW_TRY(take(f, (size_t)count * 4, &p));
    (void)snprintf(full, sizeof full, "%s.weight", name);
    return checkpoint_add(c, f->path, full, ELEMENT_F32, 1, &count, NULL, p, 0, count, f->error);
}

/* Activations in the convolution (activation_type 1: ReLU, 2: leaky), or as layers of their own. */
static anew_status note_activation(ncnn_file *f, checkpoint *c, double kind, double slope)
{
    if (kind == 0)
        return ANEW_OK;
    if (kind > 2 || (c->has_slope && c->slope != (kind == 1 ? 0 : slope)))
        return anew_fail(f->error, ANEW_ERROR_UNSUPPORTED,
                         "%s: activations of several kinds, or of one that is not known", f->path);
    c->has_slope = true;
    c->slope = kind == 1 ? 0 : slope;
    return ANEW_OK;
}

static anew_status read_weights(ncnn_file *f, checkpoint *c, const ncnn_layer *const *convs,
                                int conv_count)
{
    const bool compact = is_compact(f);
    int conv = 0;
    for (int i = 0; i < f->count; i++) {
        const ncnn_layer *l = &f->layers[i];
        char name[64];
        if (is_conv(l)) {
            if (compact)
                (void)snprintf(name, sizeof name, "body.%d", 2 * conv);
            else if (!rrdb_name(convs, conv_count, conv, name))
                (void)snprintf(name, sizeof name, "ncnn.%d", i);
            conv++;
            ANEW_TRY(read_conv(f, c, l, name));
            ANEW_TRY(note_activation(f, c, l->values[9], l->values[10]));
        } else if (is(l, "PReLU")) {
            (void)snprintf(name, sizeof name, compact ? "body.%d" : "ncnn.%d",
                           compact ? 2 * conv - 1 : i);
            ANEW_TRY(read_slopes(f, c, l, name));
        } else if (is(l, "ReLU")) {
            ANEW_TRY(note_activation(f, c, l->values[0] == 0 ? 1 : 2, l->values[0]));
        } else if (!is(l, "Input") && !is(l, "Split") && !is(l, "PixelShuffle") &&
                   !is(l, "Interp") && !is(l, "BinaryOp") && !is(l, "Concat") &&
                   !is(l, "Eltwise")) {
            return anew_fail(f->error, ANEW_ERROR_UNSUPPORTED,
                             "%s: a layer of the type '%.40s': no network that is known here. "
                             "Known as ncnn models: SRVGGNetCompact, RRDBNet",
                             f->path, l->type);
        }
    }
    if (f->at != f->bin_size)
        return anew_fail(f->error, ANEW_ERROR_FORMAT, "%s: its .bin is longer than its layers need",
                         f->path);
    return ANEW_OK;
}

anew_status ncnn_read(checkpoint *c, const uint8_t *data, size_t size, const char *path,
                      anew_error *error)
{
    ncnn_file f = {.path = path, .error = error};
    anew_bytes bin = {0};
    const ncnn_layer **convs = NULL;
    anew_status status = ANEW_OK;
    int conv_count = 0;
    c->container = "ncnn";
    const size_t length = strlen(path);
    char *bin_path = anew_alloc(length + 5);
    if (bin_path == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory", path);
    (void)sprintf(bin_path, "%s", path);
    (void)sprintf(length > 6 && strcmp(path + length - 6, ".param") == 0 ? bin_path + length - 6
                                                                         : bin_path + length,
                  ".bin");
    if (size > MAX_PARAM) {
        status = anew_fail(error, ANEW_ERROR_LIMIT, "%s: larger than a .param can be", path);
        goto out;
    }
    ANEW_TRY_GOTO(read_layers(&f, (const char *)data, size), out);
    ANEW_TRY_GOTO(anew_file_read(&bin, bin_path, MAX_BIN, error), out);
    f.bin = bin.data;
    f.bin_size = bin.size;
    convs = anew_alloc(anew_size_mul((size_t)f.count + 1, sizeof *convs));
    if (convs == NULL) {
        status = anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory for its layers", path);
        goto out;
    }
    for (int i = 0; i < f.count; i++)
        if (is_conv(&f.layers[i]))
            convs[conv_count++] = &f.layers[i];
    status = read_weights(&f, c, convs, conv_count);
out:
    anew_free((void *)(uintptr_t)convs);
    anew_bytes_free(&bin);
    anew_free(f.layers);
    anew_free(bin_path);
    return status;
}
