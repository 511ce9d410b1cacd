/* conv_winograd_avx2.c - the Winograd convolution of winograd_body.h on vectors of avx2. */
#include "kernels/x86/vector_avx2.h"

#define NAME    anew_conv_winograd_avx2
#define PRODUCT anew_conv_direct_avx2
#include "kernels/winograd_body.h"
