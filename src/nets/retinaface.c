/*
 * retinaface.c - RetinaFace: boxes, scores and five points of the faces in a picture.
 *
 * Deng et al.: RetinaFace (2019), figures 1 and 2; SSH: Najibi et al. (2017); FPN: Lin et al. (2017). As published
 * for PyTorch, with MobileNetV1 of a quarter of its width or with ResNet-50 as its backbone.
 *
 * In words. A backbone makes values at 1/8, 1/16 and 1/32 of the picture's size. A 1x1 convolution brings each to
 * the same number of channels; from the smallest on, each is enlarged by repetition to the size of the next larger one
 * and added to it, with a 3x3 convolution behind the sum. On each of the three results stands an SSH block, three
 * stacks of one, two and three 3x3 convolutions side by side, which see so far as a 3x3, a 5x5 and a 7x7 kernel would. A
 * 1x1 convolution, the head, says for each place and each of two sizes of a face: four numbers of the box, two scores
 * (no face, face), ten numbers of the points. How they become faces is no part of the network (src/faces/decode.c).
 *
 *     picture - backbone -+- 1/8  - output1 - (+) - merge1 - ssh1 - head 0
 *                         |                    | enlarged
 *                         +- 1/16 - output2 - (+) - merge2 -+- ssh2 - head 1
 *                         |                    | enlarged
 *                         +- 1/32 - output3 ---+- ssh3 - head 2
 *
 * Batch normalisation is part of the convolutions before it. The slope of the activations is no tensor of the
 * published files: of those with MobileNet the early ones were trained with 0, the later ones with 0.1.
 */
#include "nets/nets.h"

#define SIZES 2 /* of faces at each place */

static anew_val activation(anew_graph *g, anew_val x, float slope)
{
    return slope == 0 ? anew_relu(g, x) : anew_lrelu(g, x, slope);
}

/* ---- MobileNetV1 (Howard et al. 2017) ------------------------------------------------------------------ */

/* A depthwise convolution and a 1x1 one, in place of a full one. */
static anew_val separable(anew_graph *g, anew_val x, int channels, int stride, float slope)
{
    const int in = anew_channels(g, x);
    const anew_conv_options each = {
        .channels = in, .kernel = 3, .stride = stride, .groups = in, .bias = true};
    x = activation(g, anew_conv_with(g, x, each, "depthwise"), slope);
    return activation(g, anew_conv(g, x, channels, 1, true, "pointwise"), slope);
}

typedef struct mobile_block {
    int widths, stride; /* in units of the first convolution's channels */
} mobile_block;

static anew_val mobile_stage(anew_graph *g, anew_val x, const mobile_block *blocks, int first,
                             int count, int width, float slope)
{
    for (int i = 0; i < count; i++) {
        anew_enter(g, "%d", first + i);
        x = anew_leave(g, separable(g, x, width * blocks[i].widths, blocks[i].stride, slope));
    }
    return x;
}

static void mobilenet(anew_graph *g, anew_val levels[3], anew_val x, int width, float slope)
{
    static const mobile_block first[] = {{2, 1}, {4, 2}, {4, 1}, {8, 2}, {8, 1}};
    static const mobile_block second[] = {{16, 2}, {16, 1}, {16, 1}, {16, 1}, {16, 1}, {16, 1}};
    static const mobile_block third[] = {{32, 2}, {32, 1}};
    const anew_conv_options stem = {.channels = width, .kernel = 3, .stride = 2, .bias = true};
    anew_enter(g, "body.stage1");
    x = activation(g, anew_conv_with(g, x, stem, "0"), slope);
    levels[0] = anew_leave(g, mobile_stage(g, x, first, 1, 5, width, slope));
    anew_enter(g, "body.stage2");
    levels[1] = anew_leave(g, mobile_stage(g, levels[0], second, 0, 6, width, slope));
    anew_enter(g, "body.stage3");
    levels[2] = anew_leave(g, mobile_stage(g, levels[1], third, 0, 2, width, slope));
}

/* ---- ResNet-50 (He et al. 2015; the stride in the 3x3 convolution) ---------------------------------------- */

