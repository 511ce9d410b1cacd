/* transformer.h - what SwinIR, Swin2SR and HAT have in common. */
#ifndef ANEW_NETS_TRANSFORMER_H
#define ANEW_NETS_TRANSFORMER_H

#include "nets/nets.h"

/* Queries, keys and values of each pixel, attention in windows, and what is made of it: layers NAME.qkv, NAME.windows and
 * NAME.proj. Windows are moved by `shift`, or see `overlap` pixels around them. */
anew_val anew_attend(anew_graph *g, anew_val x, int heads, int window, int shift, int overlap,
                     const char *name);

/* x + fc2(gelu(fc1(norm2(x)))), pixel by pixel: layers norm2, mlp.fc1, mlp.fc2. */
anew_val anew_mix(anew_graph *g, anew_val x, int hidden);

/* The end that enlarges by pixel shuffles by 2, or one by 3: layers conv_before_upsample.0, upsample.0, .2, ..., conv_last. */
anew_val anew_shuffled_end(anew_graph *g, anew_val x, int features, int scale, int colours);

/* That of the real-world networks, each pixel repeated, then convolved: conv_before_upsample.0, conv_up1, ..., conv_hr,
 * conv_last. */
anew_val anew_repeated_end(anew_graph *g, anew_val x, int features, int scale, int colours);

#endif
