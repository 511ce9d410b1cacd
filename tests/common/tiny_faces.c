/* tiny_faces.c - convolutions of zeros but for one tap, which hands channels on; biases keep values above 0, where
 * activations let them pass. */
#include "common/tiny_faces.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/model_write.h"

#define WIDTH 4

/* Zeros, or a diagonal: values[o][i] of the middle tap. */
typedef struct tap {
    float gain;          /* of channel i to channel i (+ first) */
    int count;           /* channels so handed on */
    int to, from;        /* the first one on both sides */
    const float *matrix; /* [out][in] instead */
} tap;

typedef struct hand {
    anew_model_writer *writer;
    anew_error *error;
    char prefix[128];
} hand;

static anew_status add(hand *h, const char *name, int rank, int a, int b, int c, int d,
                       const float *values)
{
    char full[256];
    (void)snprintf(full, sizeof full, "%s%s", h->prefix, name);
    return anew_model_writer_tensor(h->writer, full, ANEW_DTYPE_F32, rank,
                                    (const int64_t[]){a, b, c, d}, values, h->error);
}

/* [count] of one value, as a tensor of rank 1. */
static anew_status add_vector(hand *h, const char *name, int count, float value)
{
    float values[4096];
    for (int i = 0; i < count; i++)
        values[i] = value;
    return add(h, name, 1, count, 0, 0, 0, values);
}

/* NAME.weight, of rank 4 or 2, and NAME.bias [out] where it is not NULL. */
static anew_status add_conv(hand *h, const char *name, int out, int in, int kernel, bool matrix,
                            tap t, const float *bias)
{
    char full[128];
    const int taps = kernel * kernel;
    float *values = calloc((size_t)(out * in * taps), sizeof(float));
    if (values == NULL)
        return anew_fail(h->error, ANEW_ERROR_MEMORY, "no memory");
    for (int i = 0; i < t.count; i++)
        values[((t.to + i) * in + t.from + i) * taps + taps / 2] = t.gain;
    for (int i = 0; t.matrix != NULL && i < out * in; i++)
        values[i * taps + taps / 2] = t.matrix[i];
    (void)snprintf(full, sizeof full, "%s.weight", name);
    anew_status status = add(h, full, matrix ? 2 : 4, out, in, kernel, kernel, values);
    free(values);
    (void)snprintf(full, sizeof full, "%s.bias", name);
    if (status == ANEW_OK && bias != NULL)
        status = add(h, full, 1, out, 0, 0, 0, bias);
    return status;
}

static const float none[4096];
static const tap nothing = {.count = 0};

static tap pass(int count)
{
    return (tap){.gain = 1, .count = count};
}

/* "PART.INDEX.", or without an index where that is below 0. */
static void enter(hand *h, const char *part, int index)
{
    if (index >= 0)
        (void)snprintf(h->prefix, sizeof h->prefix, "%s.%d.", part, index);
    else
        (void)snprintf(h->prefix, sizeof h->prefix, "%s%s", part, part[0] == '\0' ? "" : ".");
}

static anew_status begin(hand *h, const char *architecture, anew_error *error)
{
    *h = (hand){.error = error};
    ANEW_TRY(anew_model_writer_create(&h->writer, error));
    return anew_model_writer_set(h->writer, "architecture", architecture, error);
}

static anew_status number(hand *h, const char *name, int value)
{
    return anew_model_writer_integer(h->writer, name, value, h->error);
}

static anew_status end(hand *h, anew_model **model)
{
    anew_bytes bytes = {0};
    ANEW_TRY(anew_model_writer_finish(h->writer, &bytes, h->error));
    return anew_model_from_bytes(model, &bytes, "by hand", h->error);
}

/* ---- the restorer (src/nets/gfpgan.c) ---------------------------------------------------------------------- */

/* Only the way past the two convolutions is open. */
static anew_status unet_block(hand *h, const char *part, int index, bool open)
{
    enter(h, part, index);
    ANEW_TRY(add_conv(h, "conv1", WIDTH, WIDTH, 3, false, nothing, none));
    ANEW_TRY(add_conv(h, "conv2", WIDTH, WIDTH, 3, false, nothing, none));
    return add_conv(h, "skip", WIDTH, WIDTH, 1, false, pass(open ? WIDTH : 0), NULL);
}

