/* conv_few_avx512.c - convolution to few outputs on vectors of this level. 32 registers: 12 sums (16 for four outputs), their weights, 1 of pixels. */
#include "kernels/x86/transpose_avx512.h"
#include "kernels/x86/vector_avx512.h"

#define NAME        anew_conv_few_avx512
#define GROUPS      4
#define FOUR_GROUPS 4
#include "kernels/conv_few_body.h"
