/* conv_depthwise_neon.c - depthwise convolution on vectors of this level. 32 registers: 24 sums, 4 weights. */
#include "kernels/arm/vector_neon.h"

#define NAME   anew_conv_depthwise_neon
#define PIXELS 6
#include "kernels/conv_depthwise_body.h"
