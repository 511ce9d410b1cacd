/* transformer.c - what SwinIR, Swin2SR and HAT have in common: a block's attention and mixing of channels, and ends. */
#include "nets/transformer.h"

anew_val anew_attend(anew_graph *g, anew_val x, int heads, int window, int shift, int overlap,
                     const char *name)
{
    const int channels = anew_channels(g, x);
    anew_enter(g, "%s", name);
    x = anew_linear(g, x, 3 * channels, true, "qkv");
    x = overlap > 0 ? anew_overlapping_attention(g, x, heads, window, overlap, "windows")
                    : anew_window_attention(g, x, heads, window, shift, "windows");
    return anew_leave(g, anew_linear(g, x, channels, true, "proj"));
}

anew_val anew_mix(anew_graph *g, anew_val x, int hidden)
{
    anew_val y = anew_linear(g, anew_layer_norm(g, x, 1e-5f, "norm2"), hidden, true, "mlp.fc1");
    y = anew_linear(g, anew_function(g, ANEW_OP_GELU, y), anew_channels(g, x), true, "mlp.fc2");
    return anew_add(g, x, y);
}

anew_val anew_shuffled_end(anew_graph *g, anew_val x, int features, int scale, int colours)
{
    x = anew_lrelu(g, anew_conv3(g, x, features, "conv_before_upsample.0"), 0.01f);
    for (int done = 1, i = 0; done < scale; i += 2) {
        const int factor = scale % 3 == 0 ? 3 : 2;
        x = anew_conv3(g, x, features * factor * factor, "upsample.%d", i);
        x = anew_pixel_shuffle(g, x, factor);
        done *= factor;
    }
    return anew_conv3(g, x, colours, "conv_last");
}

anew_val anew_repeated_end(anew_graph *g, anew_val x, int features, int scale, int colours)
{
    x = anew_lrelu(g, anew_conv3(g, x, features, "conv_before_upsample.0"), 0.01f);
    for (int done = 1, i = 1; done < scale; done *= 2, i++) {
        x = anew_upsample_nearest(g, x, 2);
        x = anew_lrelu(g, anew_conv3(g, x, features, "conv_up%d", i), 0.2f);
    }
    x = anew_lrelu(g, anew_conv3(g, x, features, "conv_hr"), 0.2f);
    return anew_conv3(g, x, colours, "conv_last");
}