static anew_val bottleneck(anew_graph *g, anew_val x, int width, int stride)
{
    const anew_conv_options middle = {
        .channels = width, .kernel = 3, .stride = stride, .bias = true};
    const anew_conv_options shortcut = {
        .channels = 4 * width, .kernel = 1, .stride = stride, .bias = true};
    anew_val y = anew_relu(g, anew_conv(g, x, width, 1, true, "conv1"));
    y = anew_relu(g, anew_conv_with(g, y, middle, "conv2"));
    y = anew_conv(g, y, 4 * width, 1, true, "conv3");
    if (stride != 1 || anew_channels(g, x) != 4 * width)
        x = anew_conv_with(g, x, shortcut, "downsample");
    return anew_relu(g, anew_add(g, y, x));
}

static void resnet(anew_graph *g, anew_val levels[3], anew_val x, int width)
{
    static const char *const counts[] = {"num_block1", "num_block2", "num_block3", "num_block4"};
    const anew_conv_options stem = {.channels = width, .kernel = 7, .stride = 2, .bias = true};
    x = anew_max_pool(g, anew_relu(g, anew_conv_with(g, x, stem, "body.conv1")), 3, 2);
    for (int layer = 0; layer < 4; layer++) {
        const int blocks = anew_hyper_int(g, counts[layer], 1, 64);
        anew_enter(g, "body.layer%d", layer + 1);
        for (int b = 0; b < blocks; b++) {
            anew_enter(g, "%d", b);
            x = anew_leave(g, bottleneck(g, x, width << layer, b == 0 && layer > 0 ? 2 : 1));
        }
        x = anew_leave(g, x);
        if (layer > 0)
            levels[layer - 1] = x;
    }
}

/* ---- neck and heads ------------------------------------------------------------------------------------------ */

/* Half the channels see 3x3 pixels, a quarter each 5x5 and 7x7. */
static anew_val ssh(anew_graph *g, anew_val x, float slope)
{
    const int features = anew_channels(g, x), quarter = features / 4;
    const anew_val a = anew_conv3(g, x, features / 2, "conv3x3");
    const anew_val t = activation(g, anew_conv3(g, x, quarter, "conv5x5_1"), slope);
    const anew_val b = anew_conv3(g, t, quarter, "conv5x5_2");
    const anew_val s = activation(g, anew_conv3(g, t, quarter, "conv7x7_2"), slope);
    const anew_val c = anew_conv3(g, s, quarter, "conv7x7_3");
    return anew_cat(g, anew_relu(g, a), anew_relu(g, b), anew_relu(g, c));
}

/* A convolution of the pyramid. */
static anew_val pyramid_conv(anew_graph *g, anew_val x, int channels, int kernel, float slope,
                             const char *name, int index)
{
    return activation(g, anew_conv(g, x, channels, kernel, true, "fpn.%s%d", name, index), slope);
}

anew_val anew_build_retinaface(anew_graph *g)
{
    const int width = anew_hyper_int(g, "num_feat", 1, 256);
    const int features = anew_hyper_int(g, "num_neck_ch", 4, 1024);
    const float slope = anew_hyper_real(g, "negative_slope", 0.0f);
    if (features % 4 != 0)
        anew_hyper_refuse(g, "num_neck_ch", "a multiple of 4");

    anew_val level[3] = {{0}, {0}, {0}}, head[3];
    const anew_val picture = anew_input(g, 3);
    if (anew_hyper_is(g, "backbone", "mobilenet"))
        mobilenet(g, level, picture, width, slope);
    else if (anew_hyper_is(g, "backbone", "resnet"))
        resnet(g, level, picture, width);
    else
        anew_hyper_refuse(g, "backbone", "mobilenet or resnet");

    for (int i = 0; i < 3; i++)
        level[i] = pyramid_conv(g, level[i], features, 1, slope, "output", i + 1);
    for (int i = 1; i >= 0; i--) {
        const anew_val sum = anew_add(g, level[i], anew_upsample_nearest(g, level[i + 1], 2));
        level[i] = pyramid_conv(g, sum, features, 3, slope, "merge", i + 1);
    }
    for (int i = 0; i < 3; i++) {
        anew_enter(g, "ssh%d", i + 1);
        const anew_val seen = anew_leave(g, ssh(g, level[i], slope));
        head[i] = anew_conv(g, seen, SIZES * (4 + 2 + 10), 1, true, "head.%d", i);
    }
    return anew_outputs(g, head, 3);
}
