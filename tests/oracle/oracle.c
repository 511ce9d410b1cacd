/*
 * oracle.c - a whole network, from weights to picture, in one file that needs nothing but a C compiler.
 *
 *     oracle MODEL.anew IN.ppm OUT.f32
 *
 * This is the file to read first. It has no engine: no graph, no plan, no threads, no vectors; just the
 * two networks as nested loops over planar floats, written straight from the papers:
 *
 *   SRVGGNetCompact   Wang et al. 2021, Real-ESRGAN: 3x3 convolutions with PReLU, then pixel shuffle
 *   RRDBNet           Wang et al. 2018, ESRGAN: residual-in-residual dense blocks
 *
 * The words, for who has never met a network: it is a fixed list of operations on stacks of gray pictures, the
 * channels (a colour picture is a stack of three); what flows between two operations is called activations, or
 * features. A convolution makes each pixel of each output channel from the 3x3 pixels around it in all input
 * channels: it multiplies each by a number of its own, a weight, and adds them all to one more number, the bias.
 * Training has found these numbers; they come from a file, in arrays with names, the tensors. Behind a
 * convolution stands an activation function, which bends negative values; without one, two convolutions in a row
 * could do no more than one. A layer is an operation that has weights.
 *
 * It is also a judge. It defines every output as one chain of fused multiply-adds in the order
 * (ky, kx, input channel), starting from the bias, and rounds every other operation on its own. (A fused
 * multiply-add is a * b + c, rounded once; ky and kx say which of the 3x3 pixels.) The engine's exact class promises the same bits, and the tests compare the two byte by byte.
 *
 * OUT.f32 holds the raw result: height, width as two 32-bit integers, then [3][height][width] floats.
 * The pictures are small and the loops are slow. That is the point.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void die(const char *reason)
{
    fprintf(stderr, "oracle: %s\n", reason);
    exit(1);
}

static void *allocate(size_t bytes)
{
    void *memory = malloc(bytes + 1);
    if (memory == NULL)
        die("out of memory");
    return memory;
}

/* ---- 1. The model file: a header, named fields, named tensors (weights/FORMAT.md) ------------------- */

typedef struct {
    char name[201];
    int dtype;    /* 0 is f32; the oracle reads no other */
    long dims[6]; /* outermost first, unused ones 1 */
    const float *data;
} Tensor;

typedef struct {
    char name[201], text[4097];
    int kind; /* 1 header text, 2 integer, 3 real, 4 text */
    int64_t integer;
    double real;
} Field;

static Tensor tensors[2000];
static Field fields[256];
static int tensor_count, field_count;

/* Little-endian numbers from a moving pointer. A judge may trust its files: the engine must not, and
 * src/model/model.c shows what that takes. */
static uint64_t number(const uint8_t **p, int bytes)
{
    uint64_t value = 0;
    for (int i = 0; i < bytes; i++)
        value |= (uint64_t) * (*p)++ << (8 * i);
    return value;
}

static void text(const uint8_t **p, int length_bytes, char *to)
{
    const size_t length = number(p, length_bytes);
    memcpy(to, *p, length);
    to[length] = '\0';
    *p += length;
}

static void read_model(const char *path)
{
    static uint8_t file[8 << 20];
    FILE *f = fopen(path, "rb");
    if (f == NULL || fread(file, 1, sizeof file, f) < 64 ||
        memcmp(file,
               "\x89"
               "ANEW",
               5) != 0)
        die("no model file");
    fclose(f);
    const uint8_t *p = file + 28;
    field_count = (int)number(&p, 4);
    tensor_count = (int)number(&p, 4);
    p = file + 64;
    for (int i = 0; i < field_count; i++) {
        fields[i].kind = *p++;
        text(&p, 1, fields[i].name);
        if (fields[i].kind == 1 || fields[i].kind == 4) {
            text(&p, 2, fields[i].text);
        } else {
            const uint64_t bits = number(&p, 8);
            fields[i].integer = (int64_t)bits;
            memcpy(&fields[i].real, &bits, 8);
        }
    }
    for (int i = 0; i < tensor_count; i++) {
        char layout[201];
        text(&p, 1, tensors[i].name);
        tensors[i].dtype = *p++;
        text(&p, 1, layout);
        const int rank = *p++;
        for (int k = 0; k < 6; k++)
            tensors[i].dims[k] = k < rank ? (long)number(&p, 8) : 1;
        const size_t offset = number(&p, 8), bytes = number(&p, 8);
        p += 4; /* checksum */
        float *copy = allocate(bytes);
        memcpy(copy, file + offset, bytes);
        tensors[i].data = copy;
        if (tensors[i].dtype != 0)
            die("the oracle reads f32 only");
    }
}

