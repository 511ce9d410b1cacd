/* conv_winograd_avx512.c - the Winograd convolution of winograd_body.h on vectors of avx512. */
#include "kernels/x86/vector_avx512.h"

#define NAME    anew_conv_winograd_avx512
#define PRODUCT anew_conv_direct_avx512
#include "kernels/winograd_body.h"