static anew_status modulation(hand *h, int channels)
{
    float ones[2 * WIDTH];
    for (int i = 0; i < channels; i++)
        ones[i] = 1;
    return add_conv(h, "modulated_conv.modulation", channels, 1, 1, true, nothing, ones);
}

static anew_status style_conv(hand *h, const char *part, int index, int side, tap t)
{
    enter(h, part, index);
    ANEW_TRY(modulation(h, 2 * WIDTH));
    ANEW_TRY(add_conv(h, "modulated_conv.conv", 2 * WIDTH, 2 * WIDTH, 3, false, t, NULL));
    float *map = calloc((size_t)side * (size_t)side, sizeof(float));
    if (map == NULL)
        return anew_fail(h->error, ANEW_ERROR_MEMORY, "no memory");
    const anew_status status = add(h, "noise.map", 4, 1, 1, side, side, map);
    free(map);
    ANEW_TRY(status);
    ANEW_TRY(add_vector(h, "noise.strength", 1, 0));
    return add_vector(h, "offset.weight", 2 * WIDTH, 0);
}

static anew_status to_rgb(hand *h, const char *part, int index, tap t, float bias, float red)
{
    const float biases[3] = {bias * red, bias, bias};
    enter(h, part, index);
    ANEW_TRY(modulation(h, 2 * WIDTH));
    return add_conv(h, "modulated_conv.conv", 3, 2 * WIDTH, 1, false, t, biases);
}

static anew_status condition(hand *h, const char *part, int index, bool open)
{
    enter(h, part, index);
    ANEW_TRY(add_conv(h, "0", WIDTH, WIDTH, 3, false, pass(open ? WIDTH : 0), none));
    return add_conv(h, "2", WIDTH, WIDTH, 3, false, pass(open ? WIDTH : 0), none);
}

/* The largest maps carry the picture, raised by 2, to the generator's second half of channels. */
static anew_status add_restorer(hand *h, int levels, float gain, float red)
{
    static const float two[WIDTH] = {2, 2, 2, 2};
    const int last = levels - 1;
    char name[16];
    ANEW_TRY(number(h, "num_level", levels));
    ANEW_TRY(number(h, "num_style_feat", 1));
    ANEW_TRY(number(h, "sft_half", 1));
    for (int i = 0; i < levels; i++) {
        (void)snprintf(name, sizeof name, "ch_%d", i);
        ANEW_TRY(number(h, name, WIDTH));
    }
    ANEW_TRY(add_conv(h, "conv_body_first", WIDTH, 3, 1, false, pass(3), two));
    for (int i = 0; i < last; i++)
        ANEW_TRY(unet_block(h, "conv_body_down", i, true));
    enter(h, "", -1);
    ANEW_TRY(add_conv(h, "final_conv", WIDTH, WIDTH, 3, false, nothing, none));
    ANEW_TRY(add_conv(h, "final_linear", 2 * levels, 16 * WIDTH, 1, true, nothing, none));
    enter(h, "stylegan_decoder", -1);
    ANEW_TRY(add(h, "constant_input.weight", 3, 2 * WIDTH, 4, 4, 0, none));
    ANEW_TRY(style_conv(h, "stylegan_decoder.style_conv1", -1, 4, nothing));
    ANEW_TRY(to_rgb(h, "stylegan_decoder.to_rgb1", -1, nothing, 0, 1));
    for (int i = 0; i < last; i++) {
        const bool top = i == last - 1;
        const tap through = {1, top ? WIDTH : 0, WIDTH, WIDTH, NULL};
        const float third = top ? gain * 0x1.6a09e6p-1f : 0; /* the generator's root of two */
        float matrix[3 * 2 * WIDTH] = {0};
        for (int c = 0; c < 3; c++)
            matrix[c * 2 * WIDTH + WIDTH + c] = c == 0 ? third * red : third;
        const tap out = {.matrix = matrix};
        ANEW_TRY(unet_block(h, "conv_body_up", i, top));
        ANEW_TRY(condition(h, "condition_scale", i, false));
        ANEW_TRY(condition(h, "condition_shift", i, top));
        ANEW_TRY(style_conv(h, "stylegan_decoder.style_convs", 2 * i, 8 << i, nothing));
        ANEW_TRY(style_conv(h, "stylegan_decoder.style_convs", 2 * i + 1, 8 << i, through));
        ANEW_TRY(to_rgb(h, "stylegan_decoder.to_rgbs", i, out, top ? -2 * gain : 0, red));
    }
    return ANEW_OK;
}

