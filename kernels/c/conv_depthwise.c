/* conv_depthwise.c - the depthwise convolution in plain C: its body with "vectors" of one float. */
#include "kernels/c/suffix.h"
#include "kernels/c/vector_c.h"

#define NAME   ANEW_KERNEL(anew_conv_depthwise)
#define PIXELS 1
#include "kernels/conv_depthwise_body.h"
