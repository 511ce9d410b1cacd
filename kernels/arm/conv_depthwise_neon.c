/*
 * conv_depthwise_neon.c - depthwise convolution on vectors of this level. AArch64 has 32 registers: 24 sums, 4 weights;
 * 32-bit Arm 16: 8 sums, 4 weights.
 */
#include "kernels/arm/vector_neon.h"

#define NAME anew_conv_depthwise_neon
#ifdef __aarch64__
#define PIXELS 6
#else
#define PIXELS 2
#endif
#include "kernels/conv_depthwise_body.h"