anew_status tiny_restorer_model(anew_model **model, int side, float gain, float red,
                                anew_error *error)
{
    hand h;
    int levels = 1;
    while (4 << (levels - 1) < side)
        levels++;
    anew_status status = begin(&h, "gfpgan", error);
    if (status == ANEW_OK)
        status = add_restorer(&h, levels, gain, red);
    if (status == ANEW_OK)
        status = end(&h, model);
    anew_model_writer_free(&h.writer);
    return status;
}

/* ---- parsers ------------------------------------------------------------------------------------------------ */

/* [classes][width]: red, green and blue, and a half for class 0, of channels r, g, b, 1. */
static void fill_judge(float *judge, const int of_colour[3], int width)
{
    judge[3] = 0.5f;
    for (int i = 0; i < 3; i++)
        judge[of_colour[i] * width + i] = 1;
}

/* src/nets/parsenet.c: one halving, one block. */
static anew_status add_parsenet(hand *h, const int of_colour[3], int classes)
{
    static const char *const blocks[] = {"encoder", "body", "decoder"};
    static const float to_unit[WIDTH] = {0.5f, 0.5f, 0.5f, 1};
    float judge[256 * WIDTH] = {0};
    fill_judge(judge, of_colour, WIDTH);
    ANEW_TRY(number(h, "base_ch", WIDTH));
    ANEW_TRY(number(h, "max_ch", WIDTH));
    ANEW_TRY(number(h, "num_down", 1));
    ANEW_TRY(number(h, "num_block", 1));
    ANEW_TRY(number(h, "num_class", classes));
    ANEW_TRY(
        add_conv(h, "encoder.0", WIDTH, 3, 3, false, (tap){.gain = 0.5f, .count = 3}, to_unit));
    for (int i = 0; i < 3; i++) {
        enter(h, blocks[i], i == 0 ? 1 : 0);
        ANEW_TRY(add_conv(h, "conv1", WIDTH, WIDTH, 3, false, nothing, none));
        ANEW_TRY(add_conv(h, "conv2", WIDTH, WIDTH, 3, false, nothing, none));
        if (i != 1)
            ANEW_TRY(add_conv(h, "shortcut_func", WIDTH, WIDTH, 3, false, pass(WIDTH), none));
    }
    enter(h, "", -1);
    return add_conv(h, "out_mask_conv", classes, WIDTH, 3, false, (tap){.matrix = judge}, none);
}

static anew_status add_stage(hand *h, int index)
{
    const int in = index == 1 ? WIDTH : WIDTH << (index - 2), out = WIDTH << (index - 1);
    for (int b = 0; b < 2; b++) {
        const int from = b == 0 ? in : out;
        (void)snprintf(h->prefix, sizeof h->prefix, "cp.resnet.layer%d.%d.", index, b);
        ANEW_TRY(add_conv(h, "conv1", out, from, 3, false, nothing, none));
        ANEW_TRY(add_conv(h, "conv2", out, out, 3, false, nothing, none));
        if (from != out)
            ANEW_TRY(add_conv(h, "downsample", out, from, 1, false, pass(WIDTH), none));
    }
    return ANEW_OK;
}

