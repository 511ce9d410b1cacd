/* tiny_detector.c - writes the tensors of src/nets/retinaface.c with two channels where MobileNet has eight. */
#include "common/tiny_detector.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model/model_write.h"

#define WIDTH 2
#define NECK  12

typedef struct tiny {
    anew_model_writer *writer;
    anew_error *error;
    unsigned int state;
    float bias;
} tiny;

/* A convolution whose outputs are about as large as its inputs. */
static anew_status add_conv(tiny *t, const char *name, int out, int in, int kernel)
{
    static float values[64 * 64 * 9];
    const int64_t dims[4] = {out, in, kernel, kernel};
    const int count = out * in * kernel * kernel;
    const float range = sqrtf(6.0f / (float)(in * kernel * kernel));
    const bool head = strncmp(name, "head", 4) == 0;
    char full[96];
    for (int i = 0; i < count; i++) {
        t->state = t->state * 1664525u + 1013904223u;
        values[i] = ((float)(t->state >> 8) / 8388608.0f - 1.0f) * range * (head ? 0.05f : 1);
    }
    (void)snprintf(full, sizeof full, "%s.weight", name);
    ANEW_TRY(anew_model_writer_tensor(t->writer, full, ANEW_DTYPE_F32, 4, dims, values, t->error));
    for (int i = 0; i < out; i++)
        values[i] = head && (i == 9 || i == 11) ? t->bias : 0.1f * (float)(i % 5 - 2);
    (void)snprintf(full, sizeof full, "%s.bias", name);
    return anew_model_writer_tensor(t->writer, full, ANEW_DTYPE_F32, 1, dims, values, t->error);
}

static anew_status add_mobilenet(tiny *t, int widths[3])
{
    static const int first[] = {2, 4, 4, 8, 8}, second[] = {16, 16, 16, 16, 16, 16},
                     third[] = {32, 32};
    static const int *const stages[] = {first, second, third};
    static const int counts[] = {5, 6, 2};
    char name[64];
    int in = WIDTH;
    ANEW_TRY(add_conv(t, "body.stage1.0", WIDTH, 3, 3));
    for (int s = 0; s < 3; s++) {
        for (int b = 0; b < counts[s]; b++) {
            const int index = s == 0 ? b + 1 : b, out = stages[s][b] * WIDTH;
            (void)snprintf(name, sizeof name, "body.stage%d.%d.depthwise", s + 1, index);
            ANEW_TRY(add_conv(t, name, in, 1, 3));
            (void)snprintf(name, sizeof name, "body.stage%d.%d.pointwise", s + 1, index);
            ANEW_TRY(add_conv(t, name, out, in, 1));
            in = out;
        }
        widths[s] = in;
    }
    return ANEW_OK;
}

static anew_status add_resnet(tiny *t, int widths[3])
{
    char name[64];
    int in = WIDTH;
    ANEW_TRY(add_conv(t, "body.conv1", WIDTH, 3, 7));
    for (int layer = 0; layer < 4; layer++) {
        const int width = WIDTH << layer;
        (void)snprintf(name, sizeof name, "num_block%d", layer + 1);
        ANEW_TRY(anew_model_writer_integer(t->writer, name, 1, t->error));
        (void)snprintf(name, sizeof name, "body.layer%d.0.conv1", layer + 1);
        ANEW_TRY(add_conv(t, name, width, in, 1));
        (void)snprintf(name, sizeof name, "body.layer%d.0.conv2", layer + 1);
        ANEW_TRY(add_conv(t, name, width, width, 3));
        (void)snprintf(name, sizeof name, "body.layer%d.0.conv3", layer + 1);
        ANEW_TRY(add_conv(t, name, 4 * width, width, 1));
        (void)snprintf(name, sizeof name, "body.layer%d.0.downsample", layer + 1);
        ANEW_TRY(add_conv(t, name, 4 * width, in, 1));
        in = 4 * width;
        if (layer > 0)
            widths[layer - 1] = in;
    }
    return ANEW_OK;
}

static anew_status add_neck(tiny *t, const int widths[3])
{
    static const struct {
        const char *name;
        int out, in;
    } stacks[] = {{"conv3x3", NECK / 2, NECK},
                  {"conv5x5_1", NECK / 4, NECK},
                  {"conv5x5_2", NECK / 4, NECK / 4},
                  {"conv7x7_2", NECK / 4, NECK / 4},
                  {"conv7x7_3", NECK / 4, NECK / 4}};
    char name[64];
    for (int i = 0; i < 3; i++) {
        (void)snprintf(name, sizeof name, "fpn.output%d", i + 1);
        ANEW_TRY(add_conv(t, name, NECK, widths[i], 1));
        (void)snprintf(name, sizeof name, "fpn.merge%d", i + 1);
        if (i < 2)
            ANEW_TRY(add_conv(t, name, NECK, NECK, 3));
        for (size_t k = 0; k < sizeof stacks / sizeof stacks[0]; k++) {
            (void)snprintf(name, sizeof name, "ssh%d.%s", i + 1, stacks[k].name);
            ANEW_TRY(add_conv(t, name, stacks[k].out, stacks[k].in, 3));
        }
        (void)snprintf(name, sizeof name, "head.%d", i);
        ANEW_TRY(add_conv(t, name, 32, NECK, 1));
    }
    return ANEW_OK;
}

anew_status tiny_detector_model(anew_model **model, bool mobile, float bias, anew_error *error)
{
    anew_status status = ANEW_OK;
    anew_bytes bytes = {0};
    tiny t = {.error = error, .state = 20261121, .bias = bias};
    int widths[3];
    ANEW_TRY(anew_model_writer_create(&t.writer, error));
    ANEW_TRY_GOTO(anew_model_writer_set(t.writer, "architecture", "retinaface", error), out);
    ANEW_TRY_GOTO(
        anew_model_writer_text(t.writer, "backbone", mobile ? "mobilenet" : "resnet", error), out);
    ANEW_TRY_GOTO(anew_model_writer_integer(t.writer, "num_feat", WIDTH, error), out);
    ANEW_TRY_GOTO(anew_model_writer_integer(t.writer, "num_neck_ch", NECK, error), out);
    ANEW_TRY_GOTO(anew_model_writer_real(t.writer, "negative_slope", mobile ? 0.1 : 0, error), out);
    ANEW_TRY_GOTO(mobile ? add_mobilenet(&t, widths) : add_resnet(&t, widths), out);
    ANEW_TRY_GOTO(add_neck(&t, widths), out);
    ANEW_TRY_GOTO(anew_model_writer_finish(t.writer, &bytes, error), out);
    ANEW_TRY_GOTO(anew_model_from_bytes(model, &bytes, "tiny detector", error), out);
out:
    anew_model_writer_free(&t.writer);
    return status;
}
