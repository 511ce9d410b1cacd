/* conv_few.h - sizes of the convolution to few outputs (conv_few_body.h), whose vectors are pixels. */
#ifndef ANEW_KERNELS_CONV_FEW_H
#define ANEW_KERNELS_CONV_FEW_H

#include <stddef.h>

#define ANEW_CONV_FEW_MOST 8 /* outputs; with more of them blocks of 16 outputs are no slower */
#define ANEW_CONV_FEW_PIECE                                                                        \
    128 /* pixels of a call: three rows of 64 channels stay in the second-level cache */

/* Floats from channel to channel of a transposed row. */
static inline size_t anew_conv_few_step(int kernel_width)
{
    return ((size_t)ANEW_CONV_FEW_PIECE + (size_t)kernel_width - 1 + 15) / 16 * 16;
}

#endif
