/*
 * onnx_scrfd.c - SCRFD with five points as a graph: the ones with depthwise convolutions (500M). How many blocks
 * each stage of the backbone has is seen by walking on until a stride of 2.
 */
#include "onnx.h"

#include <stdio.h>

#define MOST_BLOCKS 64

/* A depthwise convolution and a 1x1 one, both with a ReLU behind; in the backbone it is backbone.A.B, in a head
 * head.A.stack.B. */
static span_bytes block(onnx_walk *w, span_bytes x, int64_t stride, bool head, int a, int b)
{
    char name[64];
    (void)snprintf(name, sizeof name, "%s.%d%s.%d", head ? "head" : "backbone", a,
                   head ? ".stack" : "", b);
    const onnx_conv each = {.kernel = 3, .stride = stride, .depthwise = true};
    x = walk_relu(w, walk_conv(w, x, each, "%s.depthwise", name));
    return walk_relu(w, walk_conv(w, x, (onnx_conv){.kernel = 1}, "%s.pointwise", name));
}

static span_bytes stage(onnx_walk *w, span_bytes x, int index)
{
    const onnx_conv next = {.kernel = 3, .stride = 1, .depthwise = true};
    x = block(w, x, index == 0 ? 1 : 2, false, index, 0);
    for (int b = 1; b < MOST_BLOCKS && walk_sees_conv(w, x, next); b++)
        x = block(w, x, 1, false, index, b);
    return x;
}

/* The pyramid up and down again (PAFPN). */
static void neck(onnx_walk *w, span_bytes level[3])
{
    const onnx_conv side = {.kernel = 1}, full = {.kernel = 3}, down = {.kernel = 3, .stride = 2};
    for (int i = 0; i < 3; i++)
        level[i] = walk_conv(w, level[i], side, "neck.lateral.%d", i);
    for (int i = 1; i >= 0; i--)
        level[i] = walk_add(w, level[i], walk_double(w, level[i + 1]));
    for (int i = 0; i < 3; i++)
        level[i] = walk_conv(w, level[i], full, "neck.fpn.%d", i);
    for (int i = 0; i < 2; i++)
        level[i + 1] = walk_add(w, level[i + 1], walk_conv(w, level[i], down, "neck.down.%d", i));
    for (int i = 0; i < 2; i++)
        level[i + 1] = walk_conv(w, level[i + 1], full, "neck.pafpn.%d", i);
}

anew_status onnx_scrfd(onnx_file *f, checkpoint *c)
{
    onnx_walk w = {.f = f, .c = c, .network = "SCRFD"};
    const onnx_conv each = {.kernel = 3, .depthwise = true};
    span_bytes level[3] = {{NULL, 0}};
    span_bytes x = walk_relu(
        &w, walk_conv(&w, onnx_picture(f), (onnx_conv){.kernel = 3, .stride = 2}, "stem"));
    for (int i = 0; i < 5; i++) {
        x = stage(&w, x, i);
        if (i >= 2)
            level[i - 2] = x;
    }
    neck(&w, level);
    for (int i = 0; i < 3; i++) {
        x = level[i];
        for (int b = 0; b == 0 || (b < MOST_BLOCKS && walk_sees_conv(&w, x, each)); b++)
            x = block(&w, x, 1, true, i, b);
        walk_to_result(&w, walk_conv(&w, x, (onnx_conv){2, 3, 1, false}, "head.%d.cls", i), true);
        walk_to_result(&w, walk_conv(&w, x, (onnx_conv){8, 3, 1, false}, "head.%d.reg", i), false);
        walk_to_result(&w, walk_conv(&w, x, (onnx_conv){20, 3, 1, false}, "head.%d.kps", i), false);
    }
    walk_finish(&w);
    return w.status;
}
