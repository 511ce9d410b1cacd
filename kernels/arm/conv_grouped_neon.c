/* conv_grouped_neon.c - convolution in groups on vectors of this level. */
#include "kernels/arm/vector_neon.h"

#define NAME    anew_conv_grouped_neon
#define PRODUCT anew_conv_direct_neon
#include "kernels/conv_grouped_body.h"