static const Tensor *tensor(const char *name)
{
    for (int i = 0; i < tensor_count; i++)
        if (strcmp(tensors[i].name, name) == 0)
            return &tensors[i];
    return NULL;
}

static const Field *field(const char *name)
{
    for (int i = 0; i < field_count; i++)
        if (strcmp(fields[i].name, name) == 0)
            return &fields[i];
    die(name);
    return NULL;
}

/* ---- 2. A tensor of activations: [channels][height][width] ------------------------------------------- */

typedef struct {
    int c, h, w;
    float *v;
} Map;

static Map new_map(int c, int h, int w)
{
    return (Map){c, h, w, allocate((size_t)c * (size_t)h * (size_t)w * sizeof(float))};
}

static float *at(Map m, int c, int y, int x)
{
    return &m.v[((long)c * m.h + y) * m.w + x];
}

static long size(Map m)
{
    return (long)m.c * m.h * m.w;
}

/* ---- 3. The operations -------------------------------------------------------------------------------- */

/* A convolution of stride 1 that keeps the size: the picture is surrounded by zeros. The three inner
 * loops are the definition that everything else in this project has to meet. */
static Map conv(Map in, const char *layer)
{
    char name[256];
    snprintf(name, sizeof name, "%s.weight", layer);
    const Tensor *weight = tensor(name);
    snprintf(name, sizeof name, "%s.bias", layer);
    const Tensor *bias = tensor(name);
    if (weight == NULL || weight->dims[1] != in.c)
        die(layer);
    const int kernel = (int)weight->dims[2], pad = kernel / 2;
    Map out = new_map((int)weight->dims[0], in.h, in.w);
    for (int oc = 0; oc < out.c; oc++)
        for (int y = 0; y < out.h; y++)
            for (int x = 0; x < out.w; x++) {
                float sum = bias == NULL ? 0 : bias->data[oc];
                for (int ky = 0; ky < kernel; ky++)
                    for (int kx = 0; kx < kernel; kx++)
                        for (int ic = 0; ic < in.c; ic++) {
                            const int sy = y + ky - pad, sx = x + kx - pad;
                            const int inside = sy >= 0 && sy < in.h && sx >= 0 && sx < in.w;
                            const float w =
                                weight->data[((oc * (long)in.c + ic) * kernel + ky) * kernel + kx];
                            sum = fmaf(inside ? *at(in, ic, sy, sx) : 0, w, sum);
                        }
                *at(out, oc, y, x) = sum;
            }
    return out;
}

/* Negative values are multiplied by a slope: one for all (LeakyReLU), or one per channel (PReLU). This one, add
 * and scale write into their first operand. */
static Map leaky(Map m, const float *slope, int per_channel)
{
    for (int c = 0; c < m.c; c++)
        for (long i = 0; i < (long)m.h * m.w; i++) {
            float *v = &m.v[(long)c * m.h * m.w + i];
            *v = *v >= 0 ? *v : *v * slope[per_channel ? c : 0];
        }
    return m;
}

static Map lrelu(Map m, float slope)
{
    return leaky(m, &slope, 0);
}

static Map add(Map a, Map b)
{
    for (long i = 0; i < size(a); i++)
        a.v[i] = a.v[i] + b.v[i];
    return a;
}

static Map scale(Map m, float factor)
{
    for (long i = 0; i < size(m); i++)
        m.v[i] = m.v[i] * factor;
    return m;
}

/* The channels of a, then those of b. */
static Map cat(Map a, Map b)
{
    Map out = new_map(a.c + b.c, a.h, a.w);
    memcpy(out.v, a.v, (size_t)size(a) * sizeof(float));
    memcpy(out.v + size(a), b.v, (size_t)size(b) * sizeof(float));
    return out;
}

static Map nearest(Map m, int factor)
{
    Map out = new_map(m.c, m.h * factor, m.w * factor);
    for (int c = 0; c < out.c; c++)
        for (int y = 0; y < out.h; y++)
            for (int x = 0; x < out.w; x++)
                *at(out, c, y, x) = *at(m, c, y / factor, x / factor);
    return out;
}

/* r x r channels become r x r pixels (Shi et al. 2016), and back. */
static Map shuffle(Map m, int r)
{
    Map out = new_map(m.c / (r * r), m.h * r, m.w * r);
    for (int c = 0; c < out.c; c++)
        for (int y = 0; y < out.h; y++)
            for (int x = 0; x < out.w; x++)
                *at(out, c, y, x) = *at(m, c * r * r + y % r * r + x % r, y / r, x / r);
    return out;
}

