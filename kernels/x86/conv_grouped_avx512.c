/* conv_grouped_avx512.c - convolution in groups on vectors of this level. */
#include "kernels/x86/vector_avx512.h"

#define NAME    anew_conv_grouped_avx512
#define PRODUCT anew_conv_direct_avx512
#include "kernels/conv_grouped_body.h"
