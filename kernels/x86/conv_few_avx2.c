/* conv_few_avx2.c - convolution to few outputs on vectors of this level. 16 registers: 12 sums (8 for four outputs), their weights, 1 of pixels. */
#include "kernels/x86/transpose_avx2.h"
#include "kernels/x86/vector_avx2.h"

#define NAME        anew_conv_few_avx2
#define GROUPS      4
#define FOUR_GROUPS 2
#include "kernels/conv_few_body.h"