static Map unshuffle(Map m, int r)
{
    Map out = new_map(m.c * r * r, m.h / r, m.w / r);
    for (int c = 0; c < m.c; c++)
        for (int y = 0; y < m.h; y++)
            for (int x = 0; x < m.w; x++)
                *at(out, c * r * r + y % r * r + x % r, y / r, x / r) = *at(m, c, y, x);
    return out;
}

/* ---- 4. The networks ---------------------------------------------------------------------------------- */

/* All work at the small size; the last convolution makes s x s pixels of each, and the picture itself,
 * enlarged by repetition, is added. */
static Map srvgg(Map in)
{
    const int convolutions = (int)field("num_conv")->integer, s = (int)field("upscale")->integer;
    const int squares =
        tensor("body.0.weight")->dims[1] == 4L * in.c ? 2 : 1; /* the first sees 2x2 pixels */
    char layer[64];
    Map x = unshuffle(in, squares);
    for (int i = 0; i <= convolutions; i++) {
        snprintf(layer, sizeof layer, "body.%d", 2 * i);
        x = conv(x, layer);
        snprintf(layer, sizeof layer, "body.%d.weight", 2 * i + 1);
        if (tensor(layer) == NULL)
            die("the oracle knows SRVGGNetCompact with PReLU only");
        x = leaky(x, tensor(layer)->data, 1);
    }
    snprintf(layer, sizeof layer, "body.%d", 2 * convolutions + 2);
    return add(shuffle(conv(x, layer), s * squares), nearest(in, s));
}

/* Five convolutions, each of which sees the outputs of all before it. */
static Map dense_block(Map x, const char *scope, float slope, float beta)
{
    char layer[256];
    Map seen = x, second = {0};
    for (int k = 1; k <= 4; k++) {
        snprintf(layer, sizeof layer, "%s.conv%d", scope, k);
        Map grown = lrelu(conv(seen, layer), slope);
        if (field("plus")->integer && k == 2) { /* ESRGAN+ */
            snprintf(layer, sizeof layer, "%s.conv1x1", scope);
            grown = second = add(grown, conv(x, layer));
        }
        if (field("plus")->integer && k == 4)
            grown = add(grown, second);
        seen = cat(seen, grown);
    }
    snprintf(layer, sizeof layer, "%s.conv5", scope);
    return add(scale(conv(seen, layer), beta), x);
}

static Map rrdb(Map in)
{
    const float slope = (float)field("negative_slope")->real;
    const float beta = (float)field("residual_scale")->real;
    char layer[128];
    const Map first = conv(unshuffle(in, (int)field("unshuffle")->integer), "conv_first");
    Map x = first;
    for (int b = 0; b < field("num_block")->integer; b++) {
        Map y = x;
        for (int r = 1; r <= 3; r++) {
            snprintf(layer, sizeof layer, "body.%d.rdb%d", b, r);
            y = dense_block(y, layer, slope, beta);
        }
        x = add(scale(y, beta), x);
    }
    x = add(conv(x, "conv_body"), first);
    for (int i = 1; i <= field("num_up")->integer; i++) {
        snprintf(layer, sizeof layer, "conv_up%d", i);
        x = lrelu(conv(nearest(x, (int)field("up_factor")->integer), layer), slope);
    }
    return conv(lrelu(conv(x, "conv_hr"), slope), "conv_last");
}

/* ---- 5. Picture in, floats out ------------------------------------------------------------------------ */

/* A binary PPM; samples 0 .. 255 become 0 .. 1, as the networks were trained. */
static Map read_picture(const char *path)
{
    int w = 0, h = 0;
    FILE *f = fopen(path, "rb");
    if (f == NULL || fscanf(f, "P6 %d %d 255", &w, &h) != 2 || fgetc(f) == EOF || w < 1 || h < 1)
        die("no binary PPM picture");
    Map m = new_map(3, h, w);
    for (int i = 0; i < w * h; i++)
        for (int c = 0; c < 3; c++)
            m.v[(long)c * w * h + i] = (float)fgetc(f) / 255.0f;
    fclose(f);
    return m;
}

int main(int count, char **arguments)
{
    if (count != 4)
        die("usage: oracle MODEL.anew IN.ppm OUT.f32");
    read_model(arguments[1]);
    const Map in = read_picture(arguments[2]);
    const char *architecture = field("architecture")->text;
    const Map out = strcmp(architecture, "srvgg") == 0 ? srvgg(in) : rrdb(in);
    const int32_t sides[2] = {out.h, out.w};
    FILE *f = fopen(arguments[3], "wb");
    if (f == NULL || fwrite(sides, 4, 2, f) != 2 ||
        fwrite(out.v, sizeof(float), (size_t)size(out), f) != (size_t)size(out) || fclose(f) != 0)
        die("cannot write the result");
    return 0; /* the operating system frees the memory */
}
