/*
 * conv_few_neon.c - convolution to few outputs on vectors of this level. AArch64 has 32 registers: 24 sums, their weights,
 * 1 of pixels; 32-bit Arm 16: 12 sums (8 for four outputs).
 */
#include "kernels/arm/transpose_neon.h"
#include "kernels/arm/vector_neon.h"

#define NAME anew_conv_few_neon
#ifdef __aarch64__
#define GROUPS      8
#define FOUR_GROUPS 6
#else
#define GROUPS      4
#define FOUR_GROUPS 2
#endif
#include "kernels/conv_few_body.h"
