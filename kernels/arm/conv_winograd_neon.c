/* conv_winograd_neon.c - the Winograd convolution of winograd_body.h on vectors of this level. */
#include "kernels/arm/vector_neon.h"

#define NAME    anew_conv_winograd_neon
#define PRODUCT anew_conv_direct_neon
#include "kernels/winograd_body.h"
