/* conv_grouped.c - the convolution in groups in plain C: its body with "vectors" of one float. */
#include "kernels/c/suffix.h"
#include "kernels/c/vector_c.h"

#define NAME    ANEW_KERNEL(anew_conv_grouped)
#define PRODUCT ANEW_KERNEL(anew_conv_direct)
#include "kernels/conv_grouped_body.h"
