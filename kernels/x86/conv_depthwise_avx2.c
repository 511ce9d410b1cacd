/* conv_depthwise_avx2.c - depthwise convolution on vectors of this level. */
#include "kernels/x86/vector_avx2.h"

#define NAME   anew_conv_depthwise_avx2
#define PIXELS 6
#include "kernels/conv_depthwise_body.h"
