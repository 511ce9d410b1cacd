/* conv_winograd.c - the Winograd convolution in plain C: winograd_body.h with "vectors" of one float. */
#include "kernels/c/suffix.h"
#include "kernels/c/vector_c.h"

#define NAME    ANEW_KERNEL(anew_conv_winograd)
#define PRODUCT ANEW_KERNEL(anew_conv_direct)
#include "kernels/winograd_body.h"
