/*
 * int8.h - the direct convolution on integers of 8 bits: layouts and the numbers that a layer brings.
 *
 * A source value becomes a byte 0 .. 255, with a scale and a zero of its channel; a weight becomes -127 .. 127,
 * with a scale of its output, and has the channel's scale in it:
 *
 *     byte = nearest even(clamp(fma(value, 1 / scale[ic], zero[ic]), 0, 255))
 *     sum  = bytes * weights, in int32, no rounding
 *     out  = fma((float)(sum - offset[oc]), factor[oc], bias[oc])
 *
 * where offset is what the zeros alone would give. A value of 0 is exactly the byte `zero`, so the padding is
 * exact; sums of integers have no order; so all kernels give the same bits. tools/quantize chooses the numbers.
 *
 * Packed: [source blocks * 16] 1 / scale, the same of zeros, [out blocks * 16] factors, the same of offsets
 * (int32), then the weights as AMX's tiles take them,
 *
 *     [out block][ky][64 channels][kx][16 groups of 4 channels][16 outputs][4]
 */
#ifndef ANEW_KERNELS_INT8_H
#define ANEW_KERNELS_INT8_H

#include "kernels/kernels.h"

#define ANEW_INT8_ROWS     4 /* output rows of a call: each source row becomes bytes 1.5 times, not 3 */
#define ANEW_INT8_PIECE    112 /* pixels of a call: 8 of the vector kernel's tiles */
#define ANEW_INT8_CHANNELS 64  /* of a line */
#define ANEW_INT8_GROUP    4   /* channels that one 32-bit lane multiplies at once */
#define ANEW_INT8_FLOATS   256 /* the place of 64 channels x 16 outputs: 1 KiB */
/* 65536 * 255 * 127 is below 2^31. */
#define ANEW_INT8_MOST_PRODUCTS 65536
#define ANEW_INT8_TALLEST       11 /* kernel height */

typedef struct anew_int8_packed {
    const float *inverse, *zero, *factor; /* 1 / scale and zero of a channel; factor of an output */
    const int32_t *offset;
    const int8_t *weights;
    int lines; /* of 64 channels */
} anew_int8_packed;

/* The parts of a layer's packed weights. */
static inline anew_int8_packed anew_int8_parts(const anew_conv_row *row)
{
    anew_int8_packed p = {.lines = (row->source_blocks + 3) / 4};
    p.inverse = row->weights;
    p.zero = p.inverse + row->source_blocks * ANEW_BLOCK;
    p.factor = p.zero + row->source_blocks * ANEW_BLOCK;
    p.offset = (const int32_t *)(const void *)(p.factor + row->out_blocks * ANEW_BLOCK);
    p.weights = (const int8_t *)(p.offset + row->out_blocks * ANEW_BLOCK);
    return p;
}

#endif
