/* conv_depthwise_avx512.c - depthwise convolution on vectors of this level. */
#include "kernels/x86/vector_avx512.h"

#define NAME   anew_conv_depthwise_avx512
#define PIXELS 14
#include "kernels/conv_depthwise_body.h"
