/* conv_few_neon.c - convolution to few outputs on vectors of this level. 32 registers: 24 sums, their weights, 1 of pixels. */
#include "kernels/arm/transpose_neon.h"
#include "kernels/arm/vector_neon.h"

#define NAME        anew_conv_few_neon
#define GROUPS      8
#define FOUR_GROUPS 6
#include "kernels/conv_few_body.h"