/* src/nets/bisenet.c: the features of an eighth of the size alone, without the context. */
static anew_status add_bisenet(hand *h, const int of_colour[3], int classes)
{
    /* Back from ImageNet's mean and deviation. */
    static const float deviation[WIDTH * 3] = {0.229f, 0, 0, 0, 0.224f, 0, 0, 0, 0.225f};
    static const float mean[WIDTH] = {0.485f, 0.456f, 0.406f, 1};
    float judge[256 * 4 * WIDTH] = {0};
    fill_judge(judge, of_colour, 4 * WIDTH);
    ANEW_TRY(number(h, "num_feat", WIDTH));
    ANEW_TRY(number(h, "num_class", classes));
    ANEW_TRY(add_conv(h, "cp.resnet.conv1", WIDTH, 3, 7, false, (tap){.matrix = deviation}, mean));
    for (int i = 1; i <= 4; i++)
        ANEW_TRY(add_stage(h, i));
    enter(h, "cp", -1);
    ANEW_TRY(add_conv(h, "conv_avg.conv", 2 * WIDTH, 8 * WIDTH, 1, false, nothing, none));
    ANEW_TRY(add_conv(h, "arm32.conv.conv", 2 * WIDTH, 8 * WIDTH, 3, false, nothing, none));
    ANEW_TRY(add_conv(h, "arm32.conv_atten", 2 * WIDTH, 2 * WIDTH, 1, false, nothing, none));
    ANEW_TRY(add_conv(h, "arm16.conv.conv", 2 * WIDTH, 4 * WIDTH, 3, false, nothing, none));
    ANEW_TRY(add_conv(h, "arm16.conv_atten", 2 * WIDTH, 2 * WIDTH, 1, false, nothing, none));
    ANEW_TRY(add_conv(h, "conv_head32.conv", 2 * WIDTH, 2 * WIDTH, 3, false, nothing, none));
    ANEW_TRY(add_conv(h, "conv_head16.conv", 2 * WIDTH, 2 * WIDTH, 3, false, nothing, none));
    enter(h, "ffm", -1);
    ANEW_TRY(add_conv(h, "convblk.conv", 4 * WIDTH, 4 * WIDTH, 1, false, pass(WIDTH), none));
    ANEW_TRY(add_conv(h, "conv1", WIDTH, 4 * WIDTH, 1, false, nothing, NULL));
    ANEW_TRY(add_conv(h, "conv2", 4 * WIDTH, WIDTH, 1, false, nothing, NULL));
    enter(h, "conv_out", -1);
    ANEW_TRY(add_conv(h, "conv.conv", 4 * WIDTH, 4 * WIDTH, 3, false, pass(WIDTH), none));
    return add_conv(h, "conv_out", classes, 4 * WIDTH, 1, false, (tap){.matrix = judge}, NULL);
}

/* src/nets/unet.c: past the halvings. */
static anew_status add_unet(hand *h, const int of_colour[3], int classes)
{
    static const char *const blocks[] = {"enc1", "enc2", "bottleneck", "dec1", "dec2"};
    static const int in[] = {3, WIDTH, 2 * WIDTH, 4 * WIDTH, 2 * WIDTH};
    static const int out[] = {WIDTH, 2 * WIDTH, 4 * WIDTH, 2 * WIDTH, WIDTH};
    static const float to_unit[WIDTH] = {0.5f, 0.5f, 0.5f, 1};
    float judge[256 * WIDTH] = {0}, second[WIDTH * 2 * WIDTH] = {0};
    fill_judge(judge, of_colour, WIDTH);
    for (int c = 0; c < WIDTH; c++)
        second[c * 2 * WIDTH + WIDTH + c] = 1;
    ANEW_TRY(number(h, "num_feat", WIDTH));
    ANEW_TRY(number(h, "num_class", classes));
    for (int i = 0; i < 5; i++) {
        const tap first = i == 0   ? (tap){.gain = 0.5f, .count = 3}
                          : i == 4 ? (tap){.matrix = second}
                                   : nothing;
        enter(h, blocks[i], -1);
        ANEW_TRY(add_conv(h, "conv1", out[i], in[i], 3, false, first, i == 0 ? to_unit : none));
        ANEW_TRY(add_conv(h, "conv2", out[i], out[i], 3, false,
                          i == 0 || i == 4 ? pass(WIDTH) : nothing, none));
    }
    h->prefix[0] = '\0';
    ANEW_TRY(add_conv(h, "up1", 8 * WIDTH, 4 * WIDTH, 1, false, nothing, none));
    ANEW_TRY(add_conv(h, "up2", 4 * WIDTH, 2 * WIDTH, 1, false, nothing, none));
    return add_conv(h, "out", classes, WIDTH, 1, false, (tap){.matrix = judge}, none);
}

anew_status tiny_parser_model(anew_model **model, const char *architecture, const int of_colour[3],
                              int classes, anew_error *error)
{
    hand h;
    anew_status status = begin(&h, architecture, error);
    if (status == ANEW_OK)
        status = (strcmp(architecture, "parsenet") == 0 ? add_parsenet
                  : strcmp(architecture, "unet") == 0   ? add_unet
                                                        : add_bisenet)(&h, of_colour, classes);
    if (status == ANEW_OK)
        status = end(&h, model);
    anew_model_writer_free(&h.writer);
    return status;
}
