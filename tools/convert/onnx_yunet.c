/* onnx_yunet.c - YuNet as a graph; names are those of its PyTorch files (recognise_yunet.c). */
#include "onnx.h"

#include <stdio.h>

/* A 1x1 convolution and a depthwise one. */
static span_bytes unit(onnx_walk *w, span_bytes x, int64_t channels, const char *name)
{
    x = walk_conv(w, x, (onnx_conv){.channels = channels, .kernel = 1}, "%s.conv1", name);
    return walk_conv(w, x, (onnx_conv){.kernel = 3, .depthwise = true}, "%s.conv2", name);
}

/* With the name PART INDEX REST. */
static span_bytes active_unit(onnx_walk *w, span_bytes x, const char *part, int index,
                              const char *rest)
{
    char name[64];
    (void)snprintf(name, sizeof name, "%s%d%s", part, index, rest);
    return walk_relu(w, unit(w, x, 0, name));
}

anew_status onnx_yunet(onnx_file *f, checkpoint *c)
{
    static const struct {
        const char *name;
        int64_t channels;
        bool sigmoid;
    } heads[] = {{"cls", 1, true}, {"obj", 1, true}, {"bbox", 4, false}, {"kps", 10, false}};
    onnx_walk w = {.f = f, .c = c, .network = "YuNet"};
    span_bytes level[3] = {{NULL, 0}};
    span_bytes x = walk_conv(&w, onnx_picture(f), (onnx_conv){.kernel = 3, .stride = 2},
                             "backbone.model0.conv1");
    x = active_unit(&w, walk_relu(&w, x), "backbone.model", 0, ".conv2");
    x = walk_pool(&w, x);
    for (int i = 1; i <= 5; i++) {
        x = active_unit(&w, x, "backbone.model", i, ".conv1");
        x = active_unit(&w, x, "backbone.model", i, ".conv2");
        if (i >= 3)
            level[i - 3] = x;
        if (i >= 2 && i <= 4)
            x = walk_pool(&w, x);
    }
    for (int i = 2; i >= 0; i--) {
        if (i < 2)
            level[i] = walk_add(&w, level[i], walk_double(&w, level[i + 1]));
        level[i] = active_unit(&w, level[i], "neck.lateral_convs.", i, "");
    }
    for (int i = 0; i < 3; i++) {
        x = active_unit(&w, level[i], "bbox_head.multi_level_share_convs.", i, ".0");
        for (size_t k = 0; k < sizeof heads / sizeof heads[0]; k++) {
            char name[64];
            (void)snprintf(name, sizeof name, "bbox_head.multi_level_%s.%d", heads[k].name, i);
            walk_to_result(&w, unit(&w, x, heads[k].channels, name), heads[k].sigmoid);
        }
    }
    walk_finish(&w);
    return w.status;
}
