/* conv_grouped_avx2.c - convolution in groups on vectors of this level. */
#include "kernels/x86/vector_avx2.h"

#define NAME    anew_conv_grouped_avx2
#define PRODUCT anew_conv_direct_avx2
#include "kernels/conv_grouped_body.h"
