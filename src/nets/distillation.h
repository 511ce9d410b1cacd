/* distillation.h - the block that RFDN and its descendants are made of; see distillation.c. */
#ifndef ANEW_NETS_DISTILLATION_H
#define ANEW_NETS_DISTILLATION_H

#include "nets/nets.h"

typedef struct anew_distillation {
    bool separable; /* its 3x3 convolutions are blueprint separable */
    anew_val (*activation)(anew_graph *g, anew_val x); /* in the block */
    anew_val (*inner)(anew_graph *g, anew_val x);      /* in its attention */
    int distilled;                                     /* channels that each stage sets aside */
    int attention;                                     /* channels of the attention's small map */
} anew_distillation;

/* A 3x3 convolution, or a 1x1 and a depthwise one, called NAME.pw and NAME.dw. */
anew_val anew_blueprint(anew_graph *g, anew_val x, int channels, bool separable, const char *name);

/* Without an addition at its end. */
anew_val anew_distill(anew_graph *g, anew_val x, const anew_distillation *kind);

/* Contrast-aware channel attention (Hui et al. 2019, IMDN, figure 4): each channel's mean and deviation over the whole
 * picture decide, through `few` channels, its weight. Tensors cca.conv1, cca.conv2. */
anew_val anew_contrast_attention(anew_graph *g, anew_val x, int few);

#endif
